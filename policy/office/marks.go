package office

import (
	"slices"
	"strconv"
	"strings"

	"ltipolicy/policy/markup"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// marks gives elements to what styles say of letters.
func (d *doc) marks(all []*html.Node) {
	for _, n := range all {
		s := d.styles[n]
		if s == nil || n.Parent == nil {
			continue
		}
		if s["text-transform"] == "uppercase" && strings.ToUpper(markup.TextOf(n)) != markup.TextOf(n) {
			d.report(Lost, "text-transform: uppercase: ", n)
		}
	}
	d.toggle(all, atom.Strong, weight, atom.B, atom.Strong)
	d.toggle(d.elements(), atom.Em, slant, atom.I, atom.Em)
	for _, n := range all {
		if n.Parent == nil || d.styles[n] == nil {
			continue
		}
		d.decoration(n)
		d.raise(n)
	}
}

func (d *doc) decoration(n *html.Node) {
	v := d.styles[n]["text-decoration-line"] + " " + d.styles[n]["text-decoration"]
	if v == " none" || v == "none " {
		if n.DataAtom == atom.U || n.DataAtom == atom.S || n.DataAtom == atom.Strike {
			rename(n, atom.Span)
		}
		return
	}
	if strings.Contains(v, "line-through") && !within(n, atom.S, atom.Strike) && !covered(n, atom.S, atom.Strike) {
		wrap(n, atom.S)
	}
	if strings.Contains(v, "underline") && !within(n, atom.U) && !inLink(n) && !covered(n, atom.U, atom.A) {
		wrap(n, atom.U)
	}
}

func (d *doc) raise(n *html.Node) {
	if block(n) || within(n, atom.Sup, atom.Sub) {
		return
	}
	up, ok := number(d.styles[n]["mso-text-raise"])
	switch v := d.styles[n]["vertical-align"]; {
	case v == "super" || ok && up > 0:
		wrap(n, atom.Sup)
	case v == "sub" || ok && up < 0:
		wrap(n, atom.Sub)
	}
}

// within reports whether n is one of the elements or stands in one.
func within(n *html.Node, names ...atom.Atom) bool {
	for ; n != nil; n = n.Parent {
		for _, a := range names {
			if n.DataAtom == a {
				return true
			}
		}
	}
	return false
}

// inLink reports whether n is or stands in a link, which is underlined by itself; one that is only a place leads nowhere.
func inLink(n *html.Node) bool {
	for ; n != nil; n = n.Parent {
		if n.DataAtom == atom.A && markup.Attr(n, "href") != "" {
			return true
		}
	}
	return false
}

// place reports whether an anchor leads nowhere and only is led to.
func place(n *html.Node) bool { return n.DataAtom == atom.A && markup.Attr(n, "href") == "" }

// covered reports whether all words in n stand in one of the elements, so that n adds nothing to what they show.
func covered(n *html.Node, names ...atom.Atom) bool {
	some := false
	for k := range n.ChildNodes() {
		switch {
		case k.Type == html.TextNode && blank(k.Data), k.Type == html.CommentNode:
		case k.Type != html.ElementNode, !(slices.Contains(names, k.DataAtom) && !place(k)) && !covered(k, names...):
			return false
		default:
			some = true
		}
	}
	return some
}

// weight says whether a style makes bold (1), takes it away (-1) or neither.
func weight(s style) int {
	switch v := s["font-weight"]; v {
	case "":
		return 0
	case "bold", "bolder":
		return 1
	case "normal", "lighter":
		return -1
	default:
		if n, err := strconv.Atoi(v); err == nil && n >= 600 {
			return 1
		}
		return -1
	}
}

// slant says whether a style makes italic (1), takes it away (-1) or neither.
func slant(s style) int {
	switch v := s["font-style"]; {
	case v == "":
		return 0
	case v == "italic" || strings.HasPrefix(v, "oblique"):
		return 1
	default:
		return -1
	}
}

// toggle gives an element to what a style turns on, and takes elements away where a style turns off.
func (d *doc) toggle(all []*html.Node, to atom.Atom, declared func(style) int, names ...atom.Atom) {
	t := toggler{to: to, declared: map[*html.Node]int{}, off: map[*html.Node]bool{}}
	t.names[0], t.names[1] = names[0], names[1]
	for i := len(all) - 1; i >= 0; i-- {
		n := all[i]
		v := declared(d.styles[n])
		if v != 0 {
			t.declared[n] = v
		}
		if v < 0 || t.off[n] {
			t.off[n.Parent] = true
		}
	}
	if len(t.declared) > 0 {
		t.children(d.root, false, false)
	}
}

type toggler struct {
	to       atom.Atom
	names    [2]atom.Atom
	declared map[*html.Node]int
	off      map[*html.Node]bool // elements with one below them that turns off
}

func (t *toggler) children(n *html.Node, on, marked bool) {
	for k := n.FirstChild; k != nil; {
		next := k.NextSibling
		switch {
		case k.Type == html.TextNode && on && !marked && !blank(k.Data):
			e := markup.Element(t.to)
			n.InsertBefore(e, k)
			n.RemoveChild(k)
			e.AppendChild(k)
		case k.Type == html.ElementNode && !opaque(k):
			t.element(k, on, marked)
		}
		k = next
	}
}

func (t *toggler) element(k *html.Node, on, marked bool) {
	is := k.DataAtom == t.names[0] || k.DataAtom == t.names[1]
	if v := t.declared[k]; v != 0 {
		on = v > 0
	} else if is {
		on = true
	}
	// Headings look like it anyway.
	marked = marked || shows(k, t.to)
	switch {
	case is && (!on || t.off[k]):
		t.children(k, on, marked)
		markup.Unwrap(k)
	case is:
		t.children(k, on, true)
	case on && !marked && !t.off[k]:
		wrap(k, t.to)
	default:
		t.children(k, on, marked)
	}
}

// shows reports whether an element shows a mark by itself.
func shows(n *html.Node, mark atom.Atom) bool {
	return mark == atom.Strong && (n.DataAtom == atom.H1 || n.DataAtom == atom.Th || markup.Level(n) > 0)
}

// wrap puts what is in n into an element, and where paragraphs and such stand in n, what is in them.
func wrap(n *html.Node, to atom.Atom) {
	var run *html.Node
	for k := n.FirstChild; k != nil; {
		next := k.NextSibling
		if k.Type == html.ElementNode && (opaque(k) || holdsBlock(k)) {
			run = nil
			if !opaque(k) && !shows(k, to) {
				wrap(k, to)
			}
		} else if run != nil || k.Type == html.ElementNode || k.Type == html.TextNode && !blank(k.Data) {
			if run == nil {
				run = markup.Element(to)
				n.InsertBefore(run, k)
			}
			n.RemoveChild(k)
			run.AppendChild(k)
		}
		k = next
	}
}

// holdsBlock reports whether n is a block or holds one.
func holdsBlock(n *html.Node) bool {
	if block(n) {
		return true
	}
	for k := range n.Descendants() {
		if k.Type == html.ElementNode && block(k) {
			return true
		}
	}
	return false
}

// tickBoxes are characters for fields to be ticked, empty and ticked.
var tickBoxes = map[string][2]string{"checkbox": {"☐", "☑"}, "radio": {"○", "◉"}}

// ticks makes characters of such fields: which of them is ticked is part of what the text says.
func ticks(all []*html.Node) {
	for _, n := range all {
		box, ok := tickBoxes[strings.ToLower(markup.Attr(n, "type"))]
		if n.DataAtom != atom.Input || !ok {
			continue
		}
		char := box[0]
		if hasAttr(n, "checked") {
			char = box[1]
		}
		n.Parent.InsertBefore(&html.Node{Type: html.TextNode, Data: char}, n)
		n.Parent.RemoveChild(n)
	}
}
