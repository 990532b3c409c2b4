package launch

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/securecookie"
	"github.com/gorilla/sessions"

	"ltipolicy/courier"
	"ltipolicy/lti"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// How long things live. A login attempt covers the platform's own login page; a session covers reading long
// texts in several sittings of one day.
const (
	attemptLife = 10 * time.Minute
	sessionLife = 12 * time.Hour
	confirmLife = time.Hour // Moodle's registration token lives as long
)

// Config is what a Server needs. Every field but Log is required.
type Config struct {
	Store   *store.DB
	Tool    *lti.Tool
	Pages   *templates.Set
	BaseURL string // public address without trailing slash; https, or http on a loopback host
	Key     []byte // 64 bytes: signs and encrypts cookies and form tokens
	Now     func() time.Time
	Rand    io.Reader
	Log     *slog.Logger
	Limits  Limits // zero: DefaultLimits without proxies
}

// Server answers the tool's HTTP requests. It is safe for concurrent use. Whatever an answer depends on is in
// the database or the browser, so that any replica can answer any request; rate limits, caches and figures are
// each replica's own.
type Server struct {
	store   *store.DB
	tool    *lti.Tool
	pages   *templates.Set
	baseURL string
	host    string
	now     func() time.Time
	rand    io.Reader
	log     *slog.Logger
	leaving atomic.Bool

	attempts *sessions.CookieStore // one cookie per login attempt
	launches *sessions.CookieStore // one cookie per launch
	forms    *securecookie.SecureCookie
	confirms *securecookie.SecureCookie
	subKey   []byte
	placeKey []byte
	metrics  *metrics
	courier  *courier.Courier // scores and rosters, between requests
	limits   *limiter
	patience time.Duration // of a request
}

// New makes a Server. It fails on a base URL or key that cannot work.
func New(c Config) (*Server, error) {
	u, err := url.Parse(c.BaseURL)
	if err != nil || u.Host == "" || u.Path != "" {
		return nil, fmt.Errorf("base URL %q: want scheme://host[:port]", c.BaseURL)
	}
	if len(c.Key) != 64 {
		return nil, fmt.Errorf("session key: %d bytes, want 64", len(c.Key))
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Limits.Address == (Rate{}) && c.Limits.Refused == (Rate{}) && c.Limits.Platform == (Rate{}) {
		d := DefaultLimits()
		d.Proxies, d.Request = c.Limits.Proxies, c.Limits.Request
		c.Limits = d
	}
	s := &Server{
		store: c.Store, tool: c.Tool, pages: c.Pages, baseURL: c.BaseURL, host: u.Host,
		now: c.Now, rand: c.Rand, log: c.Log,
		attempts: cookieStore(derive(c.Key, "attempt"), attemptLife),
		launches: cookieStore(derive(c.Key, "launch"), sessionLife),
		forms:    signer(derive(c.Key, "form"), sessionLife),
		confirms: signer(derive(c.Key, "register"), confirmLife),
		subKey:   derive(c.Key, "sub"),
		placeKey: derive(c.Key, "place"),
		metrics:  newMetrics(),
		limits:   newLimiter(c.Limits),
		patience: cmp.Or(c.Limits.Request, requestTime),
	}
	s.metrics.registry.MustRegister(newWatch(s))
	s.courier = courier.New(courier.Config{Store: c.Store, Tool: c.Tool, Now: c.Now, Log: c.Log})
	return s, nil
}

// Courier is the server's work at platforms. Whoever serves runs it too.
func (s *Server) Courier() *courier.Courier { return s.courier }

// derive makes a key of 64 bytes for one purpose, so that a value signed for one cannot serve for another.
func derive(key []byte, purpose string) []byte {
	var out []byte
	for _, half := range []string{"sign", "encrypt"} {
		m := hmac.New(sha256.New, key)
		m.Write([]byte("ltipolicy " + purpose + " " + half))
		out = m.Sum(out)
	}
	return out
}

// cookieStore's codecs carry the age limit themselves: securecookie would otherwise accept a cookie for 30
// days, whatever its Max-Age says.
func cookieStore(key []byte, life time.Duration) *sessions.CookieStore {
	cs := sessions.NewCookieStore(key[:32], key[32:])
	cs.MaxAge(int(life.Seconds()))
	cs.Options = &sessions.Options{
		Path: "/", MaxAge: int(life.Seconds()), Secure: true, HttpOnly: true, SameSite: http.SameSiteNoneMode,
	}
	return cs
}

// signer signs form tokens. They may hold a registration token and the list of a page's policies, so they
// are encrypted and may be longer than a cookie.
func signer(key []byte, life time.Duration) *securecookie.SecureCookie {
	return securecookie.New(key[:32], key[32:]).
		MaxAge(int(life.Seconds())).MaxLength(32 << 10).SetSerializer(securecookie.JSONEncoder{})
}

// subHash names a person in the log without saying who it is: a keyed hash, because Moodle's sub is a small
// number that a plain hash would not hide.
func (s *Server) subHash(platformID, sub string) string {
	m := hmac.New(sha256.New, s.subKey)
	m.Write([]byte(platformID + "\n" + sub))
	return hex.EncodeToString(m.Sum(nil)[:8])
}

// newID is a UUIDv7 from the injected randomness.
func (s *Server) newID() (string, error) {
	id, err := uuid.NewV7FromReader(s.rand)
	if err != nil {
		return "", fmt.Errorf("making an id: %w", err)
	}
	return id.String(), nil
}

// randomBytes reads n bytes of the injected randomness.
func (s *Server) randomBytes(n int) ([]byte, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(s.rand, b); err != nil {
		return nil, fmt.Errorf("reading randomness: %w", err)
	}
	return b, nil
}
