package diff

import (
	"slices"
	"strings"

	"ltipolicy/policy/markup"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// writer builds the tree of one compared section. It makes nodes, never markup, so that no text can
// become an element.
type writer struct {
	Options
	root *html.Node
	side side
}

// side is which of the versions is written: both in one, or one alone with its own marks.
type side byte

const (
	bothSides side = iota
	oldSide
	newSide
)

func plain(s string) *html.Node { return &html.Node{Type: html.TextNode, Data: s} }

func class(name string) html.Attribute { return html.Attribute{Key: "class", Val: name} }

// unseen is text for those who hear the page.
func (w *writer) unseen(s string) *html.Node {
	n := markup.Element(atom.Span, class("hidden"))
	if w.Lang != "" {
		markup.SetAttr(n, "lang", w.Lang)
	}
	n.AppendChild(plain(s))
	return n
}

// leaveOut stands for unchanged pieces, one mark for any number in a row.
func (w *writer) leaveOut() {
	if last := w.root.LastChild; last != nil && markup.Attr(last, "class") == "gap" {
		return
	}
	p, dots := markup.Element(atom.P, class("gap")), markup.Element(atom.Span, html.Attribute{Key: "aria-hidden", Val: "true"})
	dots.AppendChild(plain("…"))
	p.AppendChild(dots)
	if w.LeftOut != "" {
		p.AppendChild(w.unseen(w.LeftOut))
	}
	w.root.AppendChild(p)
}

// change writes one piece and returns how many words came and went.
func (w *writer) change(c change) (inserted, deleted int) {
	p := c.shown()
	if w.side == oldSide {
		p = c.old
	}
	home := w.place(p.element)
	if home.DataAtom == atom.Li && (c.old.labelled() || c.now.labelled()) {
		markup.SetAttr(home, "class", "labelled")
	}
	for i := range p.cells {
		var old, now []token
		if c.old != nil {
			old = c.old.cells[i]
		}
		if c.now != nil {
			now = c.now.cells[i]
		}
		to := home
		if home.DataAtom == atom.Tr {
			to = markup.Element(atom.Td)
			home.AppendChild(to)
		}
		compared := []run{{tokens: now, old: old}}
		if !c.same() {
			compared = compareWords(old, now)
		}
		for _, r := range compared {
			w.run(to, r)
			switch r.op {
			case insert:
				inserted += countWords([][]token{r.tokens})
			case remove:
				deleted += countWords([][]token{r.tokens})
			}
		}
	}
	return inserted, deleted
}

// labelled reports whether a piece begins with a label, which stands for the point before it.
func (p *piece) labelled() bool { return p != nil && len(p.cells[0]) > 0 && p.cells[0][0].label }

// place makes the element that a piece is written into. Neighbours share their list or table.
func (w *writer) place(a atom.Atom) *html.Node {
	within := map[atom.Atom]atom.Atom{
		atom.Li: atom.Ul, atom.Dt: atom.Dl, atom.Dd: atom.Dl, atom.Tr: atom.Table,
	}
	if a == atom.Caption {
		a = atom.P
	}
	n := markup.Element(a)
	outer, ok := within[a]
	if !ok {
		w.root.AppendChild(n)
		return n
	}
	to := w.root.LastChild
	if to == nil || to.DataAtom != outer {
		to = markup.Element(outer)
		w.root.AppendChild(to)
		if outer == atom.Table {
			to.AppendChild(markup.Element(atom.Tbody))
		}
	}
	if outer == atom.Table {
		to = to.FirstChild
	}
	to.AppendChild(n)
	return n
}

// run writes tokens of one fate, each within the inline elements that it had.
func (w *writer) run(to *html.Node, r run) {
	switch {
	case w.side == oldSide && r.op == insert, w.side == newSide && r.op == remove:
		return
	case w.side == oldSide && r.op == keep:
		r.tokens = r.old
	}
	if r.op != keep {
		mark, said := markup.Element(atom.Ins), w.Inserted
		if r.op == remove {
			mark, said = markup.Element(atom.Del), w.Deleted
		}
		to.AppendChild(mark)
		to = mark
		if said != "" {
			mark.AppendChild(w.unseen("[" + said + " "))
			defer mark.AppendChild(w.unseen("]"))
		}
	}
	w.tokens(to, apart(r.tokens), r.op != keep)
}

// apart gives each part of a word a token of its own.
func apart(ts []token) []token {
	if !slices.ContainsFunc(ts, func(t token) bool { return t.parts != nil }) {
		return ts
	}
	var out []token
	for _, t := range ts {
		if t.parts == nil {
			out = append(out, t)
		}
		out = append(out, t.parts...)
	}
	return out
}

// tokens writes tokens within the elements that they had. Marks of what came or went are said.
func (w *writer) tokens(to *html.Node, ts []token, changed bool) {
	marks := ""
	for len(ts) > 0 {
		end := 1
		for end < len(ts) && slices.Equal(ts[end].wrap, ts[0].wrap) {
			end++
		}
		if changed && ts[0].marks != marks {
			marks = ts[0].marks
			if said := w.said(marks); said != "" {
				to.AppendChild(w.unseen("(" + said + ") "))
			}
		}
		w.within(to, ts[:end], changed)
		ts = ts[end:]
	}
}

// within writes tokens that have the same elements around them.
func (w *writer) within(to *html.Node, ts []token, changed bool) {
	for _, outer := range ts[0].wrap {
		n := markup.Element(shownAs(outer))
		for _, a := range outer.Attr {
			// Ids would stand twice, and a link within the text leads to another copy of it.
			if a.Key != "id" && (a.Key != "href" || !strings.HasPrefix(a.Val, "#")) {
				n.Attr = append(n.Attr, a)
			}
		}
		to.AppendChild(n)
		to = n
	}
	var s strings.Builder
	for _, t := range ts {
		if t.image == nil {
			s.WriteString(t.text)
			continue
		}
		if s.Len() > 0 {
			to.AppendChild(plain(s.String()))
			s.Reset()
		}
		w.picture(to, t.image, changed)
	}
	if s.Len() > 0 {
		to.AppendChild(plain(s.String()))
	}
}

// shownAs is the element that stands for one of the text: ins and del are the comparison's own.
func shownAs(n *html.Node) atom.Atom {
	switch n.DataAtom {
	case atom.Del:
		return atom.S
	case atom.Ins:
		return atom.U
	}
	return n.DataAtom
}

// picture shows an image; one that came or went also in words, because a mark around a picture says too little.
func (w *writer) picture(to, from *html.Node, marked bool) {
	n := markup.Element(atom.Img, from.Attr...)
	n.Attr = slices.Clone(n.Attr)
	if marked && w.Image != "" {
		words := "[" + w.Image
		if alt := markup.Attr(from, "alt"); alt != "" {
			words += ": " + alt
		}
		markup.SetAttr(n, "alt", "")
		to.AppendChild(plain(words + "] "))
	}
	to.AppendChild(n)
}

// run is a stretch of tokens that were kept, came or went together.
type run struct {
	op     editOp
	tokens []token // of what was kept, in the new version's form
	old    []token // of what was kept, in the old version's form
}

// compareWords aligns the words of two versions of a piece.
func compareWords(old, now []token) []run {
	numbers := map[string]int{}
	a, b := numbered(old, numbers), numbered(now, numbers)
	edits, ok := script(len(a), len(b), func(i, j int) bool { return a[i] == b[j] }, maxWordSteps)
	if !ok {
		return runs(run{}, old, now)
	}
	var out []run
	for i := 0; i < len(edits); {
		var kept run
		for ; i < len(edits) && edits[i].op == keep; i++ {
			kept.old, kept.tokens = append(kept.old, old[edits[i].a]), append(kept.tokens, now[edits[i].b])
		}
		var gone, come []token
		for i < len(edits) && edits[i].op != keep {
			if edits[i].op == remove {
				gone = append(gone, old[edits[i].a])
			} else {
				come = append(come, now[edits[i].b])
			}
			i++
			// A space or a comma that two changes have between them would only cut them into crumbs.
			if next := bridge(edits[i:], now); next > 0 {
				for _, e := range edits[i : i+next] {
					gone, come = append(gone, old[e.a]), append(come, now[e.b])
				}
				i += next
			}
		}
		out = append(out, runs(kept, gone, come)...)
	}
	return out
}

// numbered gives equal keys equal numbers: comparing those is what most of the time goes into.
func numbered(ts []token, numbers map[string]int) []int {
	list := make([]int, len(ts))
	for i, t := range ts {
		n, ok := numbers[t.key]
		if !ok {
			n = len(numbers)
			numbers[t.key] = n
		}
		list[i] = n
	}
	return list
}

// bridge is the length of the kept stretch at the beginning of edits if it has no word and a change follows.
func bridge(edits []edit, now []token) int {
	for i, e := range edits {
		if e.op != keep {
			return i
		}
		if now[e.b].word() {
			break
		}
	}
	return 0
}

func runs(kept run, gone, come []token) []run {
	var out []run
	for _, r := range []run{kept, {op: remove, tokens: gone}, {op: insert, tokens: come}} {
		if len(r.tokens) > 0 {
			out = append(out, r)
		}
	}
	return out
}
