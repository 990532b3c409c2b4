package source_test

import (
	"fmt"
	"html"
	"regexp"
	"strconv"
	"strings"

	"ltipolicy/policy/markup"
)

// wordDialect is HTML as Word saves it and puts it into the clipboard. Its lists are paragraphs.
type wordDialect struct {
	pasted   bool
	filtered bool // without what only Word understands
	lists    *int
}

var wordForms = map[style][]string{
	bold: {"<b>%</b>", `<b style='mso-bidi-font-weight:normal'>%</b>`, `<span style='font-weight:bold'>%</span>`}, italic: {"<i>%</i>", `<i style='mso-bidi-font-style:normal'>%</i>`},
	underlined: {"<u>%</u>", `<span style='text-decoration:underline'>%</span>`, `<ins cite="mailto:Ana" datetime="2026-01-05T10:00">%</ins>`},
	struck:     {"<s>%</s>", `<span style='text-decoration:line-through'>%</span>`, `<del cite="mailto:Ana" datetime="2026-01-05T10:00">%</del>`},
	lowered:    {"<sub>%</sub>", `<span style='position:relative;top:3.0pt;mso-text-raise:-3.0pt'>%</span>`}, raised: {"<sup>%</sup>", `<span style='position:relative;top:-3.0pt;mso-text-raise:3.0pt'>%</span>`},
}

func (wordDialect) styled(w *htmlWriter, words string, s style) string {
	words = w.nested(words, s, wordForms)
	return fill(w.pick("%", "%", `<span lang=RO style='mso-ansi-language:RO'>%</span>`, `<span class=SpellE>%</span>`), words)
}

func (d wordDialect) link(w *htmlWriter, to, words string) string {
	if n, ok := strings.CutPrefix(to, "#"); ok {
		to = "#_Toc" + n
		if d.pasted {
			to = "file:///C:/Users/x/AppData/Local/Temp/msohtmlclip1/01/clip.htm" + to
		}
	}
	return fill(w.pick("%", "<span class=MsoHyperlink>%</span>"), `<a href="`+html.EscapeString(to)+`">`+words+"</a>")
}

func (wordDialect) hide(w *htmlWriter, words string) string {
	return fill(w.pick(`<span style='display:none;mso-hide:all'>%</span>`, `<span style='mso-hide:all'>%</span>`), words)
}

func (d wordDialect) mark(w *htmlWriter, note int, _ bool) string {
	kind, n, label := w.doc.note(note, "ftn", "edn")
	return fill(`<a style='mso-footnote-id:%%' href="#_%%" name="_%ref%" title=""><span class=MsoFootnoteReference><span style='mso-special-character:footnote'>`, kind, n, kind, n, kind, n) +
		d.condition("supportFootnotes", "<span class=MsoFootnoteReference><span style='font-size:11.0pt'>["+label+"]</span></span>") + "</span></span></a>"
}

// condition is what Word puts around what other programs are to show.
func (d wordDialect) condition(of, inner string) string {
	if d.filtered {
		return inner
	}
	if d.pasted {
		return "<!--[if !" + of + "]-->" + inner + "<!--[endif]-->"
	}
	return "<![if !" + of + "]>" + inner + "<![endif]>"
}

func (wordDialect) paragraph(w *htmlWriter, inner string) string {
	if inner == "" {
		inner = "<o:p>&nbsp;</o:p>"
	}
	return fill(w.pick("<p class=MsoNormal>%<o:p></o:p></p>", "<p class=MsoNormal style='text-align:justify'>%</p>", "<p class=MsoBodyText><span lang=BG>%</span><o:p></o:p></p>"), inner)
}

func (d wordDialect) heading(w *htmlWriter, n int, b block) string {
	l, inner := strconv.Itoa(b.level), w.text(b.text)
	if b.number != "" {
		inner = d.condition("supportLists", "<span style='mso-list:Ignore'>"+b.number+`<span style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp;&nbsp; </span></span>`) + inner
	}
	return "<h" + l + `><a name="_Toc` + strconv.Itoa(n) + `">` + inner + "</a><o:p></o:p></h" + l + ">"
}

