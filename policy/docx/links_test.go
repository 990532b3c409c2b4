package docx_test

import "testing"

func place(name, around string) string {
	return `<w:bookmarkStart w:id="1" w:name="` + name + `"/>` + around + `<w:bookmarkEnd w:id="1"/>`
}

func TestLinksLeadWhereTheyLed(t *testing.T) {
	rel := `<Relationship Id="l1" Type="` + office + `hyperlink" Target="https://example.org/a?b=c&amp;d" TargetMode="External"/>`
	play(t, map[string]rule{
		"out of the text": {
			parts: parts{"rels": rel, "styles.xml": styleSheet, "": `<w:p><w:hyperlink r:id="l1">` + r(`<w:rStyle w:val="Link"/>`, "a") + r(`<w:b/>`, "b") + `</w:hyperlink></w:p>`},
			want:  `<p><a href="https://example.org/a?b=c&amp;d">a<strong>b</strong></a></p>`,
		},
		"to a place there": {parts: parts{"rels": rel, "": `<w:p><w:hyperlink r:id="l1" w:anchor="x">` + r("", "a") + `</w:hyperlink></w:p>`}, want: `<p><a href="https://example.org/a?b=c&amp;d#x">a</a></p>`},
		"within the text": {
			parts: body(`<w:p><w:hyperlink w:anchor="there">` + r("", "a") + `</w:hyperlink></w:p><w:p>` + r("", "b ") + place("there", r("", "c")) + place("unused", "") + `</w:p>`),
			want:  `<p><a href="#there">a</a></p><p>b <a id="there"></a>c</p>`,
		},
		"a place between paragraphs": {
			parts: body(`<w:p><w:hyperlink w:anchor="there">` + r("", "a") + `</w:hyperlink></w:p>` + place("there", p("b"))),
			want:  `<p><a href="#there">a</a></p><p><a id="there"></a>b</p>`,
		},
		"a place in a link and in bold words": {
			parts: body(`<w:p><w:hyperlink w:anchor="x">` + r("", "a") + place("x", r("", "b")) + `</w:hyperlink><w:hyperlink w:anchor="y">` + r("", "c") + `</w:hyperlink>` + r("<w:b/>", "d") + place("y", r("<w:b/>", "e")) + `</w:p>`),
			want:  `<p><a id="x"></a><a href="#x">ab</a><a href="#y">c</a><strong>d<a id="y"></a>e</strong></p>`,
		},
		"a place with a name as ours": {
			parts: body(`<w:p><w:hyperlink w:anchor="fn-1">` + r("", "a") + `</w:hyperlink></w:p><w:p>` + place("fn-1", r("", "b")) + `</w:p>`),
			want:  `<p><a href="#_fn-1">a</a></p><p><a id="_fn-1"></a>b</p>`,
		},
		"by a field":                {parts: body(`<w:p>` + field(`HYPERLINK "https://example.org/"`, r("", "a")) + field(`HYPERLINK \l "there"`, r("", "b")) + `</w:p><w:p>` + place("there", r("", "c")) + `</w:p>`), want: `<p><a href="https://example.org/">a</a><a href="#there">b</a></p><p><a id="there"></a>c</p>`},
		"by a field in one element": {parts: body(`<w:p><w:fldSimple w:instr=" HYPERLINK &quot;mailto:a@example.org&quot; ">` + r("", "a") + `</w:fldSimple></w:p>`), want: `<p><a href="mailto:a@example.org">a</a></p>`},
		"references":                {parts: body(`<w:p>` + r("", "see ") + field(`REF _Ref1 \r \h`, r("", "2.1")) + r("", " on page ") + field(`PAGEREF _Ref1 \h`, r("", "12")) + `</w:p><w:p>` + place("_Ref1", r("", "c")) + `</w:p>`), want: `<p>see <a href="#_Ref1">2.1</a> on page <a href="#_Ref1">12</a></p><p><a id="_Ref1"></a>c</p>`},
	})
}

