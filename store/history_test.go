package store_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

// histories is the environment variable that says for how long random histories are played on each database, such
// as 1h. Without it a few are played.
const histories = "LTIPOLICY_TEST_HISTORIES"

// How many are played where nobody asks for more, by the variable above, -rapid.checks or -rapid.seed: enough on SQLite
// to find what is wrong with a rule, and on a server what it understands otherwise. They are the same in each run, so
// that a change is judged by what it changes.
const (
	fewHistories   = "100"
	fewOnServers   = "20"
	theseHistories = "1"
)

// "Must this person answer this" is one function, policy.Asked.Pending. The store counts and lists in SQL what follows
// from it for many people at once. Here random histories are played through the store's acts, and everything that it
// counts and lists is compared with the function, person by person.
func TestRandomHistoriesAgreeWithTheRule(t *testing.T) {
	long, err := time.ParseDuration(os.Getenv(histories))
	if err != nil && os.Getenv(histories) != "" {
		t.Fatal(err)
	}
	checks, seed := flag.Lookup("rapid.checks"), flag.Lookup("rapid.seed")
	few := long == 0 && checks.Value.String() == checks.DefValue && seed.Value.String() == seed.DefValue
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		if few {
			n := fewOnServers
			if strings.HasPrefix(dsn, "sqlite:") {
				n = fewHistories
			}
			for f, value := range map[*flag.Flag]string{checks: n, seed: theseHistories} {
				if err := f.Value.Set(value); err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { f.Value.Set(f.DefValue) }) //nolint:errcheck // it was that before
			}
		}
		clock := newClock()
		db := storetest.Open(t, storetest.Eraser(dsn), store.Options{Now: clock.now}) // who may erase people, too
		for end := time.Now().Add(long); ; {
			rapid.Check(t, func(rt *rapid.T) { newHistory(t.Context(), rt, db, clock).play() })
			if t.Failed() || !time.Now().Before(end) {
				return
			}
		}
	})
}

// Histories find nothing wrong with what they never draw: of each thing that the rule looks at in a version, two
// versions that they draw differ.
func TestHistoriesDrawWhatTheRuleLooksAt(t *testing.T) {
	told := []string{"VersionID", "PolicyID", "MaterialID", "Style", "SortOrder", "ActiveFrom", "Latest"} // what it is, its place, when it was published, what was answered
	drawn := map[string]map[any]bool{}
	rapid.Check(t, func(rt *rapid.T) {
		h := &history{T: rt, clock: newClock()}
		a := reflect.ValueOf(policy.Ask(h.version("p1"), nil, ""))
		for i := range a.NumField() {
			name := a.Type().Field(i).Name
			if drawn[name] == nil {
				drawn[name] = map[any]bool{}
			}
			drawn[name][fmt.Sprint(a.Field(i).Interface())] = true
		}
	})
	for name, values := range drawn {
		if len(values) < 2 && !slices.Contains(told, name) {
			t.Errorf("policy.Asked.%s is the same in all histories: draw it in history.version, or no history can say whether the store's SQL goes by it", name)
		}
	}
}

// history is one institution with two sites, a handful of people and policies, and what happens to them. Histories
// share a database: what others hold in it must not count.
type history struct {
	*rapid.T
	ctx         context.Context
	db          *store.DB
	clock       *clock
	institution string
	admin       store.Admin
	officer     int64 // who answers for others, and counts nowhere
	platforms   []lti.Platform
	people      map[int64]store.User
	erased      map[int64]store.User // who counts in the place of those who were erased
	drafts      []int64
	links       map[linkKey]link
	ends        map[courseKey]time.Time // as the last launch said that spoke of it
	flying      []store.Score           // on their way to a Moodle
	moodle      int64                   // the last id that a Moodle gave something
}

// linkKey is an activity of a platform.
type linkKey struct{ platformID, linkID string }

// link is what the last launch from an activity said: its course, whether it takes scores, and what it asks for.
type link struct {
	contextID string
	graded    bool
	slugs     []string
}

