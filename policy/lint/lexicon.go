package lint

import (
	"embed"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"ltipolicy/policy"

	"golang.org/x/text/language"
)

// The word lists of the linter, for translators to read and to change: see lexicon/README.md.
//
//go:embed lexicon/*.txt
var lexiconFiles embed.FS

// groupNames are the groups that each list has, no more and no fewer.
var groupNames = []string{
	"abbreviations", "months", "not", "without", "maybe", "use", "agree", "act", "change", "alone", "reader", "notice", "data", "public",
	"apart", "cookies-only", "cookies-more", "cookies-unless", "ask", "technical", "erase", "rights", "officer", "since",
	"authority", "withdraw", "never-shared", "unless", "limited", "any", "may-share", "by-law",
}

// lexicon is the word list of one language.
type lexicon struct {
	groups map[string][]phrase
	fold   func(string) string // the form in which words are compared
	// ordinals says that a number with a full stop behind it is an ordinal and ends no sentence.
	ordinals bool
}

// phrase is words in a row, with gaps.
type phrase []slot

// slot is one word of a phrase, or a gap.
type slot struct {
	words []string // any of them
	stems []string // or a word that begins with any of them
	first uint64   // a bit for each letter that they begin with: most words of a text are told apart by it
	gap   int      // how many words may be passed over; 0: none, this is a word
}

// The two gaps of a phrase, and how far before it a word can deny it, in words.
const (
	shortGap = 3
	longGap  = 10
	lookBack = 3
)

// lexicons are the word lists by the base of their language's tag, read once. A list with a mistake is a
// mistake of ours, which every test finds.
var lexicons = sync.OnceValue(func() map[string]*lexicon {
	all := map[string]*lexicon{}
	for _, lang := range Languages() {
		base, _ := language.MustParse(lang).Base()
		raw, err := lexiconFiles.ReadFile("lexicon/" + base.String() + ".txt")
		if err != nil {
			panic(err)
		}
		if all[base.String()], err = readLexicon(base.String(), string(raw)); err != nil {
			panic(fmt.Errorf("lexicon of %s: %w", lang, err))
		}
	}
	return all
})

// lexiconOf is the word list for a text's language, nil if there is none.
func lexiconOf(lang string) *lexicon {
	tag, err := language.Parse(lang)
	if err != nil {
		return nil
	}
	base, confidence := tag.Base()
	if confidence == language.No {
		return nil
	}
	return lexicons()[base.String()]
}

func readLexicon(base, src string) (*lexicon, error) {
	x := &lexicon{groups: map[string][]phrase{}, fold: policy.Fold, ordinals: base == "sr"}
	if base == "sr" {
		x.fold = policy.FoldSerbian
	}
	group := ""
	for n, line := range strings.Split(src, "\n") {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "["):
			group = strings.Trim(line, "[]")
			if _, twice := x.groups[group]; twice || !slices.Contains(groupNames, group) {
				return nil, fmt.Errorf("line %d: group %q is unknown or there twice", n+1, group)
			}
			x.groups[group] = nil
		case group == "":
			return nil, fmt.Errorf("line %d: no group yet", n+1)
		default:
			p, err := x.phrase(line)
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", n+1, err)
			}
			x.groups[group] = append(x.groups[group], p)
		}
	}
	for _, g := range groupNames {
		if len(x.groups[g]) == 0 {
			return nil, fmt.Errorf("group %q is empty", g)
		}
	}
	return x, nil
}

func (x *lexicon) phrase(line string) (phrase, error) {
	var p phrase
	for _, f := range strings.Fields(line) {
		switch f {
		case "..":
			p = append(p, slot{gap: shortGap})
			continue
		case "...":
			p = append(p, slot{gap: longGap})
			continue
		}
		var s slot
		for _, w := range strings.Split(f, "|") {
			stem, open := strings.CutSuffix(w, "*")
			folded := x.words(stem)
			if len(folded) != 1 {
				return nil, fmt.Errorf("%q is not one word", w)
			}
			s.first |= letterBit(folded[0])
			if open {
				s.stems = append(s.stems, folded[0])
			} else {
				s.words = append(s.words, folded[0])
			}
		}
		p = append(p, s)
	}
	if p[0].gap > 0 || p[len(p)-1].gap > 0 {
		return nil, fmt.Errorf("%q begins or ends with a gap", line)
	}
	return p, nil
}

// words cuts a text into words as they are compared.
func (x *lexicon) words(s string) []string {
	return strings.FieldsFunc(x.fold(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\'' })
}

// found is where a phrase stands: words from up to but not including to.
type found struct{ from, to int }

// find returns the first place of the group among the words. A phrase counts only if no word of the stop
// groups stands in its gaps or among the three words before it.
func (x *lexicon) find(words []string, group string, stops ...string) (found, bool) {
	best, ok := found{}, false
	for _, p := range x.groups[group] {
		for at := range words {
			if ok && at >= best.from {
				break
			}
			to, is := x.match(p, words, at, stops)
			if is && !x.any(words[max(0, at-lookBack):at], stops...) {
				best, ok = found{at, to}, true
				break
			}
		}
	}
	return best, ok
}

// has reports whether the group stands among the words at all.
func (x *lexicon) has(words []string, group string, stops ...string) bool {
	_, ok := x.find(words, group, stops...)
	return ok
}

// any reports whether one of the words is in one of the groups.
func (x *lexicon) any(words []string, groups ...string) bool {
	for _, g := range groups {
		for _, p := range x.groups[g] {
			for at := range words {
				if _, ok := x.match(p, words, at, nil); ok {
					return true
				}
			}
		}
	}
	return false
}

// match reports whether the phrase begins at a word, and where it ends.
func (x *lexicon) match(p phrase, words []string, at int, stops []string) (int, bool) {
	if len(p) == 0 {
		return at, true
	}
	if p[0].gap == 0 {
		if at >= len(words) || !p[0].is(words[at]) {
			return 0, false
		}
		return x.match(p[1:], words, at+1, stops)
	}
	for passed := 0; passed <= p[0].gap && at+passed < len(words); passed++ {
		if passed > 0 && x.any(words[at+passed-1:at+passed], stops...) {
			return 0, false
		}
		if to, ok := x.match(p[1:], words, at+passed, stops); ok {
			return to, true
		}
	}
	return 0, false
}

func letterBit(word string) uint64 {
	first, _ := utf8.DecodeRuneInString(word)
	return 1 << (first % 64)
}

func (s *slot) is(word string) bool {
	return s.first&letterBit(word) != 0 && (slices.Contains(s.words, word) || slices.ContainsFunc(s.stems, func(stem string) bool { return strings.HasPrefix(word, stem) }))
}