func (d wordDialect) list(w *htmlWriter, b block, level int) {
	if level == 1 {
		*d.lists++
	}
	for i, it := range b.items {
		mark, font := strings.ReplaceAll(b.form, "%", markup.Numeral(b.typ, it.value)), ""
		if b.typ == "" {
			bullet := []string{"·;Symbol", `o;"Courier New"`, "§;Wingdings", "\uf0b7;Symbol"}[w.rand.IntN(4)]
			mark, font, _ = strings.Cut(bullet, ";")
			font = "font-family:" + font + ";"
		}
		class := "MsoListParagraphCxSpMiddle"
		if i == 0 && level == 1 {
			class = "MsoListParagraphCxSpFirst"
		}
		gap := `<span style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp;&nbsp; </span>`
		if d.filtered {
			w.write(fmt.Sprintf("<p class=%s style='margin-left:%d.0pt;text-indent:-18.0pt'>", class, 36*level), "<span style='"+font+"'>"+html.EscapeString(mark)+gap+"</span>")
		} else {
			w.write(fmt.Sprintf("<p class=%s style='margin-left:%d.0pt;text-indent:-18.0pt;mso-list:l%d level%d lfo%[3]d'>", class, 36*level, *d.lists, level),
				d.condition("supportLists", "<span style='"+font+"mso-fareast-font-family:Calibri'><span style='mso-list:Ignore'>"+html.EscapeString(mark)+gap+"</span></span>"))
		}
		w.write(w.text(it.blocks[0].text), "<o:p></o:p></p>\n")
		w.blocks(it.blocks[1:], level+1+w.rand.IntN(4)/3) // a level may be passed over
	}
}

func (d wordDialect) notes(w *htmlWriter) {
	open := ""
	for i, note := range w.doc.notes {
		kind, n, label := w.doc.note(i+1, "ftn", "edn")
		name := map[string]string{"ftn": "foot", "edn": "end"}[kind]
		if open != kind {
			w.write(map[bool]string{true: "</div>"}[open != ""], "<div style='mso-element:", name, "note-list'>", d.condition("supportFootnotes", `<br clear=all><hr align=left size=1 width="33%">`))
		}
		open = kind
		w.write(fill(`<div style='mso-element:%note' id=%%><p class=MsoFootnoteText><a style='mso-footnote-id:%%' href="#_%ref%" name="_%%" title="">`, name, kind, n, kind, n, kind, n, kind, n),
			"<span class=MsoFootnoteReference><span style='mso-special-character:footnote'>", d.condition("supportFootnotes", "<span style='font-size:10.0pt'>["+label+"]</span>"), "</span></span></a> ",
			w.text(note.text), "<o:p></o:p></p>")
		if note.more != nil {
			w.write("<p class=MsoFootnoteText>", w.text(note.more), "</p>")
		}
		w.write("</div>\n")
	}
	w.write("</div>")
}

func writeWord(d *writing) string {
	w := newHTMLWriter(d, wordDialect{lists: new(int)})
	w.write(`<html xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:w="urn:schemas-microsoft-com:office:word" xmlns="http://www.w3.org/TR/REC-html40">`,
		`<head><meta name=Generator content="Microsoft Word 15"><!--[if gte mso 9]><xml><w:WordDocument><w:View>Print</w:View></w:WordDocument></xml><![endif]-->`,
		"<style><!--\np.MsoNormal, li.MsoNormal {margin:0cm; font-size:11.0pt;}\nspan.MsoFootnoteReference {mso-style-priority:99; vertical-align:super;}\n",
		"@list l0 {mso-list-id:123;}\n@list l0:level1 {mso-level-number-format:bullet; mso-level-text:\\F0B7;}\nol {margin-bottom:0cm;}\n--></style></head>\n",
		"<body lang=LT style='tab-interval:36.0pt'>\n<div class=WordSection1>\n")
	w.blocks(d.blocks, 1)
	w.write("</div>")
	if len(d.notes) > 0 {
		w.notes(w)
	}
	w.write("</body></html>")
	return w.String()
}

func writeWordPaste(d *writing) string {
	w := newHTMLWriter(d, wordDialect{pasted: true, lists: new(int)})
	w.blocks(d.blocks, 1)
	if len(d.notes) > 0 {
		w.notes(w)
	}
	return w.String()
}

