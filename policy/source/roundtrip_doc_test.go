package source_test

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"pgregory.net/rapid"
)

// style is a set of marks that letters have.
type style uint

const (
	bold style = 1 << iota
	italic
	underlined
	struck
	lowered
	raised
	code
	anyStyle = code<<1 - 1
)

// styleNames are short names of the marks in their order.
var styleNames = []string{"b", "i", "u", "s", "sub", "sup", "code"}

// piece is a run of words with the same marks, a line break, or the mark of a note.
type piece struct {
	words  string
	style  style
	off    style  // marks of what is around that it has not
	glued  bool   // no space before
	inside bool   // the space before has the marks, too
	after  bool   // so has the one behind
	hidden bool   // a reader does not see it
	link   string // address
	to     int    // of a link within the text: 1 and more, which heading
	bare   bool   // an address as it stands
	note   int    // 1 and more: the mark of a note
	again  bool   // not the note's first mark
	br     bool
}

type text []piece

type blockKind int

const (
	paragraph blockKind = iota
	heading
	list
	quote
	definitions
	table
	rule   // a line across
	verse  // lines that stay as they are
	marked // blocks with a mark
)

type block struct {
	kind   blockKind
	text   text
	more   text   // a second paragraph of a note
	style  style  // of a paragraph, heading, item or cell, or of marked blocks
	level  int    // of a heading, from 1
	number string // that a program gives to a heading
	typ    string // of a list: "" for bullets, or 1, a, A, i, I
	form   string // of a list's marks
	items  []item
	blocks []block // of a quote, or marked
	rows   [][]cell
	heads  int // rows of a table that are its head
}

// item is an item of a list, or a term (one block) or a meaning.
type item struct {
	value  int
	style  style
	blocks []block
	term   bool
}

type cell struct {
	head       bool
	cols, rows int
	style      style
	text, more text // more is a second paragraph
	blocks     []block
}

// writing is a text as its author means it, of no format.
type writing struct {
	blocks   []block
	notes    []block
	headings int
	top      bool   // one of them is of level 1
	seed     uint64 // of what a writer chooses
}

// ability is what a format can say.
type ability struct {
	style    style
	types    bool // lists of letters and Roman numerals
	forms    bool // a) and (a)
	values   bool // numbers that do not follow each other
	multi    bool // items and notes of several paragraphs
	cells    bool // cells of several paragraphs
	again    bool // several marks of a note
	rules    bool
	verses   bool
	groups   bool // marked blocks, also by a style of theirs
	bare     bool // lists without marks
	hidden   bool
	numbered bool // headings with numbers that a program gives
	anywhere bool // headings and tables in quotes and items
	heads    bool // head cells
	spans    bool // merged cells
	oneHead  bool // each table has one row of head cells, and no other ones
	quotes   bool
	defs     bool
	tables   bool
	breaks   bool
	links    bool
	notes    bool
	autolink bool // addresses become links
}

// vocabulary are words of six scripts, Latin ones of several languages.
var vocabulary = []string{
	"not", "sell", "data", "the", "students’", "e-mail", "învățământ", "țară", "își", "Șerban", "duomenų", "tėvų", "šalis", "Žmogaus",
	"informação", "são", "Não", "лични", "данни", "Ѝ", "институција", "његов", "Џ", "αρχείο", "δεδομένα", "Ώρα", "חוק", "מידע", "קוֹד", "قانون",
	"بيانات", "می\u200cخواهم", "डेटा", "नीति", "क़ानून", "क्\u200dष", "Straße", "İzin",
}

// odd are words that a format may take for something else.
var odd = []string{
	"7", "2024", "1.", "12)", "(b)", "b)", "3.1.2.", "01.05.2024", "2024-05-01", "10:30", "50%", "+40", "256–403", "§", "5", "Art.", "–", "—", "-", "*", "•", "+",
	"__utma", "_ga", "fav_color", "5*3", "C#", "#1", "#", "<x>", "<institution", "name>", "&", "&amp;", "R&D", "\"so\"", "„da“", "«é»", "'n'", "[x]", "[sic]", "[Note]:", "{y}",
	"a|b", "~5", "~", "`", "\\", "\\n", "=", "==", "---", ">", "<", "!", "?", "...", "…", "$5", "^2", ":", ";", "o", "10\u00a0km", "A/B", "x=1", "@user", "(1)", "¹", "I.", "c)", "i)",
}

