package office

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"ltipolicy/policy/markup"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

var (
	kixRule  = regexp.MustCompile(`\.(lst-kix_\w+-[0-9])\s*>\s*li:before\s*\{\s*content:([^}]*)\}`)
	kixPart  = regexp.MustCompile(`"([^"]*)"|counter\(\s*lst-ctn-kix_(\w+-[0-9])\s*,\s*([a-z-]+)\s*\)`)
	kixClass = regexp.MustCompile(`^lst-kix_(\w+)-([0-9])$`)
)

// kix are the lists of a page that Google Docs wrote: their marks are counted by the style sheet.
type kix struct {
	marks map[string][][]string // by class, text or counter and its kind
	count map[string]int        // where each counter stands
}

func readKix(css string, k *kix) {
	for _, m := range kixRule.FindAllStringSubmatch(css, -1) {
		k.marks[m[1]] = kixPart.FindAllStringSubmatch(m[2], -1)
	}
}

// kixOf is the list and the level that a list of Google Docs belongs to, and its class.
func kixOf(n *html.Node) (list string, level int, class string) {
	if n == nil || n.DataAtom != atom.Ol && n.DataAtom != atom.Ul {
		return "", 0, ""
	}
	for c := range strings.FieldsSeq(markup.Attr(n, "class")) {
		if m := kixClass.FindStringSubmatch(c); m != nil {
			return m[1], int(m[2][0] - '0'), c
		}
	}
	return "", 0, ""
}

// list gives a list the marks that the style sheet counts, and reports whether it knows any.
func (k *kix) list(n *html.Node) bool {
	id, level, class := kixOf(n)
	parts, ok := k.marks[class]
	if !ok {
		return false
	}
	var counters [][]string
	for _, p := range parts {
		if p[2] != "" {
			counters = append(counters, p)
		}
	}
	if len(counters) == 0 {
		rename(n, atom.Ul)
		return true
	}
	name := id + "-" + strconv.Itoa(level)
	if hasClass(n, "start") {
		k.count[name] = 0
		if start, err := strconv.Atoi(markup.Attr(n, "start")); err == nil {
			k.count[name] = start - 1
		}
	}
	first := k.count[name] + 1
	var marks []string
	for li := range n.ChildNodes() {
		if li.DataAtom == atom.Li {
			k.count[name]++
			marks = append(marks, k.mark(parts))
		}
	}
	if t := types[counters[0][3]]; t != "" && len(marks) > 0 && marks[0] == markup.Numeral(t, first)+". " && len(counters) == 1 {
		ordered(n, t, first)
		return true
	}
	i := 0
	literal(n, func(int) string {
		i++
		return marks[i-1]
	})
	return true
}

func (k *kix) mark(parts [][]string) string {
	var b strings.Builder
	for _, p := range parts {
		n := k.count[p[2]]
		switch {
		case p[2] == "":
			b.WriteString(p[1])
		case types[p[3]] != "":
			b.WriteString(markup.Numeral(types[p[3]], n))
		case p[3] == "decimal-leading-zero":
			fmt.Fprintf(&b, "%02d", n)
		default:
			b.WriteString(strconv.Itoa(n))
		}
	}
	return strings.TrimRight(b.String(), " ") + " "
}

func ordered(n *html.Node, kind string, start int) {
	rename(n, atom.Ol)
	for _, key := range []string{"type", "start"} {
		markup.DelAttr(n, key)
	}
	if start != 1 {
		markup.SetAttr(n, "start", strconv.Itoa(start))
	}
	if kind != "1" {
		markup.SetAttr(n, "type", kind)
	}
}

// nest puts lists that stand beside the item that they belong to into it: lists in lists without an item
// around them, and the deeper levels of Google Docs.
func nest(all []*html.Node) {
	for _, n := range all {
		if n.DataAtom != atom.Ol && n.DataAtom != atom.Ul {
			continue
		}
		before := n.PrevSibling
		for before != nil && before.Type != html.ElementNode && blank(before.Data) {
			before = before.PrevSibling
		}
		if before == nil {
			continue
		}
		if n.Parent.DataAtom == atom.Ol || n.Parent.DataAtom == atom.Ul {
			if before.DataAtom == atom.Li {
				move(n, before)
			}
			continue
		}
		id, level, _ := kixOf(n)
		if to := kixItem(before, level); id != "" && to != nil {
			move(n, to)
		}
	}
}

// kixItem is the item of a list that a deeper level goes on from, nil if there is none. A level whose marks were changed is
// another list.
func kixItem(n *html.Node, level int) *html.Node {
	var item *html.Node
	for {
		if of, l, _ := kixOf(n); of == "" || l >= level {
			return item
		}
		last := n.LastChild
		for last != nil && last.DataAtom != atom.Li {
			last = last.PrevSibling
		}
		if last == nil {
			return item
		}
		item, n = last, last.LastChild
	}
}

func move(n, to *html.Node) {
	n.Parent.RemoveChild(n)
	to.AppendChild(n)
}

// addresses takes links out of the pages that Google Docs and Outlook lead them through.
func addresses(all []*html.Node) {
	for _, n := range all {
		if n.DataAtom != atom.A {
			continue
		}
		u, err := url.Parse(strings.TrimSpace(markup.Attr(n, "href")))
		if err != nil || u.Scheme != "https" {
			continue
		}
		to := ""
		switch {
		case u.Host == "www.google.com" && u.Path == "/url" && u.Query().Has("sa"):
			to = u.Query().Get("q")
		case strings.HasSuffix(u.Host, ".safelinks.protection.outlook.com"):
			to = u.Query().Get("url")
		}
		if strings.HasPrefix(to, "http://") || strings.HasPrefix(to, "https://") || strings.HasPrefix(to, "mailto:") {
			i := slices.IndexFunc(n.Attr, func(a html.Attribute) bool { return a.Key == "href" })
			n.Attr[i].Val = to
		}
	}
}

// joinLists joins what Google Docs writes as two lists although it is one, because something deeper stood between. The
// numbers of the second one go on where those of the first one end.
func joinLists(all []*html.Node) {
	for _, n := range all {
		before := n.PrevSibling
		if n.DataAtom != atom.Ol && n.DataAtom != atom.Ul || before == nil || before.DataAtom != n.DataAtom {
			continue
		}
		id, level, _ := kixOf(n)
		of, l, _ := kixOf(before)
		if id == "" || id != of || level != l || markup.Attr(n, "type") != markup.Attr(before, "type") || hasClass(n, "start") {
			continue
		}
		if n.DataAtom == atom.Ol && startOf(n) != startOf(before)+items(before) {
			continue
		}
		for n.FirstChild != nil {
			move(n.FirstChild, before)
		}
		// What follows is beside the joined list now.
		n.Parent.RemoveChild(n)
	}
}

func startOf(list *html.Node) int {
	if n, err := strconv.Atoi(markup.Attr(list, "start")); err == nil {
		return n
	}
	return 1
}

func items(list *html.Node) int {
	n := 0
	for k := range list.ChildNodes() {
		if k.DataAtom == atom.Li {
			n++
		}
	}
	return n
}
