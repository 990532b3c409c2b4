package courier_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"ltipolicy/connection"
	"ltipolicy/courier"
	"ltipolicy/lti"
	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

// checked is the table of the site's connection, line by check.
func (s *site) checked() map[connection.Check]connection.Line {
	s.t.Helper()
	c, err := courier.CheckConnection(s.t.Context(), s.db, s.tool, s.platform.ID, s.clock.now)
	s.must(err)
	kept, err := courier.ReadConnection(s.t.Context(), s.db, s.platform.ID)
	s.must(err)
	if fmt.Sprint(kept.Lines) != fmt.Sprint(c.Lines) || !kept.Time.Equal(c.Time) {
		s.t.Errorf("kept %+v of %+v", kept, c)
	}
	lines := map[connection.Check]connection.Line{}
	for _, l := range c.Lines {
		lines[l.Check] = l
	}
	if len(lines) != len(connection.Checks()) {
		s.t.Errorf("%d lines for %d checks", len(lines), len(connection.Checks()))
	}
	return lines
}

// only answers in the place of what ends with a path.
func (s *site) only(path string, f func(w http.ResponseWriter, r *http.Request)) {
	s.during(func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Date", s.clock.now().UTC().Format(http.TimeFormat))
		if !strings.HasSuffix(r.URL.Path, path) {
			return false
		}
		f(w, r)
		return true
	})
}

func status(code int) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func (s *site) saw(what store.Sight, n int, detail string, ago time.Duration) {
	s.t.Helper()
	s.must(s.db.Saw(s.t.Context(), store.Sighting{PlatformID: s.platform.ID, What: what, Seen: n, Detail: detail, Last: s.clock.now().Add(-ago)}))
}

// dated has Moodle's clock that far ahead.
func (s *site) dated(ahead time.Duration) {
	s.during(func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Date", s.clock.now().Add(ahead).UTC().Format(http.TimeFormat))
		return false
	})
}

