package templates

import (
	"html"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	nethtml "golang.org/x/net/html"

	"ltipolicy/policy"
	"ltipolicy/policy/normal"
)

// Each text of others in a view becomes its own words between the brackets, with letters of a right-to-left script and
// characters that turn writing round and are not closed.
const (
	opened, closed = "⟦", "⟧"
	turning        = "\u202e\u2067שם"
)

// ourOwn are fields of views that no one else writes: languages, ids, digests, days of forms; and what goes back to the
// server as it is, in hidden fields or as somebody typed it.
var ourOwn = []string{
	"Lang", "UILang", "NoteLang", "Langs", "Languages", "Missing", "Empty", "Other", "Tag", "Zone",
	"ID", "At", "Digest", "Hash", "RequestID", "Code",
	"Checkpoint", "PutOff", "Renew", "Ended", "Coming", "On", "Calendar", "ValidityDay", "Known",
}

// ourTypes are structs that hold nothing from others.
var ourTypes = []reflect.Type{
	reflect.TypeFor[Locale](), reflect.TypeFor[Field](), reflect.TypeFor[Form](), reflect.TypeFor[StoragePage](), reflect.TypeFor[Language](),
	reflect.TypeFor[Days](), reflect.TypeFor[Link](), reflect.TypeFor[MailLink](), reflect.TypeFor[Tab](),
}

// hostile makes every text of others in a view hostile, with what is written by a policy's authors: that has its normal form
// from the door, see package normal, and is read from right to left at worst.
func hostile(l *Locale, v reflect.Value, authored bool) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() && v.Kind() == reflect.Pointer {
			hostile(l, v.Elem(), authored)
		}
	case reflect.Slice:
		for i := range v.Len() {
			hostile(l, v.Index(i), authored)
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			if s := reflect.New(v.Type().Elem()).Elem(); s.Kind() == reflect.String && k.String() != "Time" {
				s.Set(v.MapIndex(k))
				hostile(l, s, authored)
				v.SetMapIndex(k, s)
			}
		}
	case reflect.Struct:
		if slices.Contains(ourTypes, v.Type()) {
			return
		}
		for i := range v.NumField() {
			f := v.Type().Field(i)
			ours := slices.Contains(ourOwn, f.Name) || v.Type() == reflect.TypeFor[Chooser]() && f.Name == "Name" || v.Type() == reflect.TypeFor[Coming]() && f.Name == "From"
			if f.IsExported() && !ours {
				hostile(l, v.Field(i), authors(v.Type(), f.Name))
			}
		}
	case reflect.String:
		foreignText := v.Type() == reflect.TypeFor[string]() || v.Type() == reflect.TypeFor[Contact]()
		if s := v.String(); foreignText && v.CanSet() && s != "" && !address(s) && !l.Has(s) && !strings.HasPrefix(s, opened) {
			if authored {
				v.SetString(opened + s + "שם" + closed)
			} else {
				v.SetString(opened + s + turning + closed)
			}
		}
	}
}

// authors reports whether a field is written by the authors of a policy.
func authors(t reflect.Type, field string) bool {
	switch {
	case t == reflect.TypeFor[policy.Event]():
		return field != "Note"
	case t == reflect.TypeFor[ChangedSection](), strings.HasSuffix(t.PkgPath(), "policy/lint"):
		return true
	}
	_, inLanguage := t.FieldByName("Lang")
	return inLanguage && slices.Contains([]string{"Name", "OldName", "Summary", "Content", "Text"}, field) ||
		inLanguage && field == "Note" && t != reflect.TypeFor[EventLine]() && t != reflect.TypeFor[ReportCell]() && t != reflect.TypeFor[PersonStanding]()
}

// address reports whether a text is where a link or a form leads.
func address(s string) bool {
	return strings.HasPrefix(s, "/") || strings.HasPrefix(s, "?") || strings.HasPrefix(s, "mailto:") || strings.HasPrefix(s, "https://moodle.example/")
}

// paragraphs are elements of which each is a paragraph of its own for the algorithm of directions, as far as they hold no
// others: a name that is all of one stands beside nothing.
var paragraphs = []string{
	"p", "li", "dd", "dt", "td", "th", "h1", "h2", "h3", "h4", "summary", "legend", "option", "textarea", "title", "text", "desc", "blockquote",
}

// typing are elements and attributes in which people find again what they typed, as they typed it.
func typing(n *nethtml.Node, attribute string) bool {
	_, readonly := attr(n, "readonly")
	return (n.Data == "textarea" && !readonly) || (n.Data == "input" || n.Data == "option") && attribute == "value"
}

var (
	alone   = regexp.MustCompile(`^[^` + opened + closed + `]*` + opened + `[^` + opened + closed + `]*` + closed + `[^` + opened + closed + `]*$`)
	exactly = regexp.MustCompile(`^` + opened + `[^` + opened + closed + `]*` + closed + `$`)
	// grouped are a given and a family name, which are one text.
	grouped = regexp.MustCompile(`^` + opened + `[^` + opened + closed + `]*` + closed + ` ` + opened + `[^` + opened + closed + `]*` + closed + `$`)
)

