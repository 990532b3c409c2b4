package launch_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"ltipolicy/lti"
)

// directives reads a content security policy.
func directives(v *view) map[string]string {
	out := map[string]string{}
	for d := range strings.SplitSeq(v.Header.Get("Content-Security-Policy"), ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(d), " ")
		out[name] = value
	}
	return out
}

// framedBy checks who may show a page in a frame: "'none'", "*", or the page itself and an origin.
func framedBy(t *testing.T, v *view, who string) {
	t.Helper()
	if strings.HasPrefix(who, "https:") {
		who = "'self' " + who
	}
	if got := directives(v)["frame-ancestors"]; got != who {
		t.Errorf("%s (status %d): frame-ancestors %s, want %s", v.URL.Path, v.Status, got, who)
	}
	if v.Header.Get("X-Frame-Options") != "" {
		t.Errorf("%s: X-Frame-Options would forbid the frame", v.URL.Path)
	}
}

// routes are the addresses of the tool with what may frame their pages, in the launch with this id.
func (s *site) routes(launch string) []route {
	l, own := "/l/"+launch, "https://moodle.example"
	return []route{
		{http.MethodGet, "/lti/login", "*"}, {http.MethodPost, "/lti/login", "*"}, {http.MethodPost, "/lti/login/" + s.platform.ID, "*"},
		{http.MethodPost, "/lti/launch", "*"}, {http.MethodGet, "/lti/launch", "*"},
		{http.MethodGet, "/lti/register", "*"}, {http.MethodPost, "/lti/register", "*"}, {http.MethodGet, "/lti/registered", "*"},
		{http.MethodGet, "/lti/jwks", "'none'"}, {http.MethodGet, "/healthz", "'none'"}, {http.MethodGet, "/readyz", "'none'"},
		{http.MethodGet, "/" + s.platform.ID + "/policies", "*"}, {http.MethodGet, "/nobody/policies", "*"},
		{http.MethodGet, "/", "*"}, {http.MethodGet, "/favicon.ico", "*"}, {http.MethodGet, "/static/x/app.css", "*"}, {http.MethodGet, "/images/sha256/" + strings.Repeat("0a", 32), "*"}, {http.MethodPut, "/lti/jwks", "*"},
		{http.MethodGet, l + "/pending", own}, {http.MethodPost, l + "/pending", own}, {http.MethodGet, l + "/saved", own},
		{http.MethodGet, l + "/agreements", own}, {http.MethodPost, l + "/agreements", own}, {http.MethodGet, l + "/agreements/x", own},
		{http.MethodGet, l + "/policies", own}, {http.MethodGet, l + "/home", own},
		{http.MethodGet, "/l/0190a1b2-0000-7000-8000-000000000000/pending", "*"}, {http.MethodGet, l + "/unknown", "*"},
	}
}

type route struct{ method, path, framedBy string }

func (s *site) request(b browser, r route) *view {
	s.t.Helper()
	if r.method == http.MethodGet {
		return s.get(b, r.path)
	}
	return s.post(b, r.path, url.Values{})
}

func TestSecurityHeadersOnEveryRoute(t *testing.T) {
	s := asking(t)
	b := s.framed()
	id := s.launch(b, s.learner, s.embedded).leads("pending")
	for _, r := range s.routes(id) {
		s.run(t, r.method+" "+strings.ReplaceAll(r.path, id, "ID"), func(t *testing.T) {
			got := s.request(b, r)
			if got.Status >= 500 {
				t.Errorf("status %d", got.Status)
			}
			framedBy(t, got, r.framedBy)
			csp := directives(got)
			for name, want := range map[string]string{"default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "base-uri": "'none'"} {
				if csp[name] != want {
					t.Errorf("%s %q, want %q", name, csp[name], want)
				}
			}
			if !strings.HasPrefix(csp["form-action"], "'self'") || strings.Contains(csp["form-action"], "*") {
				t.Errorf("form-action %q", csp["form-action"])
			}
			for name, want := range map[string]string{
				"X-Content-Type-Options": "nosniff", "Referrer-Policy": "strict-origin-when-cross-origin", "Strict-Transport-Security": "max-age=31536000",
			} {
				if got.Header.Get(name) != want {
					t.Errorf("%s: %q, want %q", name, got.Header.Get(name), want)
				}
			}
			if want := "no-store"; !strings.HasPrefix(r.path, "/lti/jwks") && got.Header.Get("Cache-Control") != want {
				t.Errorf("Cache-Control %q", got.Header.Get("Cache-Control"))
			}
			if got.Header.Get("X-Request-Id") == "" || got.Header.Get("Content-Type") == "" && got.Status == http.StatusOK {
				t.Error("no request id or no content type")
			}
		})
	}
}

