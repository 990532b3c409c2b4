// Package markup reads sanitised texts: as a tree, as the lines and words that a reader gets, by their headings, and
// as copies for a page that shows several of them.
//
// It does not decide what a text may contain (package source), and what it makes is for showing only: digests are
// over the stored text.
//
// Start reading at [Lines], then [Show]. The tree's small tools in tree.go are for the other rooms of texts.
package markup
