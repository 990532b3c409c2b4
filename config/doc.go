// Package config says what a command's settings are and where each of them comes from: the command line, the
// environment, a file, or the default, in this order. It owns how the file is found, read and written, and how a
// secret is given as a file of its own.
//
// It does not own what a setting means: the commands declare theirs as flags, and check what only they can know.
//
// Start reading at [Flags.Parse].
package config
