package policy

import (
	"errors"
	"testing"
	"time"
)

// A calendar that contradicts itself is refused with the message of what is wrong.
func TestCalendarThatContradictsItself(t *testing.T) {
	now := time.Date(2026, 9, 1, 9, 0, 0, 0, time.UTC)
	day := func(d int) time.Time { return now.AddDate(0, 0, d) }
	for _, c := range []struct {
		name  string
		cal   Calendar
		kind  Kind
		minor bool
		want  string
	}{
		{"at once", Calendar{}, Agree, false, ""},
		{"later", Calendar{Begin: day(1)}, Consent, false, ""},
		{"announced, in force, enforced", Calendar{Announce: day(1), Begin: day(15), Enforce: day(30)}, Agree, false, ""},
		{"announced at once", Calendar{Announce: now, Begin: day(15)}, Agree, false, ""},
		{"announced long ago", Calendar{Announce: day(-9), Begin: day(15)}, Agree, false, ""},
		{"a minor change announced", Calendar{Announce: now, Begin: day(15)}, Agree, true, ""},
		{"in force now, enforced later", Calendar{Enforce: day(15)}, Acknowledge, false, ""},
		{"in force before now", Calendar{Begin: day(-1)}, Agree, false, "calendar.past"},
		{"in force this moment", Calendar{Begin: now}, Agree, false, "calendar.past"},
		{"announced and in force at once", Calendar{Announce: now}, Agree, false, "calendar.announce_now"},
		{"announced on the day it is in force", Calendar{Announce: day(15), Begin: day(15)}, Agree, false, "calendar.announce_late"},
		{"announced after it is in force", Calendar{Announce: day(16), Begin: day(15)}, Agree, false, "calendar.announce_late"},
		{"enforced before it is in force", Calendar{Begin: day(15), Enforce: day(14)}, Agree, false, "calendar.enforce_early"},
		{"enforced with the beginning", Calendar{Begin: day(15), Enforce: day(15)}, Agree, false, "calendar.enforce_early"},
		{"enforced before now", Calendar{Enforce: day(-1)}, Agree, false, "calendar.enforce_early"},
		{"a free choice enforced", Calendar{Enforce: day(15)}, Consent, false, "calendar.enforce_free"},
		{"what asks nothing enforced", Calendar{Enforce: day(15)}, Inform, false, "calendar.enforce_free"},
		{"a minor change enforced", Calendar{Enforce: day(15)}, Agree, true, "calendar.enforce_minor"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err, key := c.cal.Check(c.kind, c.minor, now), ""
			if e, ok := errors.AsType[*Error](err); ok {
				key = e.Key
			}
			if key != c.want || (err != nil) != errors.Is(err, ErrInvalid) {
				t.Errorf("%q (%v), want %q", key, err, c.want)
			}
		})
	}
}

// Until the day on which it is enforced a version asks and holds up nobody; a free choice never does.
func TestNobodyIsHeldUpBeforeTheDay(t *testing.T) {
	enforced := time.Date(2026, 9, 29, 21, 0, 0, 0, time.UTC) // midnight in Bucharest
	for _, c := range []struct {
		kind         Kind
		at           time.Time
		asked, holds bool
	}{
		{Agree, enforced.Add(-time.Second), true, false},
		{Agree, enforced, true, true},
		{Acknowledge, enforced.Add(-time.Hour), true, false},
		{Acknowledge, enforced.Add(time.Hour), true, true},
		{Agree, time.Time{}, true, true}, // a forgotten clock
		{Consent, enforced.Add(time.Hour), true, false},
	} {
		a := Asked{VersionID: 1, Kind: c.kind, EnforcedFrom: enforced}
		v := Person{}.At(c.at)
		left := PendingAsked([]Asked{a}, v)
		if len(left) > 0 != c.asked || HoldsUp(left, v) != c.holds || GateOf([]Asked{a}, v).Open == c.holds {
			t.Errorf("%s at %v: asked %d, holds up %v, gate open %v", c.kind, c.at, len(left), HoldsUp(left, v), GateOf([]Asked{a}, v).Open)
		}
	}
}

// What is announced can be answered early, unless it is only a minor change; a draft that nobody sees cannot.
func TestAnnouncedIsAnswerable(t *testing.T) {
	now := time.Date(2026, 9, 1, 9, 0, 0, 0, time.UTC)
	v := Version{ID: 2, MaterialID: 2, Kind: Agree, EffectiveFrom: now.AddDate(0, 0, 14), Texts: []Text{{Lang: "ro"}}}
	for _, c := range []struct {
		name   string
		change func(*Version)
		want   bool
	}{
		{"a draft that waits", func(*Version) {}, false},
		{"announced", func(v *Version) { v.Announced = true }, true},
		{"a minor change announced", func(v *Version) { v.Announced, v.MaterialID = true, 1 }, false},
		{"taken back", func(v *Version) { v.Archived, v.AnnouncedFrom = true, now }, false},
		{"active, its day to come", func(v *Version) { v.Current = true }, false},
	} {
		x := v
		c.change(&x)
		_, err := Decide(x, Choice{VersionID: 2, Answer: Accepted}, Person{}.At(now), nil)
		if (err == nil) != c.want {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
