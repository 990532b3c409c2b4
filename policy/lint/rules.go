package lint

import (
	"regexp"
	"slices"
	"strconv"

	"ltipolicy/policy"
)

// rules are the rules in the order in which a page shows them: what a text says first, then what it does
// not say.
var rules = []struct {
	name Rule
	look func(*linter) []Finding
}{
	{Blank, (*linter).blank},
	{Implied, (*linter).implied},
	{Unilateral, (*linter).unilateral},
	{Bundled, (*linter).bundled},
	{Cookies, (*linter).cookies},
	{NeverShared, (*linter).neverShared},
	{Contacts, (*linter).contacts},
	{Date, (*linter).date},
	{Authority, (*linter).authority},
	{Withdrawal, (*linter).withdrawal},
}

// each makes a finding of every place.
func each(places []Place) []Finding {
	var out []Finding
	for _, p := range places {
		out = append(out, Finding{Places: []Place{p}})
	}
	return out
}

// blanks are words in square brackets. A number there is a reference.
var blanks = regexp.MustCompile(`\[[^\[\]]*\p{L}{3}[^\[\]]*\]`)

// blank: "until [day or event]".
func (l *linter) blank() []Finding {
	places := l.places(func(s *sentence) bool { return blanks.MatchString(s.Text) })
	if len(places) == 0 {
		return nil
	}
	return []Finding{{Places: places}}
}

// implied: "by using … you agree", without a box or a button.
func (l *linter) implied() []Finding {
	return each(l.places(func(s *sentence) bool {
		return s.statement() && l.claims(s.words, "use") && l.claims(s.words, "agree", "maybe") && !l.has(s.words, "act")
	}))
}

// unilateral: "may change the rules … at any time", unless people are told of it in the same sentence or the
// one after. What readers may change themselves, such as their settings, is another matter.
func (l *linter) unilateral() []Finding {
	told := func(s *sentence) bool { return s != nil && l.claims(s.words, "notice") }
	return each(l.places(func(s *sentence) bool {
		return s.statement() && l.claims(s.words, "change", "reader") && l.claims(s.words, "alone") && !told(s) && !told(s.next)
	}))
}

// bundled: "the user agrees that their data … are public". A version that asks for consent is that choice of
// its own.
func (l *linter) bundled() []Finding {
	if l.version.Kind == policy.Consent {
		return nil
	}
	return each(l.places(func(s *sentence) bool {
		if !s.statement() || l.claims(s.words, "apart") {
			return false
		}
		agrees, ok := l.find(s.words, "agree", "not", "without", "maybe")
		return ok && l.has(s.words, "data") && l.claims(s.words[agrees.to:], "public")
	}))
}

// cookies: only necessary ones here, others there. A sentence that says both is at peace with itself.
func (l *linter) cookies() []Finding {
	more := func(s *sentence) bool { return l.has(s.words, "cookies-more", "without") && !l.any(s.words, "not") }
	only := l.places(func(s *sentence) bool {
		return s.statement() && l.has(s.words, "cookies-only") && !l.has(s.words, "cookies-unless") && !more(s)
	})
	others := l.places(func(s *sentence) bool { return s.statement() && more(s) })
	if len(only) == 0 || len(others) == 0 {
		return nil
	}
	return []Finding{{Places: only, Against: others}}
}

// neverShared: "never passed on" here, "where the law requires it" there. A promise that names its exception
// in the same sentence or the one after is none, nor is one for a single purpose such as advertising.
func (l *linter) neverShared() []Finding {
	required := func(s *sentence) bool {
		return s != nil && l.claims(s.words, "may-share") && l.has(s.words, "by-law")
	}
	never := l.places(func(s *sentence) bool {
		return s.statement() && l.has(s.words, "never-shared") && !l.has(s.words, "unless") && !required(s) && !required(s.next) &&
			(s.next == nil || !l.has(s.next.words, "unless")) && (!l.has(s.words, "limited") || l.has(s.words, "any"))
	})
	shared := l.places(func(s *sentence) bool { return s.statement() && required(s) })
	if len(never) == 0 || len(shared) == 0 {
		return nil
	}
	return []Finding{{Places: never, Against: shared}}
}

