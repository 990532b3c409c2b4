// Package post hands letters to a mail server by SMTP.
//
// It owns how the server is reached (TLS, whose certificate is verified, and the account), what a letter looks like on
// the wire, and what an answer of the server means: whether it is about the letter or about the server, for now or for
// good. It does not own who gets a letter, what stands in it, or whether it was sent before: before the end of a letter
// is sent, which makes it the server's, the caller is asked.
//
// Start reading at [Connection.Send].
package post
