package docx_test

import (
	"strings"
	"testing"
)

// rule is a document's text, and what becomes of it.
type rule struct {
	parts parts
	want  string
	found string // findings, one a line
}

func play(t *testing.T, rules map[string]rule) {
	t.Helper()
	for name, c := range rules {
		t.Run(name, func(t *testing.T) {
			got, found := made(t, c.parts)
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if found != c.found {
				t.Errorf("found %s\nwant  %s", found, c.found)
			}
		})
	}
}

func body(s string) parts { return parts{"": s} }

const styleSheet = `<w:docDefaults><w:rPrDefault><w:rPr><w:lang w:val="en-GB"/></w:rPr></w:rPrDefault></w:docDefaults>
<w:style w:type="paragraph" w:default="1" w:styleId="Standard"><w:name w:val="Normal"/></w:style>
<w:style w:type="paragraph" w:styleId="Rubrik1"><w:name w:val="heading 1"/><w:pPr><w:outlineLvl w:val="0"/></w:pPr><w:rPr><w:b/><w:i/></w:rPr></w:style>
<w:style w:type="paragraph" w:styleId="Own"><w:name w:val="Kapitel"/><w:basedOn w:val="Rubrik1"/></w:style>
<w:style w:type="paragraph" w:styleId="U2"><w:name w:val="Überschrift 2"/></w:style>
<w:style w:type="paragraph" w:styleId="Strong"><w:name w:val="Loud"/><w:rPr><w:b/><w:strike/></w:rPr></w:style>
<w:style w:type="character" w:styleId="Fett"><w:name w:val="Strong"/><w:rPr><w:b/></w:rPr></w:style>
<w:style w:type="character" w:styleId="Link"><w:name w:val="Hyperlink"/><w:rPr><w:u w:val="single"/></w:rPr></w:style>
<w:style w:type="paragraph" w:styleId="V1"><w:name w:val="toc 1"/><w:rPr><w:b/></w:rPr></w:style>
<w:style w:type="paragraph" w:styleId="Loop"><w:name w:val="Loop"/><w:basedOn w:val="Loop2"/><w:rPr><w:i/></w:rPr></w:style>
<w:style w:type="paragraph" w:styleId="Loop2"><w:name w:val="Loop2"/><w:basedOn w:val="Loop"/></w:style>`

func styled(id, runs string) parts {
	return parts{"styles.xml": styleSheet, "": `<w:p><w:pPr><w:pStyle w:val="` + id + `"/></w:pPr>` + runs + `</w:p>`}
}

