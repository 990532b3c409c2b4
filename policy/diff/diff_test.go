package diff_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"ltipolicy/policy"
	"ltipolicy/policy/diff"
	"ltipolicy/policy/markup"
	"ltipolicy/policy/source"
	"ltipolicy/testdata"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
	"pgregory.net/rapid"
)

var all = diff.Options{Context: -1}

// marked writes a difference with [-words that went-] and [+words that came+].
func marked(d diff.Difference) string {
	var lines []string
	for _, s := range d.Sections {
		h := strings.NewReplacer("<ins>", "[+", "</ins>", "+]", "<del>", "[-", "</del>", "-]").Replace(string(s.HTML))
		lines = append(lines, markup.PlainText(policy.SafeHTML(h)))
	}
	return strings.Join(lines, "\n")
}

// side is what a difference says without the elements of one name: the old text without ins, the new without del.
func side(t testing.TB, d diff.Difference, without string) string {
	t.Helper()
	var lines []string
	for _, s := range d.Sections {
		doc, err := html.Parse(strings.NewReader(string(s.HTML)))
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range slices.Collect(doc.Descendants()) {
			hidden := slices.ContainsFunc(n.Attr, func(a html.Attribute) bool {
				return a.Key == "class" && (a.Val == "hidden" || a.Val == "label")
			})
			if n.Type == html.ElementNode && (n.Data == without || hidden) && n.Parent != nil {
				n.Parent.RemoveChild(n)
			}
		}
		var b strings.Builder
		if err := html.Render(&b, doc); err != nil {
			t.Fatal(err)
		}
		if text := markup.PlainText(policy.SafeHTML(b.String())); text != "" {
			lines = append(lines, text)
		}
	}
	return alike(strings.Join(lines, "\n"))
}

// alike folds what a comparison takes for the same. Cells that are empty have no tabs between them.
func alike(s string) string {
	s = strings.NewReplacer("\u00a0", " ", "ş", "ș", "ţ", "ț", "Ş", "Ș", "Ţ", "Ț").Replace(s)
	var out []string
	for l := range strings.SplitSeq(s, "\n") {
		if l = strings.Join(strings.Fields(l), " "); l != "" {
			out = append(out, l)
		}
	}
	return strings.Join(out, "\n")
}

func TestDiffInFiveLanguages(t *testing.T) {
	for lang, c := range map[string]struct{ old, now, want string }{
		"ro":      {"<p>Datele se păstrează cinci ani după absolvire.</p>", "<p>Datele se păstrează șase ani după absolvire.</p>", "Datele se păstrează [-cinci-][+șase+] ani după absolvire."},
		"lt":      {"<p>Duomenys saugomi 5 metus.</p>", "<p>Duomenys saugomi 6 metus, vėliau ištrinami.</p>", "Duomenys saugomi [-5-][+6+] metus[+, vėliau ištrinami+]."},
		"bg":      {"<p>Данните се пазят пет години.</p>", "<p>Личните данни се пазят пет години.</p>", "[-Данните-][+Личните данни+] се пазят пет години."},
		"sr-Cyrl": {"<p>Подаци се чувају годину дана и бришу.</p>", "<p>Подаци се чувају годину дана.</p>", "Подаци се чувају годину дана[- и бришу-]."},
		"pt":      {"<p>Os dados são guardados por um ano na universidade.</p>", "<p>Os dados são guardados por dois anos na universidade.</p>", "Os dados são guardados por [-um ano-][+dois anos+] na universidade."},
		"en":      {"<p>We don't share your data.</p>", "<p>We don't sell your data.</p>", "We don't [-share-][+sell+] your data."},
	} {
		if got := marked(diff.Compare(policy.SafeHTML(c.old), policy.SafeHTML(c.now), all)); got != c.want {
			t.Errorf("%s: %s", lang, got)
		}
	}
}

