package templates

import (
	"strconv"

	"ltipolicy/policy"
	"ltipolicy/policy/lint"
)

// Lint is what the linter says of the texts of a version, for a part of a page that shows them too.
type Lint struct {
	*Locale
	Texts   []LintText // those with remarks
	Unknown []string   // languages whose words the linter does not know
}

// LintText is what the linter says of one text.
type LintText struct {
	*Locale
	Lang     string
	Findings []LintFinding
}

// LintFinding is one remark.
type LintFinding struct {
	*Locale
	Rule          lint.Rule
	Says, Against LintQuotes // nothing, where it is about something that the text does not say
}

// LintQuotes are sentences of a text: the first ones, and the rest for those who want to see all.
type LintQuotes struct {
	*Locale
	First, More []LintQuote
}

// LintQuote is a sentence with the place where it stands.
type LintQuote struct {
	*Locale
	lint.Place
	ID   string // unique on the page
	URL  string // of the place
	Lang string
}

// shownQuotes is how many sentences of each side stand on the page at once.
const shownQuotes = 2

var lintKeys = map[lint.Rule][2]string{
	lint.Blank:       {"lint.blank", "lint.blank.why"},
	lint.Implied:     {"lint.implied", "lint.implied.why"},
	lint.Unilateral:  {"lint.unilateral", "lint.unilateral.why"},
	lint.Bundled:     {"lint.bundled", "lint.bundled.why"},
	lint.Cookies:     {"lint.cookies", "lint.cookies.why"},
	lint.Contacts:    {"lint.contacts", "lint.contacts.why"},
	lint.Date:        {"lint.date", "lint.date.why"},
	lint.Authority:   {"lint.authority", "lint.authority.why"},
	lint.Withdrawal:  {"lint.withdrawal", "lint.withdrawal.why"},
	lint.NeverShared: {"lint.nevershared", "lint.nevershared.why"},
}

// Title is the message key of what was found.
func (f LintFinding) Title() string { return lintKeys[f.Rule][0] }

// Why is the message key of the reason to look at it.
func (f LintFinding) Why() string { return lintKeys[f.Rule][1] }

// NewLint prepares what the linter found in texts that a page shows with ids that begin as shown says, by
// their number; see [Locale.Reading] and [policy.Text.Anchored].
func NewLint(l *Locale, texts []policy.Text, list []lint.Finding, shown func(n int) string) Lint {
	p := Lint{Locale: l}
	for i, t := range texts {
		if !lint.Knows(t.Lang) {
			p.Unknown = append(p.Unknown, t.Lang)
			continue
		}
		text := LintText{Locale: l, Lang: t.Lang}
		n := 0
		quotes := func(places []lint.Place) LintQuotes {
			q := LintQuotes{Locale: l}
			for _, place := range places {
				n++
				quote := LintQuote{
					Locale: l, Place: place, Lang: t.Lang,
					ID: shown(i) + "-quote-" + strconv.Itoa(n), URL: "#" + shown(i) + "-" + place.ID(),
				}
				if len(q.First) < shownQuotes {
					q.First = append(q.First, quote)
				} else {
					q.More = append(q.More, quote)
				}
			}
			return q
		}
		for _, f := range list {
			if f.Lang == t.Lang {
				text.Findings = append(text.Findings, LintFinding{Locale: l, Rule: f.Rule, Says: quotes(f.Places), Against: quotes(f.Against)})
			}
		}
		if len(text.Findings) > 0 {
			p.Texts = append(p.Texts, text)
		}
	}
	return p
}

// Count is the number of remarks.
func (p Lint) Count() int {
	n := 0
	for _, t := range p.Texts {
		n += len(t.Findings)
	}
	return n
}

// Remarks leads to what the linter says of a version, from a page that does not show its texts.
type Remarks struct {
	*Locale
	Count int // none: nothing is said
	URL   string
}
