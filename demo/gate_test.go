package demo

import (
	"testing"

	"github.com/chromedp/chromedp"
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
	do(t, ctx, "finding the second activity closed",
		chromedp.Navigate(d.moodle("cvupt/login/index.php?role=student")),
		chromedp.Click(chromedp.CSS("tbody tr:first-child button")),
		waitFor(`document.querySelector('main a[href*="course/view.php"]') !== null`),
		chromedp.Click(chromedp.CSS(`main a[href*="course/view.php"]`)),
		waitFor(`document.querySelectorAll('.activity').length === 2`),
		waitFor(gateClosed),
	)
	accept := func() {
		do(t, ctx, "opening the activity", chromedp.Click(chromedp.CSS(`.activity a`)), waitFor(`document.querySelector('iframe') !== null`))
		frame := d.toolFrame(t, ctx, "/pending")
		do(t, frame, "ticking", waitFor(`document.querySelector('input[type=checkbox]') !== null`),
			chromedp.Evaluate[chromedp.Void](`document.querySelectorAll('input[type=checkbox]').forEach(b => b.click())`))
		do(t, frame, "submitting", chromedp.Click(chromedp.CSS(`form button[type=submit]`)))
		do(t, ctx, "being back in the course", waitFor(`location.pathname.endsWith('/course/view.php')`))
		do(t, ctx, "finding the second activity open", reloadUntil(gateOpen))
	}
	accept()
	do(t, ctx, "opening it",
		chromedp.Evaluate[chromedp.Void](`document.querySelectorAll('.activity')[1].querySelector('a').click()`),
		waitFor(`document.body.textContent.includes('Tema se deschide după ce ați răspuns')`),
		chromedp.Evaluate[chromedp.Void](`history.back()`),
		waitFor(`location.pathname.endsWith('/course/view.php')`),
	)
	d.republish(t)
	do(t, ctx, "finding the second activity closed again", reloadUntil(gateClosed))
	accept()
}
