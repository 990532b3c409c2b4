package launch_test

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"ltipolicy/launch/launchtest"
	"ltipolicy/lti"
	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
)

// elsewhere are addresses that look like ours, in front of a browser, a parser or a person.
var elsewhere = []string{
	"https://evil.example/", "//evil.example/", "///evil.example/", `/\evil.example/`, `\\evil.example\`, `https:\\evil.example/`,
	"https:/evil.example/", "https:evil.example", "https://tool.example.evil.example/agreements", "https://tool.example@evil.example/agreements",
	"https://evil.example/https://tool.example/agreements", "https://evil.example?https://tool.example/", "https://evil.example#@tool.example/",
	`https://evil.example\@tool.example/agreements`, `https://tool.example\.evil.example/`, "https://tool.example%2eevil.example/",
	"https://tool.example%00.evil.example/", "https://tool.example\x00.evil.example/", "https://tool.example\t.evil.example/", "https://tool.example:80@evil.example/",
	"https://evilttool.example/", "https://xtool.example/", "https://tool.example:8443/agreements", "http://tool.example/agreements",
	"https://tооl.example/agreements", "https://xn--tl-oqca.example/", "https://tool．example/agreements", "https://tool。example/agreements",
	"https://[::ffff:127.0.0.1]/", "https://2130706433/", "javascript:alert(1)//https://tool.example/agreements", "JaVaScRiPt:alert(1)",
	"data:text/html,<script>alert(1)</script>", "vbscript:x", "file:///etc/passwd", "blob:https://tool.example/x", "\x01https://evil.example/",
	" https://evil.example/", "https://tool.example /agreements", "", "agreements", "?agreements", "#agreements",
}

// stays fails if a page sends the browser anywhere but to the tool and to the platform.
func (v *view) stays(allowed ...string) *view {
	v.t.Helper()
	to := v.Location()
	if to == "" {
		return v
	}
	u, err := url.Parse(to)
	if err != nil || strings.ContainsAny(to, "\\\t\x00\r\n") {
		v.t.Errorf("the redirect %q is not an address: %v", to, err)
		return v
	}
	origin := u.Scheme + "://" + u.Host
	for _, a := range append(allowed, toolOrigin) {
		if origin == a || u.Host == "" && strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "//") {
			return v
		}
	}
	v.t.Errorf("%s leads to %q", v.URL.Path, to)
	return v
}

// TestOpenRedirectByTargetLinkURI: neither the unsigned parameter of the login nor the signed claim of the
// launch can lead out of the tool.
func TestOpenRedirectByTargetLinkURI(t *testing.T) {
	s := asking(t)
	for _, address := range elsewhere {
		s.run(t, address, func(t *testing.T) {
			b := s.browser()
			login := s.initiation(s.platform)
			login.Set("target_link_uri", address)
			s.post(b, "/lti/login", login).stays(moodleOrigin)
			s.get(b, "/lti/login?"+login.Encode()).stays(moodleOrigin)

			got := s.forge(b, s.learner, ltitest.Set(ltitest.ClaimTarget, address)).stays()
			if got.Status == http.StatusSeeOther || got.ErrorCode() != string(lti.ClaimInvalid) && got.ErrorCode() != string(lti.ClaimMissing) {
				t.Errorf("status %d, code %q, leads to %q", got.Status, got.ErrorCode(), got.Location())
			}
		})
	}
}

// TestKnownPagesOnly: of an address of ours only the names of known pages count.
func TestKnownPagesOnly(t *testing.T) {
	s := asking(t)
	for path, want := range map[string]string{
		"/agreements": "agreements", "/policies": "policies", "/agreements?x=//evil.example": "agreements", "/": "pending",
		"//evil.example/agreements": "pending", "/agreements/../../evil": "pending", "/%2f%2fevil.example": "pending", "/l/other/pending": "pending",
		"/agreements%0d%0aLocation:https://evil.example": "pending", "/lti/launch": "pending", `/\evil.example`: "pending",
	} {
		s.run(t, path, func(t *testing.T) {
			s.forge(s.browser(), s.learner, ltitest.Set(ltitest.ClaimTarget, toolOrigin+path)).stays().leads(want)
		})
	}
}

