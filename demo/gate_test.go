package demo

import (
	"context"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"ltipolicy/policy"
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

// republish makes a new version of every policy that CVUPT asks for.
func (d demoServer) republish(t *testing.T) {
	t.Helper()
	platforms, err := d.db.Platforms(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range platforms {
		if p.Name != "CVUPT" {
			continue
		}
		columns, err := d.db.RosterColumns(t.Context(), p.ID, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range columns {
			v := c.Version
			v.Revision += ", nou"
			v.Texts[0].Content += policy.SafeHTML("<p>Un alineat nou.</p>")
			if _, _, err := d.db.LoadPolicy(t.Context(), p.InstitutionID, c.Slug, v, []string{p.ID}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// reloadUntil loads the page again until a JavaScript condition holds: scores travel on their own.
func reloadUntil(condition string) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		late, cancel := context.WithTimeout(ctx, 30*time.Second)
		defer cancel()
		for {
			once, stop := context.WithTimeout(late, 2*time.Second)
			_, err := waitFor(`document.readyState === 'complete' && `+condition)(once, t)
			stop()
			if err == nil || late.Err() != nil {
				return chromedp.Void{}, err
			}
			if _, err := chromedp.Evaluate[chromedp.Void](`location.reload()`)(late, t); err != nil {
				return chromedp.Void{}, err
			}
		}
	}
}
