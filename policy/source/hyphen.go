package source

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Words that PDF divides at the ends of lines. The hyphen may be the word's own, as in "third-party" or Romanian "într-un".
// What else the text has tells which: the whole word in one form or the other, or both halves as words. Where it tells
// nothing, short halves and some pronouns keep their hyphen and long ones lose it, because that is what nearly all lines of
// a page were divided by. Each word that was put together is a finding.

// half is the first half of a word at the end of a line.
type half struct {
	hyphen, word string
	address      bool // it stands in an address, whose hyphens are its own
}

var (
	dividedEnd = regexp.MustCompile(`([\p{L}\p{M}]+)([-\x{2010}])$`)
	inAddress  = regexp.MustCompile(`://|^www\.|@|\.[a-z]+/`)
	firstWord  = regexp.MustCompile(`^[\p{L}\p{M}]+`)
	hyphened   = regexp.MustCompile(`[\p{L}\p{M}]+(?:[-\x{2010}][\p{L}\p{M}]+)*`)

	// conjunctions follow a hyphen that stands for a word to come: "data- and text-based".
	conjunctions = map[string][]string{
		"en": {"and", "or"}, "ro": {"și", "sau", "ori"}, "lt": {"ir", "ar", "arba", "bei"}, "bg": {"и", "или"}, "sr": {"и", "или", "i", "ili"},
		"pt": {"e", "ou"}, "de": {"und", "oder", "sowie"}, "fr": {"et", "ou"}, "es": {"y", "o"}, "it": {"e", "o"}, "pl": {"i", "lub", "oraz"},
	}
	// firsts and seconds are halves that keep their hyphen: prefixes, and the pronouns that hang on Portuguese verbs.
	firsts = []string{"ex", "non", "vice", "self", "third", "cross", "opt", "full", "bem", "prim", "într", "dintr", "printr", "най"}
	// unhyphened are languages in which no word of two letters hangs on another one by a hyphen.
	unhyphened = map[string]bool{"bg": true, "sr": true, "lt": true}
	seconds    = map[string][]string{"pt": {"lhe", "lhes", "nos", "vos", "los", "las"}}
)

var (
	// hyphenAgain is a word that goes on with the hyphen that it was divided at, as in Portuguese.
	hyphenAgain = regexp.MustCompile(`^[-\x{2010}]\p{Ll}`)
	// rangeEnds and rangeGoesOn are the halves of numbers with a dash between.
	rangeEnds   = regexp.MustCompile(`\p{Nd}[-\x{2010}-\x{2013}]$`)
	rangeGoesOn = regexp.MustCompile(`^\p{Nd}+(?:[ ,.;:)]|$)`)
)

// ranged reports whether the line after last goes on with the other half of a range or a number with dashes.
func ranged(last string, next line) bool {
	return next.gap == 0 && next.mark == "" && rangeEnds.MatchString(last) && rangeGoesOn.MatchString(next.whole)
}

// broken reports whether the line after last goes on in the middle of a word, and returns the word's first half.
func broken(last string, next line) (half, bool) {
	m := dividedEnd.FindStringSubmatch(last)
	if m == nil || next.mark != "" || next.number != "" || next.gap > 0 || !unicode.IsLower(firstRune(next.text)) {
		return half{}, false
	}
	words := strings.Fields(last)
	return half{hyphen: m[2], word: m[1], address: inAddress.MatchString(words[len(words)-1])}, true
}

// vocabulary are the words of a text in lower case, those with a hyphen among them, but for the halves of divided ones.
type vocabulary struct {
	words map[string]bool
	lang  string // without what follows the first hyphen of the tag
}

// wordsOf has no words of a text in which no line is divided within a word.
func wordsOf(lines []line, lang string) vocabulary {
	lang, _, _ = strings.Cut(lang, "-")
	v := vocabulary{words: map[string]bool{}, lang: lang}
	if !slices.ContainsFunc(lines, func(l line) bool { return dividedEnd.MatchString(l.text) }) {
		return v
	}
	for i, l := range lines {
		text := l.text
		if i > 0 {
			if _, divided := broken(lines[i-1].text, l); divided {
				text = text[len(firstWord.FindString(text)):]
			}
		}
		if at := dividedEnd.FindStringIndex(text); at != nil {
			text = text[:at[0]]
		}
		for _, w := range hyphened.FindAllString(text, -1) {
			v.words[strings.ToLower(w)] = true
		}
	}
	return v
}

// waits reports whether the hyphen stands for a word to come, as in "data- and text-based".
func (v vocabulary) waits(next string) bool {
	return slices.Contains(conjunctions[v.lang], firstWord.FindString(next))
}

// whole is the word as it is put together, with its hyphen where that is its own.
func (v vocabulary) whole(h half, next string) string {
	rest := firstWord.FindString(next)
	if !h.address && v.one(strings.ToLower(h.word), strings.ToLower(rest)) {
		return h.word + rest
	}
	return h.word + h.hyphen + rest
}

// one reports whether both halves, in lower case, are one word without a hyphen.
func (v vocabulary) one(a, b string) bool {
	switch {
	case v.words[a+"-"+b]:
		return false
	case v.words[a+b]:
		return true
	case v.words[a] && v.words[b], slices.Contains(firsts, a), slices.Contains(seconds[v.lang], b):
		return false
	}
	shortest := 3
	if unhyphened[v.lang] {
		shortest = 2
	}
	return utf8.RuneCountInString(a) > 1 && utf8.RuneCountInString(b) >= shortest
}

// wide is how long a line is at least that was broken for its length: in a narrow column, which divided words tell, not as
// long as elsewhere.
func (v vocabulary) wide(lines []line) int {
	const page, narrow = 50, 25
	longest := 0
	for _, l := range lines {
		longest = max(longest, l.runes())
	}
	if len(v.words) == 0 {
		return page
	}
	return min(max(longest*3/4, narrow), page)
}
