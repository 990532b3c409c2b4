package launch_test

import (
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"ltipolicy/launch"
	"ltipolicy/launch/launchtest"
	"ltipolicy/lti"
	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
)

// send sends a request that no form would.
func (s *site) send(method, path, contentType string, body io.Reader) *view {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.setup.base+path, body)
	s.must(err)
	r.Header.Set("Content-Type", contentType)
	res, err := s.road.RoundTrip(r)
	s.must(err)
	defer res.Body.Close() //nolint:errcheck // read to the end
	b, err := io.ReadAll(res.Body)
	s.must(err)
	return s.view(&ltitest.Page{Status: res.StatusCode, Header: res.Header, URL: r.URL, Body: b})
}

const formType = "application/x-www-form-urlencoded"

func TestBodies(t *testing.T) {
	s := asking(t)
	for _, path := range []string{"/lti/login", "/lti/launch", "/lti/register"} {
		for name, c := range map[string]struct {
			kind, body string
			status     int
		}{
			"too large":            {formType, "id_token=" + strings.Repeat("x", 1200<<10), 413},
			"too many fields":      {formType, strings.Repeat("a=b&", 300_000), 413},
			"empty":                {formType, "", 0},
			"a broken escape":      {formType, "state=%zz", 400},
			"JSON":                 {"application/json", `{"id_token":"x","state":"y"}`, 0},
			"a multipart form":     {"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"state\"\r\n\r\ny\r\n--x--\r\n", 0},
			"a type that is none":  {";;;", "state=x", 0},
			"bytes of no encoding": {formType, "iss=\xff\xfe&login_hint=\x00&target_link_uri=\x80&state=\xff&token=\xff", 0},
		} {
			s.run(t, path+" "+name, func(t *testing.T) {
				s.unchanged(func() {
					got := s.send(http.MethodPost, path, c.kind, strings.NewReader(c.body))
					if c.status != 0 && got.Status != c.status || got.Status < 400 || got.Status >= 500 || got.ErrorCode() == "" {
						t.Errorf("status %d, code %q", got.Status, got.ErrorCode())
					}
				})
			})
		}
	}
}

func TestBodyOfALaunchesForm(t *testing.T) {
	s := asking(t)
	b := s.browser()
	page := s.enter(b, s.learner, s.window)
	s.unchanged(func() {
		f := page.acceptAll()
		f.Values.Set("more", strings.Repeat("x", 300<<10))
		s.submit(b, f).is(http.StatusRequestEntityTooLarge, "too_large")
		f.Values.Set("more", "")
		f.Values.Set("token", strings.Repeat("x", 200<<10))
		s.submit(b, f).is(http.StatusForbidden, "csrf")
	})
}

func TestTwoFieldsOfOneName(t *testing.T) {
	s := asking(t)
	b := s.browser()
	target := s.target(b, s.learner.ID, s.window)
	good := target.Form(target.Token())
	s.unchanged(func() {
		for _, form := range []url.Values{
			{"id_token": good["id_token"], "state": {target.State, target.State}},
			{"id_token": good["id_token"], "state": {target.State, "other"}},
			{"id_token": {good.Get("id_token"), good.Get("id_token")}, "state": {target.State}},
		} {
			s.log.forget()
			s.refused(s.post(b, "/lti/launch", form), []lti.Code{lti.TokenMalformed})
		}
		// Fields in the address do not count.
		s.post(b, "/lti/launch?"+good.Encode(), url.Values{}).is(http.StatusUnauthorized, string(lti.StateMissing))
		s.get(b, "/lti/launch?"+good.Encode()).is(http.StatusUnauthorized, string(lti.StateMissing))
	})
	s.post(b, "/lti/launch", good).leads("pending")
}

