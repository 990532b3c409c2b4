// Package lti speaks LTI 1.3 as a tool: third-party initiated login, launch messages, key sets and the
// tool's own keys, access tokens, and dynamic registration. A platform is a registered Moodle.
//
// It owns the protocol only: no pages, no SQL, no cookies, and it imports nothing else of this module. The
// caller looks up platforms, keeps the login [Attempt] in the browser, and uses up the nonce. jwx stands in
// jose.go alone.
//
// Start reading at [Tool.Begin] and [Tool.Verify].
package lti
