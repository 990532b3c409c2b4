// Package office reads HTML that Word, Google Docs, LibreOffice and Outlook write, and anything else that holds
// its meaning in styles: what is struck out, raised, bold or numbered with letters by a style gets the element
// that says so, what a style hides is taken out and reported, and lists and notes that were flattened become such again.
//
// It does not decide what a text may contain: package source does that afterwards, with the tree that [Clean]
// leaves. It reads no style that is not about meaning, and no other file.
//
// Start reading at [Clean].
package office