// googleDialect is HTML as Google Docs saves it, with a style sheet, and puts it into the clipboard, without one.
type googleDialect struct {
	pasted bool
	sheet  *strings.Builder
	ids    map[string]string // marks of each level of each list
	list1  *int              // the number of the list that is written
	lists  *int
}

var googleStyles = map[style]string{bold: "font-weight:700", italic: "font-style:italic", underlined: "text-decoration:underline", struck: "text-decoration:line-through",
	lowered: "vertical-align:sub", raised: "vertical-align:super"}

func (d googleDialect) styled(_ *htmlWriter, words string, s style) string {
	declared := []string{"font-size:11pt", "background-color:transparent"}
	for i := range styleNames {
		one := style(1 << i)
		switch {
		case s&one != 0:
			declared = append(declared, googleStyles[one])
		case one == bold:
			declared = append(declared, "font-weight:400")
		case one == italic:
			declared = append(declared, "font-style:normal")
		case one == raised && s&lowered == 0:
			declared = append(declared, "vertical-align:baseline")
		case one == struck && s&underlined == 0:
			declared = append(declared, "text-decoration:none")
		}
	}
	return "<span " + d.style(strings.Join(declared, ";")) + ">" + words + "</span>"
}

// style is an attribute: a style, or a class of the sheet.
func (d googleDialect) style(css string) string {
	if d.pasted {
		return `style="` + css + `"`
	}
	class := "c" + strconv.Itoa(strings.Count(d.sheet.String(), "}"))
	d.sheet.WriteString("." + class + "{" + css + "}")
	return `class="` + class + `"`
}

func (d googleDialect) link(_ *htmlWriter, to, words string) string {
	switch n, ok := strings.CutPrefix(to, "#"); {
	case ok:
		to = "#h.abc" + n
	case strings.HasPrefix(to, "http"):
		to = "https://www.google.com/url?q=" + strings.NewReplacer("?", "%3F", "&", "%26", "ș", "%25C8%2599").Replace(to) + "&sa=D&source=editors&ust=1"
	}
	return `<a class="x9" href="` + html.EscapeString(to) + `">` + words + "</a>"
}

func (googleDialect) hide(_ *htmlWriter, _ string) string { return "" }

func (googleDialect) mark(_ *htmlWriter, note int, _ bool) string {
	return fill(`<sup><a href="#ftnt%" id="ftnt_ref%">[%]</a></sup>`, repeat(note, 3)...)
}

func (d googleDialect) paragraph(_ *htmlWriter, inner string) string {
	if inner == "" {
		inner = "<span></span>"
	}
	return `<p dir="ltr" ` + d.style("line-height:1.38;margin-top:0pt") + ">" + inner + "</p>"
}

func (d googleDialect) heading(w *htmlWriter, n int, b block) string {
	l, inner := strconv.Itoa(b.level), w.text(b.text)
	return "<h" + l + ` id="h.abc` + strconv.Itoa(n) + `">` + inner + "</h" + l + ">"
}

func (d googleDialect) list(w *htmlWriter, b block, level int) {
	tag := map[bool]string{true: "ul", false: "ol"}[b.typ == ""]
	id := d.id(b, level)
	start := b.items[0].value
	open := func(first bool, n int) {
		if d.pasted {
			w.write("<", tag, ` style="margin-top:0;margin-bottom:0;"`)
			if start != 1 && b.typ != "" && first {
				w.write(` start="`, strconv.Itoa(start), `"`)
			}
			w.write(">")
			return
		}
		w.write(`<`, tag, ` class="x7 lst-kix_`, id, map[bool]string{true: " start", false: ""}[first], `"`)
		if b.typ != "" {
			w.write(` start="`, strconv.Itoa(n), `"`)
		}
		w.write(">")
	}
	open(true, start)
	for i, it := range b.items {
		if d.pasted {
			w.write(`<li dir="ltr" style="list-style-type:`, map[string]string{"": "disc"}[b.typ]+listStyles[b.typ], `;font-weight:400;" aria-level="`, strconv.Itoa(level), `"><p dir="ltr" role="presentation">`,
				w.text(it.blocks[0].text), "</p></li>")
			w.blocks(it.blocks[1:], level+1)
			continue
		}
		w.write(`<li class="x6 li-bullet-0">`, w.text(it.blocks[0].text), "</li>")
		if len(it.blocks) > 1 {
			w.write("</", tag, ">")
			w.blocks(it.blocks[1:], level+1)
			if i+1 < len(b.items) {
				open(false, it.value+1)
			}
		}
	}
	if last := b.items[len(b.items)-1]; d.pasted || len(last.blocks) == 1 {
		w.write("</", tag, ">\n")
	}
}