// author draws a document.
type author struct {
	t       *rapid.T
	can     ability
	doc     *writing
	marker  int
	nesting int
}

func drawDocument(t *rapid.T, can ability) *writing {
	a := &author{t: t, can: can, doc: &writing{seed: rapid.Uint64().Draw(t, "seed")}}
	for range rapid.IntRange(1, 6).Draw(t, "blocks") {
		a.doc.blocks = append(a.doc.blocks, a.block())
	}
	seen := 0
	a.doc.pieces(func(p *piece) {
		if p.words != "" && !p.hidden {
			seen++
		}
	})
	if seen == 0 { // a text has words
		a.doc.blocks = append(a.doc.blocks, block{text: a.text()})
	}
	for i := 0; i < len(a.doc.notes); i++ {
		a.can.notes, a.can.breaks = false, false
		a.doc.notes[i].text = a.text()
		if a.can.multi && a.one(4, "note of two paragraphs") {
			a.doc.notes[i].more = a.text()
		}
	}
	a.doc.pieces(func(p *piece) {
		if p.to > 0 && a.doc.headings > 0 {
			p.to = (p.to-1)%a.doc.headings + 1
		} else {
			p.to = 0
		}
	})
	return a.doc
}

func (a *author) one(of int, label string) bool { return rapid.IntRange(1, of).Draw(a.t, label) == of }

// of draws one of some values.
func of[T any](a *author, label string, values ...T) T {
	return rapid.SampledFrom(values).Draw(a.t, label)
}

func (a *author) block() block {
	kinds := []blockKind{paragraph, paragraph, paragraph, list, list}
	if a.nesting == 0 || a.can.anywhere {
		kinds = append(kinds, heading, heading)
	}
	if a.can.tables && (a.nesting == 0 || a.can.anywhere) {
		kinds = append(kinds, table)
	}
	if a.can.rules {
		kinds = append(kinds, rule)
	}
	if a.can.verses {
		kinds = append(kinds, verse)
	}
	if a.can.groups && a.nesting < 2 {
		kinds = append(kinds, marked)
	}
	if a.nesting < 2 && a.can.quotes {
		kinds = append(kinds, quote)
	}
	if a.nesting == 0 && a.can.defs {
		kinds = append(kinds, definitions)
	}
	b := block{kind: of(a, "kind", kinds...)}
	if b.kind == paragraph || b.kind == heading {
		b.style = a.style()
	}
	a.nesting++
	defer func() { a.nesting-- }()
	switch b.kind {
	case paragraph:
		b.text = a.text()
	case heading:
		a.doc.headings++
		b.level = rapid.IntRange(1, 4).Draw(a.t, "level")
		a.doc.top = a.doc.top || b.level == 1
		if a.can.numbered && a.one(3, "numbered") {
			b.number = of(a, "number", "1.", "1.2", "IV.", "a)", "Art. 5.", "§ 3")
		}
		breaks := a.can.breaks
		a.can.breaks = false
		b.text = a.text()
		a.can.breaks = breaks
	case list:
		a.list(&b)
	case marked:
		b.style = of(a, "mark", bold, italic, underlined, struck)
		fallthrough
	case quote:
		for range rapid.IntRange(1, 2).Draw(a.t, "quoted") {
			b.blocks = append(b.blocks, a.block())
		}
	case definitions:
		for range rapid.IntRange(1, 2).Draw(a.t, "terms") {
			breaks, notes := a.can.breaks, a.can.notes
			a.can.breaks = false
			b.items = append(b.items, item{term: true, blocks: []block{{text: a.text()}}})
			a.can.breaks, a.can.notes = breaks, notes
			b.items = append(b.items, item{blocks: []block{{text: a.text()}}})
		}
	case table:
		a.table(&b)
	case verse:
		for i := range rapid.IntRange(1, 3).Draw(a.t, "lines") {
			if i > 0 {
				b.text = append(b.text, piece{br: true, glued: true})
			}
			b.text = append(b.text, piece{words: a.words(), style: code, glued: true})
		}
	case rule:
	}
	return b
}

