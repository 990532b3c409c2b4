package launch_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"ltipolicy/lti"
	"ltipolicy/policy"
)

// initiation is what a platform sends to the tool's login.
func (s *site) initiation(p lti.Platform, edit ...func(url.Values)) url.Values {
	v := url.Values{
		"iss": {p.Issuer}, "client_id": {p.ClientID}, "login_hint": {"7"}, "target_link_uri": {s.setup.base + "/lti/launch"},
		"lti_message_hint": {`{"cmid":2,"launchid":"ltilaunch1_1"}`}, "lti_deployment_id": {"1"},
	}
	for _, e := range edit {
		e(v)
	}
	return v
}

func without(name string) func(url.Values) { return func(v url.Values) { v.Del(name) } }

func with(name string, values ...string) func(url.Values) {
	return func(v url.Values) { v[name] = values }
}

func TestLoginGoesToThePlatform(t *testing.T) {
	s := newSite(t)
	for name, c := range map[string]struct {
		path string
		form url.Values
	}{
		"with client_id":                    {"/lti/login", s.initiation(s.platform)},
		"without client_id":                 {"/lti/login", s.initiation(s.platform, without("client_id"))},
		"at the platform's own address":     {"/lti/login/" + s.platform.ID, s.initiation(s.platform)},
		"own address without client_id":     {"/lti/login/" + s.platform.ID, s.initiation(s.platform, without("client_id"))},
		"with parameters that nobody knows": {"/lti/login", s.initiation(s.platform, with("lti_storage_target", "_parent"), with("x", "y", "z"))},
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			s.run(t, name+" "+method, func(t *testing.T) {
				b := s.browser()
				s.unchanged(func() {
					got := &view{}
					if method == http.MethodGet {
						got = s.get(b, c.path+"?"+c.form.Encode())
					} else {
						got = s.post(b, c.path, c.form)
					}
					u, err := url.Parse(got.Location())
					s.must(err)
					q := u.Query()
					if got.Status != http.StatusFound || u.Scheme+"://"+u.Host+u.Path != s.platform.AuthURL {
						t.Fatalf("status %d to %s", got.Status, u)
					}
					for k, want := range map[string]string{
						"scope": "openid", "response_type": "id_token", "response_mode": "form_post", "prompt": "none",
						"client_id": s.platform.ClientID, "redirect_uri": toolOrigin + "/lti/launch", "login_hint": "7",
						"lti_message_hint": `{"cmid":2,"launchid":"ltilaunch1_1"}`,
					} {
						if q.Get(k) != want || len(q[k]) != 1 {
							t.Errorf("%s is %q, want %q", k, q[k], want)
						}
					}
					if len(q.Get("state")) < 22 || len(q.Get("nonce")) < 22 || q.Get("state") == q.Get("nonce") {
						t.Errorf("state %q, nonce %q", q.Get("state"), q.Get("nonce"))
					}
				})
			})
		}
	}
}

func TestLoginCookie(t *testing.T) {
	s := newSite(t)
	for name, framed := range map[string]bool{"at top level": false, "in a frame": true} {
		t.Run(name, func(t *testing.T) {
			b := s.browser()
			b.Framed = framed
			res := http.Response{Header: s.post(b, "/lti/login", s.initiation(s.platform)).Header}
			cs := res.Cookies()
			if len(cs) != 1 {
				t.Fatalf("%d cookies", len(cs))
			}
			c := cs[0]
			if !strings.HasPrefix(c.Name, "__Host-") || !c.Secure || !c.HttpOnly || c.Path != "/" || c.Domain != "" ||
				c.SameSite != http.SameSiteNoneMode || c.Partitioned != framed || c.MaxAge <= 0 || c.MaxAge > 600 {
				t.Errorf("cookie %+v", c)
			}
			if len(c.String()) > 4000 {
				t.Errorf("cookie of %d bytes", len(c.String()))
			}
		})
	}
}

