package courier

import (
	"errors"
	"strings"
	"time"
)

// Hours are the hours of each day in which people may be written to, by the clock on the wall. The zero value is the whole
// day.
type Hours struct{ from, to time.Duration } // since midnight

// ParseHours reads hours such as 07:00-20:00. 00:00-24:00 is the whole day.
func ParseHours(s string) (Hours, error) {
	from, to, ok := strings.Cut(s, "-")
	a, okA := wall(from)
	b, okB := wall(to)
	if !ok || !okA || !okB || a >= b {
		return Hours{}, errors.New("want hours of a day such as 07:00-20:00")
	}
	return Hours{a, b}, nil
}

func wall(s string) (time.Duration, bool) {
	if s == "24:00" {
		return 24 * time.Hour, true
	}
	t, err := time.Parse("15:04", s)
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, err == nil
}

// Open reports whether people may be written to at a time, in its zone.
func (h Hours) Open(t time.Time) bool {
	since := time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
	return h == Hours{} || h.from <= since && since < h.to
}

// Next is when people may be written to from a time on, in its zone.
func (h Hours) Next(t time.Time) time.Time {
	if h.Open(t) {
		return t
	}
	at := func(days int) time.Time {
		return time.Date(t.Year(), t.Month(), t.Day()+days, int(h.from/time.Hour), int(h.from%time.Hour/time.Minute), 0, 0, t.Location())
	}
	if today := at(0); today.After(t) {
		return today
	}
	return at(1)
}
