package office

import (
	"regexp"
	"slices"
	"strings"

	"ltipolicy/policy/markup"

	"github.com/andybalholm/cascadia"
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
	"white-space": true, "mso-hide": true, "mso-char-type": true, "mso-element": true, "mso-list": true, "mso-text-raise": true,
}

// declare adds the declarations of a block or a style attribute.
func (s style) declare(src string) {
	for d := range strings.SplitSeq(uncomment(src), ";") {
		key, val, ok := strings.Cut(d, ":")
		key = strings.ToLower(strings.TrimSpace(key))
		if !ok || !meant[key] {
			continue
		}
		val, bang, _ := strings.Cut(val, "!")
		if val = markup.Squeeze(val); !strings.HasPrefix(key, "list-style") || !strings.ContainsAny(val, `"'`) { // A) is not a)
			val = strings.ToLower(val)
		}
		if val != "" && val != "inherit" {
			s.set(key, val, strings.EqualFold(strings.TrimSpace(bang), "important"))
		}
	}
}

// mostRules is how many different selectors that end in the same tag, .class or #id are looked at, so that the work stays
// with the length of the text.
const mostRules = 100

// sheet is a style sheet.
type sheet struct {
	rules []rule
	index map[string]int   // place of a rule, by its selector as it is written
	by    map[string][]int // places of rules, by the tag, .class or #id of which an element that they mean has one; "" for all
	found []Finding
}

// rule is what is declared of the elements that a selector means.
type rule struct {
	sel   cascadia.Sel
	style style
}

// read takes the rules of a sheet. Conditional ones, as for paper, are passed over.
func (s *sheet) read(css string) {
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

var (
	// shown is text that a sheet writes before or behind elements.
	shown = regexp.MustCompile(`(?i)(?:^|;)\s*content\s*:[^;]*?["']([^"']*[\p{L}\p{N}][^"']*)["']`)
	// lastOfRule is a tag, .class or #id at the end of a selector.
	lastOfRule = regexp.MustCompile(`[.#]?[\w-]+$`)
	// passing are states that a text is not in when it is read, and what is not about elements.
	passing = regexp.MustCompile(`:(?:hover|focus|active|visited|link|target|focus-within|focus-visible)\b|::?(?:before|after|first-line|first-letter|marker|placeholder|selection)\b`)
)

func (s *sheet) add(selectors, body string) {
	declared := style{}
	declared.declare(body)
	for sel := range strings.SplitSeq(selectors, ",") {
		sel = strings.TrimPrefix(strings.TrimPrefix(markup.Squeeze(sel), "html "), "> ")
		if m := shown.FindStringSubmatch(body); m != nil && strings.Contains(sel, ":") && !strings.Contains(sel, "lst-kix") {
			s.found = append(s.found, Finding{Lost, "content of " + sel + ": " + m[1]})
		}
		if len(declared) == 0 || sel == "" || passing.MatchString(sel) {
			continue
		}
		at, ok := s.index[sel]
		if !ok {
			parsed, err := cascadia.Parse(sel)
			key := keyOf(sel)
			if err != nil || len(s.by[key]) == mostRules {
				s.found = append(s.found, Finding{Lost, "style of " + sel + ": " + markup.Squeeze(body)})
				continue
			}
			at = len(s.rules)
			s.rules = append(s.rules, rule{parsed, style{}})
			s.index[sel] = at
			s.by[key] = append(s.by[key], at)
		}
		s.rules[at].style.join(declared)
	}
}

// set declares a property; what is important stays against what is not. That a property is stands under its name with a "!".
func (s style) set(key, val string, important bool) {
	if !important && s["!"+key] != "" {
		return
	}
	if s[key] = val; important {
		s["!"+key] = "important"
	}
}

func (s style) join(other style) {
	for k, v := range other {
		if !strings.HasPrefix(k, "!") {
			s.set(k, v, other["!"+k] != "")
		}
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

// keyOf is a tag, .class or #id that every element has which a selector means; empty if it does not tell.
func keyOf(sel string) string {
	if strings.ContainsAny(sel, `[(:\`) {
		return ""
	}
	key := lastOfRule.FindString(sel)
	if strings.HasPrefix(key, "#") || strings.HasPrefix(key, ".") {
		return key
	}
	return strings.ToLower(key)
}

// of is what sheet and style attribute declare of an element; nil if that is nothing.
func (s *sheet) of(n *html.Node) style {
	found := style{}
	if len(s.rules) > 0 {
		for _, at := range s.meaning(n) {
			found.join(s.rules[at].style)
		}
	}
	found.declare(markup.Attr(n, "style"))
	if len(found) == 0 {
		return nil
	}
	return found
}

// meaning are the rules that mean an element, the weakest first.
func (s *sheet) meaning(n *html.Node) []int {
	keys := []string{"", n.Data}
	for c := range strings.FieldsSeq(markup.Attr(n, "class")) {
		keys = append(keys, "."+c)
	}
	if id := markup.Attr(n, "id"); id != "" {
		keys = append(keys, "#"+id)
	}
	var list []int
	for _, key := range keys {
		for _, at := range s.by[key] {
			if s.rules[at].sel.Match(n) && !slices.Contains(list, at) {
				list = append(list, at)
			}
		}
	}
	slices.SortFunc(list, func(a, b int) int {
		switch x, y := s.rules[a].sel.Specificity(), s.rules[b].sel.Specificity(); {
		case x.Less(y):
			return -1
		case y.Less(x):
			return 1
		}
		return a - b
	})
	return list
}