func TestLookOfLetters(t *testing.T) {
	play(t, map[string]rule{
		"bold and italic":                      {parts: body("<w:p>" + r("<w:b/>", "a ") + r("<w:b/><w:i/>", "b") + r("", " c") + "</w:p>"), want: "<p><strong>a <em>b</em></strong> c</p>"},
		"off by a value":                       {parts: body("<w:p>" + r(`<w:b w:val="0"/><w:i w:val="false"/><w:strike w:val="off"/>`, "a") + "</w:p>"), want: "<p>a</p>"},
		"struck once and twice":                {parts: body("<w:p>" + r("", "We do ") + r("<w:strike/>", "not") + r("<w:dstrike/>", " never") + r("", " sell") + "</w:p>"), want: "<p>We do <s>not never</s> sell</p>"},
		"raised and lowered":                   {parts: body("<w:p>" + r("", "10") + r(`<w:vertAlign w:val="superscript"/>`, "3") + r(`<w:vertAlign w:val="subscript"/>`, "2") + "</w:p>"), want: "<p>10<sup>3</sup><sub>2</sub></p>"},
		"raised by points":                     {parts: body("<w:p>" + r("", "10") + r(`<w:position w:val="8"/>`, "3") + "</w:p>"), want: "<p>10<sup>3</sup></p>"},
		"underlined":                           {parts: body("<w:p>" + r(`<w:u w:val="wave"/>`, "a") + r(`<w:u w:val="none"/>`, "b") + "</w:p>"), want: "<p><u>a</u>b</p>"},
		"paragraph style":                      {parts: styled("Strong", r("", "a")), want: `<p><strong><s>a</s></strong></p>`},
		"two styles turn bold back":            {parts: styled("Strong", r(`<w:rStyle w:val="Fett"/>`, "a")), want: `<p><s>a</s></p>`},
		"a run's own word holds":               {parts: styled("Strong", r(`<w:b w:val="0"/><w:strike w:val="0"/>`, "a")), want: `<p>a</p>`},
		"a run's own word against two styles":  {parts: styled("Strong", r(`<w:rStyle w:val="Fett"/><w:b/>`, "a")), want: `<p><strong><s>a</s></strong></p>`},
		"styles based on each other":           {parts: styled("Loop2", r("", "a")), want: `<p><em>a</em></p>`},
		"headings by outline":                  {parts: styled("Rubrik1", r("", "a")), want: `<h1>a</h1>`},
		"headings by a style below":            {parts: styled("Own", r("", "a")), want: `<h1>a</h1>`},
		"headings by a name in a language":     {parts: styled("U2", r("", "a")), want: `<h2>a</h2>`},
		"headings by the paragraph":            {parts: body(`<w:p><w:pPr><w:outlineLvl w:val="2"/></w:pPr>` + r("<w:b/>", "a") + `</w:p>`), want: `<h3>a</h3>`},
		"body by the paragraph":                {parts: parts{"styles.xml": styleSheet, "": `<w:p><w:pPr><w:pStyle w:val="Rubrik1"/><w:outlineLvl w:val="9"/></w:pPr>` + r("", "a") + `</w:p>`}, want: `<p><strong><em>a</em></strong></p>`},
		"the look before a recorded change":    {parts: body(`<w:p><w:r><w:rPr><w:rPrChange><w:rPr><w:b/></w:rPr></w:rPrChange></w:rPr><w:t>a</w:t></w:r></w:p>`), want: `<p>a</p>`},
		"capitals":                             {parts: body("<w:p>" + r("<w:caps/>", "not here") + "</w:p>"), want: "<p>not here</p>", found: "look_lost text-transform: uppercase: not here"},
		"white letters":                        {parts: body("<w:p>" + r(`<w:color w:val="FFFFFF"/>`, "faint") + "</w:p>"), want: "<p>faint</p>", found: "white_shown faint"},
		"white letters on a ground":            {parts: body(`<w:p><w:pPr><w:shd w:val="clear" w:fill="1F4E79"/></w:pPr>` + r(`<w:color w:val="FFFFFF"/>`, "seen") + "</w:p>"), want: "<p>seen</p>"},
		"hidden words":                         {parts: body("<w:p>" + r("", "seen ") + r("<w:vanish/>", "secret ") + r("<w:vanish/><w:b/>", "words") + "</w:p>"), want: "<p>seen</p>", found: "hidden_removed secret words"},
		"tabs, breaks, hyphens":                {parts: body("<w:p><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t><w:noBreakHyphen/><w:t>d</w:t><w:softHyphen/><w:t>e</w:t><w:cr/><w:br w:type=\"page\"/></w:r></w:p>"), want: "<p>a b<br/>c\u2011de</p>"},
		"white space that counts":              {parts: body(`<w:p><w:r><w:t xml:space="preserve">a </w:t></w:r><w:r><w:t> b </w:t></w:r></w:p>`), want: "<p>a b</p>"},
		"signs":                                {parts: body(`<w:p><w:r><w:sym w:font="Wingdings" w:char="F0FE"/><w:sym w:font="Symbol" w:char="F0B3"/><w:sym w:font="Wingdings" w:char="FC"/></w:r>` + r(`<w:rFonts w:ascii="Symbol"/>`, "\uf061b") + `</w:p>`), want: "<p>☑≥✓αβ</p>"},
		"an unknown sign":                      {parts: body(`<w:p><w:r><w:sym w:font="Wingdings 3" w:char="F022"/></w:r></w:p>`), want: "<p>\uFFFD</p>", found: "look_lost Wingdings 3 F022"},
		"another language":                     {parts: body(`<w:p>` + r(`<w:lang w:val="ro-RO"/>`, "Aici stau mai multe cuvinte ") + r(`<w:lang w:val="en-GB"/>`, "fair use") + `</w:p><w:p>` + r(`<w:lang w:val="de-DE"/>`, "Ganz") + `</w:p>`), want: `<p>Aici stau mai multe cuvinte <span lang="en-GB">fair use</span></p><p lang="de-DE">Ganz</p>`},
		"from right to left":                   {parts: body(`<w:p><w:pPr><w:bidi/></w:pPr>` + r("", "שלום") + `</w:p>`), want: `<p dir="rtl">שלום</p>`},
		"a first letter by itself":             {parts: body(`<w:p><w:pPr><w:framePr w:dropCap="drop" w:lines="3"/></w:pPr>` + r(`<w:position w:val="-10"/>`, "W") + `</w:p>` + p("e sell")), want: "<p>We sell</p>"},
		"a first letter that nothing follows":  {parts: body(`<w:p><w:pPr><w:framePr w:dropCap="margin"/></w:pPr>` + r("", "W") + `</w:p><w:tbl><w:tr><w:tc>` + p("e") + `</w:tc></w:tr></w:tbl>`), want: "<p>W</p><table><tbody><tr><td>e</td></tr></tbody></table>"},
		"controls, tags and boxes of programs": {parts: body(`<w:sdt><w:sdtPr><w:alias w:val="no"/></w:sdtPr><w:sdtContent><w:p><w:smartTag><w:smartTagPr><w:attr w:val="no"/></w:smartTagPr>` + r("", "a ") + `</w:smartTag><w:sdt><w:sdtContent>` + r("", "b") + `</w:sdtContent></w:sdt><w:customXml>` + r("", " c") + `</w:customXml><w:dir w:val="ltr">` + r("", " d") + `</w:dir></w:p></w:sdtContent></w:sdt>`), want: "<p>a b c d</p>"},
		"words over words":                     {parts: body(`<w:p><w:r><w:ruby><w:rubyPr/><w:rt><w:r><w:t>kan</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>漢</w:t></w:r></w:rubyBase></w:ruby></w:r></w:p>`), want: "<p>漢 (kan)</p>"},
		"places that nothing leads to":         {parts: body(p("a") + `<w:p><w:bookmarkStart w:id="0" w:name="_GoBack"/><w:bookmarkEnd w:id="0"/></w:p>`), want: "<p>a</p>"},
		"empty paragraphs":                     {parts: body(`<w:p/>` + p("a") + `<w:p><w:r><w:t xml:space="preserve">  </w:t></w:r></w:p>`), want: "<p>a</p>"},
	})
}

