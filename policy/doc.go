// Package policy is the domain: policies and their versions, the kinds of answer they ask for, who must
// answer what, what an answer is, and the record that proves it. It also owns what a policy's text may
// contain (sanitising) and how a source document becomes such a text (importing), because the text that
// was shown is evidence.
//
// It does not own storage, pages, HTTP or the LTI protocol, and imports nothing else of this module.
//
// Start reading at [Version], then [Pending], then [Event].
package policy
