package markup

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"ltipolicy/policy"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Parse reads a text as a browser would, as children of a body. The error is of kind ErrInvalid.
func Parse(src string) (*html.Node, error) {
	root := &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body}
	nodes, err := html.ParseFragment(strings.NewReader(src), root)
	if err != nil {
		return nil, policy.E(policy.ErrInvalid, "policy.text_unreadable").Because(fmt.Errorf("parsing html: %w", err))
	}
	for _, n := range nodes {
		root.AppendChild(n)
	}
	return root, nil
}

// Render writes what is within root. The error is of kind ErrInvalid.
func Render(root *html.Node) (string, error) {
	var b strings.Builder
	for n := range root.ChildNodes() {
		if err := html.Render(&b, n); err != nil {
			return "", policy.E(policy.ErrInvalid, "policy.text_unreadable").Because(fmt.Errorf("rendering html: %w", err))
		}
	}
	return b.String(), nil
}

// Element makes an element.
func Element(a atom.Atom, attrs ...html.Attribute) *html.Node {
	return &html.Node{Type: html.ElementNode, DataAtom: a, Data: a.String(), Attr: attrs}
}

// Attr is the value of an attribute, empty if there is none.
func Attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key && a.Namespace == "" {
			return a.Val
		}
	}
	return ""
}

// DelAttr takes an attribute away.
func DelAttr(n *html.Node, key string) {
	n.Attr = slices.DeleteFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key })
}

// SetAttr gives an attribute its value. It stands behind the others from then on.
func SetAttr(n *html.Node, key, val string) {
	DelAttr(n, key)
	n.Attr = append(n.Attr, html.Attribute{Key: key, Val: val})
}

// Unwrap puts what is in an element in its place. The element must stand in a tree.
func Unwrap(n *html.Node) {
	for n.FirstChild != nil {
		k := n.FirstChild
		n.RemoveChild(k)
		n.Parent.InsertBefore(k, n)
	}
	n.Parent.RemoveChild(n)
}

// IDForm is the form of the ids that a sanitised text may have: of a section, a place, a note or a note's mark.
var IDForm = regexp.MustCompile(`^(?:s|fn|fnref)-[0-9a-z-]{1,48}$`)

// Level is the level of a heading, 2 to 6; 0 for anything else.
func Level(n *html.Node) int {
	switch n.DataAtom {
	case atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		return int(n.Data[1] - '0')
	default:
		return 0
	}
}

// Block reports whether an element begins a line of its own.
func Block(n *html.Node) bool {
	switch n.DataAtom {
	case atom.P, atom.Div, atom.Hr, atom.Pre, atom.Blockquote, atom.Ul, atom.Ol, atom.Li, atom.Dl, atom.Dt, atom.Dd,
		atom.Table, atom.Caption, atom.Thead, atom.Tbody, atom.Tfoot, atom.Tr,
		atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		return true
	default:
		return false
	}
}

// TextOf is all text within n, as it stands there.
func TextOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

// Squeeze is s with single spaces for all white space, and none around it.
func Squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }
