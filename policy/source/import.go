package source

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ltipolicy/policy"
	"ltipolicy/policy/markup"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Part is one part of a source as HTML, still to be sanitised, and what importing found in it.
type Part struct {
	HTML     string
	Findings []Finding
	plain    string   // of a document: what the result is held against
	made     []string // of a document: words that are not in it as such
}

// ImportParts makes HTML of plain text as it is copied out of a web page or a PDF: headings, lists, tables
// and footnotes that lost their marks. It keeps every visible character in its order except list marks; a
// number stays as it is written, also a wrong one. What is doubtful stays a paragraph and becomes a finding.
// lang is the text's language (BCP 47). A document may have several parts, such as summary and content: a mark
// in one part may belong to a footnote in the last one.
func ImportParts(lang string, parts ...string) []Part {
	docs := make([][]line, len(parts))
	tallies := make([]*tally, len(parts))
	for i, src := range parts {
		tallies[i] = &tally{}
		lines := scan(tallies[i].normal(src, true), lang)
		running(lines, tallies[i])
		lines = join(columnTables(lines), lang, tallies[i])
		tableHeads(lines)
		docs[i] = lines
	}
	n := footnotes(docs, tallies)
	out := make([]Part, len(parts))
	for i, lines := range docs {
		headings(lines, tallies[i])
		tables(lines)
		slips(lines, lang, tallies[i])
		b := builder{tally: tallies[i], notes: n, part: i, marks: n.marks(i), terms: definitions(lines)}
		b.document(lines)
		out[i] = Part{HTML: b.String(), Findings: b.findings()}
	}
	return out
}

// ImportHTML takes a page or a part of one over: its body with the style sheets of its head, and with headings from level 2, because level
// 1 is the page's. What must not stay is for [Sanitize] to drop. The error is of kind ErrInvalid.
func ImportHTML(src string) (string, error) {
	doc, err := html.Parse(strings.NewReader(src))
	if err != nil {
		return "", policy.E(policy.ErrInvalid, "policy.text_unreadable").Because(fmt.Errorf("parsing html: %w", err))
	}
	body, top := doc, false
	var styles []*html.Node
	for n := range doc.Descendants() {
		switch n.DataAtom {
		case atom.Body:
			body = n
		case atom.Style:
			styles = append(styles, n)
		}
		top = top || n.DataAtom == atom.H1
	}
	for n := range body.Descendants() {
		if l := markup.Level(n); top && (l > 0 || n.DataAtom == atom.H1) {
			n.Data = "h" + strconv.Itoa(min(max(l, 1)+1, 6))
			n.DataAtom = atom.Lookup([]byte(n.Data))
		}
	}
	for _, n := range slices.Backward(styles) {
		n.Parent.RemoveChild(n)
		body.InsertBefore(n, body.FirstChild)
	}
	return markup.Render(body)
}

// builder writes the HTML of one part.
type builder struct {
	*tally
	strings.Builder
	notes notes
	part  int
	marks map[int][]int // numbers of the notes whose marks stand in a line
	terms []bool        // the lines of lists all of whose items have the form "term – meaning"
	lists []list
}

type list struct {
	indent int
	mark   string
}

func (b *builder) write(s ...string) {
	for _, p := range s {
		b.WriteString(p)
	}
}

func (b *builder) open(s string) {
	b.closeLists(0)
	b.WriteString(s)
}

func (b *builder) closeLists(n int) {
	for len(b.lists) > n {
		b.lists = b.lists[:len(b.lists)-1]
		b.WriteString("</li></ul>")
	}
	if n == 0 && b.Len() > 0 && !strings.HasSuffix(b.String(), "\n") {
		b.WriteString("\n")
	}
}

