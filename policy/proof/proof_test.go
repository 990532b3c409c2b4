package proof_test

import (
	"fmt"
	"strings"
	"testing"

	"ltipolicy/policy"
	"ltipolicy/policy/proof"
)

// held is what holding a source against a result says, a line each.
func held(t *testing.T, format, src, result string, known proof.Excuse) string {
	t.Helper()
	losses, err := proof.Hold(format, src, policy.SafeHTML(result), known)
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, l := range losses {
		text := l.Text
		if l.Mark != "" {
			text = l.Mark + ": " + text
		}
		said = append(said, fmt.Sprint(l.Code, " ", l.Line, " ", text))
	}
	return strings.Join(said, "\n")
}

// TestHoldSeesWhatIsLost gives results that an importer with a fault could have made.
func TestHoldSeesWhatIsLost(t *testing.T) {
	for _, c := range []struct{ name, format, src, result, want string }{
		{"nothing", "html", "<p>We do <del>not</del> sell <b>data</b></p>", "<p>We do <s>not</s> sell <strong>data</strong></p>", ""},
		{"a word", "html", "<p>We do not sell data</p>", "<p>We do sell data</p>", "words_lost 0 not"},
		{"a new word", "html", "<p>We sell data</p>", "<p>We never sell data</p>", "words_added 0 never"},
		{"a sentence elsewhere", "html", "<p>No. We ask you first. Then we sell.</p>", "<p>No. Then we sell. We ask you first.</p>", "words_moved 0 Then we sell"},
		{"words turned round", "html", "<p>We may not</p>", "<p>We not may</p>", "words_moved 0 not"},
		{"struck out", "html", "<p>We do <s>not</s> sell</p>", "<p>We do not sell</p>", "mark_lost 0 s: not"},
		{"struck out by a style", "html", `<p>We do <span style="text-decoration: line-through">not ever</span> sell</p>`, "<p>We do not ever sell</p>", "mark_lost 0 s: not ever"},
		{"struck out in part of a word", "html", "<p>un<s>lawful</s></p>", "<p>unlawful</p>", "mark_lost 0 s: lawful"},
		{"raised", "html", "<p>10<sup>3</sup></p>", "<p>103</p>", "mark_lost 0 sup: 3"},
		{"lowered by a style", "html", `<p>H<span style="vertical-align:sub">2</span>O</p>`, "<p>H2O</p>", "mark_lost 0 sub: 2"},
		{"inserted", "html", "<p>We do <ins>not</ins></p>", "<p>We do not</p>", "mark_lost 0 u: not"},
		{"bold and italic", "html", `<p><b>Never</b> <em>ever</em></p>`, "<p>Never ever</p>", "mark_lost 0 em: ever\nmark_lost 0 strong: Never"},
		{"bold that a style takes away", "html", `<p><b style="font-weight:normal">Never</b></p>`, "<p>Never</p>", ""},
		{"a heading", "html", "<h1>Data</h1><p>kept</p>", "<p>Data</p><p>kept</p>", "mark_lost 0 strong: Data"},
		{"underlined links are links", "html", `<a href="https://a.example/"><u>law</u></a>`, `<a href="https://a.example/">law</a>`, ""},
		{"letters of a list", "html", `<ol type="a"><li>one</li><li>two</li></ol>`, "<ol><li>one</li><li>two</li></ol>", "words_lost 0 a\nwords_lost 0 b\nwords_added 0 1\nwords_added 0 2"},
		{"the start of a list", "html", `<ol start="3"><li>one</li></ol>`, "<ol><li>one</li></ol>", "words_lost 0 3\nwords_added 0 1"},
		{"a list by a style", "html", `<ol style="list-style-type:upper-roman"><li>one</li></ol>`, `<ol type="I"><li>one</li></ol>`, ""},
		{"a list that counts down", "html", `<ol reversed><li>one</li><li>two</li></ol>`, `<ol><li value="2">one</li><li value="1">two</li></ol>`, ""},
		{"numbers as text", "html", `<ol type="a"><li>one</li></ol>`, `<ul class="literal"><li>(a) one</li></ul>`, ""},
		{"a list that became bullets", "html", "<ol><li>one</li></ol>", "<ul><li>one</li></ul>", "words_lost 0 1"},
		{"an address", "html", `<a href="https://a.example/law">law</a>`, "law", "mark_lost 0 a https://a.example/law: law"},
		{"another address", "html", `<a href="https://a.example/law">law</a>`, `<a href="https://a.example/">law</a>`, "mark_lost 0 a https://a.example/law: law"},
		{"an address behind another page", "html", `<a href="https://www.google.com/url?q=https://a.example/law&amp;sa=D">law</a>`, `<a href="https://a.example/law">law</a>`, ""},
		{"a place", "html", `<a href="#b">see below</a><p>one two three four five six</p><p id="b">annex</p>`, `<a href="#s-b">see below</a><p id="s-b">one two three four five six</p><p>annex</p>`, "mark_lost 0 a #b: see below"},
		{"a place under another name", "html", `<a href="#b">see</a><p>one two three four five six</p><p id="b">annex</p>`, `<a href="#s-b">see</a><p>one two three four five six</p><h2 id="s-b">annex</h2>`, ""},
		{"a place that has no link", "html", `<a href="#b">see</a><p id="b">annex</p>`, `see<p>annex</p>`, "mark_lost 0 a #b: see"},
		{"the only cell of a table", "html", "<table><tr><td><p>Name</p></td></tr></table><p>End</p>", "<p>Name</p><p>End</p>", ""},
		{"numbers beside those of a sheet", "html", "<style>li {list-style: none}</style><ol><li><p>1. one</p></li><li><p>2. two</p></li></ol>", `<ul class="literal"><li>1. one</li><li>2. two</li></ul>`, ""},
		{"numbers of several levels in boxes", "html", `<style>li {list-style: none}</style><ol><li><p><span style="display:block;float:left">1.</span>one</p><ol><li><p><span style="display:block;float:left">1.1.</span>two</p></li></ol></li><li><p><span style="display:block;float:left">2.</span>three</p></li></ol>`, `<ul class="literal"><li>1. one<ul class="literal"><li>1.1. two</li></ul></li><li>2. three</li></ul>`, ""},
		{"a comment's mark beside the same word", "html", `<p>five<sup><a href="#cmnt1">[a]</a></sup>; a mass</p>`, "<p>five; a mass</p>", ""},
		{"cells", "html", "<table><tr><td>Name</td><td>Purpose</td></tr></table>", "<p>Name Purpose</p>", "mark_lost 0 td: Name Purpose"},
		{"headers", "html", "<table><tr><th>Name</th></tr></table>", "<table><tbody><tr><td><strong>Name</strong></td></tr></tbody></table>", "mark_lost 0 th: Name"},
		{"words of a drawing", "html", `<p>a</p><svg><text>our promise</text></svg>`, "<p>a</p>", "words_lost 0 our promise"},
		{"words of a form", "html", `<p>a</p><textarea>our promise</textarea><select><option>yes</option></select><input value="send">`, "<p>a</p>", "words_lost 0 our promise yes send"},
		{"what no browser shows", "html", `<p>a</p><script>x</script><style>y</style><template>z</template><title>t</title><!-- c -->`, "<p>a</p>", ""},
		{"hidden words without a finding", "html", `<p>a <span style="display:none">secret</span></p>`, "<p>a</p>", "words_lost 0 secret"},
		{"letters apart", "html", "<p>s\u0326tiint\u0326a\u0306 dosar\u00adele</p>", "<p>știință dosarele</p>", ""},
		{"a mark of a note with its number", "html", `<p>a<a href="#_ftn1">[*]</a></p><p><a id="_ftn1">*</a> b</p>`, `<p>a<sup><a href="#fn-1" id="fnref-1">1</a></sup></p><ul class="footnotes"><li id="fn-1"><a href="#fnref-1">1</a> b</li></ul>`, ""},
		{"bullets that are letters", "html", `<p><span style='mso-list:Ignore'>o<span>   </span></span>one</p>`, "<ul><li>one</li></ul>", ""},
		{"bullets of a filtered page", "html", `<p class=MsoListParagraph><span style='font-family:"Courier New"'>o<span style='font:7.0pt'>&nbsp; </span></span>one</p>`, "<ul><li>one</li></ul>", ""},
		{"numbers that a sheet counts anew", "html", `<style>li{}</style><ol start="3"><li>one</li></ol><ol start="4"><li>two</li></ol><ol start="4"><li>three</li></ol>`, `<ol start="3"><li>one<ol start="4" type="a"><li>two</li></ol></li></ol><ol start="4"><li>three</li></ol>`, ""},
		{"an underlined link in Markdown", "md", "[<u>law</u>](https://a.example/)", `<p><a href="https://a.example/"><u>law</u></a></p>`, ""},
		{"pieces of a word behind a word that is new", "html", `<ol><li>one</li></ol><p><span>t</span>wo</p>`, `<ol type="a"><li>one</li></ol><p>two</p>`, "words_lost 0 1\nwords_added 0 a"},
		{"a link at a word's end", "md", "a<b>x</b>[law](https://a.example/)", `<p>a<b>x</b><a href="https://a.example/">law</a></p>`, ""},
		{"a day behind a letter", "html", `<p>w<b>01</b></p>`, "<p>w<b></b>01</p>", "mark_lost 0 strong: 01"},
		{"a link within the text before a letter", "md", "[law](#b)s", `<p><a href="#s-b">law</a>s</p>`, ""},
		{"a short word of an address", "md", "[law](https://a.example/?a=1&b=2) one\n\ntwo b) three", `<p><a href="https://a.example/?a=1&amp;b=2">law</a> one</p><p>two b) three</p>`, ""},
		{"a number beside a note", "md", "1. one[^1]\n2. `&amp; two`\n\n[^1]: note", `<ol><li>one<sup><a href="#fn-1" id="fnref-1">1</a></sup></li><li><code>&amp;amp; two</code></li></ol><ul class="footnotes"><li id="fn-1"><a href="#fnref-1">1</a> note</li></ul>`, ""},
		{"a note before a number", "md", "one[^1]\n\n1. two\n\n[^1]: note", `<p>one<sup><a href="#fn-1" id="fnref-1">1</a></sup></p><ol><li>two</li></ol><ul class="footnotes"><li id="fn-1"><a href="#fnref-1">1</a> note</li></ul>`, ""},
		{"addresses one after the other", "md", "[one](<https://a.example/x>)\n\ntwo <https://a.example/y>", `<p><a href="https://a.example/x">one</a></p><p>two <a href="https://a.example/y">https://a.example/y</a></p>`, ""},
		{"numbers of lists beside each other", "md", "9. `&amp; one`\n\ntwo\n\n1. www.a.example/1\n   1. three", `<ol start="9"><li><code>&amp;amp; one</code></li></ol><p>two</p><ol><li>www.a.example/1<ol><li>three</li></ol></li></ol>`, ""},
		{"a short word at the end", "md", "[one][x] <!-- y --> c5\n\n[x]: https://a.example/", `<p><a href="https://a.example/">one</a>  c5</p>`, "words_lost 1 y"},
		{"a number in a definition", "md", "1. one\n\n1) [two][x]\n\n[x]: https://a.example/?a=1", `<ol><li>one</li></ol><ol><li><a href="https://a.example/?a=1">two</a></li></ol>`, ""},
		{"a definition's address", "md", "[two][x]\n\n[x]: https://a.example/law", `<p>two</p>`, "words_lost 3 https a example law"},
		{"an address before what is hidden", "md", "[one](https://a.example/x) <!-- y -->\n\n* <http://www.a.example/z>", `<p><a href="https://a.example/x">one</a> </p><ul><li><a href="http://www.a.example/z">http://www.a.example/z</a></li></ul>`, "words_lost 1 y"},
		{"a note that begins with its number", "md", "one[^1]\n\n[^1]: <del>#1 two</del>", `<p>one<sup><a href="#fn-1" id="fnref-1">1</a></sup></p><ul class="footnotes"><li id="fn-1"><a href="#fnref-1">1</a> <s>#1 two</s></li></ul>`, ""},
		{"a short word between others", "md", "`&amp; c1` <!-- y --> end", `<p><code>&amp;amp; c1</code>  end</p>`, "words_lost 1 y"},
		{"two addresses to write to", "md", "[one](mailto:a@a.example) b@a.example", `<p><a href="mailto:a@a.example">one</a> <a href="mailto:b@a.example">b@a.example</a></p>`, ""},
		{"a short word beside what is hidden", "html", `<p>one <i hidden>y</i></p><p>c7 <i hidden>z</i></p><p>end</p>`, "<p>one </p><p>c7 </p><p>end</p>", "words_lost 0 y\nwords_lost 0 z"},
		{"a link that looks like a definition", "md", "[<sup>\\[Note\\]: one</sup>](https://a.example/)", `<p><a href="https://a.example/"><sup>[Note]: one</sup></a></p>`, ""},
		{"an item that begins with its letter", "html", `<style>ol{}</style><ol start="2"><li>b) one</li></ol>`, `<ol start="2" type="A"><li>b) one</li></ol>`, ""},
		{"plain text", "txt", "One two\nthree", "<p>One three</p>", "words_lost 1 two"},
		{"a divided word", "txt", "the studen-\nților", "<p>the studenților</p>", ""},
		{"columns of lines", "txt", "MoodleSession  keeps your   one day\n               session", "<table><tbody><tr><td>MoodleSession</td><td>keeps your session</td><td>one day</td></tr></tbody></table>", ""},
		{"marks of lists", "txt", "o one\n1. two\n(b) three", `<ul><li>one</li></ul><ol><li>two</li></ol><ol type="a"><li value="2">three</li></ol>`, ""},
		{"a letter for a number", "txt", "(b) three", `<ol><li>three</li></ol>`, "words_lost 1 b"},
		{"struck out in Markdown", "md", "We do ~~not ever~~ sell", "<p>We do not ever sell</p>", "mark_lost 1 s: not ever"},
		{"tildes that strike nothing", "md", "about ~~ 5 ~~ or `~~7~~` and \\~~8~~", "<p>about ~~ 5 ~~ or <code>~~7~~</code> and ~~8~~</p>", ""},
		{"numbers that Word counts", "docx", "<p>Scope</p><p>one</p><p>not</p>", `<h2>1.1 Scope</h2><ul class="literal"><li>(a) one</li></ul>`, "words_lost 0 not"},
		{"words that Word does not count", "docx", "<p>Scope</p>", "<p>Scope ever</p>", "words_added 0 ever"},
		{"words run together", "html", "<p>two<br>lines</p>", "<p>two<b></b>lines</p>", "mark_lost 0 space: two lines"},
		{"escaped brackets before a link", "md", "a \\[x\\][b][link 2]\n\n[link 2]: https://a.example", `<p>a [x]<a href="https://a.example">b</a></p>`, ""},
		{"times in Markdown", "md", "pay 5*3*2 euro", "<p>pay 5<em>3</em>2 euro</p>", "mark_lost 1 space: 5 3 3 2"},
		{"raised in Markdown", "md", "10<sup>3</sup>", "<p>103</p>", "mark_lost 1 sup: 3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := held(t, c.format, c.src, c.result, proof.Excuse{}); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// TestHoldNamesNothingTwice: what is known to be gone is no loss.
func TestHoldNamesNothingTwice(t *testing.T) {
	src := `<p>a</p><p hidden>secret words</p><a href="/mod/page">b</a>`
	gone := func(href string) bool { return href == "/mod/page" }
	if got := held(t, "html", src, "<p>a</p>b", proof.Excuse{Words: []string{"secret words"}, Link: gone}); got != "" {
		t.Error(got)
	}
	if got := held(t, "html", src, "<p>a</p>b", proof.Excuse{Words: []string{"secret"}, Link: gone}); got != "words_lost 0 words" {
		t.Error(got)
	}
}

func TestHoldKnowsItsFormats(t *testing.T) {
	if _, err := proof.Hold("rtf", "a", "<p>a</p>", proof.Excuse{}); err == nil {
		t.Error("no error")
	}
}

func TestHoldFindsItsWayAgain(t *testing.T) {
	long := strings.Fields(strings.Repeat("we keep data of each student for two years and then we erase it ", 30))
	for i := range long {
		long[i] += fmt.Sprint(i % 7)
	}
	text := strings.Join(long, " ")
	gone := strings.Join(long[100:160], " ")
	got := held(t, "txt", text+" end", "<p>"+strings.Replace(text, gone, "", 1)+" end</p>", proof.Excuse{})
	if strings.Contains(got, "moved") || strings.Contains(got, "added") || strings.Count(got, " ") < 60 {
		t.Errorf("sixty words are lost, and no other: %s", got)
	}
}
