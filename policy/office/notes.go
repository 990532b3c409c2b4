package office

import (
	"regexp"
	"strconv"
	"strings"

	"ltipolicy/policy/markup"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

var (
	noteName   = regexp.MustCompile(`(?i)ft?n|edn|note`)
	noteNumber = regexp.MustCompile(`([0-9]{1,3})[^0-9]*$`)
	noteBox    = regexp.MustCompile(`^(?:ftn|edn|sdfootnote|sdendnote)[0-9]+$`)
	ownNote    = regexp.MustCompile(`^(?:fn|fnref)-[0-9]{1,3}$`)
)

// notes are the footnotes of a text: a mark and a note that lead to each other.
type notes struct {
	*doc
	*places
	back  map[string][]*html.Node // links by the name that they lead to
	used  map[int]bool
	lists map[*html.Node]bool // that hold notes only
}

// notes gives footnotes and endnotes of office programs the form that they have in all texts.
func (d *doc) notes(all []*html.Node, p *places) {
	n := notes{doc: d, places: p, back: map[string][]*html.Node{}, used: map[int]bool{}, lists: map[*html.Node]bool{}}
	for _, a := range all {
		if to := p.target(a); to != "" {
			n.back[to] = append(n.back[to], a)
		}
	}
	for id := range p.at {
		if ownNote.MatchString(id) {
			i, _ := strconv.Atoi(id[strings.IndexByte(id, '-')+1:])
			n.used[i] = true
		}
	}
	next := 1
	for _, a := range all {
		to := p.target(a)
		if to == "" || p.now[to] != "" || ownNote.MatchString(to) || !noteName.MatchString(to) {
			continue
		}
		name, back, box := n.pair(a, to)
		if back == nil {
			continue
		}
		i := 0
		if m := noteNumber.FindStringSubmatch(to); m != nil {
			i, _ = strconv.Atoi(m[1])
		}
		for ; i == 0 || n.used[i]; next++ {
			i = next
		}
		n.used[i] = true
		n.link(a, back, box, name, to, strconv.Itoa(i))
	}
}

// pair finds the link in a note that leads back to its mark, the name by which it does, and the note's block. Its way is
// short: names of the mark are at most two, and links to one are looked through only for the first mark of a note.
func (n *notes) pair(mark *html.Node, to string) (name string, back, box *html.Node) {
	box = n.at[to]
	for box != nil && box != n.root && !block(box) {
		box = box.Parent
	}
	if box == nil || box == n.root || inside(mark, box) {
		return "", nil, nil
	}
	names := []string{markup.Attr(mark, "name"), markup.Attr(mark, "id")}
	for _, near := range []*html.Node{mark.Parent, mark.FirstChild} {
		if near != nil && (near.DataAtom == atom.Sup || near.DataAtom == atom.Span) {
			names = append(names, markup.Attr(near, "id"))
		}
	}
	for _, name = range names {
		links := n.back[name]
		for _, a := range links[:min(len(links), 5)] {
			if name != "" && inside(a, box) {
				return name, a, box
			}
		}
	}
	return "", nil, nil
}

func inside(n, box *html.Node) bool {
	for ; n != nil; n = n.Parent {
		if n == box {
			return true
		}
	}
	return false
}

func (n *notes) link(mark, back, box *html.Node, name, to, number string) {
	n.now[name], n.now[to] = "fnref-"+number, "fn-"+number
	markup.DelAttr(n.at[name], "id")
	markup.DelAttr(n.at[to], "id")
	mark.Attr = []html.Attribute{{Key: "id", Val: "fnref-" + number}, {Key: "href", Val: "#fn-" + number}}
	back.Attr = []html.Attribute{{Key: "href", Val: "#fnref-" + number}}
	n.at[name], n.at["fnref-"+number] = mark, mark
	n.apart(back)
	if p := box.Parent; p.DataAtom == atom.Div && box.DataAtom != atom.Div && (n.isBox(p) || n.only(box)) && p != n.root {
		box = p
	}
	switch box.DataAtom {
	case atom.P, atom.Div:
		box = n.item(box)
	case atom.Li:
	default:
		box = back
	}
	set(box, "id", "fn-"+number)
	n.at[to], n.at["fn-"+number] = box, box
}

func (n *notes) isBox(p *html.Node) bool {
	e := n.styles[p]["mso-element"]
	return e == "footnote" || e == "endnote" || noteBox.MatchString(markup.Attr(p, "id"))
}

// only reports whether nothing else is in the element that holds a note's first paragraph, but for further ones of it.
func (n *notes) only(box *html.Node) bool {
	seen := false
	for k := range box.Parent.ChildNodes() {
		switch {
		case k == box:
			seen = true
		case k.Type == html.CommentNode, k.Type == html.TextNode && blank(k.Data):
		case !seen || k.DataAtom != atom.P || n.starts(k):
			return false
		}
	}
	return true
}

// starts reports whether a paragraph is the first of a note, or of a comment.
func (n *notes) starts(p *html.Node) bool {
	for k := range p.Descendants() {
		if k.DataAtom == atom.A && n.target(k) != "" {
			return true
		}
	}
	return false
}

// apart puts a space between a note's number and its first word, which programs show by a margin.
func (n *notes) apart(back *html.Node) {
	at := back
	for at.NextSibling == nil && at.Parent != nil && !block(at.Parent) {
		at = at.Parent
	}
	for next := at.NextSibling; next != nil; next = next.NextSibling {
		text := markup.TextOf(next)
		if next.Type == html.TextNode {
			text = next.Data
		}
		if next.Type == html.ElementNode && block(next) || text != "" && blank(text[:1]) || strings.HasPrefix(text, "\u00a0") {
			return
		}
		if text != "" {
			at.Parent.InsertBefore(&html.Node{Type: html.TextNode, Data: " "}, at.NextSibling)
			return
		}
	}
}

// item makes a note an item of the list of notes.
func (n *notes) item(box *html.Node) *html.Node {
	before := box.PrevSibling
	for before != nil && (before.Type == html.CommentNode || before.Type == html.TextNode && blank(before.Data)) {
		before = before.PrevSibling
	}
	list := before
	if !n.lists[before] {
		// The line above the notes is drawn for every list of notes.
		for before != nil && (before.DataAtom == atom.Hr || before.DataAtom == atom.Br || before.Type == html.CommentNode ||
			before.Type == html.TextNode && blank(before.Data)) {
			line := before
			before = before.PrevSibling
			if line.Type == html.ElementNode {
				box.Parent.RemoveChild(line)
			}
		}
		list = markup.Element(atom.Ul, html.Attribute{Key: "class", Val: "footnotes"})
		n.lists[list] = true
		box.Parent.InsertBefore(list, box)
	}
	li := markup.Element(atom.Li)
	list.AppendChild(li)
	from := box
	if only := onlyParagraph(box); only != nil {
		from = only
	}
	n.take(li, from)
	markup.DelAttr(li, "id")
	box.Parent.RemoveChild(box)
	return li
}

func onlyParagraph(box *html.Node) *html.Node {
	var p *html.Node
	for k := range box.ChildNodes() {
		switch {
		case k.DataAtom == atom.P && p == nil:
			p = k
		case k.Type == html.ElementNode || k.Type == html.TextNode && !blank(k.Data):
			return nil
		}
	}
	return p
}
