package demo

import (
	"fmt"
	"testing"

	"ltipolicy/lti/ltitest"
)

// startWebKitAtCourse is a site with one thing to answer, over TLS, and its course open in WebKit.
func startWebKitAtCourse(t *testing.T, cookies string, o ltitest.Options) (stage, *remote, *webkit) {
	t.Helper()
	d := startPlatform(t, o, true)
	d.rules(t, "1")
	b, k := startWebKit(t, cookies)
	d.course(b, 0)
	return d, b, k
}

const windowOffered = `document.readyState === 'complete' && document.querySelector('main[data-error=state_missing] a[target=_blank]') !== null`

// answerInWindow goes through the button into the window and answers there.
func answerInWindow(b *remote) {
	b.t.Helper()
	b.click("a.button[target=_blank]")
	b.until("the pending page in its window", formReady, b.window)
	b.click("input[type=checkbox]")
	b.click("form button[type=submit]")
	b.until("the course again", inCourse)
}

// TestWebKitWhereAFrameKeepsNoCookie: as Safari without partitioned cookies. The first launch asks in vain for
// the cookies, because nobody has ever been at the tool itself, and completes in the window. The next one may
// ask: WebKit asks the reader, and who agrees stays in the frame, also where Moodle's own cookie is a lax one.
func TestWebKitWhereAFrameKeepsNoCookie(t *testing.T) {
	d, b, k := startWebKitAtCourse(t, strict, ltitest.Options{LaxCookie: true})
	b.click(".activity a")
	b.until("the page with the button", windowOffered, b.frame)
	b.until("the offer", `!document.querySelector('[data-storage-access]').hidden`)
	b.click("[data-storage-access]")
	b.until("the refusal", `!document.querySelector('#storage-denied').hidden && document.querySelector('[data-storage-access]').hidden`)
	answerInWindow(b)
	if n := d.accepted(t); n != 1 {
		t.Errorf("%d answers recorded, want 1", n)
	}

	d.rules(t, "2")
	b.click(".activity a")
	b.until("the page with the button again", windowOffered, b.frame)
	b.until("the offer", `!document.querySelector('[data-storage-access]').hidden`)
	k.allow(b, func() { b.click("[data-storage-access]") })
	b.until("the same launch in the frame", formReady, b.frame)
	b.click("input[type=checkbox]")
	b.click("form button[type=submit]")
	b.until("being back in the course", inCourse, b.leave)
	if n := d.accepted(t); n != 2 {
		t.Errorf("%d answers recorded, want 2", n)
	}
}

// TestWebKitFramed: where WebKit keeps a frame's cookies, the launch goes through there, two at once.
func TestWebKitFramed(t *testing.T) {
	d, b, _ := startWebKitAtCourse(t, lenient, ltitest.Options{})
	address, err := b.evaluate(`return document.querySelector('.activity a').href.replace('view.php', 'launch.php')`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.evaluate(fmt.Sprintf(`document.querySelector('main').innerHTML = '<iframe id=a src="%[1]s" style="width: 48%%; height: 600px"></iframe><iframe id=b src="%[1]s" style="width: 48%%; height: 600px"></iframe>'`, address)); err != nil {
		t.Fatal(err)
	}
	for _, frame := range []string{"#a", "#b"} {
		b.until("the pending page in frame "+frame, formReady, func() { b.enter(frame) })
		b.click("input[type=checkbox]")
	}
	b.click("form button[type=submit]")
	b.until("being back in the course", inCourse+` && document.querySelector('iframe') === null`, b.leave)
	b.mark()
	b.click(".activity a")
	b.until("straight back", unmarked+` && `+inCourse, b.leave)
	if n := d.accepted(t); n != 1 {
		t.Errorf("%d answers recorded, want 1", n)
	}
}

// TestWebKitWindow: the activity that opens in a window, a reload and the way back on the way.
func TestWebKitWindow(t *testing.T) {
	d, b, _ := startWebKitAtCourse(t, strict, ltitest.Options{})
	b.click(".activity:nth-of-type(2) a")
	b.until("the button that opens the window", `document.querySelector('main a.button[target]') !== null`)
	b.click("main a.button[target]")
	b.until("the pending page in its window", formReady, b.window)
	if _, err := b.evaluate(`location.reload()`); err != nil {
		t.Fatal(err)
	}
	b.until("the pending page again", formReady)
	b.click("input[type=checkbox]")
	b.click("form button[type=submit]")
	b.until("the course again", inCourse)
	if n := d.accepted(t); n != 1 {
		t.Errorf("%d answers recorded, want 1", n)
	}
	if _, err := b.evaluate(`window.before = true; history.back()`); err != nil {
		t.Fatal(err)
	}
	b.until("a page that goes on", `window.before === undefined && document.readyState === 'complete' && document.querySelector('main a[href], main form') !== null`)
	b.open(d.tool("/lti/launch"))
	b.until("the page of a launch without beginning", `document.querySelector('main[data-error=state_missing]') !== null`)
}

// TestWebKitPlatformStorage: the platform keeps the login attempt where WebKit keeps none.
func TestWebKitPlatformStorage(t *testing.T) {
	d, b, _ := startWebKitAtCourse(t, strict, ltitest.Options{Storage: "lti_storage"})
	contents := func() { b.enter("#contentframe") }
	b.click(".activity a")
	b.until("the launch without cookie, up to the page with the button",
		`document.readyState === 'complete' && document.querySelector('main[data-error=no_session] a[target=_blank]') !== null`, contents)
	answerInWindow(b)
	b.click(".activity a")
	b.until("nothing left to answer", `document.readyState === 'complete' && document.querySelector('h1.good') !== null`, contents)
	b.click("a.button[target=_top]")
	b.until("being back in the course", inCourse, b.leave)
	if n := d.accepted(t); n != 1 {
		t.Errorf("%d answers recorded, want 1", n)
	}
}
