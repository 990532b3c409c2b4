package templates

import (
	"bytes"
	"errors"
	"io/fs"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/text/feature/plural"

	"ltipolicy/policy"
)

// TestEveryPageInEveryLanguage holds the rules that all pages share.
func TestEveryPageInEveryLanguage(t *testing.T) {
	s := newSet(t)
	for _, l := range s.locales.locales {
		for _, f := range fixtures() {
			t.Run(l.Tag()+"/"+f.name, func(t *testing.T) {
				source, root := render(t, s, f.make(s, l))
				if strings.Contains(source, "{{") || strings.Contains(source, "ZgotmplZ") {
					t.Error("a placeholder or a refused value is on the page")
				}
				if n := len(find(root, "h1")); n != 1 {
					t.Errorf("%d h1 elements, want 1", n)
				}
				if main := find(root, "main"); len(main) != 1 || val(main[0], "id") != "main" {
					t.Error("want one main element with id main")
				}
				if got := val(find(root, "html")[0], "lang"); got != l.Tag() {
					t.Errorf("html lang %q, want %q", got, l.Tag())
				}
				if textOf(find(root, "title")[0]) == "" {
					t.Error("no title")
				}
				checkNesting(t, source)
				checkWords(t, s, l, root)
				ids := map[string]bool{}
				for _, e := range find(root, "*") {
					checkElement(t, root, e, f.fresh, f.waits)
					if id := val(e, "id"); id != "" {
						if ids[id] {
							t.Errorf("id %q twice", id)
						}
						ids[id] = true
					}
				}
			})
		}
	}
}

// checkNesting refuses what a parser would put right: an end tag that ends no element, or one that is missing.
func checkNesting(t *testing.T, source string) {
	t.Helper()
	var open []string
	z := html.NewTokenizer(strings.NewReader(source))
	for {
		kind := z.Next()
		name, _ := z.TagName()
		switch {
		case kind == html.ErrorToken:
			if len(open) > 0 {
				t.Errorf("nothing ends %v", open)
			}
			return
		case kind == html.StartTagToken && !slices.Contains(void, string(name)):
			open = append(open, string(name))
		case kind == html.EndTagToken:
			if len(open) == 0 || open[len(open)-1] != string(name) {
				t.Errorf("</%s> where %v are open", name, open)
				return
			}
			open = open[:len(open)-1]
		}
	}
}

// void are the elements that need no end and occur on our pages and in policies.
var void = []string{"br", "col", "hr", "img", "input", "link", "meta", "wbr"}

// checkWords refuses the name of a message instead of its words, and English where the language has words of its own.
func checkWords(t *testing.T, s *Set, l *Locale, root *html.Node) {
	t.Helper()
	english := map[string]string{}
	for key, m := range s.locales.locales[0].messages {
		if text := m[plural.Other]; len(text) == 1 && l.T(key) != text[0] {
			english[text[0]] = key
		}
	}
	for d := range root.Descendants() {
		if d.Type != html.TextNode || languageOf(d) != l.Tag() {
			continue
		}
		words := strings.TrimSpace(d.Data)
		if room, _, ok := strings.Cut(words, "."); ok && messageKey.MatchString(words) && rooms(s.locales.locales[0])[room] {
			t.Errorf("the page says %q, which is no word but the name of a message", words)
		}
		if key, ok := english[words]; ok {
			t.Errorf("the page says %q, which is %q in this language (%s)", words, l.T(key), key)
		}
	}
}

var messageKey = regexp.MustCompile(`^[a-z]+(\.[a-z0-9_]+)+$`)

// languageOf is the language of a text, as the elements around it say.
func languageOf(n *html.Node) string {
	for ; n != nil; n = n.Parent {
		if lang, ok := attr(n, "lang"); ok {
			return lang
		}
	}
	return ""
}

// TestTemplatesHoldNoWords: what stands on a page in letters is a message, or it would be English for everybody.
func TestTemplatesHoldNoWords(t *testing.T) {
	files, err := fs.Glob(htmlFiles, "html/*.html")
	if err != nil {
		t.Fatal(err)
	}
	markup := regexp.MustCompile(`(?s){{.*?}}|<[^>]*>`)
	for _, file := range files {
		b, err := htmlFiles.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range strings.FieldsFunc(markup.ReplaceAllString(string(b), " "), func(r rune) bool { return !unicode.IsLetter(r) }) {
			if word != "JSON" && word != "XML" {
				t.Errorf("%s says %q in every language: make it a message", file, word)
			}
		}
	}
}

