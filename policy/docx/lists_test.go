package docx_test

import (
	"fmt"
	"strings"
	"testing"
)

// level is a level of a list.
func level(i int, format, text, more string) string {
	return fmt.Sprintf(`<w:lvl w:ilvl="%d"><w:start w:val="1"/><w:numFmt w:val="%s"/>%s<w:lvlText w:val="%s"/></w:lvl>`, i, format, more, text)
}

// lists are abstract lists, and nums that name them by their place: "0", or with overrides after a colon.
func lists(abstract []string, nums ...string) string {
	var b strings.Builder
	for i, a := range abstract {
		fmt.Fprintf(&b, `<w:abstractNum w:abstractNumId="%d">%s</w:abstractNum>`, i, a)
	}
	for i, n := range nums {
		id, over, _ := strings.Cut(n, ":")
		fmt.Fprintf(&b, `<w:num w:numId="%d"><w:abstractNumId w:val="%s"/>%s</w:num>`, i+1, id, over)
	}
	return b.String()
}

// it is an item.
func it(num, depth int, text string) string {
	return fmt.Sprintf(`<w:p><w:pPr><w:numPr><w:ilvl w:val="%d"/><w:numId w:val="%d"/></w:numPr></w:pPr><w:r><w:t>%s</w:t></w:r></w:p>`, depth, num, text)
}

func TestNumbersStandAsWordShowsThem(t *testing.T) {
	decimal := level(0, "decimal", "%1.", "")
	letters := level(0, "lowerLetter", "(%1)", "")
	legal := level(0, "decimal", "%1.", "") + level(1, "decimal", "%1.%2.", "") + level(2, "lowerRoman", "(%3)", "")
	restart := `<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride>`
	play(t, map[string]rule{
		"a list that browsers number alike": {
			parts: parts{"numbering.xml": lists([]string{decimal}, "0"), "": it(1, 0, "a") + it(1, 0, "b")},
			want:  `<ol><li>a</li><li>b</li></ol>`,
		},
		"letters in brackets are text": {
			parts: parts{"numbering.xml": lists([]string{letters}, "0"), "": it(1, 0, "x") + it(1, 0, "y")},
			want:  `<ul class="literal"><li>(a) x</li><li>(b) y</li></ul>`,
		},
		"letters with nothing behind them are no bullets": {
			parts: parts{"numbering.xml": lists([]string{`<w:lvl w:ilvl="0"><w:start w:val="15"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%1"/></w:lvl>`}, "0"), "": it(1, 0, "x")},
			want:  `<ul class="literal"><li>o x</li></ul>`,
		},
		"levels": {
			parts: parts{"numbering.xml": lists([]string{legal}, "0"), "": it(1, 0, "a") + it(1, 1, "b") + it(1, 2, "c") + it(1, 2, "d") + it(1, 1, "e") + it(1, 2, "f") + it(1, 0, "g") + it(1, 1, "h")},
			want: `<ol><li>a<ul class="literal"><li>1.1. b<ul class="literal"><li>(i) c</li><li>(ii) d</li></ul></li>` +
				`<li>1.2. e<ul class="literal"><li>(i) f</li></ul></li></ul></li><li>g<ul class="literal"><li>2.1. h</li></ul></li></ol>`,
		},
		"a level above that has no item yet": {
			parts: parts{"numbering.xml": lists([]string{legal}, "0"), "": it(1, 1, "a") + it(1, 0, "b")},
			want:  `<ul class="literal"><li>1.1. a</li></ul><ol><li>b</li></ol>`,
		},
		"goes on after a paragraph": {
			parts: parts{"numbering.xml": lists([]string{decimal}, "0"), "": it(1, 0, "a") + p("between") + it(1, 0, "b")},
			want:  `<ol><li>a</li></ol><p>between</p><ol start="2"><li>b</li></ol>`,
		},
		"two lists of one kind count together": {
			parts: parts{"numbering.xml": lists([]string{decimal}, "0", "0"), "": it(1, 0, "a") + it(2, 0, "b")},
			want:  `<ol><li>a</li><li>b</li></ol>`,
		},
		"begins anew where it says so": {
			parts: parts{"numbering.xml": lists([]string{decimal}, "0", "0:"+restart), "": it(1, 0, "a") + it(1, 0, "b") + it(2, 0, "c") + it(2, 0, "d")},
			want:  `<ol><li>a</li><li>b</li></ol><ol><li>c</li><li>d</li></ol>`,
		},
		"begins with another number": {
			parts: parts{"numbering.xml": lists([]string{`<w:lvl w:ilvl="0"><w:start w:val="4"/><w:numFmt w:val="upperRoman"/><w:lvlText w:val="%1."/></w:lvl>`}, "0"), "": it(1, 0, "a")},
			want:  `<ol start="4" type="I"><li>a</li></ol>`,
		},
		"a level that never begins anew": {
			parts: parts{"numbering.xml": lists([]string{decimal + level(1, "decimal", "%2)", `<w:lvlRestart w:val="0"/>`)}, "0"), "": it(1, 0, "a") + it(1, 1, "b") + it(1, 0, "c") + it(1, 1, "d")},
			want:  `<ol><li>a<ul class="literal"><li>1) b</li></ul></li><li>c<ul class="literal"><li>2) d</li></ul></li></ol>`,
		},
		"digits for the letters above": {
			parts: parts{"numbering.xml": lists([]string{level(0, "upperRoman", "%1.", "") + level(1, "decimal", "%1.%2", "<w:isLgl/>")}, "0"), "": it(1, 0, "a") + it(1, 1, "b")},
			want:  `<ol type="I"><li>a<ul class="literal"><li>1.1 b</li></ul></li></ol>`,
		},
		"a level of its own": {
			parts: parts{"numbering.xml": lists([]string{decimal}, "0:"+`<w:lvlOverride w:ilvl="0">`+level(0, "lowerRoman", "%1)", "")+`</w:lvlOverride>`), "": it(1, 0, "a") + it(1, 0, "b")},
			want:  `<ul class="literal"><li>i) a</li><li>ii) b</li></ul>`,
		},
		"bullets": {
			parts: parts{"numbering.xml": lists([]string{level(0, "bullet", "\uf0b7", "") + level(1, "bullet", "o", "")}, "0"), "": it(1, 0, "a") + it(1, 1, "b") + it(1, 0, "")},
			want:  `<ul><li>a<ul><li>b</li></ul></li></ul>`,
		},
		"bullets that say something": {
			parts: parts{"numbering.xml": lists([]string{`<w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val="&#xF0FB;"/><w:rPr><w:rFonts w:ascii="Wingdings"/></w:rPr></w:lvl>`, level(0, "bullet", "☐", "")}, "0", "1"), "": it(1, 0, "sell data") + p("x") + it(2, 0, "to do")},
			want:  `<ul class="literal"><li>✗ sell data</li></ul><p>x</p><ul class="literal"><li>☐ to do</li></ul>`,
		},
		"no number": {
			parts: parts{"numbering.xml": lists([]string{level(0, "none", "", "") + level(1, "none", "Note:", "")}, "0"), "": it(1, 0, "a") + it(1, 1, "b")},
			want:  `<p>a</p><ul class="literal"><li>Note: b</li></ul>`,
		},
		"taken out of the list": {
			parts: parts{"numbering.xml": lists([]string{decimal}, "0"), "": it(1, 0, "a") + it(0, 0, "b")},
			want:  `<ol><li>a</li></ol><p>b</p>`,
		},
		"an item without words has its number": {
			parts: parts{"numbering.xml": lists([]string{decimal}, "0"), "": it(1, 0, "a") + it(1, 0, "") + it(1, 0, "c")},
			want:  `<ol><li>a</li><li></li><li>c</li></ol>`,
		},
		"hidden items do not count": {
			parts: parts{"numbering.xml": lists([]string{decimal}, "0"), "": it(1, 0, "a") + `<w:p><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr><w:rPr><w:vanish/></w:rPr></w:pPr>` + r("<w:vanish/>", "b") + `</w:p>` + it(1, 0, "c")},
			want:  `<ol><li>a</li><li>c</li></ol>`, found: "hidden_removed b",
		},
		"headings get their numbers by their style": {
			parts: parts{
				"styles.xml":    `<w:style w:type="paragraph" w:styleId="H1"><w:name w:val="heading 1"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style><w:style w:type="paragraph" w:styleId="H2"><w:name w:val="heading 2"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>`,
				"numbering.xml": lists([]string{level(0, "decimal", "Article %1", `<w:pStyle w:val="H1"/>`) + level(1, "decimal", "%1.%2", `<w:pStyle w:val="H2"/>`)}, "0"),
				"":              `<w:p><w:pPr><w:pStyle w:val="H1"/></w:pPr>` + r("", "a") + `</w:p><w:p><w:pPr><w:pStyle w:val="H2"/></w:pPr>` + r("", "b") + `</w:p>`,
			},
			want: `<h1>Article 1 a</h1><h2>1.1 b</h2>`,
		},
		"by a list's style": {
			parts: parts{"numbering.xml": `<w:abstractNum w:abstractNumId="0"><w:numStyleLink w:val="L"/></w:abstractNum><w:abstractNum w:abstractNumId="1"><w:styleLink w:val="L"/>` + letters + `</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>`, "": it(1, 0, "a")},
			want:  `<ul class="literal"><li>(a) a</li></ul>`,
		},
		"a format that is not known": {
			parts: parts{"numbering.xml": lists([]string{level(0, "cardinalText", "%1.", "")}, "0"), "": it(1, 0, "a")},
			want:  `<ol><li>a</li></ol>`, found: "look_lost numFmt: cardinalText: 1. a",
		},
	})
}

