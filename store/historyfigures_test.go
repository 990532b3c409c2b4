package store_test

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"ltipolicy/policy"
	"ltipolicy/store"
)

// agreesOnFigures: one policy's page of figures.
func (h *history) agreesOnFigures(f facts, p policyFacts) {
	got, err := h.db.Figures(h.ctx, h.institution, p.ID)
	h.must(err)
	var want store.Figures
	active, is := p.active()
	is = is && policy.Ask(withoutDay(active), nil, "").Asks(policy.Person{}.At(f.now))
	for _, v := range p.versions { // the oldest first
		if v.Status() == policy.Draft || v.Kind == policy.Inform || v.Audience == policy.AudienceGuests ||
			slices.ContainsFunc(want.Materials, func(m store.MaterialFigures) bool { return m.MaterialID == v.MaterialID }) {
			continue
		}
		m := store.MaterialFigures{MaterialID: v.MaterialID}
		platforms, of, current := []string{h.platforms[0].ID, h.platforms[1].ID}, v, int64(0)
		if is && active.MaterialID == v.MaterialID {
			platforms, of, current = p.platforms, active, active.ID
		}
		byDay := map[time.Time]int{}
		for _, u := range f.people {
			a := policy.Asked{} // what an earlier material says of how long answers count is told no more
			if current != 0 {
				a = policy.Ask(of, nil, "")
			}
			a.Latest = h.latest(f, p, of, u, current)
			g := a.Latest
			if u.Class == "" && slices.Contains(platforms, u.PlatformID) && h.over(f, u, g) {
				m.Ended++
			}
			if u.Class == "" && slices.Contains(platforms, u.PlatformID) && g != nil && g.Accepted && !a.Expired(f.now) && !h.over(f, u, g) {
				byDay[g.Time.Truncate(24*time.Hour)]++
			}
		}
		for d := range byDay {
			m.Days = append(m.Days, store.DayCount{Day: d})
		}
		slices.SortFunc(m.Days, func(a, b store.DayCount) int { return a.Day.Compare(b.Day) })
		total := 0
		for i := range m.Days {
			total += byDay[m.Days[i].Day]
			m.Days[i].Accepted = total
		}
		want.Materials = append(want.Materials, m)
	}
	if is {
		want.Sites, want.Courses = h.shares(f, p, active)
		for _, s := range want.Sites {
			want.Asked += s.Asked
		}
	}
	for i := range got.Courses {
		got.Courses[i].Label, got.Courses[i].Title, got.Courses[i].Listed = "", "", time.Time{}
	}
	byPlace := func(f *store.Figures) {
		slices.SortFunc(f.Sites, func(a, b store.SiteShare) int { return cmp.Compare(a.PlatformID, b.PlatformID) })
		slices.SortFunc(f.Courses, func(a, b store.CourseShare) int {
			return cmp.Or(cmp.Compare(a.PlatformID, b.PlatformID), cmp.Compare(a.ID, b.ID))
		})
		if len(f.Courses) == 0 {
			f.Courses = nil
		}
	}
	byPlace(&want)
	byPlace(&got)
	h.same("figures of "+p.Slug, want, got)
}

// latest is the answer of somebody that counts for a material: the last one, or among the courses that ask them the one of
// the course that needs most doing, as stands says. current is the version of it that is active, 0 for none.
func (h *history) latest(f facts, p policyFacts, v policy.Version, u personFacts, current int64) *policy.Given {
	if !f.byCourses(v) {
		return policy.Latest(policy.InScope(u.given, ""), current, v.MaterialID)
	}
	ask := policy.Asked{}
	if current != 0 {
		ask = policy.Ask(v, nil, "")
	}
	var rows []policy.Asked
	for _, c := range slices.Sorted(slices.Values(u.courses)) {
		if h.asksNow(f, u.PlatformID, c, p.Slug) {
			ask.VersionID, ask.Latest = current, policy.Latest(policy.InScope(u.given, c), current, v.MaterialID)
			rows = append(rows, ask)
		}
	}
	if a, some := policy.Among(rows, f.now); some {
		return a.Latest
	}
	return policy.Latest(u.inCourses("", func(policy.Given) bool { return true }), current, v.MaterialID)
}

