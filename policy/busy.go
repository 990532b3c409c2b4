package policy

import (
	"strings"
	"time"
)

// Busy is a time in which an institution would rather have nothing new begin, such as exam weeks.
type Busy struct {
	From, Until Day // both among it
	Name        string
}

// ParseBusy reads times, one a line: the first day, the last day and a name, with white space between. Empty lines are
// passed over. wrong is the number of the first line that is none, from 1; 0: all are well.
func ParseBusy(text string) (all []Busy, wrong int) {
	for i, line := range strings.Split(text, "\n") {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		if len(words) < 3 {
			return nil, i + 1
		}
		from, err := ParseDay(words[0])
		until, also := ParseDay(words[1])
		if err != nil || also != nil || until.Compare(from) < 0 {
			return nil, i + 1
		}
		all = append(all, Busy{from, until, strings.Join(words[2:], " ")})
	}
	return all, 0
}

// BusyAt is the first of the times that a moment lies within, in the zone in which its days are meant; false for none.
func BusyAt(all []Busy, at time.Time, zone *time.Location) (Busy, bool) {
	if at.IsZero() {
		return Busy{}, false
	}
	day := DayOf(at.In(zone))
	for _, b := range all {
		if b.From.Compare(day) <= 0 && day.Compare(b.Until) <= 0 {
			return b, true
		}
	}
	return Busy{}, false
}