func checkElement(t *testing.T, root, e *html.Node, fresh, waits bool) {
	t.Helper()
	for _, a := range e.Attr {
		if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
			t.Errorf("<%s> has the inline attribute %s", e.Data, a.Key)
		}
		switch a.Key {
		case "src", "href", "action":
			u, err := url.Parse(a.Val)
			// Only links to the platform lead elsewhere, and they leave the frame; and the form of a hand-over and
			// the page between the two halves of a login.
			_, submits := attr(e, "data-autosubmit")
			_, goesOn := attr(e, "data-onward")
			leaves := e.Data == "a" && (val(e, "target") == "_top" || val(e, "target") == "_blank" && val(e, "rel") == "noopener")
			if err != nil || u.Host != "" && !submits && !goesOn && !leaves {
				t.Errorf("<%s %s=%q> leaves the tool", e.Data, a.Key, a.Val)
			}
			if a.Val == "" && e.Data != "form" {
				t.Errorf("<%s> has an empty %s", e.Data, a.Key)
			}
			if strings.HasPrefix(a.Val, "#") && byID(root, a.Val[1:]) == nil {
				t.Errorf("link to %s leads nowhere", a.Val)
			}
		case "aria-labelledby", "aria-describedby", "for":
			for _, id := range strings.Fields(a.Val) {
				if byID(root, id) == nil {
					t.Errorf("<%s %s=%q> names no element", e.Data, a.Key, a.Val)
				}
			}
		case "checked":
			if fresh {
				t.Errorf("control %s is set in advance", val(e, "id"))
			}
		}
	}
	switch e.Data {
	case "style":
		t.Error("inline style")
	case "script":
		if _, ok := attr(e, "src"); !ok || e.FirstChild != nil {
			t.Error("inline script")
		}
	case "input":
		if val(e, "type") == "hidden" {
			break
		}
		label := e.Parent
		if label.Data != "label" || textOf(label) == "" {
			t.Errorf("control %s has no label around it", val(e, "id"))
		}
		if _, ok := attr(e, "required"); !ok && strings.HasPrefix(val(e, "name"), "answer") && !waits {
			t.Errorf("control %s is not required", val(e, "id"))
		}
	case "button", "a", "summary":
		if textOf(e) == "" {
			t.Errorf("<%s> without text", e.Data)
		}
	case "form":
		// A search may be reloaded and kept as an address, and a dialog's form sends nothing; everything else
		// changes something.
		if m := val(e, "method"); m != "post" && m != "dialog" && (m != "get" || val(e, "class") != "filter" && val(e.Parent, "class") != "download") {
			t.Error("a form that is not a POST")
		}
	case "select", "textarea":
		if e.Parent.Data != "label" || textOf(e.Parent.FirstChild) == "" {
			t.Errorf("<%s name=%q> has no label around it", e.Data, val(e, "name"))
		}
	}
}

func TestPendingStatementsAreTheRecordedOnes(t *testing.T) {
	s := newSet(t)
	for _, l := range s.locales.locales {
		root := inState(t, s, l, "pending")
		for n, i := range items() {
			of := versions()[n]
			control := byID(root, AnswerID(i.VersionID))
			if val(control, "name") != AnswerField(i.VersionID) {
				t.Errorf("field %q, want %q", val(control, "name"), AnswerField(i.VersionID))
			}
			if i.Kind != policy.Consent {
				if got, want := textOf(control.Parent), l.Statement(of, policy.Accepted, i.Text.Name); got != want {
					t.Errorf("%s: label %q, recorded %q", l.Tag(), got, want)
				}
				continue
			}
			legend := textOf(find(control.Parent.Parent.Parent, "legend")[0])
			for id, a := range map[string]policy.Answer{AnswerID(i.VersionID): policy.Accepted, AnswerID(i.VersionID) + "-no": policy.Declined} {
				if got, want := legend+" "+textOf(byID(root, id).Parent), l.Statement(of, a, i.Text.Name); got != want {
					t.Errorf("%s: question and label %q, recorded %q", l.Tag(), got, want)
				}
			}
		}
		buttons := find(root, "button")
		if got, want := textOf(buttons[len(buttons)-1]), l.Button(ButtonSave); got != want {
			t.Errorf("%s: button %q, recorded %q", l.Tag(), got, want)
		}
	}
}

func TestAgreementsStatementsAreTheRecordedOnes(t *testing.T) {
	s := newSet(t)
	for _, l := range s.locales.locales {
		root := inState(t, s, l, "agreements")
		for id, want := range map[string]string{
			"withdraw-13":   l.Statement(policy.Version{Kind: policy.Consent}, policy.Withdrawn, bulgarian.Name),
			"again-14":      l.Statement(policy.Version{Kind: policy.Consent}, policy.Accepted, lithuanian.Name),
			"again-15":      l.Statement(policy.Version{Kind: policy.Agree}, policy.Accepted, "Rules"),
			"withdraw-16-7": l.Statement(named(), policy.Withdrawn, named().Primary().Name),
			"again-17-8":    l.Statement(named(), policy.Accepted, named().Primary().Name),
		} {
			if got := textOf(byID(root, id)); got != want {
				t.Errorf("%s: %s says %q, recorded %q", l.Tag(), id, got, want)
			}
		}
	}
}

