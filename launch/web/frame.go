package web

import (
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/securecookie"
	"github.com/gorilla/sessions"

	"ltipolicy/store"
	"ltipolicy/templates"
)

// sessionLife covers reading long texts in several sittings of one day.
const sessionLife = 12 * time.Hour

// Config is what a Frame needs. Every field but Log and Limits is required.
type Config struct {
	Store   *store.DB // of sessions and platforms
	Pages   *templates.Set
	BaseURL string // public address without trailing slash; https, or http on a loopback host
	Key     []byte // 64 bytes: signs and encrypts cookies and form tokens
	Now     func() time.Time
	Rand    io.Reader
	Log     *slog.Logger
	Limits  Limits // zero: defaultLimits without proxies
}

// Frame is what every room of the web needs to answer a request. It is safe for concurrent use. Whatever an answer
// depends on is in the database or the browser, so that any replica can answer any request; rate limits, caches and
// figures are each replica's own.
type Frame struct {
	Pages   *templates.Set
	BaseURL string // without trailing slash
	Host    string // of BaseURL, with its port
	Now     func() time.Time
	Log     *slog.Logger

	store    *store.DB
	rand     io.Reader
	key      atomic.Pointer[[keySize]byte]
	launches *sessions.CookieStore // one cookie per launch
	forms    securecookie.Codec
	metrics  *metrics
	limits   *limiter
	turns    turns
	zones    sync.Map      // *time.Location by name, of institutions
	patience time.Duration // of a request
	sending  bodies
	office   *room // for the long forms of administrators
	anybody  *room // and for those of whoever else may send one
}

// New makes a Frame. It fails on a base URL or key that cannot work.
func New(c Config) (*Frame, error) {
	u, err := url.Parse(c.BaseURL)
	if err != nil || u.Host == "" || u.Path != "" {
		return nil, fmt.Errorf("base URL %q: want scheme://host[:port]", c.BaseURL)
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Limits.Address == (Rate{}) && c.Limits.Refused == (Rate{}) && c.Limits.Platform == (Rate{}) {
		d := defaultLimits()
		d.State, d.Visit, d.Made, d.Proxies, d.Request = c.Limits.State, c.Limits.Visit, c.Limits.Made, c.Limits.Proxies, c.Limits.Request
		c.Limits = d
	}
	f := &Frame{
		Pages: c.Pages, BaseURL: c.BaseURL, Host: u.Host, Now: c.Now, Log: c.Log,
		store: c.Store, rand: c.Rand,
		metrics:  newMetrics(),
		limits:   newLimiter(c.Limits),
		patience: cmp.Or(c.Limits.Request, requestTime),
		sending:  bodies{now: map[string]int64{}},
		office:   newRoom(), anybody: newRoom(),
	}
	f.launches = f.Cookies("launch", sessionLife)
	f.forms = f.Signer("form", sessionLife)
	if err := f.Rekey(c.Key); err != nil {
		return nil, err
	}
	return f, nil
}

// NewID is a UUIDv7 from the injected randomness.
func (f *Frame) NewID() (string, error) {
	id, err := uuid.NewV7FromReader(f.rand)
	if err != nil {
		return "", fmt.Errorf("making an id: %w", err)
	}
	return id.String(), nil
}

// randomBytes reads n bytes of the injected randomness.
func (f *Frame) randomBytes(n int) ([]byte, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(f.rand, b); err != nil {
		return nil, fmt.Errorf("reading randomness: %w", err)
	}
	return b, nil
}