func TestContentsLeadToHeadings(t *testing.T) {
	heading := `<w:p><w:pPr><w:outlineLvl w:val="0"/></w:pPr>` + place("_Toc1", r("", "Purpose")) + `</w:p>`
	page := `<w:r><w:tab/></w:r>` + field(`PAGEREF _Toc1 \h`, r("", "3"))
	begin := `<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> TOC \o "1-3" \h </w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>`
	want := `<p><a href="#_Toc1">1 Purpose</a></p><h1><a id="_Toc1"></a>Purpose</h1>`
	play(t, map[string]rule{
		"Word": {
			parts: body(`<w:p>` + begin + `<w:hyperlink w:anchor="_Toc1">` + r("", "1") + `<w:r><w:tab/></w:r>` + r("", "Purpose") + page + `</w:hyperlink></w:p><w:p><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>` + heading),
			want:  `<p><a href="#_Toc1">1 Purpose</a></p><h1><a id="_Toc1"></a>Purpose</h1>`, found: "pages_removed 3",
		},
		"Word without links": {
			parts: parts{"styles.xml": styleSheet, "": `<w:p><w:pPr><w:pStyle w:val="V1"/></w:pPr>` + r("", "1 Purpose") + page + `</w:p>` + heading},
			want:  `<p><a href="#_Toc1">1 Purpose</a></p><h1><a id="_Toc1"></a>Purpose</h1>`, found: "pages_removed 3",
		},
		"LibreOffice": {
			parts: body(`<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj></w:sdtPr><w:sdtContent><w:p><w:hyperlink w:anchor="_Toc1">` + r("", "1 Purpose") + `<w:r><w:tab/><w:t>3</w:t></w:r></w:hyperlink></w:p></w:sdtContent></w:sdt>` + heading),
			want:  want, found: "pages_removed 3",
		},
		"a number that is no page": {
			parts: body(`<w:p>` + r("", "Total") + `<w:r><w:tab/><w:t>3</w:t></w:r></w:p>`), want: `<p>Total 3</p>`,
		},
	})
}

// Google Docs names places by a sign that Word does not have, counts notes from 0 and says no level of a heading.
func TestGoogleDocsIsReadAsWordIs(t *testing.T) {
	play(t, map[string]rule{"a document": {
		parts: parts{
			"styles.xml":    `<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="normal"/></w:style><w:style w:type="paragraph" w:styleId="Heading2"><w:name w:val="heading 2"/><w:basedOn w:val="Normal"/><w:rPr><w:sz w:val="32"/></w:rPr></w:style>`,
			"numbering.xml": lists([]string{level(0, "lowerLetter", "%1.", "") + level(1, "bullet", "○", "")}, "0"),
			"footnotes.xml": `<w:footnote w:id="0"><w:p><w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:footnoteRef/></w:r>` + r("", " Note.") + `</w:p></w:footnote>`,
			"comments.xml":  `<w:comment w:id="0" w:author="A">` + p("Really?") + `</w:comment>`,
			"": `<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/><w:docPartUnique w:val="1"/></w:docPartObj></w:sdtPr><w:sdtContent><w:p><w:pPr><w:tabs/></w:pPr>` +
				`<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText xml:space="preserve"> TOC \h \u \z \t "Heading 2,2,"</w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>` +
				`<w:hyperlink w:anchor="_heading=h.abc">` + r("<w:b/>", "Purpose") + `</w:hyperlink><w:r><w:tab/><w:t>1</w:t></w:r></w:p><w:p><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p></w:sdtContent></w:sdt>` +
				`<w:p><w:pPr><w:pStyle w:val="Heading2"/></w:pPr>` + place("_heading=h.abc", "") + r("", "Purpose") + `</w:p>` +
				`<w:p>` + r("", "Text") + `<w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:footnoteReference w:id="0"/></w:r></w:p>` + it(1, 0, "a") + it(1, 1, "b"),
		},
		want: `<p><a href="#_heading=h.abc"><strong>Purpose</strong></a></p><h2><a id="_heading=h.abc"></a>Purpose</h2><p>Text<sup><a href="#fn-1" id="fnref-1">1</a></sup></p>` +
			`<ol type="a"><li>a<ul><li>b</li></ul></li></ol><ul class="footnotes"><li id="fn-1"><a href="#fnref-1">1</a> Note.</li></ul>`,
		found: "pages_removed 1\nhidden_removed Really?",
	}})
}

func TestFieldsShowWhatTheyShowed(t *testing.T) {
	bare := func(data, code string) parts {
		return body(`<w:p>` + r("", "x") + `<w:r><w:fldChar w:fldCharType="begin">` + data + `</w:fldChar></w:r><w:r><w:instrText> ` + code + ` </w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>`)
	}
	play(t, map[string]rule{
		"results, also of fields in fields": {parts: body(`<w:p>` + field("IF 1 = 1 ", field("DATE", r("", "1 May"))) + `</w:p>`), want: `<p>1 May</p>`},
		"a field in a code":                 {parts: body(`<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>IF </w:instrText></w:r>` + field("MERGEFIELD n", r("", "never")) + `<w:r><w:fldChar w:fldCharType="separate"/></w:r>` + r("", "shown") + `<w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>`), want: `<p>shown</p>`},
		"a box that is ticked":              {parts: bare(`<w:ffData><w:checkBox><w:default w:val="0"/><w:checked/></w:checkBox></w:ffData>`, "FORMCHECKBOX"), want: `<p>x☒</p>`},
		"a box that is not":                 {parts: bare(`<w:ffData><w:checkBox><w:default w:val="0"/></w:checkBox></w:ffData>`, "FORMCHECKBOX"), want: `<p>x☐</p>`},
		"a choice":                          {parts: bare(`<w:ffData><w:ddList><w:result w:val="1"/><w:listEntry w:val="no"/><w:listEntry w:val="yes"/></w:ddList></w:ffData>`, "FORMDROPDOWN"), want: `<p>xyes</p>`},
		"a place to write":                  {parts: bare("", "MACROBUTTON NoMacro [your name]"), want: `<p>x[your name]</p>`},
		"index entries are not shown":       {parts: bare("", `XE "data"`), want: `<p>x</p>`},
		"numbers that Word counts":          {parts: bare("", `LISTNUM \l 2`), want: `<p>x</p>`, found: `look_lost LISTNUM \l 2`},
		"a field without an end":            {parts: body(`<w:p>` + r("", "x") + `<w:r><w:fldChar w:fldCharType="begin"/></w:r>` + r("", "swallowed") + `</w:p>` + p("words")), want: `<p>x</p>`, found: "hidden_removed swallowed words"},
	})
}

