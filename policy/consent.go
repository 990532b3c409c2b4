package policy

import (
	"cmp"
	"slices"
	"time"
)

// ConsentGiven is an acceptance with when it was taken back.
type ConsentGiven struct {
	Event
	Ended time.Time // when it was withdrawn, or declined instead, while it counted; zero: it was not
}

// Expired reports whether the consent ended by itself, because the time is over for which it was given, and not before
// that by an act.
func (c ConsentGiven) Expired(now time.Time) bool {
	return c.Ended.IsZero() && !c.Until.IsZero() && !c.Until.After(now)
}

// ConsentsGiven are the acceptances and renewals among a person's events, oldest first, each with what ended it: the next
// act that withdraws or declines the same material for the same course, or for the site. Who declines when the time of a
// consent is over has not taken that one back.
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
				if e.Until.IsZero() || later.Time.Before(e.Until) {
					given.Ended = later.Time
				}
				break
			}
		}
		out = append(out, given)
	}
	return out
}
