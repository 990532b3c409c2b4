// Package connection judges how a Moodle site and the tool reach each other: from what was seen it makes one table, a line
// for each thing that must work, with its state, the true cause and the step to take.
//
// It owns which things there are, how each is judged, and the closed set of causes and steps. It does not own the asking,
// which is package courier's, how a platform is asked, which is package lti's, what is kept, which is package store's, nor
// the words, which are package templates': a page, the command and the plugin's settings page show the same ones. Nothing
// here waits or asks anybody.
//
// Start reading at the table in checks.go.
package connection