var (
	slugs   = []string{"p1", "p2"}
	courses = []string{"c1", "c2"}
	// activities says in which course each activity is.
	activities = map[string]string{"l1": "c1", "l2": "c1", "l3": "c2"}
	subs       = []string{"a", "b", "c", "test", "guest", "admin"}
)

const (
	guestRole   = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Guest"
	adminRole   = "http://purl.imsglobal.org/vocab/lis/v2/person#Administrator"
	learnerRole = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"
)

func newHistory(ctx context.Context, t *rapid.T, db *store.DB, c *clock) *history {
	h := &history{T: t, ctx: ctx, db: db, clock: c, people: map[int64]store.User{}, erased: map[int64]store.User{}, links: map[linkKey]link{}, ends: map[courseKey]time.Time{}}
	// Every history begins in the middle of a second, when nothing of those before is left to be done, so that it is
	// played again as it was.
	c.add(c.now().Truncate(time.Second).Add(36*time.Hour + 500*time.Millisecond + 123456*time.Nanosecond).Sub(c.now()))
	_, err := db.ActivateDue(ctx)
	h.must(err)
	h.checkGates(100)
	h.deliver()
	id, err := db.NewID()
	h.must(err)
	h.institution, err = db.EnsureInstitution(ctx, id)
	h.must(err)
	h.admin = store.Admin{InstitutionID: h.institution, Actor: "manager"}
	res, err := db.SQL().ExecContext(ctx, `
		INSERT INTO lti_user (platformid, sub, name, givenname, familyname, email, username, idnumber, lang, timecreated, lastlaunch)
		VALUES ('elsewhere', ?, '', '', '', '', '', '', '', ?, ?)`, h.institution, c.now(), c.now())
	h.must(err)
	h.officer, err = res.LastInsertId()
	h.must(err)
	for _, name := range []string{"one", "two"} {
		p := platformFor(id+name, h.institution, "https://"+name+"-"+id+".example", "client")
		p.ID, err = db.NewID()
		h.must(err)
		h.must(db.AddPlatform(ctx, p))
		h.platforms = append(h.platforms, p)
	}
	return h
}

func (h *history) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// refused passes over what the store may refuse: the history goes on without it.
func (h *history) refused(err error) bool {
	h.Helper()
	if errors.Is(err, policy.ErrConflict) || errors.Is(err, policy.ErrInvalid) || errors.Is(err, policy.ErrForbidden) {
		h.Logf("refused: %v", err)
		return true
	}
	h.must(err)
	return false
}

func (h *history) play() {
	h.Repeat(map[string]func(*rapid.T){
		"launch":     h.act(h.launch),
		"enter":      h.act(h.launch),
		"load":       h.act(h.load),
		"draft":      h.act(h.draft),
		"publish":    h.act(h.publish),
		"inactivate": h.act(h.inactivate),
		"unschedule": h.act(h.unschedule),
		"answer":     h.act(h.answer),
		"reply":      h.act(h.answer),
		"behalf":     h.act(h.behalf),
		"import":     h.act(h.importAnswers),
		"tie":        h.act(h.importTie),
		"published":  h.act(h.publish),
		"moodle":     h.act(h.importPolicy),
		"save":       h.act(h.save),
		"erase":      h.act(h.erase),
		"attend":     h.act(h.attend),
		"attended":   h.act(h.attend),
		"end":        h.act(h.endCourse),
		"roster":     h.act(h.fetchRoster),
		"send":       h.act(h.send),
		"wait":       h.act(h.wait),
	})
	for range min(3, len(h.drafts)) {
		h.publish()
	}
	h.agrees()
	// When all is worked out somebody comes. Then nobody does anything, and what begins by itself, for everybody or for
	// some, changes the scores.
	h.rest(2 * time.Minute)
	h.launch()
	h.rest(2 * time.Minute)
	h.rest(pick(h, "later", []time.Duration{time.Hour, 30 * time.Hour, 200 * time.Hour, 1600 * time.Hour}))
	h.agreesOnScores(h.facts())
	h.agrees() // also of what has ended meanwhile
}

// rest lets time pass, and what is due be done.
func (h *history) rest(d time.Duration) {
	h.pass(d)
	h.checkGates(100)
	h.deliver()
}

