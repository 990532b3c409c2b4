package docx

import (
	"strconv"
	"strings"

	"ltipolicy/policy/markup"
	"ltipolicy/policy/office"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// noteKind is footnotes or endnotes.
type noteKind struct {
	name     string // of the relationship
	element  string
	part     *part
	nodes    map[string]*node
	known    map[*node]note // whose marks stand in the text already
	sections []numbered
	all      numbered
	count    int
	section  int
	used     []note
}

// numbered is how notes are numbered.
type numbered struct {
	format, restart string
	start           int
}

// note is one whose mark stands in the text.
type note struct {
	node   *node
	id     string // its number among all notes
	mark   string
	custom bool
}

type notes struct {
	foot, end noteKind
	count     int
	section   int
	hidden    map[*node]bool // those that were reported as hidden
}

// readNotes finds the notes and how each section numbers them.
func (r *reader) readNotes(settings *node) error {
	r.notes.hidden = map[*node]bool{}
	r.notes.foot = noteKind{name: "footnotes", element: "w:footnote"}
	r.notes.end = noteKind{name: "endnotes", element: "w:endnote"}
	for _, k := range []*noteKind{&r.notes.foot, &r.notes.end} {
		format := "decimal"
		if k.name == "endnotes" {
			format = "lowerRoman"
		}
		k.all = numberedOf(settings.child(k.element+"Pr"), numbered{format: format, start: 1})
		k.nodes, k.known = map[string]*node{}, map[*node]note{}
		name := r.doc.of(r.archive, k.name)
		if name == "" {
			continue
		}
		var err error
		if k.part, err = r.part(name); err != nil {
			return err
		}
		for _, n := range k.part.root.kids {
			if t := n.attr("w:type"); n.name == k.element && (t == "" || t == "normal") {
				k.nodes[n.attr("w:id")] = n
			}
		}
	}
	r.doc.root.each(func(n *node) bool {
		if n.name == "w:sectPr" {
			for _, k := range []*noteKind{&r.notes.foot, &r.notes.end} {
				k.sections = append(k.sections, numberedOf(n.child(k.element+"Pr"), k.all))
			}
		}
		return n.name != "w:sectPr"
	})
	return nil
}

func numberedOf(pr *node, base numbered) numbered {
	base.format = firstOf(pr.child("w:numFmt").val(), base.format)
	base.restart = firstOf(pr.child("w:numRestart").val(), base.restart)
	if n := number(pr.child("w:numStart").val()); n > 0 {
		base.start = n
	}
	return base
}

// next is the mark of the next note of the section.
func (k *noteKind) next(section int) (string, numbered) {
	how := k.all
	if section < len(k.sections) {
		how = k.sections[section]
	}
	if k.count == 0 || how.restart == "eachSect" && section != k.section {
		k.count = how.start - 1
	}
	k.count++
	k.section = section
	s, _ := numeral(how.format, k.count)
	return s, how
}

// noteMark puts the mark of a note at kids[i], and returns the last of kids that belongs to it.
func (l *line) noteMark(kids []*node, i int, k look, e letters) int {
	n := kids[i]
	if l.inCode() != nil || l.standing().skip {
		return i
	}
	kind := &l.notes.foot
	if n.name == "w:endnoteReference" {
		kind = &l.notes.end
	}
	node := kind.nodes[n.attr("w:id")]
	if again, ok := kind.known[node]; ok { // Word has no two marks of one note; a note is written once
		if e.vanish != on {
			k.link, k.underline = "", false
			l.pieces = append(l.pieces, piece{look: k, node: linked("#fn-"+again.id, again.mark)})
		}
		return i
	}
	to := note{node: node, custom: toggleOf(n.flag("w:customMarkFollows")) == on}
	if to.custom {
		for i+1 < len(kids) && (kids[i+1].name == "w:t" || kids[i+1].name == "w:sym") {
			i++
			if kids[i].name == "w:sym" {
				to.mark += symbolOf(kids[i])
			} else {
				to.mark += symbols(e.font, kids[i].content())
			}
		}
	} else {
		var how numbered
		if to.mark, how = kind.next(l.notes.section); how.restart == "eachPage" && kind.count == how.start {
			l.say(office.Lost, "numRestart: eachPage: ", to.mark)
		}
	}
	if e.vanish == on {
		if node != nil && !l.notes.hidden[node] {
			l.notes.hidden[node] = true
			l.hidden.WriteString(" " + words(node) + " ")
		}
		return i
	}
	l.endHidden()
	k.link, k.underline = "", false
	if to.node == nil {
		l.say(Unresolved, "", to.mark)
		l.pieces = append(l.pieces, piece{look: k, text: to.mark})
		return i
	}
	l.notes.count++
	to.id = strconv.Itoa(l.notes.count)
	kind.used = append(kind.used, to)
	kind.known[node] = to
	a := linked("#fn-"+to.id, to.mark)
	markup.SetAttr(a, "id", "fnref-"+to.id)
	l.pieces = append(l.pieces, piece{look: k, node: a})
	return i
}

func linked(to, text string) *html.Node {
	a := markup.Element(atom.A, html.Attribute{Key: "href", Val: to})
	a.AppendChild(&html.Node{Type: html.TextNode, Data: text})
	return a
}

// noteLists puts the notes below the text, endnotes behind footnotes.
func (r *reader) noteLists(root *html.Node) {
	for _, k := range []*noteKind{&r.notes.foot, &r.notes.end} {
		if len(k.used) == 0 {
			continue
		}
		list := markup.Element(atom.Ul, html.Attribute{Key: "class", Val: "footnotes"})
		for i := 0; i < len(k.used); i++ { // a note may hold marks of others
			list.AppendChild(r.noteItem(k.part, k.used[i]))
		}
		root.AppendChild(list)
	}
}

// noteItem is a note with the link back to its mark.
func (r *reader) noteItem(p *part, n note) *html.Node {
	s := &story{reader: r, part: p}
	li := markup.Element(atom.Li, html.Attribute{Key: "id", Val: "fn-" + n.id})
	blocks := s.blocks(n.node.kids, context{})
	for _, b := range blocks {
		li.AppendChild(b)
	}
	s.rest(li)
	s.ends()
	first := li.FirstChild
	switch {
	case first == nil || first.DataAtom != atom.P:
		first = markup.Element(atom.P)
		li.InsertBefore(first, li.FirstChild)
	case len(blocks) == 1:
		markup.Unwrap(first)
		first = li
	}
	begin(first, n)
	return li
}

// begin puts the mark of a note before its words, in the place of a mark that the author typed.
func begin(first *html.Node, n note) {
	for k := range first.Descendants() {
		if k.Type != html.TextNode {
			continue
		}
		k.Data = strings.TrimLeft(k.Data, " \t\u00a0")
		if n.custom {
			k.Data = strings.TrimLeft(strings.TrimPrefix(k.Data, n.mark), " \t\u00a0")
		}
		break
	}
	before := first.FirstChild
	first.InsertBefore(linked("#fnref-"+n.id, n.mark), before)
	first.InsertBefore(&html.Node{Type: html.TextNode, Data: " "}, before)
}
