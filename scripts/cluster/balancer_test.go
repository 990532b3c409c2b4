//go:build linux

package main

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// answering is a replica that listens; one that is about to end takes a request and closes the connection.
func answering(t *testing.T, ends bool) *replica {
	srv := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if ends {
			panic(http.ErrAbortHandler)
		}
	}))
	t.Cleanup(srv.Close)
	r := &replica{address: srv.Listener.Addr().String()}
	r.healthy.Store(true)
	return r
}

// What Caddy sends to the other replica is what deploy/Caddyfile says, no more and no less.
func TestBalancerSendsTwiceWhatTheCaddyfileSays(t *testing.T) {
	settings, err := readProxy("../../deploy/Caddyfile")
	if err != nil {
		t.Fatal(err)
	}
	if settings.healthEvery <= 0 || settings.healthTimeout <= 0 || settings.failFor <= 0 || settings.tryFor <= 0 || !settings.noKeepAlive {
		t.Errorf("settings: %+v", settings)
	}
	for _, c := range []struct {
		method, path string
		arrives      bool
	}{
		{http.MethodGet, "/l/1/agreements", true},
		{http.MethodPost, "/lti/login", true},
		{http.MethodPost, "/lti/login/1/door", true},
		{http.MethodPost, "/lti/launch", true},
		{http.MethodPost, "/l/1/pending", true},
		{http.MethodPost, "/l/1/agreements", true},
		{http.MethodPost, "/l/1/admin/policies", false},
		{http.MethodPost, "/lti/launches", false},
	} {
		t.Run(c.method+" "+c.path, func(t *testing.T) {
			ends, other := answering(t, true), answering(t, false)
			other.inUse.Store(1) // so that the one that ends is asked first
			b := &balancer{
				proxy: settings, replicas: []*replica{ends, other}, cancel: func() {}, outside: &http.Transport{},
				road: &http.Transport{DisableKeepAlives: settings.noKeepAlive, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
			}
			defer b.close()
			req, err := http.NewRequestWithContext(t.Context(), c.method, "https://"+toolHost+c.path, strings.NewReader("a=b"))
			if err != nil {
				t.Fatal(err)
			}
			resp, err := b.RoundTrip(req)
			if err == nil {
				resp.Body.Close() //nolint:errcheck // only whether it came counts
			}
			if (err == nil) != c.arrives {
				t.Errorf("it arrives: %v, want %v (%v)", err == nil, c.arrives, err)
			}
			if c.arrives && time.Since(time.Unix(0, ends.failed.Load())) > time.Hour {
				t.Error("the replica that ended was never asked")
			}
		})
	}
}
