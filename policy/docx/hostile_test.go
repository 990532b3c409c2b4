package docx_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"ltipolicy/policy"
	"ltipolicy/policy/docx"
	"ltipolicy/policy/markup"
)

func TestHostileArchivesAreRefusedWithTheCause(t *testing.T) {
	many := map[string]string{}
	for i := range 2100 {
		many[fmt.Sprintf("p%d", i)] = ""
	}
	var twice bytes.Buffer
	z := zip.NewWriter(&twice)
	for _, name := range []string{"word/document.xml", "WORD/document.xml"} {
		if _, err := z.Create(name); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	whole := body(p("a")).file(t)
	for name, c := range map[string]struct {
		raw       []byte
		key, says string
	}{
		"an empty file":               {nil, docx.KeyKind, "save it as .docx"},
		"a text":                      {[]byte("Privacy policy"), docx.KeyKind, "save it as .docx"},
		"the old kind, or protected":  {[]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), docx.KeyKind, "without a password"},
		"an archive of something":     {zipped(t, map[string]string{"a.txt": "a"}), docx.KeyKind, "no document of Word"},
		"LibreOffice by another name": {zipped(t, map[string]string{"mimetype": "a", "content.xml": "<a/>"}), docx.KeyKind, "LibreOffice"},
		"a table of Excel":            {zipped(t, map[string]string{"word/document.xml": "<workbook/>"}), docx.KeyKind, "another document of Office"},
		"broken off":                  {whole[:len(whole)/2], docx.KeyDamaged, "save it anew"},
		"a broken part":               {zipped(t, map[string]string{"word/document.xml": "<w:document " + names + "><w:body>"}), docx.KeyDamaged, "word/document.xml"},
		"two parts of one name":       {twice.Bytes(), docx.KeyDamaged, "two parts"},
		"entities":                    {zipped(t, map[string]string{"word/document.xml": `<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d SYSTEM "file:///etc/passwd">]><a>&b;&d;</a>`}), docx.KeyDamaged, "document type"},
		"too many parts":              {zipped(t, many), docx.KeyLarge, "2000"},
		"too large":                   {make([]byte, docx.MaxFile+1), docx.KeyLarge, "bytes"},
		"a bomb":                      {body("<w:p>" + strings.Repeat(" ", 30<<20) + "</w:p>").file(t), docx.KeyLarge, "12 MB"},
		"many elements":               {body(strings.Repeat("<w:p/>", 700_000)).file(t), docx.KeyLarge, "elements"},
		"many attributes":             {body("<w:p " + numbered(700_000) + "/>").file(t), docx.KeyLarge, "attributes"},
		"deep elements":               {body(strings.Repeat("<w:sdt>", 300) + strings.Repeat("</w:sdt>", 300)).file(t), docx.KeyLarge, "deep"},
		"a deep note":                 {parts{"": p("a"), "comments.xml": strings.Repeat("<w:p>", 300) + strings.Repeat("</w:p>", 300)}.file(t), docx.KeyLarge, "deep"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := docx.Read(c.raw)
			if e, ok := errors.AsType[*policy.Error](err); !ok || !errors.Is(err, policy.ErrInvalid) || e.Key != c.key || !strings.Contains(err.Error(), c.says) {
				t.Error(err)
			}
		})
	}
}

// numbered are attributes.
func numbered(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `a%d="" `, i)
	}
	return b.String()
}

