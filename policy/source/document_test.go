package source_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"ltipolicy/policy"
	"ltipolicy/policy/source"

	"github.com/google/go-cmp/cmp"
)

// wordFile is a document of these paragraphs, in Word's XML.
func wordFile(t testing.TB, paragraphs string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("word/document.xml")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(w, `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>%s</w:body></w:document>`, paragraphs)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const wordText = `<w:p><w:pPr><w:outlineLvl w:val="0"/></w:pPr><w:r><w:t>Purpose</w:t></w:r></w:p><w:p><w:r><w:t>We do not sell data.</w:t></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t>secret</w:t></w:r></w:p>`

// wordParts is a document of these parts, to which its text refers.
func wordParts(t *testing.T, parts map[string]string) []byte {
	t.Helper()
	const rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	rels := ""
	put := func(name, content string) {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(w, content)
	}
	for kind, content := range parts {
		element := kind
		if kind == "document" {
			content, element = "<w:body>"+content+"</w:body>", kind
		}
		put("word/"+kind+".xml", fmt.Sprintf(`<w:%s xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math">%s</w:%s>`, element, content, element))
		rels += fmt.Sprintf(`<Relationship Id="%s" Type="%s/%s" Target="%s.xml"/>`, kind, rel, kind, kind)
	}
	put("word/_rels/document.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`+rels+`</Relationships>`)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// What Word shows and the file does not hold as such, such as the numbers of headings, is no loss and no addition, and what
// is named is none once more.
func TestWholeDocumentsHaveNoLoss(t *testing.T) {
	p := func(properties, runs string) string {
		return "<w:p><w:pPr>" + properties + "</w:pPr>" + runs + "</w:p>"
	}
	r := func(text string) string { return `<w:r><w:t xml:space="preserve">` + text + `</w:t></w:r>` }
	num := func(depth, id string) string {
		return `<w:numPr><w:ilvl w:val="` + depth + `"/><w:numId w:val="` + id + `"/></w:numPr>`
	}
	level := func(i, format, text string) string {
		return `<w:lvl w:ilvl="` + i + `"><w:start w:val="1"/><w:numFmt w:val="` + format + `"/><w:lvlText w:val="` + text + `"/></w:lvl>`
	}
	lists := `<w:abstractNum w:abstractNumId="0">` + level("0", "decimal", "Article %1") + level("1", "lowerLetter", "(%2)") + `</w:abstractNum>` +
		`<w:abstractNum w:abstractNumId="1">` + level("0", "decimal", "%1.") + `</w:abstractNum>` +
		`<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>`
	notes := `<w:footnote w:id="7">` + p("", r("Second note")) + `</w:footnote><w:footnote w:id="3">` + p("", r("First note")) + `</w:footnote><w:footnote w:id="9">` + p("", r("Left behind")) + `</w:footnote>`
	field := func(code, result string) string {
		return `<w:r><w:fldChar w:fldCharType="begin">` + result + `</w:fldChar></w:r><w:r><w:instrText>` + code + `</w:instrText></w:r>`
	}
	const end = `<w:r><w:fldChar w:fldCharType="end"/></w:r>`
	const separate = `<w:r><w:fldChar w:fldCharType="separate"/></w:r>`
	text := p("", `<w:r><w:rPr><w:rFonts w:ascii="Wingdings" w:hAnsi="Wingdings"/></w:rPr><w:t>à</w:t></w:r>`+r(" next")) + p("", field(`TOC \o`, "")+separate+r("Scope")+`<w:r><w:tab/></w:r>`+field("PAGEREF _Toc1", "")+separate+r("12")+end+end) +
		p(`<w:outlineLvl w:val="0"/>`+num("0", "1"), `<w:bookmarkStart w:id="1" w:name="_Toc1"/>`+r("Scope")) + p(num("1", "1"), r("who studies")) + p(num("1", "1"), r("who teaches")) +
		p(`<w:framePr w:dropCap="drop"/>`, r("W")) + p("", r("e answer ")+field("FORMDROPDOWN", `<w:ffData><w:ddList><w:listEntry w:val="within a month"/></w:ddList></w:ffData>`)+end) +
		p("", r("See")+`<w:r><w:footnoteReference w:id="3"/></w:r>`+r(" and")+`<w:r><w:footnoteReference w:id="7"/></w:r>`) +
		`<w:tbl><w:tr><w:tc>` + p(num("0", "2"), r("Names")) + p(num("0", "2"), r("Grades")) + `</w:tc></w:tr></w:tbl>` +
		p("", `<w:r><w:ruby><w:rt>`+r("kan")+`</w:rt><w:rubyBase>`+r("漢")+`</w:rubyBase></w:ruby></w:r><m:oMath><m:f><m:num><m:r><m:t>hours</m:t></m:r></m:num><m:den><m:r><m:t>weeks</m:t></m:r></m:den></m:f></m:oMath>`)
	safe, _, found, err := source.FromDocument(t.Context(), wordParts(t, map[string]string{"document": text, "numbering": lists, "footnotes": notes}), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		if f.Loss() {
			t.Errorf("%s %s in %s", f.Code, f.Detail, safe)
		}
	}
	for _, words := range []string{"Article 1 Scope</h2>", "(b) who teaches", "We answer within a month", "First note", "hours/weeks", "→ next"} {
		if !strings.Contains(string(safe), words) {
			t.Errorf("%s is not in %s", words, safe)
		}
	}
}

// TestWordDocuments takes over documents as files. Beside each lies what is made of it, and below a line the findings.
func TestWordDocuments(t *testing.T) {
	files, err := filepath.Glob("testdata/office/*.docx")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			raw, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			part, err := source.ImportDocument(t.Context(), raw)
			if err != nil {
				t.Fatal(err)
			}
			got, found := clean(t, part.HTML)
			if again, more := clean(t, got); again != got || len(more) > 0 {
				t.Errorf("sanitised again: %s\n%v", again, more)
			}
			var b strings.Builder
			b.WriteString(strings.NewReplacer("<p", "\n<p", "<h", "\n<h", "<li", "\n<li", "<tr", "\n<tr").Replace(got) + "\n---\n")
			for _, f := range append(part.Findings, found...) {
				b.WriteString(strings.TrimSpace(fmt.Sprint(f.Code, " ", f.Count, " ", f.Detail)) + "\n")
			}
			_, _, all, err := source.FromDocument(t.Context(), raw, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range all {
				if f.Loss() {
					t.Errorf("lost: %v", f)
				}
			}
			golden := name + ".want"
			if *update {
				if err := os.WriteFile(golden, []byte(b.String()), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if b.String() != string(want) {
				t.Errorf("got\n%s\nwant\n%s", b.String(), want)
			}
		})
	}
}

func TestADocumentIsTheContentOfItsText(t *testing.T) {
	doc := wordFile(t, wordText)
	dir := fstest.MapFS{
		"rules/en.md":        {Data: []byte("---\nname: Rules\ntype: site\ndocument: Rules 2026.docx\n---\n--- summary ---\nIn *short*.\n")},
		"rules/ro.txt":       {Data: []byte("---\nname: Reguli\ndocument: ro.DOCX\n---\n")},
		"rules/lt.txt":       {Data: []byte("---\nname: Taisyklės\n---\n--- summary ---\n--- content ---\nTekstas.\n")},
		"rules/ro.DOCX":      {Data: doc},
		"rules/earlier.docx": {Data: doc},
		"rules/draft.docx":   {Data: make([]byte, 9<<20)},
		"rules/Rules.odt":    {Data: doc},

		"rules/Rules 2026.docx": {Data: doc},
	}
	list, err := source.Read(dir)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	v, found, err := list[0].Version(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	const want = `<h2 id="s-b22b7084">Purpose</h2><p>We do not sell data.</p>`
	if got := string(v.Texts[0].Content); got != want || v.Texts[0].Summary != "<p>In <em>short</em>.</p>" {
		t.Errorf("%q %q", got, v.Texts[0].Summary)
	}
	for _, text := range v.Texts {
		if text.Lang == "ro" && string(text.Content) != want {
			t.Error(text.Content)
		}
	}
	for _, file := range []string{"en.md", "ro.txt"} {
		if !has(found[file], source.FoundHidden, "secret") {
			t.Errorf("%s: %v", file, found[file])
		}
	}
	files, err := list[0].Files()
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 5 || !bytes.Equal(files["ro.DOCX"], doc) || files["earlier.docx"] != nil {
		t.Errorf("%d files are written", len(files))
	}
	if back, err := source.New("rules", files); err != nil || !cmp.Equal(back, list[0]) {
		t.Errorf("%v, %s", err, cmp.Diff(list[0], back))
	}
	passed, err := source.PassedOver(dir, list)
	if err != nil {
		t.Fatal(err)
	}
	want2 := []source.Passed{
		{Name: "rules/Rules.odt", Why: "a document of another program: save it as .docx and name that in the settings of en.md (document: Rules.docx)"},
		{Name: "rules/draft.docx", Why: "a document is a file of its own, no link, of at most 6 MB"},
		{Name: "rules/earlier.docx", Why: "no text names the document: write document: earlier.docx into the settings of en.md, instead of its content"},
	}
	if diff := cmp.Diff(want2, passed); diff != "" {
		t.Error(diff)
	}
}

func TestDocumentsThatCannotBeTakenSayWhy(t *testing.T) {
	for name, c := range map[string]struct{ head, below, want string }{
		"none there":             {"document: other.docx", "", "rules/en.md: there is no document other.docx beside it"},
		"no name":                {"document:", "", "write document: NAME.docx"},
		"a path":                 {"document: ../a.docx", "", "must lie beside this file"},
		"a path of Windows":      {`document: C:\a.docx`, "", "must lie beside this file"},
		"another kind":           {"document: a.pdf", "", "save it as such, or as HTML"},
		"twice":                  {"document: a.docx\ndocument: a.docx", "", "stands there twice"},
		"a capital":              {"Document: a.docx", "", "it is written document"},
		"the content, too":       {"document: a.docx", "--- summary ---\ns\n--- content ---\nc\n", "the content is in the document already"},
		"words without a mark":   {"document: a.docx", "words\n", "here may stand --- summary --- only"},
		"a document of no words": {"document: empty.docx", "", "no content in en"},
		"no document at all":     {"document: text.docx", "", "save it as .docx"},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := source.New("rules", map[string][]byte{
				"en.md":  []byte("---\nname: Rules\ntype: site\n" + c.head + "\n---\n" + c.below),
				"a.docx": wordFile(t, wordText), "empty.docx": wordFile(t, "<w:p/>"), "text.docx": []byte("words"),
			})
			if err == nil {
				_, _, err = p.Version(t.Context())
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
}

// FuzzImportDocument holds for any text of a document: what is made of it can be sanitised, and nothing that may not stand in
// a text passes.
func FuzzImportDocument(f *testing.F) {
	f.Add(wordText)
	f.Add(`<w:tbl><w:tr><w:tc><w:p/></w:tc></w:tr></w:tbl>`)
	f.Add(`<w:p><w:fldSimple w:instr="HYPERLINK &quot;javascript:alert(1)&quot;"><w:r><w:t>&lt;script&gt;</w:t></w:r></w:fldSimple></w:p>`)
	f.Fuzz(func(t *testing.T, text string) {
		part, err := source.ImportDocument(t.Context(), wordFile(t, text))
		if err != nil {
			if !errors.Is(err, policy.ErrInvalid) {
				t.Fatal(err)
			}
			return
		}
		safe, _, err := source.Sanitize(part.HTML)
		if err != nil && !errors.Is(err, policy.ErrTooLarge) {
			t.Fatal(err)
		}
		if strings.Contains(string(safe), "<script") || strings.Contains(string(safe), `href="javascript`) {
			t.Fatal(safe)
		}
	})
}
