package store_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ltipolicy/policy"
	"ltipolicy/store"
)

// facts are what a history has come to, read row by row: what the rule is applied to.
type facts struct {
	now      time.Time
	policies []policyFacts
	people   []personFacts // by id
}

type policyFacts struct {
	policy.Policy
	platforms []string
	versions  []policy.Version
}

type personFacts struct {
	store.User
	given   []policy.Given
	courses []string
}

func (p policyFacts) active() (policy.Version, bool) {
	i := slices.IndexFunc(p.versions, func(v policy.Version) bool { return v.Status() == policy.Active })
	if i < 0 {
		return policy.Version{}, false
	}
	return p.versions[i], true
}

func (h *history) facts() facts {
	f := facts{now: h.clock.now()}
	ps, err := h.db.Policies(h.ctx, h.institution)
	h.must(err)
	applies, err := h.db.PolicyPlatforms(h.ctx, h.institution)
	h.must(err)
	for _, p := range ps {
		f.policies = append(f.policies, policyFacts{p, applies[p.ID], h.versions(p.ID)})
		for _, v := range f.policies[len(f.policies)-1].versions {
			if v.Current && v.Archived {
				h.Fatalf("version %d is active and archived", v.ID)
			}
		}
	}
	counted := maps.Clone(h.people)
	maps.Copy(counted, h.erased)
	for _, id := range slices.Sorted(maps.Keys(counted)) {
		u := personFacts{User: counted[id]}
		u.given, err = h.db.Answers(h.ctx, id)
		h.must(err)
		es, err := h.db.Enrolments(h.ctx, u.PlatformID, id)
		h.must(err)
		for _, e := range es {
			u.courses = append(u.courses, e.ID)
		}
		f.people = append(f.people, u)
	}
	return f
}

// person is somebody by their id; of 0, who never launched, nothing is known.
func (f facts) person(id int64) personFacts {
	for _, u := range f.people {
		if u.ID == id {
			return u
		}
	}
	return personFacts{}
}

func (u personFacts) viewer(now time.Time) policy.Viewer { return u.Person().At(now) }

// asksIn says whether an activity of the course asks for the policy.
func (h *history) asksIn(platformID, course, slug string) bool {
	for k, l := range h.links {
		if k.platformID == platformID && l.contextID == course && slices.Contains(l.slugs, slug) {
			return true
		}
	}
	return false
}

// here says whether the policy applies in a course of the platform; no course: on the site.
func (h *history) here(p policyFacts, v policy.Version, platformID, course string) bool {
	return slices.Contains(p.platforms, platformID) && (!v.Courses || h.asksIn(platformID, course, p.Slug))
}

// byCourses says whether courses ask the version: for an archived one, whether its material was answered in courses, and if
// it never was, what holds for the policy now.
func (f facts) byCourses(v policy.Version) bool {
	if v.Status() != policy.Archived {
		return v.Courses
	}
	answered := false
	for _, u := range f.people {
		for _, g := range u.given {
			if g.MaterialID == v.MaterialID {
				if answered = true; g.Scope != "" {
					return true
				}
			}
		}
	}
	return !answered && v.Courses
}

// stands is where a person stands with a version, on the site or among the courses that ask them, of which only one may
// count; and whether it reaches them. Whom no course asks any more stands as they answered last.
func (h *history) stands(f facts, p policyFacts, v policy.Version, u personFacts, only string) (policy.Asked, bool) {
	here := slices.Contains(p.platforms, u.PlatformID)
	if v.Courses = f.byCourses(v); !v.Courses {
		return ruled(v, u, ""), here
	}
	var rows []policy.Asked
	for _, c := range slices.Sorted(slices.Values(u.courses)) {
		if h.asksNow(f, u.PlatformID, c, p.Slug) && (only == "" || only == c) {
			rows = append(rows, ruled(v, u, c))
		}
	}
	if a, some := policy.Among(rows, f.now); some {
		return a, here
	}
	if v.Status() == policy.Archived {
		v.EffectiveFrom = time.Time{}
	}
	a := policy.Ask(v, nil, "")
	a.Latest = policy.Latest(u.inCourses(only, func(g policy.Given) bool { return v.Status() != policy.Archived || g.VersionID == v.ID }), v.ID, v.MaterialID)
	return a, false
}

