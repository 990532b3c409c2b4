package office

import (
	"strings"

	"ltipolicy/policy/markup"

	"golang.org/x/net/html"
)

// style is what is declared of an element, of the properties that carry meaning, in small letters.
type style map[string]string

// meant are the properties that carry meaning.
var meant = map[string]bool{
	"display": true, "visibility": true, "opacity": true, "font-size": true, "color": true, "background": true,
	"background-color": true, "position": true, "left": true, "top": true, "text-indent": true, "height": true, "max-height": true,
	"overflow": true, "text-decoration": true, "text-decoration-line": true, "vertical-align": true, "font-weight": true,
	"font-style": true, "list-style": true, "list-style-type": true, "text-transform": true, "font-family": true,
	"mso-hide": true, "mso-element": true, "mso-list": true, "mso-text-raise": true,
}

// declare adds the declarations of a block or a style attribute.
func (s style) declare(src string) {
	for d := range strings.SplitSeq(src, ";") {
		key, val, ok := strings.Cut(d, ":")
		key = strings.ToLower(strings.TrimSpace(key))
		if !ok || !meant[key] {
			continue
		}
		val, _, _ = strings.Cut(val, "!")
		if val = strings.ToLower(markup.Squeeze(val)); val != "" && val != "inherit" {
			s[key] = val
		}
	}
}

// sheet is a style sheet: of rules with the selectors p, .c, p.c, #i and p#i only, by selector.
type sheet map[string]style

// read takes the rules of a sheet. Conditional ones, as for paper, are passed over.
func (s sheet) read(css string) {
	css = strings.NewReplacer("<!--", " ", "-->", " ").Replace(uncomment(css))
	for css != "" {
		at := strings.IndexAny(css, "{;")
		if at < 0 {
			return
		}
		head, rest := strings.TrimSpace(css[:at]), css[at+1:]
		if css[at] == ';' {
			css = rest
			continue
		}
		if strings.HasPrefix(head, "@") {
			css = afterBlock(rest)
			continue
		}
		body, after, _ := strings.Cut(rest, "}")
		s.add(head, body)
		css = after
	}
}

func (s sheet) add(selectors, body string) {
	declared := style{}
	declared.declare(body)
	if len(declared) == 0 {
		return
	}
	for sel := range strings.SplitSeq(selectors, ",") {
		sel = strings.TrimSpace(sel)
		if sel == "" || strings.ContainsAny(sel, " >+~:[*") {
			continue
		}
		if s[sel] == nil {
			s[sel] = style{}
		}
		s[sel].join(declared)
	}
}

func (s style) join(other style) {
	for k, v := range other {
		s[k] = v
	}
}

// afterBlock is what follows the block whose brace has been opened.
func afterBlock(css string) string {
	for i, depth := 0, 1; i < len(css); i++ {
		switch css[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return css[i+1:]
			}
		}
	}
	return ""
}

func uncomment(css string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(css, "/*")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		_, css, _ = strings.Cut(rest, "*/")
		b.WriteByte(' ')
	}
}

// of is what sheet and style attribute declare of an element; nil if that is nothing.
func (s sheet) of(n *html.Node) style {
	found := style{}
	classes, id := strings.Fields(markup.Attr(n, "class")), markup.Attr(n, "id")
	if len(s) > 0 {
		found.join(s[n.Data])
		for _, c := range classes {
			found.join(s["."+c])
		}
		for _, c := range classes {
			found.join(s[n.Data+"."+c])
		}
		if id != "" {
			found.join(s["#"+id])
			found.join(s[n.Data+"#"+id])
		}
	}
	found.declare(markup.Attr(n, "style"))
	if len(found) == 0 {
		return nil
	}
	return found
}
