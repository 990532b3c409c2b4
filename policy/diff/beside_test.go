package diff_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"ltipolicy/policy"
	"ltipolicy/policy/diff"
	"ltipolicy/policy/markup"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// columns writes pairs as lines "old | new", with [-words that went-] and [+words that came+].
func columns(pairs []diff.Pair) []string {
	mark := strings.NewReplacer("<ins>", "[+", "</ins>", "+]", "<del>", "[-", "</del>", "-]")
	text := func(h policy.SafeHTML) string { return markup.PlainText(policy.SafeHTML(mark.Replace(string(h)))) }
	var lines []string
	for _, p := range pairs {
		if p.Folded > 0 {
			lines = append(lines, fmt.Sprintf("(%d) %s", p.Folded, strings.ReplaceAll(text(p.New), "\n", " ")))
			continue
		}
		lines = append(lines, fmt.Sprintf("%s: %s | %s", p.State, text(p.Old), text(p.New)))
	}
	return lines
}

func TestBesideKeepsEachVersionOnItsSide(t *testing.T) {
	old := `<h2>Cine</h2><p>Noi.</p><p>Voi.</p><p>Ei.</p><p>Toţi.</p><h2>Cât</h2><p>Datele se păstrează cinci ani.</p><ul><li>unu doi</li><li>trei patru</li></ul><h2>Apoi</h2><p>A.</p><p>B.</p>`
	now := `<h2>Cine</h2><p>Noi.</p><p>Voi.</p><p>Ei.</p><p>Toți.</p><h2>Cât</h2><p>Datele se păstrează <strong>șase</strong> ani.</p><ul><li>unu doi</li></ul><p>Cu totul altceva aici.</p><h2>Apoi</h2><p>A.</p><p>B.</p>`
	pairs, ok := diff.Beside(policy.SafeHTML(old), policy.SafeHTML(now), diff.Options{})
	want := []string{
		"(5) Cine Noi. Voi. Ei. Toți.",
		"same: Cât | Cât",
		"changed: Datele se păstrează [-cinci-] ani. | Datele se păstrează [+șase+] ani.",
		"same: unu doi | unu doi",
		"removed: [-trei patru-] | ",
		"added:  | [+Cu totul altceva aici.+]",
		"(3) Apoi A. B.",
	}
	if diff := cmp.Diff(want, columns(pairs)); diff != "" || !ok {
		t.Error(diff)
	}
	if h := string(pairs[2].New); !strings.Contains(h, `<ins><strong>șase</strong></ins> ani.</p>`) {
		t.Errorf("the form is lost: %s", h)
	}
	if h := string(pairs[4].Old); h != `<ul><li><del>trei patru</del></li></ul>` || pairs[4].New != "" {
		t.Errorf("what went: %s", h)
	}
}

func TestBesideSaysMarksToThoseWhoHear(t *testing.T) {
	pairs, _ := diff.Beside("<p>one two three</p>", "<p>one two four</p>", diff.Options{Inserted: "inserted:", Deleted: "removed:", Lang: "en"})
	if len(pairs) != 1 || !strings.Contains(string(pairs[0].Old), `<del><span class="hidden" lang="en">[removed: </span>three`) ||
		!strings.Contains(string(pairs[0].New), `<ins><span class="hidden" lang="en">[inserted: </span>four`) {
		t.Errorf("%+v", pairs)
	}
}

func TestBesideShowsWholeTextsThatAreTooFarApart(t *testing.T) {
	old := policy.SafeHTML("<p>" + strings.Repeat("word ", 10_001) + "</p>")
	now := policy.SafeHTML("<p>" + strings.Repeat("other ", 10_001) + "</p>")
	pairs, ok := diff.Beside(old, now, all)
	if ok || len(pairs) != 1 || pairs[0].Old != old || pairs[0].New != now {
		t.Errorf("%d pairs, %v", len(pairs), ok)
	}
}

// withoutLabels leaves out what the comparison writes for the labels of numbered lists.
func withoutLabels(h policy.SafeHTML) policy.SafeHTML {
	return policy.SafeHTML(regexp.MustCompile(`<span class="label">[^<]*</span>`).ReplaceAllString(string(h), ""))
}

func TestBesideHoldsBothVersions(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		v := versionsOfText().Draw(rt, "versions")
		context := rapid.IntRange(-1, 2).Draw(rt, "context")
		pairs, ok := diff.Beside(v[0], v[1], diff.Options{Context: context})
		if !ok {
			rt.Fatal("too far apart")
		}
		var old, now []string
		for _, p := range pairs {
			p.Old, p.New = withoutLabels(p.Old), withoutLabels(p.New)
			if p.Folded > 0 {
				old = append(old, markup.PlainText(p.New))
			} else {
				old = append(old, markup.PlainText(p.Old))
			}
			now = append(now, markup.PlainText(p.New))
			if p.State == diff.Same && (strings.Contains(string(p.Old), "<del>") || strings.Contains(string(p.New), "<ins>")) {
				rt.Fatalf("marked, and the same: %+v", p)
			}
			if context < 0 && p.Folded > 0 {
				rt.Fatalf("folded: %+v", p)
			}
		}
		for i, side := range [][]string{old, now} {
			if got, want := alike(strings.Join(side, "\n")), alike(markup.PlainText(v[i])); got != want {
				rt.Fatalf("side %d:\n%q\nwant\n%q", i, got, want)
			}
		}
	})
}