func TestLoginIsRefused(t *testing.T) {
	s := newSite(t)
	_, _, second := s.addMoodle("https://second.example", "UniCampus", s.institution)
	twin := s.platform // a second registration of the same Moodle
	twin.ClientID = "twin"
	twin = s.register(twin, s.institution)
	pending := s.register(lti.Platform{Name: "new", Issuer: "https://new.example", ClientID: "n", AuthURL: "https://new.example/a",
		TokenURL: "https://new.example/t", JWKSURL: "https://new.example/j", Deployments: []string{"1"}, Status: lti.Pending}, s.institution)
	disabled := s.register(lti.Platform{Name: "old", Issuer: "https://old.example", ClientID: "o", AuthURL: "https://old.example/a",
		TokenURL: "https://old.example/t", JWKSURL: "https://old.example/j", Deployments: []string{"1"}, Status: lti.Disabled}, s.institution)
	own := func(p lti.Platform) string { return "/lti/login/" + p.ID }
	for name, c := range map[string]struct {
		path   string
		form   url.Values
		status int
		code   lti.Code
	}{
		"unknown issuer":               {"/lti/login", s.initiation(second, with("iss", "https://nobody.example")), 403, lti.PlatformUnknown},
		"unknown client":               {"/lti/login", s.initiation(second, with("client_id", "nobody")), 403, lti.PlatformUnknown},
		"client of another issuer":     {"/lti/login", s.initiation(second, with("client_id", "twin")), 403, lti.PlatformUnknown},
		"issuer with a slash":          {"/lti/login", s.initiation(second, with("iss", second.Issuer+"/")), 403, lti.PlatformUnknown},
		"two registrations, no client": {"/lti/login", s.initiation(twin, without("client_id")), 403, lti.PlatformUnknown},
		"unknown address":              {"/lti/login/0190a1b2-0000-7000-8000-000000000000", s.initiation(second), 403, lti.PlatformUnknown},
		"another issuer's address":     {own(second), s.initiation(twin), 403, lti.PlatformUnknown},
		"another client's address":     {own(twin), s.initiation(s.platform), 403, lti.PlatformUnknown},
		"pending":                      {"/lti/login", s.initiation(pending), 403, lti.PlatformPending},
		"pending by its address":       {own(pending), s.initiation(pending), 403, lti.PlatformPending},
		"disabled":                     {"/lti/login", s.initiation(disabled), 403, lti.PlatformDisabled},
		"no issuer":                    {"/lti/login", s.initiation(second, without("iss")), 400, lti.ClaimMissing},
		"no login_hint":                {"/lti/login", s.initiation(second, without("login_hint")), 400, lti.ClaimMissing},
		"no target_link_uri":           {"/lti/login", s.initiation(second, without("target_link_uri")), 400, lti.ClaimMissing},
		"nothing at all":               {"/lti/login", url.Values{}, 400, lti.ClaimMissing},
		"two issuers":                  {"/lti/login", s.initiation(second, with("iss", second.Issuer, s.platform.Issuer)), 400, lti.ClaimInvalid},
		"target a script":              {"/lti/login", s.initiation(second, with("target_link_uri", "javascript:alert(1)")), 400, lti.ClaimInvalid},
		"broken UTF-8":                 {"/lti/login", s.initiation(second, with("login_hint", "\xff\xfe")), 400, lti.ClaimInvalid},
		"a hint of 100 kB":             {"/lti/login", s.initiation(second, with("lti_message_hint", strings.Repeat("x", 100_000))), 400, lti.ClaimInvalid},
		"markup in the issuer":         {"/lti/login", s.initiation(second, with("iss", `https://x.example/"><script>alert(1)</script>`)), 403, lti.PlatformUnknown},
	} {
		s.run(t, name, func(t *testing.T) {
			s.log.forget()
			b := s.browser()
			s.unchanged(func() {
				got := s.post(b, c.path, c.form).is(c.status, string(c.code))
				if got.heading() == "Something went wrong" {
					t.Error("only the general page")
				}
			})
			if held := b.Cookies(toolOrigin + "/"); held != nil {
				t.Errorf("cookies %v", held)
			}
			if lines := s.log.lines(t, "request"); len(lines) != 1 || lines[0]["code"] != string(c.code) {
				t.Errorf("the log says %v", lines)
			}
		})
	}
}

