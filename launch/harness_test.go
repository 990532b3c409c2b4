package launch_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"ltipolicy/courier"
	"ltipolicy/launch"
	"ltipolicy/lti"
	"ltipolicy/lti/ltitest"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
	"ltipolicy/templates"
)

const (
	moodleOrigin = "https://moodle.example"
	toolOrigin   = "https://tool.example"
)

// clock is a time that tests move; platform, tool and database share it.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = t
}

func (c *clock) pass(d time.Duration) { c.set(c.now().Add(d)) }

// RSA keys are slow to make, and no test cares which one it has.
var (
	moodleKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })
	toolKey   = sync.OnceValues(func() (lti.Key, error) {
		return lti.GenerateKey(rand.Reader, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	})
	pageSet = sync.OnceValues(templates.New)
)

// setup is what a site may have different from the others.
type setup struct {
	dsn    string       // default: a SQLite database of its own
	base   string       // default: toolOrigin
	client *http.Client // of the tool; default: the network of the test
	config func(*launch.Config)
	mails  courier.Mails // how people are reminded; default: they are not
}

// site is a Moodle with people, a course and two activities, the tool behind a real TLS listener, and its
// database. The browser and the tool reach Moodle through an in-process network.
type site struct {
	t     testing.TB
	setup setup
	clock *clock
	net   *ltitest.Network
	log   *logBook

	dsn     string
	workers []*courier.Worker // of all replicas

	db     *store.DB
	raw    *sql.DB // the same database, to look into
	server *launch.Server
	worker *courier.Worker   // only its rosters come by themselves; tests have the other jobs done, see do
	road   http.RoundTripper // leads to the tool and to everything on the network

	institution string
	platform    lti.Platform
	moodle      *ltitest.Platform
	tool        ltitest.Tool
	course      ltitest.Course

	embedded, window                               ltitest.Activity
	learner, other, teacher, tutor, manager, admin ltitest.Person
}

func newSite(t testing.TB, with ...setup) *site {
	t.Helper()
	s := &site{t: t, clock: &clock{t: time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)}, net: &ltitest.Network{}, log: &logBook{}}
	if len(with) > 0 {
		s.setup = with[0]
	}
	if s.setup.base == "" {
		s.setup.base = toolOrigin
	}
	if s.dsn = s.setup.dsn; s.dsn == "" {
		s.dsn = storetest.SQLite(t)
	}
	s.db, s.server, s.road = s.replica()
	s.worker = s.workers[0]
	s.raw = openRaw(t, s.dsn)

	var err error
	s.institution, err = s.db.EnsureInstitution(t.Context(), "Universitatea Politehnica Timișoara")
	s.must(err)
	s.net.Connect(s.setup.base, s.server.Handler()) // Moodle asks for the tool's keys
	s.moodle, s.tool, s.platform = s.addMoodle(moodleOrigin, "CVUPT", s.institution)
	s.people()
	return s
}

// replica is one more process of the tool on the same database, as far as a test can have one: nothing is
// shared but the database, the clock and the session key.
func (s *site) replica() (*store.DB, *launch.Server, http.RoundTripper) {
	s.t.Helper()
	db := storetest.Open(s.t, s.dsn, store.Options{Now: s.clock.now})
	s.must(db.EnsureKeys(s.t.Context(), toolKey))
	pages, err := pageSet()
	s.must(err)
	client := s.setup.client
	if client == nil {
		client = s.net.Client()
	}
	c := launch.Config{
		Store: db, Pages: pages, BaseURL: s.setup.base, Key: []byte(strings.Repeat("0123456789abcdef", 4)),
		Now: s.clock.now, Rand: rand.Reader, Log: slog.New(slog.NewJSONHandler(s.log, nil)),
		Limits: launch.Limits{Request: 2 * time.Minute}, // a slow machine is not a database that is away
		Tool: lti.New(lti.Config{
			BaseURL: s.setup.base, Now: s.clock.now, Rand: rand.Reader, Client: client, Keys: db.KeyRing,
		}),
	}
	if s.setup.mails.Write = nil; s.setup.mails.Server.Known() {
		s.setup.mails.Write = func(r courier.Reminder) (courier.Words, error) {
			l, err := pages.Letter(templates.Reminder(r))
			return courier.Words(l), err
		}
	}
	c.Worker = courier.New(courier.Config{Store: db, Tool: c.Tool, Now: c.Now, Log: c.Log, Mails: s.setup.mails})
	if s.setup.config != nil {
		s.setup.config(&c)
	}
	server, err := launch.New(c)
	s.must(err)
	s.workers = append(s.workers, c.Worker)
	ctx, stop := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() { c.Worker.Run(ctx, courier.Rosters, courier.Connections) })
	s.t.Cleanup(func() {
		stop()
		work.Wait()
	})
	return db, server, s.listen(server.Handler())
}

