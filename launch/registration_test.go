package launch_test

import (
	"crypto/sha256"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"ltipolicy/lti"
	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
	"ltipolicy/store"
)

// invite makes an invitation and returns the address to paste into Moodle.
func (s *site) invite(token string, with ...func(*store.Invitation)) string {
	s.t.Helper()
	hash := sha256.Sum256([]byte(token))
	i := store.Invitation{InstitutionID: s.institution, Expires: s.clock.now().Add(time.Hour)}
	for _, w := range with {
		w(&i)
	}
	s.must(s.db.CreateInvitation(s.t.Context(), hash[:], i))
	return s.setup.base + "/lti/register?" + url.Values{"invite": {token}}.Encode()
}

// newMoodle is a Moodle that the tool does not know yet.
func (s *site) newMoodle(origin string) *ltitest.Platform {
	s.t.Helper()
	key, err := moodleKey()
	s.must(err)
	m, err := ltitest.New(ltitest.Options{Issuer: origin, Name: "New Moodle", Now: s.clock.now, Key: key, Client: s.net.Client()})
	s.must(err)
	u, err := url.Parse(origin)
	s.must(err)
	s.net.Connect(u.Scheme+"://"+u.Host, m)
	return m
}

func (s *site) platforms() []lti.Platform {
	s.t.Helper()
	ps, err := s.db.Platforms(s.t.Context())
	s.must(err)
	return ps
}

func TestRegistration(t *testing.T) {
	s := newSite(t)
	m := s.newMoodle("https://new.example/moodle")
	b := s.framed()
	start := m.RegistrationURL(s.invite("secret"))
	var page *view
	s.unchanged(func() { page = s.get(b, start).is(http.StatusOK, "") })
	page.has("https://new.example/moodle").has("moodle 4.5.6").has("tool.example").has("Universitatea Politehnica Timișoara").
		has("the name of who opens it").has("the e-mail address").has("the list of participants").has("its own grade item")
	if v := page.form().Values; len(v) != 1 || strings.Contains(v.Get("token"), "secret") {
		t.Errorf("the form holds %v", v)
	}
	framedBy(t, page, "https://new.example")
	done := s.settle(b, page.form()).is(http.StatusOK, "").has("Your Moodle is connected")
	framedBy(t, done, "https://new.example")
	if len(done.all("button", "data-close")) != 1 {
		t.Error("the page does not offer to close Moodle's frame")
	}
	if strings.Contains(done.URL.String(), "secret") {
		t.Error("the address holds the invitation")
	}

	ps := s.platforms()
	p := ps[len(ps)-1]
	if len(ps) != 2 || p.Status != lti.Pending || p.Issuer != "https://new.example/moodle" || p.InstitutionID != s.institution ||
		p.ClientID == "" || len(p.Deployments) != 1 || p.JWKSURL != m.Endpoint("certs.php") || p.TokenURL != m.Endpoint("token.php") || p.AuthURL != m.Endpoint("auth.php") {
		t.Errorf("stored %+v", p)
	}
	done.has("ltipolicy platform activate " + p.ID)
	made := m.Tools()
	if len(made) != 1 || !made[0].ShareName || !made[0].ShareEmail || !made[0].NRPS || made[0].AGS != 2 || !made[0].DeepLinking ||
		made[0].LoginURL != toolOrigin+"/lti/login/"+p.ID || made[0].JWKSURL != toolOrigin+"/lti/jwks" {
		t.Errorf("Moodle has %+v", made)
	}

	// Both sides have to activate it; then it launches.
	s.load("rules", draft(policy.Agree, english("House rules", "Be kind.")), p)
	x := m.AddPerson(ltitest.Person{Username: "nou", FirstName: "Nou", LastName: "Venit"})
	c := m.AddCourse(ltitest.Course{ShortName: "C", FullName: "Curs"})
	m.Enrol(c.ID, x.ID, ltitest.Student)
	s.must(m.ActivateTool(made[0].TypeID))
	a := m.AddActivity(ltitest.Activity{CourseID: c.ID, Name: "Acorduri", TypeID: made[0].TypeID})
	landed, err := b.Settle(b.Launch(m, x.ID, a.CMID))
	s.must(err)
	s.view(landed).is(http.StatusForbidden, string(lti.PlatformPending))
	s.must(s.db.SetPlatformStatus(t.Context(), p.ID, lti.Active))
	landed, err = b.Settle(b.Launch(m, x.ID, a.CMID))
	s.must(err)
	s.view(landed).is(http.StatusOK, "").asks("House rules")

	// The page sent or loaded again is the same registration; the invitation is good for nobody else.
	s.unchanged(func() {
		s.settle(b, page.form()).is(http.StatusOK, "").has("Your Moodle is connected")
		again, err := b.Settle(b.Get(start))
		s.must(err)
		s.view(again).is(http.StatusOK, "").has("Your Moodle is connected")
		stranger := s.newMoodle("https://stranger.example")
		s.get(b, stranger.RegistrationURL(toolOrigin+"/lti/register?invite=secret")).is(http.StatusForbidden, "invitation_invalid").lacks("open the activity again")
	})
	if n := len(m.Tools()); n != 1 {
		t.Errorf("Moodle has %d tools", n)
	}
	if said := s.log.String(); strings.Contains(said, "secret") || strings.Contains(said, url.QueryEscape(start)) {
		t.Error("the log holds the invitation")
	}
}

