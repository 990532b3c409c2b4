package markup

import (
	"fmt"
	"slices"
	"strings"

	"ltipolicy/policy"

	"golang.org/x/net/html/atom"
)

// Heading is one line of a contents list.
type Heading struct {
	Level int    // 2 to 6
	ID    string // of the element in the text
	Text  string
}

// Contents lists the headings of a text in their order. Every id stands in the text and is unique there.
func Contents(h policy.SafeHTML) []Heading {
	root, err := Parse(string(h))
	if err != nil {
		return nil
	}
	var list []Heading
	for n := range root.Descendants() {
		if l := Level(n); l > 0 {
			list = append(list, Heading{Level: l, ID: Attr(n, "id"), Text: Squeeze(TextOf(n))})
		}
	}
	return list
}

// Scoped prepares a text for a page that shows several: every id and every link to one starts with scope and
// a hyphen, and headings move so that the highest is at level top. Nothing that a reader sees as text
// changes. The result is for showing only; digests are over the stored text.
func Scoped(h policy.SafeHTML, scope string, top int) policy.SafeHTML {
	return scoped(h, top, func(id string) string { return scope + "-" + id })
}

// Shown is a text prepared for a page, see [Show].
type Shown struct {
	Summary, Content policy.SafeHTML
	Contents         []Heading // of Content, with the ids as they stand in it
}

// Show is [Scoped] for summary and content together. A footnote's mark in the one still leads to its note in
// the other; headings that both have get different ids.
func Show(t policy.Text, scope string, summaryTop, contentTop int) Shown {
	taken := map[string]bool{}
	list := Contents(t.Content)
	for i := range list {
		taken[list[i].ID] = true
		list[i].ID = scope + "-" + list[i].ID
	}
	return Shown{
		Content:  Scoped(t.Content, scope, contentTop),
		Contents: list,
		Summary: scoped(t.Summary, summaryTop, func(id string) string {
			if taken[id] {
				return scope + "-summary-" + id
			}
			return scope + "-" + id
		}),
	}
}

func scoped(h policy.SafeHTML, top int, rename func(id string) string) policy.SafeHTML {
	root, err := Parse(string(h))
	if err != nil {
		return ""
	}
	highest := 6
	all := slices.Collect(root.Descendants())
	for _, n := range all {
		if l := Level(n); l > 0 {
			highest = min(highest, l)
		}
	}
	for _, n := range all {
		if l := Level(n); l > 0 {
			n.Data = fmt.Sprintf("h%d", max(1, min(6, l-highest+top)))
			n.DataAtom = atom.Lookup([]byte(n.Data))
		}
		if id := Attr(n, "id"); id != "" {
			SetAttr(n, "id", rename(id))
		}
		if to, ok := strings.CutPrefix(Attr(n, "href"), "#"); ok {
			SetAttr(n, "href", "#"+rename(to))
		}
	}
	s, err := Render(root)
	if err != nil {
		return ""
	}
	return policy.SafeHTML(s)
}