// id is the list's name: one for all of its levels, but where a level has marks of another kind.
func (d googleDialect) id(b block, level int) string {
	if level == 1 {
		*d.lists++
		*d.list1 = *d.lists
	}
	id := fmt.Sprintf("abc%d-%d", *d.list1, level-1)
	if marks, ok := d.ids[id]; ok && marks != b.typ+b.form {
		*d.lists++
		id = fmt.Sprintf("abc%d-%d", *d.lists, level-1)
	}
	if d.ids[id] == "" && !d.pasted {
		d.counter(b, id)
	}
	d.ids[id] = b.typ + b.form
	return id
}

// counter declares the marks of a list in the sheet.
func (d googleDialect) counter(b block, id string) {
	if b.typ == "" {
		d.sheet.WriteString(".lst-kix_" + id + `>li:before{content:"\0025cf   "}`)
		return
	}
	before, after, _ := strings.Cut(b.form, "%")
	d.sheet.WriteString("ol.lst-kix_" + id + "{list-style-type:none}.lst-kix_" + id + ">li{counter-increment:lst-ctn-kix_" + id + "}.lst-kix_" + id +
		`>li:before{content:"` + before + `" counter(lst-ctn-kix_` + id + "," + strings.Replace(listStyles[b.typ], "alpha", "latin", 1) + `) "` + after + ` "}`)
}

func (d googleDialect) notes(w *htmlWriter) {
	w.write(`<hr class="x1">`)
	for i, n := range w.doc.notes {
		w.write(fill(`<div><p class="x2"><a href="#ftnt_ref%" id="ftnt%">[%]</a><span>&nbsp;</span>`, repeat(i+1, 3)...), w.text(n.text), "</p>")
		if n.more != nil {
			w.write(`<p class="x2">`, w.text(n.more), "</p>")
		}
		w.write("</div>")
	}
}

func writeGoogle(d *writing) string {
	g := googleDialect{sheet: &strings.Builder{}, ids: map[string]string{}, lists: new(int), list1: new(int)}
	w := newHTMLWriter(d, g)
	w.blocks(d.blocks, 1)
	if len(d.notes) > 0 {
		w.notes(w)
	}
	return `<html><head><meta content="text/html; charset=UTF-8" http-equiv="content-type"><style type="text/css">@import url(https://themes.example/css?kit=x);` + g.sheet.String() +
		`</style></head><body class="x9 doc-content">` + w.String() + "</body></html>"
}

func writeGooglePaste(d *writing) string {
	w := newHTMLWriter(d, googleDialect{pasted: true, ids: map[string]string{}, lists: new(int), list1: new(int)})
	w.write(`<meta charset='utf-8'><b style="font-weight:normal;" id="docs-internal-guid-5f0c1d2e">`)
	w.blocks(d.blocks, 1)
	w.write(`</b><br class="Apple-interchange-newline">`)
	return w.String()
}

var onlyWord = regexp.MustCompile(`mso-[a-z-]+:[^;']*;?|</?o:p>| style=''`)

// writeWordFiltered writes what Word calls a filtered page.
func writeWordFiltered(d *writing) string {
	w := newHTMLWriter(d, wordDialect{filtered: true, lists: new(int)})
	w.write(`<html><head><meta name=Generator content="Microsoft Word 15 (filtered)"></head><body lang=EN-GB><div class=WordSection1>`)
	w.blocks(d.blocks, 1)
	w.write("</div><div>")
	if len(d.notes) > 0 {
		w.notes(w)
	}
	w.write("</div></body></html>")
	return onlyWord.ReplaceAllString(w.String(), "")
}
