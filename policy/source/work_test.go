package source_test

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"ltipolicy/policy"
	"ltipolicy/policy/markup"
	"ltipolicy/policy/source"
)

// shapes are texts of some size that keep the importer busy in different ways: plain ones, and those of other formats, which
// begin with the format.
var shapes = map[string]func(n int) string{
	"definitions":  func(n int) string { return strings.Repeat("• Term – meaning of the term\n", n) },
	"clauses":      numbered("%d. Clause of the house rules that says something\n"),
	"paragraphs":   func(n int) string { return strings.Repeat("A paragraph of the house rules.\n\n", n) },
	"headings":     func(n int) string { return strings.Repeat("I. HEADING\n\ntext of it here.\n\n", n) },
	"nested lists": func(n int) string { return strings.Repeat("- a\n  - b\n    - c\n", n) },
	"a long line":  func(n int) string { return strings.Repeat("word, https://a.example/x (1) „q“ ", n) },
	"broken lines": func(n int) string {
		return strings.Repeat("this is a long line of lower case words that goes on and on\n", n)
	},
	"a table":         func(n int) string { return "Cookie Purpose Duration\n" + strings.Repeat("_ga counts\n", n) },
	"mixed alphabets": numbered("w%dж wж%[1]d\n"),
	"notes": func(n int) string {
		notes := min(n, 90)
		return numbered("Text of a rule with a note (%d).\n\n")(n) + numbered("  %d. What the note says\n")(notes)
	},
	"html links": func(n int) string {
		return numbered(`<p id="s-%d"><a href="#s-%[1]d">a rule</a> of the <s>house</s></p>`)(n)
	},
	"html tables":      func(n int) string { return "<table>" + strings.Repeat("<tr><th>_ga<td>counts</tr>", n) + "</table>" },
	"html lists":       func(n int) string { return "<ol>" + strings.Repeat("<li value=7>rule</li>", n) + "</ol>" },
	"html of Word":     numbered("<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><![if !supportLists]><span style='mso-list:Ignore'>%d.<span> </span></span><![endif]>rule</p>"),
	"html with styles": numbered(`<p><span style="font-weight:bold;text-decoration:line-through">rule %d</span> of it</p>`),
	"md of all sorts":  numbered("## Rule %d\n\nText **of** ~~the~~ rule[^n%[1]d] <name> [x]\n\n[^n%[1]d]: note\n\n"),
	"md definitions":   numbered("[d%d]: https://example.org/%[1]d\n\nrule [d%[1]d]\n\n"),
	"md without an end": func(n int) string {
		return strings.Repeat(strings.Repeat("rule ~~a <b [c [^d <!-- ", 10)+"\n\n", n/10+1)
	},
	"invisible characters": func(n int) string { return strings.Repeat("a\u200b\u200b\u200be\u0301\v", n) },
}

func numbered(form string) func(n int) string {
	return func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, form, i+1)
		}
		return b.String()
	}
}

// workSize says how large the texts are of which the work is counted, see TestWorkGrowsWithTheText.
const workSize = "LTIPOLICY_WORK_SIZE"

func TestShapesOfTextAreImported(t *testing.T) {
	n, err := strconv.Atoi(cmp.Or(os.Getenv(workSize), "30"))
	if err != nil {
		t.Fatal(err)
	}
	for name, shape := range shapes {
		t.Run(name, func(t *testing.T) {
			src, format := shape(n), "txt"
			if f, _, ok := strings.Cut(name, " "); ok && (f == "html" || f == "md") {
				format = f
			}
			p := source.Policy{Slug: "p", Texts: []source.Text{{Lang: "en", Format: format, Name: "P", Content: src}}}
			v, found, err := p.Version(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if words := markup.Words(v.Texts[0].Content); words < n {
				t.Errorf("%d words of %d", words, n)
			}
			for _, f := range found["en."+format] {
				if f.Loss() {
					t.Errorf("lost: %v", f)
				}
			}
			// Finding one's way in a text that has little to do with the source is work, too.
			if lost, err := source.Prove(format, src, "<p>"+policy.SafeHTML(strings.Repeat("rule of another house that word ", n))+"</p>", nil); err != nil || len(lost) == 0 {
				t.Errorf("nothing is lost in another text: %v", err)
			}
		})
	}
}

// Twice the text is twice the work, counted in statements that ran.
func TestWorkGrowsWithTheText(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "source.test")
	build := exec.CommandContext(t.Context(), "go", "test", "-c", "-covermode=count", "-coverpkg=ltipolicy/policy/...", "-o", binary, ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for name := range shapes {
		once, twice := work(t, binary, name, 400), work(t, binary, name, 800)
		if once == 0 || float64(twice) > 2.3*float64(once) {
			t.Errorf("%s: %d statements for a text, %d for one of twice its length", name, once, twice)
		}
	}
}

// work counts the statements that importing a shape of a size runs.
func work(t *testing.T, binary, shape string, size int) int {
	t.Helper()
	profile := filepath.Join(t.TempDir(), "profile")
	run := exec.CommandContext(t.Context(), binary, "-test.run", "^TestShapesOfTextAreImported$/^"+strings.ReplaceAll(shape, " ", "_")+"$", "-test.coverprofile", profile)
	run.Env = append(os.Environ(), workSize+"="+strconv.Itoa(size))
	if out, err := run.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", shape, err, out)
	}
	raw, err := os.ReadFile(profile)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0
	for line := range strings.Lines(string(raw)) {
		f := strings.Fields(line)
		if len(f) != 3 {
			continue
		}
		statements, err1 := strconv.Atoi(f[1])
		times, err2 := strconv.Atoi(f[2])
		if err := cmp.Or(err1, err2); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		sum += statements * times
	}
	return sum
}