func (b *builder) document(lines []line) {
	for i := 0; i < len(lines); i++ {
		l := lines[i]
		switch {
		case l.role == roleHeader:
			i += b.table(lines[i:]) - 1
		case l.role == roleHeading:
			tag := "h" + strconv.Itoa(l.level)
			b.open("<" + tag + ">" + b.text(lines, i) + "</" + tag + ">\n")
		case l.role == roleNote:
			i += b.noteList(lines, i) - 1
		case l.mark != "":
			b.item(lines, i, l.mark)
		case l.depth == 1 && (l.indent > 0 || neighbours(lines, i)):
			b.item(lines, i, "1")
		case l.letter:
			b.item(lines, i, "a")
		case l.depth > 0:
			b.open(fmt.Sprintf("<p class=\"level-%d\">%s</p>\n", min(l.depth, 6), b.text(lines, i)))
		default:
			b.open("<p>" + b.text(lines, i) + "</p>\n")
		}
	}
	b.closeLists(0)
}

// neighbours reports whether a short numbered line stands right beside another one: a list, not clauses.
func neighbours(lines []line, i int) bool {
	short := func(k int) bool {
		return k >= 0 && k < len(lines) && lines[k].depth == 1 && lines[k].role == rolePara && lines[k].runes() <= 110
	}
	return short(i) && (short(i-1) || short(i+1))
}

func (b *builder) item(lines []line, i int, mark string) {
	l := lines[i]
	follows := false
	for k, open := range b.lists {
		if open.mark == mark && open.indent == l.indent {
			b.closeLists(k + 1)
			b.WriteString("</li><li>")
			follows = true
			break
		}
	}
	if !follows {
		// A deeper item belongs to the one above, and so does an item with another mark after a colon.
		keep := 0
		for keep < len(b.lists) && (b.lists[keep].indent < l.indent || keep == len(b.lists)-1 && b.lists[keep].mark != mark &&
			b.lists[keep].indent == l.indent && i > 0 && lines[i-1].ends(":")) {
			keep++
		}
		b.closeLists(keep)
		open := "<ul>"
		if mark == "1" || mark == "a" {
			open = `<ul class="literal">`
		}
		b.lists = append(b.lists, list{indent: l.indent, mark: mark})
		b.WriteString(open + "<li>")
	}
	b.WriteString(b.text(lines, i))
}

func (b *builder) noteList(lines []line, i int) int {
	b.open(`<ul class="footnotes">`)
	n := 0
	for ; i < len(lines) && lines[i].role == roleNote; i++ {
		l, id := lines[i], strconv.Itoa(lines[i].note)
		if _, ok := b.notes.said[l.note]; ok {
			rest := strings.TrimPrefix(l.text, l.number)
			b.write(`<li id="fn-`, id, `"><a href="#fnref-`, id, `">`, html.EscapeString(l.number), "</a>", b.inline(rest), "</li>")
		} else {
			b.write("<li>", b.inline(l.text), "</li>")
		}
		n++
	}
	b.write("</ul>\n")
	return n
}

// text is a line's text with its links, footnote marks and defined term.
func (b *builder) text(lines []line, i int) string {
	l := lines[i]
	var spans []span
	for _, n := range b.marks[i] {
		at, id := b.notes.refs[n], strconv.Itoa(n)
		spans = append(spans, span{at.from, at.to, `<a id="fnref-` + id + `" href="#fn-` + id + `">`, "</a>"})
	}
	if m := term.FindStringSubmatchIndex(l.text); m != nil && b.terms[i] {
		spans = append(spans, span{m[2], m[3], "<dfn>", "</dfn>"})
	} else if m := term2.FindStringSubmatchIndex(l.text); m != nil && l.plain() {
		spans = append(spans, span{m[2], m[3], "<dfn>", "</dfn>"})
	}
	return b.inline(l.text, spans...)
}

// definitions marks the items of lists all of whose items have the form "term – meaning".
func definitions(lines []line) []bool {
	terms := make([]bool, len(lines))
	for from := 0; from < len(lines); from++ {
		to, all := from, true
		for ; to < len(lines) && lines[to].mark != ""; to++ {
			all = all && term.MatchString(lines[to].text)
		}
		for k := from; k < to; k++ {
			terms[k] = all && to-from > 1
		}
		from = max(from, to-1)
	}
	return terms
}
