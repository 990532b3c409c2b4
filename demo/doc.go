// Package demo is the whole product on one machine with nothing to install: three Moodle-like sites with their courses
// and people, the tool that they open, policies from real universities, and a past in which people answered.
//
// It owns what the demo holds and what happened in it. It does not own the sites' behaviour, which is package
// ltitest's, nor how the tool starts and stops, which is package run's. The browser tests of the whole product play
// here: what a reader meets in the demo is what they look at.
//
// Start reading at [Serve].
package demo