func TestDiffRules(t *testing.T) {
	for name, c := range map[string]struct{ old, now, want string }{
		"a space that must not break is a space": {"<p>a\u00a0b</p>", "<p>a b</p>", "a b"},
		"a cedilla is a comma below":             {"<p>învăţământ</p>", "<p>învățământ</p>", "învățământ"},
		"a missing space is a change":            {"<p>лице,което може</p>", "<p>лице, което може</p>", "лице,[+ +]което може"},
		"formatting is no change of words":       {"<p>a <em>b</em></p>", "<h2>a b</h2>", "a b"},
		"a paragraph came":                       {"<p>one</p><p>three</p>", "<p>one</p><p>two</p><p>three</p>", "one\n[+two+]\nthree"},
		"a paragraph went":                       {"<p>one</p><p>two</p>", "<p>two</p>", "[-one-]\ntwo"},
		"unlike paragraphs are not mixed":        {"<p>x</p><p>alpha beta gamma</p>", "<p>x</p><p>delta epsilon</p>", "x\n[-alpha beta gamma-]\n[+delta epsilon+]"},
		"equal paragraphs keep their places":     {"<p>same</p><p>a b c d</p><p>same</p>", "<p>same</p><p>a b c e</p><p>same</p>", "same\na b c [-d-][+e+]\nsame"},
		"rows go cell by cell":                   {"<table><tbody><tr><td>__utma</td><td>two years long</td></tr></tbody></table>", "<table><tbody><tr><td>__utma</td><td>one year long</td></tr></tbody></table>", "__utma\t[-two years-][+one year+] long"},
		"a column came":                          {"<table><tbody><tr><td>a</td></tr></tbody></table>", "<table><tbody><tr><td>a</td><td>b</td></tr></tbody></table>", "[-a-]\n[+a+]\t[+b+]"},
		"nested lists":                           {"<ul><li>a b c<ul><li>d e f</li></ul></li></ul>", "<ul><li>a b c<ul><li>d e g</li></ul></li></ul>", "a b c\nd e [-f-][+g+]"},
		"scripts without spaces":                 {"<p>個人情報保護</p>", "<p>個人情報管理</p>", "個人情報[-保護-][+管理+]"},
		"crumbs are put together":                {"<p>x a, b, c y z w</p>", "<p>x d, e, f y z w</p>", "x [-a, b, c-][+d, e, f+] y z w"},
		"from nothing":                           {"", "<p>a</p>", "[+a+]"},
		"to nothing":                             {"<p>a</p>", "", "[-a-]"},
		"markup in words stays words":            {"<p>&lt;ins&gt; a b</p>", "<p>&lt;script&gt; a b</p>", "<[-ins-][+script+]> a b"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := marked(diff.Compare(policy.SafeHTML(c.old), policy.SafeHTML(c.now), all)); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestDiffSections(t *testing.T) {
	old := `<p>Start</p><h2>1. Who?</h2><h3>EU</h3><p>a b c</p><h3>National</h3><p>x</p><h2>2. Gone</h2><p>y</p>`
	now := `<p>Start</p><h2>1. Who?</h2><h3>EU</h3><p>a b c</p><h3>National</h3><p>x</p><h2>2. New things</h2><p>q r</p><h3>EU</h3><p>s</p>`
	d := diff.Compare(policy.SafeHTML(old), policy.SafeHTML(now), diff.Options{Inserted: "inserted:", Deleted: "removed:"})
	var got []string
	for _, s := range d.Changed() {
		got = append(got, fmt.Sprintf("%s %s +%d -%d", strings.Join(s.Path, " > "), s.State, s.Inserted, s.Deleted))
	}
	want := []string{"2. Gone removed +0 -3", "2. New things added +5 -0", "2. New things > EU added +2 -0"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if h := string(d.Changed()[1].HTML); !strings.Contains(h, `<ins><span class="hidden">[inserted: </span>2. New things<span class="hidden">]</span></ins>`) {
		t.Errorf("nobody hears what came: %s", h)
	}
	same := diff.Compare(policy.SafeHTML(old), policy.SafeHTML(old), all)
	if !same.Same() || len(same.Sections) != 5 {
		t.Errorf("%+v", same)
	}
}

func TestDiffLeavesOutWhatDidNotChange(t *testing.T) {
	long := func(word string) policy.SafeHTML {
		var b strings.Builder
		b.WriteString("<h2>Title</h2>")
		for i := range 20 {
			w := "same"
			if i == 10 {
				w = word
			}
			fmt.Fprintf(&b, "<p>paragraph %d is %s</p>", i, w)
		}
		return policy.SafeHTML(b.String())
	}
	d := diff.Compare(long("old"), long("new"), diff.Options{LeftOut: "unchanged text", Context: 1})
	h := string(d.Sections[0].HTML)
	if n := strings.Count(h, "<p"); n != 5 || strings.Count(h, `class="gap"`) != 2 || !strings.Contains(h, "unchanged text") || !strings.Contains(h, "<h2>Title</h2>") {
		t.Errorf("%d paragraphs: %s", n, h)
	}
}

func TestDiffKeepsLinksButNoIDs(t *testing.T) {
	old := `<p>see <a href="https://a.example" rel="noreferrer noopener" target="_blank">the page</a> and <a id="fnref-1" href="#fn-1">(1)</a> there</p>`
	d := diff.Compare(policy.SafeHTML(old), policy.SafeHTML(strings.Replace(old, "there", "here", 1)), all)
	h := string(d.Sections[0].HTML)
	if !strings.Contains(h, `href="https://a.example"`) || strings.Contains(h, "id=") || strings.Contains(h, `href="#`) {
		t.Error(h)
	}
}

func TestDiffGivesUpOnTextsTooFarApart(t *testing.T) {
	words := strings.Repeat("word ", 10_001)
	if d := diff.Compare(policy.SafeHTML("<p>"+words+"</p>"), policy.SafeHTML("<p>"+words+"x</p>"), all); !d.Rewritten || d.Same() {
		t.Error("20,003 words were compared")
	}
	var a, b strings.Builder
	for i := range 600 {
		fmt.Fprintf(&a, "<p>a%d</p>", i)
		fmt.Fprintf(&b, "<p>b%d</p>", i)
	}
	if d := diff.Compare(policy.SafeHTML(a.String()), policy.SafeHTML(b.String()), all); !d.Rewritten {
		t.Error("1,200 steps were taken")
	}
	// Within one paragraph, many changes make it a new one.
	var p, q strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&p, "w%d ", i)
		fmt.Fprintf(&q, "w%d ", i+i%2*10_000)
	}
	d := diff.Compare(policy.SafeHTML("<p>"+p.String()+"</p>"), policy.SafeHTML("<p>"+q.String()+"</p>"), all)
	if len(d.Sections) != 1 || d.Sections[0].Deleted != 3000 || side(t, d, "del") != alike(q.String()) {
		t.Errorf("%d sections", len(d.Sections))
	}
}

// versionsOfText draws two versions of a text in one of the policies' languages.
func versionsOfText() *rapid.Generator[[2]policy.SafeHTML] {
	words := []string{
		"învățământ", "învăţământ", "Politica", "de", "confidențialitate", "m-am", "duomenų", "žinutė", "į", "ė",
		"лични", "данни", "„Черноризец", "Храбър“", "чл.10,", "№", "подаци", "NSО", "а)", "não", "coração", "L’école", "5", "2018/1725",
		"a\u00a0b", "&amp;", "&lt;b&gt;", "個人", "…", "–", "e\u0301", "<em>важно</em>", `<a href="https://a.example">връзка</a>`, "<strong>a b</strong>", "<br>",
	}
	return rapid.Custom(func(t *rapid.T) [2]policy.SafeHTML {
		sentence := rapid.Custom(func(t *rapid.T) string {
			return strings.Join(rapid.SliceOfN(rapid.SampledFrom(words), 1, 12).Draw(t, "words"), rapid.SampledFrom([]string{" ", " ", "  ", "\n", ""}).Draw(t, "space"))
		})
		element := rapid.Custom(func(t *rapid.T) string {
			s := sentence.Draw(t, "s")
			return rapid.SampledFrom([]string{
				"<p>" + s + "</p>", "<h2>" + s + "</h2>", "<h3>" + s + "</h3>", "<ul><li>" + s + "</li><li>" + s + "<ul><li>x</li></ul></li></ul>",
				"<table><tbody><tr><td>" + s + "</td><td>b</td></tr></tbody></table>", "<dl><dt>" + s + "</dt><dd>" + s + "</dd></dl>", s,
				"<blockquote><p>" + s + "</p></blockquote>", "<ol><li><p>" + s + "</p><p>q</p></li></ol>",
			}).Draw(t, "element")
		})
		old := rapid.SliceOfN(element, 0, 8).Draw(t, "old")
		now := slices.Clone(old)
		for range rapid.IntRange(0, 4).Draw(t, "edits") {
			i := rapid.IntRange(0, len(now)).Draw(t, "at")
			switch e := element.Draw(t, "new"); {
			case i == len(now) || rapid.Bool().Draw(t, "insert"):
				now = slices.Insert(now, i, e)
			case rapid.Bool().Draw(t, "delete"):
				now = slices.Delete(now, i, i+1)
			default:
				now[i] = strings.Replace(now[i], " ", " "+sentence.Draw(t, "more")+" ", 1)
			}
		}
		var out [2]policy.SafeHTML
		for i, v := range [][]string{old, now} {
			h, _, err := source.Sanitize(strings.Join(v, ""))
			if err != nil {
				t.Fatal(err)
			}
			out[i] = h
		}
		return out
	})
}

func TestDiffHoldsBothVersions(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		v := versionsOfText().Draw(rt, "versions")
		d := diff.Compare(v[0], v[1], diff.Options{Inserted: "in", Deleted: "out", Context: -1})
		if got, want := side(t, d, "ins"), alike(markup.PlainText(v[0])); got != want {
			rt.Fatalf("without what came:\n%q\nold:\n%q", got, want)
		}
		if got, want := side(t, d, "del"), alike(markup.PlainText(v[1])); got != want {
			rt.Fatalf("without what went:\n%q\nnew:\n%q", got, want)
		}
		if same := d.Same(); same != (alike(markup.PlainText(v[0])) == alike(markup.PlainText(v[1]))) && !same {
			rt.Fatalf("equal words, and a change: %s", marked(d))
		}
	})
}