// send takes scores that the platforms have not got yet.
func (h *history) send() {
	scores, err := h.db.TakeScores(h.ctx, 3, 3)
	h.must(err)
	h.flying = append(h.flying, scores...)
	h.Logf("%d scores are on their way", len(h.flying))
}

// deliver sends all scores that are due.
func (h *history) deliver() {
	for done := false; !done; done = len(h.flying) == 0 {
		h.must(h.db.ScoresSent(h.ctx, h.flying...))
		var err error
		h.flying, err = h.db.TakeScores(h.ctx, 1000, 1000)
		h.must(err)
	}
}

// act lets an act draw from the step that it is.
func (h *history) act(f func()) func(*rapid.T) {
	return func(t *rapid.T) {
		h.T = t
		f()
	}
}

func pick[T any](h *history, what string, from []T) T { return rapid.SampledFrom(from).Draw(h.T, what) }

func (h *history) platform() lti.Platform { return pick(h, "platform", h.platforms) }

// somewhere is some of the platforms.
func (h *history) somewhere() []string {
	one, two := h.platforms[0].ID, h.platforms[1].ID
	return pick(h, "platforms", [][]string{{one}, {two}, {one, two}, {one, two}, nil})
}

// moment is a time near now, before or after, or none.
func (h *history) moment() time.Time {
	d := pick(h, "moment", []time.Duration{0, -time.Hour, time.Second, time.Hour, 30 * time.Hour})
	if d == 0 {
		return time.Time{}
	}
	return h.clock.now().Add(d)
}

func (h *history) launch() {
	h.enter(h.platform(), pick(h, "person", subs), pick(h, "asks for", []string{"", "", "p1", "p2", "p1,moodle"}))
}

// version draws what a version says. Some of its changes are minor and some are not.
func (h *history) version(slug string) policy.Version {
	v := draft(
		pick(h, "kind", []policy.Kind{policy.Agree, policy.Agree, policy.Agree, policy.Consent, policy.Consent, policy.Inform}),
		text("ro", pick(h, "text", []string{"a", "a", "a", "b"})))
	v.Texts[0].Name = slug
	v.Revision = pick(h, "revision", []string{"1", "2", "3"})
	v.Audience = h.audience()
	v.EffectiveFrom, v.EnforcedFrom = h.moment(), h.moment()
	v.Validity = pick(h, "valid for", []policy.Validity{"", "P2M", "P2M", "--11-15"})
	v.Zone = pick(h, "in the days of", []string{"", "Europe/Bucharest"})
	v.Courses = pick(h, "for courses", []bool{false, false, true})
	v.SortOrder = pick(h, "order", []int{10, 12})
	return v
}

func (h *history) load() {
	slug, platforms := pick(h, "slug", slugs), h.somewhere()
	v := h.version(slug)
	if !v.Kind.Compulsory() || !v.EnforcedFrom.After(v.EffectiveFrom) {
		v.EnforcedFrom = time.Time{}
	}
	_, id, err := h.db.LoadPolicy(h.ctx, h.institution, slug, v, platforms)
	if !h.refused(err) {
		h.Logf("load %s as version %d: %s for %d, from %v, enforced from %v, on %v", slug, id, v.Kind, v.Audience, v.EffectiveFrom, v.EnforcedFrom, platforms)
	}
}

// policies returns those that there are; the step is passed over without any.
func (h *history) policies() []policy.Policy {
	ps, err := h.db.Policies(h.ctx, h.institution)
	h.must(err)
	if len(ps) == 0 {
		h.Skip("no policy yet")
	}
	return ps
}

func (h *history) versions(policyID int64) []policy.Version {
	vs, err := h.db.PolicyVersions(h.ctx, h.institution, policyID)
	h.must(err)
	return vs
}

// oneVersion is some version of some policy that has one of these states.
func (h *history) oneVersion(states ...policy.Status) policy.Version {
	var vs []policy.Version
	for _, p := range h.policies() {
		vs = append(vs, slices.DeleteFunc(h.versions(p.ID), func(v policy.Version) bool {
			return !slices.Contains(states, v.Status()) || v.Status() == policy.Draft && !v.Announced
		})...)
	}
	if len(vs) == 0 {
		h.Skip("there is none yet")
	}
	return pick(h, "version", vs)
}

