package templates

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ltipolicy/policy"
	"ltipolicy/policy/source"
)

// changedPage asks again for policies that the reader answered in an earlier version, each in another state.
func changedPage(s *Set, l *Locale) View {
	list := items()
	old := romanian
	old.Name, old.Content = "Confidențialitate", "<h2>Analiza situației actuale</h2><p>Centrul de ID/IFR gestionează activități.</p><h2>Durata</h2><p>cinci ani</p>"
	now := romanian
	now.Content = "<h2>Analiza situației actuale</h2><p>Centrul de ID/IFR și e-Learning gestionează activități.</p><h2>Drepturi</h2><ul><li>acces</li></ul>"
	list[0].Text = now
	for i, pair := range [][2]policy.Text{{old, now}, {lithuanian, lithuanian}, {romanian, bulgarian}} {
		c := NewChanges(l, AnswerID(list[i].VersionID)+"-changes", pair[0], pair[1], 5)
		c.Answered, c.Exact = noon, "/a/events/e0"
		if i != 1 {
			c.Revision, c.Note = "3", "Păstrăm datele un an mai mult."
		}
		list[i].Changes = &c
	}
	camera := bulgarian
	camera.Name = "Видеонаблюдение"
	rewritten := NewItem(there(), version(14, policy.Agree, camera), camera)
	rewritten.Changes = &Changes{Locale: l, ID: "answer-14-changes", Lang: "bg", Answered: noon, Rewritten: true}
	return PendingPage{Page: page(s, l), Form: form(), Items: append(list, rewritten), HeldUp: true}
}

func TestWhatChangedCanBeReadAndHeard(t *testing.T) {
	s := newSet(t)
	root := inState(t, s, s.Locale("en", "", ""), "pending changed")
	group := byID(root, "answer-11-changes-title").Parent
	text := textOf(group)
	for _, want := range []string{
		"What changed since your answer to version 3 (22 November 2026)", "The author’s note: Păstrăm", "The name used to be: Confidențialitate",
		"Analiza situației actuale: changed", "Durata: removed", "Drepturi: new", "[inserted: și e-Learning ]", "[removed: cinci ani]",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %q", want, text)
		}
	}
	if len(find(group, "ins")) == 0 || len(find(group, "del")) == 0 {
		t.Error("nothing is marked")
	}
	for _, e := range find(group, "span") {
		if val(e, "class") == "hidden" && val(e, "lang") != "en" {
			t.Errorf("%q is in the page's language and does not say so", textOf(e))
		}
	}
	for id, want := range map[string]string{
		"answer-12-changes-title": "No words changed", "answer-13-changes-title": "text in another language", "answer-14-changes-title": "rewritten so widely",
	} {
		if got := textOf(byID(root, id).Parent); !strings.Contains(got, want) {
			t.Errorf("%s: %q", id, got)
		}
	}
}

// seedText imports a source policy as loading does.
func seedText(t *testing.T, folder string) policy.Text {
	t.Helper()
	sources, err := source.Read(os.DirFS("../testdata/policies/" + folder))
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(sources, func(s source.Policy) bool { return s.Slug == "etwinning" })
	v, _, err := sources[i].Version(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return v.Primary()
}

// TestFootnotesLeadFromSummaryToText: in this policy the marks stand in the one and the notes in the other,
// and sixteen headings have the same two names.
func TestFootnotesLeadFromSummaryToText(t *testing.T) {
	s, text := newSet(t), seedText(t, "upt")
	l := s.Locale("sr", "", "")
	_, root := render(t, s, PendingPage{Page: page(s, l), Form: form(), Items: []Item{
		NewItem(there(), version(7, policy.Acknowledge, text), text), NewItem(there(), version(8, policy.Acknowledge, text), text),
	}})
	ids := map[string]int{}
	for _, e := range find(root, "*") {
		if id := val(e, "id"); id != "" {
			ids[id]++
		}
	}
	notes, contents := 0, 0
	for _, a := range find(root, "a") {
		to, ok := strings.CutPrefix(val(a, "href"), "#")
		if !ok {
			continue
		}
		if ids[to] != 1 {
			t.Errorf("%d elements have the id %s", ids[to], to)
		}
		if regexp.MustCompile(`^answer-[78]-fn-\d$`).MatchString(to) {
			notes++
		}
		if val(a.Parent.Parent.Parent, "class") == "contents" {
			contents++
		}
	}
	if notes != 4 || contents < 50 {
		t.Errorf("%d marks of footnotes, %d entries of contents", notes, contents)
	}
	if n := byID(root, "answer-7-contents"); n == nil || textOf(n) != "Садржај" {
		t.Error("no heading of the contents")
	}
}

func TestShortTextsHaveNoContents(t *testing.T) {
	s := newSet(t)
	for words, want := range map[int]bool{20: false, 700: true} {
		text := policy.Text{Lang: "en", Name: "x"}
		for _, h := range []string{"A", "B", "C", "D"} {
			text.Content += policy.SafeHTML(`<h2 id="s-` + strings.ToLower(h) + `">` + h + "</h2><p>" + strings.Repeat("word ", words/4) + "</p>")
		}
		if got := len(s.Locale("en", "", "").Reading(text, "t", 4, 3).Contents) > 0; got != want {
			t.Errorf("%d words: contents %v", words, got)
		}
	}
}

func TestReadingTimeOfNothing(t *testing.T) {
	for content, want := range map[string]int{"": 0, "<p></p>": 0, "<p>one</p>": 1, strings.Repeat("<p>žodis, – </p>", 301): 2} {
		v := policy.Version{ID: 1, Kind: policy.Agree}
		if got := NewItem(there(), v, policy.Text{Content: policy.SafeHTML(content)}).Minutes; got != want {
			t.Errorf("%.20q: %d minutes, want %d", content, got, want)
		}
	}
}

// TestHeadingsDoNotSkipALevel holds for every page, with the texts on it.
func TestHeadingsDoNotSkipALevel(t *testing.T) {
	s := newSet(t)
	for _, f := range fixtures() {
		_, root := render(t, s, f.make(s, s.Locale("en", "", "")))
		last := 0
		for _, e := range find(root, "*") {
			if len(e.Data) == 2 && e.Data[0] == 'h' && e.Data[1] >= '1' && e.Data[1] <= '6' {
				l := int(e.Data[1] - '0')
				if l > last+1 {
					t.Errorf("%s: h%d %q follows h%d", f.name, l, textOf(e), last)
				}
				last = l
			}
		}
	}
}
