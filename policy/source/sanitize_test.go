package source_test

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ltipolicy/policy"
	"ltipolicy/policy/markup"
	"ltipolicy/policy/source"

	"golang.org/x/net/html"
)

func clean(t *testing.T, src string) (string, []source.Finding) {
	t.Helper()
	h, found, err := source.Sanitize(src)
	if err != nil {
		t.Fatal(err)
	}
	return string(h), found
}

func has(found []source.Finding, code, detail string) bool {
	return slices.ContainsFunc(found, func(f source.Finding) bool { return f.Code == code && strings.Contains(f.Detail, detail) })
}

var stored = strings.Repeat("0a", 32)

func TestSanitize(t *testing.T) {
	for _, c := range []struct{ name, in, want, code, detail string }{
		{"script goes with its text", `<p>a<script>alert(1)</script>b</p>`, `<p>ab</p>`, source.FoundElement, "script"},
		{"style goes with its text", `<style>p{}</style><p>a</p>`, `<p>a</p>`, source.FoundElement, "style"},
		{"svg and what is in it", `<p>a<svg><a href="https://x.example">b</a></svg></p>`, `<p>a</p>`, source.FoundElement, "svg"},
		{"handlers", `<p onclick="x()">a</p>`, `<p>a</p>`, source.FoundScript, "onclick"},
		{"javascript links", `<a href=" JaVa&#09;script:x()">a</a>`, `a`, source.FoundLink, ""},
		{"data links", `<a href="data:text/html,x">a</a>`, `a`, source.FoundLink, "data:"},
		{"relative links", `<a href="/x">a</a>`, `a`, source.FoundLink, "/x"},
		{"links of the page's scheme", `<a href="//x.example">a</a>`, `<a href="https://x.example" rel="noreferrer noopener" target="_blank">a</a>`, "", ""},
		{"links of no scheme", `<a href="x.example/a">a</a>`, `a`, source.FoundLink, "x.example/a"},
		{"telephones", `<a href="tel:+40256403000">a</a>`, `<a href="tel:+40256403000">a</a>`, "", ""},
		{"comments", `<p>a<!-- ask the dean --></p>`, `<p>a</p>`, source.FoundComment, "ask the dean"},
		{"words to be filled in", `<p><institution name> and <o:p>b</o:p></p>`, `<p> and b</p>`, source.FoundElement, "<institution name>"},
		{"links with a password", `<a href="https://u:p@x.example/">a</a>`, `a`, source.FoundLink, "u:p"},
		{"images, with their text in the report", `<p><img src="https://x.example/a.png" alt="Map">a</p>`, `<p>a</p>`, source.FoundImage, "Map"},
		{"images by a look-alike address", `<p><img src="/images/sha256/` + strings.Repeat("A", 64) + `" alt="Map">a</p>`, `<p>a</p>`, source.FoundImage, "Map"},
		{"images that the text still holds", `<p><img src="data:image/png;base64,eA==" alt="Map">a</p>`, `<p>a</p>`, source.FoundImage, "Map"},
		{"images in an SVG", `<p><svg><image href="/images/sha256/` + stored + `"/></svg>a</p>`, `<p>a</p>`, source.FoundElement, "svg"},
		{"what LibreOffice calls an image", `<img alt="Frame1" src="/images/sha256/` + stored + `">`, `<img src="/images/sha256/` + stored + `" alt=""/>`, source.FoundImageUndescribed, "Frame1"},
		{"what an image may not have", `<img alt="" srcset="https://x.example/a.png 2x" src="/images/sha256/` + stored + `">`, `<img src="/images/sha256/` + stored + `" alt=""/>`, source.FoundAttribute, "srcset"},
		{"handlers of images", `<img alt="a" onerror="x()" src="/images/sha256/` + stored + `">`, `<img src="/images/sha256/` + stored + `" alt="a"/>`, source.FoundScript, "onerror"},
		{"images without a description", `<img src="/images/sha256/` + stored + `">`, `<img src="/images/sha256/` + stored + `" alt=""/>`, source.FoundImageUndescribed, ""},
		{"styles and classes", `<p style="color:red" class="MsoNormal">a</p>`, `<p>a</p>`, source.FoundAttribute, "class"},
		{"comments of Word", `<p>a<!--[if gte mso 9]>x<![endif]--></p>`, `<p>a</p>`, source.FoundComment, ""},
		{"unknown elements leave their text", `<p>a <blink>b</blink></p>`, `<p>a b</p>`, source.FoundElement, "blink"},
		{"links inside the text without a target", `<a href="#gone">a</a>`, `a`, source.FoundLink, "#gone"},
		{"ids of others", `<p id="region-main">a</p>`, `<p>a</p>`, source.FoundAttribute, "id"},
		{"forms leave their text", `<form action="https://x.example"><input name="a">b</form>`, `<div>b</div>`, source.FoundElement, "input"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, found := clean(t, c.in)
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if c.code != "" && !has(found, c.code, c.detail) {
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
	if _, _, err := source.Sanitize(strings.Repeat("a", source.MaxText+1)); !errors.Is(err, policy.ErrTooLarge) {
		t.Errorf("above the limit: %v", err)
	}
	if _, _, err := source.Sanitize(strings.Repeat("<div>", 10000)); err != nil && !errors.Is(err, policy.ErrInvalid) {
		t.Errorf("deeper than a parser goes: %v", err)
	}
	if got, found := clean(t, "a\xffb"); got != "a\uFFFDb" || !has(found, source.FoundEncoding, "") {
		t.Errorf("bad bytes: %q %v", got, found)
	}
}

func TestContents(t *testing.T) {
	got, _ := clean(t, `<h2 id="one">1. A</h2><h3>EU</h3><h2>2. B</h2><h3>EU</h3><h3>EU</h3><p><a href="#one">up</a></p>`)
	list := markup.Contents(policy.SafeHTML(got))
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
	if after := markup.Contents(policy.SafeHTML(more)); after[1].ID != list[0].ID || after[2].ID != list[1].ID {
		t.Errorf("%v, before %v", after, list)
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
		`<b style=font-weight:normal><p>a<span style="font-weight:700;text-decoration:line-through">b<p hidden>c</b><ol style=list-style:none><li>d<ol>e`,
		`<p class=MsoListParagraph style='mso-list:l0 level1'><![if !supportLists]>1.<![endif]>a<p style='mso-list:l0 level3'>b<a name=c href=#ftn1>1</a><div id=ftn1><a href=#c>1</a>`,
		"<p id=a><a href=#a>x<td id=b><a href=#b>y</a><ul id=c><li><a href=#c>z<table id=d><tr><td><a href=#d>", `<style>p{display:none}.lst-kix_a-0 > li:before{content:"(" counter(lst-ctn-kix_a-0,lower-roman)}</style><ol class=lst-kix_a-0><li>x</ol><ul class=lst-kix_a-1><li>y`,
		"<h2 id=a>x</h2><a href=#a>y</a><a href=#fn-1>z</a>", `<select><template><s>a`, "<pre>\n\na</pre><ul><p><li><h3>q", "a\x00b&#0;<b><p></b>",
		`<img src="/images/sha256/` + strings.Repeat("0a", 32) + `" alt='"><script>x()</script>' onerror=x><image href=x><img src=//x.example/images/sha256/00>`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		once, _, err := source.Sanitize(src)
		if err != nil {
			return
		}
		twice, _, err := source.Sanitize(string(once))
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
			if n.Data != "html" && n.Data != "head" && n.Data != "body" && !source.Allowed(n.Data) {
				t.Fatalf("element %s in %q", n.Data, once)
			}
			for _, a := range n.Attr {
				if strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "href" && forbidden.MatchString(a.Val) ||
					strings.Contains(a.Key, "src") && (a.Key != "src" || n.Data != "img" || !ownImage.MatchString(a.Val)) {
					t.Fatalf("attribute %s=%q in %q", a.Key, a.Val, once)
				}
			}
		}
		for _, h := range markup.Contents(once) {
			if h.ID == "" || strings.Count(string(once), ` id="`+h.ID+`"`) != 1 {
				t.Fatalf("heading id %q in %q", h.ID, once)
			}
		}
	})
}

// What joins letters, or keeps them apart, stays between elements and entities, too.
func TestJoinersStayWhereverTheirLettersStand(t *testing.T) {
	for format, src := range map[string]string{
		"html": "<p>می<b>\u200cخواهم</b> &#x6cc;\u200c&#x62e; <i>של C</i>\u200f! of<b>\u200bfice</b></p>",
		"md":   "می**\u200cخواهم** &#x6cc;\u200c&#x62e; *של C*\u200f! of<b>\u200bfice</b>",
	} {
		safe, _ := loaded(t, format, src)
		want := "می\u200cخواهم ی\u200cخ של C\u200f! office"
		if got := markup.PlainText(safe); got != want {
			t.Errorf("%s: %+q, want %+q", format, got, want)
		}
	}
}
