package templates

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// september is a day of September 2026.
func september(day int) time.Time { return time.Date(2026, 9, day, 0, 0, 0, 0, time.UTC) }

func iso(t time.Time) string { return t.Format(time.DateOnly) }

func TestChartIsAStepAtEachDay(t *testing.T) {
	s := Series{Points: []Point{{september(1), 25}, {september(3), 50}, {september(5), 100}}}
	c := NewChart("c", []Series{s}, nil, Level{100, "all"}, september(11).Add(13*time.Hour), iso)
	// From 56 to 744 for ten days, from 288 up to 18 for a hundred people.
	if got, want := c.Lines[0].Path, "M56 288H56V221H193V153H331V18H744"; got != want {
		t.Errorf("line %q, want %q", got, want)
	}
	if got, want := c.Area, c.Lines[0].Path+"V288Z"; got != want {
		t.Errorf("area %q, want %q", got, want)
	}
	if c.LevelY != 18 || c.Level != "all" || !strings.HasPrefix(c.Lines[0].Sign, "M738 18") {
		t.Errorf("level %q at %d, sign %q", c.Level, c.LevelY, c.Lines[0].Sign)
	}
	want := []ChartTick{{288, "0", ""}, {153, "50", ""}, {18, "100", ""}}
	if got := []ChartTick{c.Counts[0], c.Counts[len(c.Counts)/2], c.Counts[len(c.Counts)-1]}; !slices.Equal(got, want) {
		t.Errorf("counts %v", c.Counts)
	}
	if got := []ChartTick{{468, "2026-09-07", "middle"}}; !slices.Equal(got, c.Days) {
		t.Errorf("days %v", c.Days)
	}
}

