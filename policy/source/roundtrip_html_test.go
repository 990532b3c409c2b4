package source_test

import (
	"fmt"
	"html"
	"math/rand/v2"
	"strconv"
	"strings"

	"ltipolicy/policy/markup"
)

// htmlWriter has what all that write HTML share. The other writers of it differ in their dialect.
type htmlWriter struct {
	strings.Builder
	doc  *writing
	rand *rand.Rand
	nth  int // headings so far
	dialect
}

// dialect is how a program writes what its document says.
type dialect interface {
	styled(w *htmlWriter, words string, s style) string
	link(w *htmlWriter, to, words string) string
	mark(w *htmlWriter, note int, again bool) string
	paragraph(w *htmlWriter, inner string) string
	heading(w *htmlWriter, n int, b block) string
	list(w *htmlWriter, b block, level int)
	hide(w *htmlWriter, words string) string
	notes(w *htmlWriter)
}

func newHTMLWriter(d *writing, as dialect) *htmlWriter {
	return &htmlWriter{doc: d, rand: rand.New(rand.NewPCG(d.seed, 1)), dialect: as}
}

func (w *htmlWriter) pick(forms ...string) string { return forms[w.rand.IntN(len(forms))] }

func (w *htmlWriter) write(s ...string) {
	for _, p := range s {
		w.WriteString(p)
	}
}

// fill puts words at each % of a form.
func fill(form string, words ...string) string {
	for _, s := range words {
		form = strings.Replace(form, "%", strings.ReplaceAll(s, "%", "\x00"), 1)
	}
	return strings.ReplaceAll(form, "\x00", "%")
}

func (w *htmlWriter) blocks(blocks []block, level int) {
	for _, b := range blocks {
		switch b.kind {
		case paragraph:
			w.write(w.styledBlock(w.paragraph(w, w.text(b.text)), b.style), "\n")
		case heading:
			w.nth++
			w.write(w.styledBlock(w.heading(w, w.nth, b), b.style), "\n")
		case list:
			w.list(w, b, level)
		case quote:
			w.write("<blockquote>")
			w.blocks(b.blocks, level)
			w.write("</blockquote>\n")
		case definitions:
			w.write("<dl>")
			for _, it := range b.items {
				tag := map[bool]string{true: "dt", false: "dd"}[it.term]
				w.write("<", tag, ">", w.text(it.blocks[0].text), "</", tag, ">\n")
			}
			w.write("</dl>\n")
		case table:
			w.table(b)
		case rule:
			w.write("<hr>\n")
		case verse:
			var lines []string
			for _, p := range b.text {
				if !p.br {
					lines = append(lines, html.EscapeString(p.words))
				}
			}
			w.write("<pre><code>", strings.Join(lines, "\n"), "</code></pre>\n")
		case marked:
			form := w.nested("%", b.style, editorForms)
			before, after, _ := strings.Cut(form, "%")
			if strings.HasPrefix(before, "<span") { // spans have no paragraphs
				before, after = strings.Replace(before, "span", "div", 1), "</div>"
			}
			w.write(before)
			w.blocks(b.blocks, level)
			w.write(after, "\n")
		}
	}
}

func (w *htmlWriter) table(b block) {
	w.write("<table border=1>")
	for r, row := range b.rows {
		switch {
		case r == 0 && b.heads > 0:
			w.write("<thead>")
		case r == b.heads:
			w.write("<tbody>")
		}
		w.write("<tr>")
		for _, c := range row {
			tag := "td"
			if c.head {
				tag = w.pick("th", `th scope="col"`)
				if r >= b.heads {
					tag = `th scope="row"`
				}
			}
			if _, office := w.dialect.(wordDialect); office {
				tag = "td"
			}
			w.write("<", tag)
			if c.cols > 1 {
				w.write(` colspan="`, strconv.Itoa(c.cols), `"`)
			}
			if c.rows > 1 {
				w.write(` rowspan="`, strconv.Itoa(c.rows), `"`)
			}
			if css := blockStyles[c.style]; css != "" {
				w.write(` style="`, css, `"`)
			}
			inner := w.text(c.text)
			if _, editor := w.dialect.(editorDialect); !editor || c.more != nil || w.rand.IntN(3) == 0 {
				inner = w.paragraph(w, inner)
			}
			if c.more != nil {
				inner += w.paragraph(w, w.text(c.more))
			}
			w.write(">", inner)
			w.blocks(c.blocks, 1)
			w.write("</", tag[:2], ">")
		}
		w.write("</tr>\n")
		switch {
		case r == b.heads-1:
			w.write("</thead>")
		case r == len(b.rows)-1:
			w.write("</tbody>")
		}
	}
	w.write("</table>\n")
}