func (h *history) draft() {
	ps, err := h.db.Policies(h.ctx, h.institution)
	h.must(err)
	add := func(id int64, err error) {
		h.Helper()
		if !h.refused(err) {
			h.drafts = append(h.drafts, id)
			h.Logf("draft %d", id)
		}
	}
	switch how := pick(h, "how", []string{"new policy", "new draft", "same again", "same again", "restore"}); {
	case how == "new policy" && len(ps) < 4 || len(ps) == 0:
		slug := pick(h, "slug", slugs)
		_, id, err := h.db.CreatePolicy(h.ctx, h.admin, slug, h.version(slug), h.somewhere())
		add(id, err)
	case how == "restore":
		add(h.db.RestoreAsDraft(h.ctx, h.admin, h.oneVersion(policy.Archived).ID))
	case how == "same again": // two, of which either can be published first
		v := h.oneVersion(policy.Active, policy.Active, policy.Archived)
		v.Audience = h.audience()
		add(h.db.NewDraft(h.ctx, h.admin, v))
		add(h.db.NewDraft(h.ctx, h.admin, v))
	default:
		v := h.version("x")
		v.PolicyID = pick(h, "policy", ps).ID
		add(h.db.NewDraft(h.ctx, h.admin, v))
	}
}

func (h *history) audience() policy.Audience {
	return pick(h, "audience", []policy.Audience{policy.AudienceAll, policy.AudienceAll, policy.AudienceAll, policy.AudienceLoggedIn, policy.AudienceGuests})
}

// publish makes a draft active, now or later, and holds what the dialog said to what came of it.
func (h *history) publish() {
	if len(h.drafts) == 0 {
		h.Skip("no draft yet")
	}
	id := pick(h, "draft", h.drafts)
	v, err := h.db.Version(h.ctx, h.institution, id)
	h.must(err)
	p := store.Publication{VersionID: id, Edit: v.Edit, Minor: pick(h, "minor", []bool{true, true, false})}
	then, _, err := h.db.DraftScope(h.ctx, v)
	h.must(err)
	begins := h.clock.now()
	later := pick(h, "when", []string{"now", "now", "now", "later", "later"}) == "later"
	if later {
		begins = begins.Add(pick(h, "in", []time.Duration{time.Second, time.Hour}))
		p.At, p.Announce = begins, pick(h, "announced", []time.Time{{}, h.clock.now(), h.clock.now().Add(time.Minute)})
	}
	if after := pick(h, "put off for", []time.Duration{0, 0, time.Hour}); after > 0 {
		p.Enforce = begins.Add(after)
	}
	if later {
		if !h.refused(h.db.Publish(h.ctx, h.admin, p)) {
			h.Logf("version %d waits until %v, announced %v, enforced %v, minor %v", id, p.At, p.Announce, p.Enforce, p.Minor)
		}
		return
	}
	said := h.dialog(v, then.Platforms, p.Minor)
	if h.refused(h.db.Publish(h.ctx, h.admin, p)) {
		return
	}
	h.Logf("publish version %d, minor %v, on %v, enforced from %v", id, p.Minor, then.Platforms, p.Enforce)
	h.drafts = slices.DeleteFunc(h.drafts, func(d int64) bool { return d == id })
	h.meant(said, v.PolicyID)
}

func (h *history) inactivate() {
	v := h.oneVersion(policy.Active, policy.Active, policy.Archived)
	if !h.refused(h.db.Inactivate(h.ctx, h.admin, v.ID)) {
		h.Logf("inactivate version %d", v.ID)
	}
}

func (h *history) unschedule() {
	waiting, err := h.db.Scheduled(h.ctx, h.institution)
	h.must(err)
	if len(waiting) == 0 {
		h.Skip("nothing waits")
	}
	s := pick(h, "scheduled", waiting)
	h.must(h.db.Unschedule(h.ctx, h.admin, s.VersionID))
	h.Logf("unschedule version %d", s.VersionID)
}

