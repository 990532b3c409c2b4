package lti

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

var errNoNetwork = errors.New("tests do not leave this machine")

// sealedDialer lets the guard judge and then refuses what it let through, unless it is this machine.
func sealedDialer() *net.Dialer {
	return &net.Dialer{
		Timeout: time.Second,
		Control: func(_, address string, _ syscall.RawConn) error {
			if ap, err := netip.ParseAddrPort(address); err == nil && ap.Addr().IsLoopback() {
				return nil
			}
			return errNoNetwork
		},
	}
}

func fetchError(c *http.Client, address string) error {
	r, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		return &AddressError{Host: address, Reason: "malformed"}
	}
	resp, err := c.Do(r)
	if err == nil {
		_ = resp.Body.Close()
	}
	return err
}

func isRefused(err error) bool {
	_, ok := errors.AsType[*AddressError](err)
	return ok
}

func TestClientRefusesHostileAddresses(t *testing.T) {
	always := []string{
		"https://169.254.169.254/latest/meta-data/",
		"https://169.254.170.2/v2/credentials",
		"https://[::ffff:169.254.169.254]/",
		"https://[fd00:ec2::254]/latest/meta-data/",
		"https://[fd20:ce::254]/",
		"https://100.100.100.200/latest/meta-data/",
		"https://[::ffff:100.100.100.200]/",
		"https://192.0.0.192/latest/",
		"https://168.63.129.16/machine",
		"https://[fe80::a9fe:a9fe%25eth0]/",
		"https://0.0.0.0/",
		"https://255.255.255.255/",
		"https://224.0.0.1/",
		"https://[fe80::1]/",
		"https://[ff02::1]/",
		"https://[64:ff9b::7f00:1]/",
		"https://[2002:7f00:1::]/",
		"https://user:secret@93.184.216.34/",
		"https://user@93.184.216.34/",
		"http://93.184.216.34/",
		"http://10.0.0.1/",
		"http://moodle.test/",
		"ftp://93.184.216.34/",
		"file:///etc/passwd",
		"gopher://93.184.216.34/",
		"https:///nohost",
		"https:93.184.216.34",
		"/relative",
		"https://93.184.216.34/#fragment",
	}
	unlessPrivate := []string{
		"https://127.0.0.1/",
		"https://127.1.2.3:8443/",
		"https://10.0.0.1/",
		"https://10.255.255.255:3306/",
		"https://100.64.0.1/",
		"https://172.16.0.1/",
		"https://172.31.255.255/",
		"https://192.168.0.1/",
		"https://[::1]/",
		"https://[::ffff:127.0.0.1]/",
		"https://[::ffff:10.0.0.1]/",
		"https://[fd00::1]/",
		"http://127.0.0.1/",
		"http://localhost/",
		"http://[::1]/",
	}
	closed, open := newClient(false, sealedDialer()), newClient(true, sealedDialer())
	for _, a := range always {
		for _, c := range []*http.Client{closed, open} {
			if err := fetchError(c, a); !isRefused(err) {
				t.Errorf("%s (private allowed: %t): got %v", a, c == open, err)
			}
		}
	}
	for _, a := range unlessPrivate {
		if err := fetchError(closed, a); !isRefused(err) {
			t.Errorf("%s: got %v", a, err)
		}
		if err := fetchError(open, a); isRefused(err) {
			t.Errorf("%s with private networks allowed: got %v", a, err)
		}
	}
}

// A number in place of a host is a name here, which no resolver knows, never an address.
func TestClientTakesOddNumbersForNames(t *testing.T) {
	d := sealedDialer()
	d.Resolver = (&nameServer{answers: map[string][]string{}}).resolver()
	c := newClient(true, d)
	for _, host := range []string{"2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0x7f.1"} {
		err := fetchError(c, "https://"+host+"/")
		if _, ok := errors.AsType[*net.DNSError](err); !ok {
			t.Errorf("%s: got %v", host, err)
		}
	}
}

func TestClientReachesPublicAddressesOnAnyPort(t *testing.T) {
	c := newClient(false, sealedDialer())
	for _, a := range []string{"https://93.184.216.34/", "https://93.184.216.34:8443/"} {
		if err := fetchError(c, a); !errors.Is(err, errNoNetwork) {
			t.Errorf("%s: got %v", a, err)
		}
	}
	// A machine without IPv6 fails in another way.
	if err := fetchError(c, "https://[2606:2800:220:1::1]/"); isRefused(err) {
		t.Errorf("IPv6: got %v", err)
	}
}

// nameServer answers A questions from a table; each question takes the next answer, the last one stays.
type nameServer struct {
	mu      sync.Mutex
	answers map[string][]string // comma-separated addresses
}

func (s *nameServer) resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go s.serve(server)
		return client, nil
	}}
}

// serve speaks DNS over a stream: two bytes of length, then the message.
func (s *nameServer) serve(c net.Conn) {
	defer func() { _ = c.Close() }()
	for {
		var size [2]byte
		if _, err := io.ReadFull(c, size[:]); err != nil {
			return
		}
		buf := make([]byte, int(size[0])<<8|int(size[1]))
		if _, err := io.ReadFull(c, buf); err != nil {
			return
		}
		var q dnsmessage.Message
		if err := q.Unpack(buf); err != nil || len(q.Questions) != 1 {
			return
		}
		q.Response, q.Additionals = true, nil
		q.RCode = dnsmessage.RCodeSuccess
		addresses, known := s.next(q.Questions[0])
		if !known {
			q.RCode = dnsmessage.RCodeNameError
		}
		for _, a := range addresses {
			q.Answers = append(q.Answers, dnsmessage.Resource{
				Header: dnsmessage.ResourceHeader{Name: q.Questions[0].Name, Class: dnsmessage.ClassINET},
				Body:   &dnsmessage.AResource{A: a.As4()},
			})
		}
		out, err := q.Pack()
		if err != nil {
			return
		}
		if _, err := c.Write(append([]byte{byte(len(out) >> 8), byte(len(out))}, out...)); err != nil {
			return
		}
	}
}

