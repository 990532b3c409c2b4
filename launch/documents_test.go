package launch_test

import (
	"archive/zip"
	"bytes"
	"image/color"
	"net/http"
	"strings"
	"testing"
)

// wordFile is a document of these paragraphs, with a picture of that name if the XML shows it as i1.
func wordFile(t *testing.T, paragraphs string, picture []byte) []byte {
	t.Helper()
	const rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range map[string]string{
		"word/document.xml": `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:v="urn:schemas-microsoft-com:vml" xmlns:r="` + rel + `"><w:body>` + paragraphs + `</w:body></w:document>`,
		"word/_rels/document.xml.rels": `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
			`<Relationship Id="i1" Type="` + rel + `/image" Target="media/a.png"/></Relationships>`,
		"word/media/a.png": string(picture),
	} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const (
	wordWords   = `<w:p><w:r><w:t xml:space="preserve">We do </w:t></w:r><w:r><w:rPr><w:strike/></w:rPr><w:t>not</w:t></w:r><w:r><w:t xml:space="preserve"> sell data.</w:t></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t>Ask the lawyer.</w:t></w:r></w:p>`
	wordPicture = `<w:p><w:r><w:pict><v:shape alt="The map"><v:imagedata r:id="i1"/></v:shape></w:pict></w:r></w:p>`
)

// Without scripts a document comes with the form: it is shown as the full text with what was found, and nothing is saved
// until somebody saves again.
func TestADocumentIsLookedOverBeforeItIsSaved(t *testing.T) {
	s := newSite(t)
	b, l := s.asAdmin()
	raw := drawn(t, 12, 8, color.Black)
	for name, plain := range map[string]string{"beside HTML": "", "beside plain text": "1"} {
		t.Run(name, func(t *testing.T) {
			f := s.policyForm(b, l, "Typed before.")
			f.Values.Set("summary.0", "In short.")
			f.Values.Set("plain.0", plain)
			got := s.upload(b, f.Action, f.Values, file{"document.0", "Rules 2026.docx", wordFile(t, wordWords+wordPicture, raw)}).is(http.StatusUnprocessableEntity, "")
			got.has("The full text below is the one of this document").has("Rules 2026.docx").has("Ask the lawyer.").lacks("Typed before.").lacks("Words of the source are missing").lacks("Words that are not in the source")
			want := `<p>We do <s>not</s> sell data.</p><p><img src="` + stored(t, raw).Address() + `" alt="The map" width="12" height="8"/></p>`
			got.holds("content.0", want)
			if again := s.upload(b, f.Action, got.formTo("/policies/new").Values); again.Status != http.StatusSeeOther {
				t.Fatalf("saved: %d %s", again.Status, again.Text())
			} else if text := s.get(b, again.Location()).formTo("/edit").Values.Get("content.0"); text != want {
				t.Errorf("stored %s", text)
			}
		})
	}
}

func TestADocumentIsOfferedWhileSomebodyTypes(t *testing.T) {
	s, b, _, edit, _ := editors(t)
	f := s.get(b, edit).formTo("/edit")
	f.Values.Set("show", "0")
	action := strings.TrimSuffix(f.Action, "/edit") + "/typing"
	got := s.upload(b, action, f.Values, file{"document.0", "a.docx", wordFile(t, wordWords+wordPicture, drawn(t, 12, 8, color.Black))}).is(http.StatusOK, "")
	offered := got.part("repair")
	if len(descend(offered, "s")) == 0 || !strings.Contains(squeezed(offered), "Ask the lawyer.") || !strings.Contains(squeezed(offered), "Use the document's text") {
		t.Errorf("offered: %s", squeezed(offered))
	}
	if imgs := descend(offered, "img"); len(imgs) == 0 {
		t.Error("no picture is offered")
	}
	got = s.upload(b, action, f.Values, file{"document.0", "a.doc", []byte("\xd0\xcf\x11\xe0 old")}).is(http.StatusOK, "")
	if says := squeezed(got.part("repair")); !strings.Contains(says, "protected by a password") || !strings.Contains(says, "a.doc") {
		t.Errorf("of an old one is said: %s", says)
	}
	s.get(b, edit).holds("content.0", "<p>One.</p>")
}

func TestDocumentsThatCannotBeTakenLeaveTheTextAsItIs(t *testing.T) {
	s := newSite(t)
	b, l := s.asAdmin()
	whole := wordFile(t, wordWords, nil)
	for name, c := range map[string]struct {
		raw  []byte
		says string
	}{
		"a text":     {[]byte("words"), "This file is no .docx"},
		"empty":      {nil, "This file is no .docx"},
		"broken off": {whole[:len(whole)/2], "The document is damaged"},
		"no words":   {wordFile(t, "<w:p/>", nil), "The document has no words"},
		"a bomb":     {wordFile(t, strings.Repeat("<w:p/>", 700_000), nil), "The document is too large"},
		"too long":   {wordFile(t, "<w:p><w:r><w:t>"+strings.Repeat("word ", 300_000)+"</w:t></w:r></w:p>", nil), "The document is too large"},
		"6 MB":       {make([]byte, 6<<20+1), "The document is too large"},
	} {
		t.Run(name, func(t *testing.T) {
			f := s.policyForm(b, l, "<p>Typed before.</p>")
			s.upload(b, f.Action, f.Values, file{"document.0", "a.docx", c.raw}).is(http.StatusUnprocessableEntity, "").has(c.says).has("a.docx").lacks("is the one of this document").holds("content.0", "<p>Typed before.</p>")
		})
	}
}