// TestDiffOfTheSourcePolicies changes each of them in one word and finds exactly that.
func TestDiffOfTheSourcePolicies(t *testing.T) {
	seeds, err := testdata.Seeds()
	if err != nil {
		t.Fatal(err)
	}
	for id, s := range seeds {
		raw := source.ImportParts(s.Lang, s.Content.Text)[0].HTML
		old, _, err := source.Sanitize(raw)
		if err != nil {
			t.Fatal(err)
		}
		last := strings.Fields(markup.PlainText(old))
		word := last[len(last)/2]
		now := policy.SafeHTML(strings.Replace(string(old), " "+word+" ", " "+word+" ново ", 1))
		d := diff.Compare(old, now, diff.Options{Context: 1})
		changed := d.Changed()
		if now == old || len(changed) != 1 || changed[0].Inserted != 1 || changed[0].Deleted != 0 {
			t.Errorf("%s, after %q: %+v", id, word, changed)
		}
		if got := side(t, diff.Compare(old, now, all), "ins"); got != alike(markup.PlainText(old)) {
			t.Errorf("%s: the old text changed", id)
		}
	}
}

func TestImagesAreNoWordsButChange(t *testing.T) {
	one := policy.Image{Digest: strings.Repeat("01", 32), Width: 3, Height: 3}
	two := policy.Image{Digest: strings.Repeat("02", 32), Width: 4, Height: 4}
	text := func(i policy.Image, alt string) policy.SafeHTML {
		safe, _, err := source.Sanitize(`<p>See the map.</p>` + source.Element(i, alt))
		if err != nil {
			t.Fatal(err)
		}
		return safe
	}
	old := text(one, "Map")
	if markup.Words(old) != 3 || markup.PlainText(old) != "See the map." {
		t.Errorf("%d words: %q", markup.Words(old), markup.PlainText(old))
	}
	o := diff.Options{Context: -1, Image: "Image"}
	if d := diff.Compare(old, old, o); !d.Same() || !strings.Contains(string(d.Sections[0].HTML), `alt="Map"`) {
		t.Errorf("%+v", d)
	}
	for name, now := range map[string]policy.SafeHTML{"another picture": text(two, "Map"), "another description": text(one, "Plan")} {
		d := diff.Compare(old, now, o)
		if d.Same() {
			t.Fatalf("%s: the same", name)
		}
		got := string(d.Sections[0].HTML)
		for _, want := range []string{`<del>[Image: Map] <img`, one.Address(), `<ins>[Image: `} {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %s lacks %s", name, got, want)
			}
		}
	}
	if d := diff.Compare(old, "<p>See the map.</p>", o); d.Same() || d.Sections[0].Deleted != 1 {
		t.Errorf("an image that went: %+v", d)
	}
}

func BenchmarkDiff(b *testing.B) {
	old := policy.SafeHTML("<p>" + strings.Repeat("alpha beta gamma, delta. ", 2000) + "</p>")
	now := policy.SafeHTML("<p>" + strings.Repeat("alpha beta gamma, epsilon. ", 2000) + "</p>")
	for b.Loop() {
		diff.Compare(old, now, all)
	}
}