func TestTwoRegistrationsOfOneIssuerStayApart(t *testing.T) {
	s := newSite(t)
	twin := s.platform
	twin.ClientID, twin.Deployments = "twin", []string{"2"}
	twin = s.register(twin, s.institution)
	s.load("rules", draft(policy.Agree, english("House rules", "Be kind.")), s.platform, twin)
	b := s.browser()

	// The login says one registration, the token another: the one of the login is the only one that counts.
	for name, p := range map[string]lti.Platform{"by client_id": twin, "by address": twin} {
		path := "/lti/login"
		if name == "by address" {
			path += "/" + p.ID
		}
		u, err := url.Parse(s.post(b, path, s.initiation(p)).Location())
		s.must(err)
		if u.Query().Get("client_id") != "twin" {
			t.Errorf("%s: leads to %s", name, u)
		}
	}
	state, nonce := s.attempt(b, twin)
	target := s.target(s.browser(), s.learner.ID, s.window)
	target.State, target.Nonce = state, nonce
	claims := target.Claims()
	claims["nonce"] = nonce
	s.unchanged(func() {
		s.post(b, "/lti/launch", target.Form(target.Sign(claims, nil))).is(http.StatusUnauthorized, string(lti.AudienceMismatch))
	})
	claims["aud"], claims["https://purl.imsglobal.org/spec/lti/claim/deployment_id"] = "twin", "2"
	s2, nonce2 := s.attempt(b, twin)
	target.State, claims["nonce"] = s2, nonce2
	s.post(b, "/lti/launch", target.Form(target.Sign(claims, nil))).leads("pending")
	if a, b := s.userOf(s.platform, s.learner.ID), s.userOf(twin, s.learner.ID); a != 0 || b == 0 {
		t.Errorf("the person is %d here and %d there", a, b)
	}
}

func TestLaunchOfAPlatformDisabledMeanwhile(t *testing.T) {
	s := newSite(t)
	s.load("rules", draft(policy.Agree, english("House rules", "Be kind.")))
	b := s.browser()
	id := s.launch(b, s.learner, s.window).leads("pending")
	target := s.target(b, s.learner.ID, s.window)
	s.must(s.db.SetPlatformStatus(t.Context(), s.platform.ID, lti.Disabled))
	s.unchanged(func() {
		s.post(b, "/lti/launch", target.Form(target.Token())).is(http.StatusForbidden, string(lti.PlatformDisabled))
		s.get(b, "/l/"+id+"/pending").is(http.StatusUnauthorized, "no_session")
		s.get(b, "/"+s.platform.ID+"/policies").is(http.StatusNotFound, "not_found")
	})
}

func TestLoginExpires(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	target := s.target(b, s.learner.ID, s.window)
	s.clock.pass(11 * time.Minute)
	token := target.Token() // fresh, but for a login that is too old
	s.unchanged(func() {
		s.refused(s.post(b, "/lti/launch", target.Form(token)), []lti.Code{lti.StateMismatch})
	})
}

// A login that names no client is for the registration that is active: one that waits for its operator, or that was
// switched off, is in nobody's way. If none is active, the page says why.
func TestRegistrationThatIsNotActiveDisturbsNoNeighbour(t *testing.T) {
	s := newSite(t)
	login := s.initiation(s.platform, without("client_id"))
	begins := func() *view { return s.post(s.browser(), "/lti/login", login) }
	begins().is(http.StatusFound, "")
	twin := s.platform
	twin.ClientID, twin.Name, twin.Status = "another", "Not yet", lti.Pending
	twin = s.register(twin, s.institution)
	for _, status := range []lti.Status{lti.Pending, lti.Disabled} {
		s.must(s.db.SetPlatformStatus(t.Context(), twin.ID, status))
		if got := begins().is(http.StatusFound, ""); !strings.Contains(got.Location(), "client_id="+s.platform.ClientID) {
			t.Errorf("beside one that is %s the login leads to %s", status, got.Location())
		}
	}
	s.must(s.db.SetPlatformStatus(t.Context(), twin.ID, lti.Active))
	begins().is(http.StatusForbidden, string(lti.PlatformUnknown))
	s.must(s.db.SetPlatformStatus(t.Context(), s.platform.ID, lti.Disabled))
	if got := begins().is(http.StatusFound, ""); !strings.Contains(got.Location(), "client_id=another") {
		t.Errorf("the login leads to %s", got.Location())
	}
}
