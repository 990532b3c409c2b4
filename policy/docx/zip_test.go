package docx_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"ltipolicy/policy/docx"
)

const (
	wml   = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"`
	names = wml + ` xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"` +
		` xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"` +
		` xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"` +
		` xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"` +
		` xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"` +
		` xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"` +
		` xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"` +
		` xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"` +
		` xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram"` +
		` xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:v="urn:schemas-microsoft-com:vml"`
	office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
)

// parts are a document's parts by name, with the text of word/document.xml under "" and relationships of it under "rels".
type parts map[string]string

// file makes a document: parts whose names have no path lie in word, and the text refers to those that it can.
func (p parts) file(t testing.TB) []byte {
	t.Helper()
	all := map[string]string{
		"_rels/.rels":       relations("", `<Relationship Id="r1" Type="`+office+`officeDocument" Target="word/document.xml"/>`),
		"word/document.xml": `<w:document ` + names + `><w:body>` + p[""] + `</w:body></w:document>`,
	}
	rels := p["rels"]
	for _, name := range slices.Sorted(maps.Keys(p)) {
		content := p[name]
		if name == "" || name == "rels" {
			continue
		}
		if !strings.Contains(name, "/") {
			kind, _, ok := strings.Cut(name, ".xml")
			if ok {
				root := strings.TrimRight(kind, "0123456789")
				rels += fmt.Sprintf(`<Relationship Id="%s" Type="%s" Target="%s"/>`, kind, office+root, name)
				element := map[string]string{"header": "hdr", "footer": "ftr"}[root]
				if element == "" {
					element = root
				}
				content = fmt.Sprintf(`<w:%s %s>%s</w:%s>`, element, names, content, element)
			}
			name = "word/" + name
		}
		all[name] = content
	}
	if all["word/_rels/document.xml.rels"] == "" {
		all["word/_rels/document.xml.rels"] = relations("", rels)
	}
	return zipped(t, all)
}

func relations(_ string, list string) string {
	return `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` + list + `</Relationships>`
}

func zipped(t testing.TB, all map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(all[name])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// made is what is made of a document, and its findings one a line.
func made(t *testing.T, p parts) (string, string) {
	t.Helper()
	d, err := docx.Read(p.file(t))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, f := range d.Found {
		b.WriteString(strings.TrimSpace(f.Code+" "+f.Detail) + "\n")
	}
	return d.HTML, strings.TrimSuffix(b.String(), "\n")
}

// p is a paragraph of one run.
func p(text string) string { return "<w:p><w:r><w:t>" + text + "</w:t></w:r></w:p>" }

// r is a run with its properties.
func r(properties, text string) string {
	return `<w:r><w:rPr>` + properties + `</w:rPr><w:t xml:space="preserve">` + text + `</w:t></w:r>`
}

// field is one of Word's fields with what it shows.
func field(code, shown string) string {
	return `<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText xml:space="preserve"> ` + code + ` </w:instrText></w:r>` +
		`<w:r><w:fldChar w:fldCharType="separate"/></w:r>` + shown + `<w:r><w:fldChar w:fldCharType="end"/></w:r>`
}
