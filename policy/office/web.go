package office

import (
	"regexp"
	"strconv"
	"strings"

	"ltipolicy/policy/markup"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// roles gives elements to what Word for the web says by roles: headings, and cells that head a column or a row.
func roles(all []*html.Node) {
	shift := 0
	for _, n := range all {
		if headed(n) == 1 {
			shift = 1 // level 1 is the page's
		}
	}
	for _, n := range all {
		switch role := markup.Attr(n, "role"); {
		case headed(n) > 0:
			level := min(max(headed(n)+shift, 2), 6)
			rename(n, atom.Lookup([]byte("h"+strconv.Itoa(level))))
		case n.DataAtom == atom.Td && role == "columnheader":
			rename(n, atom.Th)
			markup.SetAttr(n, "scope", "col")
		case n.DataAtom == atom.Td && role == "rowheader":
			rename(n, atom.Th)
			markup.SetAttr(n, "scope", "row")
		}
	}
}

// headed is the level of a paragraph that says it is a heading, 0 of any other.
func headed(n *html.Node) int {
	if n.DataAtom != atom.P || markup.Attr(n, "role") != "heading" {
		return 0
	}
	level, err := strconv.Atoi(markup.Attr(n, "aria-level"))
	if err != nil || level < 1 {
		return 0
	}
	return level
}

// patternNumber stands in the pattern of a mark for the number at a level.
var patternNumber = regexp.MustCompile(`%([1-9])`)

// webLevel is where a level of a list stands, and how it writes its numbers.
type webLevel struct {
	kind string
	at   int
}

// webLists makes lists of those of Word for the web, which writes each item as a list of its own and beside it the
// pattern of its mark, such as "(%1)", which browsers do not show.
func (d *doc) webLists(all []*html.Node) {
	items := map[*html.Node]item{}
	var parents []*html.Node
	seen, levels := map[*html.Node]bool{}, map[string]*[10]webLevel{}
	for _, n := range all {
		if n.DataAtom != atom.Ol && n.DataAtom != atom.Ul {
			continue
		}
		from := n
		if p := n.Parent; hasClass(p, "ListContainerWrapper") && n.PrevSibling == nil && n.NextSibling == nil && p.Parent != nil {
			from = p
		}
		number := 1
		if v, err := strconv.Atoi(markup.Attr(n, "start")); err == nil {
			number = v
		}
		moved := false
		for k := n.FirstChild; k != nil; {
			next := k.NextSibling
			if k.DataAtom == atom.Li && hasAttr(k, "data-leveltext") {
				items[k] = d.webItem(k, number, levels)
				number++
				n.RemoveChild(k)
				from.Parent.InsertBefore(k, from)
				moved = true
			}
			k = next
		}
		if p := from.Parent; moved && !seen[p] {
			seen[p] = true
			parents = append(parents, p)
		}
		if moved && blank(markup.TextOf(from)) {
			from.Parent.RemoveChild(from)
		}
	}
	for _, p := range parents {
		d.runs(p, items)
	}
}

// webItem reads an item's place and counts its mark.
func (d *doc) webItem(k *html.Node, number int, levels map[string]*[10]webLevel) item {
	list := k.Parent
	it := item{node: k, list: markup.Attr(k, "data-listid"), level: 1, bullet: list.DataAtom == atom.Ul}
	if v, err := strconv.Atoi(markup.Attr(k, "data-aria-level")); err == nil {
		it.level = min(max(v, 1), 9)
	}
	if levels[it.list] == nil {
		levels[it.list] = &[10]webLevel{}
	}
	at := levels[it.list]
	kind := types[d.listStyle(list)]
	if kind == "" {
		kind = "1"
	}
	at[it.level] = webLevel{kind, number}
	pattern := markup.Attr(k, "data-leveltext")
	if pattern == "" {
		pattern = "%" + strconv.Itoa(it.level) + "."
	}
	it.mark = patternNumber.ReplaceAllStringFunc(pattern, func(s string) string {
		l := at[s[1]-'0']
		return markup.Numeral(l.kind, max(l.at, 1))
	})
	it.bullet = it.bullet || !strings.Contains(pattern, "%")
	if s := d.styles[k]; s != nil { // the mark is counted: no style is to make another one of it
		delete(s, "list-style-type")
		delete(s, "list-style")
	}
	return it
}