func TestChartWithNothingToSeeIsNone(t *testing.T) {
	for name, series := range map[string][]Series{
		"no line": nil, "no point": {{From: september(1)}}, "today only": {{Points: []Point{{september(9), 3}}}},
	} {
		if c := NewChart("c", series, []Moment{{september(20), "2", false}}, Level{9, "all"}, september(9).Add(time.Hour), iso); c != nil {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

func TestChartTellsVersionsApart(t *testing.T) {
	old := Series{From: september(1), Until: september(5).Add(9 * time.Hour), Points: []Point{{september(2), 8}}}
	late := Series{Until: september(3), Points: []Point{{september(2), 1}, {september(4), 2}}} // an answer after its end
	now := Series{From: september(5), Points: []Point{{september(6), 4}}}
	c := NewChart("c", []Series{now, old, late}, nil, Level{}, september(11), iso)
	if c.Area != "" || c.Level != "" {
		t.Errorf("area %q, level %q", c.Area, c.Level)
	}
	ends := []string{"H744", "H331", "H262"}
	seen := map[string]bool{}
	for i, l := range c.Lines {
		if !strings.HasSuffix(l.Path, ends[i]) || l.Style != i {
			t.Errorf("line %d has style %d and path %s", i, l.Style, l.Path)
		}
		seen[strings.TrimLeft(l.Sign, "M0123456789 ")] = true
	}
	if len(seen) != 3 {
		t.Errorf("signs %v", seen)
	}
	want := []ChartRow{
		{september(2), []string{"", "8", "1"}}, {september(4), []string{"", "8", "2"}},
		{september(6), []string{"4", "", ""}}, {september(11), []string{"4", "", ""}},
	}
	if d := cmp.Diff(want, ChartTable([]Series{now, old, late}, september(11).Add(time.Hour))); d != "" {
		t.Error(d)
	}
}

// The table has the numbers of the picture: each place at which a line changes is a number of the table.
func TestChartTableEqualsThePicture(t *testing.T) {
	s := Series{Points: []Point{{september(1), 10}, {september(4), 30}, {september(9), 40}}}
	c := NewChart("c", []Series{s}, nil, Level{40, "all"}, september(11), iso)
	rebuilt := "M56 288"
	for _, r := range ChartTable([]Series{s}, september(11)) {
		x := 56 + 688*(r.Day.Day()-1)/10
		n := map[string]int{"10": 10, "30": 30, "40": 40}[r.Counts[0]]
		rebuilt += "H" + strconv.Itoa(x)
		if r.Day.Equal(september(11)) {
			break
		}
		rebuilt += "V" + strconv.Itoa(288-270*n/40)
	}
	if rebuilt != c.Lines[0].Path {
		t.Errorf("table %s, picture %s", rebuilt, c.Lines[0].Path)
	}
}

func TestChartLabelsDoNotCoverEachOther(t *testing.T) {
	var moments []Moment
	for i := range 8 {
		moments = append(moments, Moment{september(11 + i%4), strings.Repeat("long ", 5), i%2 == 1})
	}
	moments = append(moments, Moment{september(1).AddDate(-1, 0, 0), "before", false}, Moment{september(1).AddDate(3, 0, 0), "far", false}, Moment{september(20), "soon", false})
	c := NewChart("c", []Series{{Points: []Point{{september(1), 3}}}}, moments, Level{}, september(15), iso)
	type span struct{ row, from, to int }
	var spans []span
	unnamed := 0
	for _, m := range c.Marks {
		if m.X < 56 || m.X > 744 {
			t.Errorf("mark at %d", m.X)
		}
		if m.Label == "" {
			unnamed++
			continue
		}
		width := len([]rune(m.Label)) * chartLetter
		s := span{m.LabelY, m.LabelX, m.LabelX + width}
		if m.Anchor == "end" {
			s.from, s.to = m.LabelX-width, m.LabelX
		}
		if s.from < 0 || s.to > chartWidth {
			t.Errorf("%q stands from %d to %d", m.Label, s.from, s.to)
		}
		for _, o := range spans {
			if o.row == s.row && s.from < o.to && o.from < s.to {
				t.Errorf("%q covers another", m.Label)
			}
		}
		spans = append(spans, s)
	}
	if n := len(c.Marks); n != 9 || unnamed == 0 || !c.Marks[8].Later || c.Marks[7].Later || !slices.ContainsFunc(c.Marks, func(m ChartMark) bool { return m.Minor }) {
		t.Errorf("%d marks, %d without label: %+v", n, unnamed, c.Marks)
	}
}

func TestChartDaysAreTheCalendars(t *testing.T) {
	for _, x := range []struct {
		first, last string
		want        []string
	}{
		{"2026-09-01", "2026-09-02", []string{"2026-09-01", "2026-09-02"}},
		{"2026-09-01", "2026-09-06", []string{"2026-09-01", "2026-09-03", "2026-09-05"}},
		{"2026-09-01", "2026-09-25", []string{"2026-09-07", "2026-09-14", "2026-09-21"}},
		{"2026-08-20", "2026-11-22", []string{"2026-09-01", "2026-10-01", "2026-11-01"}},
		{"2025-12-20", "2026-11-22", []string{"2026-01-01", "2026-04-01", "2026-07-01", "2026-10-01"}},
		{"2020-02-20", "2026-11-22", []string{"2022-01-01", "2024-01-01", "2026-01-01"}},
		{"1990-02-20", "2026-11-22", []string{"1998-01-01", "2006-01-01", "2014-01-01", "2022-01-01"}},
	} {
		day := func(s string) time.Time {
			d, err := time.Parse(time.DateOnly, s)
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		var got []string
		for _, d := range daySteps(day(x.first), day(x.last)) {
			got = append(got, iso(d))
		}
		if !slices.Equal(got, x.want) {
			t.Errorf("from %s to %s: %v, want %v", x.first, x.last, got, x.want)
		}
	}
}

func TestChartCountsAreRound(t *testing.T) {
	for n, want := range map[int][]int{
		0: {0, 1}, 1: {0, 1}, 3: {0, 1, 2, 3}, 7: {0, 2, 4, 6, 8}, 126: {0, 50, 100, 150}, 4812: {0, 2000, 4000, 6000}, 200000: {0, 50000, 100000, 150000, 200000},
	} {
		if got := countSteps(n); !slices.Equal(got, want) {
			t.Errorf("up to %d: %v, want %v", n, got, want)
		}
	}
}

func TestThinKeepsTheLastPoint(t *testing.T) {
	var ps []Point
	for i := range 250 {
		ps = append(ps, Point{september(1).AddDate(0, 0, i), i})
	}
	if got := Thin(ps, 90); len(got) > 90 || got[len(got)-1] != ps[249] {
		t.Errorf("%d points, last %v", len(got), got[len(got)-1])
	}
	if got := Thin(ps[:90], 90); len(got) != 90 {
		t.Errorf("%d points of 90", len(got))
	}
	if got := Thin(nil, 90); len(got) != 0 {
		t.Errorf("%v of nothing", got)
	}
}

func TestBarsNeverLeaveTheirWidth(t *testing.T) {
	for _, b := range []Bar{{}, {Total: 1, Accepted: 1}, {Total: 3, Accepted: 1, Older: 1, Declined: 1}, {Total: 13, Older: 7, Declined: 6}, {Total: 3},
		{Total: 7, Accepted: 6, Scale: 90}, {Total: 90, Accepted: 90, Scale: 90}} {
		if end := b.BadAt() + b.Bad(); end > b.Whole() || b.Whole() > 1000 || b.Good() < 0 {
			t.Errorf("%+v ends at %d of %d", b, end, b.Whole())
		}
	}
	if b := (Bar{Total: 45, Accepted: 9, Scale: 90}); b.Whole() != 500 || b.Good() != 100 {
		t.Errorf("%d of %d", b.Good(), b.Whole())
	}
}