func (w *htmlWriter) text(t text) string {
	var b strings.Builder
	spaced := false // the piece before ends with its space
	for i, p := range t {
		space := ""
		if !p.glued && i > 0 && !spaced {
			space = w.pick(" ", " ", " ", "\n", "  ")
		}
		spaced = false
		if p.br {
			b.WriteString(space + w.pick("<br>", "<br />", "<br>\n"))
			continue
		}
		if p.note > 0 {
			b.WriteString(space + w.mark(w, p.note, p.again))
			continue
		}
		words := w.escaped(p.words)
		if p.inside && !p.glued && p.link == "" && p.to == 0 {
			words, space = space+words, ""
		}
		if p.after && i+1 < len(t) && !t[i+1].glued && !t[i+1].hidden && p.link == "" && p.to == 0 {
			words, spaced = words+" ", true
		}
		if p.hidden {
			b.WriteString(space + w.hide(w, words))
			continue
		}
		words = w.styled(w, words, p.style)
		if p.off != 0 {
			words = `<span style="` + map[style]string{bold: "font-weight: normal", italic: "font-style: normal"}[p.off] + `">` + words + "</span>"
		}
		switch {
		case p.to > 0:
			words = w.link(w, "#"+strconv.Itoa(p.to), words)
		case p.link != "":
			words = w.link(w, p.link, words)
		}
		b.WriteString(space + words)
	}
	return b.String()
}

