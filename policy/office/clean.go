package office

import (
	"strings"

	"ltipolicy/policy/markup"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Finding is something that the source's look said and the result does not say in the same way.
type Finding struct {
	Code   string // Hidden, White, Tracked, Lost or Page
	Detail string // the words, and for Lost the style before them
}

// The codes of findings.
const (
	Hidden  = "hidden_removed" // the source does not show these words: removed
	White   = "white_shown"    // the source shows these words in white, which cannot be seen: they are shown now
	Tracked = "change_tracked" // a change that an author's program recorded stands in the text
	Lost    = "look_lost"      // a style says something that the result cannot
	Page    = "page_number"    // the number of a page of the source, which is shown
)

// doc is a text's tree with what is declared of its elements.
type doc struct {
	root   *html.Node
	styles map[*html.Node]style
	doomed map[*html.Node]bool // bodies of comments
	kix    kix
	found  []Finding
}

// Clean changes the tree of an unsanitised text so that its elements say what its styles say, and reports what
// was hidden or could not be said. A text without styles and without the marks of office programs stays as it is;
// so does the result of sanitising what Clean made.
func Clean(root *html.Node) []Finding {
	d := &doc{root: root, styles: map[*html.Node]style{}, doomed: map[*html.Node]bool{}}
	d.kix = kix{marks: map[string][][]string{}, count: map[string]int{}}
	rules := sheet{index: map[string]int{}, by: map[string][]int{}}
	for n := range root.Descendants() {
		if n.DataAtom == atom.Style && n.Namespace == "" {
			rules.read(markup.TextOf(n))
			readKix(markup.TextOf(n), &d.kix)
		}
	}
	d.found = rules.found
	all := d.elements()
	for _, n := range all {
		if s := rules.of(n); s != nil {
			d.styles[n] = s
		}
	}
	d.comments(all)
	d.hide(root, look{})
	all = d.elements()
	d.tracked(all)
	addresses(all)
	d.ownElements(all)
	ticks(all)
	d.parted(all)
	d.verses(d.root, false)
	boxes(d.elements())
	roles(all)
	heads(all)
	d.webLists(d.elements())
	d.wordLists(d.elements())
	all = d.elements()
	nest(all)
	d.lists(all)
	joinLists(d.elements())
	d.symbols(d.root, "")
	p := findPlaces(all)
	d.notes(all, p)
	p.anchors(all)
	d.marks(d.elements())
	d.conditions()
	return d.found
}

// elements are the elements in their order, without those that go with all that is in them.
func (d *doc) elements() []*html.Node {
	var all []*html.Node
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		for k := range n.ChildNodes() {
			if k.Type == html.ElementNode && !opaque(k) {
				all = append(all, k)
				walk(k)
			}
		}
	}
	walk(d.root)
	return all
}

// opaque reports whether an element's content is not text of the page.
func opaque(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Script, atom.Style, atom.Template, atom.Noscript, atom.Iframe, atom.Object, atom.Head, atom.Title,
		atom.Textarea, atom.Select, atom.Audio, atom.Video:
		return true
	default:
		return n.Namespace != ""
	}
}

// block is [markup.Block] for a text that is not sanitised yet.
func block(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Th, atom.Td, atom.H1, atom.Section, atom.Article, atom.Main, atom.Header, atom.Footer, atom.Aside, atom.Nav,
		atom.Center, atom.Address, atom.Figure, atom.Figcaption, atom.Details, atom.Summary, atom.Fieldset, atom.Legend, atom.Form,
		atom.Menu, atom.Dir, atom.Body:
		return true
	default:
		return markup.Block(n)
	}
}

func blank(s string) bool { return strings.Trim(s, " \t\r\n\f\u00a0") == "" }

func hasClass(n *html.Node, names ...string) bool {
	for c := range strings.FieldsSeq(markup.Attr(n, "class")) {
		for _, name := range names {
			if strings.EqualFold(c, name) {
				return true
			}
		}
	}
	return false
}

func hasAttr(n *html.Node, key string) bool {
	for _, a := range n.Attr {
		if a.Key == key {
			return true
		}
	}
	return false
}

// report says the words of n, a finding a line. Long lines take several: what is reported is whole.
func (d *doc) report(code, before string, n *html.Node) {
	box := &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div}
	if n.Parent == nil {
		box.AppendChild(n)
		defer box.RemoveChild(n)
	} else {
		box = n
	}
	for _, l := range markup.Lines(box) {
		d.say(code, before, l.Text)
	}
	for k := range box.Descendants() {
		if k.DataAtom == atom.Img {
			d.say(code, before, markup.Attr(k, "alt"))
		}
	}
}

// most is how many letters of the text a finding holds.
const most = 100

func (d *doc) say(code, before, text string) { d.found = append(d.found, Said(code, before, text)...) }

// Said are findings that together hold all of a text.
func Said(code, before, text string) []Finding {
	var found []Finding
	var part []rune
	for w := range strings.FieldsSeq(text) {
		for r := []rune(w); len(r) > 0; {
			if len(part) > 0 && len(part)+1+len(r) > most {
				found, part = append(found, Finding{code, before + string(part)}), nil
			}
			if len(part) > 0 {
				part = append(part, ' ')
			}
			n := min(len(r), most)
			part, r = append(part, r[:n]...), r[n:]
		}
	}
	if len(part) > 0 {
		found = append(found, Finding{code, before + string(part)})
	}
	return found
}

func rename(n *html.Node, to atom.Atom) { n.DataAtom, n.Data = to, to.String() }
