package policy

// LintRule names what the linter looks for in a text. The words by which it looks are in lexicon; docs/linting.md
// says for each rule why, and where it came from.
type LintRule string

// The rules. All quote what a text says but three, which are about what it does not say: LintDate, LintAuthority
// and LintWithdrawal.
const (
	// LintImplied: using something counts as agreeing to it.
	LintImplied LintRule = "implied_consent"
	// LintUnilateral: the rules may be changed at any time, without asking or telling anybody.
	LintUnilateral LintRule = "unilateral_change"
	// LintBundled: whoever agrees to the rules agrees that their data become public.
	LintBundled LintRule = "bundled_publicity"
	// LintCookies: only necessary cookies, and others too.
	LintCookies LintRule = "cookie_claims"
	// LintContacts: two addresses for one thing.
	LintContacts LintRule = "conflicting_contacts"
	// LintDate: nothing says since when the text applies.
	LintDate LintRule = "missing_date"
	// LintAuthority: a privacy text without the supervisory authority.
	LintAuthority LintRule = "missing_authority"
	// LintWithdrawal: a privacy text, or one that asks for consent, without a word on withdrawing it.
	LintWithdrawal LintRule = "no_withdrawal"
	// LintNeverShared: nothing is ever passed on, and something may be where the law requires it.
	LintNeverShared LintRule = "never_shared"
)

// LintFinding is a remark on one text of a version. It is a question to the author, never an obstacle: words
// are matched, not understood.
type LintFinding struct {
	Rule   LintRule
	Lang   string      // of the text, as the version has it
	Places []LintPlace // what the text says; none where it is about something that the text does not say
	// Against is what stands against the Places where a text contradicts itself.
	Against []LintPlace
}

// LintPlace is one sentence of a text.
type LintPlace struct {
	InSummary bool
	Section   string // the heading above it; empty before the first one
	Block     int    // which line of the part's [PlainText] it stands in, from 0
	Text      string // as it stands there
}

// LintLanguages are the languages whose words the linter knows. In a text of another one it finds nothing,
// which says nothing about the text; see [Linted].
func LintLanguages() []string { return []string{"ro", "en", "lt", "bg", "sr", "pt"} }

// Linted reports whether the linter knows the words of a text's language.
func Linted(lang string) bool { return lexiconOf(lang) != nil }

// Lint looks through the texts of a version, in their order and in that of the rules. Texts without words, and
// those in languages that it does not know, have no findings. Safe for concurrent use.
func Lint(v Version) []LintFinding {
	var all []LintFinding
	for _, t := range v.Texts {
		x := lexiconOf(t.Lang)
		if x == nil || Words(t.Content) == 0 {
			continue
		}
		l := linter{lexicon: x, version: v, sentences: x.sentences(t)}
		for _, rule := range lintRules {
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
	version   Version
	sentences []*sentence
}

// privacy reports whether the text tells people what becomes of their data.
func (l *linter) privacy() bool {
	return l.version.Type == TypePrivacy || l.version.Type == TypeThirdParty
}

// maxPlaces is how many sentences one rule quotes of a text: who sees so many needs no more.
const maxPlaces = 50

// places are the sentences for which is holds.
func (l *linter) places(is func(*sentence) bool) []LintPlace {
	var out []LintPlace
	for _, s := range l.sentences {
		if len(out) < maxPlaces && is(s) {
			out = append(out, s.LintPlace)
		}
	}
	return out
}

// claims reports whether a phrase of the group stands among the words and is not denied.
func (l *linter) claims(words []string, group string, stops ...string) bool {
	return l.has(words, group, append(stops, "not", "without")...)
}
