package policy

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// versionsOf are all versions of a policy, as the store has them.
func versionsOf(c Column, kinds Kind, materials map[int64]int64) []Version {
	vs := []Version{c.Version}
	for _, id := range c.Earlier {
		vs = append(vs, Version{ID: id, PolicyID: c.Version.PolicyID, MaterialID: materials[id], Kind: kinds, Archived: true})
	}
	return vs
}

var rosterStart = time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)

type rosterCase struct {
	columns   []Column
	materials map[int64]int64
	people    []Participant
	given     [][]Given
}

func drawRoster(t *rapid.T) rosterCase {
	c := rosterCase{materials: map[int64]int64{}}
	id := int64(0)
	for p := range rapid.IntRange(0, 5).Draw(t, "policies") {
		col := Column{Slug: fmt.Sprint("p", p)}
		var material int64
		for n := rapid.IntRange(1, 4).Draw(t, "versions"); n > 0; n-- {
			id++
			if material == 0 || rapid.Bool().Draw(t, "material") {
				material = id
			}
			c.materials[id] = material
			if n > 1 {
				col.Earlier = append(col.Earlier, id)
				continue
			}
			col.Version = Version{
				ID: id, PolicyID: int64(p + 1), MaterialID: material, Current: true,
				Kind:     rapid.SampledFrom([]Kind{Acknowledge, Agree, Consent, Inform}).Draw(t, "kind"),
				Audience: rapid.SampledFrom([]Audience{AudienceAll, AudienceLoggedIn, AudienceGuests}).Draw(t, "audience"),
			}
			if col.Version.Kind == Consent && rapid.Bool().Draw(t, "named") { // the answers here are of the site, which changes nothing
				col.Version.Courses, col.Version.Visibility = true, VisibleToTeachers
			}
			if rapid.IntRange(0, 3).Draw(t, "future") == 0 {
				col.Version.EffectiveFrom = rosterStart.Add(time.Hour)
			}
		}
		c.columns = append(c.columns, col)
	}
	for n := range rapid.IntRange(0, 30).Draw(t, "people") {
		x := Participant{UserID: int64(100 + n), Sub: fmt.Sprint(n), Teacher: rapid.IntRange(0, 5).Draw(t, "teacher") == 0}
		var given []Given
		if rapid.IntRange(0, 4).Draw(t, "unseen") == 0 {
			x.UserID = 0
		} else {
			for v := int64(1); v <= id; v++ {
				if rapid.Bool().Draw(t, "answered") {
					given = append(given, Given{
						VersionID: v, MaterialID: c.materials[v], Accepted: rapid.Bool().Draw(t, "accepted"),
						ActorID: rapid.SampledFrom([]int64{0, x.UserID, 7}).Draw(t, "actor"),
						Time:    rosterStart.Add(-time.Duration(rapid.IntRange(0, 5).Draw(t, "hours")) * 13 * time.Hour),
					})
				}
			}
			given = append(given, Given{VersionID: 9999, MaterialID: 9999, Accepted: true, Time: rosterStart}) // of another course
		}
		c.people, c.given = append(c.people, x), append(c.given, given)
	}
	return c
}

