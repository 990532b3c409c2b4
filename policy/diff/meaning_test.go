package diff_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"ltipolicy/policy"
	"ltipolicy/policy/diff"

	"golang.org/x/net/html"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

// shown is what a comparison shows as one line for each section, marks of the text included.
func shown(d diff.Difference) string {
	var b strings.Builder
	for _, s := range d.Sections {
		b.WriteString(regexp.MustCompile(`</?(?:p|ul|li|span)[^>]*>`).ReplaceAllString(string(s.HTML), ""))
	}
	return b.String()
}

func TestMeaningIsPartOfWhatIsCompared(t *testing.T) {
	for name, c := range map[string]struct{ old, now, want string }{
		"no longer struck":           {"<p>We do <s>not</s> sell.</p>", "<p>We do not sell.</p>", "We do <del><s>not</s></del><ins>not</ins> sell."},
		"underlined now":             {"<p>not all</p>", "<p><u>not</u> all</p>", "<del>not</del><ins><u>not</u></ins> all"},
		"a power":                    {"<p>10<sup>3</sup> people</p>", "<p>103 people</p>", "<del>10<sup>3</sup></del><ins>103</ins> people"},
		"an index":                   {"<p>H<sub>2</sub>O</p>", "<p>H<sup>2</sup>O</p>", "H<del><sub>2</sub></del><ins><sup>2</sup></ins>O"},
		"a power of a power":         {"<p>it is 2<sup>3<sup>4</sup></sup></p>", "<p>it is 2<sup>34</sup></p>", "it is 2<del><sup>3</sup><sup><sup>4</sup></sup></del><ins><sup>34</sup></ins>"},
		"part of a word":             {"<p>un<s>able</s></p>", "<p>unable</p>", "<del>un<s>able</s></del><ins>unable</ins>"},
		"a heading too":              {"<h2><s>Old</s> rules</h2>", "<h2>Old rules</h2>", "<h2><del><s>Old</s></del><ins>Old</ins> rules</h2>"},
		"a cell too":                 {"<table><tbody><tr><td><s>5</s> years</td></tr></tbody></table>", "<table><tbody><tr><td>5 years</td></tr></tbody></table>", "<table><tbody><tr><td><del><s>5</s></del><ins>5</ins> years</td></tr></tbody></table>"},
		"all of a paragraph":         {"<s><p>one two</p></s>", "<p>one two</p>", "<del><s>one two</s></del><ins>one two</ins>"},
		"letters of a list":          {`<ol type="a"><li>x</li></ol>`, "<ol><li>x</li></ol>", "<del>a. </del><ins>1. </ins>x"},
		"where a list starts":        {`<ol type="i" start="4"><li>x</li></ol>`, `<ol type="i" start="5"><li>x</li></ol>`, "<del>iv. </del><ins>v. </ins>x"},
		"a value":                    {`<ol><li value="3">x</li><li>y</li></ol>`, `<ol><li value="3">x</li><li value="5">y</li></ol>`, "3. x<del>4. </del><ins>5. </ins>y"},
		"a numbered list came of it": {"<ul><li>x</li></ul>", "<ol><li>x</li></ol>", "<ins>1. </ins>x"},
		"an item before":             {`<ol type="A"><li>x y z</li></ol>`, `<ol type="A"><li>new</li><li>x y z</li></ol>`, "<ins>A. new</ins><del>A. </del><ins>B. </ins>x y z"},
		"an item within a cell":      {`<table><tbody><tr><td><ol><li>x</li></ol></td></tr></tbody></table>`, `<table><tbody><tr><td><ol start="2"><li>x</li></ol></td></tr></tbody></table>`, "<table><tbody><tr><td><del>1. </del><ins>2. </ins>x</td></tr></tbody></table>"},
		"a list within an item":      {`<ol><li><ol type="a"><li>x</li></ol></li></ol>`, `<ol><li><ol><li>x</li></ol></li></ol>`, "<del>1. a. </del><ins>1. 1. </ins>x"},
		"two letters":                {`<ol type="a" start="26"><li>x</li><li>y</li></ol>`, `<ol type="A" start="26"><li>x</li><li>y</li></ol>`, "<del>z. </del><ins>Z. </ins>x<del>aa. </del><ins>AA. </ins>y"},
	} {
		t.Run(name, func(t *testing.T) {
			d := diff.Compare(policy.SafeHTML(c.old), policy.SafeHTML(c.now), all)
			if got := shown(d); got != c.want || d.Same() {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			pairs, _ := diff.Beside(policy.SafeHTML(c.old), policy.SafeHTML(c.now), all)
			if !slices.ContainsFunc(pairs, func(p diff.Pair) bool { return p.State != diff.Same }) {
				t.Error("side by side it is the same")
			}
		})
	}
}

func TestWhatNobodySeesOrHearsIsNoChange(t *testing.T) {
	for name, c := range map[string]struct{ old, now string }{
		"letters written apart":        {"<p>\u0218tefan \u017d</p>", "<p>S\u0326tefan Z\u030c</p>"},
		"a cedilla written apart":      {"<p>\u0218tefan</p>", "<p>S\u0327tefan</p>"},
		"an accent in bold":            {"<p>\u00e9t\u00e9</p>", "<p>e<b>\u0301t</b>\u00e9</p>"},
		"a zero-width space":           {"<p>all people</p>", "<p>all\u200b peo\u200bple</p>"},
		"joiners":                      {"<p>all people</p>", "<p>al\u200dl peo\u200cp\u2060le</p>"},
		"soft hyphens":                 {"<p>agreement one</p>", "<p>agree\u00adment\u00ad one</p>"},
		"thin, hair, en and em space":  {"<p>5 a b c d</p>", "<p>5\u2009a\u200ab\u2002c\u2003d</p>"},
		"spaces that must not break":   {"<p>5 a b</p>", "<p>5\u00a0a \u202fb\u00a0</p>"},
		"a paragraph of nothing":       {"<p>a</p>", "<p>\u00a0</p><p>a</p><p>\u200b</p>"},
		"a byte order mark":            {"<p>a b</p>", "<p>\ufeffa b</p>"},
		"a variation of a letter":      {"<p>a1 b</p>", "<p>a\ufe0f1\ufe0e b</p>"},
		"a hyphen that must not break": {"<p>e-mail</p>", "<p>e\u2011mail</p>"},
		"a mark of direction":          {"<p>שלום, a</p>", "<p>\u200fשלום,\u200e a</p>"},
		"emphasis":                     {"<p>unable to</p>", "<p>un<em>able</em> <strong>to</strong></p>"},
		"how often it is struck":       {"<p><s>not</s> a</p>", "<p><del>n<s>o</s></del><s>t </s>a</p>"},
		"in what order it is marked":   {"<p><s><u>not</u></s></p>", "<p><u><s>not</s></u></p>"},
		"a number said twice":          {"<ol><li>a</li><li>b</li></ol>", `<ol start="1"><li>a</li><li value="2"><p>b</p></li></ol>`},
		"an address":                   {`<p><a href="https://a.example">a</a></p>`, `<p><a href="https://b.example">a</a></p>`},
	} {
		t.Run(name, func(t *testing.T) {
			for _, v := range [][2]string{{c.old, c.now}, {c.now, c.old}} {
				d := diff.Compare(policy.SafeHTML(v[0]), policy.SafeHTML(v[1]), all)
				if h := shown(d); !d.Same() || strings.Contains(h, "<ins>") || strings.Contains(h, "<del>") {
					t.Error(h)
				}
				// Beside a true change it stays unmarked, too.
				d = diff.Compare(policy.SafeHTML(v[0]+"<p>x</p>"), policy.SafeHTML(v[1]+"<p>y</p>"), all)
				if h := shown(d); strings.Count(h, "<ins>") != 1 || strings.Count(h, "<del>") != 1 {
					t.Error(h)
				}
				if strings.Contains(v[0], "<ol>") {
					continue
				}
				in := func(s, more string) policy.SafeHTML {
					return policy.SafeHTML(strings.TrimSuffix(s, "</p>") + more + "</p>")
				}
				if name == "a paragraph of nothing" {
					continue
				}
				h := shown(diff.Compare(in(v[0], " zzz"), in(v[1], " yyy"), all))
				if !strings.HasSuffix(h, "<del>zzz</del><ins>yyy</ins>") || strings.Count(h, "<ins>") != 1 {
					t.Errorf("in a paragraph that changed: %s", h)
				}
			}
		})
	}
}

func TestJoinersThatAreSeenAreCompared(t *testing.T) {
	for name, c := range map[string]struct{ old, now, want string }{
		"Persian":         {"<p>می\u200cخواهم</p>", "<p>میخواهم</p>", "<del>می\u200cخواهم</del><ins>میخواهم</ins>"},
		"Sinhala":         {"<p>ශ්\u200dරී</p>", "<p>ශ්රී</p>", "<del>ශ්\u200dරී</del><ins>ශ්රී</ins>"},
		"people at work":  {"<p>a 👩\u200d💻</p>", "<p>a 👩\u200d🔬</p>", "a <del>👩\u200d💻</del><ins>👩\u200d🔬</ins>"},
		"flags":           {"<p>🇷🇴</p>", "<p>🇷🇸</p>", "<del>🇷🇴</del><ins>🇷🇸</ins>"},
		"Persian, kept":   {"<p>می\u200cخواهم a</p>", "<p>می\u200cخواهم b</p>", "می\u200cخواهم <del>a</del><ins>b</ins>"},
		"a picture, kept": {"<p>c ❤\ufe0f a</p>", "<p>c ❤\ufe0f b</p>", "c ❤\ufe0f <del>a</del><ins>b</ins>"},
	} {
		if got := shown(diff.Compare(policy.SafeHTML(c.old), policy.SafeHTML(c.now), all)); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestMarksThatChangedAreSaid(t *testing.T) {
	o := diff.Options{Inserted: "inserted:", Deleted: "removed:", Struck: "struck through", Raised: "superscript", Context: -1}
	d := diff.Compare("<p>We do <s>not</s> sell 10<sup>3</sup></p>", "<p>We do not sell 103</p>", o)
	h := shown(d)
	for _, want := range []string{"[removed: (struck through) <s>not</s>]", "[inserted: not]", "[removed: 10(superscript) <sup>3</sup>]"} {
		if !strings.Contains(h, want) {
			t.Errorf("%s lacks %s", h, want)
		}
	}
}

func TestMarksOfTheTextAreNotTakenForTheComparisons(t *testing.T) {
	d := diff.Compare("<p><ins>a</ins> <del>b</del> c</p>", "<p><ins>a</ins> <del>b</del> d</p>", all)
	if got := shown(d); got != "<u>a</u> <s>b</s> <del>c</del><ins>d</ins>" {
		t.Error(got)
	}
}

// heard writes each character of a text with its marks, and labels, in one form for both versions and what is shown of them.
func heard(t *rapid.T, h, without string) string {
	root, err := html.Parse(strings.NewReader(h))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	var walk func(n *html.Node, marks string)
	walk = func(n *html.Node, marks string) {
		switch {
		case n.Type == html.TextNode:
			for _, r := range n.Data {
				if !unicode.IsSpace(r) {
					fmt.Fprintf(&b, "%c%s", r, marks)
				}
			}
		case without != "" && n.Data == without:
			return
		case slices.Contains([]string{"s", "u", "sub", "sup"}, n.Data) && !strings.Contains(marks, "<"+n.Data+">"):
			parts := append(strings.SplitAfter(marks, ">"), "<"+n.Data+">")
			slices.Sort(parts)
			marks = strings.Join(parts, "")
		case n.Data == "li" && without == "":
			if label := labelOf(n); label != "" {
				b.WriteString(label)
			}
		}
		for k := range n.ChildNodes() {
			walk(k, marks)
		}
	}
	walk(root, "")
	return b.String()
}

// labelOf is the label of an item of the lists that [meant] draws: letters from a.
func labelOf(li *html.Node) string {
	if li.Parent.Data != "ol" {
		return ""
	}
	n := 0
	for s := li; s != nil; s = s.PrevSibling {
		n++
	}
	return string(rune('a'+n-1)) + "."
}

// meant draws a text with marks and lists.
func meant() *rapid.Generator[[]string] {
	word := rapid.SampledFrom([]string{"not", "data", "ș", "10", "é", "да", "می\u200cخواهم", "x", "e-mail", ","})
	mark := rapid.SampledFrom([]string{"", "", "", "s", "u", "sub", "sup", "em"})
	phrase := rapid.Custom(func(t *rapid.T) string {
		var b strings.Builder
		for range rapid.IntRange(1, 5).Draw(t, "words") {
			w := word.Draw(t, "word")
			if m := mark.Draw(t, "mark"); m != "" {
				w = "<" + m + ">" + w + "</" + m + ">"
			}
			b.WriteString(w + rapid.SampledFrom([]string{" ", " ", ""}).Draw(t, "after"))
		}
		return b.String()
	})
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string {
		switch p := phrase.Draw(t, "phrase"); rapid.IntRange(0, 3).Draw(t, "kind") {
		case 0:
			return `<ol type="a"><li>` + p + `</li><li>` + phrase.Draw(t, "second") + `</li></ol>`
		case 1:
			return "<ul><li>" + p + "</li></ul>"
		default:
			return "<p>" + p + "</p>"
		}
	}), 1, 5)
}

func TestComparisonReadsAsEitherVersionWithItsMarks(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		old := meant().Draw(rt, "old")
		now := slices.Clone(old)
		for i, more := range meant().Draw(rt, "now") {
			if i < len(now) && rapid.Bool().Draw(rt, "changed") {
				now[i] = more
			}
		}
		a, b := strings.Join(old, ""), strings.Join(now, "")
		d := diff.Compare(policy.SafeHTML(a), policy.SafeHTML(b), all)
		var all strings.Builder
		for _, s := range d.Sections {
			all.WriteString(string(s.HTML))
		}
		if got, want := heard(rt, all.String(), "ins"), heard(rt, a, ""); got != want {
			rt.Fatalf("without what came:\n%s\nold:\n%s\nin %s", got, want, all.String())
		}
		if got, want := heard(rt, all.String(), "del"), heard(rt, b, ""); got != want {
			rt.Fatalf("without what went:\n%s\nnew:\n%s\nin %s", got, want, all.String())
		}
		if regexp.MustCompile(`<(ins|del)>(<[^>]*>)*</(ins|del)>`).MatchString(all.String()) {
			rt.Fatalf("an empty mark: %s", all.String())
		}
		if heard(rt, a, "") != heard(rt, b, "") && d.Same() {
			rt.Fatal("something changed")
		}
	})
}

