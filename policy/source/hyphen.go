package source

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Words that PDF divides at the ends of lines. Whether the hyphen is the word's own, as in "e-mail" or Romanian "într-un",
// or the line's, is told by what else the text has, and otherwise by the lengths of both halves; in doubt it stays, and
// the finding names the word.

// half is the first half of a word at the end of a line.
type half struct {
	line   string // without the hyphen
	hyphen string
	word   string
}

var (
	dividedEnd = regexp.MustCompile(`([\p{L}\p{M}]+)([-\x{2010}])$`)
	firstWord  = regexp.MustCompile(`^[\p{L}\p{M}]+`)
	hyphened   = regexp.MustCompile(`[\p{L}\p{M}]+(?:[-\x{2010}][\p{L}\p{M}]+)*`)

	// conjunctions follow a hyphen that stands for a word to come: "data- and text-based".
	conjunctions = []string{"and", "or", "și", "sau", "ori", "ir", "ar", "arba", "bei", "и", "или", "и/или", "i", "ili", "e", "ou", "und", "oder", "et", "y", "o"}
	// prefixes keep their hyphen in the languages that have them.
	prefixes = []string{"ex", "non", "vice", "self", "într", "dintr", "printr"}
)

// broken reports whether the line after last goes on in the middle of a word, and returns the word's first half.
func broken(last string, next line) (half, bool) {
	m := dividedEnd.FindStringSubmatch(last)
	if m == nil || next.mark != "" || next.number != "" || next.gap > 0 || !unicode.IsLower(firstRune(next.text)) {
		return half{}, false
	}
	if slices.Contains(conjunctions, firstWord.FindString(next.text)) {
		return half{}, false
	}
	return half{line: strings.TrimSuffix(last, m[2]), hyphen: m[2], word: m[1]}, true
}

// vocabulary are the words of a text in lower case, those with a hyphen among them.
type vocabulary map[string]bool

// wordsOf is empty for a text in which no line is divided within a word.
func wordsOf(lines []line) vocabulary {
	v := vocabulary{}
	if !slices.ContainsFunc(lines, func(l line) bool { return dividedEnd.MatchString(l.text) }) {
		return v
	}
	for _, l := range lines {
		for _, w := range hyphened.FindAllString(l.text, -1) {
			v[strings.ToLower(w)] = true
		}
	}
	return v
}

// one reports whether both halves are one word without a hyphen.
func (v vocabulary) one(h half, next string) bool {
	rest := firstWord.FindString(next)
	switch {
	case v[strings.ToLower(h.word+"-"+rest)]:
		return false
	case v[strings.ToLower(h.word+rest)]:
		return true
	case slices.Contains(prefixes, strings.ToLower(h.word)):
		return false
	}
	return utf8.RuneCountInString(h.word) > 1 && utf8.RuneCountInString(rest) > 2
}

// whole is the word as it was put together.
func (v vocabulary) whole(h half, next string) string {
	rest := firstWord.FindString(next)
	if v.one(h, next) {
		return h.word + rest
	}
	return h.word + h.hyphen + rest
}