func TestLettersGoOnAsInWord(t *testing.T) {
	for format, want := range map[string]string{
		"lowerLetter": "bb", "upperLetter": "BB", "upperRoman": "XXVIII", "decimalZero": "28", "ordinal": "28th", "russianLower": "ю",
		"numberInDash": "- 28 -", "chicago": "§§§§§§§", "decimalFullWidth": "２８",
	} {
		one := `<w:lvl w:ilvl="0"><w:start w:val="28"/><w:numFmt w:val="` + format + `"/><w:lvlText w:val="%1)"/></w:lvl>`
		got, found := made(t, parts{"numbering.xml": lists([]string{one}, "0"), "": it(1, 0, "a")})
		if got != `<ul class="literal"><li>`+want+`) a</li></ul>` || found != "" {
			t.Errorf("%s: %s %s", format, got, found)
		}
	}
	got, _ := made(t, parts{"numbering.xml": lists([]string{`<w:lvl w:ilvl="0"><w:start w:val="7"/><mc:AlternateContent><mc:Choice Requires="w14"><w:numFmt w:val="custom" w:format="001, 002, 003, ..."/></mc:Choice><mc:Fallback><w:numFmt w:val="decimal"/></mc:Fallback></mc:AlternateContent><w:lvlText w:val="%1"/></w:lvl>`}, "0"), "": it(1, 0, "a")})
	if got != `<ul class="literal"><li>007 a</li></ul>` {
		t.Error(got)
	}
}
