// Package policy is the rules: policies and their versions, the kinds of answer they ask for, who must answer
// what, what an answer is, the record that proves it, where a person stands, and the kinds of errors.
//
// It does not own storage, pages, HTTP or the LTI protocol, and imports nothing else of this module. Nor does it
// own what is done with texts: package source makes them, markup reads them, diff compares them and lint remarks on
// them. All of these import policy, never the other way round. Of a text it knows that it went through a sanitiser
// ([SafeHTML]) and what identifies it ([Text.Digest]), because the text that was shown is evidence.
//
// Start reading at [Version], then [Asked], then [Event].
package policy
