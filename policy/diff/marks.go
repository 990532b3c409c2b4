package diff

import (
	"slices"
	"strconv"
	"strings"

	"ltipolicy/policy/markup"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// meaning are the elements that can turn round what their words say. Emphasis, size and the like are layout. Who
// writes del for struck words, or ins for underlined ones, means the same.
var meaning = map[atom.Atom]byte{
	atom.S: 's', atom.Strike: 's', atom.Del: 's', atom.U: 'u', atom.Ins: 'u', atom.Q: 'q', atom.Sub: '_', atom.Sup: '^',
}

// marked adds an element to the marks around it. Struck twice is struck, in whatever order; a power of a power is
// another number.
func marked(marks string, n *html.Node) string {
	m, ok := meaning[n.DataAtom]
	if !ok || m != '_' && m != '^' && strings.IndexByte(marks, m) >= 0 {
		return marks
	}
	if m == '_' || m == '^' {
		return marks + string(m)
	}
	flat := strings.TrimRight(marks, "_^")
	all := []byte(flat + string(m))
	slices.Sort(all)
	return string(all) + marks[len(flat):]
}

// said are the names of marks for those who hear the page.
func (o Options) said(marks string) string {
	var names []string
	for _, m := range []struct{ mark, name string }{{"s", o.Struck}, {"u", o.Underlined}, {"^", o.Raised}, {"_", o.Lowered}} {
		if m.name != "" && strings.Contains(marks, m.mark) {
			names = append(names, m.name)
		}
	}
	return strings.Join(names, ", ")
}

// item counts an item of a list and is its label as a browser writes it, with a space; empty if it has none.
func (c *cutter) item(li *html.Node) string {
	list := li.Parent
	if list == nil || list.DataAtom != atom.Ol {
		return ""
	}
	if c.lists == nil {
		c.lists = map[*html.Node]int{}
	}
	n, begun := c.lists[list]
	if !begun {
		n = number(list, "start", 1) - 1
	}
	n = number(li, "value", n+1)
	c.lists[list] = n
	if class := markup.Attr(list, "class"); class == "literal" || class == "footnotes" {
		return "" // the words have their own
	}
	return markup.Numeral(markup.Attr(list, "type"), n) + ". "
}

func number(n *html.Node, key string, otherwise int) int {
	if v, err := strconv.Atoi(markup.Attr(n, key)); err == nil {
		return v
	}
	return otherwise
}

// labelled is the token of a label.
func labelled(s string) token {
	key := "\x03" + s + "\x03"
	return token{text: s, plain: key, key: key, label: true, wrap: []*html.Node{markup.Element(atom.Span, class("label"))}}
}