func TestNotesLeadBothWays(t *testing.T) {
	ref := func(kind string, id string) string {
		return `<w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:` + kind + `Reference w:id="` + id + `"/></w:r>`
	}
	note := func(id, s string) string {
		return `<w:footnote w:id="` + id + `"><w:p><w:r><w:footnoteRef/></w:r>` + r("", " "+s) + `</w:p></w:footnote>`
	}
	end := func(id, s string) string {
		return `<w:endnote w:id="` + id + `"><w:p><w:r><w:endnoteRef/></w:r>` + r("", " "+s) + `</w:p></w:endnote>`
	}
	play(t, map[string]rule{
		"in the order of their marks": {
			parts: parts{"footnotes.xml": `<w:footnote w:type="separator" w:id="-1"><w:p/></w:footnote>` + note("2", "B") + note("5", "A"), "": `<w:p>` + r("", "a") + ref("footnote", "5") + r("", "b") + ref("footnote", "2") + `</w:p>`},
			want: `<p>a<sup><a href="#fn-1" id="fnref-1">1</a></sup>b<sup><a href="#fn-2" id="fnref-2">2</a></sup></p>` +
				`<ul class="footnotes"><li id="fn-1"><a href="#fnref-1">1</a> A</li><li id="fn-2"><a href="#fnref-2">2</a> B</li></ul>`,
		},
		"endnotes have roman numbers": {
			parts: parts{"footnotes.xml": note("1", "F"), "endnotes.xml": end("1", "E"), "": `<w:p>` + r("", "a") + ref("endnote", "1") + ref("footnote", "1") + `</w:p>`},
			want: `<p>a<sup><a href="#fn-1" id="fnref-1">i</a><a href="#fn-2" id="fnref-2">1</a></sup></p>` +
				`<ul class="footnotes"><li id="fn-2"><a href="#fnref-2">1</a> F</li></ul><ul class="footnotes"><li id="fn-1"><a href="#fnref-1">i</a> E</li></ul>`,
		},
		"numbers of their own, anew in each section": {
			parts: parts{
				"settings.xml":  `<w:footnotePr><w:numFmt w:val="upperRoman"/><w:numRestart w:val="eachSect"/></w:footnotePr>`,
				"footnotes.xml": note("1", "A") + note("2", "B"),
				"":              `<w:p><w:pPr><w:sectPr/></w:pPr>` + r("", "a") + ref("footnote", "1") + `</w:p><w:p>` + r("", "b") + ref("footnote", "2") + `</w:p><w:sectPr/>`,
			},
			want: `<p>a<sup><a href="#fn-1" id="fnref-1">I</a></sup></p><p>b<sup><a href="#fn-2" id="fnref-2">I</a></sup></p>` +
				`<ul class="footnotes"><li id="fn-1"><a href="#fnref-1">I</a> A</li><li id="fn-2"><a href="#fnref-2">I</a> B</li></ul>`,
		},
		"a mark of the author's": {
			parts: parts{"footnotes.xml": `<w:footnote w:id="1"><w:p>` + r("", "* Star") + `</w:p>` + p("More") + `</w:footnote>`, "": `<w:p>` + r("", "a") + `<w:r><w:footnoteReference w:customMarkFollows="1" w:id="1"/><w:t>*</w:t></w:r>` + r("", "b") + `</w:p>`},
			want:  `<p>a<a href="#fn-1" id="fnref-1">*</a>b</p><ul class="footnotes"><li id="fn-1"><p><a href="#fnref-1">*</a> Star</p><p>More</p></li></ul>`,
		},
		"a mark without its note": {
			parts: parts{"footnotes.xml": note("1", "A"), "": `<w:p>` + r("", "a") + ref("footnote", "9") + `</w:p>`},
			want:  `<p>a<sup>1</sup></p>`, found: "note_unresolved 1",
		},
	})
}