// do has the worker do a job now.
func (s *site) do(jobs ...courier.Name) {
	s.t.Helper()
	for _, name := range jobs {
		s.must(s.worker.Do(s.t.Context(), name))
	}
}

// listen serves a handler over TLS on loopback and returns the road that leads there under the tool's public
// name, and to everything else on the network.
func (s *site) listen(h http.Handler) http.RoundTripper {
	s.t.Helper()
	srv := httptest.NewUnstartedServer(h)
	srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	srv.StartTLS()
	pool := x509.NewCertPool()
	pool.AddCert(srv.Certificate())
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: "example.com"},
		MaxIdleConns:    4,
	}
	var d net.Dialer
	address := srv.Listener.Addr().String()
	transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return d.DialContext(ctx, network, address)
	}
	s.t.Cleanup(func() {
		transport.CloseIdleConnections()
		srv.Close()
	})
	return road{tool: transport, base: s.setup.base, net: s.net}
}

type road struct {
	tool http.RoundTripper
	base string
	net  *ltitest.Network
}

func (r road) RoundTrip(q *http.Request) (*http.Response, error) {
	if q.URL.Scheme+"://"+q.URL.Host == r.base {
		return r.tool.RoundTrip(q)
	}
	return r.net.RoundTrip(q)
}

// addMoodle puts one more Moodle on the network and registers it with the tool. Its ids are those of every
// fresh Moodle, so that two of them have the same ones.
func (s *site) addMoodle(origin, name, institution string) (*ltitest.Platform, ltitest.Tool, lti.Platform) {
	s.t.Helper()
	key, err := moodleKey()
	s.must(err)
	m, err := ltitest.New(ltitest.Options{
		Issuer: origin, Name: name, ShortName: name, Lang: "en", Now: s.clock.now, Key: key, Client: s.net.Client(),
	})
	s.must(err)
	s.net.Connect(origin, m)
	tool := m.AddTool(ltitest.ToolAt(s.setup.base))
	p, err := m.Registration(tool.TypeID)
	s.must(err)
	return m, tool, s.register(p, institution)
}

func (s *site) register(p lti.Platform, institution string) lti.Platform {
	s.t.Helper()
	var err error
	p.InstitutionID = institution
	p.ID, err = s.db.NewID()
	s.must(err)
	s.must(s.db.AddPlatform(s.t.Context(), p))
	return p
}

func (s *site) people() {
	m := s.moodle
	s.course = m.AddCourse(ltitest.Course{ShortName: "ALG1", FullName: "Algoritmi și structuri de date"})
	add := func(username, first, last, lang string, roles ...ltitest.Role) ltitest.Person {
		x := m.AddPerson(ltitest.Person{
			Username: username, FirstName: first, LastName: last, Email: username + "@cvupt.example", Lang: lang,
			IDNumber: "S-" + username, Admin: username == "admin", SiteManager: username == "manager",
		})
		if len(roles) > 0 {
			m.Enrol(s.course.ID, x.ID, roles...)
		}
		return x
	}
	s.admin = add("admin", "Adela", "Root", "en")
	s.learner = add("stefan", "Ștefan", "Țăran", "en", ltitest.Student)
	s.other = add("ioana", "Ioana", "Pârvu", "ro", ltitest.Student)
	s.teacher = add("ana", "Ana", "Popescu", "en", ltitest.EditingTeacher)
	s.tutor = add("ion", "Ion", "Tutor", "en", ltitest.NonEditingTeacher)
	s.manager = add("manager", "Mara", "Manager", "en")
	s.embedded = m.AddActivity(ltitest.Activity{CourseID: s.course.ID, Name: "Acorduri", Grades: true})
	s.window = m.AddActivity(ltitest.Activity{CourseID: s.course.ID, Name: "Acorduri (fereastră)", Container: ltitest.NewWindow})
}

func (s *site) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// browser is at top level; framed says that it shows the pages in a frame of Moodle's.
func (s *site) browser() *ltitest.Browser { return ltitest.NewBrowser(s.road) }

func (s *site) framed() *ltitest.Browser {
	b := s.browser()
	b.Framed = true
	return b
}

// launch goes from Moodle's activity to the tool's answer to the id_token.
func (s *site) launch(b *ltitest.Browser, x ltitest.Person, a ltitest.Activity) *view {
	s.t.Helper()
	p, err := b.Launch(s.moodle, x.ID, a.CMID)
	s.must(err)
	return s.view(p)
}

