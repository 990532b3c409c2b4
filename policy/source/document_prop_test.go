package source_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ltipolicy/policy/markup"
	"ltipolicy/policy/source"

	"pgregory.net/rapid"
)

// wordDrawer draws a document of Word, each of whose words is another one.
type wordDrawer struct {
	*rapid.T
	words         int
	shown, hidden []string
	boxes, notes  []string // what is shown behind the paragraph, and at the end
	noteXML       strings.Builder
	noteCount     int
}

func (d *wordDrawer) word(to *[]string) string {
	d.words++
	w := fmt.Sprintf("w%dx", d.words)
	*to = append(*to, w)
	return w
}

func (d *wordDrawer) pick(what string, n int) int { return rapid.IntRange(0, n-1).Draw(d.T, what) }

// run is a run of words that are seen as to says.
func (d *wordDrawer) run(to *[]string) string {
	look := []string{"", "<w:b/>", "<w:i/><w:u w:val=\"single\"/>", "<w:strike/>", `<w:vertAlign w:val="superscript"/>`, `<w:b w:val="0"/>`}[d.pick("look", 6)]
	return `<w:r><w:rPr>` + look + `</w:rPr><w:t xml:space="preserve"> ` + d.word(to) + ` </w:t></w:r>`
}

func (d *wordDrawer) inline(to *[]string, depth int) string {
	more := func() string {
		if depth > 2 {
			return d.run(to)
		}
		return d.inline(to, depth+1)
	}
	switch d.pick("inline", 14) {
	case 0:
		return `<w:r><w:rPr><w:vanish/></w:rPr><w:t xml:space="preserve"> ` + d.word(&d.hidden) + ` </w:t></w:r>`
	case 1:
		return `<w:ins w:date="2026-01-02T03:04:05Z">` + more() + `</w:ins>`
	case 2:
		return `<w:del w:date="2026-01-02T03:04:05Z">` + strings.NewReplacer("<w:t ", "<w:delText ", "</w:t>", "</w:delText>").Replace(d.run(to)) + `</w:del>`
	case 3:
		return `<w:hyperlink w:anchor="place">` + more() + `</w:hyperlink>`
	case 4:
		return `<w:fldSimple w:instr="DATE">` + d.run(to) + `</w:fldSimple>`
	case 5:
		return `<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>HYPERLINK "https://example.org/"</w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>` +
			more() + `<w:r><w:fldChar w:fldCharType="end"/></w:r>`
	case 6:
		return `<w:sdt><w:sdtPr/><w:sdtContent>` + more() + `</w:sdtContent></w:sdt>`
	case 7:
		return `<w:smartTag>` + more() + `</w:smartTag><w:r><w:tab/></w:r>`
	case 8:
		d.noteCount++
		fmt.Fprintf(&d.noteXML, `<w:footnote w:id="%d"><w:p><w:r><w:footnoteRef/></w:r>%s</w:p></w:footnote>`, d.noteCount, d.run(&d.notes))
		return fmt.Sprintf(`<w:r><w:footnoteReference w:id="%d"/></w:r>`, d.noteCount)
	case 9:
		return `<w:r><w:pict><v:shape xmlns:v="urn:schemas-microsoft-com:vml"><v:textbox><w:txbxContent><w:p>` + d.run(&d.boxes) + `</w:p></w:txbxContent></v:textbox></v:shape></w:pict></w:r>`
	default:
		return d.run(to)
	}
}

func (d *wordDrawer) paragraph() string {
	var b strings.Builder
	for range 1 + d.pick("runs", 3) {
		b.WriteString(d.inline(&d.shown, 0))
	}
	d.shown, d.boxes = append(d.shown, d.boxes...), nil
	properties := ""
	switch d.pick("paragraph", 5) {
	case 0:
		properties = fmt.Sprintf(`<w:outlineLvl w:val="%d"/>`, d.pick("level", 7))
	case 1, 2:
		properties = fmt.Sprintf(`<w:numPr><w:ilvl w:val="%d"/><w:numId w:val="%d"/></w:numPr>`, d.pick("depth", 3), 1+d.pick("list", 3))
	}
	return `<w:p><w:pPr>` + properties + `</w:pPr>` + b.String() + `</w:p>`
}

func (d *wordDrawer) blocks(depth int) string {
	var b strings.Builder
	for range 1 + d.pick("blocks", 4) {
		if depth < 2 && d.pick("table", 6) == 0 {
			b.WriteString(`<w:tbl>`)
			for row := range 1 + d.pick("rows", 2) {
				head := ""
				if row == 0 {
					head = []string{"", "<w:trPr><w:tblHeader/></w:trPr>"}[d.pick("head", 2)]
				}
				b.WriteString(`<w:tr>` + head)
				for range 1 + d.pick("cells", 2) {
					b.WriteString(`<w:tc>` + d.blocks(depth+1) + `</w:tc>`)
				}
				b.WriteString(`</w:tr>`)
			}
			b.WriteString(`</w:tbl>`)
			continue
		}
		b.WriteString(d.paragraph())
	}
	return b.String()
}

var drawnWord = regexp.MustCompile(`w[0-9]+x`)

// Whatever a document is made of, its words are all shown in their order or reported as hidden, and the proof agrees.
func TestRandomWordDocumentsLoseNoWord(t *testing.T) {
	level := func(i int, format, text string) string {
		return fmt.Sprintf(`<w:lvl w:ilvl="%d"><w:start w:val="1"/><w:numFmt w:val="%s"/><w:lvlText w:val="%s"/></w:lvl>`, i, format, text)
	}
	lists := ""
	for i, levels := range []string{level(0, "decimal", "%1.") + level(1, "lowerLetter", "%2.") + level(2, "decimal", "%1.%3"), level(0, "bullet", "·") + level(1, "lowerRoman", "(%2)"), level(0, "decimal", "Section %1:")} {
		lists += fmt.Sprintf(`<w:abstractNum w:abstractNumId="%d">%s</w:abstractNum>`, i, levels)
	}
	lists += `<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num><w:num w:numId="3"><w:abstractNumId w:val="2"/></w:num>`
	rapid.Check(t, func(rt *rapid.T) {
		d := &wordDrawer{T: rt}
		text := `<w:p><w:bookmarkStart w:id="1" w:name="place"/><w:r><w:t>w0x</w:t></w:r></w:p>` + d.blocks(0)
		d.shown = append([]string{"w0x"}, d.shown...)
		safe, _, found, err := source.FromDocument(t.Context(), wordParts(t, map[string]string{"document": text, "numbering": lists, "footnotes": d.noteXML.String()}), nil)
		if err != nil {
			rt.Fatal(err)
		}
		got := drawnWord.FindAllString(markup.PlainText(safe), -1)
		if want := append(d.shown, d.notes...); !slices.Equal(got, want) {
			rt.Errorf("shown %v\nwant  %v\nin %s\nof %s", got, want, safe, text)
		}
		hidden := ""
		for _, f := range found {
			if f.Code == source.FoundHidden {
				hidden += f.Detail + " "
			}
			if f.Loss() {
				rt.Errorf("%s %s\nin %s\nof %s", f.Code, f.Detail, safe, text)
			}
		}
		for _, w := range d.hidden {
			if !strings.Contains(hidden, w) {
				rt.Errorf("%s is hidden and not reported", w)
			}
		}
	})
}
