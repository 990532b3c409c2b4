package lti

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"code.dny.dev/ssrf"
)

const (
	requestTimeout = 10 * time.Second
	maxRedirects   = 3
	maxDocument    = 1 << 20 // of every document that a platform serves
	notPublic      = "not a public address"
)

// AddressError says that the guarded client refused to go to an address.
type AddressError struct {
	Host   string
	Reason string
	Err    error // cause, for the log

	is Trouble // what it is to who looks at a connection; "": TroubleRefused
	to string  // where a redirect to another host leads, without its query
}

func (e *AddressError) Error() string { return fmt.Sprintf("address %q refused: %s", e.Host, e.Reason) }

// Unwrap returns the cause.
func (e *AddressError) Unwrap() error { return e.Err }

// NewClient returns the one client for requests to addresses that come from outside. It speaks https only,
// to public addresses only, which it checks after the name was resolved, so that an answer of the name
// server that changes does not help. It follows no redirect of a POST and at most three of a GET, all on
// the same scheme and host, gives up after ten seconds, and uses no proxy of the environment. With
// allowPrivate it also goes to private and loopback networks and speaks http to the machine itself. It never goes
// where clouds serve credentials to whoever asks. Refusals are [*AddressError].
//
// Send its requests with [Send]. Readers of answers must still limit what they read.
func NewClient(allowPrivate bool) *http.Client {
	return newClient(allowPrivate, &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second})
}

func newClient(allowPrivate bool, d *net.Dialer) *http.Client {
	// A Moodle may stand on any port; only the address decides.
	options := []ssrf.Option{ssrf.WithAnyPort()}
	if allowPrivate {
		options = append(options, ssrf.WithAllowedV4Prefixes(private4...), ssrf.WithAllowedV6Prefixes(private6...))
	}
	guard := guard{ssrf.New(options...)}
	inner := d.Control
	d.Control = func(network, address string, c syscall.RawConn) error {
		if err := guard.safe(network, address, c); err != nil {
			to, _ := netip.ParseAddrPort(address)
			return guard.refusal(address, to.Addr(), err)
		}
		if inner != nil {
			return inner(network, address, c)
		}
		return nil
	}
	return &http.Client{
		Timeout:       requestTimeout,
		CheckRedirect: checkRedirect,
		Transport: &guardedTransport{
			allowHTTP: allowPrivate,
			guard:     guard,
			base: &http.Transport{
				DialContext:            d.DialContext,
				TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
				ForceAttemptHTTP2:      true,
				TLSHandshakeTimeout:    5 * time.Second,
				ResponseHeaderTimeout:  requestTimeout,
				IdleConnTimeout:        90 * time.Second,
				MaxIdleConns:           64,
				MaxIdleConnsPerHost:    4,
				MaxResponseHeaderBytes: 64 << 10,
			},
		},
	}
}

// What allowPrivate admits.
var (
	private4 = []netip.Prefix{
		netip.MustParsePrefix("10.0.0.0/8"),
		netip.MustParsePrefix("100.64.0.0/10"),
		netip.MustParsePrefix("127.0.0.0/8"),
		netip.MustParsePrefix("172.16.0.0/12"),
		netip.MustParsePrefix("192.168.0.0/16"),
	}
	private6 = []netip.Prefix{
		netip.MustParsePrefix("::1/128"),
		netip.MustParsePrefix("fc00::/7"),
	}
)

// metadata are the addresses at which clouds tell machines their credentials: link-local ones, and those that lie among
// private or public ones (Amazon, Google, Alibaba, Oracle, Azure).
var metadata = []netip.Prefix{
	netip.MustParsePrefix("169.254.0.0/16"),
	netip.MustParsePrefix("fe80::/10"),
	netip.MustParsePrefix("fd00:ec2::/32"),
	netip.MustParsePrefix("fd20:ce::/32"),
	netip.MustParsePrefix("100.100.100.200/32"),
	netip.MustParsePrefix("192.0.0.192/32"),
	netip.MustParsePrefix("168.63.129.16/32"),
}

// guard judges addresses. What it never lets through comes before what is allowed.
type guard struct{ *ssrf.Guardian }

func (g guard) safe(network, address string, c syscall.RawConn) error {
	if to, err := netip.ParseAddrPort(address); err == nil {
		if err := g.safeAddr(to.Addr()); err != nil {
			return err
		}
	}
	return g.Safe(network, address, c)
}

func (g guard) safeAddr(ip netip.Addr) error {
	ip = ip.Unmap().WithZone("")
	if within(ip, metadata) {
		return fmt.Errorf("%w: %s is where a cloud serves credentials", ssrf.ErrProhibitedIP, ip)
	}
	return g.SafeAddr(ip)
}

// refusal is of an address that is not safe, and says whether allowing private networks would admit it.
func (g guard) refusal(host string, ip netip.Addr, cause error) *AddressError {
	e := &AddressError{Host: host, Reason: notPublic, Err: cause}
	if ip = ip.Unmap().WithZone(""); !within(ip, metadata) && (within(ip, private4) || within(ip, private6)) {
		e.is = TroubleAddress
	}
	return e
}