// inCourses are those of a person's answers that are for courses, of which only one may count.
func (u personFacts) inCourses(only string, counts func(policy.Given) bool) []policy.Given {
	return slices.DeleteFunc(slices.Clone(u.given), func(g policy.Given) bool {
		return g.Scope == "" || only != "" && g.Scope != only || !counts(g)
	})
}

// ruled is what the rule looks at. The report tells of an archived version as if it were asked still: there its own
// answers count, and its day does not.
func ruled(v policy.Version, u personFacts, course string) policy.Asked {
	given := u.given
	if v.Status() == policy.Archived {
		given = slices.DeleteFunc(slices.Clone(given), func(g policy.Given) bool { return g.VersionID != v.ID })
		v.EffectiveFrom = time.Time{}
	}
	return policy.Ask(v, given, course)
}

// agrees compares everything that the store counts and lists with the rule.
func (h *history) agrees() {
	h.checkGates(rapid.IntRange(1, 5).Draw(h.T, "at once"))
	h.deliver()
	f := h.facts()
	h.agreesOnLaunches(f)
	h.agreesOnScores(f)
	h.agreesOnRosters(f)
	h.db.ForgetCounts()
	h.agreesOnCounts(f)
	for _, p := range f.policies {
		h.agreesOnFigures(f, p)
	}
	for _, q := range h.queries(f) {
		h.agreesOnReport(f, q)
	}
}

func (h *history) checkGates(most int) {
	for {
		did, err := h.db.CheckGates(h.ctx, most)
		h.must(err)
		if did.Done {
			return
		}
	}
}

func (h *history) same(what string, want, got any) {
	h.Helper()
	if d := gocmp.Diff(want, got); d != "" {
		h.Fatalf("%s (-by the rule +by the store, which says it in SQL in askednow.go):\n%s", what, d)
	}
}

// asked is what a person is asked in a course by the rule, all of it and what is left.
func (h *history) asked(f facts, platformID, course string, u personFacts) (rows, left []policy.Asked) {
	for _, p := range f.policies {
		if v, ok := p.active(); ok && h.here(p, v, platformID, course) {
			rows = append(rows, policy.Ask(v, u.given, course))
		}
	}
	slices.SortFunc(rows, func(a, b policy.Asked) int { return cmp.Compare(a.VersionID, b.VersionID) })
	return rows, policy.PendingAsked(rows, u.viewer(f.now).In(h.end(platformID, course)))
}

func (h *history) agreesOnLaunches(f facts) {
	for _, u := range f.people {
		course := rapid.SampledFrom([]string{"", "c1", "c2"}).Draw(h.T, "course")
		got, err := h.db.Asked(h.ctx, u.PlatformID, course, u.ID)
		h.must(err)
		slices.SortFunc(got, func(a, b policy.Asked) int { return cmp.Compare(a.VersionID, b.VersionID) })
		rows, left := h.asked(f, u.PlatformID, course, u)
		h.same(fmt.Sprintf("person %d in course %q", u.ID, course), rows, got)
		h.same(fmt.Sprintf("what person %d must answer in course %q", u.ID, course), left, policy.PendingAsked(got, u.viewer(f.now).In(h.end(u.PlatformID, course))))
	}
}