func (s *nameServer) next(q dnsmessage.Question) (addresses []netip.Addr, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := strings.TrimSuffix(q.Name.String(), ".")
	answers, known := s.answers[name]
	if q.Type != dnsmessage.TypeA || len(answers) == 0 {
		return nil, known
	}
	if len(answers) > 1 {
		s.answers[name] = answers[1:]
	}
	for a := range strings.SplitSeq(answers[0], ",") {
		addresses = append(addresses, netip.MustParseAddr(a))
	}
	return addresses, true
}

func TestClientJudgesTheAddressThatItDials(t *testing.T) {
	var hits atomic.Int64
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer server.Close()
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	names := &nameServer{answers: map[string][]string{
		"rebind.test":   {"93.184.216.34", "127.0.0.1"},
		"both.test":     {"93.184.216.34,127.0.0.1"},
		"private.test":  {"10.1.2.3"},
		"metadata.test": {"169.254.169.254"},
		"alibaba.test":  {"100.100.100.200"},
	}}
	d := sealedDialer()
	d.Resolver = names.resolver()
	open := sealedDialer()
	open.Resolver = d.Resolver
	for _, host := range []string{"metadata.test", "alibaba.test"} {
		if err := fetchError(newClient(true, open), "https://"+host+":"+port+"/"); !isRefused(err) {
			t.Errorf("%s with private networks allowed: got %v", host, err)
		}
	}
	c := newClient(false, d)
	// What a check of the name beforehand would see is harmless.
	first, err := d.Resolver.LookupHost(t.Context(), "rebind.test")
	if err != nil || len(first) != 1 || first[0] != "93.184.216.34" {
		t.Fatalf("got %v, %v", first, err)
	}
	for _, host := range []string{"rebind.test", "private.test", "metadata.test"} {
		if err := fetchError(c, "https://"+host+":"+port+"/"); !isRefused(err) {
			t.Errorf("%s: got %v", host, err)
		}
	}
	if err := fetchError(c, "https://both.test:"+port+"/"); err == nil {
		t.Error("both.test was reached")
	}
	if hits.Load() != 0 {
		t.Errorf("the server on this machine was reached %d times", hits.Load())
	}
}

// redirecting serves /n as a redirect to /n-1 and /0 as the end; other paths lead where the query says.
func redirecting(w http.ResponseWriter, r *http.Request) {
	if to := r.URL.Query().Get("to"); to != "" {
		http.Redirect(w, r, to, http.StatusTemporaryRedirect)
		return
	}
	if n := r.URL.Path[1] - '0'; n > 0 {
		http.Redirect(w, r, "/"+string('0'+n-1), http.StatusFound)
		return
	}
	_, _ = io.WriteString(w, "end")
}

func TestClientRedirects(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(redirecting))
	defer server.Close()
	elsewhere := httptest.NewServer(http.HandlerFunc(redirecting))
	defer elsewhere.Close()
	c := NewClient(true)
	defer c.CloseIdleConnections()
	for _, tt := range []struct {
		path    string
		refused bool
	}{
		{"/0", false},
		{"/3", false},
		{"/4", true},
		{"/x?to=" + elsewhere.URL + "/0", true},
		{"/x?to=http://169.254.169.254/", true},
		{"/x?to=file:///etc/passwd", true},
	} {
		err := fetchError(c, server.URL+tt.path)
		if isRefused(err) != tt.refused || (!tt.refused && err != nil) {
			t.Errorf("%s: got %v", tt.path, err)
		}
	}
	resp, err := c.Post(server.URL+"/x?to=/0", "text/plain", strings.NewReader("secret"))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusTemporaryRedirect {
		t.Errorf("a POST was redirected: status %d", resp.StatusCode)
	}
}

func TestClientIgnoresProxiesAndGivesUp(t *testing.T) {
	c := NewClient(false)
	g, ok := c.Transport.(*guardedTransport)
	if !ok || g.base.Proxy != nil {
		t.Error("the client may use a proxy, which would dial for it")
	}
	if c.Timeout != 10*time.Second || g.base.TLSClientConfig.MinVersion < 0x0303 {
		t.Error("the client waits too long or speaks an old TLS")
	}
}

func TestLoopbackHosts(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST.": true, "moodle.localhost": true, "127.0.0.1": true, "127.9.9.9": true,
		"::1": true, "::ffff:127.0.0.1": true,
		"localhost.evil.test": false, "evillocalhost": false, "127.0.0.1.evil.test": false, "10.0.0.1": false, "": false,
	} {
		if loopback(host) != want {
			t.Errorf("%q: %t", host, !want)
		}
	}
}

func TestCheckURL(t *testing.T) {
	for _, tt := range []struct {
		address      string
		open, closed bool
	}{
		{"https://moodle.test:8443/a?b", true, true},
		{"http://localhost:8080/", true, false},
		{"http://moodle.test/", false, false},
		{"https://user@moodle.test/", false, false},
		{"https://moodle.test/#a", false, false},
		{"https://", false, false},
		{"https://[", false, false},
		{"", false, false},
	} {
		for _, private := range []bool{false, true} {
			want := tt.closed
			if private {
				want = tt.open
			}
			if err := CheckURL(tt.address, private); (err == nil) != want || (err != nil && !isRefused(err)) {
				t.Errorf("%q (private allowed: %t): got %v", tt.address, private, err)
			}
		}
	}
}