func TestRegistrationWithoutAGoodInvitation(t *testing.T) {
	s := newSite(t)
	m := s.newMoodle("https://new.example")
	s.invite("good")
	b := s.browser()
	for name, c := range map[string]struct {
		address string
		status  int
		code    string
	}{
		"none":                  {m.RegistrationURL(toolOrigin + "/lti/register"), 403, "invitation_invalid"},
		"an empty one":          {m.RegistrationURL(toolOrigin + "/lti/register?invite="), 403, "invitation_invalid"},
		"one of a stranger":     {m.RegistrationURL(toolOrigin + "/lti/register?invite=guessed"), 403, "invitation_invalid"},
		"opened outside Moodle": {toolOrigin + "/lti/register?invite=good", 400, "register_outside"},
	} {
		s.run(t, name, func(t *testing.T) {
			s.unchanged(func() { s.get(b, c.address).is(c.status, c.code) })
		})
	}
	calls := s.net.Calls("https://new.example/mod/lti/openid-configuration.php")
	if calls != 0 {
		t.Errorf("strangers made the tool ask %d times", calls)
	}
	s.run(t, "expired", func(t *testing.T) {
		page := s.get(b, m.RegistrationURL(toolOrigin+"/lti/register?invite=good"))
		s.clock.pass(2 * time.Hour)
		s.unchanged(func() {
			s.get(b, m.RegistrationURL(toolOrigin+"/lti/register?invite=good")).is(http.StatusForbidden, "invitation_invalid")
			s.submit(b, page.form()).is(http.StatusForbidden, "invitation_invalid")
		})
	})
	for name, form := range map[string]url.Values{"no token": {}, "a token of one's own making": {"token": {"MTY0fA=="}}} {
		s.run(t, name, func(t *testing.T) {
			s.unchanged(func() { s.post(b, "/lti/register", form).is(http.StatusForbidden, "csrf") })
		})
	}
	s.get(b, "/lti/registered?token=x").is(http.StatusForbidden, "csrf")
}

// document is the platform's description with one change.
func document(t *testing.T, m *ltitest.Platform, change func(map[string]any)) http.Handler {
	t.Helper()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		m.ServeHTTP(rec, r)
		if !strings.HasSuffix(r.URL.Path, "openid-configuration.php") {
			w.WriteHeader(rec.Code)
			w.Write(rec.Body.Bytes()) //nolint:errcheck // in memory
			return
		}
		var doc map[string]any
		if err := json.Unmarshal(rec.Body.Bytes(), &doc); err != nil {
			t.Error(err)
		}
		change(doc)
		json.NewEncoder(w).Encode(doc) //nolint:errcheck // in memory
	})
}

func TestRegistrationOfAPlatformThatIsNotWhatItMustBe(t *testing.T) {
	const origin = "https://new.example"
	put := func(k string, v any) func(map[string]any) { return func(d map[string]any) { d[k] = v } }
	for name, c := range map[string]struct {
		serve  func(*testing.T, *ltitest.Platform) http.Handler
		status int
		code   lti.RegistrationCode
	}{
		"another host's document": {func(t *testing.T, m *ltitest.Platform) http.Handler {
			return document(t, m, put("issuer", "https://other.example"))
		}, 400, lti.HostMismatch},
		"keys on another host": {func(t *testing.T, m *ltitest.Platform) http.Handler {
			return document(t, m, put("jwks_uri", "https://other.example/certs"))
		}, 400, lti.HostMismatch},
		"registration on another host": {func(t *testing.T, m *ltitest.Platform) http.Handler {
			return document(t, m, put("registration_endpoint", "https://other.example/register"))
		}, 400, lti.HostMismatch},
		"an endpoint over http": {func(t *testing.T, m *ltitest.Platform) http.Handler {
			return document(t, m, put("token_endpoint", "http://new.example/token"))
		}, 400, lti.HostMismatch},
		"an endpoint that is none": {func(t *testing.T, m *ltitest.Platform) http.Handler {
			return document(t, m, put("authorization_endpoint", 7))
		}, 400, lti.ConfigInvalid},
		"no RS256": {func(t *testing.T, m *ltitest.Platform) http.Handler {
			return document(t, m, put("id_token_signing_alg_values_supported", []string{"none"}))
		}, 400, lti.ConfigInvalid},
		"nonsense": {func(*testing.T, *ltitest.Platform) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html>hello") }) //nolint:errcheck // in memory
		}, 400, lti.ConfigInvalid},
		"a document of 2 MB": {func(*testing.T, *ltitest.Platform) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				io.WriteString(w, `{"issuer":"`+strings.Repeat("x", 2<<20)+`"}`) //nolint:errcheck // in memory
			})
		}, 503, lti.PlatformUnreachable},
		"an error": {func(*testing.T, *ltitest.Platform) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
		}, 503, lti.PlatformUnreachable},
		"no answer": {func(*testing.T, *ltitest.Platform) http.Handler { return nil }, 503, lti.PlatformUnreachable},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			m := s.newMoodle(origin)
			address := m.RegistrationURL(s.invite("secret"))
			s.net.Connect(origin, c.serve(t, m))
			s.unchanged(func() {
				got := s.get(s.browser(), address).is(c.status, string(c.code))
				if got.heading() == "Something went wrong" {
					t.Error("only the general page")
				}
			})
			// The invitation is still good for the right platform.
			s.net.Connect(origin, m)
			s.get(s.browser(), address).is(http.StatusOK, "")
		})
	}
}

