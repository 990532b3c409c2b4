package proof

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"ltipolicy/policy/markup"
	"ltipolicy/policy/normal"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// treeKind is what a tree is of.
type treeKind int

const (
	sourceTree treeKind = iota
	resultTree
	resultOfMarkdown // addresses and descriptions stand in the source's text
)

// readTree reads what a reader of HTML sees: every word outside of what browsers never show. In a source, what is hidden is
// read like the rest: a finding has to name it.
func readTree(root *html.Node, kind treeKind) *reading {
	t := treeReader{reading: newReading(), kind: kind, apart: true, labels: map[*html.Node]string{}}
	for n := range root.Descendants() {
		if n.DataAtom == atom.Style && strings.Contains(markup.TextOf(n), "{") {
			t.sheet = true // which elements it makes bold, and which numbers it counts, is not known here
			t.counts = true
		}
	}
	t.children(root, look{})
	return t.reading
}

type treeReader struct {
	*reading
	kind   treeKind
	sheet  bool                  // a style sheet says what elements look like, which only package office reads
	apart  bool                  // something stands between the word before and the next
	cells  int                   // how many cells are around
	cell   bool                  // the next word is the first of a cell
	notes  bool                  // within the notes at the end
	label  bool                  // the next word is the number of an item
	labels map[*html.Node]string // the numbers of items
}

// unseenElements are those whose text is no text of the page.
var unseenElements = []atom.Atom{
	atom.Script, atom.Style, atom.Head, atom.Title, atom.Template, atom.Noscript, atom.Iframe, atom.Object, atom.Audio, atom.Video,
	atom.Noembed, atom.Noframes, atom.Datalist, atom.Progress, atom.Meter,
}

func (t *treeReader) children(n *html.Node, l look) {
	for k := range n.ChildNodes() {
		switch {
		case k.Type == html.TextNode:
			t.text(k.Data, l)
		case t.kind == sourceTree && (remark(k) || drawn(k)):
			t.say(markup.TextOf(k))
			t.signs = t.signs || !remark(k)
		case k.Type == html.ElementNode && !slices.Contains(unseenElements, k.DataAtom):
			t.element(k, l)
		}
	}
}

// drawn reports whether letters of an element are signs, as in the font Wingdings, or Greek, as in Symbol.
func drawn(n *html.Node) bool {
	font := strings.TrimLeft(declared(n, "font-family"), `"' `)
	return (strings.HasPrefix(font, "wingdings") || strings.HasPrefix(font, "webdings") || declared(n, "mso-char-type") == "symbol") &&
		utf8.RuneCountInString(strings.TrimSpace(markup.TextOf(n))) <= 3
}

// remark reports whether an element is the mark of somebody's comment, in Google Docs or Word.
func remark(n *html.Node) bool {
	href := markup.Attr(n, "href")
	return n.DataAtom == atom.A && (strings.HasPrefix(href, "#cmnt") || strings.HasPrefix(href, "#_msocom_") || strings.HasPrefix(href, "#_msoanchor_"))
}

func (t *treeReader) element(n *html.Node, l look) {
	t.apart = t.apart || apart(n)
	t.place(n)
	switch n.DataAtom {
	case atom.Ol, atom.Ul:
		t.number(n)
	case atom.Li:
		t.label = true
		t.text(t.labels[n], look{})
		t.apart = true
		t.label = markup.Attr(n.Parent, "class") == "literal" // the number stands in the text
	case atom.Td, atom.Th:
		t.cell = !frame(n)
		t.cells++
		defer func() { t.cells-- }()
	case atom.Input:
		if !slices.Contains([]string{"hidden", "checkbox", "radio", "image", "file"}, markup.Attr(n, "type")) {
			t.text(markup.Attr(n, "value"), l)
		}
	}
	if t.kind == resultOfMarkdown {
		t.attributes(n)
	}
	notes := t.notes
	t.notes = notes || markup.Attr(n, "class") == "footnotes"
	if bullet(n) {
		t.say(markup.TextOf(n))
	} else {
		t.children(n, t.look(n, l))
	}
	t.notes, t.label = notes, false
	t.apart = t.apart || apart(n)
	t.cell = t.cell && n.DataAtom != atom.Td && n.DataAtom != atom.Th
}