// enter launches and follows to the page that waits for the person.
func (s *site) enter(b *ltitest.Browser, x ltitest.Person, a ltitest.Activity) *view {
	s.t.Helper()
	p, err := b.Settle(b.Launch(s.moodle, x.ID, a.CMID))
	s.must(err)
	return s.view(p)
}

func (s *site) get(b *ltitest.Browser, path string) *view {
	s.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = s.setup.base + path
	}
	p, err := b.Get(path)
	s.must(err)
	return s.view(p)
}

func (s *site) post(b *ltitest.Browser, path string, v url.Values) *view {
	s.t.Helper()
	p, err := b.Post(s.setup.base+path, v)
	s.must(err)
	return s.view(p)
}

// submit sends a form, settle also follows to where it leads.
func (s *site) submit(b *ltitest.Browser, f ltitest.Form) *view {
	s.t.Helper()
	p, err := b.Submit(f)
	s.must(err)
	return s.view(p)
}

func (s *site) settle(b *ltitest.Browser, f ltitest.Form) *view {
	s.t.Helper()
	p, err := b.Settle(b.Submit(f))
	s.must(err)
	return s.view(p)
}

// attempt starts a login as the platform's page does, but keeps what the authorisation endpoint would get, so
// that a test can answer with a token of its own.
func (s *site) attempt(b *ltitest.Browser, p lti.Platform) (state, nonce string) {
	s.t.Helper()
	got := s.post(b, "/lti/login", url.Values{
		"iss": {p.Issuer}, "client_id": {p.ClientID}, "login_hint": {"7"}, "target_link_uri": {s.setup.base + "/lti/launch"},
	})
	u, err := url.Parse(got.Location())
	s.must(err)
	if got.Status != http.StatusFound {
		s.t.Fatalf("login: status %d, %s", got.Status, got.ErrorCode())
	}
	return u.Query().Get("state"), u.Query().Get("nonce")
}

// target starts a login and returns what a token must say to be taken as the person's launch.
func (s *site) target(b *ltitest.Browser, personID int64, a ltitest.Activity) ltitest.Target {
	s.t.Helper()
	state, nonce := s.attempt(b, s.platform)
	t, err := s.moodle.Target(ltitest.Launch{PersonID: personID, CMID: a.CMID, Nonce: nonce}, state)
	s.must(err)
	return t
}

// forge launches with a token that the site's own key signs after the edits.
func (s *site) forge(b *ltitest.Browser, x ltitest.Person, edits ...ltitest.Edit) *view {
	s.t.Helper()
	t := s.target(b, x.ID, s.window)
	return s.post(b, "/lti/launch", t.Form(t.Token(edits...)))
}

// openRaw looks into a database beside the store.
func openRaw(t testing.TB, dsn string) *sql.DB {
	t.Helper()
	driver, address := "mysql", storetest.DriverDSN(dsn)
	if file, ok := strings.CutPrefix(dsn, "sqlite:"); ok {
		driver, address = "sqlite", "file:"+file+"?_pragma=busy_timeout(5000)"
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() }) //nolint:errcheck // the test is over
	return db
}

func (s *site) count(query string, args ...any) int {
	s.t.Helper()
	var n int
	s.must(s.raw.QueryRowContext(s.t.Context(), query, args...).Scan(&n))
	return n
}

// stored is everything in the database, one text a row, so that a test can say that nothing changed.
func (s *site) stored() map[string][]string {
	s.t.Helper()
	list := `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`
	if strings.HasPrefix(s.dsn, "mysql:") {
		list = `SHOW TABLES`
	}
	all := map[string][]string{}
	for _, table := range s.rows(list) {
		switch table {
		case "tx_receipt", // says only that there was a transaction
			"job_lease", "lti_sighting": // work between requests goes on
			continue
		}
		if rows := s.rows(`SELECT * FROM ` + table); len(rows) > 0 {
			all[table] = rows
		}
	}
	return all
}

func (s *site) rows(query string) []string {
	s.t.Helper()
	rows, err := s.raw.QueryContext(s.t.Context(), query)
	s.must(err)
	defer rows.Close() //nolint:errcheck // read to the end
	names, err := rows.Columns()
	s.must(err)
	var out []string
	for rows.Next() {
		values, to := make([]sql.RawBytes, len(names)), make([]any, len(names))
		for i := range values {
			to[i] = &values[i]
		}
		s.must(rows.Scan(to...))
		parts := make([]string, len(names))
		for i, v := range values {
			parts[i] = fmt.Sprintf("%q", v)
		}
		if len(parts) == 1 {
			parts[0] = string(values[0])
		}
		out = append(out, strings.Join(parts, " "))
	}
	s.must(rows.Err())
	return out
}
