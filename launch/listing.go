package launch

import (
	"bytes"
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"

	"ltipolicy/launch/web"
	"ltipolicy/policy"
	"ltipolicy/templates"
)

// perPage is how many people a page of the list shows: as many as can be looked through, and small to paint.
const perPage = 50

// maxDays is how many points the picture of the progress has at most.
const maxDays = 90

// line is a participant on the way to the page.
type line struct {
	policy.RosterRow
	missing bool
	latest  time.Time
	key     []byte // by which names are compared in the reader's language
}

// listing is the part of a course that a filter shows, with the figures of the whole course beside it.
type listing struct {
	lens
	roster   *policy.Roster
	summary  policy.RosterSummary
	lines    []line // sorted
	counts   struct{ everyone, missing, accepted int }
	groups   struct{ missing, accepted int } // of lines
	nameless bool                            // somebody has no name
}

// listing reads a course's participants and sorts those that the filter lets through.
func (t *teacher) listing(ctx context.Context, c course, f filter, loc *templates.Locale) (listing, error) {
	var l listing
	var keys collate.Buffer
	names := collator(loc)
	roster, err := t.fold(ctx, c, func(r *policy.Roster) error {
		l = listing{lens: f.through(r, t.Now()), roster: r}
		keys.Reset()
		return nil
	}, func(row policy.RosterRow) error {
		l.nameless = l.nameless || row.Name == "" && row.FamilyName == "" && !row.Gone()
		if !l.concerns(row) {
			return nil
		}
		n := line{RosterRow: row, missing: l.missing(row)}
		l.counts.everyone++
		if n.missing {
			l.counts.missing++
		} else {
			l.counts.accepted++
		}
		if !l.matches(row) {
			return nil
		}
		if n.missing {
			l.groups.missing++
		} else {
			l.groups.accepted++
		}
		if l.order == orderTime {
			n.latest = l.latest(row)
		}
		given, family := calls(row.Participant)
		n.key = names.KeyFromString(&keys, family+" "+given)
		l.lines = append(l.lines, n)
		return nil
	})
	if err != nil {
		return l, err
	}
	l.summary = roster.Summary()
	slices.SortFunc(l.lines, func(a, b line) int {
		first := 0
		switch {
		case l.order == orderMissing && a.missing != b.missing:
			first = 1
			if a.missing {
				first = -1
			}
		case l.order == orderTime:
			first = b.latest.Compare(a.latest)
		}
		return cmp.Or(first, bytes.Compare(a.key, b.key), cmp.Compare(a.Sub, b.Sub))
	})
	return l, nil
}

// collator compares names as the dictionary of the reader's language does. It is not safe for concurrent use.
func collator(loc *templates.Locale) *collate.Collator {
	return collate.New(language.Make(loc.Tag()), collate.Loose)
}

func (t *teacher) renderPage(w http.ResponseWriter, r *http.Request, p templates.ParticipantsPage) {
	t.Render(w, r, http.StatusOK, p)
}

// participantsPage puts the list into the page's words.
func (t *teacher) participantsPage(base templates.Page, c course, f filter, l listing) (templates.ParticipantsPage, error) {
	p := templates.ParticipantsPage{
		Page: base, Course: c.title(), Learners: l.summary.Learners, Accepted: l.summary.Complete, Erased: l.summary.Erased,
		Found: len(l.lines), Addresses: c.ses.Addresses, CSV: c.page + "/list.csv", XLSX: c.page + "/list.xlsx",
	}
	var err error
	if p.Roster, err = t.rosterNote(base, c, l); err != nil {
		return p, err
	}
	for i, col := range l.roster.Columns() {
		if col.Ended(t.Now()) {
			p.End = col.CourseEnd
		}
		p.Copied = p.Copied || c.Copied && col.Course
		text, sum := web.Readable(base.Locale, col.Version), l.summary.Columns[i]
		if col.Version.Optional() {
			n, _ := sum.Consented()
			count := templates.ConsentCount{Name: text.Name, Lang: text.Lang, Yes: n, Over: col.Ended(t.Now())}
			if col.Version.Named() {
				count.List = choicesPage(c, col.Version.PolicyID)
				p.Named = append(p.Named, count)
				continue
			}
			p.Free = append(p.Free, count)
			continue
		}
		share := templates.PolicyShare{
			ID: col.Version.PolicyID, Name: text.Name, Lang: text.Lang,
			Accepted: sum.Accepted, Older: sum.Older, Declined: sum.Declined, Expired: sum.Expired, Pending: sum.Pending, Over: col.Ended(t.Now()), Ended: sum.Ended,
		}
		if v := col.Version; v.EnforcedFrom.After(t.Now()) && !share.Over {
			share.PutOff = base.Locale.In(v.Location()).DateTime(v.EnforcedFrom)
		}
		p.Policies = append(p.Policies, share)
	}
	if len(p.Policies) > 0 && p.Missing() > 0 {
		p.Write = c.page + "/missing"
	}
	p.Progress = progress(l.summary, base.DayAt(t.Now()))
	p.Form = filterForm(c.page, l, p.Policies)
	p.Groups, p.Pager = groups(c.page, l)
	return p, nil
}

