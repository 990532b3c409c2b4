package launch

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"ltipolicy/launch/web"
	"ltipolicy/policy"
	"ltipolicy/templates"
)

// The orders of the list and the roles that it can be narrowed to.
const (
	orderMissing = "missing"
	orderName    = "name"
	orderTime    = "time"

	roleLearner  = "learner"
	roleTeacher  = "teacher"
	roleEveryone = "everyone"
)

// statuses are the marks that the list can be narrowed to.
var statuses = []templates.Mark{
	templates.MarkMissing, templates.MarkPending, templates.MarkOlder, templates.MarkExpired, templates.MarkDeclined, templates.MarkAccepted, templates.MarkBehalf,
	templates.MarkEnded,
}

// filter is which part of a course's participants a page or a download shows. It never looks at the answers of
// kind consent, so that no combination of filters tells how somebody chose.
type filter struct {
	search string
	status templates.Mark // empty: any
	policy int64          // the status with this policy; 0: with all compulsory ones together
	role   string
	order  string
	page   int // from 1

	addresses bool // the reader may see mail addresses; otherwise nobody is found by one
}

// readFilter takes what can be understood and passes over the rest: an address that somebody kept still works
// when a policy is gone.
func readFilter(q url.Values) filter {
	f := filter{search: web.SearchText(q.Get("q")), role: q.Get("role"), order: q.Get("sort"), page: 1}
	if m := templates.Mark(q.Get("status")); slices.Contains(statuses, m) {
		f.status = m
	}
	f.policy, _ = strconv.ParseInt(q.Get("policy"), 10, 64) //nolint:errcheck // 0: no policy
	if f.role != roleTeacher && f.role != roleEveryone {
		f.role = roleLearner
	}
	if f.order != orderName && f.order != orderTime {
		f.order = orderMissing
	}
	if n, err := strconv.Atoi(q.Get("page")); err == nil && n > 1 && n < 1e6 {
		f.page = n
	}
	return f
}

// filter is what the request asks for of the course's list.
func (c course) filter(r *http.Request) filter {
	f := readFilter(r.URL.Query())
	f.addresses = c.ses.Addresses
	return f
}

// query is the address of the filter: only what differs from the list as it is first shown.
func (f filter) query() url.Values {
	q := url.Values{}
	set := func(name, value, usual string) {
		if value != usual {
			q.Set(name, value)
		}
	}
	set("q", f.search, "")
	set("status", string(f.status), "")
	set("policy", strconv.FormatInt(f.policy, 10), "0")
	set("role", f.role, roleLearner)
	set("sort", f.order, orderMissing)
	set("page", strconv.Itoa(f.page), "1")
	return q
}

// address is that of the list at base with the filter.
func (f filter) address(base string) string {
	if q := f.query().Encode(); q != "" {
		return base + "?" + q
	}
	return base
}

// active reports whether somebody is left out who would otherwise be on the list.
func (f filter) active() bool {
	return f.search != "" || f.status != "" || f.role != roleLearner
}

// lens looks at rows through a filter, for one set of columns.
type lens struct {
	filter
	shown  []int // the columns that are shown: all but consents
	at     int   // the filter's policy among the columns; -1: all together
	asking bool  // one of them still asks
	over   bool  // the course asked one of them, and has ended
}

// through makes the lens for a roster's columns. A policy that is not asked here, or is a consent, counts as
// none chosen.
func (f filter) through(r *policy.Roster, now time.Time) lens {
	l := lens{filter: f, at: -1}
	for i, c := range r.Columns() {
		if c.Version.Optional() {
			continue
		}
		l.shown = append(l.shown, i)
		l.asking, l.over = l.asking || !c.Ended(now), l.over || c.Ended(now)
		if c.Version.PolicyID == f.policy {
			l.at = i
		}
	}
	if l.at < 0 {
		l.policy = 0
	}
	return l
}

// done reports whether all that is shown was asked by the course, which has ended: nobody has anything left to accept,
// whether or not they did.
func (l lens) done() bool { return l.over && !l.asking }

// concerns reports whether role and search let the row through, whatever its status. Nobody is missing who was erased.
func (l lens) concerns(row policy.RosterRow) bool {
	if row.Gone() && l.missing(row) {
		return false
	}
	if l.role == roleLearner && row.Teacher || l.role == roleTeacher && !row.Teacher {
		return false
	}
	words := []string{row.Name, row.GivenName, row.FamilyName, row.IDNumber}
	if l.addresses {
		words = append(words, row.Email)
	}
	return l.search == "" || policy.Matches(policy.SearchKey(words...), l.search)
}

// missing reports whether something is left to accept: with the filter's policy, or with any.
func (l lens) missing(row policy.RosterRow) bool {
	if l.at >= 0 {
		return row.Cells[l.at].Pending
	}
	return !row.Complete
}

// matches reports whether the row has the filter's status.
func (l lens) matches(row policy.RosterRow) bool {
	switch l.status {
	case "":
		return true
	case templates.MarkMissing:
		return l.missing(row)
	case templates.MarkAccepted:
		if l.at >= 0 {
			return row.Cells[l.at].State == policy.StateAccepted
		}
		return row.Complete
	}
	if l.at >= 0 {
		return mark(row.Cells[l.at]) == l.status
	}
	return slices.ContainsFunc(l.shown, func(i int) bool { return mark(row.Cells[i]) == l.status })
}

// mark words where somebody stands with a policy; empty where it does not concern them.
func mark(c policy.RosterCell) templates.Mark {
	switch {
	case c.State == policy.StateAccepted && c.OnBehalf:
		return templates.MarkBehalf
	case c.State == policy.StateAccepted:
		return templates.MarkAccepted
	case c.State == policy.StateDeclined:
		return templates.MarkDeclined
	case c.State == policy.StateExpired:
		return templates.MarkExpired
	case c.State == policy.StateOlderAccepted:
		return templates.MarkOlder
	case c.State == policy.StatePending:
		return templates.MarkPending
	case c.State == policy.StateEnded:
		return templates.MarkEnded
	}
	return ""
}

// latest is when the person last answered one of the shown policies, or the chosen one.
func (l lens) latest(row policy.RosterRow) time.Time {
	var last time.Time
	for _, i := range l.shown {
		if g := row.Cells[i].Given; g != nil && (l.at < 0 || l.at == i) && g.Time.After(last) {
			last = g.Time
		}
	}
	return last
}

// marks are the row's cells as the page shows them.
func (l lens) marks(row policy.RosterRow) []templates.PolicyMark {
	out := make([]templates.PolicyMark, 0, len(l.shown))
	for _, i := range l.shown {
		m := templates.PolicyMark{Mark: mark(row.Cells[i])}
		if g := row.Cells[i].Given; g != nil {
			m.Time = g.Time
		}
		out = append(out, m)
	}
	return out
}

// calls are the two parts of a name: the one before, and the one that the list is sorted by.
func calls(p policy.Participant) (given, family string) {
	if p.FamilyName == "" {
		return "", cmp.Or(p.Name, p.GivenName)
	}
	return p.GivenName, p.FamilyName
}