func TestMarkupInEveryClaimIsText(t *testing.T) {
	for name, person := range map[string]func(*site) ltitest.Person{
		"learner": func(s *site) ltitest.Person { return s.learner }, "teacher": func(s *site) ltitest.Person { return s.teacher },
		"admin": func(s *site) ltitest.Person { return s.admin },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			v := draft(policy.Consent, policy.Text{Lang: "en", Name: ltitest.Markup, Summary: "<p>s</p>", Content: "<p>c</p>"})
			v.Revision, v.ChangeNote = ltitest.Markup, ltitest.Markup
			loaded := s.load("hostile", v)
			b := s.framed()
			target := s.target(b, person(s).ID, s.embedded)
			landed := s.post(b, "/lti/launch", target.Form(ltitest.MarkupEverywhere(target)))
			u, err := url.Parse(landed.Location())
			s.must(err)
			base := u.Path[:strings.LastIndexByte(u.Path, '/')]
			harmless(s.submit(b, harmless(s.get(b, base+"/pending")).acceptAll()))
			values := s.somewhere(strings.TrimPrefix(base, "/l/"), loaded)
			values["event"], values["user"] = s.events(person(s).ID)[0].ID, number(s.userOf(s.platform, person(s).ID))
			for _, r := range launchtest.Addresses(t, s.server.Routes(), values, nil) {
				if got := s.ask(b, r.Method, r.Path); strings.HasPrefix(got.Header.Get("Content-Type"), "text/html") {
					harmless(got)
				}
			}
			harmless(s.get(b, base+"/saved?saved=1"))
			harmless(s.get(b, "/%22%3E%3Cscript%3E/policies"))
			s.intact(1)
		})
	}
}

// harmless checks that nothing on a page came from [ltitest.Markup] as an element or a handler.
func harmless(v *view) *view {
	v.t.Helper()
	if v.Status >= 500 {
		v.t.Errorf("%s: status %d", v.URL.Path, v.Status)
	}
	for n := range v.Document().Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		src, _ := attribute(n, "src")
		if _, armed := attribute(n, "onerror"); armed || n.Data == "script" && !strings.HasPrefix(src, "/static/") || n.Data == "img" {
			v.t.Errorf("%s: the page holds <%s %v>", v.URL.Path, n.Data, n.Attr)
		}
		if to, _ := attribute(n, "href"); strings.HasPrefix(to, "javascript:") || strings.Contains(to, "alert") {
			v.t.Errorf("%s: a link leads to %s", v.URL.Path, to)
		}
	}
	return v
}

func TestUnknownAddresses(t *testing.T) {
	s := asking(t)
	b := s.framed()
	id := s.launch(b, s.learner, s.embedded).leads("pending")
	s.unchanged(func() {
		for path, want := range map[string]int{
			"/": 404, "/admin": 404, "/lti": 404, "/lti/": 404, "/l": 404, "/l/": 404, "/l/" + id: 404, "/l/" + id + "/": 404,
			"/l/x/pending": 401, "/l/%00/pending": 401, "/l/%ff%fe/pending": 401, "/l/" + strings.Repeat("x", 5000) + "/pending": 401,
			"/l/..%2f..%2fetc/pending": 401, "/l/" + strings.ToUpper(id) + "/pending": 401,
			"/x/policies": 404, "/%00/policies": 404, "/%ff/policies": 404, "/" + s.institution + "/policies": 404, "/'%20OR%201=1--/policies": 404,
			"/static/": 404, "/static/x/y": 404, "/static/..%2f..%2fgo.mod/app.css": 404, "/metrics": 404,
		} {
			s.run(t, path[:min(len(path), 60)], func(t *testing.T) {
				got := s.get(b, path)
				if got.Status != want || got.ErrorCode() == "" {
					t.Errorf("status %d, code %q, want %d", got.Status, got.ErrorCode(), want)
				}
			})
		}
		for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions, "FROB"} {
			if got := s.send(method, "/l/"+id+"/pending", "text/plain", http.NoBody); got.Status != http.StatusNotFound && got.Status != http.StatusMethodNotAllowed {
				t.Errorf("%s: status %d", method, got.Status)
			}
		}
	})
}

