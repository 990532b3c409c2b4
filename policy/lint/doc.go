// Package lint remarks on what the texts of a version say and do not say: consent that nobody gives, promises that
// contradict each other, addresses that differ, missing dates and authorities. A remark is a question to the author and
// never an obstacle: words are matched, not understood.
//
// It does not own what importing finds odd about a text's form (package source), or the sentences of the pages about
// its findings (package templates).
//
// Start reading at [Version], then rules.go; the words are in lexicon, for translators.
package lint
