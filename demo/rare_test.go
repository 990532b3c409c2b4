package demo

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"ltipolicy/lti/ltitest"
)

// TestRareStatesForEverybody leads launches where few readers come.
func TestRareStatesForEverybody(t *testing.T) {
	d := startDemo(t)
	ctx := browser(t)
	loaded := waitFor(`document.readyState === 'complete' && document.querySelector('main') !== null`)
	open := func(path string) { do(t, ctx, path, chromedp.Navigate(path), loaded) }
	send := click(`form[method=post] button[type=submit]`)

	d.signIn(t, ctx, "cvupt", "student")
	launch := d.relaunch(t, ctx, "cvupt")
	d.republish(t)
	do(t, ctx, "answering what is no longer there", script(tickAll), send, waitFor(`document.querySelector('#problems') !== null && document.readyState === 'complete'`))
	judge(t, ctx, ctx, "republished")
	do(t, ctx, "answering the new one", script(tickAll), send, waitFor(inCourse))
	d.alone(t, "CVUPT", "Laboratory", "Library")
	d.republish(t)
	open(launch + "pending?lang=en")
	for step := range 3 {
		if step < 2 {
			judge(t, ctx, ctx, fmt.Sprintf("step %d", step+1))
		} else {
			do(t, ctx, "opening what changed", script(`document.querySelectorAll('details').forEach(d => d.open = true)`))
			judge(t, ctx, ctx, "what changed")
		}
		do(t, ctx, "answering a step", script(tickAll), script(`window.before = true`), send, waitFor(`window.before === undefined && document.readyState === 'complete'`))
	}
	open(launch + "saved?saved=1")
	judge(t, ctx, ctx, "saved")

	// The errors: not found, not here, too early, too late, not from here.
	form := func(action, fields string) chromedp.Action[chromedp.Void] {
		return script(fmt.Sprintf(`window.before = true; { const f = document.createElement('form'); f.method = 'post'; f.action = %q; f.innerHTML = %q; document.body.append(f); f.submit() }`, action, fields))
	}
	for name, arrive := range map[string]chromedp.Action[chromedp.Void]{
		"not_found":          chromedp.Navigate(d.tool("/nowhere")),
		"state_missing":      chromedp.Navigate(d.tool("/lti/launch")),
		"invitation_invalid": chromedp.Navigate(d.tool("/lti/register?invite=no")),
		"no_session":         chromedp.Navigate(d.tool("/l/01a20000-0000-7000-8000-000000000000/pending")),
		"platform_unknown":   form(d.tool("/lti/login"), `<input name=iss value="https://nowhere.example"><input name=login_hint value=1><input name=target_link_uri value="`+d.tool("/lti/launch")+`">`),
		"forbidden":          chromedp.Navigate(launch + "participants"),
		"csrf":               form(launch+"pending", `<input name=token value=old>`),
		"too_large":          form(d.tool("/lti/login"), `<input name=state value="`+strings.Repeat("x", 300_000)+`">`),
	} {
		do(t, ctx, name, chromedp.Navigate(launch+"agreements"), loaded, script(`window.before = true`), arrive, waitFor(`window.before === undefined`), loaded)
		if got := see[string](t, ctx, errorCode); got != name {
			t.Errorf("%s: the page is of %q", name, got)
		}
		judge(t, ctx, ctx, name)
	}
	if _, err := chromedp.Call(ctx, network.ClearBrowserCookies, cdp.Empty{}); err != nil {
		t.Fatal(err)
	}
	open(launch + "agreements")
	if got := see[bool](t, ctx, `document.querySelector('main[data-error=no_session] a[target=_top]') !== null`); !got {
		t.Error("the page of a launch whose cookie is gone does not lead back to its activity")
	}
	judge(t, ctx, ctx, "launch without its cookie")
}

