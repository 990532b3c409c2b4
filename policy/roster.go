package policy

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Participant is a member of a course, as the platform's roster gives them.
type Participant struct {
	Person           // the zero value for whoever never opened the tool
	UserID     int64 // 0: never opened the tool
	Sub        string
	Name       string
	GivenName  string
	FamilyName string
	Email      string
	IDNumber   string
	Lang       string // as the platform last named it; empty: nobody knows
	// Teacher says that the roster or the person's own last launch names them a teacher of the course.
	// Teachers answer like everybody else and are not counted.
	Teacher bool
}

// Gone reports whether the participant was erased: somebody without a name counts in their place.
func (p Participant) Gone() bool { return !p.Erased.IsZero() }

// Column is a policy that the participants of a course are asked.
type Column struct {
	Version Version // the active one
	Slug    string
	Course  bool    // asked by the course, not by the site
	Earlier []int64 // the policy's other versions, the oldest first
	// CourseEnd is when the course ends; zero: it does not.
	CourseEnd time.Time
}

// Ended reports whether it is the course that asks, and it has ended: nobody is asked any more.
func (c Column) Ended(now time.Time) bool {
	return c.Course && CourseEnded(c.CourseEnd, now)
}

// StateHidden is where everybody stands with a consent, to the eyes of others: also with one that is named, of which they
// learn no more than [RosterCell.Agreed].
const StateHidden State = "hidden"

// RosterCell is where a participant stands with one policy. The zero value of a consent's cell but for its
// state, and for Agreed where it is named, is on purpose: nobody else learns a person's free choice.
type RosterCell struct {
	State    State // one of pending, accepted, declined, expired, older_accepted, ended, hidden, and none for who is not asked
	Given    *Given
	OnBehalf bool
	Pending  bool // the participant is asked now
	// Agreed says, of a consent that is named, that a yes to the current material stands in this course. Whether somebody said
	// no, took a yes back or never answered is one and the same to others.
	Agreed bool
}

// RosterRow is one participant's line.
type RosterRow struct {
	Participant
	Cells    []RosterCell // in the order of [Roster.Columns]
	Missing  int          // compulsory policies still to be accepted
	Complete bool         // none of them
	Since    time.Time    // when the last of them was accepted; zero if there is none or it is not complete
}

// RosterSummary counts the learners of a course.
type RosterSummary struct {
	Learners int
	Complete int // with nothing compulsory left to accept
	Erased   int // of the others, who were erased
	Unseen   int // who never opened the tool
	Teachers int
	Columns  []ColumnSummary // in the order of [Roster.Columns]
	Days     []DayCount
}

// ColumnSummary counts the learners whom one policy concerns, by where they stand. For a consent all of it
// but Learners is 0, see [ColumnSummary.Consented].
type ColumnSummary struct {
	Learners int
	Accepted int
	OnBehalf int // of the accepted
	Older    int // only an earlier version was accepted
	Declined int
	Expired  int // accepted once, for a time that is over
	Pending  int
	Ended    int // answered it in the course, which has ended: they are not among the learners, whom it asks

	consented int
	named     bool // who consented is told by name
}

// leastCount is the smallest number of consents that is told.
const leastCount = 5

// Consented is how many learners stand consenting. It is not told below five, nor if it is everybody: either
// would tell what single people chose. The summary must be of the whole course for the same reason. Where people are
// named anyway it is always told.
func (c ColumnSummary) Consented() (n int, told bool) {
	if !c.named && (c.consented < leastCount || c.consented == c.Learners) {
		return 0, false
	}
	return c.consented, true
}

// DayCount is how many learners were complete at the end of a day in UTC, going by the answers that stand now.
type DayCount struct {
	Day      time.Time
	Complete int
}

// Roster folds participants and their answers into rows and counts, one by one, so that a course of any size
// needs the memory of its columns. It is not safe for concurrent use.
type Roster struct {
	columns []Column
	now     time.Time
	place   map[int64]int // of each version of the columns' policies
	summary RosterSummary
	days    map[int64]int
	latest  []*Given // of the column's material, while a row is folded
	any     []*Given // of any version
}

