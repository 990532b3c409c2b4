package diff

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"ltipolicy/policy"
	"ltipolicy/policy/markup"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/text/unicode/norm"
)

// piece is a stretch of text that a reader takes in as one thing: a paragraph, a heading, a list item, a row
// of a table. Only a row has more than one cell.
type piece struct {
	element atom.Atom // what it is written as: p, h2 to h6, li, dt, dd, pre, caption or tr
	cells   [][]token
	key     string // of all cells, see token.key
}

// token is the smallest part that a comparison marks: a word, a mark of punctuation, or white space. The label of
// a list's item is one, too.
type token struct {
	text  string
	plain string       // equal for what reads the same, see plainKey
	marks string       // what the elements around it say, see marked
	key   string       // plain and marks: equal for tokens that count as the same
	wrap  []*html.Node // the inline elements around it in the source, outermost first
	// image is set for an image, which counts as a word: the same if it has the same bytes and description.
	image *html.Node
	label bool
	// parts are those of a word that several elements share.
	parts []token
}

// pieces cuts a sanitised text into its pieces, in order.
func pieces(h policy.SafeHTML) []piece {
	root, err := markup.Parse(string(h))
	if err != nil {
		return nil
	}
	var c cutter
	c.children(root, atom.P)
	c.end(atom.P)
	return c.pieces
}

type cutter struct {
	pieces []piece
	cell   []token
	wrap   []*html.Node
	marks  string
	space  bool
	label  string             // of the item that was entered, until something stands in it
	lists  map[*html.Node]int // the number of each numbered list's last item
}

func (c *cutter) children(n *html.Node, as atom.Atom) {
	for k := range n.ChildNodes() {
		c.node(k, as)
	}
}

func (c *cutter) node(n *html.Node, as atom.Atom) {
	switch {
	case n.Type == html.TextNode:
		c.text(n.Data)
	case n.Type != html.ElementNode:
	case n.DataAtom == atom.Br:
		c.end(as)
	case n.DataAtom == atom.Img:
		c.push(token{plain: "\x00" + markup.Attr(n, "src") + "\x00" + markup.Attr(n, "alt"), image: n})
	case n.DataAtom == atom.Tr:
		c.end(as)
		c.row(n)
	case n.DataAtom == atom.Li:
		c.end(as)
		c.label += c.item(n)
		c.children(n, atom.Li)
		c.end(atom.Li)
		c.label = ""
	case markup.Block(n):
		c.end(as)
		inner := writtenAs(n, as)
		c.children(n, inner)
		c.end(inner)
	default:
		marks := c.marks
		c.wrap, c.marks = append(slices.Clip(c.wrap), n), marked(marks, n)
		c.children(n, as)
		c.wrap, c.marks = c.wrap[:len(c.wrap)-1], marks
	}
}

// writtenAs is the element of the pieces within n. A paragraph within a list item belongs to the item.
func writtenAs(n *html.Node, around atom.Atom) atom.Atom {
	switch n.DataAtom {
	case atom.Dt, atom.Dd, atom.Pre, atom.Caption, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		return n.DataAtom
	case atom.P, atom.Div, atom.Blockquote:
		return around
	}
	return atom.P
}

func (c *cutter) row(tr *html.Node) {
	p := piece{element: atom.Tr}
	for td := range tr.ChildNodes() {
		if td.DataAtom != atom.Td && td.DataAtom != atom.Th {
			continue
		}
		in := cutter{wrap: c.wrap, marks: c.marks, label: c.label}
		in.children(td, atom.P)
		in.end(atom.P)
		c.label = in.label
		var cell []token
		for i, q := range in.pieces {
			if i > 0 {
				cell = append(cell, blank)
			}
			cell = append(cell, slices.Concat(q.cells...)...)
		}
		p.cells = append(p.cells, cell)
	}
	c.add(p)
}

func (c *cutter) end(as atom.Atom) {
	c.space = false
	if len(c.cell) > 0 {
		c.add(piece{element: as, cells: [][]token{c.cell}})
	}
	c.cell = nil
}

