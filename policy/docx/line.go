package docx

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"ltipolicy/policy/markup"
	"ltipolicy/policy/office"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// look is what is said of a piece of a line.
type look struct {
	link, ins, del                  string
	bold, italic, underline, struck bool
	vertical                        atom.Atom // sup, sub or 0
	lang                            string
}

// piece is text, an element, or a place that links lead to.
type piece struct {
	look
	text  string
	node  *html.Node
	place string
}

// line is a paragraph's content.
type line struct {
	*story
	context
	style  style
	level  int
	frame  bool // a first letter by itself
	pieces []piece
	boxes  []*html.Node // what stands in boxes beside it
	hidden strings.Builder
	white  strings.Builder
	upper  strings.Builder
	pages  string // the bookmark whose page an entry of the contents names
}

// inline reads what may stand in a paragraph.
func (l *line) inline(kids []*node, k look) {
	for _, n := range kids {
		switch n.name {
		case "w:r":
			l.run(n, k)
		case "w:hyperlink":
			in := k
			in.link = firstOf(l.address(n), k.link)
			l.inline(n.kids, in)
		case "w:fldSimple":
			l.simpleField(n, k)
		case "w:ins", "w:moveTo", "w:del", "w:moveFrom":
			in, c := k, context{ins: k.ins, del: k.del}.changed(n)
			in.ins, in.del = c.ins, c.del
			l.inline(n.kids, in)
		case "w:bookmarkStart":
			l.pieces = append(l.pieces, piece{place: n.attr("w:name")})
		case "w:sdt":
			l.inline(n.child("w:sdtContent").all(), k)
		case "mc:AlternateContent":
			l.inline(alternative(n), k)
		case "m:oMath", "m:oMathPara":
			l.math(n, k)
		case "w:subDoc":
			l.say(Object, "", firstOf(l.part.links[n.attr("r:id")].target, n.name))
		case "w:pPr", "w:rPr", "w:sdtPr", "w:smartTagPr", "w:customXmlPr", "":
		default:
			l.inline(n.kids, k)
		}
	}
}

// address is where a link leads.
func (l *line) address(n *node) string {
	to, at := "", n.attr("w:anchor")
	if r, ok := l.part.links[n.attr("r:id")]; ok && r.outside {
		to = r.target
	} else if at != "" {
		at = place(at)
	}
	return l.whole(to, at)
}

// letters are what holds for a run where styles and what it says by itself meet.
func (l *line) letters(rPr *node) letters {
	own := lettersOf(rPr)
	para, all := l.style.letters, l.styles.all
	var char letters
	if id := rPr.child("w:rStyle").val(); id != "" {
		char = l.styles.style(id).letters
	}
	if l.level > 0 || l.toc {
		para.bold, para.italic = unsaid, unsaid // what is a heading looks like it anyway
	}
	e := own.under(char).under(para).under(all)
	e.bold = toggled(own.bold, char.bold, para.bold, all.bold)
	e.italic = toggled(own.italic, char.italic, para.italic, all.italic)
	e.caps = toggled(own.caps, char.caps, para.caps, all.caps)
	e.strike = toggled(own.strike, char.strike, para.strike, all.strike)
	e.vanish = toggled(own.vanish, char.vanish, para.vanish, all.vanish)
	return e
}

// run reads a run of letters of one look.
func (l *line) run(r *node, k look) {
	e := l.letters(r.child("w:rPr"))
	k.bold, k.italic = e.bold == on && l.level == 0 && !l.header, e.italic == on
	k.underline = e.underline != "" && e.underline != "none"
	k.struck = e.strike == on || e.double == on
	switch {
	case e.vertical == "superscript", e.vertical == "" && e.raised >= 6 && !l.frame:
		k.vertical = atom.Sup
	case e.vertical == "subscript", e.vertical == "" && e.raised <= -6 && !l.frame:
		k.vertical = atom.Sub
	}
	l.letter(r.kids, k, e)
}

// letter reads what may stand in a run.
func (l *line) letter(kids []*node, k look, e letters) {
	for i := 0; i < len(kids); i++ {
		n := kids[i]
		switch n.name {
		case "w:t", "w:delText":
			l.put(spaced(n), k, e)
		case "w:tab", "w:ptab":
			l.put("\t", k, e)
		case "w:br", "w:cr":
			l.element(markup.Element(atom.Br), k, e)
		case "w:noBreakHyphen":
			l.put("\u2011", k, e)
		case "w:sym":
			l.symbol(n, k, e)
		case "w:fldChar":
			l.fieldMark(n, k, e)
		case "w:instrText", "w:delInstrText":
			if f := l.inCode(); f != nil {
				f.code.WriteString(n.content())
			}
		case "w:footnoteReference", "w:endnoteReference":
			i = l.noteMark(kids, i, k, e)
		case "w:drawing", "w:pict", "w:object":
			if l.inCode() == nil {
				l.drawing(n, k, e)
			}
		case "mc:AlternateContent":
			l.letter(alternative(n), k, e)
		case "w:ruby":
			l.letter(n.child("w:rubyBase").all(), k, e)
			if over := words(n.child("w:rt").orNone()); over != "" {
				l.put(" ("+over+")", k, e)
			}
		case "w:r":
			l.run(n, k)
		case "w:rPr", "w:softHyphen", "w:footnoteRef", "w:endnoteRef", "w:annotationRef", "w:separator", "w:continuationSeparator", "":
		default:
			l.letter(n.kids, k, e)
		}
	}
}

