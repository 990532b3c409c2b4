package policy_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"ltipolicy/policy"
)

// A course that ended asks nobody for what only courses ask, from that moment on; the site's policies are asked there as
// before.
func TestACourseThatEndedAsksNobody(t *testing.T) {
	active := []policy.Version{ver(1), ver(2, forCourses), ver(3, forCourses, optional)}
	for name, c := range map[string]struct {
		end  time.Time
		now  time.Time
		want []int64
	}{
		"no end":                {time.Time{}, noon, []int64{1, 2, 3}},
		"it goes on":            {noon.Add(time.Second), noon, []int64{1, 2, 3}},
		"it ends":               {noon, noon, []int64{1}},
		"it ended":              {noon.Add(-time.Hour), noon, []int64{1}},
		"nobody knows the time": {noon, time.Time{}, []int64{1, 2, 3}},
	} {
		if got := ids(policy.Pending(active, nil, "2", policy.Person{}.At(c.now).In(c.end))); !slices.Equal(got, c.want) {
			t.Errorf("%s: asked %v, want %v", name, got, c.want)
		}
	}
	// It asks again when it is given another end, whoever has not answered.
	w := policy.Person{}.At(noon).In(noon.Add(time.Hour))
	if got := ids(policy.Pending(active, []policy.Given{in("2", no(3))}, "2", w)); !slices.Equal(got, []int64{1, 2}) {
		t.Errorf("extended: asked %v", got)
	}
}

// The end of a course opens no gate and closes none: who never answered has not come through, and who had come through
// stays in, whatever is published afterwards. What the site asks closes it and opens it again as ever.
func TestTheEndOfACourseMovesNoGate(t *testing.T) {
	rules, own := ver(1), ver(2, forCourses)
	agreed, both := []policy.Given{yes(1)}, []policy.Given{yes(1), in("2", yes(2))}
	for name, c := range map[string]struct {
		active     []policy.Version
		given      []policy.Given
		open, kept bool
	}{
		"all was answered":             {[]policy.Version{rules, own}, both, true, false},
		"the course's never was":       {[]policy.Version{rules, own}, agreed, false, true},
		"the course's was taken back":  {[]policy.Version{rules, own}, []policy.Given{yes(1), in("2", no(2))}, false, true},
		"the site's never was":         {[]policy.Version{rules, own}, both[1:], false, false},
		"the course's changed since":   {[]policy.Version{rules, ver(3, forCourses)}, both, false, true},
		"the site's changed since":     {[]policy.Version{ver(4), own}, both, false, false},
		"a free choice was left alone": {[]policy.Version{rules, ver(3, forCourses, optional)}, agreed, true, false},
	} {
		var rows []policy.Asked
		for _, v := range c.active {
			rows = append(rows, policy.Ask(v, c.given, "2"))
		}
		before := policy.GateOf(rows, policy.Person{}.At(noon).In(noon.Add(time.Second)))
		after := policy.GateOf(rows, policy.Person{}.At(noon).In(noon))
		if before.Open != c.open || before.Kept {
			t.Errorf("%s: %+v while the course goes on, want open %v", name, before, c.open)
		}
		if after.Open != c.open || after.Kept != c.kept {
			t.Errorf("%s: %+v when it has ended, want open %v, kept %v", name, after, c.open, c.kept)
		}
	}
}

