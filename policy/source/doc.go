// Package source makes policy texts of what people bring: documents copied from pages, web pages, Markdown, policies
// as files in a folder, and the images among them. It repairs what copying broke (lines, headings, lists, tables,
// footnotes), drops what a text may not contain, and says what it changed, left out or was not sure about
// ([Finding]). What people bring becomes [policy.SafeHTML] here alone: other packages read it from the database, or
// make it of what is safe already.
//
// It does not own the rules, how a finished text is read or shown (package markup), or what is to be said about its
// words (package lint).
//
// Start reading at [Sanitize], then [ImportParts] for plain text, [Policy] for files and [NewImage] for images.
package source
