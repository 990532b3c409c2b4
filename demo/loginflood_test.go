package demo

import (
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"ltipolicy/lti/ltitest"
)

// floodPage is a page of the same site as the tool, which has the browser ask 60 times for a login in each way that a page
// has, all with addresses of their own: as an image, a script, a style, an object, data, in advance, and in a frame.
func (d stage) floodPage(t *testing.T) string {
	t.Helper()
	var page strings.Builder
	page.WriteString(`<!doctype html><html lang="en"><meta charset="utf-8"><title>A page</title><main>`)
	for i := range 60 {
		login := d.tool("/lti/login?" + url.Values{
			"iss": {d.sites[0].Issuer()}, "login_hint": {"1"}, "target_link_uri": {d.tool("/lti/launch")}, "n": {fmt.Sprint(i)},
		}.Encode())
		fmt.Fprintf(&page, `<img alt="" src="%[1]s"><script async src="%[1]s"></script><link rel="stylesheet" href="%[1]s"><link rel="prefetch" href="%[1]s">`+
			`<object type="text/html" data="%[1]s"></object><iframe src="%[1]s"></iframe>`, html.EscapeString(login))
	}
	page.WriteString(`<script>
		document.body.dataset.answered = 0;
		for (const frame of document.querySelectorAll('iframe')) {
			fetch(frame.src, {mode: 'no-cors', credentials: 'include'}).catch(() => {}).finally(() => document.body.dataset.answered++);
		}
	</script>`)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, page.String())
	}))
	if d.tls {
		srv.StartTLS()
	} else {
		srv.Start()
	}
	t.Cleanup(srv.Close)
	return srv.URL
}

const flooded = `document.readyState === 'complete' && document.querySelectorAll('iframe').length === 60 && document.body.dataset.answered === '60'`

// staysReachable launches at top level after the page, reads there what is to answer, and opens a page of the tool that
// anybody may read.
func staysReachable(d stage, b *remote) {
	b.t.Helper()
	b.open(d.floodPage(b.t))
	b.until("the page with all that it asks for", flooded)
	b.open(d.tool("/receipt"))
	b.until("a page of the tool", `document.querySelector('main:not([data-error])') !== null`)
	d.course(b, 0)
	address, err := b.evaluate(`return document.querySelector('.activity a').href.replace('view.php', 'launch.php')`)
	if err != nil {
		b.t.Fatal(err)
	}
	b.open(address)
	b.until("what is to answer", formReady)
}

// TestFirefoxStaysReachableAfterAFloodOfLogins and its siblings: whatever a page has a browser ask for, its reader launches
// afterwards as before.
func TestFirefoxStaysReachableAfterAFloodOfLogins(t *testing.T) {
	d := startPlatform(t, ltitest.Options{})
	d.rules(t, "1")
	staysReachable(d, startFirefox(t))
}

func TestWebKitStaysReachableAfterAFloodOfLogins(t *testing.T) {
	d, b, _ := startWebKitAtCourse(t, lenient, ltitest.Options{})
	staysReachable(d, b)
}

func TestChromiumStaysReachableAfterAFloodOfLogins(t *testing.T) {
	d := startPlatform(t, ltitest.Options{})
	d.rules(t, "1")
	ctx := browser(t)
	do(t, ctx, "the page with all that it asks for", chromedp.Navigate(d.floodPage(t)), waitFor(flooded))
	do(t, ctx, "a page of the tool", chromedp.Navigate(d.tool("/receipt")), waitFor(`document.querySelector('main:not([data-error])') !== null`))
	d.enterCourse(t, ctx, "site", 1)
	d.relaunch(t, ctx, "site")
	do(t, ctx, "what is to answer", waitFor(formReady))
}
