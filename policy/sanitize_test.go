package policy_test

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ltipolicy/policy"

	"golang.org/x/net/html"
)

func clean(t *testing.T, src string) (string, []policy.Finding) {
	t.Helper()
	h, found, err := policy.Sanitize(src)
	if err != nil {
		t.Fatal(err)
	}
	return string(h), found
}

func has(found []policy.Finding, code, detail string) bool {
	return slices.ContainsFunc(found, func(f policy.Finding) bool { return f.Code == code && strings.Contains(f.Detail, detail) })
}

var stored = strings.Repeat("0a", 32)

func TestSanitize(t *testing.T) {
	for _, c := range []struct{ name, in, want, code, detail string }{
		{"script goes with its text", `<p>a<script>alert(1)</script>b</p>`, `<p>ab</p>`, policy.FoundElement, "script"},
		{"style goes with its text", `<style>p{}</style><p>a</p>`, `<p>a</p>`, policy.FoundElement, "style"},
		{"svg and what is in it", `<p>a<svg><a href="https://x.example">b</a></svg></p>`, `<p>a</p>`, policy.FoundElement, "svg"},
		{"handlers", `<p onclick="x()">a</p>`, `<p>a</p>`, policy.FoundScript, "onclick"},
		{"javascript links", `<a href=" JaVa&#09;script:x()">a</a>`, `a`, policy.FoundLink, ""},
		{"data links", `<a href="data:text/html,x">a</a>`, `a`, policy.FoundLink, "data:"},
		{"relative links", `<a href="/x">a</a>`, `a`, policy.FoundLink, "/x"},
		{"links of no scheme", `<a href="//x.example/">a</a>`, `a`, policy.FoundLink, "//x.example"},
		{"links with a password", `<a href="https://u:p@x.example/">a</a>`, `a`, policy.FoundLink, "u:p"},
		{"images, with their text in the report", `<p><img src="https://x.example/a.png" alt="Map">a</p>`, `<p>a</p>`, policy.FoundImage, "Map"},
		{"images by a look-alike address", `<p><img src="/images/sha256/` + strings.Repeat("A", 64) + `" alt="Map">a</p>`, `<p>a</p>`, policy.FoundImage, "Map"},
		{"images that the text still holds", `<p><img src="data:image/png;base64,eA==" alt="Map">a</p>`, `<p>a</p>`, policy.FoundImage, "Map"},
		{"images in an SVG", `<p><svg><image href="/images/sha256/` + stored + `"/></svg>a</p>`, `<p>a</p>`, policy.FoundElement, "svg"},
		{"what an image may not have", `<img alt="" srcset="https://x.example/a.png 2x" src="/images/sha256/` + stored + `">`, `<img src="/images/sha256/` + stored + `" alt=""/>`, policy.FoundAttribute, "srcset"},
		{"handlers of images", `<img alt="a" onerror="x()" src="/images/sha256/` + stored + `">`, `<img src="/images/sha256/` + stored + `" alt="a"/>`, policy.FoundScript, "onerror"},
		{"images without a description", `<img src="/images/sha256/` + stored + `">`, `<img src="/images/sha256/` + stored + `" alt=""/>`, policy.FoundImageUndescribed, ""},
		{"styles and classes", `<p style="color:red" class="MsoNormal">a</p>`, `<p>a</p>`, policy.FoundAttribute, "class"},
		{"comments of Word", `<p>a<!--[if gte mso 9]>x<![endif]--></p>`, `<p>a</p>`, policy.FoundComment, ""},
		{"unknown elements leave their text", `<p>a <blink>b</blink></p>`, `<p>a b</p>`, policy.FoundElement, "blink"},
		{"links inside the text without a target", `<a href="#gone">a</a>`, `a`, policy.FoundLink, "#gone"},
		{"ids of others", `<p id="region-main">a</p>`, `<p>a</p>`, policy.FoundAttribute, "id"},
		{"forms leave their text", `<form action="https://x.example"><input name="a">b</form>`, `<div>b</div>`, policy.FoundElement, "input"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, found := clean(t, c.in)
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if !has(found, c.code, c.detail) {
				t.Errorf("findings %v lack %s %s", found, c.code, c.detail)
			}
		})
	}
}

