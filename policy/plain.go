package policy

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// PlainText is the text of h alone: one line a paragraph, heading, list item or table row, cells apart by
// tabs, white space otherwise as a browser shows it. Spaces that must not break stay.
func PlainText(h SafeHTML) string {
	root, err := parse(string(h))
	if err != nil {
		return ""
	}
	return strings.Join(writeLines(root).lines, "\n")
}

func writeLines(root *html.Node) *lineWriter {
	var w lineWriter
	w.node(root)
	w.end()
	return &w
}

type lineWriter struct {
	lines []string
	first []*html.Node // the text that each line begins with
	line  strings.Builder
	begin *html.Node
	space bool
}

func (w *lineWriter) end() {
	if s := strings.TrimRight(w.line.String(), " \t"); s != "" {
		w.lines, w.first = append(w.lines, s), append(w.first, w.begin)
	}
	w.line.Reset()
	w.begin, w.space = nil, false
}

func (w *lineWriter) text(n *html.Node) {
	for _, r := range n.Data {
		if strings.ContainsRune(" \t\n\r\f", r) {
			w.space = true
			continue
		}
		if w.space && w.line.Len() > 0 {
			w.line.WriteByte(' ')
		}
		w.space = false
		w.line.WriteRune(r)
		if w.begin == nil {
			w.begin = n
		}
	}
}

func (w *lineWriter) node(n *html.Node) {
	if n.Type == html.TextNode {
		w.text(n)
		return
	}
	switch n.DataAtom {
	case atom.Br:
		w.end()
		return
	case atom.Th, atom.Td:
		w.cell(n)
		return
	}
	if block(n) {
		w.end()
	}
	for k := range n.ChildNodes() {
		w.node(k)
	}
	if block(n) {
		w.end()
	}
}

func (w *lineWriter) cell(n *html.Node) {
	if n.PrevSibling != nil {
		w.line.WriteByte('\t')
	}
	w.space = false
	var in lineWriter
	for k := range n.ChildNodes() {
		in.node(k)
	}
	in.end()
	w.line.WriteString(strings.Join(in.lines, " "))
	if w.begin == nil && len(in.first) > 0 {
		w.begin = in.first[0]
	}
}

func block(n *html.Node) bool {
	switch n.DataAtom {
	case atom.P, atom.Div, atom.Hr, atom.Pre, atom.Blockquote, atom.Ul, atom.Ol, atom.Li, atom.Dl, atom.Dt, atom.Dd,
		atom.Table, atom.Caption, atom.Thead, atom.Tbody, atom.Tfoot, atom.Tr,
		atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		return true
	default:
		return false
	}
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

// Words counts the words of a text. In scripts that write without spaces two characters count as a word.
func Words(h SafeHTML) int {
	n, dense := 0, 0
	for f := range strings.FieldsSeq(PlainText(h)) {
		word := false
		for _, r := range f {
			switch {
			case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar):
				dense++
			case unicode.IsLetter(r) || unicode.IsDigit(r):
				word = true
			}
		}
		if word {
			n++
		}
	}
	return n + (dense+1)/2
}

// ReadingMinutes is the time to read so many words at 200 a minute, to the nearest minute and at least one.
func ReadingMinutes(words int) int { return max(1, (words+100)/200) }

// Heading is one line of a contents list.
type Heading struct {
	Level int    // 2 to 6
	ID    string // of the element in the text
	Text  string
}

// Contents lists the headings of a text in their order. Every id stands in the text and is unique there.
func Contents(h SafeHTML) []Heading {
	root, err := parse(string(h))
	if err != nil {
		return nil
	}
	var list []Heading
	for n := range root.Descendants() {
		if l := level(n); l > 0 {
			list = append(list, Heading{Level: l, ID: attr(n, "id"), Text: squeeze(textOf(n))})
		}
	}
	return list
}

// Scoped prepares a text for a page that shows several: every id and every link to one starts with scope and
// a hyphen, and headings move so that the highest is at level top. Nothing that a reader sees as text
// changes. The result is for showing only; digests are over the stored text.
func Scoped(h SafeHTML, scope string, top int) SafeHTML {
	return scoped(h, top, func(id string) string { return scope + "-" + id })
}

// Shown is a text prepared for a page, see [Text.Show].
type Shown struct {
	Summary, Content SafeHTML
	Contents         []Heading // of Content, with the ids as they stand in it
}

// Show is [Scoped] for summary and content together. A footnote's mark in the one still leads to its note in
// the other; headings that both have get different ids.
func (t Text) Show(scope string, summaryTop, contentTop int) Shown {
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

func scoped(h SafeHTML, top int, rename func(id string) string) SafeHTML {
	root, err := parse(string(h))
	if err != nil {
		return ""
	}
	highest := 6
	all := slices.Collect(root.Descendants())
	for _, n := range all {
		if l := level(n); l > 0 {
			highest = min(highest, l)
		}
	}
	for _, n := range all {
		if l := level(n); l > 0 {
			n.Data = fmt.Sprintf("h%d", max(1, min(6, l-highest+top)))
			n.DataAtom = atom.Lookup([]byte(n.Data))
		}
		if id := attr(n, "id"); id != "" {
			setAttr(n, "id", rename(id))
		}
		if to, ok := strings.CutPrefix(attr(n, "href"), "#"); ok {
			setAttr(n, "href", "#"+rename(to))
		}
	}
	s, err := render(root)
	if err != nil {
		return ""
	}
	return SafeHTML(s)
}