// The fold of a course says of every person what My agreements says to them, and its counts are those of
// counting the rows.
func TestRosterFoldsAsMyAgreements(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawRoster(t)
		r := NewRoster(c.columns, rosterStart)
		want := RosterSummary{Columns: make([]ColumnSummary, len(r.Columns()))}
		for k, col := range r.Columns() {
			want.Columns[k].named = col.Version.Named()
		}
		w := Person{}.At(rosterStart)
		days := map[time.Time]int{}
		for i, x := range c.people {
			row := r.Add(x, c.given[i])
			missing := 0
			var since time.Time
			for k, col := range r.Columns() {
				vs := versionsOf(col, col.Version.Kind, c.materials)
				s := StandingOf(vs, c.given[i], nil, x.UserID, w)
				cell, sum := row.Cells[k], &want.Columns[k]
				if !x.Teacher {
					sum.Learners++
				}
				if col.Version.Kind == Consent {
					if (cell != RosterCell{State: StateHidden, Agreed: col.Version.Named() && s.State == StateAccepted}) {
						t.Fatalf("a consent shows: %+v", cell)
					}
					if !x.Teacher && s.State == StateAccepted {
						sum.consented++
					}
					continue
				}
				state := s.State
				if cell.State != state || cell.Pending != s.Pending || cell.OnBehalf != s.OnBehalf && state != StatePending {
					t.Fatalf("person %d, policy %s: %+v, want %+v", i, col.Slug, cell, s)
				}
				if (cell.Given == nil) != (state == StatePending) || cell.Given != nil && *cell.Given != *s.Given {
					t.Fatalf("person %d, policy %s: answer %+v, want %+v", i, col.Slug, cell.Given, s.Given)
				}
				if s.Pending {
					missing++
				} else if l := Latest(c.given[i], col.Version.ID, col.Version.MaterialID); l != nil && l.Time.After(since) {
					since = l.Time
				}
				if x.Teacher {
					continue
				}
				switch state {
				case StateAccepted:
					sum.Accepted++
					if s.OnBehalf {
						sum.OnBehalf++
					}
				case StateOlderAccepted:
					sum.Older++
				case StateDeclined:
					sum.Declined++
				case StatePending:
					sum.Pending++
				}
			}
			if row.Missing != missing || row.Complete != (missing == 0) || row.Complete && !row.Since.Equal(since) || !row.Complete && !row.Since.IsZero() {
				t.Fatalf("person %d: %+v, want %d missing since %v", i, row, missing, since)
			}
			switch {
			case x.Teacher:
				want.Teachers++
				continue
			case x.UserID == 0:
				want.Unseen++
			}
			want.Learners++
			if row.Complete {
				want.Complete++
				if !since.IsZero() {
					days[since.Truncate(24*time.Hour)]++
				}
			}
			// The gate goes by the same rule.
			var asked []Asked
			for _, col := range c.columns {
				asked = append(asked, Ask(col.Version, c.given[i], ""))
			}
			if GateOf(asked, w).Open != row.Complete || GateOf(asked, Person{Admin: true, Guest: true}.At(rosterStart)).Open != row.Complete {
				t.Fatalf("person %d: the gate and the roster differ", i)
			}
		}
		got := r.Summary()
		total := 0
		for i, d := range got.Days {
			total += days[d.Day]
			if d.Complete != total || i > 0 && !d.Day.After(got.Days[i-1].Day) {
				t.Fatalf("days %+v, want %v", got.Days, days)
			}
		}
		if len(got.Days) != len(days) {
			t.Fatalf("days %+v, want %v", got.Days, days)
		}
		got.Days = nil
		if d := cmp.Diff(want, got, cmp.AllowUnexported(ColumnSummary{})); d != "" {
			t.Fatalf("summary:\n%s", d)
		}
	})
}

func TestConsentsAreToldFromFiveOnAndNeverForAll(t *testing.T) {
	for _, tt := range []struct {
		learners, consented int
		told                bool
	}{
		{126, 0, false}, {126, 4, false}, {126, 5, true}, {126, 125, true}, {126, 126, false}, {5, 5, false}, {6, 5, true},
	} {
		n, told := ColumnSummary{Learners: tt.learners, consented: tt.consented}.Consented()
		if told != tt.told || told && n != tt.consented || !told && n != 0 {
			t.Errorf("%d of %d: %d, %v", tt.consented, tt.learners, n, told)
		}
	}
}

func TestCourseParameter(t *testing.T) {
	for text, want := range map[string][]string{
		"": nil, "a": {"a"}, "b,a": {"a", "b"}, " b ; a\na ": {"a", "b"}, "A,b c,../x,-x": {"b", "c"},
		"image-release,recording": {"image-release", "recording"},
	} {
		if got := CourseSlugs(text); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
	many := ""
	for i := range 100 {
		many += fmt.Sprintf("p%d,", i)
	}
	if got := CourseSlugs(many); len(got) != maxCoursePolicies {
		t.Errorf("%d slugs", len(got))
	}
	rapid.Check(t, func(t *rapid.T) {
		slugs := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z0-9][a-z0-9-]{0,20}`), 0, 20, rapid.ID[string]).Draw(t, "slugs")
		got := CourseSlugs(CourseParameter(slugs))
		slices.Sort(slugs)
		if !slices.Equal(got, slugs) {
			t.Fatalf("%v became %v", slugs, got)
		}
	})
}
