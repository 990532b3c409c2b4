package courier_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ltipolicy/courier"
	"ltipolicy/lti"
	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
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

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

var moodleKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

var toolKey = sync.OnceValues(func() (lti.Key, error) {
	return lti.GenerateKey(rand.Reader, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
})

// site is a Moodle with one course and one graded activity, behind a real socket so that other processes
// reach it too, and the tool's database and worker.
type site struct {
	t     testing.TB
	dsn   string
	clock *clock
	db    *store.DB
	tool  *lti.Tool
	c     *courier.Worker

	server      *httptest.Server
	moodle      *ltitest.Platform
	platform    lti.Platform
	institution string
	course      ltitest.Course
	activity    ltitest.Activity
	rules       policy.Version
	keySet      string // in place of the tool's own

	// weather answers in the platform's place; false lets the request through.
	weather atomic.Pointer[func(w http.ResponseWriter, r *http.Request) bool]
	posted  atomic.Int32 // scores that reached the platform
}

// eachSite runs f on each kind of database.
func eachSite(t *testing.T, f func(t *testing.T, s *site)) {
	t.Helper()
	storetest.EachDSN(t, func(t *testing.T, dsn string) { f(t, newSite(t, dsn)) })
}

func newSite(t testing.TB, dsn string) *site {
	t.Helper()
	s := &site{t: t, dsn: dsn, clock: &clock{t: time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)}}
	s.db = storetest.Open(t, dsn, store.Options{Now: s.clock.now})
	s.must(s.db.EnsureKeys(t.Context(), toolKey))
	mux := http.NewServeMux()
	s.server = httptest.NewServer(mux)
	t.Cleanup(s.server.Close)
	key, err := moodleKey()
	s.must(err)
	s.moodle, err = ltitest.New(ltitest.Options{Issuer: s.server.URL + "/moodle", Name: "CVUPT", Now: s.clock.now, Key: key})
	s.must(err)
	mux.HandleFunc("/moodle/", func(w http.ResponseWriter, r *http.Request) {
		if f := s.weather.Load(); f != nil && (*f)(w, r) {
			return
		}
		if strings.HasSuffix(r.URL.Path, "/scores") {
			s.posted.Add(1)
		}
		s.moodle.ServeHTTP(w, r)
	})
	mux.HandleFunc("/lti/jwks", func(w http.ResponseWriter, r *http.Request) {
		if s.keySet != "" {
			_, _ = w.Write([]byte(s.keySet))
			return
		}
		ring, err := s.db.KeyRing(r.Context())
		if err == nil {
			var set []byte
			set, err = ring.JWKS()
			_, _ = w.Write(set)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	registered := s.moodle.AddTool(ltitest.ToolAt(s.server.URL))
	s.platform, err = s.moodle.Registration(registered.TypeID)
	s.must(err)
	s.institution, err = s.db.EnsureInstitution(t.Context(), "UPT")
	s.must(err)
	s.platform.InstitutionID = s.institution
	s.platform.ID, err = s.db.NewID()
	s.must(err)
	s.must(s.db.AddPlatform(t.Context(), s.platform))
	s.course = s.moodle.AddCourse(ltitest.Course{ShortName: "ALG1", FullName: "Algoritmi și structuri de date"})
	s.activity = s.moodle.AddActivity(ltitest.Activity{CourseID: s.course.ID, Name: "Acorduri", Grades: true})
	s.tool, s.c = newWorker(t, s.db, s.server.URL, s.clock.now)
	s.rules = s.load("reguli")
	return s
}

func newWorker(t testing.TB, db *store.DB, base string, now func() time.Time) (*lti.Tool, *courier.Worker) {
	client := lti.NewClient(true)
	if t != nil {
		t.Cleanup(client.CloseIdleConnections)
	}
	tool := lti.New(lti.Config{BaseURL: base, Now: now, Client: client, Keys: db.KeyRing})
	return tool, courier.New(courier.Config{Store: db, Tool: tool, Now: now, Jitter: func() float64 { return 0.5 }})
}

// replica is one more process of the tool, as far as a test can have one.
func (s *site) replica() *courier.Worker {
	s.t.Helper()
	_, c := newWorker(s.t, storetest.Open(s.t, s.dsn, store.Options{Now: s.clock.now}), s.server.URL, s.clock.now)
	return c
}

func (s *site) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// during puts weather over the platform.
func (s *site) during(f func(w http.ResponseWriter, r *http.Request) bool) { s.weather.Store(&f) }

// away makes every call of the platform fail.
func (s *site) away() {
	s.during(func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(http.StatusServiceUnavailable)
		return true
	})
}

func (s *site) load(content string) policy.Version {
	s.t.Helper()
	v := policy.Version{Type: policy.TypeSite, Kind: policy.Agree, Texts: []policy.Text{{
		Lang: "ro", Name: "Reguli", Content: policy.SafeHTML("<p>" + content + "</p>"),
	}}}
	_, id, err := s.db.LoadPolicy(s.t.Context(), s.institution, "rules", v, []string{s.platform.ID})
	s.must(err)
	got, err := s.db.Version(s.t.Context(), s.institution, id)
	s.must(err)
	return got
}

// enrol makes people of the course.
func (s *site) enrol(n int, role ltitest.Role) []ltitest.Person {
	s.t.Helper()
	var list []ltitest.Person
	for i := range n {
		x := s.moodle.AddPerson(ltitest.Person{
			Username: fmt.Sprint(role, i), FirstName: "Ștefan", LastName: fmt.Sprintf("Țăran %06d", i), Email: fmt.Sprint(role, i, "@cvupt.example"),
		})
		s.moodle.Enrol(s.course.ID, x.ID, role)
		list = append(list, x)
	}
	return list
}

// launch is a person's launch of the activity, as the tool sees it.
func (s *site) launch(x ltitest.Person) store.User {
	s.t.Helper()
	nonce := rand.Text()
	token, err := s.moodle.IDToken(ltitest.Launch{PersonID: x.ID, CMID: s.activity.CMID, Nonce: nonce})
	s.must(err)
	m, err := s.tool.Verify(s.t.Context(), s.platform, lti.Attempt{
		State: "s", Nonce: nonce, PlatformID: s.platform.ID, Expires: s.clock.now().Add(time.Minute),
	}, token)
	s.must(err)
	u, err := s.db.Admit(s.t.Context(), m, s.platform)
	s.must(err)
	return u.User
}

func (s *site) answer(u store.User, a policy.Answer) {
	s.t.Helper()
	text := s.rules.Primary()
	_, err := s.db.Answer(s.t.Context(), []policy.Event{{
		InstitutionID: s.institution, PlatformID: s.platform.ID, Issuer: s.platform.Issuer, UserID: u.ID, Sub: u.Sub,
		ActorID: u.ID, ActorSub: u.Sub, PolicyID: s.rules.PolicyID, VersionID: s.rules.ID, MaterialID: s.rules.MaterialID,
		PolicyName: text.Name, Kind: s.rules.Kind, Lang: text.Lang, UILang: "ro", Digest: text.Digest(), Statement: "Da",
		Button: "Trimite", Answer: a, ContextID: fmt.Sprint(s.course.ID), Presentation: rand.Text(),
	}})
	s.must(err)
}

func (s *site) round() int {
	s.t.Helper()
	n, err := s.c.Round(s.t.Context())
	s.must(err)
	return n
}

func (s *site) counts() store.ScoreCounts {
	s.t.Helper()
	n, err := s.db.CountScores(s.t.Context(), s.institution)
	s.must(err)
	return n
}

// graded reports whether Moodle holds the whole score of the person, and that it holds none otherwise.
func (s *site) graded(x ltitest.Person) bool {
	s.t.Helper()
	g, ok := s.moodle.Grade(s.activity.CMID, x.ID)
	if ok && g != 1 {
		s.t.Errorf("person %d has the score %v", x.ID, g)
	}
	return ok
}

// background runs jobs until the test ends.
func (s *site) background(jobs ...courier.Name) {
	ctx, stop := context.WithCancel(s.t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { s.c.Run(ctx, jobs...) })
	s.t.Cleanup(func() {
		stop()
		wg.Wait()
	})
}

// message is what a launch would say.
func (s *site) message(x ltitest.Person) *lti.Message {
	s.t.Helper()
	c, err := s.moodle.Claims(ltitest.Launch{PersonID: x.ID, CMID: s.activity.CMID, Nonce: rand.Text()})
	s.must(err)
	ags, _ := c[ltitest.ClaimAGS].(map[string]any)
	nrps, _ := c[ltitest.ClaimNRPS].(map[string]any)
	item, _ := ags["lineitem"].(string)
	members, _ := nrps["context_memberships_url"].(string)
	return &lti.Message{
		PlatformID: s.platform.ID, Type: lti.ResourceLinkRequest, DeploymentID: "1", Nonce: rand.Text(), Sub: fmt.Sprint(x.ID),
		Expires: s.clock.now().Add(time.Minute), Roles: lti.ParseRoles([]string{ltitest.RoleLearner}),
		Person: lti.Person{Name: x.Name()}, Context: lti.Context{ID: fmt.Sprint(s.course.ID), Title: s.course.FullName},
		ResourceLink: lti.ResourceLink{ID: fmt.Sprint(s.activity.ID)}, NRPS: lti.NRPS{MembershipsURL: members},
		AGS: lti.AGS{LineItem: item, Scopes: []string{lti.ScopeScore}},
	}
}
