package source_test

import (
	"fmt"
	"html"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
)

// markdownWriter writes Markdown as careful authors do: what would be taken for a mark has a backslash.
type markdownWriter struct {
	doc   *writing
	rand  *rand.Rand
	all   bool // each sign has its backslash, not only those that would be marks
	table bool // within one
	line  bool // within what has only one line
	nth   int  // headings so far
	last  string
	names bool     // notes have names instead of numbers
	refs  []string // definitions of links
}

func writeMarkdown(d *writing) string {
	w := markdownWriter{doc: d, rand: rand.New(rand.NewPCG(d.seed, 2))}
	w.all, w.names = w.rand.IntN(2) == 0, w.rand.IntN(3) == 0
	parts := w.blocks(d.blocks)
	for i, n := range d.notes {
		inner := w.text(n.text)
		if n.more != nil {
			inner += "\n\n" + w.text(n.more)
		}
		parts = append(parts, indented(w.label(i+1)+": ", "    ", inner))
	}
	return strings.Join(append(parts, w.refs...), "\n\n") + "\n"
}

func (w *markdownWriter) label(note int) string {
	return fmt.Sprintf(map[bool]string{true: "[^src-%d]", false: "[^%d]"}[w.names], note)
}

func (w *markdownWriter) pick(forms ...string) string { return forms[w.rand.IntN(len(forms))] }

func (w *markdownWriter) blocks(blocks []block) []string {
	var parts []string
	w.last = ""
	for _, b := range blocks {
		switch b.kind {
		case paragraph:
			parts = append(parts, w.text(b.text))
			w.last = ""
			continue
		case heading:
			parts = append(parts, w.heading(b))
		case list:
			parts = append(parts, w.list(b))
			continue
		case quote:
			parts = append(parts, indented("> ", "> ", strings.Join(w.blocks(b.blocks), "\n\n")))
		case definitions:
			var lines []string
			for i, it := range b.items {
				if it.term {
					lines = append(lines, map[bool]string{true: "\n"}[i > 0]+w.oneLine(it.blocks[0].text))
				} else {
					lines = append(lines, w.pick(":   ", ": ")+w.text(it.blocks[0].text))
				}
			}
			parts = append(parts, strings.Join(lines, "\n"))
		case table:
			parts = append(parts, w.rows(b))
		case rule:
			parts = append(parts, w.pick("***", "- - -", "___", "*****"))
		case verse:
			var lines []string
			for _, p := range b.text {
				if !p.br {
					lines = append(lines, p.words)
				}
			}
			fence := w.pick("```", "~~~")
			parts = append(parts, fence+"\n"+strings.Join(lines, "\n")+"\n"+fence)
		}
		w.last = ""
	}
	return parts
}

func (w *markdownWriter) heading(b block) string {
	w.nth++
	inner := w.oneLine(b.text)
	id := " {#part-" + strconv.Itoa(w.nth) + "}"
	if b.level < 3 && w.rand.IntN(3) == 0 {
		return inner + id + "\n" + strings.Repeat(map[int]string{1: "=", 2: "-"}[b.level], 5)
	}
	return strings.Repeat("#", b.level) + " " + inner + id
}

// list takes another mark than the list before it, which it would go on from.
func (w *markdownWriter) list(b block) string {
	mark := "."
	if b.typ == "" {
		mark = w.pick("-", "*", "+")
	}
	for mark == w.last {
		mark = map[string]string{".": ")", "-": "*", "*": "+", "+": "-"}[mark]
	}
	var items []string
	loose := w.rand.IntN(2) == 0
	for _, it := range b.items {
		begin := mark + " "
		if b.typ != "" {
			begin = strconv.Itoa(it.value) + mark + w.pick(" ", "  ")
		}
		parts := append([]string{w.text(it.blocks[0].text)}, w.blocks(it.blocks[1:])...)
		apart := "\n"
		if loose || len(parts) > 1 && it.blocks[1].kind != list || len(parts) > 1 && it.blocks[1].typ != "" && it.blocks[1].items[0].value != 1 {
			apart = "\n\n"
		}
		items = append(items, indented(begin, strings.Repeat(" ", len(begin)), strings.Join(parts, apart)))
	}
	w.last = mark
	return strings.Join(items, map[bool]string{true: "\n\n", false: "\n"}[loose])
}

// indented puts something before the first line and before the others that are not blank.
func indented(first, rest, s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		switch {
		case i == 0:
			lines[i] = first + l
		case l != "" || rest == "> ":
			lines[i] = rest + l
		}
	}
	return strings.Join(lines, "\n")
}

func (w *markdownWriter) rows(b block) string {
	w.table = true
	var lines []string
	for i, row := range b.rows {
		var cells []string
		for _, c := range row {
			cells = append(cells, w.oneLine(c.text))
		}
		lines = append(lines, "| "+strings.Join(cells, " | ")+" |")
		if i == 0 {
			lines = append(lines, "|"+strings.Repeat(w.pick("---|", ":-:|", " --- |"), len(row)))
		}
	}
	w.table = false
	return strings.Join(lines, "\n")
}

func (w *markdownWriter) oneLine(t text) string {
	w.line = true
	defer func() { w.line = false }()
	return w.text(t)
}

