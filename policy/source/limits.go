package source

import (
	"fmt"
	"time"
	"unicode/utf8"

	"ltipolicy/policy"
)

// limits are how many characters a setting may have.
var limits = map[string]int{
	"name": policy.MaxName, "revision": policy.MaxRevision, "change-note": policy.MaxChangeNote, "contact": policy.MaxContact,
}

// fits refuses a setting that is too long to be kept, so that a folder fails before anything of it is stored.
func fits(where string, line int, key, val string) error {
	limit, bounded := limits[key]
	if n := utf8.RuneCountInString(val); bounded && n > limit {
		return fileError(where, line, fmt.Sprintf("%s has %d characters, and at most %d are kept: shorten it", key, n, limit))
	}
	return nil
}

// inCalendar reports whether a database can keep the moment: all of them have the years of four digits.
func inCalendar(t time.Time) bool { return t.Year() >= 1000 && t.Year() <= 9999 }
