package launch_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"ltipolicy/lti"
	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
)

// certified is a site that has the certification suite as a platform.
func certified(t *testing.T) (*site, *ltitest.Suite, lti.Platform) {
	t.Helper()
	s := newSite(t)
	key, err := moodleKey()
	s.must(err)
	suite := ltitest.NewSuite(key, s.clock.now)
	u, err := url.Parse(ltitest.SuiteJWKSURL)
	s.must(err)
	s.net.Connect(u.Scheme+"://"+u.Host, suite)
	return s, suite, s.register(suite.Registration(), s.institution)
}

// suiteLaunch posts what the suite would post for a login of this browser.
func (s *site) suiteLaunch(b *ltitest.Browser, suite *ltitest.Suite, p lti.Platform, role string, token func(ltitest.Target) string) *view {
	s.t.Helper()
	state, nonce := s.attempt(b, p)
	target := suite.Target(role, s.setup.base+"/lti/launch", nonce, state)
	return s.post(b, "/lti/launch", target.Form(token(target)))
}

func TestCertificationBadPayloads(t *testing.T) {
	s, suite, p := certified(t)
	for _, bad := range ltitest.BadLaunches() {
		s.run(t, bad.ID+" "+bad.Name+" as "+bad.Role, func(t *testing.T) {
			s.log.forget()
			b := s.browser()
			s.unchanged(func() {
				got := s.suiteLaunch(b, suite, p, bad.Role, bad.Token)
				s.refused(got, bad.Codes)
				if got.Status != http.StatusUnauthorized && got.Status != http.StatusBadRequest {
					t.Errorf("status %d", got.Status)
				}
			})
			if held := s.sessionCookies(b); held != nil {
				t.Errorf("the browser holds a session: %v", held)
			}
		})
	}
}

// refused checks that a launch was refused with one of the codes, with that code's status, on a page that can
// be read, and with the code in the launch's one log line.
func (s *site) refused(got *view, codes []lti.Code) {
	s.t.Helper()
	code := lti.Code(got.ErrorCode())
	if !slices.Contains(codes, code) {
		s.t.Fatalf("code %q, status %d, want one of %v; leads to %q", code, got.Status, codes, got.Location())
	}
	if got.Status != code.HTTPStatus() || got.Status >= 500 {
		s.t.Errorf("status %d for code %s", got.Status, code)
	}
	if got.heading() == "Something went wrong" {
		s.t.Errorf("code %s has only the general page", code)
	}
	line := s.launched()
	if line["code"] != string(code) || line["status"] != float64(got.Status) || line["request"] != got.Header.Get("X-Request-Id") {
		s.t.Errorf("the log says %v", line)
	}
}

func TestCertificationValidLaunches(t *testing.T) {
	s, suite, p := certified(t)
	s.load("rules", draft(policy.Agree, english("House rules", "Be kind.")), p)
	for _, good := range ltitest.ValidLaunches() {
		s.run(t, good.Title+" as "+good.Role, func(t *testing.T) {
			b := s.browser()
			s.suiteLaunch(b, suite, p, good.Role, good.Token).leads("pending")
			got, err := b.Settle(b.Get(s.setup.base + "/l/" + strings.TrimPrefix(s.sessionCookies(b)[0], "__Host-launch-") + "/pending"))
			s.must(err)
			page := s.view(got).is(http.StatusOK, "").asks("House rules")
			name := "Lee Jay Learner"
			if good.Role == ltitest.Teacher {
				name = "Tessa Jay Teacher"
			}
			if good.Name {
				page.has("as " + name)
			} else {
				page.lacks("Signed in")
			}
			nav := texts(descendAll(page.all("nav"), "a"))
			if own := nav[0] != "My agreements"; own != good.Instructor {
				t.Errorf("navigation %v, teacher %v", nav, good.Instructor)
			}
		})
	}
}

func TestAttacksAreRefused(t *testing.T) {
	s := newSite(t)
	s.load("rules", draft(policy.Agree, english("House rules", "Be kind.")), s.platform)
	for _, a := range ltitest.Attacks() {
		s.run(t, a.Name, func(t *testing.T) {
			s.log.forget()
			b := s.browser()
			target := s.target(b, s.learner.ID, s.embedded)
			form := a.Form(target)
			if a.Twice {
				s.post(b, "/lti/launch", form).leads("pending")
				s.log.forget()
			}
			if len(a.Codes) == 0 {
				s.post(b, "/lti/launch", form).leads("pending")
				return
			}
			held := s.sessionCookies(b)
			s.unchanged(func() {
				got := s.post(b, "/lti/launch", form)
				s.refused(got, a.Codes)
				if strings.Contains(string(got.Body), ltitest.Markup) {
					t.Error("markup came through")
				}
			})
			if now := s.sessionCookies(b); !slices.Equal(now, held) {
				t.Errorf("the browser holds %v, before %v", now, held)
			}
		})
	}
}