func (w *markdownWriter) text(t text) string {
	var b strings.Builder
	for i, p := range t {
		begins := i == 0 || t[i-1].br
		if !p.glued && i > 0 && !t[i-1].br {
			b.WriteString(w.space(p))
			begins = strings.HasSuffix(b.String(), "\n")
		}
		next := piece{br: true}
		if i+1 < len(t) {
			next = t[i+1]
		}
		switch {
		case p.br && (w.table || next.br || next.hidden): // a line of nothing but a break would end the paragraph, and one that begins with a comment, too
			b.WriteString("<br>")
		case p.br:
			form := w.pick("  \n", "\\\n", "<br>\n", "<br/>")
			if strings.HasSuffix(b.String(), "\\") { // one of two signs would be shown
				form = "<br/>"
			}
			b.WriteString(form)
		case p.hidden:
			b.WriteString("<!-- " + p.words + " -->")
		case p.note > 0:
			b.WriteString(w.label(p.note))
		case p.bare && !strings.HasPrefix(p.words, "www.") && w.rand.IntN(3) == 0:
			b.WriteString("<" + p.words + ">")
		case p.bare:
			b.WriteString(p.words)
		default:
			b.WriteString(w.marked(p, begins, !begins && p.glued, next.glued && !next.br))
		}
	}
	return b.String()
}

// likeItem are words that would begin a line of their own, as an item does.
var likeItem = regexp.MustCompile(`^(?:\p{L}|[ivxl]+|\d+(?:\.\d+)*)[.)]|^\(|^\d+(?:\.\d+)+`)

// space is a space, or a line break where the words after it begin nothing.
func (w *markdownWriter) space(p piece) string {
	if w.line || p.hidden || likeItem.MatchString(p.words) || w.rand.IntN(5) > 0 {
		return " "
	}
	return "\n"
}

// markdownForms are the signs for marks, with elements for those that have none.
var markdownForms = map[style][2]string{
	bold: {"**%**", "<strong>%</strong>"}, italic: {"*%*", "<em>%</em>"}, struck: {"~~%~~", "<del>%</del>"},
	underlined: {"<u>%</u>", "<ins>%</ins>"}, lowered: {"<sub>%</sub>", "<sub>%</sub>"}, raised: {"<sup>%</sup>", "<sup>%</sup>"},
}

var wordy = regexp.MustCompile(`^[\p{L}\p{N}].*[\p{L}\p{N}\p{M}]$`)

func (w *markdownWriter) marked(p piece, begins, before, after bool) string {
	if p.style == code {
		s := p.words
		if w.table {
			s = strings.ReplaceAll(s, "|", "\\|")
		}
		return "`" + s + "`"
	}
	s := w.escaped(p.words, begins && p.style == 0 && p.link == "" && p.to == 0)
	signs := 0
	for i := range styleNames {
		one := style(1 << i)
		if p.style&one == 0 {
			continue
		}
		form := 0
		if before || after || signs > 0 || !wordy.MatchString(p.words) || w.rand.IntN(4) == 0 {
			form = 1 // signs are marks only at the borders of words
		} else {
			signs++
			if i < 2 && w.rand.IntN(3) == 0 && !strings.Contains(p.words, "_") {
				s = fill([]string{"__%__", "_%_"}[i], s)
				continue
			}
			if !w.all {
				s = strings.ReplaceAll(strings.ReplaceAll(s, "*", "\\*"), "\\\\*", "\\*")
			}
		}
		s = fill(markdownForms[one][form], s)
	}
	switch {
	case p.to > 0:
		s = "[" + s + "](#part-" + strconv.Itoa(p.to) + ")"
	case p.link != "" && w.rand.IntN(3) == 0:
		ref := fmt.Sprintf("link %d", len(w.refs)+1)
		w.refs = append(w.refs, "["+ref+"]: "+p.link)
		s = "[" + s + "][" + ref + "]"
	case p.link != "":
		s = "[" + s + "](" + fill(w.pick("%", "<%>"), p.link) + ")"
	}
	return s
}

var (
	beginsBlock = regexp.MustCompile(`^(?:[-+*=>#:~]|\d{1,9}[.)])`)
	asEntity    = regexp.MustCompile(`&[#A-Za-z0-9]+;`)
)

// escaped are words with backslashes before what would be marks.
func (w *markdownWriter) escaped(s string, begins bool) string {
	words := strings.Split(s, " ")
	for i, word := range words {
		words[i] = w.word(word, begins && i == 0, i+1 == len(words))
	}
	return strings.Join(words, " ")
}

func (w *markdownWriter) word(s string, begins, ends bool) string {
	var b strings.Builder
	if begins && !w.all {
		if at := beginsBlock.FindStringIndex(s); at != nil {
			b.WriteString(s[:at[1]-1] + "\\" + s[at[1]-1:at[1]])
			s = s[at[1]:]
		}
	}
	for _, r := range s {
		sign := r > ' ' && r < 0x7f && !('0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z')
		if sign && (w.all || strings.ContainsRune("\\`[]<>|^", r) || strings.ContainsRune("*~#", r) && len(s) == 1 || r == '~') {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	if s = b.String(); !w.all {
		s = asEntity.ReplaceAllStringFunc(s, html.EscapeString)
	}
	return s
}