// frame reports whether a cell is the only one of its table, which then draws a border and says nothing.
func frame(cell *html.Node) bool {
	for n := cell; n != nil && n.DataAtom != atom.Table; n = n.Parent {
		for _, next := range []func(*html.Node) *html.Node{
			func(k *html.Node) *html.Node { return k.PrevSibling }, func(k *html.Node) *html.Node { return k.NextSibling },
		} {
			for k := next(n); k != nil; k = next(k) {
				if k.Type == html.ElementNode {
					return false
				}
			}
		}
	}
	return true
}

// apart reports whether an element keeps the words before it and after it apart.
func apart(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Br, atom.Td, atom.Th, atom.H1, atom.Section, atom.Article, atom.Main, atom.Header, atom.Footer, atom.Aside, atom.Nav,
		atom.Center, atom.Address, atom.Figure, atom.Figcaption, atom.Details, atom.Summary, atom.Fieldset, atom.Legend, atom.Form, atom.Menu,
		atom.Dir, atom.Img, atom.Input, atom.Button, atom.Option, atom.Textarea:
		return true
	default:
		return markup.Block(n)
	}
}

// place remembers where a link to the element leads.
func (t *treeReader) place(n *html.Node) {
	keys := []string{"id"}
	if n.DataAtom == atom.A {
		keys = append(keys, "name")
	}
	for _, key := range keys {
		id := markup.Attr(n, key)
		if _, ok := t.places[id]; id != "" && !ok {
			t.places[id] = len(t.words)
		}
	}
}

// attributes remembers what the text of Markdown has as words and a page does not show as such.
func (t *treeReader) attributes(n *html.Node) {
	t.say(markup.Attr(n, "alt"))
	t.say(markup.Attr(n, "title"))
	if href := markup.Attr(n, "href"); href != "" && !strings.HasPrefix(href, "#") {
		t.say(href)
		if plain, err := url.PathUnescape(href); err == nil && plain != href {
			t.say(plain)
		}
	}
}

// bullet reports whether an element is a list's bullet in Word's HTML, which is a letter in some fonts.
func bullet(n *html.Node) bool {
	style := markup.Attr(n, "style")
	of := strings.Contains(style, "mso-list:Ignore") || strings.Contains(style, "font-family") && n.Parent != nil && n.Parent.FirstChild == n &&
		strings.HasPrefix(markup.Attr(n.Parent, "class"), "MsoList")
	return of && utf8.RuneCountInString(strings.TrimSpace(markup.TextOf(n))) == 1
}

// number gives the items of a list their numbers.
func (t *treeReader) number(list *html.Node) {
	var items []*html.Node
	for li := range list.ChildNodes() {
		if li.DataAtom == atom.Li {
			items = append(items, li)
		}
	}
	kind := "disc"
	if list.DataAtom == atom.Ol {
		kind = cmp.Or(markup.Attr(list, "type"), "1")
	}
	kind = kindOf(list, kind)
	next, step := 1, 1
	if slices.ContainsFunc(list.Attr, func(a html.Attribute) bool { return a.Key == "reversed" }) {
		next, step = len(items), -1
	}
	if n, err := strconv.Atoi(markup.Attr(list, "start")); err == nil {
		next = n
	}
	for _, li := range items {
		if n, err := strconv.Atoi(markup.Attr(li, "value")); err == nil {
			next = n
		}
		switch kind := kindOf(li, kind); kind {
		case "1", "a", "A", "i", "I":
			if !t.sheet || !numbered(li) {
				t.labels[li] = markup.Numeral(kind, next)
			}
		case "disc", "circle", "square", "none":
		default:
			t.counts = true
		}
		next += step
	}
}

// numbered reports whether an item's number stands in its text, in a box of its own, as in the XHTML of LibreOffice.
func numbered(li *html.Node) bool {
	for n := li.FirstChild; n != nil && n.Type == html.ElementNode; n = n.FirstChild {
		if n.DataAtom == atom.Span && declared(n, "display") == "block" && declared(n, "float") == "left" {
			return true
		}
	}
	return false
}

// kindOf is the kind of an element's numbers, by its style if that says one.
func kindOf(n *html.Node, kind string) string {
	said := declared(n, "list-style-type")
	for v := range strings.FieldsSeq(cmp.Or(said, declared(n, "list-style"))) {
		switch v {
		case "decimal", "decimal-leading-zero":
			kind = "1"
		case "lower-alpha", "lower-latin":
			kind = "a"
		case "upper-alpha", "upper-latin":
			kind = "A"
		case "lower-roman":
			kind = "i"
		case "upper-roman":
			kind = "I"
		case "inside", "outside":
		default:
			kind = v
		}
	}
	return kind
}

