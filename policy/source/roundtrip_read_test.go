package source_test

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"ltipolicy/policy/markup"
	"ltipolicy/policy/normal"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"pgregory.net/rapid"
)

// reading is a text line by line as a reader gets it: where each stands, and its words, with their marks, links and
// notes in braces before the first letter that has them. Two texts that say the same read the same.
type reading struct {
	lines  []string
	path   []string // of what the line stands in
	begun  bool     // the line has to be there, even without words
	line   strings.Builder
	style  string // of the letter before
	space  bool
	plain  bool // letters are bold anyway
	verse  bool // the ends of lines count
	prefix string
}

// end ends a line that has words.
func (r *reading) end() {
	if r.line.Len() > 0 {
		r.flush()
	}
}

func (r *reading) flush() {
	if strings.Trim(r.line.String(), "\u00a0") == "" { // as Word fills what is empty
		r.line.Reset()
	}
	if r.begun || r.line.Len() > 0 {
		r.lines = append(r.lines, strings.Join(r.path, " ")+": "+strings.TrimSuffix(r.prefix+r.line.String(), " ⏎"))
		r.prefix = ""
	}
	r.line.Reset()
	r.style, r.space, r.begun = "", false, false
}

// in reads what stands in something; must says that it is there even if it is empty.
func (r *reading) in(name string, must bool, read func()) {
	r.flush()
	r.path = append(r.path, name)
	r.begun = must
	read()
	r.flush()
	r.path = r.path[:len(r.path)-1]
}

func (r *reading) say(s, style string) {
	for _, c := range s {
		if c == '\n' && r.verse {
			r.br()
			continue
		}
		if strings.ContainsRune(" \t\n\r\f", c) {
			r.space = true
			continue
		}
		if r.space && r.line.Len() > 0 {
			r.line.WriteByte(' ')
		}
		if r.space = false; r.style != style {
			r.line.WriteString("{" + style + "}")
			r.style = style
		}
		r.line.WriteRune(c)
	}
}

func (r *reading) br() {
	r.space = false
	r.line.WriteString(" ⏎")
	r.space = true
}

// labels are how a format shows the marks of notes in the text and before the note, or behind it.
type labels struct {
	mark, back string
	behind     bool
	endnotes   bool // with Roman numerals
}

// of is a label of a note.
func (l labels) of(d *writing, note int, form string) string {
	n := strconv.Itoa(note)
	if l.endnotes && note > d.footnotes() {
		n = markup.Numeral("i", note-d.footnotes())
	}
	return strings.ReplaceAll(form, "%", n)
}

// meant is what a reader should get of a document.
func (d *writing) meant(can ability, l labels) []string {
	var r reading
	m := meaning{&r, d, can, l, 0}
	m.blocks(d.blocks)
	for i, n := range d.notes {
		r.in("note", true, func() {
			back := l.of(d, i+1, l.back)
			if l.behind {
				r.prefix = strconv.Itoa(i+1) + ". "
			} else {
				r.say(back, "back")
				r.say(" ", "")
			}
			m.text(n.text)
			if n.more != nil {
				m.end()
				m.text(n.more)
			}
			if l.behind {
				r.say(back, "back")
			}
		})
	}
	return r.lines
}

type meaning struct {
	*reading
	doc *writing
	can ability
	l   labels
	on  style // of the blocks around
}

func (m meaning) blocks(blocks []block) {
	for _, b := range blocks {
		switch b.kind {
		case paragraph:
			m.end()
			m.with(b.style).text(b.text)
			m.end()
		case heading:
			level := b.level
			if m.doc.top {
				level++
			}
			m.in("h"+strconv.Itoa(level), false, func() {
				if b.number != "" {
					m.prefix = b.number + " "
				}
				m.with(b.style).strong(b.text)
			})
		case list:
			for _, it := range b.items {
				m.in("li", true, func() {
					switch b.typ {
					case "":
						m.prefix = "• "
					case "none":
					default:
						m.prefix = strings.ReplaceAll(b.form, "%", markup.Numeral(b.typ, it.value)) + " "
					}
					in := m.with(it.style)
					in.text(it.blocks[0].text)
					m.end()
					in.blocks(it.blocks[1:])
				})
			}
		case quote:
			m.in("quote", false, func() { m.blocks(b.blocks) })
		case definitions:
			for _, it := range b.items {
				m.in(map[bool]string{true: "dt", false: "dd"}[it.term], false, func() { m.blocks(it.blocks) })
			}
		case table:
			m.table(b)
		case rule:
			m.in("hr", true, func() {})
		case verse:
			m.in("pre", true, func() { m.text(b.text) })
		case marked:
			m.with(b.style).blocks(b.blocks)
		}
	}
}

