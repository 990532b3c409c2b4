package lti

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

const testSetURL = "https://moodle.test/certs"

// keyServer stands in for the platform: it answers with whatever it is told to.
type keyServer struct {
	mu      sync.Mutex
	status  int
	body    []byte
	header  http.Header
	err     error
	fetches atomic.Int64
	gate    chan struct{} // not nil: answers wait for it
}

func (s *keyServer) RoundTrip(r *http.Request) (*http.Response, error) {
	s.fetches.Add(1)
	if s.gate != nil {
		select {
		case <-s.gate:
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return nil, s.err
	}
	return &http.Response{
		StatusCode: s.status, Header: s.header, Body: io.NopCloser(bytes.NewReader(s.body)), Request: r,
	}, nil
}

func (s *keyServer) serve(t testing.TB, kids ...string) {
	t.Helper()
	var ring KeyRing
	for _, k := range kids {
		ring = append(ring, testKey(k, KeyCurrent))
	}
	raw, err := ring.JWKS()
	if err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status, s.body, s.err = http.StatusOK, raw, nil
}

func (s *keyServer) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func newKeyServer(t testing.TB, kids ...string) (*keyServer, *keySets, *clock) {
	t.Helper()
	s := &keyServer{header: http.Header{}}
	s.serve(t, kids...)
	c := &clock{now: start}
	return s, newKeySets(&http.Client{Transport: s}, c.Now), c
}

func wantKey(t *testing.T, sets *keySets, kid string, code Code) {
	t.Helper()
	key, err := sets.find(context.Background(), testSetURL, kid)
	if CodeOf(err) != code || (key == nil) != (code != "") {
		t.Errorf("%s: got key %t, %v; want %q", kid, key != nil, err, code)
	}
}

func wantFetches(t *testing.T, s *keyServer, n int64) {
	t.Helper()
	if got := s.fetches.Load(); got != n {
		t.Errorf("%d fetches, want %d", got, n)
	}
}

func TestKeySetIsFetchedOnce(t *testing.T) {
	s, sets, c := newKeyServer(t, "a")
	for range 10 {
		wantKey(t, sets, "a", "")
	}
	c.Advance(defaultKeySetLife - time.Second)
	wantKey(t, sets, "a", "")
	wantFetches(t, s, 1)
	c.Advance(time.Second)
	wantKey(t, sets, "a", "")
	wantFetches(t, s, 2)
}

func TestRandomKidsCauseOneFetchAMinute(t *testing.T) {
	s, sets, c := newKeyServer(t, "a")
	wantKey(t, sets, "a", "")
	const minutes, perMinute = 5, 200
	for i := range minutes * perMinute {
		wantKey(t, sets, fmt.Sprintf("forged-%d", i), KidUnknown)
		wantKey(t, sets, "a", "")
		c.Advance(time.Minute / perMinute)
	}
	if got := s.fetches.Load(); got > minutes+1 {
		t.Errorf("%d fetches in %d minutes", got, minutes)
	}
}

// TestSameUnknownKidIsNotAskedForTwiceAMinute: that a key is not there is remembered as long as the fetch that showed it.
func TestSameUnknownKidIsNotAskedForTwiceAMinute(t *testing.T) {
	s, sets, c := newKeyServer(t, "a")
	for range 10 {
		wantKey(t, sets, "x", KidUnknown)
	}
	c.Advance(refetchInterval - time.Second)
	wantKey(t, sets, "x", KidUnknown)
	wantFetches(t, s, 1)
	c.Advance(time.Second)
	wantKey(t, sets, "x", KidUnknown)
	wantFetches(t, s, 2)
}

// TestRotatedKeyIsFound: at once if nothing was fetched in the last minute, else as soon as it is over, however often
// somebody asked in vain before, and for whatever else.
func TestRotatedKeyIsFound(t *testing.T) {
	s, sets, c := newKeyServer(t, "a")
	wantKey(t, sets, "a", "")
	c.Advance(refetchInterval)
	s.serve(t, "b")
	wantKey(t, sets, "b", "")
	wantFetches(t, s, 2)
	wantKey(t, sets, "a", KidUnknown)

	s.serve(t, "c")
	for i := range 60 {
		wantKey(t, sets, "c", KidUnknown) // fetched a moment ago
		wantKey(t, sets, fmt.Sprintf("forged-%d", i), KidUnknown)
		c.Advance(time.Second)
	}
	wantFetches(t, s, 2)
	wantKey(t, sets, "c", "")
	wantFetches(t, s, 3)
}

// TestUnknownKidsTakeNoMemory: whoever invents keys leaves nothing behind.
func TestUnknownKidsTakeNoMemory(t *testing.T) {
	_, sets, _ := newKeyServer(t, "a")
	for i := range 3000 {
		_, _ = sets.find(t.Context(), testSetURL, fmt.Sprintf("forged-%d", i))
	}
	if n, keys := len(sets.sets), len(sets.sets[testSetURL].keys); n != 1 || keys != 1 {
		t.Errorf("%d sets kept, %d keys", n, keys)
	}
}

func TestStaleKeysServeWhileThePlatformIsDown(t *testing.T) {
	s, sets, c := newKeyServer(t, "a")
	wantKey(t, sets, "a", "")
	s.fail(errors.New("down"))
	c.Advance(defaultKeySetLife)
	for range 10 {
		wantKey(t, sets, "a", "")
	}
	wantFetches(t, s, 2)
	wantKey(t, sets, "b", JWKSUnavailable)
	c.Advance(staleKeySetLife - time.Second)
	wantKey(t, sets, "a", "")
	c.Advance(time.Second)
	wantKey(t, sets, "a", JWKSUnavailable)
	s.serve(t, "a")
	c.Advance(retryInterval)
	wantKey(t, sets, "a", "")
}

func TestFailureWithoutKeysIsTriedAgainSoon(t *testing.T) {
	s, sets, c := newKeyServer(t, "a")
	s.fail(errors.New("down"))
	for range 10 {
		wantKey(t, sets, "a", JWKSUnavailable)
	}
	wantFetches(t, s, 1)
	s.serve(t, "a")
	c.Advance(retryInterval)
	wantKey(t, sets, "a", "")
}

func TestBadKeySetsAreUnavailable(t *testing.T) {
	good, err := KeyRing{testKey("a", KeyCurrent)}.JWKS()
	if err != nil {
		t.Fatal(err)
	}
	big := append(bytes.Repeat([]byte(" "), maxDocument), good...)
	for _, tt := range []struct {
		name   string
		status int
		body   []byte
	}{
		{"not found", http.StatusNotFound, good},
		{"redirect", http.StatusFound, good},
		{"too large", http.StatusOK, big},
		{"a page", http.StatusOK, []byte("<html>")},
		{"no keys", http.StatusOK, []byte(`{"keys":[]}`)},
		{"no usable key", http.StatusOK, []byte(`{"keys":[{"kty":"oct","kid":"a","k":"AAAA"}]}`)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, sets, _ := newKeyServer(t, "a")
			s.status, s.body = tt.status, tt.body
			wantKey(t, sets, "a", JWKSUnavailable)
		})
	}
	t.Run("just within the limit", func(t *testing.T) {
		s, sets, _ := newKeyServer(t, "a")
		s.body = big[len(good):]
		wantKey(t, sets, "a", "")
	})
}

