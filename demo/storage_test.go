package demo

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"ltipolicy/lti/ltitest"
)

// TestPlatformStorage: with every cookie blocked in the frame, the platform keeps the login attempt. Who has
// nothing to answer goes back; who has, needs a session, and gets it in a window.
func TestPlatformStorage(t *testing.T) {
	for _, storage := range []string{"_parent", "lti_storage"} {
		t.Run(storage, func(t *testing.T) {
			d := startPlatform(t, ltitest.Options{Storage: storage})
			ctx := browser(t, d.noCookiesFor(t))
			d.enterCourse(t, ctx, "site", 1)
			do(t, ctx, "launching with nothing to answer", script(`window.before = true; `+openActivity), waitFor(`document.querySelector('iframe#contentframe') !== null`))
			frame := d.toolFrame(t, ctx, "/lti/launch")
			do(t, frame, "going back", waitFor(`document.querySelector('h1.good') !== null`), chromedp.Click(chromedp.CSS(`a.button[target=_top]`)))
			do(t, ctx, "being back in the course", waitFor(`window.before === undefined && `+inCourse))

			d.rules(t, "1")
			do(t, ctx, "launching with something to answer", script(openActivity), waitFor(`document.querySelector('iframe#contentframe') !== null`))
			frame = d.toolFrame(t, ctx, "/pending")
			do(t, frame, "the page with the button", waitFor(`document.querySelector('main[data-error=no_session] a[target=_blank]') !== null`),
				chromedp.Click(chromedp.CSS(`a.button[target=_blank]`)))
			window := find(t, ctx, "page", func(a string) bool { return strings.HasPrefix(a, d.tool("/l/")) && strings.HasSuffix(a, "/pending") })
			do(t, window, "answering", waitFor(`document.querySelector('form button[type=submit]') !== null`),
				script(tickAll), chromedp.Click(chromedp.CSS(`form button[type=submit]`)), waitFor(inCourse))
			if n := d.accepted(t); n != 1 {
				t.Errorf("%d answers recorded, want 1", n)
			}
		})
	}
}
