package policy

import (
	"cmp"
	"slices"
	"time"
)

// Period is a version with the time in which it was in force.
type Period struct {
	Version
	From  time.Time
	Until time.Time // zero: it is in force until something else happens
}

// Periods says of the versions of one policy which was in force when, the earliest first. Drafts never were, and neither was what
// was announced and taken back.
//
// The first version applies from the day that it names, which may be long before the tool knew of it. One that replaces
// another applies no sooner than it was published, whatever day it names: until then people could only read the one
// before. Between a version that was taken back and the next one nothing is in force.
func Periods(vs []Version) []Period {
	var ps []Period
	for _, v := range vs {
		if v.Status() != Draft && !v.Retracted() {
			ps = append(ps, Period{Version: v})
		}
	}
	slices.SortFunc(ps, func(a, b Period) int {
		if a.Current != b.Current { // a Moodle that was restored makes an old version the active one again
			if b.Current {
				return -1
			}
			return 1
		}
		return cmp.Or(a.Published().Compare(b.Published()), cmp.Compare(a.ID, b.ID))
	})
	for i := range ps {
		p := &ps[i]
		switch {
		case i == 0 && !p.EffectiveFrom.IsZero():
			p.From = p.EffectiveFrom
		case i > 0 && p.Published().Before(ps[i-1].Published()):
			p.From = p.TimeModified
		default:
			p.From = p.Published()
			if p.EffectiveFrom.After(p.From) {
				p.From = p.EffectiveFrom
			}
		}
	}
	for i := range ps {
		p := &ps[i]
		if p.Current {
			continue
		}
		p.Until = p.TimeModified // when it was archived, in whole seconds as all times of Moodle's
		if i+1 < len(ps) && ps[i+1].From.Before(p.Until.Add(time.Second)) {
			p.Until = ps[i+1].From
		}
		if p.Until.Before(p.From) { // replaced before its day came
			p.From = p.Until
		}
	}
	return ps
}

// Published is when a version became active, or when it was made where nobody wrote that down.
func (v Version) Published() time.Time {
	if v.ActiveFrom.IsZero() {
		return v.TimeCreated
	}
	return v.ActiveFrom
}

// FromDay is the first day of the period, in the version's zone.
func (p Period) FromDay() Day { return p.DayOf(p.From) }

// UntilDay is its last day, which ends with the period where that ends at midnight; the zero day if it has none.
func (p Period) UntilDay() Day {
	if p.Until.IsZero() {
		return Day{}
	}
	return p.DayOf(p.Until.Add(-1))
}

// InForce returns which of the periods of a policy a day belongs to: of two that meet on it the later one.
func InForce(ps []Period, d Day) (Period, bool) {
	for _, p := range slices.Backward(ps) {
		if until := p.UntilDay(); p.FromDay().Compare(d) <= 0 && (until.IsZero() || d.Compare(until) <= 0) {
			return p, true
		}
	}
	return Period{}, false
}
