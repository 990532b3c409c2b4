package admin

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"ltipolicy/policy"
	"ltipolicy/templates"
)

// days are a version's days as a form has them: local times of one zone, as typed.
type days struct {
	announce, at, enforce string
	zone                  string
}

// The fields of the forms that hold them.
const (
	announceField = "announce"
	atField       = "at"
	enforceField  = "enforce"
)

func readDays(q url.Values) days {
	get := func(name string) string { return strings.TrimSpace(q.Get(name)) }
	return days{get(announceField), get(atField), get(enforceField), q.Get(zoneField)}
}

// The years of a version's days: others are mistyped, and some of them no database knows.
const (
	firstYear = 2000
	lastYear  = 2200
)

// moment reads one of the local times, in their zone; zero for an empty one. One that the clocks skip in spring counts as
// an hour later, one that there is twice in autumn as the later of the two. The publish dialog shows what was understood.
func (d days) moment(local string) (time.Time, bool) {
	zone, ok := policy.ZoneNamed(d.zone)
	if local == "" || !ok {
		return time.Time{}, local == ""
	}
	at, err := time.ParseInLocation(localTime, local, zone)
	return at, err == nil && at.Year() >= firstYear && at.Year() <= lastYear
}

// moments reads all of them; false if one is no time.
func (d days) moments() (announce, at, enforce time.Time, ok bool) {
	var all [3]time.Time
	for i, local := range []string{d.announce, d.at, d.enforce} {
		if all[i], ok = d.moment(local); !ok {
			return time.Time{}, time.Time{}, time.Time{}, false
		}
	}
	return all[0], all[1], all[2], true
}

// daysOf are the days that a version has, in its own zone or else in the one in which they are meant here.
func (a administrator) daysOf(v policy.Version) days {
	d := days{zone: a.zone()}
	if _, ok := policy.ZoneNamed(v.Zone); ok {
		d.zone = v.Zone
	}
	if zone, ok := policy.ZoneNamed(d.zone); ok {
		local := func(t time.Time) string {
			if t.IsZero() {
				return ""
			}
			return t.In(zone).Format(localTime)
		}
		d.announce, d.at, d.enforce = local(v.AnnouncedFrom), local(v.EffectiveFrom), local(v.EnforcedFrom)
	}
	return d
}

// plan reads days that are only planned into a version. The day on which it comes into force must be still to come, unless
// it is the one that is stored. What contradicts itself waits for the publish dialog, where it is refused.
func (d days) plan(v *policy.Version, now, planned time.Time) bool {
	announce, at, enforce, ok := d.moments()
	if !ok || !at.IsZero() && !at.After(now) && !at.Equal(planned.Truncate(time.Minute)) {
		return false
	}
	v.AnnouncedFrom, v.EffectiveFrom, v.EnforcedFrom = announce.UTC(), at.UTC(), enforce.UTC()
	for _, t := range []*time.Time{&v.AnnouncedFrom, &v.EffectiveFrom, &v.EnforcedFrom} {
		if t.IsZero() {
			*t = time.Time{}
		}
	}
	if d != (days{zone: d.zone}) || v.Validity != "" {
		v.Zone = d.zone
	}
	return true
}

// zoneProblem is a validity's zone that is none.
func (d days) zoneProblem(v policy.Version) bool {
	_, ok := policy.ZoneNamed(d.zone)
	return v.Validity != "" && !ok
}

// template is what a page shows of the days.
func (d days) template() templates.Days {
	return templates.Days{Announce: d.announce, At: d.at, Enforce: d.enforce}
}

// calendarKeys are what can be wrong with a calendar, see [policy.Calendar.Check].
var calendarKeys = []string{
	"calendar.past", "calendar.announce_now", "calendar.announce_late", "calendar.enforce_early", "calendar.enforce_free", "calendar.enforce_minor",
}

// calendarProblem is the message key of what is wrong with a calendar; false for another error.
func calendarProblem(err error) (string, bool) {
	e, ok := errors.AsType[*policy.Error](err)
	if !ok || !slices.Contains(calendarKeys, e.Key) {
		return "", false
	}
	return e.Key, true
}
