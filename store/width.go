package store

import (
	"strings"
	"unicode/utf8"
)

// opaqueMax is the width of columns for identifiers from outside. LTI limits them to 255 bytes of ASCII.
const opaqueMax = 255

// rolesMax bounds the list of roles, which stands in every session and event.
const rolesMax = 8 << 10

// fits reports whether s is text that a column of n characters takes: MySQL would refuse it, SQLite would not.
func fits(s string, n int) bool { return utf8.ValidString(s) && utf8.RuneCountInString(s) <= n }

// isID reports whether what came from outside can be an identifier of ours: ASCII without spaces. MySQL and MariaDB refuse
// even to compare such a column with anything else, and pass over spaces at the end.
func isID(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= utf8.RuneSelf })
}

// clip cuts text of people, which nothing depends on, to a column of n characters.
func clip(s string, n int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}