func TestUnseenFormsOfATextAreTheSame(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a := strings.Join(meant().Draw(rt, "text"), "")
		unseen := rapid.SampledFrom([]string{"", "", "\u200b", "\u00ad", "\u2060", "\ufeff", "\u034f"})
		space := rapid.SampledFrom([]string{" ", "\u00a0", "\u2009", " \u200a", "\u2003", "\n"})
		var b strings.Builder
		tag := false
		for _, r := range norm.NFD.String(a) {
			switch {
			case r == '<':
				tag = true
			case tag:
				tag = r != '>'
			case r == ' ':
				b.WriteString(space.Draw(rt, "space"))
				continue
			case !unicode.IsMark(r):
				b.WriteString(unseen.Draw(rt, "unseen"))
			}
			b.WriteRune(r)
		}
		if d := diff.Compare(policy.SafeHTML(a), policy.SafeHTML(b.String()), all); !d.Same() {
			rt.Fatalf("%q\n%q\n%s", a, b.String(), shown(d))
		}
	})
}

func TestOneOtherMarkIsAChange(t *testing.T) {
	marks := []string{"s", "u", "sub", "sup"}
	rapid.Check(t, func(rt *rapid.T) {
		a := strings.Join(meant().Draw(rt, "before"), "") + "<p>one %s two</p>" + strings.Join(meant().Draw(rt, "after"), "")
		forms := []string{"not"}
		for _, m := range marks {
			forms = append(forms, "<"+m+">not</"+m+">")
		}
		i := rapid.IntRange(0, len(forms)-1).Draw(rt, "old")
		k := (i + rapid.IntRange(1, len(forms)-1).Draw(rt, "new")) % len(forms)
		d := diff.Compare(policy.SafeHTML(strings.Replace(a, "%s", forms[i], 1)), policy.SafeHTML(strings.Replace(a, "%s", forms[k], 1)), all)
		if want := "<del>" + forms[i] + "</del><ins>" + forms[k] + "</ins>"; d.Same() || !strings.Contains(shown(d), want) {
			rt.Fatalf("%s lacks %s", shown(d), want)
		}
	})
}
