package policy

import (
	"fmt"
	"strings"
	"time"
)

// Validity says how long an acceptance counts: for a period (ISO 8601: "P1Y", "P6M"), or until the end of the same day of
// each year ("--09-30"); empty: until it is withdrawn or another text replaces the one that was accepted. A refusal has no
// end: nobody is asked again because they said no.
type Validity string

// RenewalDays is how many days before an acceptance ends it is asked for again. A day of the year that is nearer than that
// when somebody answers is not meant: the one of the next year is.
const RenewalDays = 30

// The shortest and the longest periods: one that is shorter would be asked for again at once.
const (
	leastMonths = 2
	mostYears   = 20
)

// Check is ErrInvalid for what is neither empty nor a period nor a day of the year.
func (v Validity) Check() error {
	_, months, ok := v.parts()
	if !ok || months != 0 && (months < leastMonths || months > 12*mostYears) {
		return E(ErrInvalid, "policy.validity", string(v)).Because(fmt.Errorf("validity %q: want P1Y, P6M (two months to twenty years) or --09-30", string(v)))
	}
	return nil
}

// parts are the day of each year, or the months of the period; neither for none.
func (v Validity) parts() (yearly Day, months int, ok bool) {
	if v == "" {
		return Day{}, 0, true
	}
	// Read by hand: the rule asks with each answer that ends.
	if period, ok := strings.CutPrefix(string(v), "P"); ok && len(period) > 1 && len(period) < 5 {
		unit := period[len(period)-1]
		n, digits := number(period[:len(period)-1])
		if unit == 'Y' {
			n *= 12
		}
		return Day{}, n, digits && period[0] != '0' && (unit == 'Y' || unit == 'M')
	}
	if date, ok := strings.CutPrefix(string(v), "--"); ok && len(date) == len("09-30") && date[2] == '-' {
		month, ok := number(date[:2])
		day, digits := number(date[3:])
		// In a year without 29 February it is 28 February.
		yearly = Day{2024, time.Month(month), day}
		return yearly, 0, ok && digits && month >= 1 && month <= 12 && day >= 1 && yearly == yearly.clipped()
	}
	return Day{}, 0, false
}

// number is what some digits say; false for anything else.
func number(digits string) (n int, ok bool) {
	for _, c := range []byte(digits) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int(c-'0')
	}
	return n, true
}

// Yearly is the day of each year with which acceptances end, in a leap year; false for a period and for none.
func (v Validity) Yearly() (Day, bool) {
	day, _, ok := v.parts()
	return day, ok && !day.IsZero()
}

// Months is how many months the period has; 0 if it is none.
func (v Validity) Months() int {
	_, months, ok := v.parts()
	if !ok {
		return 0
	}
	return months
}

// Until is when an acceptance of a time ends, in the zone in which days are meant: with the last hour of the day of the same
// date, or of the last day of a month that has no such date (Regulation (EEC, Euratom) No 1182/71, Article 3). Zero: it
// does not end.
func (v Validity) Until(given time.Time, zone *time.Location) time.Time {
	yearly, months, ok := v.parts()
	if !ok || given.IsZero() {
		return time.Time{}
	}
	on := DayOf(given.In(zone))
	switch {
	case months > 0:
		return on.plusMonths(months).next().Start(zone)
	case !yearly.IsZero():
		for year := on.Year; ; year++ {
			if end := yearly.in(year).next(); end.plus(-RenewalDays).Compare(on) > 0 {
				return end.Start(zone)
			}
		}
	}
	return time.Time{}
}

// Cutoff is the time before which acceptances have ended by now, so that a database can tell them by their time; zero:
// none has.
func (v Validity) Cutoff(now time.Time, zone *time.Location) time.Time {
	_, months, ok := v.parts()
	if !ok || v == "" || now.IsZero() {
		return time.Time{}
	}
	// Later answers end no sooner, so it is enough to find the last day that has ended.
	d := DayOf(now.In(zone))
	if months > 0 {
		d = d.plusMonths(-months).plus(4)
	}
	for range 400 {
		if v.ended(d, now, zone) {
			return d.next().Start(zone)
		}
		d = d.plus(-1)
	}
	return time.Time{}
}

func (v Validity) ended(on Day, now time.Time, zone *time.Location) bool {
	return !v.Until(on.Start(zone), zone).After(now)
}

// plus is the day so many days later.
func (d Day) plus(days int) Day {
	return DayOf(time.Date(d.Year, d.Month, d.Day+days, 12, 0, 0, 0, time.UTC))
}

func (d Day) next() Day { return d.plus(1) }

// plusMonths is the same date so many months later, or the last day of a month that has no such date.
func (d Day) plusMonths(months int) Day {
	first := time.Date(d.Year, d.Month+time.Month(months), 1, 12, 0, 0, 0, time.UTC)
	return Day{first.Year(), first.Month(), d.Day}.clipped()
}

// in is the same date in another year.
func (d Day) in(year int) Day { return Day{year, d.Month, d.Day}.clipped() }

// clipped is the last day of the month for a date that it does not have.
func (d Day) clipped() Day {
	last := time.Date(d.Year, d.Month+1, 0, 12, 0, 0, 0, time.UTC).Day()
	return Day{d.Year, d.Month, min(d.Day, last)}
}
