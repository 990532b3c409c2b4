// Package transfer is what travels in and out: policies as files, which an institution keeps and edits itself, and
// Moodle's tool_policy with its policies, people and answers.
//
// It owns the order of steps, what is refused, and the lines that say what was done. It does not own the forms:
// Moodle's tables are read and written by package toolpolicy, files of policies by package source. Nor does it own
// what is stored how, which is package store's.
//
// Start reading at [Load] and [Import]; [Save] and [Export] are their inverses.
package transfer