// isolated reports whether what a text node shows of others is alone in what keeps it from its neighbours.
func isolated(n *nethtml.Node) bool {
	for e := n.Parent; e != nil && e.Data != "html"; e = e.Parent {
		_, dir := attr(e, "dir")
		switch s := textOf(e); {
		case e.Data == "bdi":
			return exactly.MatchString(s) || grouped.MatchString(s)
		case dir && e.Data == "textarea":
			return true // each line is a paragraph
		case val(e, "class") == "hidden" && alone.MatchString(s):
			return true // nobody sees it; it stands outside the line
		case dir, slices.Contains(paragraphs, e.Data):
			noElements := e.Data == "title" || e.Data == "desc" || e.Data == "text" // that no element may stand in
			return exactly.MatchString(s) || noElements || typing(e, "")
		}
	}
	return false
}

// TestForeignTextIsIsolatedOnEveryPage: whatever is called whatever, it turns nothing round that stands beside it.
func TestForeignTextIsIsolatedOnEveryPage(t *testing.T) {
	s := newSet(t)
	l := s.Locale("en", "", "")
	seen := 0
	for _, f := range fixtures() {
		view := reflect.ValueOf(f.make(s, l))
		changed := reflect.New(view.Type()).Elem()
		changed.Set(view)
		hostile(l, changed, false)
		_, root := render(t, s, changed.Interface().(View))
		for n := range root.Descendants() {
			seen += checkForeign(t, f.name, n)
		}
	}
	if seen < 1000 {
		t.Errorf("texts of others were seen at %d places only", seen)
	}
}

// checkForeign checks one node of a page, and says how many texts of others it shows.
func checkForeign(t *testing.T, page string, n *nethtml.Node) int {
	t.Helper()
	for _, a := range n.Attr {
		if strings.ContainsFunc(a.Val, normal.Directs) && !typing(n, a.Key) {
			t.Errorf("%s: %s of %s turns writing round: %q", page, a.Key, n.Data, a.Val)
		}
	}
	if n.Type != nethtml.TextNode || !strings.Contains(n.Data, opened) {
		return 0
	}
	if strings.ContainsFunc(n.Data, normal.Directs) && !typing(n.Parent, "") {
		t.Errorf("%s: %s turns writing round: %q", page, n.Parent.Data, n.Data)
	}
	if !isolated(n) {
		t.Errorf("%s: %q is not isolated in: %.300s", page, n.Data, outer(n))
	}
	return 1
}

// outer is the nearest paragraph around a node, as HTML.
func outer(n *nethtml.Node) string {
	for n = n.Parent; n.Parent != nil && !slices.Contains(paragraphs, n.Data); {
		n = n.Parent
	}
	var b strings.Builder
	_ = nethtml.Render(&b, n)
	return html.UnescapeString(b.String())
}

func TestIsolatedTextIsTextAndSaysTheSame(t *testing.T) {
	for in, want := range map[string]string{
		"":                           "",
		"Ana Pop":                    "<bdi>Ana Pop</bdi>",
		"<b>&":                       "<bdi>&lt;b&gt;&amp;</bdi>",
		"Ana \u202epoP\u2067 \u2069": "<bdi>Ana poP </bdi>",
		"שם \u200fx":                 "<bdi>שם \u200fx</bdi>",
	} {
		if got := string(bdi(in)); got != want {
			t.Errorf("%q is shown as %q, want %q", in, got, want)
		}
	}
}

func TestIsolatedMessagesAreTheMessages(t *testing.T) {
	s := newSet(t)
	l := s.Locale("lt", "", "")
	strip := regexp.MustCompile(`</?bdi>`)
	for key := range l.messages {
		pairs := []any{"Name", "A & <b>", "Count", 3}
		if got, want := html.UnescapeString(strip.ReplaceAllString(string(l.H(key, pairs...)), "")), l.T(key, pairs...); got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
		for _, n := range []int{0, 1, 2, 11, 21} {
			if got, want := html.UnescapeString(strip.ReplaceAllString(string(l.HN(key, n)), "")), l.N(key, n); got != want {
				t.Errorf("%s for %d: %q, want %q", key, n, got, want)
			}
		}
	}
	if got := l.H("no such <key>"); got != "no such &lt;key&gt;" {
		t.Errorf("a missing key is shown as %q", got)
	}
}

func TestContactsThatAreAddressesAreLinks(t *testing.T) {
	for contact, want := range map[Contact]string{
		"dpo@upt.example":                    "mailto:dpo@upt.example",
		"a?bcc=b@upt.example":                "mailto:a%3Fbcc=b@upt.example",
		"https://upt.example/gdpr?a=1":       "https://upt.example/gdpr?a=1",
		"DPO <dpo@upt.example>":              "",
		"Biroul 12, luni, 10–12":             "",
		"javascript:alert(1)":                "",
		"https:":                             "",
		"dpo@upt.example, or upt@my.example": "",
	} {
		if got := contact.URL(); got != want {
			t.Errorf("%q leads to %q, want %q", contact, got, want)
		}
	}
}
