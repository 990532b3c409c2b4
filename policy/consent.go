package policy

import (
	"cmp"
	"slices"
	"time"
)

// ConsentGiven is an acceptance with when it was taken back.
type ConsentGiven struct {
	Event
	Ended time.Time // when it was withdrawn, or declined instead; zero: it was not
}

// EndedBy is when the consent ended, by an act or by itself, as far as it has by now; zero: it counts.
func (c ConsentGiven) EndedBy(now time.Time) time.Time {
	over := !c.Until.IsZero() && !c.Until.After(now)
	if over && (c.Ended.IsZero() || c.Until.Before(c.Ended)) {
		return c.Until
	}
	return c.Ended
}

// ConsentsGiven are the acceptances among a person's events, oldest first, each with what ended it: the next act that
// withdraws or declines the same material for the same course, or for the site.
func ConsentsGiven(events []Event) []ConsentGiven {
	sorted := slices.Clone(events)
	slices.SortFunc(sorted, func(a, b Event) int { return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.ID, b.ID)) })
	var out []ConsentGiven
	for i, e := range sorted {
		if e.Answer != Accepted && e.Answer != Renewed {
			continue
		}
		given := ConsentGiven{Event: e}
		for _, later := range sorted[i+1:] {
			if later.MaterialID == e.MaterialID && later.Scope == e.Scope && (later.Answer == Withdrawn || later.Answer == Declined) {
				given.Ended = later.Time
				break
			}
		}
		out = append(out, given)
	}
	return out
}