// agreesOnScores: a learner has a score for an activity exactly if the rule leaves nothing compulsory in its course,
// whether or not that has ended; but nobody loses it for what a course would ask that has.
func (h *history) agreesOnScores(f facts) {
	for _, u := range f.people {
		var list []struct {
			ContextID string `db:"contextid"`
			Wanted    int    `db:"wanted"`
			Link      string `db:"resourcelinkid"`
		}
		h.must(h.db.SQL().SelectContext(h.ctx, &list, `SELECT contextid, wanted, resourcelinkid FROM outbox WHERE userid = ?`, u.ID))
		for _, o := range list {
			if !h.links[linkKey{u.PlatformID, o.Link}].graded {
				continue // nobody waits for it
			}
			rows, _ := h.asked(f, u.PlatformID, o.ContextID, u)
			g := policy.GateOf(rows, u.viewer(f.now).In(h.end(u.PlatformID, o.ContextID)))
			if g.Kept && !h.ended(f, u.PlatformID, o.ContextID) {
				h.Fatalf("a gate of %s is kept, which has not ended", o.ContextID)
			}
			if g.Open != (o.Wanted == 1) && !g.Kept {
				h.Fatalf("the score of person %d for %s in %s is %d, and by the rule the gate is %+v", u.ID, o.Link, o.ContextID, o.Wanted, g)
			}
		}
	}
}

func (h *history) agreesOnRosters(f facts) {
	p, course := h.platform(), pick(h, "course", courses)
	r, err := h.db.Roster(h.ctx, p.ID, course)
	if err != nil {
		return // nobody came from there
	}
	columns, err := h.db.RosterColumns(h.ctx, p.ID, course)
	h.must(err)
	roster := policy.NewRoster(columns, f.now)
	h.must(h.db.EachParticipant(h.ctx, r, columns, func(x policy.Participant, given []policy.Given) error {
		row := roster.Add(x, given)
		u := f.person(x.UserID)
		rows, left := h.asked(f, p.ID, course, u)
		missing := 0
		for _, a := range left {
			if a.Kind.Compulsory() && a.Pending(u.viewer(f.now)) {
				missing++
			}
		}
		shown := slices.DeleteFunc(rows, func(a policy.Asked) bool { return a.Kind == policy.Inform || a.Audience == policy.AudienceGuests })
		if row.Missing != missing || len(row.Cells) != len(shown) {
			h.Fatalf("participant %s of %s: %d missing of %d, by the rule %d of %d", x.Sub, course, row.Missing, len(row.Cells), missing, len(shown))
		}
		for i, c := range roster.Columns() {
			if c.Version.Optional() {
				continue
			}
			k := slices.IndexFunc(f.policies, func(p policyFacts) bool { return p.ID == c.Version.PolicyID })
			s := policy.StandingOf(f.policies[k].versions, policy.InScope(u.given, c.Version.ScopeIn(course)), nil, x.UserID, u.viewer(f.now).In(h.end(p.ID, course)))
			if cell := row.Cells[i]; cell.State != s.State || cell.Pending != s.Pending {
				h.Fatalf("participant %s, %s: %+v, My agreements says %+v", x.Sub, c.Slug, cell, s)
			}
		}
		return nil
	}))
}

// agreesOnCounts: the figures of the list of policies.
func (h *history) agreesOnCounts(f facts) {
	want := map[int64]store.Count{}
	for _, p := range f.policies {
		for _, v := range p.versions {
			active := v.Status() == policy.Active
			if v.Status() == policy.Draft || active && !policy.Ask(withoutDay(v), nil, "").Asks(policy.Person{}.At(f.now)) {
				continue
			}
			var n store.Count
			for _, u := range f.people {
				if u.Class != "" || active && !slices.Contains(p.platforms, u.PlatformID) {
					continue
				}
				a, reached := h.stands(f, p, v, u, "")
				switch {
				case h.over(f, u, a.Latest):
					n.Ended++
				case a.Expired(f.now):
					n.Expired++
				case a.Latest != nil && a.Latest.Accepted:
					n.Accepted++
				case a.Latest != nil:
					n.Declined++
				}
				if active && reached && a.Asks(u.viewer(f.now)) {
					n.Asked++
				}
			}
			want[v.ID] = n
		}
	}
	got, _, err := h.db.Counts(h.ctx, h.institution)
	h.must(err)
	h.same("counts", want, got)
}

func withoutDay(v policy.Version) policy.Version {
	v.EffectiveFrom = time.Time{}
	return v
}