func TestConsentChoicesWeighTheSame(t *testing.T) {
	s := newSet(t)
	root := inState(t, s, s.Locale("en", "", ""), "pending")
	yes, no := byID(root, "answer-13"), byID(root, "answer-13-no")
	if val(yes.Parent, "class") != val(no.Parent, "class") || val(yes, "type") != val(no, "type") || yes.Parent.Parent != no.Parent.Parent {
		t.Error("yes and no differ in more than their words")
	}
}

func TestPoliciesKeepTheirOwnLanguage(t *testing.T) {
	s := newSet(t)
	for _, f := range fixtures() {
		_, root := render(t, s, f.make(s, s.Locale("en", "", "")))
		for _, e := range find(root, "*") {
			if val(e, "class") != "policy" {
				continue
			}
			lang := ""
			for n := e; n != nil && lang == ""; n = n.Parent {
				lang = val(n, "lang")
			}
			if lang == "en" {
				t.Errorf("%s: a policy text is marked as English", f.name)
			}
		}
	}
}

func TestErrorSummaryLeadsToEachProblem(t *testing.T) {
	s := newSet(t)
	root := inState(t, s, s.Locale("en", "", ""), "pending with problems")
	summary := byID(root, "problems")
	if _, ok := attr(summary, "autofocus"); !ok || val(summary, "tabindex") != "-1" {
		t.Error("the summary does not take the focus")
	}
	var links []string
	for _, a := range find(summary, "a") {
		links = append(links, val(a, "href"))
	}
	if want := []string{"#answer-12", "#answer-13"}; !slices.Equal(links, want) {
		t.Errorf("links %v, want %v", links, want)
	}
	kept := map[string]bool{}
	for _, e := range find(root, "input") {
		if _, ok := attr(e, "checked"); ok {
			kept[val(e, "id")] = true
		}
	}
	if !kept["answer-11"] || !kept["answer-13-no"] || len(kept) != 2 {
		t.Errorf("kept answers %v, want the two given", kept)
	}
}

func TestErrorPageCarriesItsCode(t *testing.T) {
	s := newSet(t)
	for code := range errorHelp {
		_, root := render(t, s, ErrorPage{Page: Page{Locale: s.Locale("", "", ""), RequestID: "req-9"}, Code: code})
		main := find(root, "main")[0]
		if val(main, "data-error") != code || !strings.Contains(textOf(main), "req-9") {
			t.Errorf("%s: page has code %q", code, val(main, "data-error"))
		}
	}
}

// Somebody goes on without answering until the first of what is asked holds them up.
func TestPageIsPutOffUntilTheFirstThatHoldsUp(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2026, 9, d, 0, 0, 0, 0, time.UTC) }
	putOff := Item{Kind: policy.Agree, PutOff: "30 September", Free: day(30)}
	renewed := Item{Kind: policy.Acknowledge, Renew: "2 September", Free: day(2)}
	free := Item{Kind: policy.Consent}
	for _, c := range []struct {
		name  string
		items []Item
		want  string
	}{
		{"one that can be put off", []Item{putOff}, "30 September"},
		{"one to renew", []Item{renewed}, "2 September"},
		{"one to renew, after one that can be put off for longer", []Item{putOff, renewed}, "2 September"},
		{"one to renew, before one that can be put off for longer", []Item{renewed, putOff}, "2 September"},
		{"beside a free choice", []Item{free, renewed}, "2 September"},
		{"beside one that holds up now", []Item{renewed, {Kind: policy.Agree}, putOff}, ""},
		{"a free choice alone", []Item{free}, ""},
	} {
		if got := (PendingPage{Items: c.items}).PutOff(); got != c.want {
			t.Errorf("%s: put off until %q, want %q", c.name, got, c.want)
		}
	}
}

func TestTablesScrollInANamedGroup(t *testing.T) {
	s := newSet(t)
	root := inState(t, s, s.Locale("en", "", ""), "pending")
	table := find(root, "table")[0]
	region := table.Parent.Parent
	if val(region, "role") != "group" || val(region, "tabindex") != "0" || val(region, "aria-label") == "" ||
		val(region, "lang") != "en" || val(table.Parent, "lang") != "lt" {
		t.Errorf("the table's region is %v", region.Attr)
	}
}

func TestPageWithoutLocaleIsRefusedWithoutOutput(t *testing.T) {
	var b bytes.Buffer
	err := newSet(t).Render(&b, SavedPage{})
	if !errors.Is(err, errNoLocale) || b.Len() != 0 {
		t.Errorf("got %v and %d bytes", err, b.Len())
	}
}
