package office

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"ltipolicy/policy/markup"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// item is a paragraph of Word that is an item of a list.
type item struct {
	node   *html.Node
	list   string // which list it says it belongs to
	level  int
	mark   string
	bullet bool
}

var (
	msoList    = regexp.MustCompile(`^(l[0-9]+) level([1-9])`)
	wordMargin = regexp.MustCompile(`margin-left:\s*([0-9.]+)(pt|cm|in|mm|px)`)
	points     = map[string]float64{"pt": 1, "cm": 72 / 2.54, "mm": 72 / 25.4, "in": 72, "px": 0.75}
)

// bullets are the letters that stand for bullets, in Symbol, Wingdings and Courier New too.
const bullets = "·•o§Øüqvàèðn-–—*▪▫◦●○■□➢➔❖✓✔→"

// ownElements removes the elements that only Word or LibreOffice has, and the line break that browsers put behind what they
// copied.
func (d *doc) ownElements(all []*html.Node) {
	for _, n := range all {
		if n.Data == "sdfield" {
			if markup.Attr(n, "type") == "PAGE" {
				d.say(Page, "", markup.TextOf(n))
			}
			markup.Unwrap(n)
			continue
		}
		if n.DataAtom == atom.Br && hasClass(n, "Apple-interchange-newline") {
			n.Parent.RemoveChild(n)
			continue
		}
		prefix, _, ok := strings.Cut(n.Data, ":")
		if !ok || n.Parent == nil || prefix != "o" && prefix != "w" && prefix != "st1" {
			continue
		}
		p := n.Parent
		if n.Data != "o:p" || !blank(markup.TextOf(n)) {
			markup.Unwrap(n)
			continue
		}
		p.RemoveChild(n)
		for p.DataAtom == atom.Span && p.FirstChild == nil && p.Parent != nil {
			up := p.Parent
			up.RemoveChild(p)
			p = up
		}
		if p.DataAtom == atom.P && empty(p) && p.Parent != nil && p.Parent.DataAtom != atom.Td && p.Parent.DataAtom != atom.Th {
			p.Parent.RemoveChild(p)
		}
	}
}

// empty reports whether there is nothing in n but marks for programs.
func empty(n *html.Node) bool {
	for k := range n.ChildNodes() {
		if k.Type == html.ElementNode || k.Type == html.TextNode && !blank(k.Data) {
			return false
		}
	}
	return true
}

// wordLists makes lists of the paragraphs that Word writes instead.
func (d *doc) wordLists(all []*html.Node) {
	items := map[*html.Node]item{}
	parents, seen := []*html.Node{}, map[*html.Node]bool{}
	for _, n := range all {
		if n.DataAtom != atom.P && n.DataAtom != atom.H1 && markup.Level(n) == 0 {
			continue
		}
		it, ok := d.item(n)
		switch {
		case !ok:
		case n.DataAtom != atom.P:
			n.InsertBefore(&html.Node{Type: html.TextNode, Data: it.mark + " "}, n.FirstChild)
		default:
			items[n] = it
			if !seen[n.Parent] {
				seen[n.Parent] = true
				parents = append(parents, n.Parent)
			}
		}
	}
	for _, p := range parents {
		d.runs(p, items)
	}
}

// runs puts items that follow each other into lists.
func (d *doc) runs(parent *html.Node, items map[*html.Node]item) {
	var run []item
	flush := func(before *html.Node) {
		for _, l := range d.group(run) {
			parent.InsertBefore(l, before)
		}
		run = nil
	}
	for k := parent.FirstChild; k != nil; {
		next := k.NextSibling
		if it, ok := items[k]; ok {
			run = append(run, it)
			parent.RemoveChild(k)
		} else if len(run) > 0 && (k.Type == html.ElementNode || k.Type == html.TextNode && !blank(k.Data)) {
			flush(k)
		} else if len(run) > 0 && k.Type == html.TextNode {
			parent.RemoveChild(k)
		}
		k = next
	}
	flush(nil)
}

// group makes lists of items, the deeper ones within the one before them.
func (d *doc) group(items []item) []*html.Node {
	var lists []*html.Node
	for len(items) > 0 {
		base, end := items[0], 1
		for end < len(items) && (items[end].level > base.level || items[end].level == base.level && items[end].follows(base)) {
			end++
		}
		lists = append(lists, d.list(base, items[:end]))
		items = items[end:]
	}
	return lists
}

func (i item) follows(o item) bool { return i.bullet == o.bullet && (i.bullet || i.list == o.list) }

func (d *doc) list(base item, items []item) *html.Node {
	l := markup.Element(atom.Ul)
	var marks []string
	for i := 0; i < len(items); {
		deeper := i + 1
		for deeper < len(items) && items[deeper].level > base.level {
			deeper++
		}
		li := markup.Element(atom.Li)
		d.take(li, items[i].node)
		for _, sub := range d.group(items[i+1 : deeper]) {
			li.AppendChild(sub)
		}
		l.AppendChild(li)
		marks = append(marks, items[i].mark)
		i = deeper
	}
	if base.bullet {
		return l
	}
	if kind, start := sequence(marks); kind != "" {
		ordered(l, kind, start)
		return l
	}
	i := 0
	literal(l, func(int) string {
		i++
		return strings.TrimSpace(marks[i-1]+" ") + " "
	})
	return l
}