// NewRoster prepares for the columns that can have an answer: a policy that asks for nothing, or concerns
// guests only, has no column. Days are those of now's zone.
func NewRoster(columns []Column, now time.Time) *Roster {
	r := &Roster{now: now, place: map[int64]int{}, days: map[int64]int{}}
	for _, c := range columns {
		if !c.Version.Asks() || !c.Version.Audience.Concerns(Person{}.At(now)) {
			continue
		}
		for _, id := range c.Earlier {
			r.place[id] = len(r.columns)
		}
		r.place[c.Version.ID] = len(r.columns)
		r.columns = append(r.columns, c)
	}
	r.summary.Columns = make([]ColumnSummary, len(r.columns))
	for i, c := range r.columns {
		r.summary.Columns[i].named = c.Version.Named()
	}
	r.latest, r.any = make([]*Given, len(r.columns)), make([]*Given, len(r.columns))
	return r
}

// Columns returns the columns of rows and summary.
func (r *Roster) Columns() []Column { return r.columns }

// Add counts a participant and returns their row. given holds the participant's answers to any versions.
func (r *Roster) Add(p Participant, given []Given) RosterRow {
	clear(r.latest)
	clear(r.any)
	for i := range given {
		g := &given[i]
		at, ok := r.place[g.VersionID]
		if !ok {
			continue
		}
		v := &r.columns[at].Version
		if r.any[at] == nil || later(g, r.any[at], 0) {
			r.any[at] = g
		}
		if g.VersionID != v.ID && cmp.Or(g.MaterialID, g.VersionID) != v.material() {
			continue
		}
		if r.latest[at] == nil || later(g, r.latest[at], v.ID) {
			r.latest[at] = g
		}
	}
	row := RosterRow{Participant: p, Cells: make([]RosterCell, len(r.columns))}
	for i := range r.columns {
		v := &r.columns[i].Version
		last := r.latest[i]
		agreed := false
		if v.Optional() {
			a := v.asked(last)
			state, _ := stateOf(&a, r.any[i], p.At(r.now).In(r.columns[i].CourseEnd))
			agreed = state == StateAccepted
			row.Cells[i] = RosterCell{State: StateHidden, Agreed: agreed && v.Named()}
		} else {
			row.Cells[i] = cell(v, last, r.any[i], p.At(r.now).In(r.columns[i].CourseEnd), p.UserID)
			switch {
			case row.Cells[i].Pending:
				row.Missing++
			case last != nil && last.Time.After(row.Since):
				row.Since = last.Time
			}
		}
		if !p.Teacher && !(v.Optional() && r.columns[i].Ended(r.now)) { // of a free choice nothing is told any more
			r.summary.Columns[i].add(row.Cells[i], agreed)
		}
	}
	row.Complete = row.Missing == 0
	if !row.Complete {
		row.Since = time.Time{}
	}
	r.count(row)
	return row
}

// cell says what My agreements says to the person w: latest is their answer that counts, last the one to whichever
// version.
func cell(v *Version, latest, last *Given, w Viewer, person int64) RosterCell {
	a := v.asked(latest)
	c := RosterCell{Pending: a.Pending(w)}
	if c.State, c.Given = stateOf(&a, last, w); c.Given != nil {
		g := *c.Given
		c.Given, c.OnBehalf = &g, g.OnBehalf(person)
	}
	return c
}

func (s *ColumnSummary) add(c RosterCell, consented bool) {
	switch c.State {
	case StateNone: // who was erased before the policy asked, or did not answer before the course ended
		return
	case StateEnded:
		s.Ended++
		return
	}
	s.Learners++
	switch c.State {
	case StateHidden:
		if consented {
			s.consented++
		}
	case StateAccepted:
		s.Accepted++
		if c.OnBehalf {
			s.OnBehalf++
		}
	case StateOlderAccepted:
		s.Older++
	case StateDeclined:
		s.Declined++
	case StateExpired:
		s.Expired++
	default:
		s.Pending++
	}
}

func (r *Roster) count(row RosterRow) {
	if row.Teacher {
		r.summary.Teachers++
		return
	}
	r.summary.Learners++
	if row.UserID == 0 {
		r.summary.Unseen++
	}
	if !row.Complete {
		if row.Gone() {
			r.summary.Erased++
		}
		return
	}
	r.summary.Complete++
	if !row.Since.IsZero() {
		r.days[DayOf(row.Since.In(r.now.Location())).Start(time.UTC).Unix()]++
	}
}

// Summary returns the counts so far. Days holds the days on which somebody completed, in their order; it is
// empty where nothing compulsory is asked.
func (r *Roster) Summary() RosterSummary {
	s := r.summary
	s.Columns = slices.Clone(s.Columns)
	s.Days = nil
	total := 0
	for _, d := range slices.Sorted(maps.Keys(r.days)) {
		total += r.days[d]
		s.Days = append(s.Days, DayCount{Day: time.Unix(d, 0).UTC(), Complete: total})
	}
	return s
}