// somebody is one of those who launched.
func (h *history) somebody() (store.User, lti.Platform) {
	if len(h.people) == 0 {
		h.Skip("nobody yet")
	}
	ids := make([]int64, 0, len(h.people))
	for id := range h.people {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	u := h.people[pick(h, "person", ids)]
	return u, h.platforms[slices.IndexFunc(h.platforms, func(p lti.Platform) bool { return p.ID == u.PlatformID })]
}

func (h *history) answer() {
	u, p := h.somebody()
	v := h.oneVersion(policy.Active, policy.Archived, policy.Draft) // of drafts, what was announced
	given, err := h.db.Answers(h.ctx, u.ID)
	h.must(err)
	a, scope := pick(h, "answer", []policy.Answer{policy.Accepted, policy.Accepted, policy.Declined, policy.Withdrawn}), ""
	if v.Courses || slices.ContainsFunc(given, func(g policy.Given) bool { return g.VersionID == v.ID && g.Scope != "" }) {
		scope = pick(h, "course", courses)
	}
	e, err := policy.Decide(v, policy.Choice{VersionID: v.ID, Answer: a}, u.Person().At(h.clock.now()),
		policy.Latest(policy.InScope(given, scope), v.ID, v.MaterialID))
	if h.refused(err) {
		return
	}
	e.InstitutionID, e.PlatformID, e.Issuer, e.Time = h.institution, p.ID, p.Issuer, h.clock.now()
	e.UserID, e.Sub, e.ActorID, e.ActorSub, e.Scope = u.ID, u.Sub, u.ID, u.Sub, scope
	if _, err = h.db.Answer(h.ctx, []policy.Event{e}); !h.refused(err) {
		h.Logf("person %d answers version %d in %q: %s", u.ID, v.ID, scope, e.Answer)
	}
}

func (h *history) behalf() {
	u, p := h.somebody()
	b := store.Behalf{
		Platform: p, UserIDs: []int64{u.ID}, VersionIDs: []int64{h.oneVersion(policy.Active, policy.Archived).ID}, ActorID: h.officer, ActorSub: "officer",
		Answer: pick(h, "answer", []policy.Answer{policy.Accepted, policy.Declined, policy.Withdrawn}),
	}
	done, err := h.db.AnswerFor(h.ctx, h.admin, b)
	if !h.refused(err) {
		h.Logf("for person %d, version %v: %s, %d recorded", u.ID, b.VersionIDs, b.Answer, len(done.Recorded))
	}
}

// importAnswers takes an answer over that Moodle had, to any version but a draft, from any second near now.
func (h *history) importAnswers() {
	u, p := h.somebody()
	v := h.oneVersion(policy.Active, policy.Archived)
	at := h.clock.now().Add(-pick(h, "ago", []time.Duration{0, 0, time.Second, 50 * time.Hour, 1600 * time.Hour, 1600 * time.Hour})).Truncate(time.Second)
	h.importAnswer(p, u, v, rapid.Bool().Draw(h.T, "accepted"), at)
}

// importTie takes two answers of one second over, to two versions of one material: only one of them counts.
func (h *history) importTie() {
	u, p := h.somebody()
	var pairs [][2]policy.Version
	for _, x := range h.policies() {
		vs := slices.DeleteFunc(h.versions(x.ID), func(v policy.Version) bool { return v.Status() == policy.Draft })
		for i, a := range vs {
			for _, b := range vs[i+1:] {
				if a.MaterialID == b.MaterialID {
					pairs = append(pairs, [2]policy.Version{a, b})
				}
			}
		}
	}
	if len(pairs) == 0 {
		h.Skip("no minor change yet")
	}
	pair, accepted := pick(h, "pair", pairs), rapid.Bool().Draw(h.T, "accepted")
	at := h.clock.now().Truncate(time.Second)
	h.importAnswer(p, u, pair[0], accepted, at)
	h.importAnswer(p, u, pair[1], !accepted, at)
}

func (h *history) importAnswer(p lti.Platform, u store.User, v policy.Version, accepted bool, at time.Time) {
	h.moodle++
	n, err := h.db.ImportMoodleAnswers(h.ctx, p, []store.MoodleAnswer{imported(h.moodle, u, v, accepted, at)}, false)
	h.must(err)
	h.must(h.db.FinishMoodleImport(h.ctx, p, n))
	h.Logf("import for person %d, version %d: %v at %v: %+v", u.ID, v.ID, accepted, at, n)
}

func (h *history) importPolicy() {
	p := h.platform()
	m := store.MoodlePolicy{ID: int64(1 + rapid.IntRange(0, 1).Draw(h.T, "Moodle's policy")), Slug: "moodle", SortOrder: 11}
	for n := range int64(rapid.IntRange(1, 3).Draw(h.T, "versions")) {
		v := h.version(m.Slug)
		v.EffectiveFrom = time.Time{}
		m.Versions = append(m.Versions, store.MoodleVersion{ID: 10*m.ID + n, Version: v, Name: v.Texts[0].Name})
	}
	if rapid.Bool().Draw(h.T, "active") {
		m.Current = m.Versions[len(m.Versions)-1].ID
	}
	done, err := h.db.ImportMoodlePolicy(h.ctx, p, m, false)
	if !h.refused(err) {
		h.Logf("import policy %d of %s: %+v", m.ID, p.Name, done)
	}
}

// save lets a draft be for other sites and courses, which changes nothing for anybody.
func (h *history) save() {
	if len(h.drafts) == 0 {
		h.Skip("no draft yet")
	}
	v, err := h.db.Version(h.ctx, h.institution, pick(h, "draft", h.drafts))
	h.must(err)
	v.Courses = rapid.Bool().Draw(h.T, "for courses")
	platforms := h.somewhere()
	if _, err := h.db.SaveDraft(h.ctx, h.admin, v, platforms); !h.refused(err) {
		h.Logf("version %d is for %v, courses %v", v.ID, platforms, v.Courses)
	}
}

func (h *history) fetchRoster() {
	p, course := h.platform(), pick(h, "course", courses)
	f, err := h.db.FillRoster(h.ctx, p.ID, course, 0)
	if errors.Is(err, policy.ErrNotFound) {
		h.Skip("nobody came from there yet")
	}
	h.must(err)
	var members []lti.Member
	for _, sub := range rapid.SliceOfDistinct(rapid.SampledFrom(append(slices.Clone(subs), "never")), rapid.ID).Draw(h.T, "members") {
		members = append(members, lti.Member{Sub: sub, Name: sub, Roles: lti.ParseRoles([]string{"Learner"})})
	}
	h.must(f.Add(h.ctx, members))
	h.must(f.Done(h.ctx))
	h.Logf("roster of %s on %s: %d", course, p.Name, len(members))
}

// erase takes somebody away for good; who counts in their place is nobody who acts.
func (h *history) erase() {
	u, p := h.somebody()
	done, err := h.db.Erase(h.ctx, store.Decision{ID: "history", Admin: h.admin}, []int64{u.ID})
	h.must(err)
	if done.People != 1 {
		h.Fatalf("erasing person %d: %+v", u.ID, done)
	}
	delete(h.people, u.ID)
	var ghosts []int64
	h.must(h.db.SQL().SelectContext(h.ctx, &ghosts, `SELECT id FROM lti_user WHERE platformid = ? AND timeerased IS NOT NULL`, p.ID))
	for _, id := range ghosts {
		if _, known := h.erased[id]; !known {
			h.erased[id], err = h.db.User(h.ctx, p.ID, id)
			h.must(err)
			h.Logf("person %d is erased, %d counts in their place", u.ID, id)
		}
	}
}

func (h *history) wait() {
	h.pass(pick(h, "time", []time.Duration{time.Millisecond, 300 * time.Millisecond, time.Second, time.Hour, 25 * time.Hour, 1500 * time.Hour}))
}

func (h *history) pass(d time.Duration) {
	h.clock.add(d)
	_, err := h.db.ActivateDue(h.ctx)
	h.must(err)
	h.Logf("it is %v", h.clock.now())
}
