package store_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"sync"
	"testing"
	"time"

	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/seal"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

// clock is a time that tests move.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Date(2026, 9, 1, 8, 0, 0, 123456000, time.UTC)} }

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

// site is an institution with one active platform, on a database of its own.
type site struct {
	t           testing.TB
	db          *store.DB
	dsn         string
	clock       *clock
	institution string
	platform    lti.Platform
}

// eachSite runs f on each kind of database.
func eachSite(t *testing.T, f func(t *testing.T, s *site)) {
	t.Helper()
	storetest.EachDSN(t, func(t *testing.T, dsn string) { f(t, newSite(t, dsn)) })
}

// eachEraser is eachSite with the account that may erase people.
func eachEraser(t *testing.T, f func(t *testing.T, s *site)) {
	t.Helper()
	storetest.EachDSN(t, func(t *testing.T, dsn string) { f(t, newSite(t, storetest.Eraser(dsn))) })
}

func newSite(t testing.TB, dsn string) *site {
	t.Helper()
	c := newClock()
	s := &site{t: t, dsn: dsn, clock: c, db: storetest.Open(t, dsn, store.Options{Now: c.now})}
	var err error
	s.institution, err = s.db.EnsureInstitution(t.Context(), "CVUPT")
	s.must(err)
	s.platform = s.addPlatform("https://moodle.example", "client-1")
	return s
}

func (s *site) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) id() string {
	s.t.Helper()
	id, err := s.db.NewID()
	s.must(err)
	return id
}

func platformFor(id, institution, issuer, client string) lti.Platform {
	return lti.Platform{
		ID: id, InstitutionID: institution, Name: "Moodle " + client, Issuer: issuer, ClientID: client,
		AuthURL: issuer + "/auth", TokenURL: issuer + "/token", JWKSURL: issuer + "/jwks",
		Deployments: []string{"1"}, Status: lti.Active,
	}
}

func (s *site) addPlatform(issuer, client string) lti.Platform {
	s.t.Helper()
	p := platformFor(s.id(), s.institution, issuer, client)
	s.must(s.db.AddPlatform(s.t.Context(), p))
	return p
}

func message(sub, nonce string) *lti.Message {
	return &lti.Message{
		Type: lti.ResourceLinkRequest, DeploymentID: "1", Nonce: nonce, Sub: sub,
		Expires: time.Date(2026, 9, 1, 9, 0, 0, 0, time.UTC),
		Person:  lti.Person{Name: "Ștefan Țăran", GivenName: "Ștefan", FamilyName: "Țăran", Email: "s@example.test", Username: "stefan"},
		Roles:   lti.ParseRoles([]string{"http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"}),
		Context: lti.Context{ID: "2", Label: "C2", Title: "Chimie"}, ResourceLink: lti.ResourceLink{ID: "7", Title: "Acorduri"},
		Presentation: lti.Presentation{Locale: "ro"},
	}
}

func (s *site) user(sub string) store.User {
	s.t.Helper()
	a, err := s.db.Admit(s.t.Context(), message(sub, rand.Text()), s.platform)
	s.must(err)
	return a.User
}

// somebody is a person with this id who counts nowhere here, such as whoever acts.
func (s *site) somebody(id int64) int64 {
	s.t.Helper()
	if s.count(`SELECT COUNT(id) FROM lti_user WHERE id = ?`, id) == 0 {
		s.exec(`
			INSERT INTO lti_user (id, platformid, sub, name, givenname, familyname, email, username, idnumber, lang, timecreated, lastlaunch)
			VALUES (?, 'elsewhere', ?, '', '', '', '', '', '', '', ?, ?)`, id, fmt.Sprint("somebody", id), s.clock.now(), s.clock.now())
	}
	return id
}

