package docx

import (
	"strings"

	"ltipolicy/policy/markup"
	"ltipolicy/policy/office"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// story is a text that is read from its beginning to its end: that of the document or of a note.
type story struct {
	*reader
	part   *part
	fields []*field
	places []string // bookmarks that stand before the next words
	drop   []piece  // a first letter that stands by itself
}

// context is what those who hold a paragraph say of it.
type context struct {
	ins, del string // the day of a change that was recorded, "" for none
	ground   bool   // white letters can be read
	toc      bool   // a table of contents
	header   bool   // the head of a table, whose letters are bold anyway
}

// blocks makes blocks of paragraphs and tables.
func (s *story) blocks(kids []*node, c context) []*html.Node {
	var f flow
	s.fill(kids, c, &f)
	s.flushDrop(&f)
	f.flush()
	return f.out
}

// flow takes blocks, and makes lists of the items that follow each other.
type flow struct {
	out   []*html.Node
	items []office.Item
}

func (f *flow) flush() {
	if len(f.items) > 0 {
		f.out = append(f.out, office.Lists(f.items)...)
		f.items = nil
	}
}

func (f *flow) add(n ...*html.Node) {
	if len(n) > 0 {
		f.flush()
		f.out = append(f.out, n...)
	}
}

func (s *story) fill(kids []*node, c context, f *flow) {
	for _, k := range kids {
		switch k.name {
		case "w:p":
			s.paragraph(k, c, f)
		case "w:tbl":
			s.flushDrop(f)
			if t := s.table(k, c); t != nil {
				f.add(t)
			}
		case "w:sdt":
			in := c
			in.toc = c.toc || strings.EqualFold(k.path("w:sdtPr", "w:docPartObj", "w:docPartGallery").val(), "Table of Contents")
			s.fill(k.child("w:sdtContent").all(), in, f)
		case "w:bookmarkStart":
			s.places = append(s.places, k.attr("w:name"))
		case "w:altChunk", "w:subDoc":
			s.say(Object, "", firstOf(s.part.links[k.attr("r:id")].target, k.name))
		case "mc:AlternateContent":
			s.fill(alternative(k), c, f)
		case "w:sectPr", "w:sdtPr", "w:sdtEndPr", "w:tcPr", "w:customXmlPr":
		default:
			s.fill(k.kids, c.changed(k), f)
		}
	}
}

// flushDrop makes a paragraph of a first letter that no paragraph follows.
func (s *story) flushDrop(f *flow) {
	if len(s.drop) > 0 {
		p := markup.Element(atom.P)
		nest(p, settled(trimmed(s.drop)), 0)
		s.drop = nil
		f.add(p)
	}
}

func (n *node) all() []*node {
	if n == nil {
		return nil
	}
	return n.kids
}

// changed is the context within an element of a change that was recorded.
func (c context) changed(k *node) context {
	switch k.name {
	case "w:ins", "w:moveTo":
		c.ins = day(k)
	case "w:del", "w:moveFrom":
		c.del = day(k)
	}
	return c
}

// day is the day of a change.
func day(k *node) string {
	if s := k.attr("w:date"); s != "" && len(s) <= len("2006-01-02T15:04:05.000000Z") {
		return s
	}
	return "-"
}

// paragraph adds a paragraph, a heading or an item of a list.
func (s *story) paragraph(p *node, c context, f *flow) {
	pPr := p.child("w:pPr")
	id := firstOf(pPr.child("w:pStyle").val(), s.styles.paragraph)
	st := s.styles.style(id)
	level := s.level(pPr, st)
	c.ground = c.ground || st.ground || grounded(pPr.child("w:shd")) == on
	c.toc = c.toc || strings.HasPrefix(st.name, "toc ") && st.name != "toc heading" || s.standing().toc
	l := &line{story: s, style: st, context: c, level: level}
	l.pieces, s.drop = s.drop, nil
	l.frame = pPr.child("w:framePr").attr("w:dropCap") != "" && pPr.child("w:framePr").attr("w:dropCap") != "none"
	l.inline(p.kids, look{ins: c.ins, del: c.del})
	l.endHidden()
	if f := s.inCode(); f != nil {
		f.within.WriteByte(' ')
	}
	l.contents()
	if pPr.child("w:sectPr") != nil {
		s.notes.section++
	}
	if l.frame && len(l.pieces) > 0 && len(l.boxes) == 0 {
		s.drop = l.pieces
		return
	}
	vanished := toggleOf(pPr.path("w:rPr", "w:vanish")) == on && l.empty()
	var m mark
	n, depth := s.num(pPr, st, id)
	if n != nil && !vanished && (!l.empty() || n.at(depth).format != "bullet") {
		m = n.next(depth)
	}
	if m.text != "" && !m.bullet {
		s.made = append(s.made, m.text)
	}
	if m.unknown != "" {
		s.say(office.Lost, "numFmt: "+m.unknown+": ", m.text+" "+l.text())
	}
	if l.empty() && m.text == "" && !m.bullet {
		s.places = append(s.places, l.placed()...)
		f.add(l.boxes...)
		return
	}
	e := markup.Element(atom.P)
	if level > 0 {
		name := "h" + string(rune('0'+min(level, 6)))
		e = &html.Node{Type: html.ElementNode, Data: name, DataAtom: atom.Lookup([]byte(name))}
	}
	if toggleOf(pPr.child("w:bidi")).or(st.bidi) == on {
		markup.SetAttr(e, "dir", "rtl")
	}
	switch {
	case level > 0 || m.text == "" && !m.bullet:
		if m.text != "" && !m.bullet {
			l.pieces = append([]piece{{text: m.text + after(n.at(depth))}}, l.pieces...)
		}
		l.write(e)
		f.add(e)
		f.add(l.boxes...)
	default:
		l.write(e)
		for _, b := range l.boxes {
			e.AppendChild(b)
		}
		f.items = append(f.items, office.Item{Node: e, List: n.name(), Level: depth + 1, Mark: strings.TrimSpace(m.text), Bullet: m.bullet})
	}
}

func after(l lvl) string {
	if l.suffix == "nothing" {
		return ""
	}
	return " "
}

// level is the level of a heading from 1, or 0.
func (s *story) level(pPr *node, st style) int {
	n := st.level
	if k := pPr.child("w:outlineLvl"); k != nil {
		n = level(k)
	}
	return max(n, 0)
}

// num is the list that a paragraph belongs to and its level there, nil if it belongs to none.
func (s *story) num(pPr *node, st style, id string) (*num, int) {
	own := pPr.child("w:numPr")
	named := own.child("w:numId")
	num := st.num
	if named != nil {
		num = named.val()
	}
	n := s.nums.nums[num]
	if n == nil {
		return nil, 0
	}
	depth := st.depth
	switch {
	case own.child("w:ilvl") != nil:
		depth = number(own.child("w:ilvl").val())
	case named != nil:
		depth = 0
	case depth < 0:
		depth = n.level(id)
	}
	return n, min(max(depth, 0), 8)
}

// rest puts places that stand behind all words at the end.
func (s *story) rest(root *html.Node) {
	for _, name := range s.places {
		p := markup.Element(atom.P)
		p.AppendChild(markup.Element(atom.A, html.Attribute{Key: "id", Val: place(name)}))
		root.AppendChild(p)
	}
	s.places = nil
}
