package launch_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ltipolicy/launch"
	"ltipolicy/launch/launchtest"
	"ltipolicy/launch/web"
	"ltipolicy/lti"
	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
	"ltipolicy/store"
)

// stranger sends what nobody's browser would, from one address.
type stranger struct {
	*site
	road http.RoundTripper
	at   string
}

func (s *site) stranger(address string) *stranger {
	return &stranger{s, from{address, s.road}, address}
}

// send answers the status of one request. Cookies are what the stranger likes them to be.
func (x *stranger) send(method, path string, form url.Values, cookies ...*http.Cookie) int {
	x.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequest(method, x.setup.base+path, body)
	x.must(err)
	if form != nil {
		r.Header.Set("Content-Type", formType)
	}
	for _, c := range cookies {
		r.AddCookie(c)
	}
	res, err := x.road.RoundTrip(r)
	x.must(err)
	io.Copy(io.Discard, res.Body) //nolint:errcheck // only the status counts
	res.Body.Close()              //nolint:errcheck // read to the end
	return res.StatusCode
}

// attempt begins a login and keeps its state and cookie for as often as they are wanted.
func (x *stranger) attempt() (target ltitest.Target, cookies []*http.Cookie) {
	x.t.Helper()
	b := x.site.at(x.at)
	target = x.target(b, x.other.ID, x.window)
	return target, b.Cookies(toolOrigin + "/")
}

// floods are what a stranger can send without being anybody, each a function that prepares and one that sends the nth.
func floods() map[string]func(x *stranger) func(i int) int {
	post := func(x *stranger, token string, target ltitest.Target, cookies []*http.Cookie) int {
		return x.send(http.MethodPost, "/lti/launch", url.Values{"state": {target.State}, "id_token": {token}}, cookies...)
	}
	get := func(path func(x *stranger, i int) string) func(x *stranger) func(i int) int {
		return func(x *stranger) func(i int) int {
			return func(i int) int { return x.send(http.MethodGet, path(x, i), nil) }
		}
	}
	kid := func(i int) ltitest.Edit { return func(_, h map[string]any) { h["kid"] = fmt.Sprint("forged-", i) } }
	return map[string]func(x *stranger) func(i int) int{
		"no token at all, with one state": func(x *stranger) func(int) int {
			target, cookies := x.attempt()
			return func(int) int { return post(x, "a.b.c", target, cookies) }
		},
		"a token whose signature is wrong, with one state": func(x *stranger) func(int) int {
			target, cookies := x.attempt()
			token := target.Token()
			return func(int) int { return post(x, token[:len(token)-8]+"AAAAAAAA", target, cookies) }
		},
		"random keys, with one state": func(x *stranger) func(int) int {
			target, cookies := x.attempt()
			return func(i int) int { return post(x, target.Token(kid(i)), target, cookies) }
		},
		"the same launch over and over": func(x *stranger) func(int) int {
			target, cookies := x.attempt()
			token := target.Token()
			return func(int) int { return post(x, token, target, cookies) }
		},
		"junk with a state each": func(x *stranger) func(int) int {
			return func(int) int {
				target, cookies := x.attempt()
				return post(x, "a.b.c", target, cookies)
			}
		},
		"junk with states of its own": func(x *stranger) func(int) int {
			return func(i int) int { return post(x, "a.b.c", ltitest.Target{State: fmt.Sprint("state", i)}, nil) }
		},
		"logins": get(func(x *stranger, _ int) string { return "/lti/login?" + x.initiation(x.platform).Encode() }),
		"registrations": get(func(_ *stranger, i int) string {
			return "/lti/register?" + url.Values{"invite": {fmt.Sprint("guess", i)}, "openid_configuration": {"https://evil.example/c"}}.Encode()
		}),
		"images":       get(func(_ *stranger, i int) string { return fmt.Sprintf("/images/sha256/%064x", i) }),
		"public pages": get(func(x *stranger, _ int) string { return "/" + x.platform.ID + "/policies" }),
		"visits":       get(func(_ *stranger, i int) string { return fmt.Sprintf("/l/0190a1b2-0000-7000-8000-%012x/pending", i) }),
		"door notices": func(x *stranger) func(int) int {
			return func(i int) int {
				return x.send(http.MethodPost, "/lti/door/"+x.platform.ID+"/state", url.Values{"request": {fmt.Sprint("a.b.", i)}})
			}
		},
	}
}

