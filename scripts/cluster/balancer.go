//go:build linux

package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// balancer does what deploy/Caddyfile says: the replica with the fewest requests of those that say at /readyz that
// they are ready. A request that reaches none is tried for some seconds, and what may be sent twice goes to the
// other replica when the one that has it ends.
type balancer struct {
	proxy
	replicas []*replica
	road     *http.Transport // to the replicas
	outside  *http.Transport // to the Moodle site
	cancel   context.CancelFunc
}

// proxy is what deploy/Caddyfile sets.
type proxy struct {
	healthEvery, healthTimeout, failFor, tryFor time.Duration
	noKeepAlive                                 bool
	twice                                       []string // paths of forms that may be sent twice
}

// tryEvery is Caddy's default.
const tryEvery = 250 * time.Millisecond

var retriedForms = regexp.MustCompile(`method POST\s+path (.+)`)

// readProxy reads the settings from a Caddyfile, which must have all of them.
func readProxy(file string) (proxy, error) {
	var p proxy
	b, err := os.ReadFile(file)
	if err != nil {
		return p, fmt.Errorf("reading the proxy's settings: %w", err)
	}
	for name, d := range map[string]*time.Duration{
		"health_interval": &p.healthEvery, "health_timeout": &p.healthTimeout,
		"fail_duration": &p.failFor, "lb_try_duration": &p.tryFor,
	} {
		m := regexp.MustCompile(`(?m)^\s*` + name + ` (\S+)$`).FindSubmatch(b)
		if m == nil {
			return p, fmt.Errorf("%s has no %s", file, name)
		}
		if *d, err = time.ParseDuration(string(m[1])); err != nil {
			return p, fmt.Errorf("%s: %s: %w", file, name, err)
		}
	}
	forms := retriedForms.FindSubmatch(b)
	if forms == nil {
		return p, fmt.Errorf("%s names no forms that may be sent twice", file)
	}
	p.twice = strings.Fields(string(forms[1]))
	p.noKeepAlive = strings.Contains(string(b), "keepalive off")
	return p, nil
}

// again reports whether a request may be sent a second time when nobody knows what became of it.
func (p proxy) again(req *http.Request) bool {
	if req.Method != http.MethodPost {
		return req.Method == http.MethodGet || req.Method == http.MethodHead
	}
	return slices.ContainsFunc(p.twice, func(pattern string) bool {
		if folder, ok := strings.CutSuffix(pattern, "*"); ok {
			return strings.HasPrefix(req.URL.Path, folder)
		}
		ok, err := path.Match(pattern, req.URL.Path)
		return ok && err == nil
	})
}

func newBalancer(p proxy, trust *x509.CertPool, replicas ...*replica) *balancer {
	ctx, cancel := context.WithCancel(context.Background())
	secure := &tls.Config{RootCAs: trust, ServerName: toolHost}
	b := &balancer{
		proxy: p, replicas: replicas, cancel: cancel,
		road:    &http.Transport{TLSClientConfig: secure, DisableKeepAlives: p.noKeepAlive},
		outside: &http.Transport{MaxIdleConnsPerHost: 32},
	}
	for _, r := range replicas {
		go b.watch(ctx, r)
	}
	return b
}

func (b *balancer) close() {
	b.cancel()
	b.road.CloseIdleConnections()
	b.outside.CloseIdleConnections()
}

func (b *balancer) watch(ctx context.Context, r *replica) {
	tick := time.NewTicker(b.healthEvery)
	defer tick.Stop()
	for {
		r.healthy.Store(b.ready(ctx, r))
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// ready asks a replica whether it can serve.
func (b *balancer) ready(ctx context.Context, r *replica) bool {
	ctx, cancel := context.WithTimeout(ctx, b.healthTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+r.address+"/readyz", nil)
	if err != nil {
		return false
	}
	resp, err := b.road.RoundTrip(req)
	if err != nil {
		return false
	}
	resp.Body.Close() //nolint:errcheck // only the status counts
	return resp.StatusCode == http.StatusOK
}

// RoundTrip sends what is for the tool to a replica, and all else, the Moodle site, on its way.
func (b *balancer) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Host != toolHost {
		return b.outside.RoundTrip(req)
	}
	for late := time.Now().Add(b.tryFor); ; time.Sleep(tryEvery) {
		if r := b.pick(); r != nil {
			resp, lost, err := b.send(req, r)
			if err == nil || lost || req.Context().Err() != nil {
				return resp, err
			}
			r.failed.Store(time.Now().UnixNano())
		}
		if time.Now().After(late) {
			return nil, errNoReplica
		}
	}
}

// errNoReplica is what Caddy answers with 503.
var errNoReplica = errors.New("no replica is ready")

func (b *balancer) pick() *replica {
	var best *replica
	for _, i := range mathrand.Perm(len(b.replicas)) {
		r := b.replicas[i]
		if !r.healthy.Load() || time.Since(time.Unix(0, r.failed.Load())) < b.failFor {
			continue
		}
		if best == nil || r.inUse.Load() < best.inUse.Load() {
			best = r
		}
	}
	return best
}

// send passes a request on. lost says that the replica may have it, and that it must not have it twice.
func (b *balancer) send(req *http.Request, r *replica) (_ *http.Response, lost bool, _ error) {
	r.inUse.Add(1)
	out := req.Clone(req.Context())
	out.Host, out.URL.Host = toolHost, r.address
	if req.GetBody != nil {
		body, err := req.GetBody()
		if err != nil {
			return nil, true, err
		}
		out.Body = body
	}
	resp, err := b.road.RoundTrip(out)
	if err != nil {
		r.inUse.Add(-1)
		var dial *net.OpError
		unsent := errors.As(err, &dial) && dial.Op == "dial" && errors.Is(err, syscall.ECONNREFUSED)
		return nil, !unsent && !b.again(req), err
	}
	resp.Body = &counted{resp.Body, sync.OnceFunc(func() { r.inUse.Add(-1) })}
	resp.Request = req
	return resp, false, nil
}

// counted tells when an answer was read.
type counted struct {
	body io.ReadCloser
	done func()
}

func (c *counted) Read(p []byte) (int, error) { return c.body.Read(p) }

func (c *counted) Close() error {
	c.done()
	return c.body.Close()
}
