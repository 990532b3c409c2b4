package launch_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ltipolicy/lti"
	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
)

const (
	recordings     = "../testdata/moodle-4.5"
	recordedMoodle = "https://moodle.localhost:8443"
	recordedTool   = "https://tool.localhost:9443"
)

// recording is a launch as it went over the wire.
type recording struct {
	Login struct {
		Form map[string]string `json:"form"`
	} `json:"login_initiation"`
	Response struct {
		Form map[string]string `json:"form"`
	} `json:"authentication_response"`
	Claims struct {
		Sub          string `json:"sub"`
		Name         string `json:"name"`
		Email        string `json:"email"`
		Nonce        string `json:"nonce"`
		IAT          int64  `json:"iat"`
		Presentation struct {
			ReturnURL string `json:"return_url"`
		} `json:"https://purl.imsglobal.org/spec/lti/claim/launch_presentation"`
	} `json:"id_token_claims"`
}

func readRecorded(t testing.TB, name string, into any) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(recordings, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// recordedSite is a tool that stands where the recording one stood, with the recorded key set on the network
// and, if asked for, one policy.
func recordedSite(t *testing.T, withPolicy bool) (*site, lti.Platform) {
	t.Helper()
	s := newSite(t, setup{base: recordedTool})
	var set struct {
		Response struct {
			Body json.RawMessage `json:"body"`
		} `json:"response"`
	}
	readRecorded(t, "jwks.json", &set)
	s.net.Connect(recordedMoodle, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write(set.Response.Body) //nolint:errcheck // in memory
	}))
	p := s.register(lti.Platform{
		Name: "CVT", Issuer: recordedMoodle, ClientID: "kvqBPVzdvMZUGdN", Status: lti.Active,
		AuthURL: recordedMoodle + "/mod/lti/auth.php", TokenURL: recordedMoodle + "/mod/lti/token.php",
		JWKSURL: recordedMoodle + "/mod/lti/certs.php", Deployments: []string{"1"},
	}, s.institution)
	if withPolicy {
		s.load("rules", draft(policy.Agree, english("House rules", "Be kind.")), p)
	}
	return s, p
}

// replay posts a recorded answer from a browser that holds the recorded attempt, at the recorded time.
func (s *site) replay(b *ltitest.Browser, p lti.Platform, rec recording, edit func(url.Values)) *view {
	s.t.Helper()
	issued := time.Unix(rec.Claims.IAT, 0)
	s.clock.set(issued)
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, recordedTool+"/lti/login", nil)
	s.must(s.server.KeepAttempt(w, r, lti.Attempt{
		State: rec.Response.Form["state"], Nonce: rec.Claims.Nonce, PlatformID: p.ID,
		Expires: issued.Add(time.Minute),
	}))
	b.SetCookies(recordedTool+"/", w.Result().Cookies())
	form := url.Values{}
	for k, v := range rec.Response.Form {
		form.Set(k, v)
	}
	if edit != nil {
		edit(form)
	}
	return s.post(b, "/lti/launch", form)
}

