package source_test

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"ltipolicy/policy/markup"
	"ltipolicy/policy/normal"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// textWriter writes what is left of a document when its text is copied out of a page, or, in lines of some length and with
// words divided at their ends, out of a PDF.
type textWriter struct {
	strings.Builder
	doc    *writing
	rand   *rand.Rand
	width  int      // of a PDF's lines, 0 for a page
	words  []string // as a reader should get them
	bullet []string // the first word of each item with a bullet, and how deep it is; 0 if that is not sure
	mixed  bool
}

func writeText(d *writing) *textWriter {
	w := &textWriter{doc: d, rand: rand.New(rand.NewPCG(d.seed, 3))}
	if w.rand.IntN(2) == 0 {
		w.width = 40 + w.rand.IntN(60)
	}
	w.blocks(d.blocks, 0)
	for i, n := range d.notes {
		w.line("  "+strconv.Itoa(i+1)+". ", 1, n.text)
	}
	return w
}

func (w *textWriter) blocks(blocks []block, depth int) {
	for _, b := range blocks {
		if depth == 0 && w.rand.IntN(3) > 0 {
			w.WriteString("\n")
		}
		switch b.kind {
		case paragraph, heading:
			w.line("", depth, b.text)
		case list:
			w.mixed = depth > 0 && w.mixed || depth == 0 && (mixed(b) || w.width > 0)
			for _, it := range b.items {
				mark := strings.ReplaceAll(b.form, "%", markup.Numeral(b.typ, it.value)) + " "
				if b.typ == "" {
					mark = []string{"•", "▪", "◦", "➢"}[min(depth, 3)] + []string{" ", "\t", "\u00a0"}[w.rand.IntN(3)]
					w.bullet = append(w.bullet, strconv.Itoa(map[bool]int{false: depth + 1}[w.mixed])+" "+first(it.blocks[0].text))
				}
				w.line(strings.Repeat("   ", depth)+mark, depth+1, it.blocks[0].text)
				w.blocks(it.blocks[1:], depth+1)
			}
		case quote:
			w.blocks(b.blocks, depth)
		case definitions:
			for _, it := range b.items {
				w.line("", depth, it.blocks[0].text)
			}
		case table:
			for _, row := range b.rows {
				for i, c := range row {
					if i > 0 {
						w.WriteString("\t")
					}
					w.say(c.text, 0)
				}
				w.WriteString("\n")
			}
		}
	}
}

// mixed reports whether a list or one within it has no bullets.
func mixed(b block) bool {
	return b.kind == list && (b.typ != "" || slices.ContainsFunc(b.items, func(it item) bool { return slices.ContainsFunc(it.blocks, mixed) }))
}

var markerWord = regexp.MustCompile(`[wc][0-9]+w?`)

// first is the word of a text's beginning that occurs nowhere else.
func first(t text) string { return markerWord.FindString(t[0].words) }

func (w *textWriter) line(begin string, depth int, t text) {
	w.WriteString(begin)
	if m := strings.TrimSpace(begin); wordForm.MatchString(m) {
		w.words = append(w.words, m)
	}
	w.say(t, depth)
	w.WriteString("\n")
}

var (
	wordForm = regexp.MustCompile(`[\p{L}\p{N}]`)
	divides  = regexp.MustCompile(`^[\p{Ll}]{8,}$`)
	carries  = regexp.MustCompile(`^[\p{Ll}]{2,}$`)
)

// say writes a text, in lines if it comes out of a PDF.
func (w *textWriter) say(t text, depth int) {
	var b strings.Builder
	for _, p := range t {
		if !p.glued {
			b.WriteByte(' ')
		}
		switch {
		case p.br:
			b.WriteByte(' ')
		case p.note > 0:
			b.WriteString(strings.Repeat(" ", map[bool]int{true: 1}[p.glued]) + "(" + strconv.Itoa(p.note) + ")")
		default:
			b.WriteString(p.words)
		}
	}
	words := strings.Fields(b.String())
	length := 0
	for i, word := range words {
		sep := " "
		switch {
		case i == 0:
			sep = ""
		case w.width > 0 && depth >= 0 && length > w.width && (carries.MatchString(word) || markerWord.MatchString(word)):
			sep, length = "\n"+strings.Repeat("   ", depth), 0
		}
		w.WriteString(sep)
		if w.width > 0 && length > w.width-8 && i > 0 && sep == " " && divides.MatchString(word) && utf8.RuneCountInString(word) >= 8 {
			r := []rune(word)
			at := 3 + w.rand.IntN(len(r)-6)
			w.WriteString(string(r[:at]) + []string{"-", "\u00ad", "‐"}[w.rand.IntN(3)] + "\n" + strings.Repeat("   ", depth) + string(r[at:]))
			length = len(r) - at
		} else {
			w.WriteString(word)
			length += 1 + utf8.RuneCountInString(word)
		}
		w.words = append(w.words, word)
	}
}

// TestTextSaysTheSameInEveryFormat writes random documents as plain text: each word is there in its order, none more, and
// what began with a bullet is an item at its depth. Nothing else is sure about a text that has lost its marks.
func TestTextSaysTheSameInEveryFormat(t *testing.T) {
	can := ability{types: true, forms: true, values: true, multi: false, quotes: true, defs: true, tables: true, breaks: true, notes: true}
	forLong(t, func(r *rapid.T) {
		w := writeText(drawDocument(r, can))
		src := w.String()
		safe, found := loaded(r, "txt", src)
		want, _ := normal.Text(strings.Join(w.words, " "))
		if d := cmp.Diff(plainWords(want), plainWords(markup.PlainText(safe))); d != "" {
			r.Fatalf("%s\nof\n%s\nwhich became\n%s\n%v", d, src, safe, found)
		}
		lines := shown(r, string(safe))
		for _, b := range w.bullet {
			depth, word, _ := strings.Cut(b, " ")
			n, _ := strconv.Atoi(depth)
			begin := strings.TrimSpace(strings.Repeat("li ", n)) + ": • "
			if n == 0 {
				begin = ""
			}
			if word != "" && !slices.ContainsFunc(lines, func(l string) bool {
				return strings.Contains(l, ": • ") && strings.HasPrefix(l, begin) && strings.Contains(l, word)
			}) {
				r.Fatalf("%s is no item at depth %d of\n%s\nwhich became\n%s\n%v", word, n, src, safe, found)
			}
		}
		settled(r, safe)
	})
}

// plainWords are the words of a text that have letters or digits: marks of lists and dashes go.
func plainWords(s string) []string {
	return slices.DeleteFunc(strings.Fields(s), func(w string) bool { return !wordForm.MatchString(w) })
}
