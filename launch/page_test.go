package launch_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
	"ltipolicy/templates"
)

// view is a page of the tool under test, for assertions on its parsed HTML.
type view struct {
	*ltitest.Page
	t testing.TB
}

func (s *site) view(p *ltitest.Page) *view { return &view{Page: p, t: s.t} }

// all returns the elements with this name that have the attributes, each "name" or "name=value".
func (v *view) all(element string, attributes ...string) []*html.Node {
	return descend(v.Document(), element, attributes...)
}

func descend(from *html.Node, element string, attributes ...string) []*html.Node {
	var out []*html.Node
	for n := range from.Descendants() {
		if n.Type == html.ElementNode && n.Data == element && !slices.ContainsFunc(attributes, func(a string) bool {
			name, want, exact := strings.Cut(a, "=")
			got, ok := attribute(n, name)
			return !ok || exact && got != want
		}) {
			out = append(out, n)
		}
	}
	return out
}

func attribute(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

// inline are the elements that do not part words.
var inline = []string{"a", "abbr", "b", "bdi", "code", "em", "i", "label", "s", "small", "span", "strong", "sub", "sup", "time", "u"}

// squeezed is the text below a node as a reader sees it, with white space folded.
func squeezed(n *html.Node) string {
	var out strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		apart := n.Type == html.ElementNode && !slices.Contains(inline, n.Data)
		if apart {
			out.WriteByte(' ')
		}
		if n.Type == html.TextNode {
			out.WriteString(n.Data)
		}
		for c := range n.ChildNodes() {
			walk(c)
		}
		if apart {
			out.WriteByte(' ')
		}
	}
	walk(n)
	return strings.Join(strings.Fields(out.String()), " ")
}

func texts(ns []*html.Node) []string {
	var out []string
	for _, n := range ns {
		out = append(out, squeezed(n))
	}
	return out
}

// is checks status and code; an empty code is a page that reports no error.
func (v *view) is(status int, code string) *view {
	v.t.Helper()
	if v.Status != status || v.ErrorCode() != code {
		v.t.Fatalf("%s: status %d, code %q, want %d, %q; page: %.300s", v.URL.Path, v.Status, v.ErrorCode(), status, code, v.Text())
	}
	return v
}

// leads checks that the answer is a 303 to a page of a launch, and returns the launch's id.
func (v *view) leads(page string) string {
	v.t.Helper()
	u, err := url.Parse(v.Location())
	if err != nil {
		v.t.Fatal(err)
	}
	parts := strings.Split(u.Path, "/")
	if v.Status != http.StatusSeeOther || len(parts) != 4 || parts[1] != "l" || parts[3] != page {
		v.t.Fatalf("status %d, code %q, leads to %q, want a page %q of a launch", v.Status, v.ErrorCode(), v.Location(), page)
	}
	return parts[2]
}

func (v *view) heading() string {
	v.t.Helper()
	h := v.all("h1")
	if len(h) != 1 {
		v.t.Fatalf("%s: %d headings of the first level: %.200s", v.URL.Path, len(h), v.Text())
	}
	return squeezed(h[0])
}

func (v *view) has(want string) *view {
	v.t.Helper()
	if !strings.Contains(v.Text(), want) {
		v.t.Errorf("%s: the page does not say %q: %.600s", v.URL.Path, want, v.Text())
	}
	return v
}

func (v *view) lacks(unwanted string) *view {
	v.t.Helper()
	if strings.Contains(v.Text(), unwanted) {
		v.t.Errorf("%s: the page says %q", v.URL.Path, unwanted)
	}
	return v
}

// names are the policies on a page of cards, in their order.
func (v *view) names() []string {
	var out []string
	for _, card := range v.all("section", "class=card") {
		title, _ := attribute(card, "aria-labelledby")
		out = append(out, texts(descend(card, "h2", "id="+title))...)
	}
	return out
}

