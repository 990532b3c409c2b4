package diff

import (
	"slices"
	"strings"
	"unicode"

	"ltipolicy/policy"
	"ltipolicy/policy/markup"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// piece is a stretch of text that a reader takes in as one thing: a paragraph, a heading, a list item, a row
// of a table. Only a row has more than one cell.
type piece struct {
	element atom.Atom // what it is written as: p, h2 to h6, li, dt, dd, pre, caption or tr
	cells   [][]token
	key     string // of all cells, see token.key
}

// token is the smallest part that a comparison marks: a word, a mark of punctuation, or white space.
type token struct {
	text string
	key  string       // equal for tokens that count as the same
	wrap []*html.Node // the inline elements around it in the source, outermost first
	// image is set for an image, which counts as a word: the same if it has the same bytes and description.
	image *html.Node
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
	space  bool
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
		c.push(token{key: "\x00" + markup.Attr(n, "src") + "\x00" + markup.Attr(n, "alt"), image: n})
	case n.DataAtom == atom.Tr:
		c.end(as)
		c.row(n)
	case markup.Block(n):
		c.end(as)
		inner := writtenAs(n, as)
		c.children(n, inner)
		c.end(inner)
	default:
		c.wrap = append(slices.Clip(c.wrap), n)
		c.children(n, as)
		c.wrap = c.wrap[:len(c.wrap)-1]
	}
}

// writtenAs is the element of the pieces within n. A paragraph within a list item belongs to the item.
func writtenAs(n *html.Node, around atom.Atom) atom.Atom {
	switch n.DataAtom {
	case atom.Li, atom.Dt, atom.Dd, atom.Pre, atom.Caption, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
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
		var in cutter
		in.children(td, atom.P)
		in.end(atom.P)
		var cell []token
		for i, q := range in.pieces {
			if i > 0 {
				cell = append(cell, token{text: " ", key: " "})
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
		for _, t := range cell {
			key.WriteString(t.key)
			words = true
		}
	}
	if p.key = key.String(); words {
		c.pieces = append(c.pieces, p)
	}
}

// text cuts a text node. White space is folded as a browser does it.
func (c *cutter) text(s string) {
	start := -1
	flush := func(end int) {
		if start >= 0 {
			c.word(s[start:end])
		}
		start = -1
	}
	for i, r := range s {
		switch {
		case strings.ContainsRune(" \t\n\r\f", r):
			flush(i)
			c.space = len(c.cell) > 0
		case wordRune(r) && !dense(r):
			if start < 0 {
				start = i
			}
		case inner(r) && start >= 0 && i+len(string(r)) < len(s) && wordAt(s[i+len(string(r)):]):
			// An apostrophe or a hyphen within a word belongs to it.
		default:
			flush(i)
			c.word(string(r))
		}
	}
	flush(len(s))
}

func (c *cutter) word(s string) { c.push(token{text: s, key: sameWords.Replace(s)}) }

func (c *cutter) push(t token) {
	if c.space {
		c.cell = append(c.cell, token{text: " ", key: " ", wrap: c.wrap})
		c.space = false
	}
	t.wrap = c.wrap
	c.cell = append(c.cell, t)
}

// sameWords makes the keys: a space that must not break is a space, and Romanian's letters with a cedilla
// are the ones with a comma, because older keyboards had no others.
var sameWords = strings.NewReplacer(
	"\u00a0", " ", "\u202f", " ", "\u2007", " ", "\u00ad", "",
	"ş", "ș", "Ş", "Ș", "ţ", "ț", "Ţ", "Ț",
)

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }

func wordAt(s string) bool {
	for _, r := range s {
		return wordRune(r)
	}
	return false
}

func inner(r rune) bool { return r == '-' || r == '\'' || r == '’' || r == '\u00ad' || r == '\u2011' }

// dense reports whether a letter is a word of its own, in scripts that write without spaces.
func dense(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// word reports whether a token counts as a word.
func (t token) word() bool { return t.image != nil || wordAt(t.text) }

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