func TestSanitizeKeeps(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"tables":           {`<table><caption>c</caption><thead><tr><th scope="col" colspan="2">a</th></tr></thead><tbody><tr><td rowspan="2">b</td><td>c</td></tr></tbody></table>`, ""},
		"nested lists":     {`<ul><li>a<ul><li>b</li></ul></li></ul><ol start="3" type="a"><li value="4">c</li></ol>`, ""},
		"literal numbers":  {`<ul class="literal"><li>1. a</li></ul><p class="level-3">3.1.1. b</p>`, ""},
		"language marks":   {`<p lang="sr-Cyrl" dir="ltr">а <span lang="en">b</span></p>`, ""},
		"definitions":      {`<dl><dt>a</dt><dd>b</dd></dl><p><abbr title="General">G</abbr> <dfn>t</dfn></p><blockquote>q</blockquote><hr/>`, ""},
		"links open a tab": {`<a href="https://x.example/a,_b">x</a>`, `<a href="https://x.example/a,_b" rel="noreferrer noopener" target="_blank">x</a>`},
		"mail":             {`<a href="mailto:a@b.example">x</a>`, ""},
		"footnotes":        {`<p>a<a id="fnref-1" href="#fn-1">(1)</a></p><ul class="footnotes"><li id="fn-1"><a href="#fnref-1">1.</a> b</li></ul>`, ""},
		"h1 becomes h2":    {`<h1>a</h1>`, `<h2 id="s-a0c2ba38">a</h2>`},
		"images": {
			`<p><img height="8" width="12" alt=" A &quot;map&quot; of <b> " src=" /images/sha256/` + stored + `" lang="en"></p>`,
			`<p><img src="/images/sha256/` + stored + `" alt="A &#34;map&#34; of &lt;b&gt;" width="12" height="8" lang="en"/></p>`,
		},
		"decorations": {`<img src="/images/sha256/` + stored + `" alt=""/>`, ""},
		"hard spaces": {"<p>a\u00a0b&nbsp;c</p>", "<p>a\u00a0b\u00a0c</p>"},
	} {
		t.Run(name, func(t *testing.T) {
			got, found := clean(t, c.in)
			want := c.want
			if want == "" {
				want = c.in
			}
			if norm(t, got) != norm(t, want) || len(found) > 0 {
				t.Errorf("got  %s\nwant %s\nfindings %v", got, want, found)
			}
		})
	}
}

// norm writes attributes in one order.
func norm(t *testing.T, s string) string {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(s))
	if err != nil {
		t.Fatal(err)
	}
	for n := range doc.Descendants() {
		slices.SortFunc(n.Attr, func(a, b html.Attribute) int { return strings.Compare(a.Key, b.Key) })
	}
	var b strings.Builder
	if err := html.Render(&b, doc); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestSanitizeLimits(t *testing.T) {
	if _, _, err := policy.Sanitize(strings.Repeat("a", policy.MaxText+1)); !errors.Is(err, policy.ErrTooLarge) {
		t.Errorf("above the limit: %v", err)
	}
	if _, _, err := policy.Sanitize(strings.Repeat("<div>", 10000)); err != nil && !errors.Is(err, policy.ErrInvalid) {
		t.Errorf("deeper than a parser goes: %v", err)
	}
	if got, found := clean(t, "a\xffb"); got != "a\uFFFDb" || !has(found, policy.FoundEncoding, "") {
		t.Errorf("bad bytes: %q %v", got, found)
	}
}

func TestContents(t *testing.T) {
	got, _ := clean(t, `<h2 id="one">1. A</h2><h3>EU</h3><h2>2. B</h2><h3>EU</h3><h3>EU</h3><p><a href="#one">up</a></p>`)
	list := policy.Contents(policy.SafeHTML(got))
	seen := map[string]bool{}
	for _, h := range list {
		if seen[h.ID] || !strings.Contains(got, `id="`+h.ID+`"`) {
			t.Errorf("id %q of %q", h.ID, h.Text)
		}
		seen[h.ID] = true
	}
	if len(list) != 5 || list[1].Level != 3 || list[1].Text != "EU" {
		t.Errorf("%v", list)
	}
	if !strings.Contains(got, `<a href="#`+list[0].ID+`">`) {
		t.Errorf("the link does not follow its heading: %s", got)
	}
	// A section keeps its address when another one comes in before it.
	more, _ := clean(t, `<h2>0. New</h2><h2 id="one">1. A</h2><h3>EU</h3>`)
	if after := policy.Contents(policy.SafeHTML(more)); after[1].ID != list[0].ID || after[2].ID != list[1].ID {
		t.Errorf("%v, before %v", after, list)
	}
}

func TestScoped(t *testing.T) {
	src, _ := clean(t, `<h2>A</h2><h3>B</h3><p>x<a id="fnref-1" href="#fn-1">(1)</a></p><ul><li id="fn-1">n</li></ul>`)
	got := string(policy.Scoped(policy.SafeHTML(src), "p7", 4))
	for _, want := range []string{"<h4 ", "<h5 ", `id="p7-fnref-1"`, `href="#p7-fn-1"`, `id="p7-fn-1"`, `id="p7-s-`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s lacks %s", got, want)
		}
	}
	if policy.PlainText(policy.SafeHTML(got)) != policy.PlainText(policy.SafeHTML(src)) {
		t.Error("the words changed")
	}
}