// What a site does or does not is told by its cause on its line, with the step that mends it, and no other line blames
// somebody for it. Which facts make which cause is tested in package connection.
func TestTheTrueCauseIsToldWithItsStep(t *testing.T) {
	for _, c := range []struct {
		check connection.Check
		cause connection.Cause
		make  func(s *site)
		with  string           // part of what stands in the words
		also  connection.Check // another line on which something is wrong, of the same cause
	}{
		{"site", "site_fine", func(*site) {}, "/moodle", ""},
		{"site", "site_pending", func(s *site) { s.must(s.db.SetPlatformStatus(s.t.Context(), s.platform.ID, lti.Pending)) }, "ltipolicy platform activate ", ""},
		{"site", "site_disabled", func(s *site) { s.must(s.db.SetPlatformStatus(s.t.Context(), s.platform.ID, lti.Disabled)) }, "ltipolicy platform activate ", ""},
		{"site", "site_moved", func(s *site) {
			s.only("/openid-configuration.php", func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, `{"issuer":"https://new.example.edu"}`)
			})
		}, " https://new.example.edu", ""},
		{"site", "site_redirect", func(s *site) { // a Moodle answers at its old address so
			s.during(func(w http.ResponseWriter, r *http.Request) bool {
				w.Header().Set("Date", s.clock.now().UTC().Format(http.TimeFormat))
				http.Redirect(w, r, "https://new.example.edu"+strings.TrimPrefix(r.URL.Path, "/moodle")+"?token=secret", http.StatusSeeOther)
				return true
			})
		}, " https://new.example.edu", ""},
		{"site", "site_unread", func(s *site) { // a login in front of it
			s.only("/openid-configuration.php", func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "https://login.example.edu/?to=moodle", http.StatusSeeOther)
			})
		}, "/moodle", ""},
		{"site", "site_unread", func(s *site) { s.only("/openid-configuration.php", status(http.StatusNotFound)) }, "/moodle", ""},
		{"site_keys", "site_keys_fine", func(*site) {}, "", ""},
		{"site_keys", "net_status", func(s *site) { s.only("/certs.php", status(http.StatusForbidden)) }, "403", ""},
		{"site_keys", "net_nonsense", func(s *site) {
			s.only("/certs.php", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>Log in</html>") })
		}, "/certs.php", ""},
		{"site_keys", "net_silent", func(s *site) { s.server.Close() }, "127.0.0.1", "token"},
		{"site_keys", "net_address", func(s *site) { s.strict() }, "127.0.0.1", "token"},
		{"our_keys", "our_keys_fine", func(*site) {}, "", ""},
		{"our_keys", "our_keys_both", func(s *site) { s.moodle.SecureHTTP(true) }, "127.0.0.0/8", ""},
		{"our_keys", "our_keys_other", func(s *site) { s.keySet = `{"keys":[{"kty":"RSA","kid":"other","alg":"RS256","n":"AQAB","e":"AQAB"}]}` }, "/lti/jwks", ""},
		{"token", "token_fine", func(*site) {}, "", ""},
		{"token", "above", func(s *site) { s.moodle.SecureHTTP(true) }, "", "our_keys"},
		{"our_keys", "our_keys_both", func(s *site) { // what Moodle sends is dropped on its way, and it waits
			s.only("/token.php", func(w http.ResponseWriter, r *http.Request) {
				if r.FormValue("client_assertion") != "" {
					panic(http.ErrAbortHandler)
				}
				w.WriteHeader(http.StatusBadRequest)
				_, _ = io.WriteString(w, `{"error":"invalid_request"}`)
			})
		}, "127.0.0.0/8", ""},
		{"token", "token_status", func(s *site) { s.only("/token.php", status(http.StatusForbidden)) }, "403", ""},
		{"token", "token_client", func(s *site) { s.refuse("invalid_client") }, "", ""},
		{"token", "token_refused", func(s *site) { s.refuse("unsupported_grant_type") }, "unsupported_grant_type", ""},
		{"token", "token_scopes", func(s *site) { s.refuse("invalid_scope") }, "Names and Role", ""},
		{"roster", "roster_none", func(*site) {}, "", ""},
		{"roster", "roster_fine", func(s *site) { s.launch(s.enrol(1, ltitest.EditingTeacher)[0]) }, "Algoritmi", ""},
		{"roster", "roster_nameless", func(s *site) {
			s.launch(s.enrol(1, ltitest.EditingTeacher)[0])
			s.only("/memberships", func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, `{"members":[{"user_id":"5"}]}`)
			})
		}, "Algoritmi", ""},
		{"roster", "roster_refused", func(s *site) {
			s.launch(s.enrol(1, ltitest.EditingTeacher)[0])
			s.only("/memberships", status(http.StatusForbidden))
		}, "Names and Role", ""},
		{"roster", "roster_gone", func(s *site) {
			s.launch(s.enrol(1, ltitest.EditingTeacher)[0])
			s.only("/memberships", status(http.StatusNotFound))
		}, "Algoritmi", ""},
		{"roster", "roster_failed", func(s *site) {
			s.launch(s.enrol(1, ltitest.EditingTeacher)[0])
			s.only("/memberships", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") })
		}, "nonsense", ""},
		{"roster", "roster_off", func(s *site) {
			m := s.message(s.enrol(1, ltitest.EditingTeacher)[0])
			m.NRPS.MembershipsURL = ""
			_, err := s.db.Admit(s.t.Context(), m, s.platform)
			s.must(err)
		}, "Algoritmi", ""},
		{"roster", "roster_gone", func(s *site) { // and another course that has no list says nothing of that one
			m := s.message(s.enrol(1, ltitest.EditingTeacher)[0])
			m.NRPS.MembershipsURL, m.Context.ID, m.Context.Title = "", "older", "older"
			_, err := s.db.Admit(s.t.Context(), m, s.platform)
			s.must(err)
			s.clock.add(time.Minute)
			s.launch(s.enrol(1, ltitest.EditingTeacher)[0])
			s.only("/memberships", status(http.StatusNotFound))
		}, "Algoritmi", ""},
		{"roster", "roster_unauthorized", func(s *site) {
			s.launch(s.enrol(1, ltitest.EditingTeacher)[0])
			s.only("/memberships", status(http.StatusUnauthorized))
		}, "Algoritmi", ""},
		{"roster", "roster_down", func(s *site) {
			s.launch(s.enrol(1, ltitest.EditingTeacher)[0])
			s.only("/memberships", status(http.StatusInternalServerError))
		}, "Algoritmi", ""},
		{"roster", "roster_elsewhere", func(s *site) {
			m := s.message(s.enrol(1, ltitest.EditingTeacher)[0])
			m.NRPS.MembershipsURL = "https://other.example/mod/lti/services.php/memberships"
			_, err := s.db.Admit(s.t.Context(), m, s.platform)
			s.must(err)
		}, "other.example", ""},
		{"courses", "courses_none", func(s *site) { s.saw(store.FrameCookies, 9, "", 0) }, "ltipolicy_end=$CourseSection.timeFrame.end", ""},
		{"courses", "courses_fine", func(s *site) { s.saw(store.CourseTold, 3, "", 20*24*time.Hour) }, "2026-", ""},
		{"score", "score_none", func(*site) {}, "", ""},
		{"score", "score_fine", func(s *site) {
			s.answer(s.launch(s.enrol(1, ltitest.Student)[0]), policy.Accepted)
			s.round()
		}, "", ""},
		{"score", "score_dead", func(s *site) {
			s.answer(s.launch(s.enrol(1, ltitest.Student)[0]), policy.Accepted)
			s.only("/scores", status(http.StatusForbidden))
			s.round()
		}, "ltipolicy score list -platform ", ""},
		{"score", "score_late", func(s *site) {
			s.answer(s.launch(s.enrol(1, ltitest.Student)[0]), policy.Accepted)
			s.only("/scores", status(http.StatusServiceUnavailable))
			s.round()
			s.clock.add(2 * time.Hour)
		}, "unreachable", ""},
		{"door", "door_none", func(*site) {}, "", ""},
		{"door", "door_waiting", func(s *site) { s.door() }, "", ""},
		{"door", "door_idle", func(s *site) {
			s.door()
			s.saw(store.DoorHeard, 1, "2026113000", 3*time.Hour)
			s.saw(store.DoorIdle, 1, "2026113000", 2*time.Hour)
		}, "06:00:00", ""},
		{"door", "door_fine", func(s *site) {
			s.door()
			s.saw(store.DoorHeard, 1, "2026113000", time.Minute)
		}, "2026113000", ""},
		{"door", "door_lost", func(s *site) {
			s.door()
			s.saw(store.DoorHeard, 1, "", 3*time.Hour)
		}, "05:00:00", ""},
		{"clock", "clock_fine", func(s *site) { s.dated(2 * time.Second) }, "", ""},
		{"clock", "clock_ahead", func(s *site) { s.dated(5 * time.Minute) }, "300", ""},
		{"clock", "clock_behind", func(s *site) { s.dated(-2 * time.Minute) }, "119", ""},
		{"clock", "clock_unknown", func(s *site) {
			s.during(func(w http.ResponseWriter, _ *http.Request) bool {
				w.Header()["Date"] = nil
				return false
			})
		}, "", ""},
		{"clock", "clock_differs", func(s *site) {
			s.dated(0)
			before := *s.weather.Load()
			s.during(func(w http.ResponseWriter, r *http.Request) bool {
				before(w, r)
				if !strings.HasSuffix(r.URL.Path, "/token.php") {
					return false
				}
				w.WriteHeader(http.StatusBadRequest)
				_, _ = io.WriteString(w, `{"error":"Cannot handle token with iat prior to 2026-09-01T08:00:00+0000"}`)
				return true
			})
		}, "iat prior", ""},
		{"cookies", "cookies_none", func(*site) {}, "", ""},
		{"cookies", "cookies_fine", func(s *site) {
			s.saw(store.FrameCookies, 90, "", 0)
			s.saw(store.FrameStorage, 5, "", 24*time.Hour)
			s.saw(store.FrameLost, 2, "", 0)
			s.saw(store.FrameLost, 500, "", 9*24*time.Hour)
		}, "97", ""},
		{"cookies", "cookies_lost", func(s *site) {
			s.saw(store.FrameCookies, 9, "", 0)
			s.saw(store.FrameLost, 4, "", 24*time.Hour)
		}, "13", ""},
		{"deployment", "deployment_fine", func(*site) {}, "1", ""},
		{"deployment", "deployment_refused", func(s *site) { s.saw(store.RefusedDeployment, 1, "7", time.Hour) }, " 7", ""},
	} {
		t.Run(string(c.check)+"/"+string(c.cause), func(t *testing.T) {
			s := newSite(t, storetest.SQLite(t))
			s.dated(0)
			c.make(s)
			lines := s.checked()
			got := lines[c.check]
			if got.Cause != c.cause || got.State != connection.StateOf(c.cause) || got.Step != connection.StepOf(c.cause) || !strings.Contains(fmt.Sprint(got.With), c.with) {
				t.Errorf("found %+v", got)
			}
			for check, l := range lines {
				if l.State == connection.Wrong && check != c.check && check != c.also {
					t.Errorf("and also %+v", l)
				}
			}
		})
	}
}