func descendAll(from []*html.Node, element string, attributes ...string) []*html.Node {
	var out []*html.Node
	for _, n := range from {
		out = append(out, descend(n, element, attributes...)...)
	}
	return out
}

func (v *view) asks(names ...string) *view {
	v.t.Helper()
	if d := cmp.Diff(names, v.names()); d != "" {
		v.t.Fatalf("%s asks (-want +got):\n%s", v.URL.Path, d)
	}
	return v
}

// label is the text of the label around the control with this id.
func (v *view) label(id string) string {
	v.t.Helper()
	for _, l := range v.all("label") {
		if len(descend(l, "input", "id="+id)) == 1 {
			return squeezed(l)
		}
	}
	v.t.Fatalf("%s: no label around #%s", v.URL.Path, id)
	return ""
}

// form is the only form of the page that posts.
func (v *view) form() ltitest.Form {
	v.t.Helper()
	var out []ltitest.Form
	for _, f := range v.Forms() {
		if f.Method == http.MethodPost {
			out = append(out, f)
		}
	}
	if len(out) != 1 {
		v.t.Fatalf("%s (status %d): %d forms, want one: %.300s", v.URL.Path, v.Status, len(out), v.Text())
	}
	return out[0]
}

// answers is the page's form with these answers.
func (v *view) answers(given map[int64]policy.Answer) ltitest.Form {
	v.t.Helper()
	f := v.form()
	for id, a := range given {
		f.Values.Set(templates.AnswerField(id), string(a))
	}
	return f
}

// acceptAll is the page's form with everything accepted.
func (v *view) acceptAll() ltitest.Form {
	v.t.Helper()
	f := v.form()
	for _, n := range v.all("input", "value=accepted") {
		name, _ := attribute(n, "name")
		f.Values.Set(name, string(policy.Accepted))
	}
	return f
}

// act is the form on My agreements that does this to a version; nil if there is none.
func (v *view) act(id int64, a policy.Answer) *ltitest.Form {
	for _, f := range v.Forms() {
		if f.Values.Get("act") == string(a) && f.Values.Get("version") == number(id) {
			return &f
		}
	}
	return nil
}

// logBook keeps log lines. It is safe for concurrent use.
type logBook struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBook) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (l *logBook) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.b.Reset()
}

// lines returns the lines with this message.
func (l *logBook) lines(t testing.TB, message string) []map[string]any {
	t.Helper()
	var out []map[string]any
	for sc := bufio.NewScanner(strings.NewReader(l.String())); sc.Scan(); {
		var line map[string]any
		if err := json.Unmarshal(sc.Bytes(), &line); err != nil {
			t.Fatalf("log line %s: %v", sc.Text(), err)
		}
		if line["msg"] == message {
			out = append(out, line)
		}
	}
	return out
}

// launched returns the only log line about a launch.
func (s *site) launched() map[string]any {
	s.t.Helper()
	lines := s.log.lines(s.t, "launch")
	if len(lines) != 1 {
		s.t.Fatalf("%d log lines about launches, want one:\n%s", len(lines), s.log)
	}
	return lines[0]
}

// run is t.Run for a part of a test that goes on with the same site.
func (s *site) run(t *testing.T, name string, f func(t *testing.T)) {
	t.Run(name, func(sub *testing.T) {
		s.t = sub
		defer func() { s.t = t }()
		f(sub)
	})
}

// unchanged runs f and checks that it stored nothing at all.
func (s *site) unchanged(f func()) {
	s.t.Helper()
	before := s.stored()
	f()
	if after := s.stored(); !maps.EqualFunc(before, after, slices.Equal) {
		s.t.Errorf("something was stored (-before +after):\n%s", cmp.Diff(before, after))
	}
}

// sessionCookies are the launches that a browser holds.
func (s *site) sessionCookies(b *ltitest.Browser) []string {
	var out []string
	for _, c := range b.Cookies(s.setup.base + "/") {
		if strings.HasPrefix(c.Name, "__Host-launch-") {
			out = append(out, c.Name)
		}
	}
	return out
}
