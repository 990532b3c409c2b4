package docx_test

import (
	"encoding/base64"
	"strings"
	"testing"
)

// pixel is a whole PNG.
const pixel = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"

const picture1 = `<w:r><w:pict><v:shape><v:imagedata r:id="i1"/></v:shape></w:pict></w:r>`

func picture(own, pic, more string) string {
	return `<w:r><w:drawing><wp:inline><wp:docPr id="1" name="Picture 1" ` + own + `/><a:graphic><a:graphicData><pic:pic><pic:nvPicPr><pic:cNvPr id="1" name="p" ` + pic + `/></pic:nvPicPr>` +
		`<pic:blipFill><a:blip r:embed="i1"/>` + more + `</pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>`
}

func TestPicturesComeWithTheirDescriptions(t *testing.T) {
	rel := `<Relationship Id="i1" Type="` + office + `image" Target="media/image1.png"/><Relationship Id="i2" Type="` + office + `image" Target="https://example.org/a.png" TargetMode="External"/>`
	with := func(s string) parts {
		return parts{"rels": rel, "": `<w:p>` + s + `</w:p>`, "word/media/image1.png": pixel}
	}
	src := "data:image/png;base64," + base64.StdEncoding.EncodeToString([]byte(pixel))
	metafile := with(picture("", `descr="Map"`, ""))
	metafile["word/media/image1.png"] = "\x01\x00\x00\x00 EMF"
	large := with(picture("", `descr="Map"`, ""))
	large["word/media/image1.png"] = pixel + strings.Repeat("x", 1<<20)
	play(t, map[string]rule{
		"described":        {parts: with(picture(`descr="Map of the campus"`, "", "")), want: `<p><img alt="Map of the campus" src="` + src + `"/></p>`},
		"described itself": {parts: with(picture("", `descr="Map"`, "")), want: `<p><img alt="Map" src="` + src + `"/></p>`},
		"not described":    {parts: with(picture("", "", "")), want: `<p><img src="` + src + `"/></p>`},
		"cropped":          {parts: with(picture("", `descr="Map"`, `<a:srcRect l="1000"/>`)), want: `<p><img alt="Map" src="` + src + `"/></p>`, found: "look_lost srcRect: Map"},
		"of the old form":  {parts: with(`<w:r><w:pict><v:shape alt="Old map"><v:imagedata r:id="i1"/></v:shape></w:pict></w:r>`), want: `<p><img alt="Old map" src="` + src + `"/></p>`},
		"with a link": {
			parts: parts{"rels": rel + `<Relationship Id="l" Type="` + office + `hyperlink" Target="https://example.org/" TargetMode="External"/>`, "word/media/image1.png": pixel, "": `<w:p>` + strings.Replace(picture(`descr="Map"`, "", ""), `/><a:graphic>`, `><a:hlinkClick r:id="l"/></wp:docPr><a:graphic>`, 1) + `</w:p>`},
			want:  `<p><a href="https://example.org/"><img alt="Map" src="` + src + `"/></a></p>`,
		},
		"of another site":            {parts: with(`<w:r><w:pict><v:shape><v:imagedata r:id="i2"/></v:shape></w:pict></w:r>`), want: `<p><img src="https://example.org/a.png"/></p>`},
		"of a kind that is not kept": {parts: metafile, want: ``, found: "image_unreadable Map"},
		"too large":                  {parts: large, want: ``, found: "image_too_large Map"},
		"hidden":                     {parts: with(picture(`hidden="1" descr="secret"`, "", "")), want: ``, found: "hidden_removed secret"},
	})
	many, found := made(t, with(strings.Repeat(picture("", `descr="Map"`, ""), 60)))
	if n := strings.Count(many, "<img"); n != 50 || strings.Count(found, "image_too_many Map") != 10 {
		t.Errorf("%d pictures, %s", n, found)
	}
}

func TestBoxesStandOnceBehindTheirParagraph(t *testing.T) {
	box := `<w:txbxContent>` + p("In the box") + `</w:txbxContent>`
	both := `<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wp:anchor><wp:docPr id="1" name="Box"/><a:graphic><a:graphicData><wps:wsp><wps:txbx>` + box + `</wps:txbx></wps:wsp></a:graphicData></a:graphic></wp:anchor></w:drawing></mc:Choice>` +
		`<mc:Fallback><w:pict><v:shape><v:textbox>` + box + `</v:textbox></v:shape></w:pict></mc:Fallback></mc:AlternateContent></w:r>`
	chart := `<c:chartSpace xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:t>Visits</a:t><c:v>May</c:v></c:chartSpace>`
	play(t, map[string]rule{
		"written twice":     {parts: body(`<w:p>` + r("", "a") + both + `</w:p>` + p("b")), want: `<p>a</p><p>In the box</p><p>b</p>`},
		"alone":             {parts: body(`<w:p>` + both + `</w:p>`), want: `<p>In the box</p>`},
		"of the old form":   {parts: body(`<w:p><w:r><w:pict><v:shape><v:textbox>` + box + `</v:textbox></v:shape></w:pict></w:r></w:p>`), want: `<p>In the box</p>`},
		"only the old form": {parts: body(`<w:p><w:r><mc:AlternateContent><mc:Choice Requires="new"><x/></mc:Choice><mc:Fallback>` + `<w:t>old</w:t>` + `</mc:Fallback></mc:AlternateContent></w:r></w:p>`), want: `<p>old</p>`},
		"words as a shape":  {parts: body(`<w:p><w:r><w:pict><v:shape><v:textpath string="DRAFT"/></v:shape></w:pict></w:r></w:p>`), want: `<p>DRAFT</p>`},
		"a chart": {
			parts: parts{"rels": `<Relationship Id="c1" Type="` + office + `chart" Target="charts/chart1.xml"/>`, "word/charts/chart1.xml": chart, "": `<w:p>` + r("", "a") + `<w:r><w:drawing><wp:inline><wp:docPr id="1" name="Chart 1"/><a:graphic><a:graphicData><c:chart r:id="c1"/></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>`},
			want:  `<p>a</p>`, found: "object_removed Chart 1: Visits May",
		},
		"another program's document": {parts: body(`<w:p>` + r("", "a") + `<w:r><w:object><o:OLEObject ProgID="Excel.Sheet.12" r:id="x"/></w:object></w:r></w:p>`), want: `<p>a</p>`, found: "object_removed Excel.Sheet.12:"},
		"another file in the text":   {parts: parts{"rels": `<Relationship Id="h" Type="` + office + `aFChunk" Target="part.html"/>`, "": `<w:altChunk r:id="h"/>` + p("a")}, want: `<p>a</p>`, found: "object_removed word/part.html"},
		"a shape that is described":  {parts: body(`<w:p>` + r("", "a") + `<w:r><w:drawing><wp:inline><wp:docPr id="1" name="Arrow" descr="From A to B"/></wp:inline></w:drawing></w:r></w:p>`), want: `<p>a</p>`, found: "object_removed From A to B"},
	})
}