// with is what stands in something with a mark.
func (m meaning) with(s style) meaning {
	m.on |= s
	return m
}

func (m meaning) table(b block) {
	for _, row := range b.rows {
		m.in("tr", true, func() {
			for _, c := range row {
				name := "td"
				if c.head && m.can.heads {
					name = "th"
				}
				m.in(fmt.Sprint(name, c.cols, "x", c.rows), true, func() {
					in := m.with(c.style)
					plain := m.plain
					m.plain = plain || name == "th"
					in.text(c.text)
					m.end()
					in.text(c.more)
					m.end()
					in.blocks(c.blocks)
					m.plain = plain
				})
			}
		})
	}
}

// strong is a text that is bold without saying so.
func (m meaning) strong(t text) {
	plain := m.plain
	m.plain = true
	m.text(t)
	m.plain = plain
}

func (m meaning) text(t text) {
	for _, p := range t {
		if !p.glued {
			m.say(" ", "")
		}
		switch {
		case p.br:
			m.br()
		case p.hidden:
		case p.note > 0:
			m.say(m.l.of(m.doc, p.note, m.l.mark), "note "+strconv.Itoa(p.note)+map[bool]string{true: " again"}[p.again])
		default:
			words, _ := normal.Text(p.words)
			m.say(words, m.styleOf(p))
		}
	}
}

func (m meaning) styleOf(p piece) string {
	to := p.link
	switch {
	case p.to > 0:
		to = "#" + strconv.Itoa(p.to)
	case p.bare && m.can.autolink && strings.Contains(p.words, "@"):
		to = "mailto:" + p.words
	case p.bare && m.can.autolink:
		to = p.words
	}
	return styleName(p.style|m.on&^p.off, to, m.plain)
}

func styleName(s style, link string, plain bool) string {
	if link != "" {
		if plain, err := url.PathUnescape(link); err == nil {
			link = plain
		}
		s &^= underlined
		link = "a=" + strings.TrimPrefix(strings.TrimPrefix(link, "https://"), "http://")
	}
	if plain {
		s &^= bold
	}
	var list []string
	for i, n := range styleNames {
		if s&(1<<i) != 0 {
			list = append(list, n)
		}
	}
	if link != "" {
		list = append(list, link)
	}
	return strings.Join(list, " ")
}

// shown is what a reader gets of a sanitised text.
func shown(t rapid.TB, safe string) []string {
	t.Helper()
	root, err := markup.Parse(safe)
	if err != nil {
		t.Fatal(err)
	}
	s := shower{reading: &reading{}, at: map[string]*html.Node{}, headings: map[*html.Node]int{}, notes: map[*html.Node]int{}}
	for n := range root.Descendants() {
		if id := markup.Attr(n, "id"); id != "" {
			s.at[id] = n
		}
		if markup.Level(n) > 0 {
			s.headings[n] = len(s.headings) + 1
		}
		if n.DataAtom == atom.Li && strings.HasPrefix(markup.Attr(n, "id"), "fn-") {
			s.notes[n] = len(s.notes) + 1
		}
	}
	s.children(root, 0, "")
	s.end()
	return s.lines
}

type shower struct {
	*reading
	at       map[string]*html.Node
	headings map[*html.Node]int
	notes    map[*html.Node]int
}

var elementStyles = map[atom.Atom]style{
	atom.B: bold, atom.Strong: bold, atom.I: italic, atom.Em: italic, atom.U: underlined, atom.S: struck, atom.Sub: lowered, atom.Sup: raised, atom.Code: code,
}

func (s *shower) children(n *html.Node, st style, link string) {
	for k := range n.ChildNodes() {
		s.node(k, st, link)
	}
}