// take moves what is in a paragraph, with its language and style.
func (d *doc) take(to, from *html.Node) {
	for _, key := range []string{"lang", "dir"} {
		if v := markup.Attr(from, key); v != "" {
			markup.SetAttr(to, key, v)
		}
	}
	if id := markup.Attr(from, "id"); id != "" {
		markup.SetAttr(to, "id", id)
	}
	d.styles[to] = d.styles[from]
	for from.FirstChild != nil {
		move(from.FirstChild, to)
	}
}

// sequence is the type and start of a list that browsers would give exactly these marks; the type is empty if
// there is none. Of several the one that starts lowest is meant: "i." is one, "c." is three.
func sequence(marks []string) (kind string, start int) {
	body := strings.TrimSuffix(marks[0], ".")
	for _, k := range []string{"1", "i", "I", "a", "A"} {
		n := value(k, body)
		if n < 1 || start > 0 && n >= start {
			continue
		}
		fits := true
		for i, m := range marks {
			fits = fits && m == markup.Numeral(k, n+i)+"."
		}
		if fits {
			kind, start = k, n
		}
	}
	return kind, start
}

// value is the number that a mark stands for in a list of that type, 0 if it is none.
func value(kind, s string) int {
	if len(s) == 0 || len(s) > 15 {
		return 0
	}
	switch kind {
	case "1":
		n, err := strconv.Atoi(s)
		if err != nil {
			return 0
		}
		return n
	case "a", "A":
		n := 0
		for _, r := range strings.ToLower(s) {
			if r < 'a' || r > 'z' || n > 1000 {
				return 0
			}
			n = n*26 + int(r-'a') + 1
		}
		return n
	default:
		digits := map[rune]int{'i': 1, 'v': 5, 'x': 10, 'l': 50, 'c': 100, 'd': 500, 'm': 1000}
		n, last := 0, 0
		for _, r := range strings.ToLower(s) {
			v := digits[r]
			if v == 0 {
				return 0
			}
			if last < v {
				n -= 2 * last
			}
			n, last = n+v, v
		}
		return n
	}
}

// item reads a paragraph's place in a list and takes its mark out.
func (d *doc) item(n *html.Node) (item, bool) {
	it := item{node: n, level: 1}
	m := msoList.FindStringSubmatch(d.styles[n]["mso-list"])
	if m != nil {
		it.list, it.level = m[1], int(m[2][0]-'0')
	}
	nodes := d.mark(n)
	filtered := len(nodes) == 0 && strings.HasPrefix(markup.Attr(n, "class"), "MsoList")
	if filtered {
		nodes = filteredMark(n)
		if f := wordMargin.FindStringSubmatch(markup.Attr(n, "style")); f != nil {
			wide, _ := strconv.ParseFloat(f[1], 64)
			it.level = int(min(max(math.Round(wide*points[f[2]]/36), 1), 9))
		}
	}
	if len(nodes) == 0 {
		return it, m != nil && n.DataAtom == atom.P && !blank(markup.TextOf(n))
	}
	box := markup.Element(atom.Span)
	for _, k := range nodes {
		move(k, box)
	}
	it.mark = strings.Trim(markup.TextOf(box), " \t\r\n\u00a0")
	it.bullet = d.isBullet(box, it.mark)
	return it, true
}

func (d *doc) isBullet(box *html.Node, mark string) bool {
	r := []rune(mark)
	if len(r) != 1 {
		return len(r) == 0
	}
	if strings.ContainsRune(bullets, r[0]) || r[0] >= 0xE000 && r[0] <= 0xF8FF {
		return true
	}
	for k := range box.Descendants() {
		if f := d.styles[k]["font-family"]; strings.Contains(f, "symbol") || strings.Contains(f, "wingdings") {
			return true
		}
	}
	return false
}

// mark is what stands at the beginning of a paragraph between the marks for programs that have no lists, or is to be
// passed over by those that have.
func (d *doc) mark(n *html.Node) []*html.Node {
	for k := range n.Descendants() {
		switch {
		case k.Type == html.CommentNode && strings.Contains(k.Data, "!supportLists") && condition.MatchString(k.Data):
			var nodes []*html.Node
			for s := k.NextSibling; s != nil; s = s.NextSibling {
				if s.Type == html.CommentNode && s.Data == "[endif]" {
					return nodes
				}
				nodes = append(nodes, s)
			}
			return nil
		case d.styles[k]["mso-list"] == "ignore":
			return []*html.Node{k}
		case k.Type == html.TextNode && !blank(k.Data):
			return nil
		}
	}
	return nil
}

// filteredMark is the mark in a page that Word saved without its own marks: what stands before the narrow
// spaces that it puts after each.
func filteredMark(n *html.Node) []*html.Node {
	at := n
	var nodes []*html.Node
	for k := at.FirstChild; k != nil; k = k.NextSibling {
		nodes = append(nodes, k)
		if k.DataAtom == atom.Span && gap(k) {
			break
		}
		if k.NextSibling == nil || len(nodes) > 3 {
			return nil
		}
	}
	length := 0
	for _, k := range nodes {
		length += len([]rune(markup.TextOf(k) + k.Data))
	}
	if length > 60 {
		return nil
	}
	return nodes
}

// gap reports whether a span is the space after a mark, or ends with it.
func gap(n *html.Node) bool {
	if blank(markup.TextOf(n)) {
		return strings.Contains(markup.Attr(n, "style"), "7.0pt") && strings.Contains(markup.TextOf(n), "\u00a0")
	}
	last := n.LastChild
	for last != nil && last.Type != html.ElementNode && blank(last.Data) {
		last = last.PrevSibling
	}
	return last != nil && last.DataAtom == atom.Span && gap(last)
}