// TestFloodOfAStrangerRefusesNobodyElse: whatever somebody sends who is nobody, however often, costs what belongs to that
// address and that login. Learners of the very platform that it is about launch and answer from everywhere else.
func TestFloodOfAStrangerRefusesNobodyElse(t *testing.T) {
	small := launch.Limits{
		Address: launch.Rate{PerSecond: 1, Burst: 100}, Refused: launch.Rate{PerSecond: 1, Burst: 30}, Platform: launch.Rate{PerSecond: 1, Burst: 20},
	}
	for name, flood := range floods() {
		t.Run(name, func(t *testing.T) {
			s := limited(t, small)
			x := s.stranger("203.0.113.66")
			send := flood(x)
			seen := map[int]int{}
			for i := range 90 { // as many as the limit of a platform, many times over
				seen[send(i)]++
			}
			for i := range 15 {
				b := s.at(fmt.Sprintf("198.51.100.%d", i+1))
				s.enter(b, s.learner, s.window).is(http.StatusOK, "")
			}
			t.Logf("the stranger: %v", seen)
		})
	}
	t.Run("everything that anybody may ask", func(t *testing.T) {
		s := limited(t, small)
		x := s.stranger("203.0.113.66")
		for _, r := range launchtest.Addresses(t, s.server.Routes(), s.somewhere("x", policy.Version{}), func(r web.Route) bool { return r.Who == web.Anybody }) {
			for range 110 {
				x.send(r.Method, r.Path, nil)
			}
		}
		for i := range 15 {
			s.enter(s.at(fmt.Sprintf("198.51.100.%d", i+1)), s.learner, s.window).is(http.StatusOK, "")
		}
	})
}

// TestFloodAtACampus: somebody floods among those who share an address. Whoever launches, answers or reads there goes on,
// except where it cannot be told who is who: a login proves nothing, so that newcomers wait where logins are what floods.
func TestFloodAtACampus(t *testing.T) {
	tight := launch.Limits{
		Address: launch.Rate{PerSecond: 1, Burst: 60}, Refused: launch.Rate{PerSecond: 1, Burst: 20}, Platform: roomy,
	}
	for name, flood := range floods() {
		t.Run(name, func(t *testing.T) {
			s := limited(t, tight)
			early, waiting := s.at(campus), s.at(campus)
			opened := s.enter(early, s.other, s.window)
			begun := s.target(waiting, s.learner.ID, s.window) // at Moodle while it happens
			x := s.stranger(campus)
			logins := name == "logins"
			beginsLogins := logins || name == "junk with a state each"
			send := flood(x)
			for i := range 90 {
				if name == "junk with a state each" && i >= 40 {
					break
				}
				send(i)
			}
			s.settle(early, opened.acceptAll()) // a visit goes on
			s.post(waiting, "/lti/launch", begun.Form(begun.Token())).leads("pending")
			if again := s.post(early, "/lti/login", s.initiation(s.platform)); again.Status != http.StatusFound {
				t.Errorf("who has a visit begins another launch: %d", again.Status)
			}
			switch fresh := s.post(s.at(campus), "/lti/login", s.initiation(s.platform)); {
			case logins:
				if fresh.is(http.StatusTooManyRequests, "too_many").Header.Get("Retry-After") == "" {
					t.Error("no Retry-After")
				}
			case !beginsLogins && fresh.Status != http.StatusFound:
				t.Errorf("a newcomer's login: %d", fresh.Status)
			}
		})
	}
}

// TestStateIsUsedUp: whoever holds a login has a few tries with it, and no more, whatever they post.
func TestStateIsUsedUp(t *testing.T) {
	s := asking(t)
	x := s.stranger("203.0.113.66")
	target, cookies := x.attempt()
	good := target.Token()
	other := s.at("203.0.113.67")
	begun := s.target(other, s.learner.ID, s.window)
	for range 6 {
		if got := x.send(http.MethodPost, "/lti/launch", url.Values{"state": {target.State}, "id_token": {"a.b.c"}}, cookies...); got != http.StatusBadRequest {
			t.Fatalf("status %d", got)
		}
	}
	// Somebody without the cookie uses up nothing of another's login.
	for range 20 {
		x.send(http.MethodPost, "/lti/launch", url.Values{"state": {begun.State}, "id_token": {"a.b.c"}})
	}
	b := s.browser()
	b.SetCookies(toolOrigin+"/", cookies)
	s.unchanged(func() {
		s.post(b, "/lti/launch", target.Form(good)).is(http.StatusUnauthorized, string(lti.StateMismatch))
	})
	s.post(other, "/lti/launch", begun.Form(begun.Token())).leads("pending")
}

// TestStateIsUsedUpAlsoAtOnce: what comes at the same time is counted as what comes one after the other.
func TestStateIsUsedUpAlsoAtOnce(t *testing.T) {
	s := asking(t)
	x := s.stranger("203.0.113.66")
	target, cookies := x.attempt()
	var bad atomic.Int32
	var all sync.WaitGroup
	for range 40 {
		all.Go(func() {
			if x.send(http.MethodPost, "/lti/launch", url.Values{"state": {target.State}, "id_token": {"a.b.c"}}, cookies...) == http.StatusBadRequest {
				bad.Add(1)
			}
		})
	}
	all.Wait()
	if n := bad.Load(); n != 6 {
		t.Errorf("%d of 40 tokens were looked at, want 6", n)
	}
}

