package office

import (
	"strings"

	"ltipolicy/policy/markup"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// boxes takes the text boxes of Word out of the tables that draw their borders, and makes a paragraph again of the words
// that such a table had parted from it.
func boxes(all []*html.Node) {
	for _, n := range all {
		if n.DataAtom != atom.Div || !hasAttr(n, "v:shape") || n.Parent == nil {
			continue
		}
		frame := n
		for up := n.Parent; up != nil && drawn(up); up = up.Parent {
			if up.DataAtom == atom.Table {
				frame = up
			}
		}
		if frame == n {
			continue
		}
		n.Parent.RemoveChild(n)
		frame.Parent.InsertBefore(n, frame)
		if blank(markup.TextOf(frame)) {
			frame.Parent.RemoveChild(frame)
		}
		gather(n)
	}
}

// drawn reports whether an element does nothing but draw what is in it: a table of one cell, or a part of one.
func drawn(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Td, atom.Span:
		return true
	case atom.Tr, atom.Tbody, atom.Table:
		cells := 0
		for k := range n.ChildNodes() {
			if k.Type == html.ElementNode && k.DataAtom != atom.Colgroup {
				cells++
			}
		}
		return cells == 1
	default:
		return false
	}
}

// gather puts the words behind a box into the empty paragraph before it, which then follows the box.
func gather(box *html.Node) {
	p := box.PrevSibling
	for p != nil && p.Type != html.ElementNode && blank(p.Data) {
		p = p.PrevSibling
	}
	if p == nil || p.DataAtom != atom.P || !blank(markup.TextOf(p)) {
		return
	}
	for k := box.NextSibling; k != nil; k = box.NextSibling {
		if k.Type == html.ElementNode && (block(k) || holdsBlock(k)) {
			if k.DataAtom == atom.P && k.FirstChild == nil {
				k.Parent.RemoveChild(k) // what a parser makes of the paragraph's end
			}
			break
		}
		move(k, p)
	}
	p.Parent.RemoveChild(p)
	box.Parent.InsertBefore(p, box.NextSibling)
}

// parted keeps words apart that a style shows apart, such as a number in a box of its own.
func (d *doc) parted(all []*html.Node) {
	for _, n := range all {
		if d.styles[n]["display"] != "block" || block(n) || n.Parent == nil {
			continue
		}
		first, last := n, n
		for first.PrevSibling == nil && first.Parent != d.root && !block(first.Parent) {
			first = first.Parent
		}
		for last.NextSibling == nil && last.Parent != d.root && !block(last.Parent) {
			last = last.Parent
		}
		if first.PrevSibling != nil {
			first.Parent.InsertBefore(&html.Node{Type: html.TextNode, Data: " "}, first)
		}
		if last.NextSibling != nil {
			last.Parent.InsertBefore(&html.Node{Type: html.TextNode, Data: " "}, last.NextSibling)
		}
	}
}

// verses makes elements of line breaks that a style keeps.
func (d *doc) verses(n *html.Node, kept bool) {
	for k := n.FirstChild; k != nil; {
		next := k.NextSibling
		switch {
		case k.Type == html.TextNode && kept && strings.Contains(strings.Trim(k.Data, "\n"), "\n"):
			lines := strings.Split(strings.Trim(k.Data, "\n"), "\n")
			for i, l := range lines {
				n.InsertBefore(&html.Node{Type: html.TextNode, Data: l}, k)
				if i+1 < len(lines) {
					n.InsertBefore(markup.Element(atom.Br), k)
				}
			}
			n.RemoveChild(k)
		case k.Type == html.ElementNode && k.DataAtom != atom.Pre && !opaque(k):
			of := kept
			if v := d.styles[k]["white-space"]; v != "" {
				of = strings.HasPrefix(v, "pre") || v == "break-spaces"
			}
			d.verses(k, of)
		}
		k = next
	}
}
