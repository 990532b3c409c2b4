package office

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strings"

	"ltipolicy/policy/markup"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// places are the places of a text that links lead to.
type places struct {
	at    map[string]*html.Node // by id or name as it stands in the source
	now   map[string]string     // id in the source → id in the result
	taken map[string]bool
}

func findPlaces(all []*html.Node) *places {
	p := &places{at: map[string]*html.Node{}, now: map[string]string{}, taken: map[string]bool{}}
	for _, n := range all {
		keys := []string{"id"}
		if n.DataAtom == atom.A {
			keys = append(keys, "name")
		}
		for _, key := range keys {
			if v := markup.Attr(n, key); v != "" && p.at[v] == nil {
				p.at[v] = n
				p.taken[v] = true
			}
		}
	}
	return p
}

// target is the name of the place that a link leads to, empty if it leads out of the text or nowhere.
func (p *places) target(a *html.Node) string {
	if a.DataAtom != atom.A {
		return ""
	}
	href := strings.TrimSpace(markup.Attr(a, "href"))
	before, name, ok := strings.Cut(href, "#")
	if !ok || before != "" && !strings.HasPrefix(strings.ToLower(before), "file:") {
		return ""
	}
	if p.at[name] != nil {
		return name
	}
	if plain, err := url.PathUnescape(name); err == nil && p.at[plain] != nil {
		return plain
	}
	return ""
}

// anchors makes links within the text lead to ids that it may have. Headings get theirs from their words later.
func (p *places) anchors(all []*html.Node) {
	for _, n := range all {
		to := p.target(n)
		if to == "" {
			continue
		}
		if p.now[to] == "" {
			p.now[to] = p.settle(to)
		}
		set(n, "href", "#"+p.now[to])
	}
}

// settle gives a place the id that links can lead to, and returns it.
func (p *places) settle(name string) string {
	n := p.at[name]
	if holdsID(n) && markup.IDForm.MatchString(name) {
		return name
	}
	for h := n; h != nil; h = h.Parent {
		if h.DataAtom != atom.H1 && markup.Level(h) == 0 {
			continue
		}
		if h != n && markup.Attr(h, "id") == "" {
			markup.SetAttr(h, "id", name)
		}
		if h != n {
			markup.DelAttr(n, "name")
			markup.DelAttr(n, "id")
		}
		return markup.Attr(h, "id")
	}
	return p.put(n, p.id(name))
}

// id is the id for a place of that name.
func (p *places) id(name string) string {
	if markup.IDForm.MatchString(name) {
		return name
	}
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			b.WriteRune(r)
		} else if s := b.String(); s != "" && !strings.HasSuffix(s, "-") {
			b.WriteByte('-')
		}
		if b.Len() >= 30 {
			break
		}
	}
	id := "s-at-" + strings.Trim(b.String(), "-")
	sum := sha256.Sum256([]byte(name))
	if id == "s-at-" || p.taken[id] {
		id = strings.TrimSuffix(id, "-") + "-" + hex.EncodeToString(sum[:4])
	}
	p.taken[id] = true
	return id
}

// put gives a place its id: the element itself where it may have one, else an anchor at its beginning. It
// returns the id that is there then.
func (p *places) put(n *html.Node, id string) string {
	if holdsID(n) {
		markup.DelAttr(n, "name")
		if old := markup.Attr(n, "id"); markup.IDForm.MatchString(old) && p.at[old] == n {
			return old
		}
		set(n, "id", id)
		return id
	}
	markup.DelAttr(n, "id")
	into, before := n, n.FirstChild
	switch n.DataAtom {
	case atom.Table, atom.Img, atom.Hr, atom.Br:
		into, before = n.Parent, n
	case atom.Tr, atom.Tbody, atom.Thead, atom.Tfoot, atom.Ul, atom.Ol, atom.Dl:
		for k := range n.Descendants() {
			if k.DataAtom == atom.Td || k.DataAtom == atom.Th || k.DataAtom == atom.Li || k.DataAtom == atom.Dt || k.DataAtom == atom.Dd {
				into, before = k, k.FirstChild
				break
			}
		}
	}
	for up := into; up != nil; up = up.Parent {
		if up.DataAtom == atom.A {
			into, before = up.Parent, up
		}
	}
	into.InsertBefore(markup.Element(atom.A, html.Attribute{Key: "id", Val: id}), before)
	return id
}

// holdsID reports whether an element keeps an id of the form for ids when it is sanitised.
func holdsID(n *html.Node) bool {
	return n.DataAtom == atom.A || n.DataAtom == atom.Li || n.DataAtom == atom.Sup
}

// set changes an attribute in its place, so that an element that has it already stays as it is.
func set(n *html.Node, key, val string) {
	for i := range n.Attr {
		if n.Attr[i].Key == key && n.Attr[i].Namespace == "" {
			n.Attr[i].Val = val
			return
		}
	}
	markup.SetAttr(n, key, val)
}