func TestChangesAndRemarksAreToldApart(t *testing.T) {
	day := ` w:id="1" w:author="A" w:date="2026-01-02T03:04:05Z"`
	play(t, map[string]rule{
		"new and deleted words": {
			parts: body(`<w:p>` + r("", "We ") + `<w:ins` + day + `>` + r("", "do ") + r("<w:b/>", "not ") + `</w:ins><w:del` + day + `><w:r><w:delText>always</w:delText></w:r></w:del></w:p>`),
			want:  `<p>We <ins datetime="2026-01-02T03:04:05Z">do <strong>not </strong></ins><del datetime="2026-01-02T03:04:05Z">always</del></p>`,
		},
		"moved words": {
			parts: body(`<w:p><w:moveFrom` + day + `>` + r("", "a") + `</w:moveFrom></w:p><w:p><w:moveTo` + day + `>` + r("", "a") + `</w:moveTo></w:p>`),
			want:  `<p><del datetime="2026-01-02T03:04:05Z">a</del></p><p><ins datetime="2026-01-02T03:04:05Z">a</ins></p>`,
		},
		"a deleted row": {
			parts: body(`<w:tbl><w:tr><w:trPr><w:del` + day + `/></w:trPr><w:tc>` + p("a") + `</w:tc></w:tr></w:tbl>`),
			want:  `<table><tbody><tr><td><del datetime="2026-01-02T03:04:05Z">a</del></td></tr></tbody></table>`,
		},
		"remarks": {
			parts: parts{"": `<w:p><w:commentRangeStart w:id="0"/>` + r("", "a") + `<w:commentRangeEnd w:id="0"/><w:r><w:commentReference w:id="0"/></w:r></w:p>`, "comments.xml": `<w:comment w:id="0" w:author="A">` + p("Is this") + p("true?") + `</w:comment>`},
			want:  `<p>a</p>`, found: "hidden_removed Is this true?",
		},
		"headers and footers": {
			parts: parts{"": p("a"), "header1.xml": p("Confidential"), "header2.xml": p("Confidential"), "footer1.xml": `<w:p>` + r("", "Page ") + field("PAGE", r("", "1")) + `</w:p>`},
			want:  `<p>a</p>`, found: "header_removed Page 1\nheader_removed Confidential",
		},
	})
}

