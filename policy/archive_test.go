package policy

import (
	"testing"
	"time"
)

// at is a moment of 2026.
func at(month, day, hour int) time.Time {
	return time.Date(2026, time.Month(month), day, hour, 0, 0, 0, time.UTC)
}

func TestPeriods(t *testing.T) {
	const (
		draft = iota
		archived
		current
	)
	version := func(id int64, status int, created, active, effective, modified time.Time) Version {
		return Version{
			ID: id, Current: status == current, Archived: status == archived,
			TimeCreated: created, ActiveFrom: active, EffectiveFrom: effective, TimeModified: modified,
		}
	}
	var never time.Time
	old := time.Date(2018, 5, 24, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name string
		vs   []Version
		want []Period
	}{
		{"a draft never was", []Version{version(1, draft, at(1, 1, 0), never, at(2, 1, 0), at(1, 2, 0))}, nil},
		{"the first version applies from the day that it names",
			[]Version{version(1, current, at(1, 1, 0), at(1, 1, 1), old, at(1, 1, 1))},
			[]Period{{Version: Version{ID: 1}, From: old}}},
		{"without a day from when it became active, not from when the draft was made",
			[]Version{version(1, current, at(1, 1, 0), at(1, 3, 1), never, at(1, 3, 1))},
			[]Period{{Version: Version{ID: 1}, From: at(1, 3, 1)}}},
		{"one takes over from the other, the draft that was made first last",
			[]Version{version(1, current, at(1, 1, 0), at(3, 1, 0), never, at(3, 1, 0)), version(2, archived, at(1, 2, 0), at(2, 1, 0), never, at(3, 1, 0))},
			[]Period{{Version{ID: 2}, at(2, 1, 0), at(3, 1, 0)}, {Version: Version{ID: 1}, From: at(3, 1, 0)}}},
		{"a later version applies no sooner than it was published",
			[]Version{version(1, archived, at(1, 1, 0), at(1, 1, 0), old, at(3, 1, 0)), version(2, current, at(3, 1, 0), at(3, 1, 0), old, at(3, 1, 0))},
			[]Period{{Version{ID: 1}, old, at(3, 1, 0)}, {Version: Version{ID: 2}, From: at(3, 1, 0)}}},
		{"nobody wrote down when Moodle made it active",
			[]Version{version(1, archived, old, never, never, at(1, 1, 0)), version(2, current, at(1, 1, 0), never, never, at(1, 2, 0))},
			[]Period{{Version{ID: 1}, old, at(1, 1, 0)}, {Version: Version{ID: 2}, From: at(1, 1, 0)}}},
		{"it was taken back, and nothing is in force until the next one",
			[]Version{version(1, archived, at(1, 1, 0), at(1, 1, 0), never, at(2, 1, 0)), version(2, archived, at(3, 1, 0), at(3, 1, 0), never, at(4, 1, 0))},
			[]Period{{Version{ID: 1}, at(1, 1, 0), at(2, 1, 0)}, {Version{ID: 2}, at(3, 1, 0), at(4, 1, 0)}}},
		{"replaced before its day came",
			[]Version{version(1, archived, at(1, 1, 0), at(1, 1, 0), at(9, 1, 0), at(2, 1, 0)), version(2, current, at(2, 1, 0), at(2, 1, 0), never, at(2, 1, 0))},
			[]Period{{Version{ID: 1}, at(2, 1, 0), at(2, 1, 0)}, {Version: Version{ID: 2}, From: at(2, 1, 0)}}},
		{"an old version is the active one again",
			[]Version{version(1, current, at(1, 1, 0), at(1, 1, 0), never, at(3, 1, 0)), version(2, archived, at(2, 1, 0), at(2, 1, 0), never, at(3, 1, 0))},
			[]Period{{Version{ID: 2}, at(2, 1, 0), at(3, 1, 0)}, {Version: Version{ID: 1}, From: at(3, 1, 0)}}},
	} {
		got := Periods(tt.vs)
		if len(got) != len(tt.want) {
			t.Errorf("%s: %d periods, want %d", tt.name, len(got), len(tt.want))
			continue
		}
		for i, p := range got {
			if want := tt.want[i]; p.ID != want.ID || !p.From.Equal(want.From) || !p.Until.Equal(want.Until) {
				t.Errorf("%s: version %d from %v until %v, want %d from %v until %v", tt.name, p.ID, p.From, p.Until, want.ID, want.From, want.Until)
			}
		}
	}
}

// TestInForce: days are those of the zone that the version names.
func TestInForce(t *testing.T) {
	zone := "Europe/Bucharest" // two or three hours before UTC
	ps := []Period{
		{Version{ID: 1, Zone: zone}, time.Date(2025, 12, 31, 22, 0, 0, 0, time.UTC), at(3, 1, 12)},
		{Version{ID: 2}, at(3, 1, 12), at(4, 1, 0)},
		{Version: Version{ID: 3, Zone: zone}, From: at(5, 31, 21)},
	}
	for day, want := range map[string]int64{
		"2025-12-31": 0, "2026-01-01": 1, "2026-02-28": 1, "2026-03-01": 2, "2026-03-31": 2, "2026-04-01": 0, "2026-05-31": 0,
		"2026-06-01": 3, "2030-01-01": 3,
	} {
		d, err := ParseDay(day)
		if err != nil {
			t.Fatal(err)
		}
		if p, ok := InForce(ps, d); p.ID != want || ok != (want != 0) {
			t.Errorf("on %s version %d, want %d", day, p.ID, want)
		}
	}
}