// What stands once in a document and is used often makes no text that is many times as long as the document.
func TestSmallDocumentsMakeNoHugeTexts(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	const often = 3000
	link := `<Relationship Id="l" Type="` + office + `hyperlink" Target="https://` + long + `" TargetMode="External"/>`
	picture := `<Relationship Id="i1" Type="` + office + `image" Target="media/a.png"/>`
	for name, p := range map[string]parts{
		"marks of items": {"numbering.xml": lists([]string{level(0, "decimal", long, "")}, "0"), "": strings.Repeat(it(1, 0, "a"), often)},
		"formats":        {"numbering.xml": lists([]string{level(0, long, "%1", "")}, "0"), "": strings.Repeat(it(1, 0, "a"), often)},
		"addresses":      {"rels": link, "": strings.Repeat(`<w:p><w:hyperlink r:id="l">`+r("", "a")+`</w:hyperlink></w:p>`, often)},
		"days":           body(`<w:ins w:date="` + long + `">` + strings.Repeat(p("a"), often) + `</w:ins>`),
		"notes":          {"footnotes.xml": `<w:footnote w:id="1">` + p(long) + `</w:footnote>`, "": strings.Repeat(`<w:p><w:r><w:footnoteReference w:id="1"/></w:r></w:p>`, often)},
		"hidden notes":   {"footnotes.xml": `<w:footnote w:id="1">` + p(long) + `</w:footnote>`, "": strings.Repeat(`<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:footnoteReference w:id="1"/></w:r></w:p>`, often)},
		"pictures":       {"rels": picture, "word/media/a.png": pixel + long[:1<<19], "": strings.Repeat(`<w:p>`+picture1+`</w:p>`, often)},
		"languages":      {"styles.xml": `<w:docDefaults><w:rPrDefault><w:rPr><w:lang w:val="` + long + `"/></w:rPr></w:rPrDefault></w:docDefaults>`, "": strings.Repeat(p("a"), often)},
		"open fields":    body(strings.Repeat(`<w:p><w:r><w:fldChar w:fldCharType="begin"/><w:instrText>REF a \h</w:instrText><w:fldChar w:fldCharType="separate"/></w:r></w:p>`, often) + strings.Repeat(p("a"), often)),
	} {
		t.Run(name, func(t *testing.T) {
			d, err := docx.Read(p.file(t))
			if err != nil && !errors.Is(err, policy.ErrInvalid) {
				t.Fatal(err)
			}
			said := 0
			for _, f := range d.Found {
				said += len(f.Detail)
			}
			if len(d.HTML) > 20<<20 || said > 4<<20 {
				t.Errorf("%d bytes of text, %d of findings", len(d.HTML), said)
			}
		})
	}
}

func TestADocumentInUTF16IsRead(t *testing.T) {
	raw := []byte("\xff\xfe")
	for _, u := range `<?xml version="1.0" encoding="UTF-16"?><w:document ` + wml + `><w:body>` + p("știri") + `</w:body></w:document>` {
		raw = append(raw, byte(u), byte(u>>8))
	}
	got, err := docx.Read(zipped(t, map[string]string{"word/document.xml": string(raw)}))
	if got.HTML != "<p>știri</p>" || err != nil {
		t.Error(got.HTML, err)
	}
}

func TestTheStrictFormIsRead(t *testing.T) {
	strict := strings.NewReplacer("http://schemas.openxmlformats.org/wordprocessingml/2006/main", "http://purl.oclc.org/ooxml/wordprocessingml/main")
	got, err := docx.Read(zipped(t, map[string]string{
		"_rels/.rels":    relations("", `<Relationship Id="r" Type="http://purl.oclc.org/ooxml/officeDocument/relationships/officeDocument" Target="/text/main.xml"/>`),
		"text/main.xml":  strict.Replace(`<w:document ` + wml + `><w:body>` + p("a") + `</w:body></w:document>`),
		"text/other.xml": "not read <",
	}))
	if got.HTML != "<p>a</p>" || err != nil {
		t.Error(got.HTML, err)
	}
}

// FuzzRead holds for any text and lists of a document: it is read or refused, never endless, and what is made of it is HTML.
func FuzzRead(f *testing.F) {
	f.Add(p("a"), level(0, "decimal", "%1.", ""), "")
	f.Add(it(1, 0, "a")+it(1, 3, "b"), level(0, "lowerRoman", "%1%9)", "")+level(3, "bullet", "o", ""), styleSheet)
	f.Add(`<w:p>`+field("HYPERLINK x", r("<w:b/>", "y"))+`<w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>`, "", "")
	f.Add(`<w:tbl><w:tr><w:tc><w:tcPr><w:vMerge/></w:tcPr>`+p("a")+`</w:tc></w:tr></w:tbl>`, "", "")
	f.Fuzz(func(t *testing.T, text, list, styles string) {
		raw := parts{"": text, "numbering.xml": lists([]string{list}, "0"), "styles.xml": styles, "footnotes.xml": `<w:footnote w:id="1">` + p("n") + `</w:footnote>`}.file(t)
		out, err := docx.Read(raw)
		if err != nil {
			if !errors.Is(err, policy.ErrInvalid) {
				t.Fatal(err)
			}
			return
		}
		if _, err := markup.Parse(out.HTML); err != nil {
			t.Fatal(err)
		}
		if _, err := docx.Plainly(raw); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzArchive(f *testing.F) {
	f.Add(body(p("a")).file(f))
	raw, err := os.ReadFile("../source/testdata/office/libreoffice-file.docx")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Fuzz(func(t *testing.T, raw []byte) {
		if _, err := docx.Read(raw); err != nil && !errors.Is(err, policy.ErrInvalid) {
			t.Fatal(err)
		}
	})
}
