package markup

import (
	"strconv"
	"strings"
)

// Numeral is a number as items of an ordered list of a type (1, a, A, i or I) have it, without what follows it. Where the
// type has no letters for it the digits stand, as in browsers.
func Numeral(kind string, n int) string {
	s := ""
	switch {
	case n < 1:
	case kind == "a" || kind == "A":
		for ; n > 0; n = (n - 1) / 26 {
			s = string(rune('a'+(n-1)%26)) + s
		}
	case (kind == "i" || kind == "I") && n < 4000:
		s = roman(n)
	}
	if kind == "A" || kind == "I" {
		s = strings.ToUpper(s)
	}
	if s == "" {
		return strconv.Itoa(n)
	}
	return s
}

func roman(n int) string {
	var b strings.Builder
	for _, d := range []struct {
		n int
		s string
	}{
		{1000, "m"}, {900, "cm"}, {500, "d"}, {400, "cd"}, {100, "c"}, {90, "xc"}, {50, "l"}, {40, "xl"},
		{10, "x"}, {9, "ix"}, {5, "v"}, {4, "iv"}, {1, "i"},
	} {
		for ; n >= d.n; n -= d.n {
			b.WriteString(d.s)
		}
	}
	return b.String()
}
