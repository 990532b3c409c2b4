// Package templates is the view: one table of pages, each a template with the struct that it shows, one method of
// [Set] that renders them all, the message catalogues in six languages, and the static files with content-hash addresses.
//
// It owns the words, including the exact wording of the statements and buttons that are legal acts and are
// stored with each answer ([Locale.Statement], [Locale.Button]). It does not own addresses, sessions,
// tokens or HTTP: every address and hidden field of a page is given by the caller, and nothing here writes
// a header. It imports package policy only.
//
// Start reading at [Set], then [Page], then [PendingPage].
package templates