// style is what a block is marked with by a style of its own.
func (a *author) style() style {
	if !a.can.groups || !a.one(6, "style of a block") {
		return 0
	}
	return of(a, "style of the block", bold, italic, underlined, struck)
}

func (a *author) list(b *block) {
	b.typ, b.form = of(a, "list", "", "1"), "%."
	if a.can.bare && a.one(8, "without marks") {
		b.typ, b.form = "none", ""
	}
	if a.can.types && b.typ == "1" {
		b.typ = of(a, "type", "1", "a", "A", "i", "I")
	}
	if a.can.forms && b.typ != "" {
		b.form = of(a, "form", "%.", "%)", "(%)")
	}
	n := 1
	if a.one(3, "starts") {
		n = of(a, "start", 2, 3, 4, 9, 26, 100)
	}
	for range rapid.IntRange(1, 4).Draw(a.t, "items") {
		it := item{value: n, style: a.style(), blocks: []block{{text: a.text()}}}
		n++
		if a.can.values && a.one(6, "jumps") {
			n += rapid.IntRange(1, 3).Draw(a.t, "jump")
		}
		if a.can.multi && a.one(6, "second paragraph") {
			it.blocks = append(it.blocks, block{text: a.text()})
		}
		if a.can.anywhere && a.nesting < 3 && a.one(8, "block in an item") {
			it.blocks = append(it.blocks, a.block())
		}
		if a.nesting < 4 && a.one(4, "nested") {
			a.nesting++
			sub := block{kind: list}
			a.list(&sub)
			it.blocks = append(it.blocks, sub)
			a.nesting--
		}
		b.items = append(b.items, it)
	}
}

func (a *author) table(b *block) {
	rows, cols := rapid.IntRange(1, 3).Draw(a.t, "rows"), rapid.IntRange(1, 3).Draw(a.t, "columns")
	if a.can.oneHead || a.can.heads && rapid.Bool().Draw(a.t, "head") {
		b.heads = 1
	}
	sides := a.can.heads && !a.can.oneHead && rapid.Bool().Draw(a.t, "heads at the side")
	taken := map[[2]int]bool{}
	for r := range rows {
		var row []cell
		for c := range cols {
			if taken[[2]int{r, c}] {
				continue
			}
			k := cell{head: r < b.heads || sides && c == 0, cols: 1, rows: 1}
			if a.can.spans && a.one(6, "merged") {
				free := func(r, c int) bool { return r < rows && c < cols && !taken[[2]int{r, c}] }
				switch {
				case free(r, c+1) && rapid.Bool().Draw(a.t, "across"):
					k.cols = 2
					taken[[2]int{r, c + 1}] = true
				case r >= b.heads && free(r+1, c):
					k.rows = 2
					taken[[2]int{r + 1, c}] = true
				}
			}
			if !a.one(8, "empty") {
				k.text, k.style = a.text(), a.style()
				if a.can.cells && a.nesting < 3 && a.one(8, "list in a cell") {
					k.blocks = []block{{kind: list}}
					a.nesting++
					a.list(&k.blocks[0])
					a.nesting--
				}
				if a.can.cells && a.one(5, "cell of two paragraphs") {
					k.more = a.text()
				}
			}
			row = append(row, k)
		}
		b.rows = append(b.rows, row)
	}
}

func (a *author) text() text {
	var list text
	address := false
	for range rapid.IntRange(1, 4).Draw(a.t, "pieces") {
		p := a.piece(len(list) == 0)
		if address && p.note == 0 && !p.br {
			p.glued = false // letters would be part of the address
		}
		address = p.bare
		list = append(list, p)
		if p.bare && rapid.Bool().Draw(a.t, "followed") {
			list = append(list, piece{words: of(a, "sign", ".", ",", ")", "\"", "”", "?", ";", "’", "»", "…"), glued: true})
		}
	}
	for list[len(list)-1].br {
		list = list[:len(list)-1]
	}
	return list
}

