package diff

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"ltipolicy/policy/normal"
)

// visible is a text without what nobody sees, with composed letters.
func visible(s string) string {
	s, _ = normal.Text(strings.ReplaceAll(s, "\u00ad", ""))
	return s
}

// plainKey makes the keys: equal for what reads the same. Romanian's letters with a cedilla are the ones with a
// comma, because older keyboards had no others; a hyphen that must not break is a hyphen; marks of direction and
// breaks are not seen. A variation of a letter is the letter, except of Chinese ones, of which names have variants.
func plainKey(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return s
	}
	var b strings.Builder
	last := rune(0)
	for _, r := range sameWords.Replace(s) {
		if unicode.Is(unicode.Variation_Selector, r) && !varies(last) {
			continue
		}
		b.WriteRune(r)
		last = r
	}
	return b.String()
}

// varies reports whether a variation selector changes what is seen of a character.
func varies(r rune) bool {
	return r != 0 && (!unicode.IsLetter(r) && !unicode.IsDigit(r) || unicode.In(r, unicode.Han, unicode.Mongolian))
}

var sameWords = strings.NewReplacer(
	"ş", "ș", "Ş", "Ș", "ţ", "ț", "Ţ", "Ț", "\u2010", "-", "\u2011", "-",
	"\u200b", "", "\u200e", "", "\u200f", "", "\u061c", "", "\u2066", "", "\u2067", "", "\u2068", "", "\u2069", "",
)

// cluster is the length of what s begins with and is seen as one: a character with its marks, pictures joined into
// one, or the two letters of a flag.
func cluster(s string) int {
	const joiner = '\u200d'
	last, end := utf8.DecodeRuneInString(s)
	flag := regional(last)
	for end < len(s) {
		r, size := utf8.DecodeRuneInString(s[end:])
		switch {
		case flag && regional(r), r == joiner, unicode.IsMark(r), r >= 0x1f3fb && r <= 0x1f3ff:
		case last == joiner && !unicode.IsSpace(r):
		case r >= 0xe0000 && r <= 0xe007f: // the flags of parts of countries
		default:
			return end
		}
		flag = false
		last, end = r, end+size
	}
	return end
}

func regional(r rune) bool { return r >= 0x1f1e6 && r <= 0x1f1ff }
