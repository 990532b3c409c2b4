package ltitest

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
)

// Network is a [http.RoundTripper] that reaches handlers in this process by origin, such as
// "https://tool.example:9443", without sockets, certificates or name service. It is safe for concurrent use.
type Network struct {
	mu    sync.Mutex
	hosts map[string]http.Handler
	calls map[string]int
}

// Connect serves an origin by h, in place of an earlier handler. A nil handler takes it off the network.
func (n *Network) Connect(origin string, h http.Handler) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.hosts == nil {
		n.hosts, n.calls = map[string]http.Handler{}, map[string]int{}
	}
	n.hosts[origin] = h
}

// Calls is how often an address (without query) was asked for.
func (n *Network) Calls(address string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.calls[address]
}

// Client returns a client on this network that follows no redirects.
func (n *Network) Client() *http.Client {
	return &http.Client{Transport: n, CheckRedirect: stay}
}

func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// RoundTrip runs the handler of the request's origin in the caller's goroutine.
func (n *Network) RoundTrip(r *http.Request) (*http.Response, error) {
	origin := r.URL.Scheme + "://" + r.URL.Host
	n.mu.Lock()
	h := n.hosts[origin]
	if n.calls != nil {
		n.calls[origin+r.URL.Path]++
	}
	n.mu.Unlock()
	if h == nil {
		return nil, fmt.Errorf("connecting to %s: no such host", origin)
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	in := r.Clone(r.Context())
	in.RequestURI, in.RemoteAddr, in.Proto, in.ProtoMajor, in.ProtoMinor = r.URL.RequestURI(), "192.0.2.1:4711", "HTTP/1.1", 1, 1
	if in.Host == "" {
		in.Host = r.URL.Host
	}
	if in.Body == nil {
		in.Body = http.NoBody
	}
	if r.URL.Scheme == "https" {
		in.TLS = &tls.ConnectionState{Version: tls.VersionTLS13, HandshakeComplete: true}
	}
	w := &recorder{header: http.Header{}}
	h.ServeHTTP(w, in)
	in.Body.Close()
	w.WriteHeader(http.StatusOK)
	if w.sent.Get("Content-Type") == "" && w.body.Len() > 0 {
		w.sent.Set("Content-Type", http.DetectContentType(w.body.Bytes()))
	}
	return &http.Response{
		Status: strconv.Itoa(w.status) + " " + http.StatusText(w.status), StatusCode: w.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: w.sent,
		Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()), Request: r,
	}, nil
}

type recorder struct {
	header, sent http.Header
	status       int
	body         bytes.Buffer
}

func (w *recorder) Header() http.Header { return w.header }

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status, w.sent = status, w.header.Clone()
	}
}

func (w *recorder) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(b)
}
