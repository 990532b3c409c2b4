package launch

import (
	"io"
	"log/slog"
	"net/http"
	"time"

	"ltipolicy/courier"
	"ltipolicy/launch/admin"
	"ltipolicy/launch/archive"
	"ltipolicy/launch/web"
	"ltipolicy/lti"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// Config is what a Server needs. Every field but Log, Limits and Contact is required.
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
	Limits  Limits // zero: what is right for a process that serves some universities, without proxies
	Contact Contact
}

// Contact is whom somebody tells who found a hole in this installation. The zero one is nobody, and then there is no
// /.well-known/security.txt.
type Contact struct {
	Addresses []string // mailto: or https, the preferred one first
	Languages string   // that are understood there: language tags with commas between; may be empty
	Policy    string   // https address of what finders may expect; may be empty
}

// Limits are the limits of a process, for those who configure one.
type Limits = web.Limits

// Rate is one limit.
type Rate = web.Rate

// Server answers the tool's HTTP requests. It is safe for concurrent use.
type Server struct {
	frame  *web.Frame
	rooms  rooms
	routes *web.Routes
}

// rooms are those whose handlers answer. Each has what it needs and no more.
type rooms struct {
	entry     *entry
	registrar *registrar
	door      *door
	selection *selection
	learner   *learner
	teacher   *teacher
	office    *admin.Office
	commons   *commons
	archive   *archive.Archive
	prover    *prover
	health    *health
}

// New makes a Server. It fails on a base URL or key that cannot work.
func New(c Config) (*Server, error) {
	f, err := web.New(web.Config{
		Store: c.Store, Pages: c.Pages, BaseURL: c.BaseURL, Key: c.Key, Now: c.Now, Rand: c.Rand, Log: c.Log, Limits: c.Limits,
	})
	if err != nil {
		return nil, err
	}
	f.Watched(newWatch(c.Store, c.Tool, c.Now))
	f.Watched(c.Worker)
	wake := func() { c.Worker.Wake(courier.Scores) }
	d := &door{f, c.Store, c.Tool, c.Pages, func() { c.Worker.Wake(courier.DoorStates) }, c.Worker.Saw, c.Worker.CheckNow}
	office := admin.New(f, c.Store, wake, c.Worker.CheckSoon)
	s := &Server{frame: f, rooms: rooms{
		entry:     &entry{f, c.Store, c.Tool, d, c.Worker.Saw, f.Sealer("attempt", lti.AttemptLife)},
		registrar: &registrar{f, c.Store, c.Tool, c.Worker.CheckNow, f.Signer("register", confirmLife)},
		door:      d,
		selection: &selection{f, c.Store, c.Tool},
		learner:   &learner{f, c.Store, d, wake},
		teacher:   &teacher{f, c.Store, c.Worker.RefreshSoon, c.Worker.RefreshRoster, office.Home, c.Worker, func() { c.Worker.Wake(courier.Notices) }},
		office:    office,
		commons:   &commons{f, c.Store, c.Contact, web.NewShelf(kept)},
		archive:   archive.New(f, c.Store),
		prover:    &prover{f, c.Store},
		health:    &health{store: c.Store},
	}}
	s.routes = s.rooms.routes(f)
	return s, nil
}

// Handler is the whole web of the tool.
func (s *Server) Handler() http.Handler { return s.frame.Handler(s.routes) }

// Routes are the addresses of the tool with who may ask for each.
func (s *Server) Routes() []web.Route { return s.routes.All() }

// Metrics serves the Prometheus text. It belongs on a listener of its own, not on the public one.
func (s *Server) Metrics() http.Handler { return s.frame.Metrics() }

// Rekey signs cookies and forms with another key of 64 bytes from now on; visits that began before end.
func (s *Server) Rekey(key []byte) error { return s.frame.Rekey(key) }

// Leave makes /readyz say no from now on, while everything is still served: the proxy in front sends new requests
// to other replicas before this one stops to listen.
func (s *Server) Leave() { s.rooms.health.leaving.Store(true) }
