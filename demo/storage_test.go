package demo

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"golang.org/x/net/html"

	"ltipolicy/lti/ltitest"
)

// TestPlatformStorage: with every cookie blocked in the frame, the platform keeps the login attempt. Who has
// nothing to answer goes back; who has, needs a session, and gets it in a window.
func TestPlatformStorage(t *testing.T) {
	for _, storage := range []string{"_parent", "lti_storage"} {
		t.Run(storage, func(t *testing.T) {
			d := startPlatform(t, ltitest.Options{Storage: storage})
			ctx := browserWith(t, d.noCookiesFor(t))
			d.enterCourse(t, ctx, "site", 1)
			do(t, ctx, "launching with nothing to answer", script(`window.before = true; `+openActivity), waitFor(`document.querySelector('iframe#contentframe') !== null`))
			frame := d.toolFrame(t, ctx, "/lti/launch")
			do(t, frame, "going back", waitFor(`document.querySelector('h1.good') !== null`), click(`a.button[target=_top]`))
			do(t, ctx, "being back in the course", waitFor(`window.before === undefined && `+inCourse))

			d.rules(t, "1")
			do(t, ctx, "launching with something to answer", script(openActivity), waitFor(`document.querySelector('iframe#contentframe') !== null`))
			frame = d.toolFrame(t, ctx, "/pending")
			do(t, frame, "the page with the button", waitFor(`document.querySelector('main[data-error=no_session] a[target=_blank]') !== null`),
				click(`a.button[target=_blank]`))
			window := find(t, ctx, "page", func(a string) bool { return strings.HasPrefix(a, d.tool("/l/")) && strings.HasSuffix(a, "/pending") })
			do(t, window, "answering", waitFor(`document.querySelector('form button[type=submit]') !== null`),
				script(tickAll), click(`form button[type=submit]`), waitFor(inCourse))
			if n := d.accepted(t); n != 1 {
				t.Errorf("%d answers recorded, want 1", n)
			}
		})
	}
}

// hostile answers LTI's messages for the platform in place of its own page, which has a foreign frame and one of
// its own beside the tool's. Answering is the case's: with say(answer) as the platform, with through(frame,
// answer) as that frame; good(m) is what belongs into an answer, and honest() what the platform would say.
const hostile = `if (window === top) {
	const kept = {};
	addEventListener("DOMContentLoaded", () => {
		if (!document.getElementById("contentframe")) return;
		for (const [name, where] of [["foreign", {src: %q}], ["sibling", {srcdoc: %q}]]) {
			document.body.append(Object.assign(document.createElement("iframe"), {name, hidden: true}, where));
		}
	});
	addEventListener("message", async e => {
		const m = e.data || {};
		if (m.subject !== "lti.get_data" && m.subject !== "lti.put_data") return;
		e.stopImmediatePropagation();
		if (m.value === null) return;
		const say = answer => e.source.postMessage(answer, e.origin);
		const good = m => ({subject: m.subject + ".response", message_id: m.message_id, key: m.key});
		const honest = () => say({...good(m), value: m.subject === "lti.get_data" ? kept[m.key] : kept[m.key] = m.value});
		const through = (frame, answer) => new Promise(told => {
			addEventListener("message", e => e.data === "told" && told());
			const tell = () => frames[frame].postMessage(answer, "*");
			document.querySelector("iframe[name=" + frame + "]").addEventListener("load", tell);
			tell();
		});
		const put = m.subject === "lti.put_data";
		%s
	});
}`

// repeater is a page that says in the tool's frame what it is told.
const repeater = `<script>addEventListener("message", e => { parent.frames.contentframe.postMessage(e.data, "*"); parent.postMessage("told", "*") })</script>`