func TestRecordedLaunchesLand(t *testing.T) {
	for _, c := range []struct {
		name  string
		asked string // with a pending policy
		free  string // with nothing pending; empty: straight back
	}{
		{"launch/learner", "pending", ""},
		{"launch/editing-teacher", "pending", teachersPage},
		{"launch/non-editing-teacher", "pending", teachersPage},
		{"launch/manager", "pending", teachersPage},
		{"launch/site-admin", "home", "home"},
		{"deep-linking/request", deepLinkingAsked, deepLinkingPage},
	} {
		var rec recording
		readRecorded(t, c.name+".json", &rec)
		t.Run(c.name+" with a pending policy", func(t *testing.T) {
			s, p := recordedSite(t, true)
			b := s.browser()
			id := s.replay(b, p, rec, nil).leads(c.asked)
			if len(s.sessionCookies(b)) != 1 {
				t.Errorf("cookies %v", s.sessionCookies(b))
			}
			page := s.get(b, "/l/"+id+"/"+c.asked).is(http.StatusOK, "").has("Signed in through Moodle as " + rec.Claims.Name)
			switch c.asked {
			case "pending":
				page.asks("House rules")
			case "home":
				page.has("1 policy is waiting for your own answer. You are not held up.")
			}
			if c.free != "" && c.asked == "pending" {
				next := s.settle(b, page.acceptAll())
				if !strings.HasSuffix(next.URL.Path, "/"+c.free) {
					t.Errorf("after answering, %s", next.URL)
				}
				next.lacks("waiting for your own answer")
			}
			s.noPersonalData(rec)
		})
		t.Run(c.name+" with nothing pending", func(t *testing.T) {
			s, p := recordedSite(t, false)
			b := s.browser()
			got := s.replay(b, p, rec, nil)
			if c.free != "" {
				got.leads(c.free)
				return
			}
			if got.Status != http.StatusSeeOther || got.Location() != rec.Claims.Presentation.ReturnURL {
				t.Errorf("status %d to %q, want the way back", got.Status, got.Location())
			}
			if held := s.sessionCookies(b); held != nil || s.count(`SELECT COUNT(*) FROM lti_session`) != 0 {
				t.Errorf("a session was made: %v", held)
			}
		})
		t.Run(c.name+" changed by one byte", func(t *testing.T) {
			s, p := recordedSite(t, true)
			for part, i := range map[string]int{"payload": 1, "signature": 2} {
				b := s.browser()
				s.unchanged(func() {
					s.log.forget()
					got := s.replay(b, p, rec, func(form url.Values) { form.Set("id_token", changed(form.Get("id_token"), i)) })
					s.refused(got, []lti.Code{lti.SignatureInvalid})
				})
				if held := s.sessionCookies(b); held != nil {
					t.Errorf("%s: session %v", part, held)
				}
			}
		})
	}
}

// changed flips one character in the middle of a part of a token.
func changed(token string, part int) string {
	parts := strings.Split(token, ".")
	b := []byte(parts[part])
	at := len(b) / 2
	if b[at] == 'A' {
		b[at] = 'B'
	} else {
		b[at] = 'A'
	}
	parts[part] = string(b)
	return strings.Join(parts, ".")
}

// noPersonalData checks that the log names nobody and holds nothing that would let anybody in.
func (s *site) noPersonalData(rec recording) {
	s.t.Helper()
	said := s.log.String()
	parts := strings.Split(rec.Response.Form["id_token"], ".")
	for what, secret := range map[string]string{
		"name": rec.Claims.Name, "address": rec.Claims.Email, "state": rec.Response.Form["state"], "nonce": rec.Claims.Nonce,
		"claims": parts[1], "signature": parts[2],
	} {
		if strings.Contains(said, secret) {
			s.t.Errorf("the log holds the %s", what)
		}
	}
}

func TestRecordedLaunchesOutOfTimeOrPlace(t *testing.T) {
	var rec recording
	readRecorded(t, "launch/learner.json", &rec)
	t.Run("too late", func(t *testing.T) {
		s, p := recordedSite(t, true)
		b := s.browser()
		rec := rec
		rec.Claims.IAT += 121 // exp is a minute after iat, and a minute of difference is tolerated
		s.unchanged(func() { s.refused(s.replay(b, p, rec, nil), []lti.Code{lti.TokenExpired}) })
	})
	t.Run("clock behind", func(t *testing.T) {
		s, p := recordedSite(t, true)
		rec := rec
		rec.Claims.IAT -= 61
		s.unchanged(func() { s.refused(s.replay(s.browser(), p, rec, nil), []lti.Code{lti.TokenFromFuture}) })
	})
	t.Run("keys cannot be fetched", func(t *testing.T) {
		s, p := recordedSite(t, true)
		s.net.Connect(recordedMoodle, nil)
		s.unchanged(func() {
			s.replay(s.browser(), p, rec, nil).is(http.StatusServiceUnavailable, string(lti.JWKSUnavailable))
		})
	})
	t.Run("another registration of the same Moodle", func(t *testing.T) {
		s, p := recordedSite(t, true)
		p.Deployments, p.ClientID = []string{"2"}, "another"
		p = s.register(p, s.institution)
		s.unchanged(func() { s.refused(s.replay(s.browser(), p, rec, nil), []lti.Code{lti.AudienceMismatch}) })
	})
}