func (n *node) orNone() *node {
	if n == nil {
		return &node{}
	}
	return n
}

// spaced is an element's text; white space around it counts only where the element says so.
func spaced(n *node) string {
	s := n.content()
	if n.attr("xml:space") != "preserve" {
		s = strings.Trim(s, " \t\r\n")
	}
	return s
}

// put adds text as it is seen.
func (l *line) put(text string, k look, e letters) {
	if f := l.inCode(); f != nil {
		f.within.WriteString(text)
		return
	}
	if text == "" {
		return
	}
	if e.vanish == on {
		l.hidden.WriteString(text)
		return
	}
	if l.standing().skip {
		l.reader.pages.WriteString(text + " ")
		return
	}
	l.endHidden()
	text = symbols(e.font, text)
	if e.color == "FFFFFF" && e.ground != on && !l.ground {
		l.white.WriteString(text)
	}
	if e.caps == on && strings.ToUpper(text) != text {
		l.upper.WriteString(text)
	}
	k.lang = langOf(text, e)
	l.add(piece{look: k, text: text})
}

// add takes the link of the field in which the piece stands. Links look underlined anyway.
func (l *line) add(p piece) {
	if p.link == "" {
		p.link = l.standing().link
	}
	if p.link != "" {
		p.underline = false
	}
	l.pieces = append(l.pieces, p)
}

func (l *line) element(n *html.Node, k look, e letters) {
	if l.inCode() == nil && e.vanish != on && !l.standing().skip {
		l.add(piece{look: k, node: n})
	}
}

var langForm = regexp.MustCompile(`^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}$`)

// langOf is the language that the document says the text is in.
func langOf(text string, e letters) string {
	lang := e.lang
	if e.rtl == on {
		lang = e.langBidi
	} else if strings.ContainsFunc(text, func(r rune) bool {
		return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul)
	}) {
		lang = e.langEast
	}
	if !langForm.MatchString(lang) || !strings.ContainsFunc(text, unicode.IsLetter) {
		return ""
	}
	return lang
}

// endHidden reports what was hidden so far, and the words there whose look is lost.
func (l *line) endHidden() {
	if l.hidden.Len() > 0 {
		l.say(office.Hidden, "", l.hidden.String())
		l.hidden.Reset()
	}
}

// text is what a reader sees of the line.
func (l *line) text() string {
	var b strings.Builder
	for _, p := range l.pieces {
		b.WriteString(p.text)
		if p.node != nil {
			b.WriteString(markup.TextOf(p.node))
		}
	}
	return b.String()
}

// empty reports whether nothing of the line is seen.
func (l *line) empty() bool {
	for _, p := range l.pieces {
		if p.node != nil && p.node.DataAtom != atom.Br || strings.Trim(p.text, " \t\r\n\u00a0") != "" {
			return false
		}
	}
	return true
}

func (l *line) placed() []string {
	var names []string
	for _, p := range l.pieces {
		if p.place != "" {
			names = append(names, p.place)
		}
	}
	return names
}

// contentsPage is the page number at the end of an entry of a table of contents.
var contentsPage = regexp.MustCompile(`\t[\t .…]*(?:[0-9]+|[ivxlcdm]+|[IVXLCDM]+)[ \t]*$`)

// contents leaves out the page numbers of a table of contents, and makes a link of an entry without one.
func (l *line) contents() {
	if !l.toc {
		return
	}
	text := l.text()
	if at := contentsPage.FindStringIndex(text); at != nil && at[0] > 0 {
		l.cut(at[0])
		l.reader.pages.WriteString(strings.Trim(text[at[0]:], "\t .…") + " ")
	}
	if l.pages == "" {
		return
	}
	for _, p := range l.pieces {
		if p.link != "" {
			return
		}
	}
	for i := range l.pieces {
		if l.pieces[i].place == "" {
			l.pieces[i].link, l.pieces[i].underline = "#"+place(l.pages), false
		}
	}
}