func TestTablesKeepTheirCells(t *testing.T) {
	cell := func(pr, s string) string { return `<w:tc><w:tcPr>` + pr + `</w:tcPr>` + s + `</w:tc>` }
	play(t, map[string]rule{
		"merged both ways": {
			parts: body(`<w:tbl><w:tblPr/><w:tblGrid/><w:tr>` + cell(`<w:gridSpan w:val="2"/>`, p("a")) + cell(`<w:vMerge w:val="restart"/>`, p("b")) + `</w:tr><w:tr>` +
				cell("", p("c")) + cell("", p("d")) + cell(`<w:vMerge/>`, `<w:p/>`) + `</w:tr></w:tbl>`),
			want: `<table><tbody><tr><td colspan="2">a</td><td rowspan="2">b</td></tr><tr><td>c</td><td>d</td></tr></tbody></table>`,
		},
		"head": {
			parts: body(`<w:tbl><w:tr><w:trPr><w:tblHeader/></w:trPr>` + cell("", `<w:p>`+r("<w:b/>", "Who")+`</w:p>`) + `</w:tr><w:tr>` + cell("", p("a")+p("b")) + `</w:tr></w:tbl>`),
			want:  `<table><thead><tr><th scope="col">Who</th></tr></thead><tbody><tr><td><p>a</p><p>b</p></td></tr></tbody></table>`,
		},
		"a head that goes on into the body": {
			parts: body(`<w:tbl><w:tr><w:trPr><w:tblHeader/></w:trPr>` + cell(`<w:vMerge w:val="restart"/>`, p("a")) + cell("", p("b")) + `</w:tr><w:tr>` + cell(`<w:vMerge/>`, p("")) + cell("", p("c")) + `</w:tr></w:tbl>`),
			want:  `<table><tbody><tr><th scope="col" rowspan="2">a</th><th scope="col">b</th></tr><tr><td>c</td></tr></tbody></table>`,
		},
		"rows that begin and end inside": {
			parts: body(`<w:tbl><w:tr>` + cell("", p("a")) + cell("", p("b")) + cell("", p("c")) + `</w:tr><w:tr><w:trPr><w:gridBefore w:val="1"/><w:gridAfter w:val="1"/></w:trPr>` + cell("", p("d")) + `</w:tr></w:tbl>`),
			want:  `<table><tbody><tr><td>a</td><td>b</td><td>c</td></tr><tr><td></td><td>d</td><td></td></tr></tbody></table>`,
		},
		"words under a merged cell": {
			parts: body(`<w:tbl><w:tr>` + cell(`<w:vMerge w:val="restart"/>`, p("a")) + `</w:tr><w:tr>` + cell(`<w:vMerge w:val="continue"/>`, p("below")) + `</w:tr></w:tbl>`),
			want:  `<table><tbody><tr><td rowspan="2">a</td></tr><tr></tr></tbody></table>`, found: "hidden_removed below",
		},
		"a table in a table, a cell in a control": {
			parts: body(`<w:tbl><w:tr><w:sdt><w:sdtContent>` + cell("", `<w:tbl><w:tr>`+cell("", p("a"))+`</w:tr></w:tbl><w:p/>`) + `</w:sdtContent></w:sdt></w:tr></w:tbl>`),
			want:  `<table><tbody><tr><td><table><tbody><tr><td>a</td></tr></tbody></table></td></tr></tbody></table>`,
		},
		"a first row that its style makes a head": {
			parts: parts{
				"styles.xml": `<w:style w:type="table" w:styleId="G"><w:name w:val="Base"/><w:tblStylePr w:type="firstRow"><w:rPr><w:b/></w:rPr></w:tblStylePr></w:style><w:style w:type="table" w:styleId="H"><w:basedOn w:val="G"/></w:style>`,
				"":           `<w:tbl><w:tblPr><w:tblStyle w:val="H"/><w:tblLook w:val="04A0"/></w:tblPr><w:tr>` + cell("", p("Who")) + `</w:tr><w:tr>` + cell("", p("a")) + `</w:tr></w:tbl><w:tbl><w:tblPr><w:tblStyle w:val="H"/><w:tblLook w:firstRow="0"/></w:tblPr><w:tr>` + cell("", p("b")) + `</w:tr></w:tbl>`,
			},
			want: `<table><thead><tr><th scope="col">Who</th></tr></thead><tbody><tr><td>a</td></tr></tbody></table><table><tbody><tr><td>b</td></tr></tbody></table>`,
		},
		"a hidden row": {
			parts: body(`<w:tbl><w:tr><w:trPr><w:hidden/></w:trPr>` + cell("", p("secret")) + `</w:tr><w:tr>` + cell("", p("a")) + `</w:tr></w:tbl>`),
			want:  `<table><tbody><tr><td>a</td></tr></tbody></table>`, found: "hidden_removed secret",
		},
	})
}

