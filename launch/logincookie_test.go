package launch_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"ltipolicy/policy"
)

// held are the cookies of login attempts in a jar, by name, as a browser keeps them.
type jar map[string]string

func (j jar) take(h http.Header) {
	for _, c := range (&http.Response{Header: h}).Cookies() {
		if c.MaxAge < 0 {
			delete(j, c.Name)
		} else {
			j[c.Name] = c.Value
		}
	}
}

func (j jar) header() string {
	var all []string
	for name, value := range j {
		all = append(all, name+"="+value)
	}
	return strings.Join(all, "; ")
}

// begin has a browser begin a login for an element of a page, with the cookies as they were.
func (s *site) begin(dest, cookies string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, s.setup.base+"/lti/login?"+s.initiation(s.platform).Encode(), nil)
	if dest != "" {
		r.Header.Set("Sec-Fetch-Dest", dest)
	}
	if cookies != "" {
		r.Header.Set("Cookie", cookies)
	}
	return do(s.server.Handler(), r)
}

// TestLoginIsForWhatIsShown: an image, a script or data of some page begins no login, leaves no cookie and costs nobody
// anything.
func TestLoginIsForWhatIsShown(t *testing.T) {
	s := newSite(t)
	for _, dest := range []string{"image", "script", "style", "empty", "video", "font", "audio", "track", "worker", "manifest"} {
		got := s.begin(dest, "")
		if got.Code != http.StatusForbidden || got.Header().Get("Set-Cookie") != "" || got.Header().Get("Location") != "" {
			t.Errorf("%s: status %d, cookie %q, to %q", dest, got.Code, got.Header().Get("Set-Cookie"), got.Header().Get("Location"))
		}
	}
	for dest, partitioned := range map[string]bool{"": false, "document": false, "iframe": true, "frame": true, "embed": true, "object": true} {
		got := s.begin(dest, "")
		if c := got.Result().Cookies(); got.Code != http.StatusFound || len(c) != 1 || c[0].Partitioned != partitioned {
			t.Errorf("%q: status %d, cookies %v", dest, got.Code, c)
		}
	}
	r := httptest.NewRequest(http.MethodGet, s.setup.base+"/lti/login?"+s.initiation(s.platform).Encode(), nil)
	r.Header.Set("Sec-Fetch-Dest", "document")
	r.Header.Set("Sec-Purpose", "prefetch")
	if got := do(s.server.Handler(), r); got.Code != http.StatusForbidden || got.Header().Get("Set-Cookie") != "" {
		t.Errorf("in advance: status %d", got.Code)
	}
}

// TestBrowserHoldsEightLogins: one after the other the oldest is forgotten, and however many begin at once, there are not
// more names than eight.
func TestBrowserHoldsEightLogins(t *testing.T) {
	s := newSite(t)
	one := jar{}
	var last string
	for range 30 {
		got := s.begin("document", one.header())
		one.take(got.Header())
		if len(one) > 8 {
			t.Fatalf("%d cookies", len(one))
		}
		last = got.Header().Get("Location")
	}
	if len(one) != 8 || last == "" {
		t.Errorf("%d cookies", len(one))
	}

	many := jar{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 60 {
		wg.Go(func() {
			got := s.begin("iframe", "")
			mu.Lock()
			defer mu.Unlock()
			many.take(got.Header())
		})
	}
	wg.Wait()
	if len(many) > 8 {
		t.Errorf("%d cookies of logins that began at once", len(many))
	}
	if n := len(many.header()); n > 3000 {
		t.Errorf("they are %d bytes", n)
	}
}

// TestLoginsThatBeginTogetherEndEach: as many tabs and frames as there is room for, each in its own page.
func TestLoginsThatBeginTogetherEndEach(t *testing.T) {
	s := asking(t)
	b := s.browser()
	var forms []func() *view
	for range 8 {
		other := s.browser() // none knows of the others' cookies yet
		target := s.target(other, s.learner.ID, s.window)
		b.SetCookies(toolOrigin+"/", cookiesOf(other.Cookies(toolOrigin+"/")))
		forms = append(forms, func() *view { return s.post(b, "/lti/launch", target.Form(target.Token())) })
	}
	for _, post := range forms {
		post().leads("pending")
	}
}

func cookiesOf(cs []*http.Cookie) (out []*http.Cookie) {
	for _, c := range cs {
		out = append(out, &http.Cookie{Name: c.Name, Value: c.Value, Path: "/", Secure: true})
	}
	return out
}

// TestTooManyLoginCookiesEnd: whatever a browser carries that begins like a login of ours, at the next login it has eight,
// the newest.
func TestTooManyLoginCookiesEnd(t *testing.T) {
	s := asking(t)
	full := jar{}
	for range 8 {
		full.take(s.begin("document", full.header()).Header())
	}
	for i := range 40 {
		full[fmt.Sprintf("__Host-lti-%016x", i)] = strings.Repeat("x", 700) // as they were once, or anybody's of this host
	}
	full.take(s.begin("document", full.header()).Header())
	if len(full) != 8 {
		t.Errorf("%d cookies", len(full))
	}
	// In a frame, what stands in the other jar under such a name ends, too.
	got := s.begin("iframe", full.header())
	gone := map[string]int{}
	for _, c := range got.Result().Cookies() {
		if c.MaxAge < 0 {
			gone[c.Name]++
		}
	}
	if len(gone) != 1 {
		t.Errorf("%d names were made free, want one", len(gone))
	}
	for name, n := range gone {
		if n != 2 {
			t.Errorf("%s was taken out of %d jars", name, n)
		}
	}
}

// TestAllCookiesTogether: everything that a browser can carry of ours, logins under way and visits, is well below the 8 kB that the
// strictest proxies let through.
func TestAllCookiesTogether(t *testing.T) {
	s := asking(t)
	s.load("more", draft(policy.Agree, english("More", "Be kinder.")))
	b := s.browser()
	for range 10 {
		s.launch(b, s.learner, s.window)
	}
	for range 10 {
		s.post(b, "/lti/login", s.initiation(s.platform, with("target_link_uri", s.setup.base+"/lti/launch?"+strings.Repeat("x", 1900))))
	}
	total := 0
	for _, c := range b.Cookies(toolOrigin + "/") {
		total += len(c.Name) + len(c.Value) + 3
	}
	t.Logf("%d cookies, %d bytes", len(b.Cookies(toolOrigin+"/")), total)
	if n := len(b.Cookies(toolOrigin + "/")); n != 16 || total > 5500 {
		t.Errorf("%d cookies of %d bytes", n, total)
	}
}