func TestPagesHoldNoInlineScriptOrStyleAndLoadNothingFromElsewhere(t *testing.T) {
	s := asking(t)
	b := s.framed()
	id := s.launch(b, s.learner, s.embedded).leads("pending")
	for _, r := range s.routes(id) {
		page := s.request(b, r)
		if !strings.HasPrefix(page.Header.Get("Content-Type"), "text/html") || len(page.Body) == 0 {
			continue
		}
		for n := range page.Document().Descendants() {
			for _, a := range n.Attr {
				if a.Key == "style" || strings.HasPrefix(a.Key, "on") && len(a.Key) > 2 || a.Key == "src" && !strings.HasPrefix(a.Val, "/static/") ||
					n.Data == "link" && a.Key == "href" && !strings.HasPrefix(a.Val, "/static/") {
					t.Errorf("%s: <%s %s=%q>", r.path, n.Data, a.Key, a.Val)
				}
			}
			if (n.Data == "script" || n.Data == "style") && n.FirstChild != nil {
				t.Errorf("%s: inline <%s>", r.path, n.Data)
			}
		}
	}
	// What the pages do load is there, for ever under its address.
	page := s.get(b, "/l/"+id+"/pending")
	for _, address := range append(page.Attr("script", "src"), page.Attr("link", "href")...) {
		got := s.get(b, address).is(http.StatusOK, "")
		if !strings.Contains(got.Header.Get("Cache-Control"), "immutable") || !strings.Contains(got.Header.Get("Content-Type"), "/") {
			t.Errorf("%s: %v", address, got.Header)
		}
	}
}

func TestEveryLaunchPageNeedsItsSession(t *testing.T) {
	s := asking(t)
	b := s.framed()
	id := s.launch(b, s.learner, s.embedded).leads("pending")
	s.unchanged(func() {
		for _, r := range s.routes(id) {
			if !strings.HasPrefix(r.path, "/l/"+id) || strings.HasSuffix(r.path, "unknown") {
				continue
			}
			s.run(t, r.method+" "+strings.ReplaceAll(r.path, id, "ID"), func(t *testing.T) {
				got := s.request(s.framed(), r).is(http.StatusUnauthorized, "no_session").has("Your visit has ended")
				framedBy(t, got, "*") // or the reader in Moodle's frame sees nothing at all
				got.lacks("House rules").lacks(s.learner.LastName)
			})
		}
	})
}

func TestErrorPagesWithinALaunchKnowTheLaunch(t *testing.T) {
	s := asking(t)
	b := s.framed()
	id := s.launch(b, s.other, s.embedded).leads("pending") // her Moodle is Romanian
	s.settle(b, s.get(b, "/l/"+id+"/pending").acceptAll())
	for _, got := range []*view{
		s.post(b, "/l/"+id+"/pending", url.Values{}).is(http.StatusForbidden, "csrf"),
		s.get(b, "/l/"+id+"/home").is(http.StatusForbidden, "forbidden"),
		s.get(b, "/l/"+id+"/agreements/x").is(http.StatusNotFound, "not_found"),
	} {
		if len(got.all("html", "lang=ro")) != 1 {
			t.Errorf("%s: the page is not in the reader's language", got.URL.Path)
		}
		got.has("CVUPT")
		back := false
		for _, n := range got.all("a", "target=_top") {
			to, _ := attribute(n, "href")
			back = back || strings.HasPrefix(to, moodleOrigin+"/mod/lti/return.php?")
		}
		if !back {
			t.Errorf("%s: no way back to the course", got.URL.Path)
		}
		framedBy(t, got, moodleOrigin)
	}
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	s := asking(t)
	b := s.framed()
	page := s.enter(b, s.learner, s.embedded)
	id := strings.Split(page.URL.Path, "/")[2]
	form := page.acceptAll()
	register := s.get(b, s.newMoodle("https://new.example").RegistrationURL(s.invite("secret"))).form()
	s.unchanged(func() {
		for _, path := range []string{"/l/" + id + "/pending", "/l/" + id + "/agreements", "/lti/register"} {
			for _, from := range []string{"https://attacker.example", moodleOrigin, "null", "http://tool.example"} {
				f := form
				if path == "/lti/register" {
					f = register
				}
				f.Action, f.Origin = toolOrigin+path, from
				s.submit(b, f).is(http.StatusForbidden, "csrf")
			}
		}
	})
	s.settle(b, form).is(http.StatusOK, "")
}

func TestDisabledPlatformsPublicListIsGone(t *testing.T) {
	s := asking(t)
	s.get(s.browser(), "/"+s.platform.ID+"/policies").is(http.StatusOK, "")
	for _, status := range []lti.Status{lti.Disabled, lti.Pending} {
		s.must(s.db.SetPlatformStatus(t.Context(), s.platform.ID, status))
		s.get(s.browser(), "/"+s.platform.ID+"/policies").is(http.StatusNotFound, "not_found")
	}
}