// shares are a policy's people by site and by course.
func (h *history) shares(f facts, p policyFacts, v policy.Version) (sites []store.SiteShare, courseShares []store.CourseShare) {
	for _, id := range p.platforms {
		site := store.SiteShare{PlatformID: id}
		for _, u := range f.people {
			if u.Class != "" || u.PlatformID != id {
				continue
			}
			a, reached := h.stands(f, p, v, u, "")
			if a.Latest != nil && a.Latest.Accepted && !a.Expired(f.now) && !h.over(f, u, a.Latest) {
				site.Accepted++
			}
			if reached && a.Asks(u.viewer(f.now)) {
				site.Asked++
			}
		}
		sites = append(sites, site)
		for _, course := range courses {
			if v.Optional() || !h.here(p, v, id, course) {
				continue
			}
			share := store.CourseShare{Course: store.Course{PlatformID: id, ID: course}}
			r, err := h.db.Roster(h.ctx, id, course)
			if err != nil {
				continue // nobody came from there
			}
			h.must(h.db.EachParticipant(h.ctx, r, nil, func(x policy.Participant, _ []policy.Given) error {
				u := f.person(x.UserID)
				a := policy.Ask(v, u.given, course)
				if u.Class != "" || !a.Asks(u.viewer(f.now).In(h.end(id, course))) {
					return nil
				}
				share.Asked++
				if a.Latest != nil && a.Latest.Accepted && !a.Expired(f.now) {
					share.Accepted++
				}
				return nil
			}))
			if share.Asked > 0 {
				courseShares = append(courseShares, share)
			}
		}
	}
	return sites, courseShares
}

// queries are the reports that somebody looks at: people in every status of every version and policy, and some others,
// here and there.
func (h *history) queries(f facts) []store.ReportQuery {
	about := []store.ReportQuery{{}}
	for _, p := range f.policies {
		if v, ok := p.active(); ok && v.Asks() && v.Audience != policy.AudienceGuests {
			about = append(about, store.ReportQuery{PolicyID: p.ID})
		}
		for _, v := range p.versions {
			if v.Status() != policy.Draft {
				about = append(about, store.ReportQuery{VersionID: v.ID})
			}
		}
	}
	statuses := []store.ReportStatus{store.ReportAny, store.ReportAccepted, store.ReportDeclined, store.ReportExpired, store.ReportPending}
	var all []store.ReportQuery
	for _, q := range about {
		for _, q.Status = range statuses {
			all = append(all, q)
		}
	}
	for _, class := range []string{"test", "guest", "guest"} {
		q := pick(h, "about", about)
		q.Class, q.Status = class, pick(h, "status", statuses)
		all = append(all, q)
	}
	for i := range all {
		q := &all[i]
		q.InstitutionID, q.Limit = h.institution, rapid.IntRange(1, 3).Draw(h.T, "limit")
		switch p := h.platform(); pick(h, "where", []string{"everywhere", "everywhere", "platform", "course"}) {
		case "platform":
			q.PlatformIDs = []string{p.ID}
		case "course":
			q.PlatformIDs, q.ContextID = []string{p.ID}, pick(h, "course", courses)
		}
	}
	return all
}

