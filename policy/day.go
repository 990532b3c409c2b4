package policy

import (
	"cmp"
	"fmt"
	"time"
)

// Day is a day of the calendar, without a time and without a zone: New Year is on 1 January wherever one looks from.
// The zero value is no day.
type Day struct {
	Year  int
	Month time.Month
	Day   int
}

// DayOf is the day on which t is in its own zone.
func DayOf(t time.Time) Day {
	if t.IsZero() {
		return Day{}
	}
	y, m, d := t.Date()
	return Day{y, m, d}
}

// ParseDay reads a day as [Day.String] writes it. Anything else is ErrInvalid.
func ParseDay(s string) (Day, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Day{}, E(ErrInvalid, "").Because(fmt.Errorf("a day is written 2006-01-02: %w", err))
	}
	return DayOf(t), nil
}

// IsZero reports whether it is no day.
func (d Day) IsZero() bool { return d == Day{} }

// String is the day as ISO 8601 writes it, 2006-01-02; empty for none.
func (d Day) String() string {
	if d.IsZero() {
		return ""
	}
	return d.Start(time.UTC).Format(time.DateOnly)
}

// Compare is -1, 0 or 1 as d is before, the same as, or after other.
func (d Day) Compare(other Day) int {
	return cmp.Or(cmp.Compare(d.Year, other.Year), cmp.Compare(d.Month, other.Month), cmp.Compare(d.Day, other.Day))
}

// Start is the first moment of the day in a zone, which is not midnight where the clocks skip that. Of a day that does
// not exist, such as 30 February, it is that of the day which [time.Date] makes of it.
func (d Day) Start(zone *time.Location) time.Time {
	start := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, zone)
	for later := start; later.Sub(start) < 24*time.Hour; later = later.Add(15 * time.Minute) {
		if DayOf(later) == d {
			return later
		}
	}
	return start // a day that does not exist begins nowhere
}

// Location is the zone in which the version's days were meant; UTC if none was named.
func (v Version) Location() *time.Location { return location(v.Zone) }

// DayOf is the day on which t is where the version applies: in the zone that it names, UTC without one.
func (v Version) DayOf(t time.Time) Day { return DayOf(t.In(v.Location())) }

// Since is the day since when the version applies, or from which on, as far as it is known: the one that was meant,
// whatever zone the reader is in, else the one on which it became active, in the zone of its institution. Only where
// nobody wrote that down it is the one on which it was made.
func (v Version) Since(zone *time.Location) Day {
	if !v.EffectiveFrom.IsZero() {
		return v.DayOf(v.EffectiveFrom)
	}
	return DayOf(v.Published().In(zone))
}