func TestStandingInACourseThatEnded(t *testing.T) {
	given := func(gs ...policy.Given) []policy.Given {
		for i := range gs {
			gs[i].Scope = "2"
		}
		return gs
	}
	withdrawn := []policy.Event{{ID: "2", VersionID: 1, Answer: policy.Withdrawn, Time: noon}}
	for _, c := range []struct {
		name     string
		versions []policy.Version
		given    []policy.Given
		events   []policy.Event
		state    policy.State
	}{
		{"accepted", []policy.Version{ver(1, forCourses)}, given(yes(1)), nil, policy.StateEnded},
		{"declined is not told from it", []policy.Version{ver(1, forCourses, optional)}, given(no(1)), nil, policy.StateEnded},
		{"withdrawn stays withdrawn", []policy.Version{ver(1, forCourses, optional)}, given(no(1)), withdrawn, policy.StateWithdrawn},
		{"never answered", []policy.Version{ver(1, forCourses)}, nil, nil, policy.StateNone},
		{"only an older version", []policy.Version{ver(1, of(9), archived, forCourses), ver(2, of(9), forCourses)}, given(yes(1)), nil, policy.StateEnded},
		{"inactivated since", []policy.Version{ver(1, archived)}, given(yes(1)), nil, policy.StateEnded},
		{"for the whole site now", []policy.Version{ver(1)}, given(yes(1)), nil, policy.StateEnded},
		{"the site's", []policy.Version{ver(1)}, []policy.Given{yes(1)}, nil, policy.StateAccepted},
		{"the site's, never answered", []policy.Version{ver(1)}, nil, nil, policy.StatePending},
	} {
		s := policy.StandingOf(c.versions, c.given, c.events, 7, policy.Person{}.At(noon).In(noon))
		if s.State != c.state || s.Pending != (c.state == policy.StatePending) {
			t.Errorf("%s: %+v, want %s", c.name, s, c.state)
		}
	}
}

// After the end nothing is accepted or declined any more, and a consent can still be taken back.
func TestActsInACourseThatEnded(t *testing.T) {
	consent := ver(1, forCourses, optional)
	w := policy.Person{}.At(noon).In(noon)
	latest := in("2", yes(1))
	for answer, want := range map[policy.Answer]error{policy.Accepted: policy.ErrConflict, policy.Declined: policy.ErrConflict, policy.Withdrawn: nil} {
		_, err := policy.Decide(consent, policy.Choice{VersionID: 1, Answer: answer}, w, &latest)
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", answer, err, want)
		}
	}
	if policy.CanAccept(consent, w) || !policy.CanWithdraw(consent, w, &latest) {
		t.Error("offered otherwise")
	}
	if _, err := policy.Decide(ver(1), policy.Choice{VersionID: 1, Answer: policy.Accepted}, w, nil); err != nil {
		t.Errorf("what the site asks: %v", err)
	}
}

// The roster of a course that ended misses nobody, tells what was answered as ended, and of a free choice nothing.
func TestRosterOfACourseThatEnded(t *testing.T) {
	column := func(v policy.Version) policy.Column {
		return policy.Column{Version: v, Course: v.Courses, CourseEnd: noon}
	}
	r := policy.NewRoster([]policy.Column{column(ver(1)), column(ver(2, forCourses)), column(ver(3, forCourses, optional))}, noon)
	add := func(id int64, given ...policy.Given) policy.RosterRow {
		return r.Add(policy.Participant{UserID: id}, given)
	}
	rows := []policy.RosterRow{add(10, yes(1), in("2", yes(2)), in("2", yes(3))), add(11, in("2", no(2))), add(12)}
	for n := range int64(8) {
		add(20+n, yes(1), in("2", yes(3)))
	}
	for i, want := range []struct {
		own      policy.State
		missing  int
		complete bool
	}{{policy.StateEnded, 0, true}, {policy.StateEnded, 1, false}, {policy.StateNone, 1, false}} {
		if row := rows[i]; row.Cells[1].State != want.own || row.Cells[1].Pending || row.Missing != want.missing || row.Complete != want.complete ||
			row.Cells[2] != (policy.RosterCell{State: policy.StateHidden}) {
			t.Errorf("row %d: %+v", i, row)
		}
	}
	s := r.Summary()
	if c := s.Columns[0]; c.Learners != 11 || c.Accepted != 9 || c.Ended != 0 {
		t.Errorf("the site's: %+v", c)
	}
	if c := s.Columns[1]; c != (policy.ColumnSummary{Ended: 2}) {
		t.Errorf("the course's: %+v", c)
	}
	if n, told := s.Columns[2].Consented(); told || n != 0 {
		t.Errorf("%d consents are told", n)
	}
}