func TestFormulasAreReadInOneLine(t *testing.T) {
	mr := func(s string) string { return `<m:r><m:t>` + s + `</m:t></m:r>` }
	e := func(name, s string) string { return `<m:` + name + `>` + s + `</m:` + name + `>` }
	math := func(s string) parts { return body(`<w:p><m:oMath>` + s + `</m:oMath></w:p>`) }
	play(t, map[string]rule{
		"powers":         {parts: math(e("sSup", e("e", mr("10"))+e("sup", mr("3")))), want: "<p>10<sup>3</sup></p>"},
		"powers of such": {parts: math(e("sSup", e("e", mr("2"))+e("sup", e("sSup", e("e", mr("x"))+e("sup", mr("2")))))), want: "<p>2<sup>x^(2)</sup></p>"},
		"fractions":      {parts: math(e("f", e("num", mr("a+b"))+e("den", mr("2")))), want: "<p>(a+b)/2</p>"},
		"roots":          {parts: math(e("rad", e("deg", mr("3"))+e("e", mr("x")))), want: "<p><sup>3</sup>√x</p>"},
		"brackets":       {parts: math(`<m:d><m:dPr><m:begChr m:val="["/><m:endChr m:val="]"/></m:dPr><m:e>` + mr("a") + `</m:e><m:e>` + mr("b") + `</m:e></m:d>`), want: "<p>[a|b]</p>"},
		"sums":           {parts: math(`<m:nary><m:naryPr><m:chr m:val="∑"/></m:naryPr><m:sub>` + mr("i=1") + `</m:sub><m:sup>` + mr("n") + `</m:sup><m:e>` + mr("i") + `</m:e></m:nary>`), want: "<p>∑<sub>i=1</sub><sup>n</sup> i</p>"},
	})
}

func TestLongHiddenWordsAreReportedWhole(t *testing.T) {
	_, found := made(t, body("<w:p>"+r("<w:vanish/>", strings.Repeat("word ", 100))+"</w:p>"))
	if n := strings.Count(found, "word"); n != 100 {
		t.Errorf("%d of 100 words are reported", n)
	}
}
