package source_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"ltipolicy/policy"
	"ltipolicy/policy/source"
)

// takeMarkdown is what policy load makes of a Markdown text: the result, and what was said of it as "code
// line words".
func takeMarkdown(t testing.TB, src string) (string, string) {
	t.Helper()
	src, _ = source.Normal(src)
	raw, found, err := source.ImportMarkdown(src)
	if err != nil {
		t.Fatal(err)
	}
	safe, more, err := source.Sanitize(raw)
	if err != nil {
		t.Fatal(err)
	}
	found = append(found, more...)
	lost, err := source.Prove("md", src, safe, found)
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, f := range append(found, lost...) {
		said = append(said, fmt.Sprint(f.Code, " ", f.Line, " ", f.Detail))
	}
	return string(safe), strings.Join(said, "\n")
}

var headingID = regexp.MustCompile(`s-[0-9a-f]{8}`)

func TestMarkdownSwallowsNothing(t *testing.T) {
	file, err := os.ReadFile("testdata/cases/02-markdown-swallowed.md")
	if err != nil {
		t.Fatal(err)
	}
	_, content, _ := strings.Cut(string(file), "--- content ---\n")
	got, found := takeMarkdown(t, content)
	want := `<p>Data is kept for two years<sup><a href="#fn-1" id="fnref-1">1</a></sup>.</p>
<p>[Important]: Read-carefully</p>
<p>Contact &lt;the data protection officer&gt; of &lt;institution name&gt;.</p>
<h2 id="s-id">Annex</h2>
<p>See <a href="#s-id">the annex</a>.</p>
<ul class="footnotes"><li id="fn-1"><a href="#fnref-1">1</a> GDPR</li>
</ul>`
	if got := headingID.ReplaceAllString(got, "s-id"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if want := "definition_kept 5 [Important]: Read-carefully\nplaceholder_kept 7 <the data protection officer>\nplaceholder_kept 7 <institution name>"; found != want {
		t.Errorf("found\n%s\nwant\n%s", found, want)
	}
}

func TestMarkdownThatNothingClosesIsRefusedWithItsLine(t *testing.T) {
	for name, src := range map[string]string{"links": strings.Repeat("[a](", 2000), "brackets": strings.Repeat("[", 2000)} {
		_, _, err := source.ImportMarkdown("One.\n\n" + src)
		if err == nil || !strings.Contains(err.Error(), "the paragraph at line 3 has more than 1000 brackets") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := source.ImportMarkdown(strings.Repeat("[a](https://example.org) \\[b\\]\n", 5000)); err != nil {
		t.Error(err)
	}
}

// The summary and the content stand on one page: a mark leads to the note of its own text.
func TestNotesOfSummaryAndContentAreTwo(t *testing.T) {
	p := source.Policy{Slug: "p", Texts: []source.Text{{
		Lang: "en", Format: "md", Name: "P", Summary: "Short[^1].\n\n[^1]: one", Content: "Long[^1] text[^2].\n\n[^1]: another\n[^2]: two",
	}}}
	v, found, err := p.Version(t.Context())
	if err != nil || len(found) > 0 {
		t.Fatal(found, err)
	}
	want := `<p>Long<sup><a href="#fn-3" id="fnref-3">1</a></sup> text<sup><a href="#fn-2" id="fnref-2">2</a></sup>.</p>
<ul class="footnotes"><li id="fn-3"><a href="#fnref-3">1</a> another</li>
<li id="fn-2"><a href="#fnref-2">2</a> two</li>
</ul>`
	if got := string(v.Texts[0].Content); got != want {
		t.Errorf("got\n%s", got)
	}
	if again, found, err := source.Sanitize(want); err != nil || string(again) != want || len(found) > 0 {
		t.Errorf("sanitised again\n%s\n%v, %v", again, found, err)
	}
}

func TestMarkdownKeepsItsWords(t *testing.T) {
	for _, c := range []struct{ name, src, want, found string }{
		{"note that nothing leads to", "Text[^1].\n\n[^1]: one\n[^2]: two", `<p>Text<sup><a href="#fn-1" id="fnref-1">1</a></sup>.</p>
<ul class="footnotes"><li id="fn-1"><a href="#fnref-1">1</a> one</li>
<li>2 two</li>
</ul>`, "note_unresolved 4 [^2]"},
		{"note with two marks", "A[^a] and B[^a].\n\n[^a]: one", `<p>A<sup><a href="#fn-1" id="fnref-1">1</a></sup> and B<sup><a href="#fn-1">1</a></sup>.</p>
<ul class="footnotes"><li id="fn-1"><a href="#fnref-1">1</a> one</li>
</ul>`, ""},
		{"notes keep their numbers", "A[^7] B[^3].\n\n[^3]: three\n[^7]: seven", `<p>A<sup><a href="#fn-7" id="fnref-7">7</a></sup> B<sup><a href="#fn-3" id="fnref-3">3</a></sup>.</p>
<ul class="footnotes"><li id="fn-3"><a href="#fnref-3">3</a> three</li>
<li id="fn-7"><a href="#fnref-7">7</a> seven</li>
</ul>`, ""},
		{"note of several paragraphs", "A[^1].\n\n[^1]: one\n\n    two", `<p>A<sup><a href="#fn-1" id="fnref-1">1</a></sup>.</p>
<ul class="footnotes"><li id="fn-1"><p><a href="#fnref-1">1</a> one</p>
<p>two</p>
</li>
</ul>`, ""},
		{"mark without a note", "Text[^9].", "<p>Text[^9].</p>", "note_unresolved 1 [^9]"},
		{"definition that is used", "See [the law][gdpr].\n\n[GDPR]: https://example.org/law", `<p>See <a href="https://example.org/law" rel="noreferrer noopener" target="_blank">the law</a>.</p>`, ""},
		{"second definition", "[a]\n\n[a]: https://example.org/1\n[a]: https://example.org/2", "", "definition_kept 4 [a]: https://example.org/2"},
		{"placeholder at the beginning", "<institution name>\nis **here**.", "<p>&lt;institution name&gt;\nis <strong>here</strong>.</p>", "placeholder_kept 1 <institution name>"},
		{"placeholder with an element's name", "Ask <data protection officer> or <address>.", "<p>Ask &lt;data protection officer&gt; or &lt;address&gt;.</p>", "placeholder_kept 1 <data protection officer>\nplaceholder_kept 1 <address>"},
		{"placeholder in HTML", "<div>\nby <numele instituției> and <em>x</em>\n</div>", "<div>\nby &lt;numele instituției&gt; and <em>x</em>\n</div>", "placeholder_kept 2 <numele instituției>"},
		{"placeholder of other letters", "От <име на институцията>.", "<p>От &lt;име на институцията&gt;.</p>", ""},
		{"no placeholder in code", "`<institution name>`", "<p><code>&lt;institution name&gt;</code></p>", ""},
		{"links to headings by their words", "[a](#2-drepturi-și-obligații) [b](#part) [c](#part-1)\n\n## 2. Drepturi și **obligații**\n\n## Part\n\n## Part", `<p><a href="#s-id">a</a> <a href="#s-id">b</a> <a href="#s-id">c</a></p>
<h2 id="s-id">2. Drepturi și <strong>obligații</strong></h2>
<h2 id="s-id">Part</h2>
<h2 id="s-id">Part</h2>`, ""},
		{"items below items", "1. Access\n   a. copy\n   b. list\n\ni. one\nii. two\n\nA line\nand more", "<ol>\n<li>Access<br/>\na. copy<br/>\nb. list</li>\n</ol>\n<p>i. one<br/>\nii. two</p>\n<p>A line\nand more</p>", ""},
		{"one tilde strikes nothing", "H~2~O ~~not~~ ~x", "<p>H~2~O <s>not</s> ~x</p>", ""},
		{"comment", "Data <!-- ask the dean --> is kept.\n\n<!--\nnot for\nreaders -->\n\nEnd.", "<p>Data  is kept.</p>\n\n<p>End.</p>", "comment_removed 1 ask the dean\ncomment_removed 3 not for readers"},
		{"comment without an end", "<!-- ask\n\nAll the rest.", "<p>&lt;!-- ask</p>\n<p>All the rest.</p>", ""},
		{"struck out", "We do ~~not~~ sell data.", "<p>We do <s>not</s> sell data.</p>", ""},
		{"escapes and entities", `\*no\* &Auml;pfel &amp; 10&nbsp;km \&amp; &nosuch;`, "<p>*no* Äpfel &amp; 10\u00a0km &amp;amp; &amp;nosuch;</p>", ""},
		{"entities in code", "`&Auml;pfel`", "<p><code>&amp;Auml;pfel</code></p>", ""},
		{"words within words", "in*ter*nal in<font>ter</font>nal 10<sup>3</sup>", "<p>in<em>ter</em>nal internal 10<sup>3</sup></p>", ""},
		{"addresses", "<https://example.org/a%20b> ask@example.org www.example.org", "", ""},
		{"info of code", "```text for lawyers\nx\n```", "<pre><code>x\n</code></pre>", "attribute_removed 0 class\nwords_lost 1 text for lawyers"},
		{"tasks", "- [ ] open\n- [x] done", "<ul>\n<li>[ ] open</li>\n<li>[x] done</li>\n</ul>", ""},
		{"definition list", "term\n: what it means", "<dl>\n<dt>term</dt>\n<dd>what it means</dd>\n</dl>", ""},
		{"settings on top", "---\ntitle: House rules\n---\n\nText", "", ""},
		{"cells too many", "| a | b |\n|:--|--:|\n| 1 | 2 | secret agreement |\n| 3 |", "", "words_lost 3 secret agreement"},
		{"heading by a line", "Some words\nand more\n---\nText", "", ""},
		{"list from three", "3. three\n4. four\n7. seven", "<ol start=\"3\">\n<li>three</li>\n<li>four</li>\n<li value=\"7\">seven</li>\n</ol>", ""},
		{"list that counts", "1. one\n1. two", "<ol>\n<li>one</li>\n<li>two</li>\n</ol>", ""},
		{"letters", "a) first\nb) second", "<p>a) first<br/>\nb) second</p>", ""},
		{"nested lists", "1. one\n   - inner\n     1. deep\n     2. deeper\n2. two", "", ""},
		{"link that shows where it leads", "[https://example.org/law](https://example.org/law), [example.org/law](https://example.org/law)", "", ""},
		{"address before a note", "https://example.org/a[^1] and\n\n[^1]: www.example.org/b[^2]\n\n[^2]: note", `<p><a href="https://example.org/a" rel="noreferrer noopener" target="_blank">https://example.org/a</a><sup><a href="#fn-1" id="fnref-1">1</a></sup> and</p>
<ul class="footnotes"><li id="fn-1"><a href="#fnref-1">1</a> <a href="http://www.example.org/b" rel="noreferrer noopener" target="_blank">www.example.org/b</a><sup><a href="#fn-2" id="fnref-2">2</a></sup></li>
<li id="fn-2"><a href="#fnref-2">2</a> note</li>
</ul>`, ""},
		{"addresses in quotes", `(https://example.org/ș?a='b'; www.example.org/c»`, `<p>(<a href="https://example.org/%C8%99?a=&#39;b" rel="noreferrer noopener" target="_blank">https://example.org/ș?a=&#39;b</a>&#39;; <a href="http://www.example.org/c" rel="noreferrer noopener" target="_blank">www.example.org/c</a>»</p>`, ""},
		{"label over two lines", "the [whole\nlaw]\n\n[whole law]: https://example.org/law", "", ""},
		{"names with a line", "KnownHosts or known_hosts or fav_color and FavColor", "", ""},
		{"link around an image that goes", "[![logo](https://example.net/l.svg)](https://example.org/law)", "", "image_removed 0 logo https://example.net/l.svg"},
		{"words of a title", "[law](https://example.org/x \"the whole truth\")", "", "attribute_removed 0 title: the whole truth"},
		{"dropped element", "Text <title>of the page</title> end", "", "element_removed 0 title\nwords_lost 1 of the page"},
		{"id that is no heading's", "## Rights {see below}\n\nText {#here} end", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, found := takeMarkdown(t, c.src)
			if c.want != "" && headingID.ReplaceAllString(got, "s-id") != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
			if found != c.found {
				t.Errorf("found\n%s\nwant\n%s\nin\n%s", found, c.found, got)
			}
		})
	}
}

func TestLostWordsNamesWhatIsMissing(t *testing.T) {
	for _, c := range []struct{ name, src, result, want string }{
		{"same", "One *two* three", "<p>One <em>two</em> three</p>", ""},
		{"a small word", "We do not sell it, not even once", "<p>We do sell it, not even once</p>", "words_lost 1 not"},
		{"words of two lines", "One two\nthree\n\nfour", "<p>One</p>\n<p>four</p>", "words_lost 1 two three"},
		{"a new word", "We sell data", "<p>We never sell data</p>", "words_added 0 never"},
		{"a word for another", "We may sell", "<p>We must sell</p>", "words_lost 1 may\nwords_added 0 must"},
		{"moved to the end", "One[^1] two.\n\n[^1]: note\n\nthree", "<p>One two.</p><p>three</p><p>note</p>", ""},
		{"number of a list", "3. three\n7. seven", "<ol start=\"3\"><li>three</li><li>seven</li></ol>", "words_lost 2 7"},
		{"words run together", "one two", "<p>onetwo</p>", "words_lost 1 one two\nwords_added 0 onetwo"},
		{"combining letters", "नीति क़ानून", "<p>नीति</p>", "words_lost 1 क़ानून"},
		{"a link's target", "[x](https://example.org/law)", "<p>x</p>", "words_lost 1 https example org law"},
	} {
		t.Run(c.name, func(t *testing.T) {
			found, err := source.Prove("md", c.src, policy.SafeHTML(c.result), nil)
			if err != nil {
				t.Fatal(err)
			}
			var said []string
			for _, f := range found {
				said = append(said, fmt.Sprint(f.Code, " ", f.Line, " ", f.Detail))
			}
			if got := strings.Join(said, "\n"); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestMarkdownOfAnySizeIsRead has what made other readers of Markdown slow: each is many times what a page has.
func TestMarkdownOfAnySizeIsRead(t *testing.T) {
	for _, piece := range []string{"a[^1] ", "[^1]: a\n\n", "<a \"", "<x y> ", "<!-- ", "<div>\n<!-- \n</div>\n\n", "&Auml;", "1. a\n", "[a]: b\n", "a b c d ", "<?", "[^x] ", "{#a}\n"} {
		src := strings.Repeat(piece, 30_000/len(piece))
		takeMarkdown(t, src)
		takeMarkdown(t, "[^1]: note\n\n"+src)
	}
}

func TestWhatWentWrongBeforeIsNamed(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"letters of Romanian":          {"DÄƒ È™i È›arÄƒ, „Da”", "letters_garbled 1 DÄƒ\nletters_garbled 1 È™i\nletters_garbled 1 È›arÄƒ,"},
		"quotation marks":              {"He said\nâ€œno moreâ€ and Ã©", "letters_garbled 2 â€œno\nletters_garbled 2 Ã©"},
		"one alone may be a name":      {"The group Ã©", ""},
		"capitals with their marks":    {"ÎN ROMÂNIA ȘI ÎN „ŢARĂ” – NÃO, CORAÇÃO, ÅÄÖ, ÄNDERUNG", ""},
		"Serbian, Greek, Persian":      {"Ђорђе и Ћира, Ωρα, می\u200cخواهم", ""},
		"languages as Moodle has them": {"{mlang en}Hello{mlang}\n{mlang ro}Salut{mlang}", "mlang_kept 1 {mlang en}\nmlang_kept 1 {mlang}\nmlang_kept 2 {mlang ro}\nmlang_kept 2 {mlang}"},
	} {
		_, found := source.Normal(c.in)
		var said []string
		for _, f := range found {
			if f.Code == source.FoundGarbled || f.Code == source.FoundMlang {
				said = append(said, fmt.Sprint(f.Code, " ", f.Line, " ", f.Detail))
			}
		}
		if got := strings.Join(said, "\n"); got != c.want {
			t.Errorf("%s: got\n%s", name, got)
		}
	}
}