func (a *author) piece(first bool) piece {
	kind := rapid.IntRange(0, 12).Draw(a.t, "piece")
	switch {
	case kind == 12 && a.can.hidden && !first:
		a.marker++
		return piece{words: "h" + strconv.Itoa(a.marker) + "h", hidden: true}
	case kind == 11 && a.can.notes && a.can.again && !first && len(a.doc.notes) > 0 && a.one(4, "again"):
		return piece{note: rapid.IntRange(1, len(a.doc.notes)).Draw(a.t, "note"), again: true}
	case kind == 11 && a.can.notes && !first && len(a.doc.notes) < 5:
		a.doc.notes = append(a.doc.notes, block{})
		return piece{note: len(a.doc.notes), glued: rapid.Bool().Draw(a.t, "glued")}
	case kind == 10 && a.can.breaks && !first:
		return piece{br: true, glued: true}
	case kind == 9:
		a.marker++
		n := strconv.Itoa(a.marker)
		return piece{words: of(a, "address", "https://example.org/a"+n, "http://www.example.org/?q="+n+"&b=1#c", "www.example.org/"+n, "w"+n+"@example.org",
			"https://example.org/a_b_"+n+"_c", "https://example.org/a_("+n+")", "https://example.org/~x*"+n+"*y", "https://example.org/ș%20"+n, "a_b-"+n+"@sub.example.org"), bare: true}
	case kind == 8 && a.can.style&code != 0:
		a.marker++
		w := of(a, "code", "a_b", "<x>", "*", "\\", "x y", "&amp;", "\"", "__") + " c" + strconv.Itoa(a.marker)
		return piece{words: w, style: code}
	}
	p := piece{words: a.words(), glued: !first && a.one(6, "glued"), inside: a.one(4, "space inside"), after: a.one(6, "space inside after")}
	if rapid.Bool().Draw(a.t, "marked") {
		p.style = style(rapid.SampledFrom([]style{bold, italic, underlined, struck, lowered, raised, bold | italic, bold | struck, italic | underlined, italic | raised}).Draw(a.t, "style")) & a.can.style
	}
	if a.can.groups && a.one(8, "turned off") {
		p.off = of(a, "off", bold, italic)
		p.style &^= p.off
	}
	if a.can.links && a.one(6, "linked") {
		a.marker++
		p.link = of(a, "target", "https://example.org/x", "https://example.org/?a=1&b=ș", "mailto:dpo@example.org")
		if p.link == "https://example.org/x" {
			p.link += strconv.Itoa(a.marker)
		}
		if rapid.Bool().Draw(a.t, "within") {
			p.link, p.to = "", rapid.IntRange(1, 5).Draw(a.t, "to")
		}
	}
	return p
}

func (a *author) words() string {
	var list []string
	for range rapid.IntRange(0, 2).Draw(a.t, "words") {
		from := vocabulary
		if a.one(3, "odd") {
			from = odd
		}
		// Small numbers are drawn more often: the marker has all words come.
		list = append(list, from[(rapid.IntRange(0, len(from)-1).Draw(a.t, "word")+7*a.marker)%len(from)])
	}
	a.marker++
	list = slices.Insert(list, rapid.IntRange(0, len(list)).Draw(a.t, "place"), "w"+strconv.Itoa(a.marker)+"w")
	return strings.Join(list, " ")
}

// footnotes is how many of the notes are such, in programs that have endnotes, too.
func (d *writing) footnotes() int { return rand.New(rand.NewPCG(d.seed, 4)).IntN(5) }

// pieces visits every piece of a document.
func (d *writing) pieces(visit func(*piece)) {
	each := func(t text) {
		for i := range t {
			visit(&t[i])
		}
	}
	var walk func([]block)
	walk = func(list []block) {
		for _, b := range list {
			each(b.text)
			walk(b.blocks)
			each(b.more)
			for _, it := range b.items {
				walk(it.blocks)
			}
			for _, row := range b.rows {
				for _, c := range row {
					each(c.text)
					each(c.more)
					walk(c.blocks)
				}
			}
		}
	}
	walk(d.blocks)
	walk(d.notes)
}