func TestFailuresWithinAreAPage(t *testing.T) {
	broken := func(name string, change func(*launch.Config), want string) {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, setup{config: change})
			got := s.post(s.browser(), "/lti/login", s.initiation(s.platform))
			got.is(http.StatusInternalServerError, "internal").has(got.Header.Get("X-Request-Id"))
			framedBy(t, got, "*")
			for _, detail := range []string{"panic", "nil pointer", "goroutine", "no randomness", ".go"} {
				if strings.Contains(string(got.Body), detail) {
					t.Errorf("the page tells %q", detail)
				}
			}
			lines := s.log.lines(t, "request")
			if len(lines) != 1 || lines[0]["level"] != "ERROR" || lines[0]["code"] != "internal" || !strings.Contains(lines[0]["error"].(string), want) {
				t.Errorf("the log says %v", lines)
			}
		})
	}
	broken("a panic", func(c *launch.Config) { c.Tool = nil }, "panic")
	broken("no randomness", func(c *launch.Config) {
		c.Tool = lti.New(lti.Config{BaseURL: c.BaseURL, Now: c.Now, Rand: failing{}})
	}, "no randomness")
	t.Run("no randomness for a session", func(t *testing.T) {
		s := newSite(t, setup{config: func(c *launch.Config) { c.Rand = failing{} }})
		s.load("rules", draft(policy.Agree, english("House rules", "Be kind.")))
		b := s.browser()
		s.launch(b, s.learner, s.window).is(http.StatusInternalServerError, "internal")
		if s.sessionCookies(b) != nil || s.count(`SELECT COUNT(*) FROM lti_session`) != 0 {
			t.Error("a session was made without randomness")
		}
	})
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("no randomness") }

func TestConfigurationIsChecked(t *testing.T) {
	for name, c := range map[string]launch.Config{
		"a path in the address":   {BaseURL: "https://tool.example/x", Key: make([]byte, 64)},
		"no host":                 {BaseURL: "https://", Key: make([]byte, 64)},
		"no address":              {Key: make([]byte, 64)},
		"an address that is none": {BaseURL: "https://%zz", Key: make([]byte, 64)},
		"a short key":             {BaseURL: "https://tool.example", Key: make([]byte, 32)},
	} {
		c.Rand = rand.Reader
		if s, err := launch.New(c); err == nil || s != nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestOperatorsPages(t *testing.T) {
	s := asking(t)
	b := s.browser()
	for path, want := range map[string]string{"/healthz": "ok", "/readyz": "ready"} {
		if got := s.get(b, path); got.Status != http.StatusOK || strings.TrimSpace(string(got.Body)) != want {
			t.Errorf("%s: status %d, %s", path, got.Status, got.Body)
		}
	}
	jwks := s.get(b, "/lti/jwks")
	if jwks.Status != http.StatusOK || jwks.Header.Get("Content-Type") != "application/json" || !strings.Contains(string(jwks.Body), `"kid"`) ||
		strings.Contains(string(jwks.Body), `"d"`) || !strings.HasPrefix(jwks.Header.Get("Cache-Control"), "public, max-age=") {
		t.Errorf("keys: %d %v %s", jwks.Status, jwks.Header, jwks.Body)
	}
	s.settle(b, s.enter(b, s.learner, s.window).acceptAll())
	s.post(b, "/lti/launch", url.Values{})
	road := s.listen(s.server.Metrics())
	metrics := s.get(ltitest.NewBrowser(road), "/metrics")
	for _, line := range []string{
		`ltipolicy_launches_total{code="ok"} 1`, `ltipolicy_launches_total{code="state_missing"} 1`,
		`ltipolicy_answers_total{answer="accepted",kind="agree"} 1`, `ltipolicy_request_seconds_count{route="POST /l/{launch}/pending"} 1`,
	} {
		if !slices.Contains(strings.Split(string(metrics.Body), "\n"), line) {
			t.Errorf("the figures lack %s", line)
		}
	}
	if strings.Contains(string(metrics.Body), s.platform.ID) {
		t.Error("the figures name a platform")
	}
}
