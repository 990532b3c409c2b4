package lti

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Paths of the tool's own endpoints below its base URL. They stand in every platform's registration.
const (
	LoginPath  = "/lti/login"
	LaunchPath = "/lti/launch"
	JWKSPath   = "/lti/jwks"
)

const (
	defaultLeeway = time.Minute
	maxLeeway     = 3 * time.Minute // "usually no more than a few minutes", Security Framework 1.0, 5.1.3
)

// Config is what a [Tool] needs from outside. Only BaseURL is always required; Keys is required for
// [Tool.AccessToken].
type Config struct {
	BaseURL string                                     // public address of the tool, https, without query
	Now     func() time.Time                           // default time.Now
	Rand    io.Reader                                  // default crypto/rand
	Client  *http.Client                               // default NewClient(false)
	Keys    func(ctx context.Context) (KeyRing, error) // the tool's own keys
	Leeway  time.Duration                              // tolerated difference of clocks, default 60 s, at most 3 min
}

// Tool is the tool's side of the protocol for any number of platforms. It holds caches of key sets and
// access tokens and nothing else. It is safe for concurrent use.
type Tool struct {
	base   string
	origin string
	now    func() time.Time
	rand   io.Reader
	client *http.Client
	// bearer follows no redirect: what carries a token goes to the address that it was meant for and nowhere else.
	bearer *http.Client
	// services is bearer with more time, for answers that take long to make.
	services *http.Client
	keys     func(ctx context.Context) (KeyRing, error)
	leeway   time.Duration

	sets   *keySets
	tokens *tokenCache
}

// New makes a Tool. A slash at the end of BaseURL is dropped, a leeway out of bounds is put into them.
func New(c Config) *Tool {
	t := &Tool{
		base:   strings.TrimRight(c.BaseURL, "/"),
		now:    c.Now,
		rand:   c.Rand,
		client: c.Client,
		keys:   c.Keys,
		leeway: c.Leeway,
	}
	if t.now == nil {
		t.now = time.Now
	}
	if t.rand == nil {
		t.rand = rand.Reader
	}
	if t.client == nil {
		t.client = NewClient(false)
	}
	if t.leeway <= 0 {
		t.leeway = defaultLeeway
	}
	t.leeway = min(t.leeway, maxLeeway)
	t.origin = originOf(t.base)
	direct := *t.client
	direct.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	t.bearer = &direct
	patient := direct
	if patient.Timeout != 0 {
		patient.Timeout = max(patient.Timeout, serviceTimeout)
	}
	t.services = &patient
	t.sets = newKeySets(t.client, t.now)
	t.tokens = newTokenCache()
	return t
}

// KeySetFetches counts how often a platform's key set was asked for since the start, by result.
func (t *Tool) KeySetFetches() (ok, failed int64) { return t.sets.fetched.Load(), t.sets.failed.Load() }

// RedirectURI returns the one address to which platforms post their answers.
func (t *Tool) RedirectURI() string { return t.base + LaunchPath }

// LoginURI returns the login address of a platform: with the platform's id in it, a login needs no
// client_id and cannot be mixed up with another registration's.
func (t *Tool) LoginURI(platformID string) string {
	if platformID == "" {
		return t.base + LoginPath
	}
	return t.base + LoginPath + "/" + platformID
}

// JWKSURI returns the address of the tool's public keys.
func (t *Tool) JWKSURI() string { return t.base + JWKSPath }

// Addresses are where the host of an address is, as seen from here; none if that cannot be found out in two seconds.
func Addresses(ctx context.Context, address string) []netip.Addr {
	u, err := url.Parse(address)
	if err != nil {
		return nil
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil {
		return []netip.Addr{ip}
	}
	late, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	found, err := net.DefaultResolver.LookupNetIP(late, "ip", u.Hostname())
	if err != nil {
		return nil
	}
	return found
}

// secret returns 192 random bits in base64url, the alphabet that platforms leave alone.
func (t *Tool) secret() (string, error) {
	var b [secretLen / 4 * 3]byte
	if _, err := io.ReadFull(t.rand, b[:]); err != nil {
		return "", fmt.Errorf("reading random bytes: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b[:]), nil
}
