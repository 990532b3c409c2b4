package launch_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ltipolicy/connection"
	"ltipolicy/courier"
	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
)

// brokenRoad is a network on which some requests fail, as the tool meets it: with an error that the client wraps in the
// whole address.
type brokenRoad struct {
	next  http.RoundTripper
	mu    sync.Mutex
	fails string   // what the address holds of those that fail
	with  int      // the status that they end with; 0: there is no answer
	met   []string // the marks of secrets that failed requests carried
}

func (r *brokenRoad) RoundTrip(q *http.Request) (*http.Response, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fails == "" || !strings.Contains(q.URL.String(), r.fails) {
		return r.next.RoundTrip(q)
	}
	r.met = append(r.met, r.fails)
	if r.with != 0 {
		return &http.Response{StatusCode: r.with, Header: http.Header{}, Body: http.NoBody, Request: q}, nil
	}
	return nil, errors.New("connection refused")
}

func (r *brokenRoad) fail(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fails = what
}

// TestNoSecretOfAnAddressIsLoggedOrShown: the query of an address is where platforms put tokens. Every request that the
// tool sends to one fails, and what is logged and shown of it names the place and no secret.
func TestNoSecretOfAnAddressIsLoggedOrShown(t *testing.T) {
	road := &brokenRoad{}
	s := newSite(t, setup{client: &http.Client{Transport: road}})
	road.next = s.net
	s.load("rules", draft(policy.Agree, english("House rules", "Be kind.")))
	const origin = "https://new.example"
	m := s.newMoodle(origin)
	s.net.Connect(origin, document(t, m, func(d map[string]any) {
		d["registration_endpoint"] = origin + "/mod/lti/openid-registration.php?key=secret-registration"
	}))
	b := s.framed()
	quiet := func(v *view) *view {
		t.Helper()
		// The links of a page to itself in other languages are its own address.
		if strings.Contains(v.Text(), "secret-") || strings.Contains(v.Header.Get("Location"), "secret-") {
			t.Errorf("%s shows a secret", v.URL.Path)
		}
		return v
	}

	// A registration: the platform's description, what it has, and what it is told.
	begin := func(address string) string {
		u, err := url.Parse(address)
		s.must(err)
		q := u.Query()
		q.Set("openid_configuration", q.Get("openid_configuration")+"?registration_token=secret-config")
		u.RawQuery = q.Encode()
		return u.String()
	}
	tools := s.invite("one")
	road.fail("secret-config")
	quiet(s.get(b, begin(m.RegistrationURL(tools))).is(http.StatusServiceUnavailable, "platform_unreachable"))
	road.fail("secret-registration")
	old := m.AddTool(ltitest.ToolAt(toolOrigin))
	quiet(s.get(b, begin(m.UpdateURL(tools, old.TypeID))).is(http.StatusServiceUnavailable, "platform_unreachable"))
	page := quiet(s.get(b, begin(m.RegistrationURL(tools))).is(http.StatusOK, ""))
	quiet(s.submit(b, page.form()).is(http.StatusServiceUnavailable, "platform_unreachable"))

	// A launch: the platform's keys. After it: token, roster, score, notice to the door.
	change := func(column string) {
		_, err := s.raw.ExecContext(t.Context(), `UPDATE lti_platform SET `+column+` = `+column+` || '?key=secret-`+column+`'`)
		s.must(err)
		_, err = s.db.Platform(t.Context(), s.platform.ID)
		s.must(err)
	}
	change("jwksurl")
	road.fail("secret-jwksurl")
	quiet(s.launch(b, s.learner, s.embedded).is(http.StatusServiceUnavailable, "jwks_unavailable"))
	road.fail("")
	s.clock.pass(2 * time.Minute)
	s.submit(b, s.enter(b, s.learner, s.embedded).acceptAll())
	teacher := s.browser()
	s.enter(teacher, s.teacher, s.embedded)
	change("tokenurl")
	mark := func(statement string) {
		res, err := s.raw.ExecContext(t.Context(), statement)
		s.must(err)
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			t.Errorf("%s: %d rows, %v", statement, n, err)
		}
	}
	fetch := func() {
		s.clock.pass(time.Hour)
		quiet(s.get(teacher, s.enter(teacher, s.teacher, s.embedded).URL.Path))
		mark(`UPDATE lti_context SET rosterurl = rosterurl || '?key=secret-roster'`) // as the launch told
		if err := s.worker.RefreshRoster(t.Context(), s.platform.ID, number(s.course.ID)); err != nil && strings.Contains(err.Error(), "secret-") {
			t.Errorf("roster: %v", err)
		}
	}
	road.fail("secret-tokenurl")
	fetch()
	s.clock.pass(2 * time.Minute)
	road.fail("secret-roster")
	fetch()
	s.must(s.db.SetDoor(t.Context(), s.platform.ID, moodleOrigin+gatePath+"?step=auth&key=secret-door"))
	road.fail("secret-door")
	s.do(courier.Scores, courier.DoorStates, courier.DoorNotices)

	// The connection's table, which is kept, shown and printed, names addresses.
	for _, status := range []int{0, http.StatusForbidden} {
		road.with = status
		for _, broken := range []string{"secret-tokenurl", "secret-jwksurl"} {
			road.fail(broken)
			s.clock.pass(2 * time.Minute)
			s.worker.CheckNow(t.Context(), s.platform.ID)
			seen, err := courier.ReadConnection(t.Context(), s.db, s.platform.ID)
			s.must(err)
			if told := fmt.Sprint(seen.Lines); connection.Bad(seen.Lines) == 0 || strings.Contains(told, "secret-") {
				t.Errorf("told of the connection: %s", told)
			}
		}
	}

	for _, mark := range []string{"config", "registration", "jwksurl", "tokenurl", "roster", "door"} {
		if !slices.Contains(road.met, "secret-"+mark) {
			t.Errorf("no request with secret-%s was sent", mark)
		}
	}
	for line := range strings.Lines(s.log.String()) {
		if strings.Contains(line, "secret-") {
			t.Errorf("logged: %s", line)
		}
	}
}
