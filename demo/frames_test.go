package demo

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// TestWindowWhereAFrameKeepsNoCookie: the frame may keep no cookie at all, not even a partitioned one. One button
// opens a window, the whole launch happens there again, and the answer counts.
func TestWindowWhereAFrameKeepsNoCookie(t *testing.T) {
	d := startDemo(t)
	ctx := browserWith(t, d.noCookiesFor(t))
	d.enterCourse(t, ctx, "cvupt", 1)
	do(t, ctx, "opening the activity", script(openActivity))
	frame := d.toolFrame(t, ctx, "/lti/launch")
	do(t, frame, "the page of the refused launch", waitFor(`document.querySelector('main[data-error=state_missing]') !== null`))
	if n := see[int](t, frame, `[...document.querySelectorAll('.actions .button')].filter(b => b.offsetParent && !b.hidden).length`); n > 2 {
		t.Errorf("%d buttons", n)
	}
	do(t, frame, "opening the window", click(`a.button[target=_blank]`))
	window := find(t, ctx, "page", func(a string) bool { return strings.HasPrefix(a, d.tool("/l/")) && strings.HasSuffix(a, "/pending") })
	do(t, window, "answering", waitFor(`document.querySelector('button[type=submit]') !== null`),
		script(tickAll), click(`form button[type=submit]`), waitFor(inCourse))
	if n := d.accepted(t); n != 1 {
		t.Errorf("%d answers recorded, want 1", n)
	}
}

// TestThirdPartyCookiesBlocked: browsers that block third-party cookies still keep partitioned ones, and the
// frame works by itself.
func TestThirdPartyCookiesBlocked(t *testing.T) {
	d := startDemo(t)
	ctx := browserWith(t, profile(t, map[string]any{"profile": map[string]any{"cookie_controls_mode": 1, "block_third_party_cookies": true}}))
	d.enterCourse(t, ctx, "cvupt", 1)
	do(t, ctx, "opening the activity", script(openActivity))
	frame := d.toolFrame(t, ctx, "/pending")
	do(t, frame, "answering", script(tickAll), click(`form button[type=submit]`))
	do(t, ctx, "being back in the course", waitFor(inCourse))
	if n := d.accepted(t); n != 1 {
		t.Errorf("%d answers recorded, want 1", n)
	}
}