// agreesOnReport: who is on the pages of a report, and what each line says.
func (h *history) agreesOnReport(f facts, q store.ReportQuery) {
	type column struct {
		policyFacts
		version policy.Version
	}
	var columns []column
	for _, p := range f.policies {
		for _, v := range p.versions {
			asks := v.Status() == policy.Active && policy.Ask(withoutDay(v), nil, "").Asks(policy.Person{}.At(f.now))
			if q.VersionID == v.ID || q.VersionID == 0 && asks && (q.PolicyID == 0 || q.PolicyID == p.ID) {
				columns = append(columns, column{p, v})
			}
		}
	}
	type line struct {
		Person   int64
		Given    []*policy.Given
		Reported []policy.Reported
	}
	var want []line
	for _, u := range f.people {
		if u.Class != q.Class || len(q.PlatformIDs) > 0 && q.PlatformIDs[0] != u.PlatformID || q.ContextID != "" && !slices.Contains(u.courses, q.ContextID) {
			continue
		}
		l, pending := line{Person: u.ID}, false
		for _, c := range columns {
			a, reached := h.stands(f, c.policyFacts, c.version, u, q.ContextID)
			asked := reached && a.Asks(u.viewer(f.now))
			pending = pending || reached && a.Pending(u.viewer(f.now))
			l.Given, l.Reported = append(l.Given, a.Latest), append(l.Reported, policy.Report(a.Latest, a.Expired(f.now), asked, u.ID).In(h.over(f, u, a.Latest)))
		}
		var fits bool
		switch q.Status {
		case store.ReportAny:
			fits = true
		case store.ReportAccepted:
			fits = policy.ReportAll(l.Reported, false).Accepted()
		case store.ReportDeclined:
			fits = slices.ContainsFunc(l.Reported, policy.Reported.Declined)
		case store.ReportExpired:
			fits = slices.Contains(l.Reported, policy.ReportedExpired)
		case store.ReportPending:
			fits = pending && !u.Erased.Valid // of those who were erased nobody is missing
		}
		if fits {
			want = append(want, l)
		}
	}
	var got []line
	for asked := q; ; {
		p, err := h.db.Report(h.ctx, asked)
		h.must(err)
		order := make([]int, len(columns))
		for i, c := range columns {
			order[i] = slices.IndexFunc(p.Columns, func(r store.ReportColumn) bool { return r.VersionID == c.version.ID })
			if order[i] < 0 || len(p.Columns) != len(columns) {
				h.Fatalf("report %+v has columns %+v", q, p.Columns)
			}
		}
		for _, r := range p.Rows {
			l, said := line{Person: r.User.ID}, r.Reported()
			for _, i := range order {
				g := r.Given[i]
				l.Given, l.Reported = append(l.Given, g), append(l.Reported, said[i])
			}
			got = append(got, l)
		}
		if asked.After = p.Next; !p.More {
			break
		}
	}
	slices.SortFunc(got, func(a, b line) int { return cmp.Compare(a.Person, b.Person) })
	h.same(fmt.Sprintf("report %+v", q), want, got)
}

// dialogue is what the publish dialog says: by platform, and by name.
type dialogue struct {
	Reach  []store.ReachPlatform
	People []int64
}

func (h *history) dialog(v policy.Version, platforms []string, minor bool) dialogue {
	var d dialogue
	var err error
	d.Reach, err = h.db.Reach(h.ctx, h.institution, v, platforms, minor)
	h.must(err)
	for after := (store.ReportKey{}); ; {
		p, err := h.db.ReachPeople(h.ctx, h.institution, v, platforms, minor, after, 2)
		h.must(err)
		for _, r := range p.Rows {
			d.People = append(d.People, r.User.ID)
		}
		if after = p.Next; !p.More {
			break
		}
	}
	slices.Sort(d.People)
	slices.SortFunc(d.Reach, func(a, b store.ReachPlatform) int { return cmp.Compare(a.PlatformID, b.PlatformID) })
	return d
}

// meant compares what the dialog said before publishing with what the rule says right after.
func (h *history) meant(said dialogue, policyID int64) {
	f := h.facts()
	p := f.policies[slices.IndexFunc(f.policies, func(p policyFacts) bool { return p.ID == policyID })]
	v, ok := p.active()
	if !ok {
		h.Fatalf("published, and nothing is active")
	}
	var want dialogue
	for _, id := range p.platforms {
		r := store.ReachPlatform{PlatformID: id}
		for _, u := range f.people {
			a, reached := h.stands(f, p, v, u, "")
			if u.Class != "" || u.PlatformID != id || !reached {
				continue
			}
			if a.Asks(u.viewer(f.now)) {
				r.People++
			}
			if a.Pending(u.viewer(f.now)) {
				r.Asked++
				want.People = append(want.People, u.ID)
			}
		}
		closing := map[string]bool{}
		for k, l := range h.links {
			if k.platformID == id && l.graded && v.Kind.Compulsory() && v.Audience != policy.AudienceGuests && h.here(p, v, id, l.contextID) &&
				!(v.Courses && h.ended(f, id, l.contextID)) {
				closing[l.contextID] = true
			}
		}
		r.Courses = len(closing)
		want.Reach = append(want.Reach, r)
	}
	slices.SortFunc(want.Reach, func(a, b store.ReachPlatform) int { return cmp.Compare(a.PlatformID, b.PlatformID) })
	slices.Sort(want.People)
	h.same(fmt.Sprintf("what publishing version %d meant", v.ID), want, said)
}