// refuse makes the token endpoint say this code.
func (s *site) refuse(code string) {
	s.only("/token.php", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"error":%q}`, code)
	})
}

func (s *site) door() {
	s.t.Helper()
	s.must(s.db.SetDoor(s.t.Context(), s.platform.ID, s.server.URL+"/moodle/local/ltipolicy/gate.php?step=auth"))
}

// strict is a tool that goes to public addresses only.
func (s *site) strict() {
	s.tool = lti.New(lti.Config{BaseURL: s.server.URL, Now: s.clock.now, Client: lti.NewClient(false), Keys: s.db.KeyRing})
}

// However many pages ask and however often, a site is checked once in a minute, and whoever waits gets what was found.
func TestASiteIsCheckedOnceInAMinute(t *testing.T) {
	s := newSite(t, storetest.SQLite(t))
	s.background(courier.Connections)
	other := s.replica()
	asked := 0
	var mu sync.Mutex
	s.during(func(_ http.ResponseWriter, r *http.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		if strings.HasSuffix(r.URL.Path, "/certs.php") {
			asked++
		}
		return false
	})
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() { s.c.CheckNow(t.Context(), s.platform.ID) })
	}
	wg.Wait()
	s.c.CheckNow(t.Context(), s.platform.ID)
	other.CheckSoon(s.platform.ID)
	s.must(other.Do(t.Context(), courier.Connections))
	if c, err := courier.ReadConnection(t.Context(), s.db, s.platform.ID); err != nil || len(c.Lines) != len(connection.Checks()) || asked != 1 {
		t.Errorf("%d lines, %v, after %d looks", len(c.Lines), err, asked)
	}
	s.clock.add(2 * time.Minute)
	s.c.CheckNow(t.Context(), s.platform.ID)
	if asked != 2 {
		t.Errorf("%d looks", asked)
	}
}

// Who mends what the table says looks at it again and again: it is looked at again as soon as ten seconds later.
func TestASiteIsCheckedSoonerWhileSomethingIsWrong(t *testing.T) {
	s := newSite(t, storetest.SQLite(t))
	s.dated(0)
	s.background(courier.Connections)
	bad := func(after time.Duration) int {
		t.Helper()
		s.clock.add(after)
		s.c.CheckNow(t.Context(), s.platform.ID)
		c, err := courier.ReadConnection(t.Context(), s.db, s.platform.ID)
		s.must(err)
		return connection.Bad(c.Lines)
	}
	s.moodle.SecureHTTP(true)
	if n := bad(0); n != 1 {
		t.Fatalf("%d things are wrong", n)
	}
	s.moodle.SecureHTTP(false)
	if n := bad(5 * time.Second); n != 1 {
		t.Errorf("after five seconds %d things are wrong", n)
	}
	if n := bad(6 * time.Second); n != 0 {
		t.Errorf("mended, and %d things are wrong", n)
	}
	s.moodle.ForgetKeySets()
	s.moodle.SecureHTTP(true)
	if n := bad(30 * time.Second); n != 0 {
		t.Errorf("half a minute after all was well %d things are wrong", n)
	}
}

// A check that came to nothing, for whatever reason, is not made again at once by everybody who asks.
func TestAFailedCheckIsNotMadeAgainAtOnce(t *testing.T) {
	s := newSite(t, storetest.SQLite(t))
	looks := 0
	s.during(func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/certs.php") {
			looks++
		}
		return false
	})
	client := lti.NewClient(true)
	defer client.CloseIdleConnections()
	keyless := lti.New(lti.Config{BaseURL: s.server.URL, Now: s.clock.now, Client: client})
	w := courier.New(courier.Config{Store: s.db, Tool: keyless, Now: s.clock.now})
	for range 3 {
		w.CheckSoon(s.platform.ID)
		_ = w.Do(t.Context(), courier.Connections)
	}
	if looks != 1 {
		t.Errorf("%d looks", looks)
	}
	s.clock.add(2 * time.Minute)
	w.CheckSoon(s.platform.ID)
	if err := w.Do(t.Context(), courier.Connections); err == nil || looks != 2 {
		t.Errorf("%d looks after a while, %v", looks, err)
	}
}

// A list or a score that Moodle does not let the tool have, while the last table says that all is well, has the connection
// looked at: whoever is told to ask the administrator finds the cause there.
func TestWhatFailsForTheConnectionHasItLookedAt(t *testing.T) {
	for name, fail := range map[string]func(s *site){
		"a list": func(s *site) {
			if err := s.c.RefreshRoster(s.t.Context(), s.platform.ID, fmt.Sprint(s.course.ID)); err == nil {
				s.t.Error("the list came")
			}
		},
		"a score": func(s *site) { s.round() },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, storetest.SQLite(t))
			s.answer(s.launch(s.enrol(1, ltitest.Student)[0]), policy.Accepted)
			s.dated(0)
			s.checked()
			s.clock.add(2 * time.Hour) // no token lives so long
			s.moodle.ForgetKeySets()
			s.moodle.SecureHTTP(true)
			s.background(courier.Rosters)
			bad := func() int {
				t.Helper()
				s.must(s.c.Do(t.Context(), courier.Connections))
				c, err := courier.ReadConnection(t.Context(), s.db, s.platform.ID)
				s.must(err)
				return connection.Bad(c.Lines)
			}
			if n := bad(); n != 0 {
				t.Fatalf("%d things are wrong before anybody looks", n)
			}
			fail(s)
			if bad() == 0 {
				t.Error("the table still says that all is well")
			}
		})
	}
}

// What a process saw is written down by the job, adds up over replicas, and is not lost with one that stops.
func TestSightingsAddUp(t *testing.T) {
	s := newSite(t, storetest.SQLite(t))
	other := s.replica()
	for range 3 {
		s.c.Saw(s.platform.ID, store.FrameCookies, "")
		other.Saw(s.platform.ID, store.FrameCookies, "")
	}
	s.must(s.c.Do(t.Context(), courier.Sightings))
	s.must(other.Do(t.Context(), courier.Sightings))
	s.clock.add(26 * time.Hour)
	s.c.Saw(s.platform.ID, store.FrameCookies, "")
	s.must(s.c.Do(t.Context(), courier.Sightings))
	s.must(s.c.Do(t.Context(), courier.Sightings))
	seen, err := s.db.Sightings(t.Context(), s.platform.ID, time.Time{})
	if err != nil || seen[store.FrameCookies].Seen != 7 || !seen[store.FrameCookies].Last.Equal(s.clock.now()) {
		t.Errorf("%+v, %v", seen, err)
	}
	if seen, err = s.db.Sightings(t.Context(), s.platform.ID, s.clock.now().Add(-time.Hour)); err != nil || seen[store.FrameCookies].Seen != 1 {
		t.Errorf("of the last hour %+v, %v", seen, err)
	}
}
