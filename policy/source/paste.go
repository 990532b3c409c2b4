package source

import (
	"slices"

	"ltipolicy/policy"
	"ltipolicy/policy/markup"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Pasted is what is made of HTML that was pasted, and whether it says more than without its styles, which an
// editor in a browser leaves out. The errors are those of [ImportHTML] and [Sanitize].
func Pasted(src string) (safe policy.SafeHTML, found []Finding, more bool, err error) {
	taken, err := ImportHTML(src)
	if err != nil {
		return "", nil, false, err
	}
	if safe, found, err = Sanitize(taken); err != nil {
		return "", nil, false, err
	}
	losses, err := Prove("html", src, safe, found)
	if err != nil {
		return "", nil, false, err
	}
	found = append(found, losses...)
	plain, err := plainly(taken)
	if err != nil {
		return "", nil, false, err
	}
	bare, _, err := Sanitize(plain)
	return safe, found, err == nil && bare != safe, err
}

// plainly is a text without its styles and without the marks of office programs.
func plainly(src string) (string, error) {
	root, err := markup.Parse(src)
	if err != nil {
		return "", err
	}
	for _, n := range slices.Collect(root.Descendants()) {
		if n.Type == html.CommentNode || n.DataAtom == atom.Style {
			n.Parent.RemoveChild(n)
			continue
		}
		for _, key := range []string{"style", "class", "hidden"} {
			markup.DelAttr(n, key)
		}
	}
	return markup.Render(root)
}
