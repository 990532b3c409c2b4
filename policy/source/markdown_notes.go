package source

import (
	"cmp"
	"html"
	"slices"
	"strconv"
	"strings"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

var (
	kindNoteMark = ast.NewNodeKind("PolicyNoteMark")
	kindNoteList = ast.NewNodeKind("PolicyNoteList")
	kindNote     = ast.NewNodeKind("PolicyNote")
	noteLabels   = parser.NewContextKey()
)

// longestLabel is the most bytes that the label of a note may have, as CommonMark has it for links.
const longestLabel = 999

// noteMark is [^label] in the text, or the number before a note, which leads back.
type noteMark struct {
	ast.BaseInline
	label  string
	number int
	at     int
	first  bool // of several marks the first one is led back to
	back   bool
}

func (*noteMark) Kind() ast.NodeKind              { return kindNoteMark }
func (n *noteMark) Dump(source []byte, level int) { ast.DumpHelper(n, source, level, nil, nil) }

// noteList holds the notes at the end of a text.
type noteList struct{ ast.BaseBlock }

func (*noteList) Kind() ast.NodeKind              { return kindNoteList }
func (n *noteList) Dump(source []byte, level int) { ast.DumpHelper(n, source, level, nil, nil) }

// note is one of them; its number is 0 if nothing leads to it.
type note struct {
	ast.BaseBlock
	number int
}

func (*note) Kind() ast.NodeKind              { return kindNote }
func (n *note) Dump(source []byte, level int) { ast.DumpHelper(n, source, level, nil, nil) }

// noteParser reads the marks of notes that are defined, and says of others that they have none.
type noteParser struct{ m *markdown }

// Trigger is asked by goldmark.
func (noteParser) Trigger() []byte { return []byte{'['} }

// Parse is called by goldmark at every opening bracket. When it comes to marks, all definitions are known.
func (p noteParser) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	line, segment := block.PeekLine()
	if len(line) < 4 || line[1] != '^' {
		return nil
	}
	end := slices.Index(line[:min(len(line), longestLabel+3)], ']')
	if end < 0 {
		return nil
	}
	labels, _ := pc.ComputeIfAbsent(noteLabels, func() any {
		m := map[string]bool{}
		walk(parent.OwnerDocument(), func(n ast.Node) {
			if d, ok := n.(*extast.Footnote); ok {
				m[string(d.Ref)] = true
			}
		})
		return m
	}).(map[string]bool)
	label := string(line[2:end])
	if !labels[label] {
		if strings.TrimSpace(label) != "" && !slices.Contains([]byte("(["), line[min(end+1, len(line)-1)]) {
			p.m.addWords(FoundUnresolved, p.m.line(segment.Start), "[^"+label+"]")
		}
		return nil
	}
	block.Advance(end + 1)
	return &noteMark{label: label, at: segment.Start}
}

// notes numbers the notes and puts them at the end: with the numbers that they have if all have one, otherwise
// in the order of their marks. A note that nothing leads to stays, too.
func (m *markdown) notes(doc *ast.Document, src []byte) {
	var marks []*noteMark
	var defs []*extast.Footnote
	var lists []ast.Node
	walk(doc, func(n ast.Node) {
		switch n := n.(type) {
		case *noteMark:
			marks = append(marks, n)
		case *extast.Footnote:
			defs = append(defs, n)
		case *extast.FootnoteList:
			lists = append(lists, n)
		}
	})
	for _, l := range lists {
		l.Parent().RemoveChild(l.Parent(), l)
	}
	if len(defs) == 0 {
		return
	}
	numbers := noteNumbers(defs, marks)
	led := map[string]bool{}
	for _, k := range marks {
		k.number, k.first = numbers[k.label], !led[k.label]
		led[k.label] = true
	}
	list := &noteList{}
	for _, d := range defs {
		n := &note{}
		label := string(d.Ref)
		if led[label] {
			n.number = numbers[label]
			led[label] = false // of two definitions the first one counts
		} else {
			m.addWords(FoundUnresolved, m.line(d.Pos()), "[^"+label+"]")
		}
		said := &noteMark{label: label, number: n.number, back: true}
		for c := d.FirstChild(); c != nil; c = d.FirstChild() {
			n.AppendChild(n, c)
		}
		begin(n, said)
		list.AppendChild(list, n)
	}
	list.SortChildren(func(a, b ast.Node) int { return order(a) - order(b) })
	doc.AppendChild(doc, list)
}

func order(n ast.Node) int {
	if n, ok := n.(*note); ok && n.number > 0 {
		return n.number
	}
	return 1 << 30
}

// begin puts a number before the words of a note. One paragraph needs no element of its own.
func begin(n *note, mark ast.Node) {
	switch p := n.FirstChild().(type) {
	case *ast.Paragraph:
		p.InsertBefore(p, p.FirstChild(), mark)
		if n.ChildCount() == 1 {
			b := ast.NewTextBlock()
			for c := p.FirstChild(); c != nil; c = p.FirstChild() {
				b.AppendChild(b, c)
			}
			n.ReplaceChild(n, p, b)
		}
	default:
		b := ast.NewParagraph()
		b.AppendChild(b, mark)
		n.InsertBefore(n, n.FirstChild(), b)
	}
}

func noteNumbers(defs []*extast.Footnote, marks []*noteMark) map[string]int {
	numbers := map[string]int{}
	taken := map[int]bool{}
	for _, d := range defs {
		label := string(d.Ref)
		i, err := strconv.Atoi(label)
		if err != nil || i < 1 || i > 9999 || strconv.Itoa(i) != label || taken[i] && numbers[label] != i {
			return counted(defs, marks)
		}
		numbers[label], taken[i] = i, true
	}
	return numbers
}

func counted(defs []*extast.Footnote, marks []*noteMark) map[string]int {
	numbers := map[string]int{}
	for _, k := range marks {
		numbers[k.label] = cmp.Or(numbers[k.label], len(numbers)+1)
	}
	for _, d := range defs {
		numbers[string(d.Ref)] = cmp.Or(numbers[string(d.Ref)], len(numbers)+1)
	}
	return numbers
}

func (m *markdown) noteMark(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	k, ok := n.(*noteMark)
	if !ok || !entering {
		return ast.WalkContinue, nil
	}
	id := strconv.Itoa(k.number)
	switch {
	case k.back && k.number == 0:
		put(w, html.EscapeString(strings.TrimSpace(k.label)), " ")
	case k.back:
		put(w, `<a href="#fnref-`, id, `">`, id, "</a> ")
	case k.first:
		put(w, `<sup><a id="fnref-`, id, `" href="#fn-`, id, `">`, id, "</a></sup>")
	default:
		put(w, `<sup><a href="#fn-`, id, `">`, id, "</a></sup>")
	}
	return ast.WalkContinue, nil
}

func (m *markdown) noteList(w util.BufWriter, _ []byte, _ ast.Node, entering bool) (ast.WalkStatus, error) {
	if entering {
		put(w, `<ul class="footnotes">`)
	} else {
		put(w, "</ul>\n")
	}
	return ast.WalkContinue, nil
}

func (m *markdown) note(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	k, ok := n.(*note)
	switch {
	case !entering:
		put(w, "</li>\n")
	case ok && k.number > 0:
		put(w, `<li id="fn-`, strconv.Itoa(k.number), `">`)
	default:
		put(w, "<li>")
	}
	return ast.WalkContinue, nil
}
