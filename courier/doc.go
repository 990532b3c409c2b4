// Package courier is what the tool does at platforms of its own accord, between people's requests: it delivers
// the scores that the outbox owes and fetches the rosters of courses.
//
// It owns when and how often a platform is called, and what a failure means. It does not own what is owed and
// what is known, which is package store's, nor how a platform is spoken to, which is package lti's. It keeps
// nothing that a restart could lose.
//
// Start reading at [Courier.Run].
package courier