// paged says which page is shown, of how many, and which lines are on it.
func (l listing) paged() (at, pages, from, to int) {
	pages = max(1, (len(l.lines)+perPage-1)/perPage)
	at = min(l.page, pages)
	return at, pages, (at - 1) * perPage, min(at*perPage, len(l.lines))
}

// onPage are the lines of the page that is shown.
func (l listing) onPage() []line {
	_, _, from, to := l.paged()
	return l.lines[from:to]
}

// groups cuts the page's part out of the lines and puts the missing ones under a heading of their own.
func groups(base string, l listing) ([]templates.ParticipantGroup, templates.Pager) {
	at, pages, from, to := l.paged()
	pager := templates.Pager{From: from + 1, To: to, Of: len(l.lines)}
	turn := func(page int) string {
		f := l.filter
		f.page = page
		return f.address(base)
	}
	if at > 1 {
		pager.Prev = turn(at - 1)
	}
	if at < pages {
		pager.Next = turn(at + 1)
	}
	var out []templates.ParticipantGroup
	for i, n := range l.lines[from:to] {
		if i == 0 || l.order == orderMissing && n.missing != l.lines[from+i-1].missing {
			g := templates.ParticipantGroup{}
			if l.order == orderMissing && !l.done() {
				g.Key, g.Count = "people.group.accepted", l.groups.accepted
				if n.missing {
					g.Key, g.Count = "people.group.missing", l.groups.missing
				}
			}
			out = append(out, g)
		}
		row := templates.Participant{Overall: templates.MarkAccepted, Marks: l.marks(n.RosterRow), Erased: n.Gone()}
		row.Given, row.Family = calls(n.Participant)
		if n.missing {
			row.Overall = templates.MarkMissing
		}
		if n.Teacher {
			row.Role = "people.teacher"
		}
		g := &out[len(out)-1]
		g.Rows = append(g.Rows, row)
	}
	return out, pager
}

func filterForm(base string, l listing, shares []templates.PolicyShare) templates.FilterForm {
	form := templates.FilterForm{
		Action: base, Query: l.search, Active: l.active(),
		Narrowed: l.policy != 0 || l.role != roleLearner || l.order != orderMissing ||
			l.status != "" && l.status != templates.MarkMissing && l.status != templates.MarkAccepted,
		Clear: filter{role: roleLearner, order: l.order, page: 1}.address(base),
	}
	form.Status = []templates.Option{{Key: "people.any.status", Selected: l.status == ""}}
	for _, m := range statuses {
		if m == templates.MarkEnded && !l.over {
			continue
		}
		form.Status = append(form.Status, templates.Option{Value: string(m), Key: m.Key(), Selected: l.status == m})
	}
	form.Policies = []templates.Option{{Key: "people.any.policy", Selected: l.policy == 0}}
	for _, sh := range shares {
		form.Policies = append(form.Policies, templates.Option{
			Value: strconv.FormatInt(sh.ID, 10), Label: sh.Name, Lang: sh.Lang, Selected: l.policy == sh.ID,
		})
	}
	for _, o := range []struct{ value, key string }{
		{roleLearner, "people.role.learner"}, {roleTeacher, "people.role.teacher"}, {roleEveryone, "people.role.everyone"},
	} {
		form.Role = append(form.Role, templates.Option{Value: o.value, Key: o.key, Selected: l.role == o.value})
	}
	for _, o := range []struct{ value, key string }{
		{orderMissing, "people.sort.missing"}, {orderName, "people.sort.name"}, {orderTime, "people.sort.time"},
	} {
		form.Sort = append(form.Sort, templates.Option{Value: o.value, Key: o.key, Selected: l.order == o.value})
	}
	for _, t := range []struct {
		status templates.Mark
		key    string
		count  int
	}{
		{"", "people.tab.everyone", l.counts.everyone},
		{templates.MarkMissing, "people.tab.missing", l.counts.missing},
		{templates.MarkAccepted, "people.tab.accepted", l.counts.accepted},
	} {
		if t.status != "" && l.done() {
			continue
		}
		f := l.filter
		f.status, f.page = t.status, 1
		form.Tabs = append(form.Tabs, templates.Tab{Key: t.key, Count: t.count, URL: f.address(base), Current: l.status == t.status})
	}
	f := l.filter
	f.page = 1
	q := f.query()
	for _, name := range []string{"q", "status", "policy", "role", "sort"} {
		if q.Has(name) {
			form.Hidden = append(form.Hidden, templates.Field{Name: name, Value: q.Get(name)})
		}
	}
	return form
}

// progress is the picture's points: the days on which somebody completed, and today. Of very many days only
// some are kept, always with the last one.
func progress(sum policy.RosterSummary, now policy.Day) []templates.Point {
	points := make([]templates.Point, len(sum.Days))
	for i, d := range sum.Days {
		points[i] = templates.Point{Day: d.Day, Count: d.Complete}
	}
	points = templates.Thin(points, maxDays)
	today := now.Start(time.UTC)
	if n := len(points); n > 0 && points[n-1].Day.Before(today) {
		points = append(points, templates.Point{Day: today, Count: points[n-1].Count})
	}
	return points
}
