package templates

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"ltipolicy/policy"
)

// longText has twenty paragraphs below a heading; word comes into the one in the middle.
func longText(word string) policy.Text {
	var b strings.Builder
	b.WriteString("<h2>Titlu</h2>")
	for i := range 20 {
		if i == 10 {
			fmt.Fprintf(&b, "<p>Alineatul <strong>%d</strong> este %s aici.</p>", i, word)
			continue
		}
		fmt.Fprintf(&b, "<p>Alineatul %d este aici.</p>", i)
	}
	return policy.Text{Lang: "ro", Name: "Politica", Summary: "<p>Pe scurt.</p>", Content: policy.SafeHTML(b.String())}
}

// compared is a comparison of two texts with every kind of setting.
func compared(s *Set, l *Locale, old, now policy.Text) AdminComparePage {
	c := Comparison{
		Locale: page(s, l).Locale, Name: now.Name, Lang: now.Lang, Action: "/c", Old: "1 <b>", New: "2", Minor: true, Note: "De ce", NoteLang: "ro",
		Choices: []Chooser{{Locale: l, Name: "old", Label: "admin.compare.old", Options: []Option{{Value: "1", Label: "1"}}}},
		Settings: []ComparedSetting{
			{"admin.edit.kind", ComparedValue{Locale: l, Key: "admin.kind.agree"}, ComparedValue{Locale: l, Key: "admin.kind.consent"}},
			{"admin.edit.contact", ComparedValue{Locale: l, Key: "admin.compare.none"}, ComparedValue{Locale: l, Text: "<dpo@upt.example>"}},
			{"admin.compare.languages", ComparedValue{Locale: l, Languages: []string{"ro"}}, ComparedValue{Locale: l, Languages: []string{"ro", "bg"}}},
		},
		Changes: NewChanges(l, "compare", old, now, 4), Equal: old == now,
	}
	if old.Lang == now.Lang {
		c.Parts = NewComparedParts(l, old, now)
	}
	return AdminComparePage{Page: page(s, l), Comparison: c, Back: "/b"}
}

func TestComparisonStandsInTwoColumns(t *testing.T) {
	s := newSet(t)
	for _, f := range fixtures() {
		if f.name != "admin compare long" {
			continue
		}
		_, root := render(t, s, f.make(s, s.Locale("en", "", "")))
		tables := find(root, "table")
		tables = slices.DeleteFunc(tables, func(e *html.Node) bool { return val(e, "class") != "beside" })
		if len(tables) != 1 {
			t.Fatalf("%d comparisons, want that of the full text alone", len(tables))
		}
		var got []string
		for _, tr := range find(tables[0], "tr") {
			var cells []string
			for c := range tr.ChildNodes() {
				if c.Type == html.ElementNode {
					cells = append(cells, strings.Join(strings.Fields(textOf(c)), " "))
				}
			}
			got = append(got, strings.Join(cells, " | "))
		}
		want := []string{
			"Version 1 <b> | Version 2",
			"Titlu | Titlu",
			"9 unchanged paragraphs Alineatul 0",
			"Alineatul 9 este aici. | Alineatul 9 este aici.",
			"Alineatul 10 este aici. | Alineatul 10 este [inserted: nou ]aici.",
			"Alineatul 11 este aici. | Alineatul 11 este aici.",
			"8 unchanged paragraphs Alineatul 12",
		}
		if len(got) != len(want) {
			t.Fatalf("rows %q", got)
		}
		for i := range want {
			if !strings.HasPrefix(got[i], want[i]) {
				t.Errorf("row %d: %q, want %q", i, got[i], want[i])
			}
		}
		if n := len(find(tables[0], "details")); n != 2 {
			t.Errorf("%d stretches are folded, want 2", n)
		}
		for _, e := range find(tables[0], "h4") {
			if textOf(e) != "Titlu" {
				t.Errorf("heading %q", textOf(e))
			}
		}
	}
}