// declared is what an element's own style says of a property, in small letters; the last one counts.
func declared(n *html.Node, property string) string {
	said := ""
	for d := range strings.SplitSeq(strings.ToLower(markup.Attr(n, "style")), ";") {
		if key, val, ok := strings.Cut(d, ":"); ok && strings.TrimSpace(key) == property {
			val, _, _ = strings.Cut(val, "!")
			said = strings.TrimSpace(val)
		}
	}
	return said
}

// elementMarks are the marks of elements.
var elementMarks = map[atom.Atom]marks{
	atom.S: struck, atom.Strike: struck, atom.Del: struck, atom.U: underlined, atom.Ins: underlined, atom.Sub: lowered, atom.Sup: raised,
	atom.B: bold, atom.Strong: bold, atom.Th: bold, atom.H1: bold, atom.H2: bold, atom.H3: bold, atom.H4: bold, atom.H5: bold, atom.H6: bold,
	atom.I: italic, atom.Em: italic, atom.Code: code, atom.Pre: code, atom.Tt: code, atom.Kbd: code, atom.Samp: code,
}

// look is what the words of n look like.
func (t *treeReader) look(n *html.Node, l look) look {
	own := elementMarks[n.DataAtom]
	if v := declared(n, "text-decoration"); v == "none" {
		own &^= struck | underlined
	}
	l.marks |= own
	line := declared(n, "text-decoration") + " " + declared(n, "text-decoration-line")
	l.marks = turn(l.marks, struck, strings.Contains(line, "line-through"), false)
	l.marks = turn(l.marks, underlined, strings.Contains(line, "underline"), false)
	if !apart(n) {
		v := declared(n, "vertical-align")
		l.marks = turn(l.marks, raised, v == "super", false)
		l.marks = turn(l.marks, lowered, v == "sub", false)
	}
	weight := declared(n, "font-weight")
	heavy, err := strconv.Atoi(weight)
	l.marks = turn(l.marks, bold, strings.HasPrefix(weight, "bold") || heavy >= 600, weight == "normal" || weight == "lighter" || err == nil && heavy < 600)
	slant := declared(n, "font-style")
	l.marks = turn(l.marks, italic, slant == "italic" || slant == "oblique", slant == "normal")
	if t.sheet {
		l.marks &^= bold | italic
	}
	l.turned = l.turned || n.DataAtom == atom.Bdo && strings.EqualFold(markup.Attr(n, "dir"), "rtl")
	l.head = l.head || n.DataAtom == atom.Th
	if href := strings.TrimSpace(markup.Attr(n, "href")); n.DataAtom == atom.A && href != "" {
		l.href = href
		if before, name, ok := strings.Cut(href, "#"); ok && strings.HasPrefix(strings.ToLower(before), "file:") {
			l.href = "#" + name
		}
	}
	if l.href != "" {
		l.marks &^= underlined // by nature
	}
	return l
}

func turn(m, mark marks, on, off bool) marks {
	switch {
	case on:
		return m | mark
	case off:
		return m &^ mark
	}
	return m
}

// ofNote reports whether a link of a result belongs to a note: its number, or the one that leads back.
func (t *treeReader) ofNote(href string) bool {
	return t.kind != sourceTree && strings.HasPrefix(href, "#fn")
}

// text adds the words of a text node.
func (t *treeReader) text(s string, l look) {
	s, _ = normal.Text(s)
	if l.turned {
		r := []rune(s)
		slices.Reverse(r)
		s = string(r)
	}
	from := 0
	for _, m := range wordForm.FindAllStringIndex(s, -1) {
		w := word{text: s[m[0]:m[1]], at: len(t.words), look: l, note: t.ofNote(l.href)}
		w.key = key(w.text)
		w.glued = len(t.words) > 0 && !t.apart && m[0] == from && from == 0
		w.label, t.label = t.label, false
		if t.cell {
			w.cell, t.cell = true, false
		}
		if w.note {
			t.reading.notes++
		}
		if w.note && t.kind == resultOfMarkdown { // its source has labels, which are no words
			from = m[1]
			continue
		}
		if t.notes {
			t.noted[w.key] = true
		}
		if t.cells > 0 {
			t.celled[w.key] = true
		}
		t.words = append(t.words, w)
		from, t.apart = m[1], false
	}
	if from < len(s) {
		t.apart = true
	}
}