func (s *shower) node(n *html.Node, st style, link string) {
	if n.Type == html.TextNode {
		if strings.HasPrefix(link, "note ") || link == "back" {
			s.say(n.Data, link)
		} else if words, ok := strings.CutPrefix(n.Data, "\u00a0"); ok && s.style == "back" { // the space after a note's number
			s.say(" "+words, styleName(st, link, s.plain))
		} else {
			s.say(n.Data, styleName(st, link, s.plain))
		}
		return
	}
	inside := func() { s.children(n, st, link) }
	switch n.DataAtom {
	case atom.Br:
		s.br()
	case atom.Hr:
		s.in("hr", true, inside)
	case atom.Pre:
		s.verse = true
		s.in("pre", true, inside)
		s.verse = false
	case atom.A:
		s.children(n, st, s.target(n))
	case atom.Li:
		name := "li"
		if s.notes[n] > 0 {
			name = "note"
		}
		s.in(name, true, func() {
			if n.Parent.DataAtom == atom.Ol {
				s.prefix = itemMark(n) + " "
			} else if name == "li" && markup.Attr(n.Parent, "class") != "literal" {
				s.prefix = "• "
			}
			inside()
		})
	case atom.Blockquote:
		s.in("quote", false, inside)
	case atom.Dt, atom.Dd, atom.Caption:
		s.in(n.Data, false, inside)
	case atom.Tr:
		s.in("tr", true, inside)
	case atom.Th, atom.Td:
		s.in(fmt.Sprint(n.Data, size(n, "colspan"), "x", size(n, "rowspan")), true, func() {
			plain := s.plain
			s.plain = plain || n.DataAtom == atom.Th
			inside()
			s.plain = plain
		})
	default:
		switch {
		case markup.Level(n) > 0:
			s.in(n.Data, false, func() {
				plain := s.plain
				s.plain = true
				inside()
				s.plain = plain
			})
		case markup.Block(n):
			s.end()
			inside()
			s.end()
		default:
			s.children(n, st|elementStyles[n.DataAtom], link)
		}
	}
}

func size(n *html.Node, key string) string {
	if v := markup.Attr(n, key); v != "" {
		return v
	}
	return "1"
}

// itemMark is what a browser shows before an item of a numbered list.
func itemMark(li *html.Node) string {
	n := 0
	if start, err := strconv.Atoi(markup.Attr(li.Parent, "start")); err == nil {
		n = start - 1
	}
	for k := range li.Parent.ChildNodes() {
		if k.DataAtom != atom.Li {
			continue
		}
		n++
		if v, err := strconv.Atoi(markup.Attr(k, "value")); err == nil {
			n = v
		}
		if k == li {
			break
		}
	}
	return markup.Numeral(markup.Attr(li.Parent, "type"), n) + "."
}

// target is where a link leads: to an address, the heading of a number, a note that leads back to it, or back to the mark
// that leads to the note in which the link stands.
func (s *shower) target(a *html.Node) string {
	href := markup.Attr(a, "href")
	name, ok := strings.CutPrefix(href, "#")
	if !ok {
		return href
	}
	to := s.at[name]
	if to == nil {
		return "nowhere"
	}
	if h := s.headings[to]; h > 0 {
		return "#" + strconv.Itoa(h)
	}
	if n := s.notes[to]; n > 0 && markup.Attr(a, "id") == "" && markup.Attr(a.Parent, "id") == "" {
		return "note " + strconv.Itoa(n) + " again"
	} else if n > 0 {
		for k := range to.Descendants() {
			if back, ok := strings.CutPrefix(markup.Attr(k, "href"), "#"); ok && within(a, s.at[back]) {
				return "note " + strconv.Itoa(n)
			}
		}
		return "no way back"
	}
	for k := a.Parent; k != nil; k = k.Parent {
		if s.notes[k] > 0 && (markup.Attr(to, "href") == "#"+markup.Attr(k, "id") || to.FirstChild != nil && markup.Attr(to.FirstChild, "href") == "#"+markup.Attr(k, "id")) {
			return "back"
		}
	}
	return "elsewhere"
}

func within(n, box *html.Node) bool {
	for ; n != nil && box != nil; n = n.Parent {
		if n == box {
			return true
		}
	}
	return false
}