// TestWithoutScripts: no script of the tool runs. The frame's own links and forms do all.
func TestWithoutScripts(t *testing.T) {
	d := startDemo(t)
	ctx := browser(t)
	d.enterCourse(t, ctx, "open-ktu", 1)
	do(t, ctx, "opening the activity", script(openActivity))
	frame := d.toolFrame(t, ctx, "/pending")
	if _, err := chromedp.Call(frame, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	// From this navigation on no script of the page has run.
	do(t, frame, "choosing Lithuanian", click(`details.languages summary`), click(`a[hreflang=lt]`))
	frame = d.toolFrame(t, ctx, "/pending?lang=lt")
	do(t, frame, "reading", click(`details.full summary`))
	for i := range 3 {
		do(t, frame, "ticking", click(fmt.Sprintf(`section:nth-of-type(%d) input[value=accepted]`, i+1)))
	}
	do(t, frame, "sending", click(`form button[type=submit]`))
	frame = d.toolFrame(t, ctx, "/saved?saved=3")
	do(t, frame, "going on", click(`main a.button[target=_top]`))
	do(t, ctx, "being back in the course", waitFor(inCourse))
	if n := d.accepted(t); n != 3 {
		t.Errorf("%d answers recorded, want 3", n)
	}
}

// TestTwoFramesAndTwoTabsAtOnce: launches that begin together end each in its own page, and an answer in one
// lets the others end well.
func TestTwoFramesAndTwoTabsAtOnce(t *testing.T) {
	d := startDemo(t)
	ctx := browser(t)
	d.enterCourse(t, ctx, "cvupt", 1)
	activity := see[string](t, ctx, `document.querySelector('.activity a').href`)
	relaunch := strings.Replace(activity, "view.php", "launch.php", 1)
	newTab := tab(t, ctx)
	do(t, newTab, "opening a tab", script(fmt.Sprintf(`location.href = %q`, relaunch)))
	do(t, ctx, "opening two frames", script(fmt.Sprintf(`
		document.querySelector('main').innerHTML = '<iframe width=500 height=400 src="%[1]s"></iframe><iframe width=500 height=400 src="%[1]s"></iframe>';`, relaunch)))
	seen := map[string]bool{}
	another := func() context.Context {
		frame := find(t, ctx, "iframe", func(a string) bool {
			return strings.HasPrefix(a, d.tool("/l/")) && strings.HasSuffix(a, "/pending") && !seen[a]
		})
		seen[see[string](t, frame, `location.href`)] = true
		return frame
	}
	first, second, tab := another(), another(), newTab
	for _, page := range []context.Context{second, tab} {
		do(t, page, "loading", waitFor(`document.querySelector('form button[type=submit]') !== null`), script(tickAll))
	}
	do(t, first, "answering in the first frame", waitFor(`document.querySelector('form button[type=submit]') !== null`), script(tickAll))
	do(t, tab, "answering in the tab", click(`form button[type=submit]`), waitFor(inCourse))
	do(t, second, "answering in the second frame", click(`form button[type=submit]`))
	do(t, ctx, "being back in the course", waitFor(inCourse))
	if n := d.accepted(t); n != 1 {
		t.Errorf("%d answers recorded, want one and the same", n)
	}
}

// TestSecondPersonInTheSameBrowser: who launches next ends what the one before left open; that page says how to
// go on, and neither sees nor answers anything.
func TestSecondPersonInTheSameBrowser(t *testing.T) {
	d := startDemo(t)
	ctx := browser(t)
	d.enterCourse(t, ctx, "cvupt", 1)
	do(t, ctx, "opening the activity", script(openActivity))
	frame := d.toolFrame(t, ctx, "/pending")
	left := see[string](t, frame, `location.href`)
	name := see[string](t, frame, `document.querySelector('footer').textContent`)

	d.enterCourse(t, ctx, "cvupt", 2)
	do(t, ctx, "opening the activity as the second", script(openActivity))
	frame = d.toolFrame(t, ctx, "/pending")
	if other := see[string](t, frame, `document.querySelector('footer').textContent`); other == name {
		t.Errorf("still %q", other)
	}
	// The first one's page, as it stood in another tab: sending it, and loading it.
	status, err := chromedp.Run(frame, chromedp.Evaluate[int](
		fmt.Sprintf(`fetch(%q, {method: 'POST', body: new URLSearchParams(new FormData(document.querySelector('form')))}).then(r => r.status)`, left), chromedp.EvalAwaitPromise))
	if err != nil || status != 401 {
		t.Errorf("sending the first one's form gives %d, %v", status, err)
	}
	do(t, frame, "loading the first one's page", script(fmt.Sprintf(`location.href = %q`, left)))
	frame = d.toolFrame(t, ctx, strings.TrimPrefix(left, d.tool("")))
	do(t, frame, "the page of the ended launch", waitFor(`document.querySelector("main[data-error=no_session]") !== null`))
	if text := see[string](t, frame, `document.body.textContent`); strings.Contains(text, strings.TrimSpace(name)) {
		t.Errorf("the page names the first person: %s", text)
	}
	if n := d.accepted(t); n != 0 {
		t.Errorf("%d answers recorded, want none", n)
	}
}

// TestReloadAndBack: no way through the browser's history ends in a dead end.
func TestReloadAndBack(t *testing.T) {
	d := startDemo(t)
	ctx := browser(t)
	d.enterCourse(t, ctx, "cvupt", 1)
	relaunch := strings.Replace(see[string](t, ctx, `document.querySelector('.activity a').href`), "view.php", "launch.php", 1)
	do(t, ctx, "launching at top level", chromedp.Navigate(relaunch), waitFor(`location.pathname.endsWith('/pending')`))
	do(t, ctx, "reloading", chromedp.Reload(), waitFor(`document.querySelector('form button[type=submit]') !== null`))
	do(t, ctx, "answering", script(tickAll), click(`form button[type=submit]`), waitFor(inCourse))
	do(t, ctx, "going back", script(`window.before = true; history.back()`),
		waitFor(`window.before === undefined && document.readyState === 'complete' && (`+inCourse+` || document.querySelector('main form, main a[href]') !== null)`))
	do(t, ctx, "asking for the launch address", chromedp.Navigate(d.tool("/lti/launch")),
		waitFor(`document.querySelector('main[data-error=state_missing]') !== null`))

	// A launch sent once more, as after going back to Moodle's own page in between.
	do(t, ctx, "sending an old launch", chromedp.Navigate(relaunch), waitFor(inCourse+` || location.pathname.startsWith('/l/')`))
	do(t, ctx, "sending it", script(fmt.Sprintf(`
		const f = document.createElement('form'); f.method = 'post'; f.action = %q;
		f.innerHTML = '<input name=state value=x><input name=id_token value=y>'; document.body.append(f); f.submit()`, d.tool("/lti/launch"))),
		waitFor(`document.querySelector('main[data-error^=state_]') !== null`))
}
