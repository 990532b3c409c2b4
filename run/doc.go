// Package run starts and stops the tool: it opens the database, wires the web and the work between requests over
// it, serves until it is told to stop, and ends in an order in which nothing is lost.
//
// It owns the database's opening, which keys are made at the first start, how long a client may take, and how a
// stop goes. It does not own what is answered, which is package launch's, nor flags and environment, which are
// main's: settings arrive here read and checked.
//
// Start reading at [Serve].
package run
