package policy

import (
	"errors"
	"testing"
)

func TestTeachersLearnByNameOnlyAConsentOfACourse(t *testing.T) {
	for _, c := range []struct {
		name    string
		v       Version
		allowed bool
		named   bool
	}{
		{"nobody, of whatever", Version{Kind: Agree}, true, false},
		{"nobody, of a consent of a course", Version{Kind: Consent, Courses: true}, true, false},
		{"a consent that courses ask for", Version{Kind: Consent, Courses: true, Visibility: VisibleToTeachers}, true, true},
		{"a consent of the whole site", Version{Kind: Consent, Visibility: VisibleToTeachers}, false, false},
		{"rules", Version{Kind: Agree, Courses: true, Visibility: VisibleToTeachers}, false, false},
		{"an acknowledgement", Version{Kind: Acknowledge, Courses: true, Visibility: VisibleToTeachers}, false, false},
		{"nothing to answer", Version{Kind: Inform, Courses: true, Visibility: VisibleToTeachers}, false, false},
		{"somebody unheard of", Version{Kind: Consent, Courses: true, Visibility: "everybody"}, false, false},
	} {
		err := c.v.VisibilityAllowed()
		if c.v.Named() != c.named || (err == nil) != c.allowed || err != nil && !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: named %v, %v", c.name, c.v.Named(), err)
		}
	}
}

// TestAConsentThatIsNamedIsNeverAGate: whatever is answered, whoever sees it, nobody is held up and no course closed.
func TestAConsentThatIsNamedIsNeverAGate(t *testing.T) {
	v := Version{ID: 2, PolicyID: 1, MaterialID: 2, Kind: Consent, Courses: true, Current: true, Visibility: VisibleToTeachers}
	for name, given := range map[string][]Given{
		"no answer":                nil,
		"yes":                      {{VersionID: 2, MaterialID: 2, Scope: "c", Accepted: true, Time: rosterStart}},
		"no, or a yes taken back":  {{VersionID: 2, MaterialID: 2, Scope: "c", Time: rosterStart}},
		"yes to the older version": {{VersionID: 1, MaterialID: 1, Scope: "c", Accepted: true, Time: rosterStart}},
		"yes in another course":    {{VersionID: 2, MaterialID: 2, Scope: "d", Accepted: true, Time: rosterStart}},
	} {
		rows := []Asked{Ask(v, given, "c")}
		w := Person{}.At(rosterStart)
		if g := GateOf(rows, w); !g.Open || HoldsUp(PendingAsked(rows, w), w) || !g.Next.IsZero() {
			t.Errorf("%s: %+v", name, g)
		}
		r := NewRoster([]Column{{Version: v, Course: true, Earlier: []int64{1}}}, rosterStart)
		row := r.Add(Participant{UserID: 7}, InScope(given, "c"))
		if !row.Complete || row.Missing != 0 {
			t.Errorf("%s: the list of participants misses something of them: %+v", name, row)
		}
		if got, want := row.Cells[0], (RosterCell{State: StateHidden, Agreed: name == "yes"}); got != want {
			t.Errorf("%s: others learn %+v, want %+v", name, got, want)
		}
	}
}

func TestWhereTeachersSeeNamesTheyAreToldTheNumber(t *testing.T) {
	v := Version{ID: 1, PolicyID: 1, Kind: Consent, Courses: true, Current: true, Visibility: VisibleToTeachers}
	r := NewRoster([]Column{{Version: v, Course: true}}, rosterStart)
	for i := range 3 {
		r.Add(Participant{UserID: int64(i + 1)}, []Given{{VersionID: 1, Accepted: i > 0, Time: rosterStart}})
	}
	if n, told := r.Summary().Columns[0].Consented(); n != 2 || !told {
		t.Errorf("%d, %v", n, told)
	}
}
