package demo

import (
	"testing"
)

// gateOpen and gateClosed say how the course's second activity stands on the course's page.
const (
	gateOpen   = `document.querySelectorAll('.activity')[1].querySelector('a') !== null`
	gateClosed = `document.querySelectorAll('.activity')[1].textContent.includes('Not available unless')`
)

// TestCourseWaitsForAcceptance is the gate as a learner meets it: the second activity of the course is closed,
// opens after the learner accepts, and is closed again when a new version is published.
func TestCourseWaitsForAcceptance(t *testing.T) {
	d, ctx := startDemo(t), browser(t)
	d.enterCourse(t, ctx, "cvupt", 1)
	do(t, ctx, "finding the second activity closed", waitFor(gateClosed))
	accept := func() {
		do(t, ctx, "opening the activity", script(openActivity))
		frame := d.toolFrame(t, ctx, "/pending")
		do(t, frame, "answering", script(tickAll), click(`form button[type=submit]`))
		do(t, ctx, "being back in the course", waitFor(inCourse))
		do(t, ctx, "finding the second activity open", reloadUntil(inCourse, gateOpen))
	}
	accept()
	do(t, ctx, "opening it",
		script(`document.querySelectorAll('.activity')[1].querySelector('a').click()`),
		waitFor(`document.body.textContent.includes('Tema se deschide după ce ați răspuns')`),
		script(`history.back()`),
		waitFor(inCourse),
	)
	d.republish(t)
	do(t, ctx, "finding the second activity closed again", reloadUntil(inCourse, gateClosed))
	accept()
}
