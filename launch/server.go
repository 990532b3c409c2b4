package launch

import (
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/gorilla/securecookie"
	"github.com/gorilla/sessions"

	"ltipolicy/courier"
	"ltipolicy/launch/admin"
	"ltipolicy/launch/web"
	"ltipolicy/lti"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// How long things live. A login attempt covers the platform's own login page; a session covers reading long
// texts in several sittings of one day.
const (
	attemptLife = 10 * time.Minute
	confirmLife = time.Hour // Moodle's registration token lives as long
)

// Config is what a Server needs. Every field but Log is required.
type Config struct {
	Store   *store.DB
	Tool    *lti.Tool
	Worker  *courier.Worker // woken by what should not wait; whoever serves runs it
	Pages   *templates.Set
	BaseURL string // public address without trailing slash; https, or http on a loopback host
	Key     []byte // 64 bytes: signs and encrypts cookies and form tokens
	Now     func() time.Time
	Rand    io.Reader
	Log     *slog.Logger
	Limits  Limits // zero: DefaultLimits without proxies
}

// Limits are the limits of a process, for those who configure one.
type Limits = web.Limits

// Rate is one limit.
type Rate = web.Rate

// Server answers the tool's HTTP requests. It is safe for concurrent use. Whatever an answer depends on is in
// the database or the browser, so that any replica can answer any request; rate limits, caches and figures are
// each replica's own.
type Server struct {
	*web.Frame
	store   *store.DB
	tool    *lti.Tool
	leaving atomic.Bool

	attempts *sessions.CookieStore // one cookie per login attempt
	confirms *securecookie.SecureCookie
	worker   *courier.Worker
	office   *admin.Office
}

// New makes a Server. It fails on a base URL or key that cannot work.
func New(c Config) (*Server, error) {
	f, err := web.New(web.Config{
		Store: c.Store, Pages: c.Pages, BaseURL: c.BaseURL, Key: c.Key, Now: c.Now, Rand: c.Rand, Log: c.Log, Limits: c.Limits,
	})
	if err != nil {
		return nil, err
	}
	s := &Server{
		Frame: f, store: c.Store, tool: c.Tool, worker: c.Worker,
		attempts: f.Cookies("attempt", attemptLife),
		confirms: f.Signer("register", confirmLife),
	}
	f.Watched(newWatch(s))
	f.Watched(c.Worker)
	s.office = admin.New(f, c.Store, func() { c.Worker.Wake(courier.Scores) })
	return s, nil
}
