package lint

import (
	"ltipolicy/policy"
	"ltipolicy/policy/markup"
)

// Rule names what the linter looks for in a text. The words by which it looks are in lexicon; docs/linting.md
// says for each rule why, and where it came from.
type Rule string

// The rules. All quote what a text says but three, which are about what it does not say: Date, Authority and
// Withdrawal.
const (
	// Implied: using something counts as agreeing to it.
	Implied Rule = "implied_consent"
	// Unilateral: the rules may be changed at any time, without asking or telling anybody.
	Unilateral Rule = "unilateral_change"
	// Bundled: whoever agrees to the rules agrees that their data become public.
	Bundled Rule = "bundled_publicity"
	// Cookies: only necessary cookies, and others too.
	Cookies Rule = "cookie_claims"
	// Contacts: two addresses for one thing.
	Contacts Rule = "conflicting_contacts"
	// Date: nothing says since when the text applies.
	Date Rule = "missing_date"
	// Authority: a privacy text without the supervisory authority.
	Authority Rule = "missing_authority"
	// Withdrawal: a privacy text, or one that asks for consent, without a word on withdrawing it.
	Withdrawal Rule = "no_withdrawal"
	// NeverShared: nothing is ever passed on, and something may be where the law requires it.
	NeverShared Rule = "never_shared"
	// Blank: something in square brackets is still to be filled in, as templates have it.
	Blank Rule = "blank_left"
)

// Finding is a remark on one text of a version. It is a question to the author, never an obstacle: words
// are matched, not understood.
type Finding struct {
	Rule   Rule
	Lang   string  // of the text, as the version has it
	Places []Place // what the text says; none where it is about something that the text does not say
	// Against is what stands against the Places where a text contradicts itself.
	Against []Place
}

// Place is one sentence of a text.
type Place struct {
	InSummary bool
	Section   string // the heading above it; empty before the first one
	Block     int    // which line of the part's [markup.PlainText] it stands in, from 0
	Text      string // as it stands there
}

// Languages are the languages whose words the linter knows. In a text of another one it finds nothing,
// which says nothing about the text; see [Knows].
func Languages() []string { return []string{"ro", "en", "lt", "bg", "sr", "pt"} }

// Knows reports whether the linter knows the words of a text's language.
func Knows(lang string) bool { return lexiconOf(lang) != nil }

// Version looks through the texts of a version, in their order and in that of the rules. Texts without words, and
// those in languages that it does not know, have no findings. Safe for concurrent use.
func Version(v policy.Version) []Finding {
	var all []Finding
	for _, t := range v.Texts {
		x := lexiconOf(t.Lang)
		if x == nil || markup.Words(t.Content) == 0 {
			continue
		}
		l := linter{lexicon: x, version: v, sentences: x.sentences(t)}
		for _, rule := range rules {
			for _, f := range rule.look(&l) {
				f.Rule, f.Lang = rule.name, t.Lang
				all = append(all, f)
			}
		}
	}
	return all
}

// linter is one text that is looked through.
type linter struct {
	*lexicon
	version   policy.Version
	sentences []*sentence
}

// privacy reports whether the text tells people what becomes of their data.
func (l *linter) privacy() bool {
	return l.version.Type == policy.TypePrivacy || l.version.Type == policy.TypeThirdParty
}

// maxPlaces is how many sentences one rule quotes of a text: who sees so many needs no more.
const maxPlaces = 50

// places are the sentences for which is holds.
func (l *linter) places(is func(*sentence) bool) []Place {
	var out []Place
	for _, s := range l.sentences {
		if len(out) < maxPlaces && is(s) {
			out = append(out, s.Place)
		}
	}
	return out
}

// claims reports whether a phrase of the group stands among the words and is not denied.
func (l *linter) claims(words []string, group string, stops ...string) bool {
	return l.has(words, group, append(stops, "not", "without")...)
}
