package office

import (
	"fmt"
	"strconv"
	"strings"

	"ltipolicy/policy/markup"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// types are the list types that HTML has, by their names in styles.
var types = map[string]string{
	"decimal": "1", "lower-alpha": "a", "lower-latin": "a", "upper-alpha": "A", "upper-latin": "A",
	"lower-roman": "i", "upper-roman": "I",
}

// lists gives lists the type that their style says.
func (d *doc) lists(all []*html.Node) {
	for _, n := range all {
		if n.DataAtom != atom.Ol && n.DataAtom != atom.Ul {
			continue
		}
		if d.kix.list(n) {
			continue
		}
		if marks := d.ownMarks(n); marks != nil {
			i := 0
			literal(n, func(int) string {
				i++
				return marks[i-1]
			})
		} else if s := d.listStyle(n); s != "" {
			d.retype(n, s)
		}
		if n.DataAtom == atom.Ol && hasAttr(n, "reversed") {
			countDown(n)
		}
	}
}

// ownMarks are the marks of items each of which says its own, as in mails of Outlook on the web; nil if one does not.
func (d *doc) ownMarks(list *html.Node) []string {
	var marks []string
	for k := range list.ChildNodes() {
		if k.DataAtom != atom.Li {
			continue
		}
		mark := d.styles[k]["list-style-type"]
		text := strings.Trim(mark, `"'`)
		if text == mark {
			return nil
		}
		marks = append(marks, strings.TrimRight(text, " ")+" ")
	}
	return marks
}

// listStyle is the style of a list's marks: its own, or the one that all its items have.
func (d *doc) listStyle(n *html.Node) string {
	if s := markOf(d.styles[n]); s != "" {
		return s
	}
	common := ""
	for k := range n.ChildNodes() {
		if k.DataAtom != atom.Li {
			continue
		}
		s := markOf(d.styles[k])
		if s == "" || common != "" && s != common {
			return ""
		}
		common = s
	}
	return common
}

func markOf(s style) string {
	if v := s["list-style-type"]; v != "" {
		return v
	}
	for w := range strings.FieldsSeq(s["list-style"]) {
		if w != "inside" && w != "outside" && !strings.HasPrefix(w, "url(") {
			return w
		}
	}
	return ""
}

func (d *doc) retype(n *html.Node, s string) {
	if t, ok := types[s]; ok {
		rename(n, atom.Ol)
		markup.DelAttr(n, "type")
		if t != "1" {
			markup.SetAttr(n, "type", t)
		}
		return
	}
	switch s {
	case "disc", "circle", "square":
		rename(n, atom.Ul)
		return
	case "none":
		if d.boxedBullets(n) {
			rename(n, atom.Ul)
			return
		}
		literal(n, func(int) string { return "" })
		return
	case "decimal-leading-zero":
		literal(n, func(i int) string { return fmt.Sprintf("%02d. ", i) })
		return
	case "lower-greek":
		literal(n, greek)
		return
	}
	if text := strings.Trim(s, `"'`); text != s {
		literal(n, func(int) string { return text })
		return
	}
	d.say(Lost, "list-style-type: "+s+": ", markup.TextOf(n))
}

// boxedBullets takes out the bullets that stand in boxes of their own before the items of a list, as in the XHTML of
// LibreOffice, and reports whether all items have one.
func (d *doc) boxedBullets(list *html.Node) bool {
	var boxes []*html.Node
	for li := range list.ChildNodes() {
		if li.DataAtom != atom.Li {
			continue
		}
		box := li.FirstChild
		for box != nil && d.styles[box]["display"] != "block" {
			box = box.FirstChild
		}
		if box == nil || box.DataAtom != atom.Span {
			return false
		}
		mark := strings.TrimSpace(markup.TextOf(box))
		if len([]rune(mark)) != 1 || !d.isBullet(box, mark) {
			return false
		}
		boxes = append(boxes, box)
	}
	for _, box := range boxes {
		box.Parent.RemoveChild(box)
	}
	return len(boxes) > 0
}

func greek(i int) string {
	letters := []rune("αβγδεζηθικλμνξοπρστυφχψω")
	if i < 1 || i > len(letters) {
		return strconv.Itoa(i) + ". "
	}
	return string(letters[i-1]) + ". "
}

// literal makes a list whose marks are text.
func literal(n *html.Node, mark func(i int) string) {
	i, err := strconv.Atoi(markup.Attr(n, "start"))
	if err != nil {
		i = 1
	}
	rename(n, atom.Ul)
	markup.DelAttr(n, "start")
	markup.DelAttr(n, "type")
	markup.SetAttr(n, "class", "literal")
	for k := range n.ChildNodes() {
		if k.DataAtom != atom.Li {
			continue
		}
		if v, err := strconv.Atoi(markup.Attr(k, "value")); err == nil {
			i = v
		}
		markup.DelAttr(k, "value")
		if m := mark(i); m != "" {
			prepend(k, m)
		}
		i++
	}
}

// prepend puts text at the beginning of an item, within its first paragraph.
func prepend(n *html.Node, text string) {
	for n.FirstChild != nil && (n.FirstChild.DataAtom == atom.P || n.FirstChild.DataAtom == atom.Div) {
		n = n.FirstChild
	}
	n.InsertBefore(&html.Node{Type: html.TextNode, Data: text}, n.FirstChild)
}

// countDown gives the items of a list that counts down their numbers.
func countDown(n *html.Node) {
	var items []*html.Node
	for k := range n.ChildNodes() {
		if k.DataAtom == atom.Li {
			items = append(items, k)
		}
	}
	i, err := strconv.Atoi(markup.Attr(n, "start"))
	if err != nil {
		i = len(items)
	}
	markup.DelAttr(n, "reversed")
	markup.DelAttr(n, "start")
	for _, k := range items {
		if v, err := strconv.Atoi(markup.Attr(k, "value")); err == nil {
			i = v
		}
		if i < 0 {
			return
		}
		markup.SetAttr(k, "value", strconv.Itoa(i))
		i--
	}
}

// Item is a paragraph that is an item of a list, with its mark as its source shows it.
type Item struct {
	Node   *html.Node // what is in it becomes the item's content
	List   string     // items of other lists do not go on with this one
	Level  int        // from 1
	Mark   string
	Bullet bool
}

// Lists makes lists of items that follow each other. Those whose marks HTML would write otherwise keep them as text.
func Lists(items []Item) []*html.Node {
	d := doc{styles: map[*html.Node]style{}}
	var list []item
	for _, i := range items {
		list = append(list, item{node: i.Node, list: i.List, level: i.Level, mark: i.Mark, bullet: i.Bullet})
	}
	return d.group(list)
}