func TestKeySetLifeFollowsTheHeaderWithinBounds(t *testing.T) {
	for header, want := range map[string]time.Duration{
		"":                          time.Hour,
		"public":                    time.Hour,
		"max-age=1800":              30 * time.Minute,
		"public, Max-Age=\"1800\"":  30 * time.Minute,
		"max-age=0":                 5 * time.Minute,
		"max-age=99999999":          24 * time.Hour,
		"max-age=99999999999999999": time.Hour,
		"max-age=-5":                time.Hour,
		"no-store, max-age=1800":    5 * time.Minute,
		"no-cache":                  5 * time.Minute,
	} {
		if got := keySetLife(http.Header{"Cache-Control": {header}}); got != want {
			t.Errorf("%q gives %v, want %v", header, got, want)
		}
	}
}

func TestConcurrentLaunchesShareOneFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, sets, _ := newKeyServer(t, "a")
		s.gate = make(chan struct{})
		impatient, giveUp := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := sets.find(impatient, testSetURL, "a"); CodeOf(err) != JWKSUnavailable || !errors.Is(err, context.Canceled) {
				t.Errorf("the impatient one got %v", err)
			}
		})
		synctest.Wait()
		for range 20 {
			wg.Go(func() { wantKey(t, sets, "a", "") })
		}
		synctest.Wait()
		giveUp() // must not stop the others
		synctest.Wait()
		close(s.gate)
		wg.Wait()
		wantFetches(t, s, 1)
	})
}

func TestSetsOfDifferentPlatformsAreApart(t *testing.T) {
	_, sets, _ := newKeyServer(t, "a")
	wantKey(t, sets, "a", "")
	other := strings.Replace(testSetURL, "moodle", "other", 1)
	if _, err := sets.find(t.Context(), other, "b"); CodeOf(err) != KidUnknown {
		t.Errorf("got %v", err)
	}
	wantKey(t, sets, "a", "")
}

func TestVerifyFetchesTheKeySet(t *testing.T) {
	s, _, c := newKeyServer(t, testKID)
	tool := New(Config{BaseURL: testBase, Now: c.Now, Client: &http.Client{Transport: s}})
	if _, err := tool.Verify(t.Context(), moodle(), learnerAttempt(t), signClaims(launchClaims(t))); err != nil {
		t.Error(err)
	}
	// Nothing is fetched for a token that cannot be one.
	for _, bad := range []string{"x", signRaw(testKeys()[0], encode(map[string]any{"alg": "none"}), "e30")} {
		if _, err := tool.Verify(t.Context(), moodle(), learnerAttempt(t), bad); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
	wantFetches(t, s, 1)
}
