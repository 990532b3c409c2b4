// Package courier is the one worker: all that the tool does of its own accord, between people's requests, as a
// table of named jobs. It delivers scores and fetches rosters, tells login doors what changed, begins versions on
// their day, adds to the evidence log, ends what is kept for a time only, and keeps counts fresh.
//
// It owns when and how often a job runs, what a failure of one means for the others (nothing), and what an operator
// sees of it; of platforms, when and how often one is called. It does not own what is owed, due and known, which is
// package store's, nor how a platform is spoken to, which is package lti's. What it keeps in memory a restart may
// lose: a roster that waits is asked for again by the next visit, and who is away is found out again.
//
// Start reading at the table in jobs.go, then [Worker.Run].
package courier
