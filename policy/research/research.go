package research

import (
	"fmt"
	"html"
	"slices"
	"strings"

	"ltipolicy/policy"
	"ltipolicy/policy/markup"

	node "golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Item is something that people must be told before they consent to research.
type Item string

// The items.
const (
	Purpose     Item = "purpose"     // what the project is, what it is for, and why it needs the data
	Storage     Item = "storage"     // how, where and how long data are kept; how to see, correct and delete them
	Responsible Item = "responsible" // who answers for the work and the data, and the supervisors, with addresses
	Officer     Item = "officer"     // the data protection officer, with an address
	Authority   Item = "authority"   // that one may turn to the supervisory authority, with its address
	Agreement   Item = "agreement"   // what is consented to, in express words
)

// Items are all of them, in the order in which a text has them.
func Items() []Item { return []Item{Purpose, Storage, Responsible, Officer, Authority, Agreement} }

// count is the number of items.
const count = 6

// Parts is a text taken apart.
type Parts struct {
	Body  policy.SafeHTML // what stands before the items
	Items [count]Part     // in the order of [Items]
}

// Part is an item of a text with its heading.
type Part struct {
	Heading string
	Text    policy.SafeHTML
}

// Of is one of the items.
func (p Parts) Of(item Item) Part { return p.Items[slices.Index(Items(), item)] }

// mark is the id of the anchor in an item's heading. Its form is one that sanitising keeps.
func mark(item Item) string { return "s-research-" + string(item) }

// marked is the item whose anchor an element holds.
func marked(n *node.Node) (Item, bool) {
	for d := range n.Descendants() {
		if d.DataAtom != atom.A {
			continue
		}
		for _, item := range Items() {
			if markup.Attr(d, "id") == mark(item) {
				return item, true
			}
		}
	}
	return "", false
}

// Split takes a text apart: an item begins with a heading that has its mark and goes on to the next such heading. An
// item that is not there is empty.
func Split(content policy.SafeHTML) Parts {
	var p Parts
	root, err := markup.Parse(string(content))
	if err != nil {
		return p
	}
	at, pieces := -1, [count]strings.Builder{}
	var body strings.Builder
	for n := range root.ChildNodes() {
		if item, ok := marked(n); ok && markup.Level(n) > 0 {
			at = slices.Index(Items(), item)
			p.Items[at].Heading = markup.Squeeze(markup.TextOf(n))
			continue
		}
		to := &body
		if at >= 0 {
			to = &pieces[at]
		}
		if err := node.Render(to, n); err != nil {
			return Parts{}
		}
	}
	p.Body = policy.SafeHTML(strings.TrimSpace(body.String()))
	for i := range pieces {
		p.Items[i].Text = policy.SafeHTML(strings.TrimSpace(pieces[i].String()))
	}
	return p
}

// Join puts a text together again. It is to be sanitised as a whole, which gives headings their ids.
func (p Parts) Join() string {
	var b strings.Builder
	b.WriteString(unmarked(p.Body))
	for i, item := range Items() {
		part := p.Items[i]
		fmt.Fprintf(&b, "\n<h3><a id=\"%s\"></a>%s</h3>\n%s", mark(item), html.EscapeString(part.Heading), unmarked(part.Text))
	}
	return strings.TrimSpace(b.String())
}

// unmarked is a part without marks of items, as when somebody has copied one from elsewhere: of two the text would
// lose one.
func unmarked(h policy.SafeHTML) string {
	if !strings.Contains(string(h), mark("")) {
		return string(h)
	}
	root, err := markup.Parse(string(h))
	if err != nil {
		return ""
	}
	for _, n := range slices.Collect(root.Descendants()) {
		if id := markup.Attr(n, "id"); n.DataAtom == atom.A && strings.HasPrefix(id, mark("")) {
			markup.DelAttr(n, "id")
		}
	}
	s, err := markup.Render(root)
	if err != nil {
		return ""
	}
	return s
}

// Gap is an item about which a version says nothing in one of its languages.
type Gap struct {
	Lang string
	Item Item
}

// Missing are the items that a version lacks, none if it is not about research. An item without words is missing.
func Missing(v policy.Version) []Gap {
	if v.Form != policy.FormResearch {
		return nil
	}
	var gaps []Gap
	for _, t := range v.Texts {
		p := Split(t.Content)
		for i, item := range Items() {
			if markup.Words(p.Items[i].Text) == 0 {
				gaps = append(gaps, Gap{t.Lang, item})
			}
		}
	}
	return gaps
}

// MissingKey is the message key of the error of [Whole].
const MissingKey = "policy.item_missing"

// Whole is policy.ErrInvalid for a version that lacks an item, and names each with its language.
func Whole(v policy.Version) error {
	gaps := Missing(v)
	if len(gaps) == 0 {
		return nil
	}
	var list []string
	for _, g := range gaps {
		list = append(list, g.Lang+": "+string(g.Item))
	}
	return policy.E(policy.ErrInvalid, MissingKey).Because(fmt.Errorf("a consent to research says nothing of %s", strings.Join(list, ", ")))
}