func (c *cutter) add(p piece) {
	var key strings.Builder
	words := false
	for i, cell := range p.cells {
		if i > 0 {
			key.WriteByte('\t')
		}
		// Where a mark begins and ends counts, not into how many elements or words its stretch is cut. A space that
		// is struck says nothing.
		marks := ""
		for _, t := range cell {
			if t.marks != marks && t.plain != " " {
				marks = t.marks
				key.WriteString("\x01" + marks + "\x02")
			}
			key.WriteString(t.plain)
			words = true
		}
	}
	// Once more, because a letter and its accent may stand in two elements.
	if p.key = norm.NFC.String(key.String()); words {
		c.pieces = append(c.pieces, p)
	}
}

// text cuts a text node. White space of any kind is folded as a browser folds the common ones.
func (c *cutter) text(s string) {
	s = visible(s)
	start := -1
	flush := func(end int) {
		if start >= 0 {
			c.word(s[start:end])
		}
		start = -1
	}
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case unicode.IsSpace(r):
			flush(i)
			c.space = len(c.cell) > 0
		case wordRune(r) && !dense(r), unicode.Is(unicode.Cf, r):
			if start < 0 {
				start = i
			}
		case inner(r) && start >= 0 && wordAt(s[i+size:]):
			// An apostrophe or a hyphen within a word belongs to it.
		default:
			flush(i)
			size = cluster(s[i:])
			c.word(s[i : i+size])
		}
		i += size
	}
	flush(len(s))
}

func (c *cutter) word(s string) {
	key := plainKey(s)
	if key == "" || c.continued(s) {
		return
	}
	c.push(token{text: s, plain: key})
}

// maxParts is into how many elements a word may be cut and be one word.
const maxParts = 50

// continued adds s to the word before it, if it is one with it and only another element begins between them.
func (c *cutter) continued(s string) bool {
	if c.space || len(c.cell) == 0 || !letters(s) {
		return false
	}
	last := &c.cell[len(c.cell)-1]
	if last.image != nil || last.label || last.marks != c.marks || !letters(last.text) || len(last.parts) >= maxParts {
		return false
	}
	if last.parts == nil {
		last.parts = []token{*last}
	}
	last.parts = append(last.parts, token{text: s, wrap: c.wrap, marks: c.marks})
	last.text += s
	last.name(plainKey(visible(last.text)))
	return true
}

// letters reports whether s is a word of a script that has spaces between words, or part of one.
func letters(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return wordRune(r) && !dense(r)
}

// name gives a token its keys.
func (t *token) name(plain string) {
	t.plain, t.key = plain, plain
	if t.marks != "" {
		t.key += "\x01" + t.marks
	}
}

func (c *cutter) push(t token) {
	if c.label != "" {
		c.cell = append(c.cell, labelled(c.label))
		c.label = ""
	}
	if c.space {
		space := blank
		space.wrap = c.wrap
		if last := c.cell[len(c.cell)-1]; last.marks != c.marks {
			space.wrap = shared(last.wrap, c.wrap)
		}
		c.cell = append(c.cell, space)
		c.space = false
	}
	t.wrap, t.marks = c.wrap, c.marks
	t.name(t.plain)
	c.cell = append(c.cell, t)
}

// shared are the elements that both have around them.
func shared(a, b []*html.Node) []*html.Node {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return a[:n:n]
}

var blank = token{text: " ", plain: " ", key: " "}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }

func wordAt(s string) bool {
	for _, r := range s {
		return wordRune(r)
	}
	return false
}

func inner(r rune) bool { return r == '-' || r == '\'' || r == '’' || r == '\u2010' || r == '\u2011' }

// dense reports whether a letter is a word of its own, in scripts that write without spaces.
func dense(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// word reports whether a token counts as a word.
func (t token) word() bool { return t.image != nil || !t.label && wordAt(t.text) }

func countWords(cells [][]token) int {
	n := 0
	for _, cell := range cells {
		for _, t := range cell {
			if t.word() {
				n++
			}
		}
	}
	return n
}
