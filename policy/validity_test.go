package policy

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func zoneOf(t testing.TB, name string) *time.Location {
	t.Helper()
	zone, ok := ZoneNamed(name)
	if !ok {
		t.Fatal(name)
	}
	return zone
}

// An acceptance ends with the last hour of a day, in the zone in which days are meant.
func TestAcceptanceEndsWithTheLastHourOfADay(t *testing.T) {
	zone := zoneOf(t, "Europe/Bucharest")
	at := func(s string) time.Time {
		t.Helper()
		v, err := time.ParseInLocation("2006-01-02 15:04", s, zone)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct {
		validity Validity
		given    string
		want     string // empty: it does not end
	}{
		{"", "2026-09-15 10:00", ""},
		{"P1Y", "2026-09-15 10:00", "2027-09-16 00:00"},
		{"P1Y", "2026-09-15 00:00", "2027-09-16 00:00"},
		{"P1Y", "2026-09-15 23:59", "2027-09-16 00:00"},
		{"P1Y", "2028-02-29 12:00", "2029-03-01 00:00"},
		{"P4Y", "2028-02-29 12:00", "2032-03-01 00:00"},
		{"P6M", "2026-08-31 12:00", "2027-03-01 00:00"}, // there is no 31 February
		{"P12M", "2026-09-15 10:00", "2027-09-16 00:00"},
		{"--09-30", "2026-03-01 10:00", "2026-10-01 00:00"},
		{"--09-30", "2026-08-31 23:59", "2026-10-01 00:00"}, // the last day before it is asked for again
		{"--09-30", "2026-09-01 00:00", "2027-10-01 00:00"},
		{"--09-30", "2026-09-30 23:59", "2027-10-01 00:00"},
		{"--09-30", "2026-10-01 00:00", "2027-10-01 00:00"},
		{"--02-29", "2026-06-01 10:00", "2027-03-01 00:00"},
		{"--02-29", "2027-06-01 10:00", "2028-03-01 00:00"},
		{"--01-15", "2026-12-20 10:00", "2028-01-16 00:00"},
	} {
		want := time.Time{}
		if c.want != "" {
			want = at(c.want)
		}
		if got := c.validity.Until(at(c.given), zone); !got.Equal(want) {
			t.Errorf("%s, given %s: ends %v, want %v", c.validity, c.given, got, want)
		}
		if err := c.validity.Check(); err != nil {
			t.Errorf("%s: %v", c.validity, err)
		}
	}
}

func TestValidityThatIsNone(t *testing.T) {
	for _, v := range []Validity{"P", "P0Y", "P1M", "P1D", "P30D", "1Y", "P1Y6M", "P21Y", "P241M", "p1y", " P1Y", "P1Y ", "--13-01", "--02-30", "--9-30", "09-30", "course"} {
		if err := v.Check(); !errors.Is(err, ErrInvalid) {
			t.Errorf("%q: %v", v, err)
		}
	}
}

// Which acceptances have ended can be told by their time alone: those of before the cutoff, and no others.
func TestCutoffIsWhereAcceptancesHaveEnded(t *testing.T) {
	zones := []*time.Location{time.UTC, zoneOf(t, "Europe/Bucharest"), zoneOf(t, "Atlantic/Azores"), zoneOf(t, "America/Havana")}
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.SampledFrom([]Validity{"P2M", "P6M", "P1Y", "P3Y", "--09-30", "--02-29", "--12-31", "--01-01"}).Draw(t, "validity")
		zone := rapid.SampledFrom(zones).Draw(t, "zone")
		start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		now := start.Add(time.Duration(rapid.Int64Range(0, 5*366*24*3600).Draw(t, "now")) * time.Second)
		cutoff := v.Cutoff(now, zone)
		near := rapid.SampledFrom([]time.Time{cutoff, now}).Draw(t, "near")
		given := near.Add(time.Duration(rapid.OneOf(rapid.Int64Range(-3, 3), rapid.Int64Range(-4*366*24*3600, 4*366*24*3600)).Draw(t, "given")) * time.Second)
		ended := !v.Until(given, zone).After(now)
		if ended != given.Before(cutoff) {
			t.Fatalf("%s in %s at %v: one of %v ends %v; the cutoff is %v", v, zone, now, given, v.Until(given, zone), cutoff)
		}
	})
}
