package source_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// script has words of six scripts.
var script = strings.Fields(`not sell data învățământ țară duomenų šalis лични данни институција управљања αρχείο δεδομένα
	חוק מידע قانون بيانات डेटा नीति 2024 7`)

// marker draws words that occur nowhere else: w and a number, among the words of six scripts.
type marker struct {
	n     int
	words []string // those that have to be seen, or to be named in a finding
}

func (m *marker) phrase(t *rapid.T) string {
	m.n++
	w := "w" + strconv.Itoa(m.n) + "w"
	m.words = append(m.words, w)
	return rapid.SampledFrom(script).Draw(t, "before") + " " + w + " " + rapid.SampledFrom(script).Draw(t, "after")
}

var inlineForms = []string{"%", "**%**", "*%*", "~~%~~", "`%`", "[%](https://example.org/x)", "[%][one]", "[%]", "<%>",
	"<b>%</b>", "<data %>", "<!-- % -->", "%[^1]", "%[^n]", "%[^none]", "\\*%\\*", "&lt;% &amp; &Auml;b", "![%](map.png)",
	"<span title=\"%\">x</span>", "<%", "%>", "\\<%>", "<div %>", "{#%}", "<q>%</q>", "^[%]", "==%=="}

var blockForms = []string{"%", "# %", "## % {#id}", "- %\n- %", "3. %\n4. %\n9. %", "1) %\n2) %", "a) %\nb) %", "> %\n> %", "- %\n  1. %\n     - %",
	"| a | % |\n|:-:|---|\n| % |\n| % | % | % |", "[^1]: %", "[^n]: %\n\n    %", "[one]: https://example.org/1", "[two]: x-%", "[three]: /x '%'",
	"```% info\n%\n```", "    %", "<div>\n% <of the %>\n</div>", "<institution %>\nmore %", "%\n: %", "%\n---", "---\ntitle: %\n---", "<!--\n%\n-->",
	"- [ ] %\n- [x] %", "<table><tr><td>%<td>%</table>", "<!-- %", "<?php % ?>", "<![CDATA[ % ]]>", "%  \n%\\\n%", "<title>%</title>", "*[HTML]: %"}

func drawMarkdown(t *rapid.T, m *marker) string {
	fill := func(form string, with func() string) string {
		var b strings.Builder
		for i, part := range strings.Split(form, "%") {
			if i > 0 {
				b.WriteString(with())
			}
			b.WriteString(part)
		}
		return b.String()
	}
	inline := func() string {
		var parts []string
		for range rapid.IntRange(1, 3).Draw(t, "inlines") {
			parts = append(parts, fill(rapid.SampledFrom(inlineForms).Draw(t, "inline"), func() string { return m.phrase(t) }))
		}
		return strings.Join(parts, " ")
	}
	var b strings.Builder
	for range rapid.IntRange(1, 6).Draw(t, "blocks") {
		b.WriteString(fill(rapid.SampledFrom(blockForms).Draw(t, "block"), inline))
		b.WriteString(rapid.SampledFrom([]string{"\n\n", "\n\n", "\n"}).Draw(t, "gap"))
	}
	return b.String()
}

var unseen = regexp.MustCompile(`w[0-9]+w`)

// TestMarkdownLosesNoWord draws texts of all that Markdown has: each of their words is seen, or a finding
// names it.
func TestMarkdownLosesNoWord(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		m := &marker{}
		src := drawMarkdown(r, m)
		got, found := takeMarkdown(t, src)
		seen := map[string]int{}
		for _, w := range unseen.FindAllString(got+" "+found, -1) {
			seen[w]++
		}
		for _, w := range m.words {
			if seen[w] == 0 {
				r.Fatalf("%s is lost in\n%s\nwhich became\n%s\n%s", w, src, got, found)
			}
		}
		for line := range strings.SplitSeq(found, "\n") {
			for _, w := range unseen.FindAllString(line, -1) {
				if strings.HasPrefix(line, "words_lost") && strings.Contains(got, w) {
					r.Fatalf("%s is not lost in\n%s\nwhich became\n%s\n%s", w, src, got, found)
				}
			}
		}
		if strings.Contains(found, "words_added") {
			r.Fatalf("words are added to\n%s\nwhich became\n%s\n%s", src, got, found)
		}
	})
}