// strangers are n people of the platform who never came, faster than they would come.
func (s *site) strangers(n int) []store.User {
	s.t.Helper()
	us := make([]store.User, n)
	s.must(s.db.InTx(s.t.Context(), func(tx *store.Tx) error {
		for i := range us {
			us[i] = store.User{PlatformID: s.platform.ID, Sub: fmt.Sprint("stranger", i)}
			res, err := tx.ExecContext(s.t.Context(), `
				INSERT INTO lti_user (platformid, sub, name, givenname, familyname, email, username, idnumber, lang, timecreated, lastlaunch)
				VALUES (?, ?, '', '', '', '', '', '', '', ?, ?)`, s.platform.ID, us[i].Sub, s.clock.now(), s.clock.now())
			if err != nil {
				return err
			}
			if us[i].ID, err = res.LastInsertId(); err != nil {
				return err
			}
		}
		return nil
	}))
	return us
}

func text(lang, content string) policy.Text {
	return policy.Text{Lang: lang, Name: "Politica " + lang, Summary: "<p>pe scurt</p>", Content: policy.SafeHTML("<p>" + content + "</p>")}
}

func draft(kind policy.Kind, texts ...policy.Text) policy.Version {
	return policy.Version{Type: policy.TypeSite, Kind: kind, Revision: "1", SortOrder: 10, Texts: texts}
}

// load makes v active on the site's platform and returns it as stored.
func (s *site) load(slug string, v policy.Version) policy.Version {
	s.t.Helper()
	_, id, err := s.db.LoadPolicy(s.t.Context(), s.institution, slug, v, []string{s.platform.ID})
	s.must(err)
	got, err := s.db.Version(s.t.Context(), s.institution, id)
	s.must(err)
	return got
}

// event is what the web layer makes of a click.
func (s *site) event(u store.User, v policy.Version, a policy.Answer) policy.Event {
	t := v.Primary()
	return policy.Event{
		Time: s.clock.now(), InstitutionID: s.institution, PlatformID: s.platform.ID, Issuer: s.platform.Issuer,
		UserID: u.ID, Sub: u.Sub, ActorID: u.ID, ActorSub: u.Sub,
		PolicyID: v.PolicyID, VersionID: v.ID, MaterialID: v.MaterialID, PolicyName: t.Name, Revision: v.Revision,
		Kind: v.Kind, Lang: t.Lang, UILang: "ro", Digest: t.Digest(), Statement: "Am citit „Politica”", Button: "Trimite",
		Answer: a, LaunchID: "launch", DeploymentID: "1", ContextID: "2", ResourceLinkID: "7", Roles: "Learner",
		Presentation: rand.Text(),
	}
}

func (s *site) answer(es ...policy.Event) []policy.Event {
	s.t.Helper()
	got, err := s.db.Answer(s.t.Context(), es)
	s.must(err)
	return got
}

func (s *site) exec(query string, args ...any) {
	s.t.Helper()
	res, err := s.db.SQL().ExecContext(s.t.Context(), query, args...)
	s.must(err)
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		s.t.Fatalf("%s: %d rows, %v", query, n, err)
	}
}

func (s *site) count(query string, args ...any) int {
	s.t.Helper()
	var n int
	s.must(s.db.SQL().GetContext(s.t.Context(), &n, query, args...))
	return n
}

func hashOf(s string) []byte {
	h := sha256.Sum256([]byte(s))
	return h[:]
}

// parallel runs f n times at once and returns its errors.
func parallel(n int, f func(i int) error) []error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			errs[i] = f(i)
		})
	}
	close(start)
	wg.Wait()
	return errs
}

// noSleep lets tests of waiting take no time.
func noSleep(ctx context.Context, _ time.Duration) error { return ctx.Err() }

func userNumber(i int) string { return fmt.Sprint("u", i) }

// sealed is a secret as the database keeps it, the same each time.
func sealed(t testing.TB, purpose, secret string) []byte {
	t.Helper()
	keys, err := seal.Parse([]byte(storetest.KeyFile), bytes.NewReader(hashOf(purpose)))
	if err != nil {
		t.Fatal(err)
	}
	b, err := keys.Seal(purpose, []byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// invitation is one for the site's institution that is good for an hour.
func (s *site) invitation() store.Invitation {
	return store.Invitation{InstitutionID: s.institution, Expires: s.clock.now().Add(time.Hour)}
}
