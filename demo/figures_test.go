package demo

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// TestFiguresForEverybody looks at the pictures of a policy that has a past: with axe-core in every look, by keyboard,
// in forced colours, on a narrow screen, on paper, and without scripts.
func TestFiguresForEverybody(t *testing.T) {
	days := &calendar{now: time.Now}
	days.turn(time.Now().Add(-published))
	d := startDemoOn(t, days)
	small, _, err := pastOf(t.Context(), days, d.db, d.sites)
	if err != nil || len(small) != 1 {
		t.Fatalf("%d courses with a past, %v", len(small), err)
	}
	if err := small[0].write(t.Context()); err != nil {
		t.Fatal(err)
	}
	days.turn(time.Time{})
	ctx := browser(t)
	d.signIn(t, ctx, "cvupt", "admin")
	launch := d.relaunch(t, ctx, "cvupt")
	loaded := waitFor(`document.readyState === 'complete' && document.querySelector('main') !== null`)
	do(t, ctx, "opening the list", chromedp.Navigate(launch+"home"), loaded)
	do(t, ctx, "opening the figures", script(`document.querySelector('a[href$="/figures"]').click()`), waitFor(`location.pathname.endsWith('/figures') && document.readyState === 'complete'`))
	inspect(t, ctx, "figures")

	// The picture is an image with words, and its last number is that of the headline.
	const lastNumber = `[...document.querySelectorAll('details tbody tr')].at(-1).querySelectorAll('td')[0].textContent`
	if n, head := see[string](t, ctx, lastNumber), see[string](t, ctx, `document.querySelector('.lead').textContent`); n == "" || !strings.Contains(head, n) {
		t.Errorf("the table ends with %q, the headline says %q", n, head)
	}
	if desc := see[string](t, ctx, `(s => document.getElementById(s.getAttribute('aria-labelledby').split(' ')[1]).textContent)(document.querySelector('.chart svg[role=img]'))`); len(desc) < 30 {
		t.Errorf("described as %q", desc)
	}
	// Two versions: two lines that differ without colours, and three days on which something was published.
	if got := see[[]string](t, ctx, `[...document.querySelectorAll('.chart .line')].map(e => getComputedStyle(e).strokeDasharray)`); len(got) != 2 || got[0] == got[1] {
		t.Errorf("dashes %q", got)
	}
	if got := see[[]string](t, ctx, `[...document.querySelectorAll('.chart .moment')].map(e => getComputedStyle(e).strokeDasharray)`); len(got) != 3 || got[0] != got[1] || got[1] == got[2] {
		t.Errorf("marks %q", got)
	}

	// A narrow screen shows today first, in letters that can be read, and the keyboard reaches the rest.
	looks[2].wear(t, ctx)
	do(t, ctx, "reloading", chromedp.Reload(), loaded)
	const shown = `(r => r.right <= innerWidth + 1 && r.right > 0)(document.querySelector('.chart .sign').getBoundingClientRect())`
	if !see[bool](t, ctx, shown) {
		t.Errorf("today is not to be seen\n%s", picture(t, ctx))
	}
	if px := see[float64](t, ctx, `(s => 14 * s.getBoundingClientRect().width / s.viewBox.baseVal.width)(document.querySelector('.chart svg'))`); px < 10 {
		t.Errorf("letters of %.1f pixels", px)
	}
	if !see[bool](t, ctx, `(e => { e.focus(); return document.activeElement === e && getComputedStyle(e).outlineStyle !== 'none' })(document.querySelector('.chart'))`) {
		t.Error("the keyboard does not reach the picture")
	}

	// In forced colours lines are drawn in the reader's colour.
	looks[5].wear(t, ctx)
	if got := see[[]string](t, ctx, `[...new Set([...document.querySelectorAll('.chart .line, .chart .level')].map(e => getComputedStyle(e).stroke))]`); len(got) != 1 {
		t.Errorf("forced colours: lines in %q", got)
	}
	look{width: 700, height: 900, scale: 1, media: "print"}.wear(t, ctx)
	if see[bool](t, ctx, `document.querySelector('.chart svg').getBoundingClientRect().right > innerWidth`) {
		t.Errorf("the picture runs over the paper\n%s", picture(t, ctx))
	}
	looks[0].wear(t, ctx)

	// Without scripts it is the same, and so are the table and the way to those who are missing.
	if _, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	do(t, ctx, "opening the table", chromedp.Reload(), loaded, click("main details summary"),
		waitFor(`document.querySelector('details table').getBoundingClientRect().height > 100`))
	do(t, ctx, "following a course", click(`table[aria-labelledby=courses] tbody a`), waitFor(`location.pathname.endsWith('/report') && location.search.includes('in=')`))
}