func within(ip netip.Addr, networks []netip.Prefix) bool {
	return slices.ContainsFunc(networks, func(p netip.Prefix) bool { return p.Contains(ip) })
}

func checkRedirect(r *http.Request, via []*http.Request) error {
	first := via[0]
	if first.Method != http.MethodGet && first.Method != http.MethodHead {
		return http.ErrUseLastResponse
	}
	if len(via) > maxRedirects {
		return &AddressError{Host: r.URL.Host, Reason: "too many redirects", is: TroubleRedirect}
	}
	if origin(r.URL) == "" || origin(r.URL) != origin(first.URL) {
		return &AddressError{Host: r.URL.Host, Reason: "redirect to another host", is: TroubleRedirect, to: place(r.URL.String())}
	}
	return nil
}

// guardedTransport refuses addresses by what is written in them, before any name is resolved.
type guardedTransport struct {
	base      *http.Transport
	guard     guard
	allowHTTP bool
}

// RoundTrip implements [http.RoundTripper].
func (g *guardedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	err := checkAddress(r.URL, g.allowHTTP)
	if ip, notIP := netip.ParseAddr(r.URL.Hostname()); err == nil && notIP == nil {
		if cause := g.guard.safeAddr(ip); cause != nil {
			err = g.guard.refusal(r.URL.Host, ip, cause)
		}
	}
	if err != nil {
		if r.Body != nil {
			_ = r.Body.Close()
		}
		return nil, err
	}
	return g.base.RoundTrip(r)
}

// CloseIdleConnections lets http.Client.CloseIdleConnections work.
func (g *guardedTransport) CloseIdleConnections() { g.base.CloseIdleConnections() }

func checkAddress(u *url.URL, allowHTTP bool) error {
	refused := func(reason string) *AddressError { return &AddressError{Host: u.Host, Reason: reason} }
	switch {
	case u.Opaque != "" || u.Hostname() == "":
		return refused("no host")
	case u.User != nil:
		return refused("user information")
	case u.Fragment != "" || u.RawFragment != "":
		return refused("fragment")
	case u.Scheme == "https":
		return nil
	case u.Scheme == "http" && allowHTTP && loopback(u.Hostname()):
		return nil
	}
	e := refused("not https")
	if e.is = TroublePlain; u.Scheme == "http" && loopback(u.Hostname()) {
		e.is = TroubleAddress
	}
	return e
}

// loopback reports whether a host names this machine without asking anybody (RFC 6761, 6.3).
func loopback(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// Send is c.Do for every request that leaves the tool. Its error goes to logs and pages, so it says where the request
// went without what may be secret in the address, see [Redacted].
func Send(c *http.Client, r *http.Request) (*http.Response, error) {
	resp, err := c.Do(r)
	return resp, Redacted(err)
}

// Redacted is an error about an address without the address's user, query and fragment, where platforms and operators
// put tokens. Other errors are as they were.
func Redacted(err error) error {
	about, ok := errors.AsType[*url.Error](err)
	if !ok {
		return err
	}
	cause := about.Err
	if strings.Contains(cause.Error(), "Location header") {
		cause = errLocation // net/http quotes what it could not read
	}
	return &url.Error{Op: about.Op, URL: place(about.URL), Err: cause}
}

var errLocation = errors.New("it leads to an address that cannot be read")

// place is an address without what may be secret in it; empty if it cannot be read.
func place(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Opaque != "" {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

var errTooLarge = errors.New("the answer is too large")

// do sends a request and returns the answer with its whole body, which is at most maxDocument.
func do(c *http.Client, r *http.Request) (*http.Response, []byte, error) {
	r.Header.Set("User-Agent", "ltipolicy")
	resp, err := Send(c, r)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxDocument+1))
	if err != nil {
		return nil, nil, fmt.Errorf("reading the answer: %w", err)
	}
	if len(body) > maxDocument {
		return nil, nil, errTooLarge
	}
	return resp, body, nil
}

// get fetches a JSON document; an answer other than 200 is an error.
func get(ctx context.Context, c *http.Client, address string) (*http.Response, []byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, nil, &AddressError{Reason: "malformed", Err: Redacted(err)}
	}
	r.Header.Set("Accept", "application/json")
	resp, body, err := do(c, r)
	if err != nil {
		return nil, nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, nil, fmt.Errorf("unexpected status %d", resp.StatusCode)
	}
	return resp, body, nil
}

// CheckURL returns an [*AddressError] for an address that the tool would not call: anything but https
// without user information and fragment. Private networks also allow http on this machine. Whether the host
// resolves to a public address shows only when it is called.
func CheckURL(address string, allowPrivate bool) error {
	u, err := url.Parse(address)
	if err != nil {
		return &AddressError{Reason: "not an address", Err: Redacted(err)}
	}
	return checkAddress(u, allowPrivate)
}
