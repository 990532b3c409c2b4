package markup_test

import (
	"regexp"
	"strings"
	"testing"

	"ltipolicy/policy"
	"ltipolicy/policy/markup"
)

func TestScoped(t *testing.T) {
	const src = `<h2 id="s-1">A</h2><h3 id="s-2">B</h3><p>x<a id="fnref-1" href="#fn-1">(1)</a></p><ul><li id="fn-1">n</li></ul>`
	got := string(markup.Scoped(src, "p7", 4))
	for _, want := range []string{"<h4 ", "<h5 ", `id="p7-fnref-1"`, `href="#p7-fn-1"`, `id="p7-fn-1"`, `id="p7-s-`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s lacks %s", got, want)
		}
	}
	if markup.PlainText(policy.SafeHTML(got)) != markup.PlainText(src) {
		t.Error("the words changed")
	}
}

func TestShowKeepsNotesTogetherAndHeadingsApart(t *testing.T) {
	// Sanitising has dropped a link to a place that is not there, and named the headings by their words.
	const summary = `<h2 id="s-1">A</h2><p>upx<a id="fnref-1" href="#fn-1">(1)</a></p>`
	const content = `<h2 id="s-1">A</h2><h3 id="s-2">B</h3><ul class="footnotes"><li id="fn-1"><a href="#fnref-1">1.</a> n</li></ul>`
	shown := markup.Show(policy.Text{Summary: summary, Content: content}, "p7", 4, 3)
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
	got := markup.PlainText("<h2>A</h2>\n<p>b  <em>c</em>\n d\u00a0e</p><ul><li>f<ul><li>g</li></ul></li></ul><table><tr><td>h</td><td><p>i</p><p>j</p></td></tr></table>k<br>l")
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
		if got := markup.Words(policy.SafeHTML(in)); got != want {
			t.Errorf("%s: %d", in, got)
		}
	}
	for words, want := range map[int]int{0: 1, 299: 1, 300: 2, 1659: 8, 2516: 13} {
		if got := markup.ReadingMinutes(words); got != want {
			t.Errorf("%d words: %d minutes", words, got)
		}
	}
}

func TestNumeral(t *testing.T) {
	for kind, all := range map[string]map[int]string{
		"1": {1: "1", 0: "0"}, "": {12: "12"},
		"a": {1: "a", 26: "z", 27: "aa", 702: "zz", 703: "aaa", 0: "0", -3: "-3"}, "A": {28: "AB"},
		"i": {4: "iv", 9: "ix", 14: "xiv", 1994: "mcmxciv", 3999: "mmmcmxcix", 4000: "4000", 0: "0"}, "I": {40: "XL"},
	} {
		for n, want := range all {
			if got := markup.Numeral(kind, n); got != want {
				t.Errorf("%d of type %q: %s, want %s", n, kind, got, want)
			}
		}
	}
}