// escaped are words with some letters as entities.
func (w *htmlWriter) escaped(s string) string {
	s = html.EscapeString(s)
	if w.rand.IntN(4) > 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r > 0x7f && w.rand.IntN(2) == 0:
			b.WriteString(fmt.Sprintf(w.pick("&#%d;", "&#x%x;"), r))
		case r == '\u00a0':
			b.WriteString("&nbsp;")
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// nested puts a form for each mark around words.
func (w *htmlWriter) nested(words string, s style, forms map[style][]string) string {
	for i := range styleNames {
		if one := style(1 << i); s&one != 0 {
			words = fill(w.pick(forms[one]...), words)
		}
	}
	return words
}

var blockStyles = map[style]string{bold: "font-weight: 600", italic: "font-style: oblique", underlined: "text-decoration: underline dotted", struck: "text-decoration-line: line-through"}

// styledBlock puts a style into the first tag.
func (w *htmlWriter) styledBlock(tag string, s style) string {
	if s == 0 {
		return tag
	}
	name, rest, _ := strings.Cut(tag, ">")
	if before, after, ok := strings.Cut(name, ` style="`); ok {
		return before + ` style="` + blockStyles[s] + "; " + after + ">" + rest
	}
	return name + ` style="` + blockStyles[s] + `">` + rest
}

// editorDialect is HTML as editors in browsers write it.
type editorDialect struct{}

var editorForms = map[style][]string{
	bold:       {"<strong>%</strong>", "<b>%</b>", `<span style="font-weight: bold;">%</span>`, `<span style="font-weight: 700">%</span>`},
	italic:     {"<em>%</em>", "<i>%</i>", `<span style="font-style: italic;">%</span>`},
	underlined: {"<u>%</u>", "<ins>%</ins>", `<span style="text-decoration: underline;">%</span>`},
	struck:     {"<s>%</s>", "<del>%</del>", "<strike>%</strike>", `<span style="text-decoration: line-through;">%</span>`},
	lowered:    {"<sub>%</sub>", `<span style="vertical-align: sub">%</span>`},
	raised:     {"<sup>%</sup>", `<span style="vertical-align: super; font-size: 0.8em">%</span>`},
	code:       {"<code>%</code>", "<tt>%</tt>"},
}

func (editorDialect) styled(w *htmlWriter, words string, s style) string {
	return w.nested(words, s, editorForms)
}

func (editorDialect) link(w *htmlWriter, to, words string) string {
	if n, ok := strings.CutPrefix(to, "#"); ok {
		to = "#section-" + n
	}
	return `<a href="` + html.EscapeString(to) + `"` + w.pick("", ` target="_blank" rel="noopener"`, ` title="more"`) + ">" + words + "</a>"
}

func (editorDialect) hide(w *htmlWriter, words string) string {
	return fill(w.pick(`<span style="display:none">%</span>`, `<span hidden>%</span>`, `<b style="visibility: hidden">%</b>`, `<span style="font-size:0">%</span>`), words)
}

func (editorDialect) mark(_ *htmlWriter, note int, again bool) string {
	if again {
		return fill(`<sup><a href="#fn-%">%</a></sup>`, repeat(note, 2)...)
	}
	return fill(`<sup><a id="fnref-%" href="#fn-%">%</a></sup>`, repeat(note, 3)...)
}

func repeat(n, times int) []string {
	list := make([]string, times)
	for i := range list {
		list[i] = strconv.Itoa(n)
	}
	return list
}

func (editorDialect) paragraph(w *htmlWriter, inner string) string {
	return fill(w.pick("<p>%</p>", "<p>%</p>", "<div>%</div>", `<p class="x" style="text-align: justify;">%</p>`, `<p lang="ro" dir="ltr">%</p>`), inner)
}

func (editorDialect) heading(w *htmlWriter, n int, b block) string {
	l, inner := strconv.Itoa(b.level), w.text(b.text)
	if w.rand.IntN(2) == 0 {
		return "<h" + l + ` id="section-` + strconv.Itoa(n) + `">` + inner + "</h" + l + ">"
	}
	return "<h" + l + `><a id="section-` + strconv.Itoa(n) + `"></a>` + inner + "</h" + l + ">"
}

// listStyles are the names of the types of lists in styles.
var listStyles = map[string]string{"1": "decimal", "a": "lower-alpha", "A": "upper-alpha", "i": "lower-roman", "I": "upper-roman"}

func (e editorDialect) list(w *htmlWriter, b block, level int) {
	tag := "ul"
	switch b.typ {
	case "":
		w.write(w.pick("<ul>", `<ul style="list-style-type: square;">`))
	case "none":
		tag = w.pick("ul", "ol")
		w.write("<", tag, w.pick(` style="list-style: none">`, ` style="list-style-type:none">`))
	default:
		tag = "ol"
		w.write("<ol")
		if b.items[0].value != 1 {
			w.write(` start="`, strconv.Itoa(b.items[0].value), `"`)
		}
		if b.typ != "1" {
			w.write(w.pick(` type="`+b.typ+`"`, ` style="list-style-type: `+listStyles[b.typ]+`;"`))
		}
		w.write(">")
	}
	next := b.items[0].value
	for _, it := range b.items {
		w.write("<li")
		if it.value != next && b.typ != "" && b.typ != "none" {
			w.write(` value="`, strconv.Itoa(it.value), `"`)
		}
		if it.style != 0 {
			w.write(` style="`, blockStyles[it.style], `"`)
		}
		next = it.value + 1
		inner := w.text(it.blocks[0].text)
		if len(it.blocks) > 1 && it.blocks[1].kind != list || w.rand.IntN(3) == 0 {
			inner = "<p>" + inner + "</p>"
		}
		w.write(">", inner)
		w.blocks(it.blocks[1:], level+1)
		w.write("</li>\n")
	}
	w.write("</", tag, ">\n")
}

func (editorDialect) notes(w *htmlWriter) {
	w.write(`<ul class="footnotes">`)
	for i, n := range w.doc.notes {
		inner := fill(`<a href="#fnref-%">%</a> `, repeat(i+1, 2)...) + w.text(n.text)
		if n.more != nil {
			inner = "<p>" + inner + "</p><p>" + w.text(n.more) + "</p>"
		}
		w.write(`<li id="fn-`, strconv.Itoa(i+1), `">`, inner, "</li>")
	}
	w.write("</ul>")
}

func writeEditor(d *writing) string {
	w := newHTMLWriter(d, editorDialect{})
	w.blocks(d.blocks, 1)
	if len(d.notes) > 0 {
		w.notes(w)
	}
	return w.String()
}

// libreDialect is HTML as LibreOffice saves it.
type libreDialect struct{}

var libreForms = map[style][]string{
	bold: {"<b>%</b>", "<strong>%</strong>", `<span style="font-weight: bold">%</span>`}, italic: {"<i>%</i>", `<em>%</em>`, `<span style="font-style: italic">%</span>`},
	underlined: {"<u>%</u>", `<span style="text-decoration: underline">%</span>`}, struck: {"<strike>%</strike>", "<s>%</s>", `<span style="text-decoration: line-through">%</span>`},
	lowered: {"<sub>%</sub>"}, raised: {"<sup>%</sup>"},
}

func (libreDialect) styled(w *htmlWriter, words string, s style) string {
	return fill(w.pick("%", `<font color="#000000">%</font>`, `<span lang="ro-RO">%</span>`), w.nested(words, s, libreForms))
}

func (libreDialect) link(_ *htmlWriter, to, words string) string {
	if n, ok := strings.CutPrefix(to, "#"); ok {
		to = "#__RefHeading___Toc" + n
	}
	return `<a href="` + html.EscapeString(to) + `">` + words + "</a>"
}

func (libreDialect) mark(w *htmlWriter, note int, _ bool) string {
	kind, n, label := w.doc.note(note, "foot", "end")
	return fill(`<a class="sd%noteanc" name="sd%note%anc" href="#sd%note%sym"><sup>%</sup></a>`, kind, kind, n, kind, n, label)
}

// note is a note's kind, its number among its kind, and how that is shown.
func (d *writing) note(note int, foot, end string) (kind, number, label string) {
	if k := d.footnotes(); note > k {
		return end, strconv.Itoa(note - k), markup.Numeral("i", note-k)
	}
	return foot, strconv.Itoa(note), strconv.Itoa(note)
}

func (libreDialect) paragraph(w *htmlWriter, inner string) string {
	return fill(w.pick("<p>%</p>", `<p style="margin-bottom: 0in; line-height: 1">`+"\n%</p>", `<p lang="bg-BG" align="justify">%</p>`), inner)
}

func (libreDialect) hide(_ *htmlWriter, words string) string {
	return `<span style="display: none">` + words + "</span>"
}

func (libreDialect) heading(w *htmlWriter, n int, b block) string {
	l, inner := strconv.Itoa(b.level), w.text(b.text)
	return "<h" + l + ` class="western"><a name="__RefHeading___Toc` + strconv.Itoa(n) + `"></a>` + inner + "</h" + l + ">"
}

func (libreDialect) list(w *htmlWriter, b block, level int) {
	if b.typ == "" {
		w.write("<ul>\n")
	} else {
		w.write(`<ol type="`, b.typ, `"`)
		if b.items[0].value != 1 {
			w.write(` start="`, strconv.Itoa(b.items[0].value), `"`)
		}
		w.write(">\n")
	}
	for _, it := range b.items {
		w.write("\t<li><p>", w.text(it.blocks[0].text), "</p>")
		beside := w.rand.IntN(2) == 0
		if beside {
			w.write("</li>")
		}
		w.blocks(it.blocks[1:], level+1)
		if !beside {
			w.write("</li>\n")
		}
	}
	w.write(map[bool]string{true: "</ul>\n", false: "</ol>\n"}[b.typ == ""])
}

func (libreDialect) notes(w *htmlWriter) {
	for i, n := range w.doc.notes {
		kind, number, label := w.doc.note(i+1, "foot", "end")
		w.write(fill(`<div id="sd%note%"><p class="sd%note"><a class="sd%notesym" name="sd%note%sym" href="#sd%note%anc">%</a>`, kind, number, kind, kind, kind, number, kind, number, label),
			" ", w.text(n.text), "</p>")
		if n.more != nil {
			w.write(`<p class="sdfootnote">`, w.text(n.more), "</p>")
		}
		w.write("</div>\n")
	}
}

func writeLibre(d *writing) string {
	w := newHTMLWriter(d, libreDialect{})
	w.write(`<!DOCTYPE html><html><head><meta name="generator" content="LibreOffice 24.2"/><style type="text/css">@page { size: 21cm 29.7cm } p { line-height: 115%; background: transparent } a.sdfootnoteanc { font-size: 57% }</style></head>`,
		`<body lang="sr-RS" dir="ltr">`)
	w.blocks(d.blocks, 1)
	w.notes(w)
	w.write("</body></html>")
	return w.String()
}

// pandocDialect is HTML as Pandoc makes it of other formats. Its notes are a list of their own, with the way back at their end.
type pandocDialect struct{ editorDialect }

var pandocForms = map[style][]string{bold: {"<strong>%</strong>"}, italic: {"<em>%</em>"}, struck: {"<del>%</del>"}, lowered: {"<sub>%</sub>"}, raised: {"<sup>%</sup>"}, code: {"<code>%</code>"}}

func (pandocDialect) styled(w *htmlWriter, words string, s style) string {
	return w.nested(words, s, pandocForms)
}

func (pandocDialect) mark(_ *htmlWriter, note int, _ bool) string {
	return fill(`<a href="#fn%" class="footnote-ref" id="fnref%" role="doc-noteref"><sup>%</sup></a>`, repeat(note, 3)...)
}

func (pandocDialect) paragraph(_ *htmlWriter, inner string) string { return "<p>" + inner + "</p>" }

func (pandocDialect) notes(w *htmlWriter) {
	w.write(`<section id="footnotes" class="footnotes footnotes-end-of-document" role="doc-endnotes">`, "\n<ol>\n")
	for i, n := range w.doc.notes {
		inner := "<p>" + w.text(n.text)
		if n.more != nil {
			inner += "</p>\n<p>" + w.text(n.more)
		}
		w.write(fill(`<li id="fn%">`, strconv.Itoa(i+1)), inner, fill(`<a href="#fnref%" class="footnote-back" role="doc-backlink">↩︎</a></p></li>`, strconv.Itoa(i+1)), "\n")
	}
	w.write("</ol>\n</section>")
}

func writePandoc(d *writing) string {
	w := newHTMLWriter(d, pandocDialect{})
	w.blocks(d.blocks, 1)
	if len(d.notes) > 0 {
		w.notes(w)
	}
	return w.String()
}