// cut leaves so many bytes of the text.
func (l *line) cut(bytes int) {
	for i := range l.pieces {
		p := &l.pieces[i]
		if p.text = p.text[:min(len(p.text), max(bytes, 0))]; p.node != nil {
			bytes -= len(markup.TextOf(p.node))
		}
		bytes -= len(p.text)
	}
}

// write puts the line into an element.
func (l *line) write(into *html.Node) {
	l.say(office.White, "", l.white.String())
	l.say(office.Lost, "text-transform: uppercase: ", l.upper.String())
	var before []piece
	for _, name := range l.places {
		before = append(before, piece{place: name})
	}
	l.places = nil
	nest(into, settled(append(before, trimmed(l.pieces)...)), 0)
}

// settled are the pieces without empty ones, and with places before the link in which they stand, or with the look of what
// stands around them, so that they divide nothing.
func settled(list []piece) []piece {
	list = slices.DeleteFunc(list, func(p piece) bool { return p.place == "" && p.node == nil && p.text == "" })
	next := make([]look, len(list))
	for i := len(list) - 2; i >= 0; i-- {
		if next[i] = next[i+1]; list[i+1].place == "" {
			next[i] = list[i+1].look
		}
	}
	for i := 1; i < len(list); i++ {
		if list[i].place != "" && list[i-1].look == next[i] {
			list[i].look = next[i]
		}
	}
	out := make([]piece, 0, len(list))
	for len(list) > 0 {
		end := 1
		for end < len(list) && list[end].link == list[0].link {
			end++
		}
		group := list[:end]
		list = list[end:]
		if group[0].link == "" {
			out = append(out, group...)
			continue
		}
		for _, p := range group {
			if p.place != "" {
				p.look = look{}
				out = append(out, p)
			}
		}
		for _, p := range group {
			if p.place == "" {
				out = append(out, p)
			}
		}
	}
	return out
}

// trimmed are the pieces without line breaks and white space at both ends, which show nothing.
func trimmed(list []piece) []piece {
	const white = " \t\r\n"
	for len(list) > 0 && list[0].blank() {
		list = list[1:]
	}
	for len(list) > 0 && list[len(list)-1].blank() {
		list = list[:len(list)-1]
	}
	if len(list) > 0 {
		list = slices.Clone(list)
		list[0].text = strings.TrimLeft(list[0].text, white)
		last := &list[len(list)-1]
		last.text = strings.TrimRight(last.text, white)
	}
	return list
}

func (p piece) blank() bool {
	return p.place == "" && (p.node == nil && strings.Trim(p.text, " \t\r\n") == "" || p.node != nil && p.node.DataAtom == atom.Br)
}

// layers are the elements that a look gets, from the outside.
var layers = []func(look) *html.Node{
	func(k look) *html.Node {
		return attributed(k.link != "", atom.A, "href", k.link)
	},
	func(k look) *html.Node { return attributed(k.ins != "", atom.Ins, "datetime", k.ins) },
	func(k look) *html.Node { return attributed(k.del != "", atom.Del, "datetime", k.del) },
	func(k look) *html.Node { return attributed(k.bold, atom.Strong) },
	func(k look) *html.Node { return attributed(k.italic, atom.Em) },
	func(k look) *html.Node { return attributed(k.underline, atom.U) },
	func(k look) *html.Node { return attributed(k.struck, atom.S) },
	func(k look) *html.Node { return attributed(k.vertical != 0, k.vertical) },
	func(k look) *html.Node { return attributed(k.lang != "", atom.Span, "lang", k.lang) },
}

func attributed(is bool, a atom.Atom, attr ...string) *html.Node {
	if !is {
		return nil
	}
	n := markup.Element(a)
	if len(attr) > 0 {
		markup.SetAttr(n, attr[0], attr[1])
	}
	return n
}

// nest puts pieces into an element, those of one look that follow each other together.
func nest(into *html.Node, list []piece, layer int) {
	if layer == len(layers) {
		for _, p := range list {
			into.AppendChild(p.made())
		}
		return
	}
	for len(list) > 0 {
		e := layers[layer](list[0].look)
		end := 1
		for end < len(list) && alike(e, layers[layer](list[end].look)) {
			end++
		}
		group := list[:end]
		list = list[end:]
		if e == nil {
			nest(into, group, layer+1)
			continue
		}
		into.AppendChild(e)
		nest(e, group, layer+1)
	}
}

func alike(a, b *html.Node) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.DataAtom == b.DataAtom && (len(a.Attr) == 0 || a.Attr[0].Val == b.Attr[0].Val)
}

func (p piece) made() *html.Node {
	switch {
	case p.node != nil:
		return p.node
	case p.place != "":
		return markup.Element(atom.A, html.Attribute{Key: "id", Val: place(p.place)})
	}
	return &html.Node{Type: html.TextNode, Data: strings.ReplaceAll(p.text, "\t", " ")}
}
