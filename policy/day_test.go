package policy_test

import (
	"errors"
	"testing"
	"time"
	_ "time/tzdata" // the zones, wherever the test runs

	"ltipolicy/policy"
)

func TestADayIsTheSameDayInEveryZone(t *testing.T) {
	for _, tt := range []struct{ day, zone, start string }{
		{"2026-01-01", "UTC", "2026-01-01T00:00:00Z"},
		{"2026-01-01", "America/New_York", "2026-01-01T05:00:00Z"},
		{"2026-01-01", "Europe/Bucharest", "2025-12-31T22:00:00Z"},
		{"2026-07-01", "Atlantic/Azores", "2026-07-01T00:00:00Z"},
		{"2026-01-01", "Pacific/Kiritimati", "2025-12-31T10:00:00Z"},
		{"2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00:00Z"}, // the clocks skip midnight
	} {
		zone, err := time.LoadLocation(tt.zone)
		if err != nil {
			t.Fatal(err)
		}
		d, err := policy.ParseDay(tt.day)
		if err != nil {
			t.Fatal(err)
		}
		start := d.Start(zone)
		if got := start.UTC().Format(time.RFC3339); got != tt.start {
			t.Errorf("%s in %s begins at %s, want %s", tt.day, tt.zone, got, tt.start)
		}
		v := policy.Version{EffectiveFrom: start.UTC(), Zone: tt.zone}
		if v.Since(time.UTC) != d || d.String() != tt.day || policy.DayOf(start.Add(-time.Second)) == d {
			t.Errorf("%s in %s: shown as %s, printed as %s", tt.day, tt.zone, v.Since(time.UTC), d)
		}
	}
	created := policy.Version{TimeCreated: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Zone: "no such zone"}
	if got := created.Since(time.UTC).String(); got != "2026-01-01" {
		t.Errorf("of a version without a day: %s", got)
	}
	bucharest := (policy.Version{Zone: "Europe/Bucharest"}).Location()
	begun := policy.Version{TimeCreated: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), ActiveFrom: time.Date(2026, 10, 24, 21, 30, 0, 0, time.UTC)}
	if got := begun.Since(bucharest).String() + begun.Since(time.UTC).String(); got != "2026-10-252026-10-24" {
		t.Errorf("it came into force on the evening of 24 October in UTC: %s", got)
	}
	if (policy.Version{}).Since(time.UTC) != (policy.Day{}) || (policy.Day{}).String() != "" {
		t.Error("a version without any time has a day")
	}
	if got := (policy.Day{Year: 2026, Month: time.February, Day: 30}).String(); got != "2026-03-02" {
		t.Errorf("a day that does not exist is %s", got)
	}
	for _, bad := range []string{"", "2026-02-30", "1 January 2026", "2026-1-1", "2026-01-01T00:00:00Z"} {
		if _, err := policy.ParseDay(bad); !errors.Is(err, policy.ErrInvalid) {
			t.Errorf("%q is read as a day", bad)
		}
	}
}
