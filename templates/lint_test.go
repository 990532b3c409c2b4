package templates

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"ltipolicy/policy"
	"ltipolicy/policy/lint"

	"golang.org/x/net/html"
)

// remarks are one finding of every rule on the fixtures' texts, some with more sentences than stand on the
// page at once.
func remarks() []lint.Finding {
	summary := lint.Place{InSummary: true, Text: "Nu vindem, distribuim sau transferăm informațiile dumneavoastră."}
	content := lint.Place{Section: "Analiza situației actuale", Block: 1, Text: "Centrul de ID/IFR și e-Learning gestionează activități."}
	var list []lint.Finding
	for _, rule := range slices.Sorted(maps.Keys(lintKeys)) {
		list = append(list, lint.Finding{Rule: rule, Lang: "ro", Places: []lint.Place{summary, content, summary}, Against: []lint.Place{content}})
	}
	return append(list,
		lint.Finding{Rule: lint.Date, Lang: "lt"},
		lint.Finding{Rule: lint.Implied, Lang: "bg", Places: []lint.Place{{Text: "Пълен текст."}}})
}

func TestEveryRemarkHasWords(t *testing.T) {
	for _, rule := range []lint.Rule{
		lint.Implied, lint.Unilateral, lint.Bundled, lint.Cookies, lint.Contacts, lint.Date,
		lint.Authority, lint.Withdrawal, lint.NeverShared,
	} {
		if f := (LintFinding{Rule: rule}); f.Title() == "" || f.Why() == "" {
			t.Errorf("%s has no words", rule)
		}
	}
}

func TestRemarksQuoteTheTextAndLeadIntoIt(t *testing.T) {
	s := newSet(t)
	for _, l := range s.locales.locales {
		texts := []policy.Text{romanian, lithuanian, bulgarian, {Lang: "de", Name: "D"}}
		root := versionPage(t, s, AdminVersionPage{Page: page(s, l), Version: AdminVersion{Locale: l, Lang: "ro", Stage: StageDraft}, Texts: texts, Findings: remarks(), Back: "/b"})
		quotes := find(root, "blockquote")
		if want := len(lintKeys)*4 + 1; len(quotes) != want {
			t.Errorf("%s: %d quotes, want %d", l.Tag(), len(quotes), want)
		}
		for _, q := range quotes {
			sentence, link := find(q, "p")[0], find(q, "a")[0]
			target := byID(root, strings.TrimPrefix(val(link, "href"), "#"))
			if target == nil || !strings.HasPrefix(textOf(target), textOf(sentence)) || val(link, "aria-describedby") != val(sentence, "id") {
				t.Errorf("%s: %q leads to another place", l.Tag(), textOf(sentence))
			}
			if lang := val(sentence, "lang"); lang != "ro" && lang != "bg" {
				t.Errorf("%s: %q is said to be %q", l.Tag(), textOf(sentence), lang)
			}
		}
		page := textOf(root)
		for _, key := range []string{"lint.lead", "lint.date", "lint.date.why", "lint.against", "lint.unknown"} {
			if !strings.Contains(page, l.T(key)) {
				t.Errorf("%s: the page does not say %q", l.Tag(), l.T(key))
			}
		}
		if !strings.Contains(page, "Deutsch") || !strings.Contains(page, l.N("lint.more", 1)) {
			t.Errorf("%s: a language or a sentence is left out without a word", l.Tag())
		}
	}
	l := s.Locale("en", "", "")
	if got := textOf(versionPage(t, s, AdminVersionPage{Page: page(s, l), Version: AdminVersion{Locale: l}, Texts: []policy.Text{romanian}, Back: "/b"})); !strings.Contains(got, l.T("lint.none")) || strings.Contains(got, l.T("lint.lead")) {
		t.Error("a page without remarks does not say so")
	}
}

func versionPage(t *testing.T, s *Set, p AdminVersionPage) *html.Node {
	t.Helper()
	_, root := render(t, s, p)
	return root
}

// The preview shows the remarks on what is being written, and they lead into the preview.
func TestRemarksStandAboveThePreview(t *testing.T) {
	s := newSet(t)
	l := s.Locale("en", "", "")
	p := preview(s, l, policy.Agree, romanian)
	p.Findings = remarks()[:1]
	root := answer(t, s, PreviewAnswer{Page: page(s, l), Preview: p})
	link := find(find(root, "blockquote")[0], "a")[0]
	if to := byID(root, strings.TrimPrefix(val(link, "href"), "#")); to == nil || !strings.Contains(textOf(to), "Nu vindem") {
		t.Errorf("the remark leads to %s", val(link, "href"))
	}
	if got := textOf(root); !strings.Contains(got, l.N("lint.count", 1)) {
		t.Errorf("the preview says %q", got)
	}
}