// TestOpenRedirectByReturnURL: a return address elsewhere is as good as none, on the way back after answering,
// on every page, and for those who have nothing to answer.
func TestOpenRedirectByReturnURL(t *testing.T) {
	s := asking(t)
	hostile := append([]string{
		"https://moodle.example.evil.example/", "https://moodle.example@evil.example/", `https://moodle.example\@evil.example/`,
		"https://xmoodle.example/", "http://moodle.example/", "https://moodle.example:8443/", "https://mооdle.example/", "//moodle.example/",
	}, elsewhere...)
	for _, address := range hostile {
		s.run(t, address, func(t *testing.T) {
			b := s.browser()
			claim := ltitest.Set(ltitest.ClaimPresentation, map[string]any{"document_target": "window", "return_url": address})
			landed := s.forge(b, s.learner, claim).stays()
			page := s.get(b, landed.Location()).is(http.StatusOK, "")
			for _, a := range page.all("a", "target=_top") {
				to, _ := attribute(a, "href")
				t.Errorf("a link leaves for %q", to)
			}
			if landed.Location()[strings.LastIndexByte(landed.Location(), '/'):] != "/pending" {
				return // answered at the first address: with nothing to answer and nowhere to go, there is a page
			}
			done := s.submit(b, page.acceptAll()).stays()
			saved := s.get(b, done.Location()).stays()
			if saved.Header.Get("Ltipolicy-Return") != "" || len(saved.all("a", "target=_top")) > 0 {
				t.Errorf("after saving: %q", saved.Header.Get("Ltipolicy-Return"))
			}
		})
	}
}

// TestOpenRedirectByAuthorisationEndpoint: what is added to the platform's own address does not change where it
// leads, whatever the unsigned parameters hold.
func TestOpenRedirectByAuthorisationEndpoint(t *testing.T) {
	s := asking(t)
	for _, value := range append([]string{"x&redirect_uri=https://evil.example/", "x#https://evil.example", "x\r\nLocation: https://evil.example"}, elsewhere...) {
		login := s.initiation(s.platform)
		login.Set("login_hint", value+"x")
		login.Set("lti_message_hint", value)
		login.Set("redirect_uri", "https://evil.example/")
		got := s.post(s.browser(), "/lti/login", login).stays(moodleOrigin)
		if got.Status != http.StatusFound {
			continue // refused
		}
		u, err := url.Parse(got.Location())
		s.must(err)
		if u.Scheme+"://"+u.Host != moodleOrigin || len(u.Query()["redirect_uri"]) != 1 || u.Query().Get("redirect_uri") != toolOrigin+"/lti/launch" {
			t.Errorf("%q leads to %s", value, u)
		}
	}
}

// TestNoAddressTurnsIntoAnotherHost: what stands in an address comes back in links, forms and redirects of its page. None
// of them names another host, however the address is written.
func TestNoAddressTurnsIntoAnotherHost(t *testing.T) {
	s := newSite(t)
	v := s.load("rules", draft(policy.Agree, english("House rules", "Be kind.")))
	b := s.browser()
	values := s.somewhere(s.lands(b, s.admin, s.window), v)
	asks := map[string]string{}
	for _, host := range []string{
		"%2Fevil.example", "%2F%2Fevil.example", "%5Cevil.example", "%5C%5Cevil.example", "/evil.example", `\evil.example`,
		"%2F%5Cevil.example", "%09%2Fevil.example", "%0A%2Fevil.example", ".%2F%2Fevil.example", "%2E%2E%2F%2Fevil.example", "%252Fevil.example",
	} {
		for _, rest := range []string{"", "/", "/policies", "/x/y", "%2Fpolicies", "/policies?lang=ro", "?next=//evil.example"} {
			asks["/"+host+rest] = http.MethodGet
		}
		for name := range values {
			strange := maps.Clone(values)
			strange[name] = host
			for _, r := range launchtest.Addresses(t, s.server.Routes(), strange, launchtest.Named(name)) {
				asks[r.Path] = r.Method
			}
		}
	}
	for path, method := range asks {
		got := s.ask(b, method, path).stays(moodleOrigin)
		for n := range got.Document().Descendants() {
			for _, name := range []string{"href", "src", "action", "formaction", "content"} {
				to, there := attribute(n, name)
				if !there || name == "content" && !strings.Contains(to, "url=") {
					continue
				}
				u, err := url.Parse(toolOrigin + path)
				if err == nil {
					u, err = u.Parse(strings.NewReplacer("\t", "", "\n", "", "\r", "", `\`, "/").Replace(to))
				}
				if err != nil || u.Host != "tool.example" && u.Host != "moodle.example" {
					t.Errorf("%s %s (%d): %s=%q", method, path, got.Status, name, to)
				}
			}
		}
	}
}