// TestTeachersPagesForEverybody: choosing content, the page that carries it to Moodle, and the missing ones.
func TestTeachersPagesForEverybody(t *testing.T) {
	d := startDemo(t)
	ctx := browser(t)
	loaded := waitFor(`document.readyState === 'complete' && document.querySelector('main') !== null`)
	d.signIn(t, ctx, "cvupt", "editingteacher")
	launch := d.relaunch(t, ctx, "cvupt")
	for _, page := range []string{"participants", "participants/missing", "participants?state=missing&q=a", "home"} {
		do(t, ctx, page, chromedp.Navigate(launch+page), loaded)
		judge(t, ctx, ctx, page)
	}
	d.openCourse(t, ctx, "cvupt")
	do(t, ctx, "choosing content", script(`location.href = document.querySelector('a[href*="contentitem.php"]').href`), waitFor(`location.pathname.endsWith('/select')`), loaded)
	judge(t, ctx, ctx, "select")
	// As without scripts, because a script sends it on.
	do(t, ctx, "handing over", script(`{ const f = document.querySelector('main form'), b = new URLSearchParams(new FormData(f)); b.set('act', 'add');
		fetch(f.action, {method: 'POST', body: b}).then(r => r.text()).then(t => document.documentElement.replaceWith(new DOMParser().parseFromString(t, 'text/html').documentElement)) }`),
		waitFor(`document.querySelector('form[data-autosubmit]') !== null`))
	judge(t, ctx, ctx, "handover")
}

// TestListOfWhomNotToRecordForEverybody: the list of a course of 126, as its teacher sees it from the list of participants,
// in a frame of Moodle's, on a phone, and on paper, where it takes one page.
func TestListOfWhomNotToRecordForEverybody(t *testing.T) {
	days := &calendar{now: time.Now}
	days.turn(time.Now().Add(-published))
	d := startDemoOn(t, days)
	if _, err := remember(t.Context(), days, d.db, d.sites); err != nil {
		t.Fatal(err)
	}
	ctx := browser(t)
	courses := d.sites[0].Courses()
	course := courses[slices.IndexFunc(courses, func(c ltitest.Course) bool { return c.ShortName == "BD-2026" })]
	teacher := d.sites[0].Members(course.ID, ltitest.EditingTeacher)[0]
	do(t, ctx, "signing in", chromedp.Navigate(d.moodle("cvupt/login/index.php?role=editingteacher")),
		script(fmt.Sprintf(`[...document.querySelectorAll('tbody tr')].find(r => r.textContent.includes(%q)).querySelector('button').click()`, teacher.LastName)),
		waitFor(`!location.pathname.includes('/login/') && document.querySelector('header form button') !== null && document.readyState === 'complete'`),
		chromedp.Navigate(d.moodle(fmt.Sprintf("cvupt/course/view.php?id=%d", course.ID))),
		waitFor(inCourse+` && document.querySelector('.activity a') !== null`))
	launch := strings.Replace(see[string](t, ctx, `document.querySelector('.activity a').href`), "view.php", "launch.php", 1)
	do(t, ctx, "opening the activity", script(openActivity))
	frame := d.toolFrame(t, ctx, "/pending")
	do(t, frame, "opening the participants", click(`nav a[href$="/participants"]`), waitFor(`location.pathname.endsWith('/participants')`), waitFor(loaded))
	do(t, frame, "opening the list", script(`document.querySelector('a[href*="/choices/"]').click()`), waitFor(`location.pathname.includes('/choices/')`), waitFor(loaded))
	judge(t, ctx, frame, "whom not to record, in the frame")
	page := see[string](t, frame, `location.pathname.replace(/.*participants/, 'participants')`)
	do(t, ctx, "at top level", chromedp.Navigate(launch), waitFor(`location.pathname.endsWith('/pending')`), waitFor(loaded),
		script(fmt.Sprintf(`location.href = location.pathname.replace('pending', %q)`, page)), waitFor(`location.pathname.includes('/choices/')`), waitFor(loaded))
	inspect(t, ctx, "whom not to record")
	if n := see[int](t, ctx, `document.querySelectorAll('.names li').length`); n < 127 || see[int](t, ctx, `document.querySelectorAll('.names').length`) != 2 {
		t.Errorf("the two lists name %d people\n%s", n, picture(t, ctx))
	}
	if *pictures != "" {
		look{width: 720, height: 1020, scale: 1, media: "print"}.wear(t, ctx)
		shot, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
		if err == nil {
			err = os.WriteFile(filepath.Join(*pictures, "whom-not-to-record--print.png"), shot, 0o600)
		}
		if err != nil {
			t.Error(err)
		}
	}
	pdf, err := chromedp.Run(ctx, chromedp.PrintToPDF())
	if err != nil {
		t.Fatal(err)
	}
	if n := len(sheets.FindAll(pdf, -1)); n != 1 {
		t.Errorf("printed on %d pages", n)
	}
}

// sheets finds the pages of a PDF.
var sheets = regexp.MustCompile(`/Type\s*/Page\b`)
