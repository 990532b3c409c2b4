package launch_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"ltipolicy/lti"
	"ltipolicy/lti/ltitest"
)

// blind is a browser that keeps no cookie of the tool's, as in a frame where even partitioned ones are blocked.
func (s *site) blind() *ltitest.Browser {
	return ltitest.NewBrowser(forgetful{road: s.road, tool: s.setup.base})
}

type forgetful struct {
	road http.RoundTripper
	tool string
}

func (f forgetful) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := f.road.RoundTrip(r)
	if err == nil && strings.HasPrefix(r.URL.String(), f.tool) {
		res.Header.Del("Set-Cookie")
	}
	return res, err
}

// leaving are the page's links that open elsewhere, by target.
func (v *view) leaving(target string) []string {
	var out []string
	for _, a := range v.all("a", "target="+target) {
		href, _ := attribute(a, "href")
		out = append(out, href)
	}
	return out
}

func TestFrameWithoutCookiesOffersAWindow(t *testing.T) {
	s := asking(t)
	frame := s.blind()
	frame.Framed = true
	var got *view
	s.unchanged(func() { got = s.launch(frame, s.learner, s.embedded) })
	got.is(http.StatusUnauthorized, string(lti.StateMissing))
	windows := got.leaving("_blank")
	if want := s.moodle.Endpoint("launch.php") + "?id=" + itoa(s.embedded.CMID); len(windows) != 1 || windows[0] != want {
		t.Fatalf("windows %v, want %s", windows, want)
	}
	if len(got.leaving("_top")) != 0 {
		t.Error("the page offers more than one way")
	}

	// The window is at top level and keeps cookies; Moodle knows who it is.
	window := s.browser()
	s.must(window.Login(s.moodle, s.learner.ID))
	page, err := window.Settle(window.Get(windows[0]))
	s.must(err)
	if !strings.HasSuffix(page.URL.Path, "/pending") || page.Status != http.StatusOK {
		t.Errorf("the window ends at %s with %d", page.URL, page.Status)
	}
}

func TestTheWayBackIsOneOfTheRegisteredPlatform(t *testing.T) {
	s := asking(t)
	b := s.blind()
	b.Framed = true
	state, _ := s.attempt(b, s.platform)
	got := s.post(b, "/lti/login", s.initiation(s.platform, with("lti_message_hint", `{"cmid":"7/../../evil","launchid":"x"}`)))
	u, err := url.Parse(got.Location())
	s.must(err)
	ours := u.Query().Get("state")
	mark := lti.MarkOf(ours)
	for name, state := range map[string]string{
		"none": "", "no activity": state, "not a number": ours, "cut": ours[:len(ours)-1], "foreign mark": ours[:32] + "AAAA" + mark[4:],
		"no mark": ours[:32], "markup": `"><script>`, "address": "https://evil.example/",
	} {
		form := url.Values{"id_token": {"x.y.z"}, "state": {state}}
		page := s.post(b, "/lti/launch", form)
		if page.Status < 400 || len(page.leaving("_blank"))+len(page.leaving("_top")) != 0 {
			t.Errorf("%s: status %d with ways to %v %v", name, page.Status, page.leaving("_blank"), page.leaving("_top"))
		}
	}
}

func TestReloadedLaunchLeadsBackToItsActivity(t *testing.T) {
	s := asking(t)
	activity := s.moodle.Endpoint("view.php") + "?id=" + itoa(s.window.CMID)
	for name, b := range map[string]*ltitest.Browser{"at top level": s.browser(), "in a frame": s.framed()} {
		form, _, err := b.Authenticate(s.moodle, s.learner.ID, s.window.CMID)
		s.must(err)
		id := s.submit(b, form).leads("pending")
		again := s.submit(b, form).is(http.StatusUnauthorized, string(lti.StateMissing)) // back, and sent once more
		if got := again.leaving("_top"); len(got) != 1 || got[0] != activity {
			t.Errorf("%s: leads to %v, want %s", name, got, activity)
		}
		s.get(b, "/l/"+id+"/pending").is(http.StatusOK, "") // and the launch itself lives on
	}
}