// contacts: two sentences that name different addresses for the same thing. Addresses of one sentence are
// offered together, and a data protection officer may well have an address of their own.
func (l *linter) contacts() []Finding {
	var out []Finding
	for _, purpose := range []string{"ask", "erase", "rights"} {
		for _, officer := range []bool{false, true} {
			var first *sentence
			var against []Place
			for _, s := range l.sentences {
				if len(s.addresses) == 0 || !l.has(s.words, purpose) || l.has(s.words, "officer") != officer ||
					l.has(s.words, "authority") || purpose == "ask" && l.has(s.words, "technical") {
					continue
				}
				if first == nil {
					first = s
				} else if len(against) < maxPlaces && !slices.ContainsFunc(s.addresses, func(a string) bool { return slices.Contains(first.addresses, a) }) {
					against = append(against, s.Place)
				}
			}
			if len(against) > 0 {
				out = append(out, Finding{Places: []Place{first.Place}, Against: against})
			}
		}
	}
	return out
}

// date: no day beside a word of validity, and no line that is little more than a date. The pages show the
// day from which a version applies and its revision beside the text, so either will do. The day when a draft
// was made, which stands in for a missing revision, will not: the text applied before or will later.
func (l *linter) date() []Finding {
	if !l.version.EffectiveFrom.IsZero() || len(l.dates(l.words(l.version.Revision))) > 0 {
		return nil
	}
	for _, s := range l.sentences {
		days := l.dates(s.words)
		if len(days) > 0 && len(s.words) <= maxDateLine {
			return nil
		}
		for _, d := range days {
			if l.has(s.words[max(0, d.from-nearDate):min(len(s.words), d.to+nearDate)], "since") {
				return nil
			}
		}
		for at, w := range s.words {
			if isYear(w) && l.has(s.words[max(0, at-nearYear):at], "since") {
				return nil
			}
		}
	}
	return []Finding{{}}
}

// How far a word of validity may be from its date or year, and how many words a line may have that is only a
// date, such as "Timișoara, 24 mai 2018".
const (
	nearDate    = 8
	nearYear    = 3
	maxDateLine = 6
)

// dates finds days: 24.05.2018, 2018-05-24, 24 May 2018, May 2018, 2018 m. gegužės 24 d.
func (l *linter) dates(words []string) []found {
	var out []found
	is := func(at, most int) bool {
		if at < 0 || at >= len(words) || len(words[at]) > 2 {
			return false
		}
		n, err := strconv.Atoi(words[at])
		return err == nil && n >= 1 && n <= most
	}
	for at, w := range words {
		switch {
		case !isYear(w):
		case is(at-1, 12) && is(at-2, 31), is(at-1, 31) && is(at-2, 12):
			out = append(out, found{at - 2, at + 1})
		case is(at+1, 12) && is(at+2, 31):
			out = append(out, found{at, at + 3})
		default:
			from, to := max(0, at-2), min(len(words), at+3)
			if l.any(words[from:to], "months") {
				out = append(out, found{from, to})
			}
		}
	}
	return out
}

func isYear(word string) bool {
	n, err := strconv.Atoi(word)
	return err == nil && len(word) == 4 && n >= 1990 && n < 2100
}

// authority: a text about data must say where one can complain.
func (l *linter) authority() []Finding {
	if !l.privacy() || slices.ContainsFunc(l.sentences, func(s *sentence) bool { return l.has(s.words, "authority") }) {
		return nil
	}
	return []Finding{{}}
}

// withdrawal: a text about data, or one that asks for consent, must say that consent can be withdrawn.
func (l *linter) withdrawal() []Finding {
	if !l.privacy() && l.version.Kind != policy.Consent || slices.ContainsFunc(l.sentences, func(s *sentence) bool { return l.claims(s.words, "withdraw") }) {
		return nil
	}
	return []Finding{{}}
}
