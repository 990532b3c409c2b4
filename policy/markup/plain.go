package markup

import (
	"strings"
	"unicode"

	"ltipolicy/policy"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// PlainText is the text of h alone: one line a paragraph, heading, list item or table row, cells apart by
// tabs, white space otherwise as a browser shows it. Spaces that must not break stay.
func PlainText(h policy.SafeHTML) string {
	root, err := Parse(string(h))
	if err != nil {
		return ""
	}
	var lines []string
	for _, l := range Lines(root) {
		lines = append(lines, l.Text)
	}
	return strings.Join(lines, "\n")
}

// Line is a line of [PlainText].
type Line struct {
	Text  string
	Begin *html.Node // the text that it begins with
}

// Lines are the lines of [PlainText] of a text's tree.
func Lines(root *html.Node) []Line {
	var w lineWriter
	w.node(root)
	w.end()
	return w.lines
}

type lineWriter struct {
	lines []Line
	line  strings.Builder
	begin *html.Node
	space bool
}

func (w *lineWriter) end() {
	if s := strings.TrimRight(w.line.String(), " \t"); s != "" {
		w.lines = append(w.lines, Line{Text: s, Begin: w.begin})
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
	if Block(n) {
		w.end()
	}
	for k := range n.ChildNodes() {
		w.node(k)
	}
	if Block(n) {
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
	for i, l := range in.lines {
		if i > 0 {
			w.line.WriteByte(' ')
		}
		w.line.WriteString(l.Text)
	}
	if w.begin == nil && len(in.lines) > 0 {
		w.begin = in.lines[0].Begin
	}
}

// Words counts the words of a text. In scripts that write without spaces two characters count as a word.
func Words(h policy.SafeHTML) int {
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