func TestEndedLaunchLeadsBackToItsActivity(t *testing.T) {
	s := asking(t)
	activity := s.moodle.Endpoint("view.php") + "?id=" + itoa(s.window.CMID)
	b := s.browser()
	id := s.launch(b, s.learner, s.window).leads("pending")
	s.clock.pass(13 * time.Hour)
	got := s.get(b, "/l/"+id+"/pending").is(http.StatusUnauthorized, "no_session")
	if ways := got.leaving("_top"); len(ways) != 1 || ways[0] != activity {
		t.Errorf("leads to %v, want %s", ways, activity)
	}
	if csp := got.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "frame-ancestors *") {
		t.Errorf("a frame would stay empty: %s", csp)
	}
	s.must(s.db.Sweep(t.Context()))
	got = s.get(b, "/l/"+id+"/pending").is(http.StatusUnauthorized, "no_session").has("open the activity again")
	if ways := got.leaving("_top"); len(ways) != 0 {
		t.Errorf("leads to %v, though nothing is left to tell where it was", ways)
	}
}

func TestPlatformStorageReplacesTheCookie(t *testing.T) {
	s := asking(t)
	b := s.blind()
	b.Framed = true
	login := s.initiation(s.platform, with("lti_storage_target", "_parent"), with("login_hint", itoa(s.learner.ID)))
	kept := s.post(b, "/lti/login", login).is(http.StatusOK, "")
	main := kept.all("main", "data-storage")[0]
	key, value := data(main, "key"), data(main, "value")
	next, _ := attribute(kept.all("a", "data-onward")[0], "href")
	if data(main, "origin") != moodleOrigin || data(main, "target") != "_parent" || key == "" || value == "" {
		t.Fatalf("the page keeps %v", main.Attr)
	}
	u, err := url.Parse(next)
	s.must(err)
	state := u.Query().Get("state")
	if len(state) > 255 || strings.Contains(value, state) || strings.Contains(value, u.Query().Get("nonce")) {
		t.Errorf("state of %d characters, value %s", len(state), value)
	}
	target, err := s.moodle.Target(ltitest.Launch{PersonID: s.learner.ID, CMID: s.embedded.CMID, Nonce: u.Query().Get("nonce")}, state)
	s.must(err)
	form := target.Form(target.Token())

	ask := s.post(b, "/lti/launch", form).is(http.StatusOK, "")
	if asked := ask.all("main", "data-storage")[0]; data(asked, "key") != key || data(asked, "origin") != moodleOrigin || data(asked, "value") != "" {
		t.Fatalf("the page asks for %v", asked.Attr)
	}
	back := ask.form()
	if !back.Values.Has("proof") || back.Values.Get("id_token") != form.Get("id_token") {
		t.Fatalf("the page sends %v", back.Values)
	}
	// Another attempt's value, a changed one and none at all prove nothing.
	other := s.post(b, "/lti/login", login)
	for name, c := range map[string]struct {
		proof string
		code  lti.Code
	}{
		"none": {"", lti.StateMissing}, "another attempt's": {data(other.all("main", "data-storage")[0], "value"), lti.StateMismatch},
		"changed": {value[:len(value)-4] + "AAAA", lti.StateMismatch}, "too long": {strings.Repeat("A", 5000), lti.StateMissing},
	} {
		back.Values.Set("proof", c.proof)
		s.unchanged(func() {
			if got := s.submit(b, back); got.ErrorCode() != string(c.code) {
				t.Errorf("%s: code %q, want %s", name, got.ErrorCode(), c.code)
			}
		})
	}
	back.Values.Set("proof", value)
	// Whoever has a login of their own has its proof too: sent from elsewhere through another person's browser
	// it would let them in as the wrong person.
	s.unchanged(func() {
		s.post(s.blind(), "/lti/launch", back.Values).is(http.StatusUnauthorized, string(lti.StateMismatch))
	})
	s.submit(b, back).leads("pending")
}

func TestPlatformStorageIsAskedOnlyWhereItHelps(t *testing.T) {
	s := asking(t)
	storage := s.initiation(s.platform, with("lti_storage_target", "_parent"))
	top, framed := s.browser(), s.framed()
	if got := s.post(top, "/lti/login", storage); got.Status != http.StatusFound {
		t.Errorf("at top level: status %d", got.Status)
	}
	s.launch(framed, s.learner, s.embedded).leads("pending")
	if got := s.post(framed, "/lti/login", storage); got.Status != http.StatusFound {
		t.Errorf("where cookies arrive: status %d", got.Status)
	}
	long := s.initiation(s.platform, with("lti_storage_target", strings.Repeat("x", 61)))
	fresh := s.framed()
	if got := s.post(fresh, "/lti/login", long); got.Status != http.StatusFound {
		t.Errorf("a name too long for the state: status %d", got.Status)
	}
}

func data(n *html.Node, name string) string {
	v, _ := attribute(n, "data-"+name)
	return v
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