func TestRegistrationGoesToPublicHTTPSOnly(t *testing.T) {
	s := newSite(t, setup{client: lti.NewClient(false)})
	s.invite("secret")
	for _, address := range []string{
		"http://moodle.example/c", "https://127.0.0.1/c", "https://[::1]/c", "https://10.0.0.1/c", "https://169.254.169.254/latest/meta-data",
		"https://192.168.1.1/c", "https://[::ffff:127.0.0.1]/c", "file:///etc/passwd", "ftp://moodle.example/", "//moodle.example/c",
		"https://user:pass@moodle.example/c", "https://moodle.example/c#x", "javascript:alert(1)", "https://", "%zz",
	} {
		s.run(t, address, func(t *testing.T) {
			q := url.Values{"invite": {"secret"}, "openid_configuration": {address}, "registration_token": {"t"}}
			s.unchanged(func() {
				s.get(s.browser(), "/lti/register?"+q.Encode()).is(http.StatusBadRequest, string(lti.AddressRefused))
			})
		})
	}
}

func TestRegistrationThatThePlatformRefuses(t *testing.T) {
	s := newSite(t)
	m := s.newMoodle("https://new.example")
	b := s.browser()
	page := s.get(b, m.RegistrationURL(s.invite("secret")))
	s.clock.pass(61 * time.Minute) // Moodle's token lives an hour, the invitation here too
	s.unchanged(func() { s.submit(b, page.form()).is(http.StatusForbidden, "invitation_invalid") })

	s = newSite(t)
	m = s.newMoodle("https://new.example")
	start := m.RegistrationURL(s.invite("one"))
	token, err := url.Parse(start)
	s.must(err)
	q := token.Query()
	q.Set("registration_token", "not.a.token")
	token.RawQuery = q.Encode()
	page = s.get(b.Other(), token.String())
	if page.Status == http.StatusOK {
		s.unchanged(func() {
			got := s.submit(s.browser(), page.form())
			if got.Status != http.StatusBadGateway && got.Status != http.StatusServiceUnavailable {
				t.Errorf("status %d, code %q", got.Status, got.ErrorCode())
			}
		})
	}
}

func TestInvitationRaced(t *testing.T) {
	s := newSite(t)
	invitation := s.invite("secret")
	forms := make([]ltitest.Form, 4)
	browsers := make([]*ltitest.Browser, len(forms))
	for i := range forms {
		m := s.newMoodle("https://moodle-" + number(int64(i)) + ".example")
		browsers[i] = s.browser()
		forms[i] = s.get(browsers[i], m.RegistrationURL(invitation)).is(http.StatusOK, "").form()
	}
	codes := make([]string, len(forms))
	var wg sync.WaitGroup
	for i := range forms {
		wg.Go(func() {
			p, err := browsers[i].Submit(forms[i])
			switch {
			case err != nil:
				codes[i] = err.Error()
			case p.Status == http.StatusSeeOther:
				codes[i] = "in"
			default:
				codes[i] = p.ErrorCode()
			}
		})
	}
	wg.Wait()
	in := 0
	for _, c := range codes {
		switch c {
		case "in":
			in++
		case "invitation_invalid":
		default:
			t.Errorf("an answer was %q", c)
		}
	}
	if n := len(s.platforms()); in != 1 || n != 2 {
		t.Errorf("%d got in, %d platforms are stored", in, n)
	}
}
