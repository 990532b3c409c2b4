package launch_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"testing"
	"time"

	"ltipolicy/launch"
	"ltipolicy/launch/launchtest"
	"ltipolicy/launch/web"
	"ltipolicy/lti"
	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
)

// from sends every request as a proxy on this machine does for a client at an address.
type from struct {
	address string
	next    http.RoundTripper
}

func (f from) RoundTrip(r *http.Request) (*http.Response, error) {
	c := r.Clone(r.Context())
	c.Header.Add("X-Forwarded-For", f.address)
	return f.next.RoundTrip(c)
}

// limited is a site behind a proxy on this machine.
func limited(t *testing.T, l launch.Limits) *site {
	t.Helper()
	if l.Proxies == nil {
		l.Proxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	}
	return asking(t, setup{config: func(c *launch.Config) { c.Limits = l }})
}

func (s *site) at(address string) *ltitest.Browser { return ltitest.NewBrowser(from{address, s.road}) }

const campus = "193.226.9.1"

var roomy = launch.Rate{PerSecond: 1000, Burst: 10_000}

// TestCampusBehindOneAddressIsNotLockedOut: whoever is refused over and over at an address uses up what
// refusals may cost, and everybody else there launches and answers as before.
func TestCampusBehindOneAddressIsNotLockedOut(t *testing.T) {
	s := limited(t, launch.Limits{Address: roomy, Refused: launch.Rate{PerSecond: 1, Burst: 20}, Platform: roomy})
	early := s.at(campus)
	opened := s.enter(early, s.other, s.window)

	vandal := s.at(campus)
	seen := map[int]int{}
	for range 100 {
		seen[s.post(vandal, "/lti/launch", url.Values{"state": {"x"}, "id_token": {"a.b.c"}}).Status]++
	}
	if seen[http.StatusTooManyRequests] != 80 || seen[http.StatusUnauthorized] != 20 {
		t.Fatalf("statuses %v", seen)
	}
	got := s.get(vandal, "/l/0190a1b2-0000-7000-8000-000000000000/pending").is(http.StatusTooManyRequests, "too_many")
	if got.Header.Get("Retry-After") != "1" || directives(got)["frame-ancestors"] != "*" {
		t.Errorf("Retry-After %q, %v", got.Header.Get("Retry-After"), directives(got))
	}
	s.get(vandal, "/no/such/page").is(http.StatusTooManyRequests, "too_many")

	// The same address, at the same moment.
	s.settle(early, opened.acceptAll())
	for _, b := range []*ltitest.Browser{s.at(campus), s.framedAt(campus)} {
		page := s.enter(b, s.learner, s.window).is(http.StatusOK, "")
		if b.Framed {
			continue
		}
		s.settle(b, page.acceptAll())
	}
	s.get(s.at(campus), "/"+s.platform.ID+"/policies").is(http.StatusOK, "")
	// A genuine launch whose browser keeps no cookie still gets its own page, which says what to do.
	lost := s.browser()
	target := s.target(lost, s.learner.ID, s.window)
	s.post(s.at(campus), "/lti/launch", target.Form(target.Token())).is(http.StatusUnauthorized, string(lti.StateMissing))

	// Another address never noticed, and a few seconds later refusals are explained again.
	s.post(s.at("203.0.113.9"), "/lti/launch", url.Values{}).is(http.StatusUnauthorized, string(lti.StateMissing))
	s.clock.pass(3 * time.Second)
	s.post(vandal, "/lti/launch", url.Values{"state": {"x"}, "id_token": {"a.b.c"}}).is(http.StatusUnauthorized, string(lti.StateMissing))
}

// TestWhatAnybodyMayAskIsNotRefusedForOthers: where others' failures have used up what refusals may cost, whatever may be
// genuine goes on.
func TestWhatAnybodyMayAskIsNotRefusedForOthers(t *testing.T) {
	s := limited(t, launch.Limits{Address: roomy, Refused: launch.Rate{PerSecond: 1e-6, Burst: 5}, Platform: roomy})
	x := s.stranger(campus)
	for range 6 {
		x.send(http.MethodGet, "/no/such/page", nil)
	}
	never := []string{web.LaunchPattern, "GET /lti/launch"} // without a login
	for _, r := range launchtest.Addresses(t, s.server.Routes(), s.somewhere("x", policy.Version{}), func(r web.Route) bool { return r.Who == web.Anybody }) {
		got := x.send(r.Method, r.Path, nil)
		if refused := got == http.StatusTooManyRequests; refused != slices.Contains(never, r.Pattern) {
			t.Errorf("%s: %d", r.Pattern, got)
		}
	}
}

func (s *site) framedAt(address string) *ltitest.Browser {
	b := s.at(address)
	b.Framed = true
	return b
}

func TestFloodFromOneAddress(t *testing.T) {
	s := limited(t, launch.Limits{Address: launch.Rate{PerSecond: 2, Burst: 50}, Refused: roomy, Platform: roomy})
	b := s.at("2001:db8:1:2::1")
	for i := range 50 {
		s.get(s.at(fmt.Sprintf("2001:db8:1:2::%x", i+1)), "/"+s.platform.ID+"/policies").is(http.StatusOK, "") // one network, many addresses
	}
	s.get(b, "/"+s.platform.ID+"/policies").is(http.StatusTooManyRequests, "too_many")
	if got := s.get(b, "/readyz"); got.Status != http.StatusOK {
		t.Errorf("the health check: %d", got.Status)
	}
	s.get(s.at("2001:db8:1:3::1"), "/"+s.platform.ID+"/policies").is(http.StatusOK, "")
	s.clock.pass(time.Second)
	s.get(b, "/"+s.platform.ID+"/policies").is(http.StatusOK, "")
}

func TestFloodOfOnePlatformLeavesTheOthersAlone(t *testing.T) {
	s := limited(t, launch.Limits{Address: roomy, Refused: roomy, Platform: launch.Rate{PerSecond: 1, Burst: 3}})
	m, tool, p := s.addMoodle("https://unicampus.example", "UniCampus", s.institution)
	s.load("rules", draft(policy.Agree, english("House rules", "Be kind.")), s.platform, p)
	x := m.AddPerson(ltitest.Person{Username: "x", FirstName: "A", LastName: "B"})
	c := m.AddCourse(ltitest.Course{ShortName: "X", FullName: "Y"})
	m.Enrol(c.ID, x.ID, ltitest.Student)
	a := m.AddActivity(ltitest.Activity{CourseID: c.ID, Name: "Acorduri", TypeID: tool.TypeID, Container: ltitest.NewWindow})
	for range 3 {
		s.launch(s.browser(), s.learner, s.window).leads("pending")
	}
	s.unchanged(func() {
		got := s.launch(s.browser(), s.learner, s.window).is(http.StatusTooManyRequests, "too_many")
		if got.Header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
	})
	page, err := s.browser().Launch(m, x.ID, a.CMID)
	s.must(err)
	s.view(page).leads("pending")
	s.clock.pass(time.Second)
	s.launch(s.browser(), s.learner, s.window).leads("pending")
}

// TestUndeclaredProxyIsNoReasonToRefuse: all clients have one address then, and a limit would be everybody's.
func TestUndeclaredProxyIsNoReasonToRefuse(t *testing.T) {
	one := launch.Rate{PerSecond: 1, Burst: 1}
	s := asking(t, setup{config: func(c *launch.Config) {
		c.Limits = launch.Limits{Address: one, Refused: one, Platform: roomy}
	}})
	for range 20 {
		s.post(s.at(campus), "/lti/launch", url.Values{}).is(http.StatusUnauthorized, string(lti.StateMissing))
	}
}