func TestShowKeepsNotesTogetherAndHeadingsApart(t *testing.T) {
	summary, _ := clean(t, `<h2>A</h2><p><a href="#x">up</a>x<a id="fnref-1" href="#fn-1">(1)</a></p>`)
	content, _ := clean(t, `<h2>A</h2><h3>B</h3><ul class="footnotes"><li id="fn-1"><a href="#fnref-1">1.</a> n</li></ul>`)
	shown := policy.Text{Summary: policy.SafeHTML(summary), Content: policy.SafeHTML(content)}.Show("p7", 4, 3)
	page, ids := string(shown.Summary+shown.Content), map[string]bool{}
	for _, m := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if ids[m[1]] {
			t.Errorf("id %s twice", m[1])
		}
		ids[m[1]] = true
	}
	for _, m := range regexp.MustCompile(` href="#([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if !ids[m[1]] {
			t.Errorf("the link to %s leads nowhere: %s", m[1], page)
		}
	}
	if len(shown.Contents) != 2 || !ids[shown.Contents[0].ID] || !ids[shown.Contents[1].ID] || shown.Contents[1].Text != "B" {
		t.Errorf("%v", shown.Contents)
	}
	if !strings.Contains(string(shown.Summary), "<h4 ") || !strings.Contains(string(shown.Content), "<h3 ") {
		t.Error(page)
	}
}

func TestPlainText(t *testing.T) {
	got := policy.PlainText("<h2>A</h2>\n<p>b  <em>c</em>\n d\u00a0e</p><ul><li>f<ul><li>g</li></ul></li></ul><table><tr><td>h</td><td><p>i</p><p>j</p></td></tr></table>k<br>l")
	if want := "A\nb c d\u00a0e\nf\ng\nh\ti j\nk\nl"; got != want {
		t.Errorf("%q", got)
	}
}

func TestWords(t *testing.T) {
	for in, want := range map[string]int{
		"<p>one two\u00a0three</p><p>four – five</p>": 5,
		"<p>個人情報保護方針</p>":                             4,
		"":                                            0,
	} {
		if got := policy.Words(policy.SafeHTML(in)); got != want {
			t.Errorf("%s: %d", in, got)
		}
	}
	for words, want := range map[int]int{0: 1, 299: 1, 300: 2, 1659: 8, 2516: 13} {
		if got := policy.ReadingMinutes(words); got != want {
			t.Errorf("%d words: %d minutes", words, got)
		}
	}
}

var forbidden = regexp.MustCompile(`(?i)^\s*(?:javascript|vbscript|data):`)

// ownImage is the only address that anything may be loaded from.
var ownImage = regexp.MustCompile(`^/images/sha256/[0-9a-f]{64}$`)

func FuzzSanitize(f *testing.F) {
	for _, s := range []string{
		`<p onclick=x><a href="javascript:alert(1)">a</a><script>b</script>`, `<svg><style><img src=x onerror=alert(1)>`,
		`<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">`,
		`<table><p>a<td>b</table><a><a href=https://x.example>c`, `<noscript><p title="</noscript><img src=x onerror=alert(1)>">`,
		"<h2 id=a>x</h2><a href=#a>y</a><a href=#fn-1>z</a>", `<select><template><s>a`, "<pre>\n\na</pre><ul><p><li><h3>q", "a\x00b&#0;<b><p></b>",
		`<img src="/images/sha256/` + strings.Repeat("0a", 32) + `" alt='"><script>x()</script>' onerror=x><image href=x><img src=//x.example/images/sha256/00>`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		once, _, err := policy.Sanitize(src)
		if err != nil {
			return
		}
		twice, _, err := policy.Sanitize(string(once))
		if err != nil || once != twice {
			t.Fatalf("once  %q\ntwice %q\n%v", once, twice, err)
		}
		doc, err := html.Parse(strings.NewReader(string(once)))
		if err != nil {
			t.Fatal(err)
		}
		for n := range doc.Descendants() {
			if n.Type != html.ElementNode {
				continue
			}
			if n.Data != "html" && n.Data != "head" && n.Data != "body" && !slices.Contains(policy.Elements(), n.Data) {
				t.Fatalf("element %s in %q", n.Data, once)
			}
			for _, a := range n.Attr {
				if strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "href" && forbidden.MatchString(a.Val) ||
					strings.Contains(a.Key, "src") && (a.Key != "src" || n.Data != "img" || !ownImage.MatchString(a.Val)) {
					t.Fatalf("attribute %s=%q in %q", a.Key, a.Val, once)
				}
			}
		}
		for _, h := range policy.Contents(once) {
			if h.ID == "" || strings.Count(string(once), ` id="`+h.ID+`"`) != 1 {
				t.Fatalf("heading id %q in %q", h.ID, once)
			}
		}
	})
}
