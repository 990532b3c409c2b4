package demo

import (
	"fmt"
	"net/url"
	"testing"

	"ltipolicy/lti/ltitest"
)

// course signs in at the first demo site as a student of one of its courses and opens that course.
func (d stage) course(f *remote, which int) {
	f.t.Helper()
	site := d.sites[0]
	course := site.Courses()[which]
	f.open(site.Issuer() + "/login/index.php?role=student&q=" + url.QueryEscape(site.Members(course.ID, ltitest.Student)[0].Email))
	f.click("tbody tr:first-child button")
	f.until("signing in", `document.querySelector('main a[href*="course/view.php"]') !== null`)
	f.open(fmt.Sprintf("%s/course/view.php?id=%d", site.Issuer(), course.ID))
	f.until("the course", inCourse+` && document.querySelector('.activity a') !== null`)
}

const formReady = `document.readyState === 'complete' && location.pathname.endsWith('/pending') && document.querySelector('form button[type=submit]') !== null`

// TestFirefoxFramed: Firefox partitions or blocks third-party cookies by itself; the framed launch goes through.
func TestFirefoxFramed(t *testing.T) {
	d := startDemo(t)
	f := startFirefox(t)
	d.course(f, 0)
	f.click(".activity a")
	f.until("the pending page in its frame", formReady, f.frame)
	f.click("input[type=checkbox]")
	f.click("form button[type=submit]")
	f.until("being back in the course", inCourse, f.leave)
	if n := d.accepted(t); n != 1 {
		t.Errorf("%d answers recorded, want 1", n)
	}
	f.mark()
	f.click(".activity a")
	f.until("straight back", unmarked+` && `+inCourse, f.leave)
}

// TestFirefoxWindow: the site's last course opens the activity in a window of its own.
func TestFirefoxWindow(t *testing.T) {
	d := startDemo(t)
	f := startFirefox(t)
	d.course(f, len(d.sites[0].Courses())-1)
	f.click(".activity a")
	f.until("the button that opens the window", `document.querySelector('main a.button[target]') !== null`)
	f.click("main a.button[target]")
	f.until("the pending page in its window", formReady, f.window)
	f.click("input[type=checkbox]")
	f.click("form button[type=submit]")
	f.until("the course again", inCourse)
	if n := d.accepted(t); n != 1 {
		t.Errorf("%d answers recorded, want 1", n)
	}
}

// TestFirefoxWhereAFrameKeepsNoCookie: with every cookie of the tool blocked in frames, the button opens a
// window and the launch completes there.
func TestFirefoxWhereAFrameKeepsNoCookie(t *testing.T) {
	d := startDemo(t)
	// 1: no cookies of other sites, not even partitioned ones.
	f := startFirefox(t, `user_pref("network.cookie.cookieBehavior", 1);`, `user_pref("network.cookie.CHIPS.enabled", false);`)
	d.course(f, 0)
	f.click(".activity a")
	f.until("the page with the button", `document.readyState === 'complete' && document.querySelector('main[data-error=state_missing] a[target=_blank]') !== null`, f.frame)
	if got, err := f.evaluate(`return document.querySelector('[data-storage-access]').hidden`); err != nil || got != "true" {
		t.Errorf("the page offers cookies that this browser does not give: hidden %s, %v", got, err)
	}
	f.click("a.button[target=_blank]")
	f.until("the pending page in its window", formReady, f.window)
	f.click("input[type=checkbox]")
	f.click("form button[type=submit]")
	f.until("the course again", inCourse)
	if n := d.accepted(t); n != 1 {
		t.Errorf("%d answers recorded, want 1", n)
	}
}