// TestCopiedMarkIsOneLogin: a state of ours is that of one login, for as long as a login lasts. Whoever puts its end behind
// something else, or keeps it, has no more with it than with the login.
func TestCopiedMarkIsOneLogin(t *testing.T) {
	tight := launch.Rate{PerSecond: 1e-6, Burst: 10}
	for name, c := range map[string]struct {
		state func(state string, i int) string
		late  bool
		most  int
	}{
		"the state itself":               {func(state string, _ int) string { return state }, false, 10 + 6},
		"something else before its mark": {func(state string, i int) string { return fmt.Sprintf("%032d", i) + lti.MarkOf(state) }, false, 10 + 6},
		"lines within its mark":          {func(state string, i int) string { return state + strings.Repeat("\n", i) }, false, 10 + 6},
		"a login of an hour ago":         {func(state string, _ int) string { return state }, true, 10},
	} {
		t.Run(name, func(t *testing.T) {
			s := limited(t, launch.Limits{Address: tight, Refused: roomy, Platform: roomy})
			begun := s.target(s.at("203.0.113.67"), s.learner.ID, s.window)
			if c.late {
				s.clock.pass(time.Hour)
			}
			x, seen := s.stranger("203.0.113.66"), 0
			for i := range 60 {
				if x.send(http.MethodPost, "/lti/launch", url.Values{"state": {c.state(begun.State, i)}, "id_token": {"a.b.c"}}) != http.StatusTooManyRequests {
					seen++
				}
			}
			if seen > c.most {
				t.Errorf("%d of 60 launches were looked at, want at most %d", seen, c.most)
			}
		})
	}
}

// TestLostLaunchIsCountedOnceALogin: what is lost in a frame is no more than one launch, however often it is posted.
func TestLostLaunchIsCountedOnceALogin(t *testing.T) {
	s := asking(t)
	for range 2 {
		target, _ := s.stranger("203.0.113.66").attempt()
		for i := range 20 {
			b := s.framedAt("203.0.113.66")
			form := url.Values{"state": {target.State}, "id_token": {"a.b.c"}}
			if i%2 == 1 {
				form.Set("state", fmt.Sprintf("%032d", i)+lti.MarkOf(target.State))
			}
			s.post(b, "/lti/launch", form)
		}
	}
	s.do("sightings")
	seen, err := s.db.Sightings(t.Context(), s.platform.ID, s.clock.now().Add(-time.Hour))
	s.must(err)
	if n := seen[store.FrameLost].Seen; n != 2 {
		t.Errorf("%d launches were lost, want 2", n)
	}
}

// slow is a body that never comes until it is let go. It says when somebody waits for it.
type slow struct{ waited, free chan struct{} }

func (b slow) Read([]byte) (int, error) {
	b.waited <- struct{}{}
	<-b.free
	return 0, io.EOF
}

// TestSlowSendersHoldUpNobodyElse: whoever announces long bodies and sends none takes the room that long bodies have at that
// address. What others post there is short, as forms and launches are, or belongs to a visit.
func TestSlowSendersHoldUpNobodyElse(t *testing.T) {
	s := limited(t, launch.Limits{Address: roomy, Refused: roomy, Platform: roomy})
	early := s.at(campus)
	opened := s.enter(early, s.other, s.window)
	b := slow{make(chan struct{}), make(chan struct{})}
	var all sync.WaitGroup
	defer all.Wait()
	defer close(b.free)
	for range 64 {
		r := httptest.NewRequest(http.MethodPost, s.setup.base+"/lti/launch", b)
		r.ContentLength, r.RemoteAddr = 256<<10, "127.0.0.1:1"
		r.Header.Set("Content-Type", formType)
		r.Header.Set("X-Forwarded-For", campus)
		all.Go(func() { do(s.server.Handler(), r) })
		<-b.waited
	}
	s.settle(early, opened.acceptAll())
	late := s.at(campus)
	s.settle(late, s.enter(late, s.learner, s.window).acceptAll())
	x := s.stranger(campus)
	if got := x.send(http.MethodPost, "/lti/launch", url.Values{"id_token": {strings.Repeat("x", 20<<10)}}); got != http.StatusTooManyRequests {
		t.Errorf("one more long body: %d", got)
	}
}

// TestNetworkOfIPv6: who has a whole network has many addresses, and yet not as many times the limit.
func TestNetworkOfIPv6(t *testing.T) {
	s := limited(t, launch.Limits{Address: launch.Rate{PerSecond: 1, Burst: 10}, Refused: roomy, Platform: roomy})
	refused := 0
	for i := range 60 { // 6 at each of 10 addresses
		if s.stranger(fmt.Sprintf("2001:db8:1:%x::1", i%10)).send(http.MethodGet, "/"+s.platform.ID+"/policies", nil) == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused != 20 {
		t.Errorf("%d of 60 requests of one network were refused, want 20", refused)
	}
	s.get(s.at("2001:db8:2:1::1"), "/"+s.platform.ID+"/policies").is(http.StatusOK, "")
}