// TestHostileStorage: whatever answers for the platform's storage, only the platform's own answer to this very
// message counts, and only the value that this attempt was kept under lets the launch through. Everything else
// ends in the page with the button, as if there were no storage.
func TestHostileStorage(t *testing.T) {
	d := startPlatform(t, ltitest.Options{Storage: "_parent"})
	foreign := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, repeater) //nolint:errcheck // the browser went away
	}))
	t.Cleanup(foreign.Close)
	ctx := browserWith(t, d.noCookiesFor(t))
	d.enterCourse(t, ctx, "site", 1)
	activity := see[string](t, ctx, `document.querySelector('.activity a').href`)
	stranger := d.attempt(t)

	for name, c := range map[string]struct{ answer, ends string }{
		"honest twice":                   {`honest(); honest()`, ""},
		"something else before":          {`for (const x of [null, "x", 7, [], {}, {subject: m.subject}, {...good(m), message_id: "1-2", value: "x"}, {...good(m), subject: "lti.capabilities.response", value: "x"}]) say(x); honest()`, ""},
		"of a foreign frame before":      {`await through("foreign", {...good(m), value: "x"}); honest()`, ""},
		"a foreign frame's error before": {`await through("foreign", {...good(m), error: {code: "storage_exhaustion"}}); honest()`, ""},
		"of another own frame before":    {`await through("sibling", {...good(m), value: "x"}); honest()`, ""},

		"of a foreign frame only": {`if (put) honest(); else through("foreign", {...good(m), value: kept[m.key]})`, "state_missing"},
		"error":                   {`if (put) honest(); else say({...good(m), error: {code: "bad_request", message: "<b>no</b>"}, value: kept[m.key]})`, "state_missing"},
		"error already when kept": {`if (put) say({...good(m), error: {code: "storage_exhaustion"}}); else say({...good(m), value: null})`, "state_missing"},
		"another value kept":      {`if (put) say({...good(m), value: "x"}); else say({...good(m), value: "x"})`, "state_mismatch"},
		"another key":             {`if (put) honest(); else say({...good(m), key: "x", value: kept[m.key]})`, "state_missing"},
		"a number":                {`if (put) honest(); else say({...good(m), value: 7})`, "state_missing"},
		"an object":               {`if (put) honest(); else say({...good(m), value: {toString: 1, value: kept[m.key]}})`, "state_missing"},
		"huge":                    {`if (put) honest(); else say({...good(m), value: "x".repeat(8 << 20)})`, "state_missing"},
		"changed":                 {`if (put) honest(); else say({...good(m), value: kept[m.key].slice(0, -4) + "AAAA"})`, "state_mismatch"},
		"another attempt's":       {fmt.Sprintf(`if (put) honest(); else say({...good(m), value: %q})`, stranger.value), "state_mismatch"},
		"no answer at all":        {``, "state_missing"},
		"an answer too late":      {`if (put) honest(); else setTimeout(honest, 2200)`, "state_missing"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := tab(t, ctx)
			if _, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
				Source: fmt.Sprintf(hostile, strings.Replace(foreign.URL, "127.0.0.1", "localhost", 1), repeater, c.answer),
			}); err != nil {
				t.Fatal(err)
			}
			do(t, ctx, "opening the activity", chromedp.Navigate(activity), waitFor(`document.querySelector('iframe#contentframe') !== null`))
			frame := d.toolFrame(t, ctx, "/lti/launch")
			ends := `document.querySelector('h1.good') !== null`
			if c.ends != "" {
				ends = fmt.Sprintf(`document.querySelector('main[data-error=%s] a.button') !== null`, c.ends)
			}
			do(t, frame, "the end of the launch", waitFor(`document.readyState === 'complete' && `+ends))
		})
	}

	// A page of elsewhere sends the stranger's launch through this browser, and says as the storage would what
	// the stranger's own login was kept under.
	t.Run("login of somebody else", func(t *testing.T) {
		around := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprintf(w, `<iframe name=contentframe></iframe><form method=post target=contentframe action="%s"><input name=state value="%s"><input name=id_token value="%s"></form>
				<script>
				addEventListener("message", e => { const m = e.data; e.source.postMessage({subject: m.subject + ".response", message_id: m.message_id, key: m.key, value: %q}, "*") });
				document.forms[0].submit();
				</script>`, d.tool("/lti/launch"), stranger.state, stranger.token, stranger.value)
		}))
		t.Cleanup(around.Close)
		ctx := tab(t, ctx)
		do(t, ctx, "opening a page of elsewhere", chromedp.Navigate(strings.Replace(around.URL, "127.0.0.1", "localhost", 1)))
		frame := d.toolFrame(t, ctx, "/lti/launch")
		do(t, frame, "the end of the launch", waitFor(`document.readyState === 'complete' && document.querySelector('main[data-error=state_missing]') !== null`))
	})
}

// attempt is a login of somebody else, as far as that person's own browser can know it.
type attempt struct{ state, token, value string }

func (d stage) attempt(t *testing.T) attempt {
	t.Helper()
	site := d.sites[0]
	members := site.Members(site.Courses()[0].ID, ltitest.Student)
	platforms, err := d.db.Platforms(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	login := url.Values{"iss": {site.Issuer()}, "client_id": {platforms[0].ClientID}, "lti_deployment_id": platforms[0].Deployments, "login_hint": {"1"},
		"target_link_uri": {d.tool("/lti/launch")}, "lti_storage_target": {"_parent"}, "lti_message_hint": {`{"cmid":2}`}}
	r, err := http.NewRequestWithContext(t.Context(), "POST", d.tool("/lti/login"), strings.NewReader(login.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Dest", "iframe")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read to the end
	doc, err := html.Parse(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var a attempt
	var next *url.URL
	for n := range doc.Descendants() {
		for _, at := range n.Attr {
			switch at.Key {
			case "data-value":
				a.value = at.Val
			case "href":
				if u, err := url.Parse(at.Val); err == nil && u.Query().Has("state") {
					next = u
				}
			}
		}
	}
	if next == nil || a.value == "" {
		t.Fatalf("the login gives status %d and keeps %q", res.StatusCode, a.value)
	}
	a.state = next.Query().Get("state")
	target, err := site.Target(ltitest.Launch{PersonID: members[0].ID, CMID: site.Activities(site.Courses()[0].ID)[0].CMID, Nonce: next.Query().Get("nonce")}, a.state)
	if err != nil {
		t.Fatal(err)
	}
	a.token = target.Token()
	return a
}
