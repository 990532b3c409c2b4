package demo

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"ltipolicy/store"
)

func TestLearnersPagesForEverybody(t *testing.T) {
	d := startDemo(t)
	d.consent(t, "open.ktu.edu")
	ctx := browser(t)
	d.signIn(t, ctx, "open-ktu", "student")
	launch := d.relaunch(t, ctx, "open-ktu")
	loaded := waitFor(`document.readyState === 'complete' && document.querySelector('main') !== null`)
	open := func(path string) { do(t, ctx, path, chromedp.Navigate(path), loaded) }

	inspect(t, ctx, "pending")
	do(t, ctx, "opening the full texts", script(`document.querySelectorAll('details:not([open]) > summary').forEach(s => s.click())`))
	inspect(t, ctx, "pending opened")
	do(t, ctx, "sending too early", script(`document.querySelector('form[method=post]').noValidate = true; document.querySelector('form[method=post] button[type=submit]').click()`),
		waitFor(`document.querySelector('#problems') !== null`))
	do(t, ctx, "the focus at the list of problems", waitFor(`document.activeElement.id === 'problems'`))
	inspect(t, ctx, "pending with problems")
	open(launch + "pending?lang=bg")
	inspect(t, ctx, "pending in Bulgarian")
	do(t, ctx, "answering", script(tickAll+`; `+chooseAll),
		click(`form[method=post] button[type=submit]`), waitFor(inCourse))
	open(launch + "saved?saved=4&lang=en")
	inspect(t, ctx, "saved")
	open(launch + "agreements")
	do(t, ctx, "opening the history", script(`document.querySelectorAll('details:not([open]) > summary').forEach(s => s.click())`))
	inspect(t, ctx, "agreements")
	do(t, ctx, "withdrawing", click(`form.act button`), waitFor(`location.search.includes('saved=1')`))
	inspect(t, ctx, "agreements withdrawn")
	open(see[string](t, ctx, `document.querySelector('main a[href*="/agreements/"]').href`))
	inspect(t, ctx, "exact text")
	open(launch + "agreements/record")
	inspect(t, ctx, "record")
	open(launch + "policies")
	inspect(t, ctx, "policies")
	open(see[string](t, ctx, `document.querySelector('nav') ? location.href : ''`) + "?lang=sr-Cyrl")
	inspect(t, ctx, "policies in Serbian")
	open(d.tool("/nowhere"))
	inspect(t, ctx, "error")
	open(d.tool("/lti/launch"))
	inspect(t, ctx, "error launch")
	open(d.tool("/l/01a20000-0000-7000-8000-000000000000/pending"))
	inspect(t, ctx, "error session")
}

func TestFramedPagesForEverybody(t *testing.T) {
	d := startDemo(t)
	ctx := browser(t)
	d.enterCourse(t, ctx, "cvupt", 1)
	do(t, ctx, "opening the activity", script(openActivity))
	frame := d.toolFrame(t, ctx, "/pending")
	do(t, frame, "loading", waitFor(`document.readyState === 'complete' && document.querySelector('form') !== null`))
	judge(t, ctx, frame, "framed")
	// Moodle gives the frame 600 pixels and ignores lti.frameResize: the page scrolls as a whole, not a box in it.
	if boxes := see[[]string](t, frame, `[...document.querySelectorAll('body *')].filter(e => e.scrollHeight > e.clientHeight + 1 && /auto|scroll/.test(getComputedStyle(e).overflowY)).map(e => e.className || e.tagName)`); len(boxes) > 0 {
		t.Errorf("boxes that scroll by themselves: %v", boxes)
	}
	do(t, frame, "scrolling", script(`document.querySelectorAll('details').forEach(d => d.open = true); window.scrollTo(0, document.body.scrollHeight)`),
		waitFor(`scrollY > 0 && document.querySelector('button[type=submit]').getBoundingClientRect().bottom <= innerHeight`))
}

func TestWindowPageForEverybody(t *testing.T) {
	d := startDemo(t)
	ctx := browserWith(t, d.noCookiesFor(t))
	d.enterCourse(t, ctx, "cvupt", 1)
	do(t, ctx, "opening the activity", script(openActivity))
	frame := d.toolFrame(t, ctx, "/lti/launch")
	do(t, frame, "the page of the refused launch", waitFor(`document.querySelector('main[data-error=state_missing]') !== null && document.readyState === 'complete'`))
	judge(t, ctx, frame, "window")
	if !see[bool](t, frame, `document.querySelector('[data-storage-access]').hidden && document.querySelector('#storage-denied').hidden`) {
		t.Error("the page offers cookies that this browser takes back on the frame's way through Moodle")
	}
	do(t, frame, "showing what WebKit shows", script(`document.querySelector('[data-storage-access]').hidden = false`))
	judge(t, ctx, frame, "window with the offer")
	do(t, frame, "showing its refusal", script(`document.querySelector('[data-storage-access]').hidden = true; document.querySelector('#storage-denied').hidden = false`))
	judge(t, ctx, frame, "window after the refusal")
}

func TestStaffPagesForEverybody(t *testing.T) {
	d := startDemo(t)
	ctx := browser(t)
	for _, role := range []string{"editingteacher", "admin"} {
		d.signIn(t, ctx, "cvupt", role)
		launch := d.relaunch(t, ctx, "cvupt")
		inspect(t, ctx, role)
		do(t, ctx, role, chromedp.Navigate(launch+"home"), waitFor(`document.readyState === 'complete' && document.querySelector('main') !== null`))
		inspect(t, ctx, role+" home")
	}
}

func TestRegistrationPagesForEverybody(t *testing.T) {
	d := startDemo(t)
	ctx := browser(t)
	institution, err := d.db.EnsureInstitution(t.Context(), "CVUPT")
	if err != nil {
		t.Fatal(err)
	}
	invite, err := d.db.Invite(t.Context(), store.Invitation{InstitutionID: institution}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	d.signIn(t, ctx, "unicampus", "admin")
	register := d.tool("/lti/register?invite=" + invite)
	do(t, ctx, "outside", chromedp.Navigate(register), waitFor(`document.querySelector('main[data-error=register_outside]') !== null`))
	inspect(t, ctx, "register outside")
	do(t, ctx, "registering", chromedp.Navigate(d.moodle("unicampus/mod/lti/toolconfigure.php?toolurl="+register)), waitFor(`document.querySelector('iframe') !== null`))
	frame := find(t, ctx, "iframe", func(a string) bool { return strings.HasPrefix(a, d.tool("/lti/register")) })
	do(t, frame, "loading", waitFor(`document.readyState === 'complete' && document.querySelector('form button') !== null`))
	judge(t, ctx, frame, "register")
	do(t, frame, "confirming", click(`form button[type=submit]`))
	frame = find(t, ctx, "iframe", func(a string) bool { return strings.HasPrefix(a, d.tool("/lti/registered")) })
	do(t, frame, "loading", waitFor(`document.readyState === 'complete' && document.querySelector('h1.good') !== null`))
	judge(t, ctx, frame, "registered")
}
