package diff

import (
	"slices"
	"strings"
	"unicode"

	"ltipolicy/policy"
	"ltipolicy/policy/markup"

	"golang.org/x/net/html/atom"
)

// Limits of a comparison: above them a text counts as rewritten, and a page stays quick whatever is published.
const (
	maxComparedWords = 20_000 // of both versions together
	maxSteps         = 1_000  // paragraphs that came or went
	maxWordSteps     = 400    // words and spaces that came or went within one paragraph
	maxPairs         = 10_000 // comparisons of paragraphs, to find which was changed into which
)

// Options say how a comparison is written out.
type Options struct {
	// Inserted and Deleted stand before marked words, out of sight, for readers who hear the page. LeftOut
	// says the same for stretches without a change.
	Inserted, Deleted, LeftOut string
	// Struck, Underlined, Raised and Lowered say to them which marks the words have that came or went.
	Struck, Underlined, Raised, Lowered string
	// Image stands before the description of an image that came or went.
	Image string
	Lang  string // language of those words, BCP 47
	// Context is how many unchanged paragraphs stay on each side of a change. Negative: all.
	Context int
}

// State says what became of a section.
type State string

// The states of a section.
const (
	Same    State = "same"
	Added   State = "added"
	Removed State = "removed"
	Changed State = "changed"
)

// Section is what stands between two headings, compared: the heading and all up to the next one.
type Section struct {
	Path     []string // the headings that it stands under and its own; empty before the first heading
	State    State
	Inserted int // words
	Deleted  int
	// HTML shows both versions in one, with ins and del elements. It is for showing only.
	HTML policy.SafeHTML
}

// Difference is how one version of a text became another.
type Difference struct {
	// Sections are all sections in the order of the new text; a removed one stands where it was.
	Sections []Section
	// Rewritten says that the versions are too long or too far apart to be compared word by word; Sections
	// is empty then.
	Rewritten bool
}

// Changed returns the sections in which something changed.
func (d Difference) Changed() []Section {
	return slices.DeleteFunc(slices.Clone(d.Sections), func(s Section) bool { return s.State == Same })
}

// Same reports whether no word changed, no mark that carries meaning and no label of a list's item. Layout and the
// targets of links may have.
func (d Difference) Same() bool { return !d.Rewritten && len(d.Changed()) == 0 }

// Compare compares two sanitised texts word by word. Paragraphs, headings, list items and rows of tables are
// aligned first, then the words within those that changed. Without the ins elements the result reads as the
// old text, without the del elements as the new one. What is struck, underlined, raised or lowered is another word
// than the same without that, and items of lists have their labels before them. What nobody sees or hears is no
// change: white space of any kind, invisible characters, how a letter is composed, and ş for ș.
func Compare(before, after policy.SafeHTML, o Options) Difference {
	changes, ok := aligned(before, after)
	if !ok {
		return Difference{Rewritten: true}
	}
	var d Difference
	for _, s := range sections(changes) {
		d.Sections = append(d.Sections, s.compared(o))
	}
	return d
}

// aligned puts the pieces of two texts together; false: they are too long or too far apart.
func aligned(before, after policy.SafeHTML) ([]change, bool) {
	old, now := pieces(before), pieces(after)
	words := 0
	for _, ps := range [][]piece{old, now} {
		for _, p := range ps {
			words += countWords(p.cells)
		}
	}
	if words > maxComparedWords {
		return nil, false
	}
	edits, ok := script(len(old), len(now), func(a, b int) bool { return old[a].key == now[b].key }, maxSteps)
	if !ok {
		return nil, false
	}
	return pairs(old, now, edits), true
}

// change is one piece of the merged text: with both sides it was kept or changed, with one it came or went.
type change struct{ old, now *piece }

func (c change) same() bool { return c.old != nil && c.now != nil && c.old.key == c.now.key }

func (c change) shown() *piece {
	if c.now != nil {
		return c.now
	}
	return c.old
}

// pairs turns an edit script into changes: between two kept pieces, what went and what came are put together
// where they resemble each other.
func pairs(old, now []piece, edits []edit) []change {
	var out []change
	for i := 0; i < len(edits); {
		if edits[i].op == keep {
			out = append(out, change{&old[edits[i].a], &now[edits[i].b]})
			i++
			continue
		}
		var gone, come []*piece
		for ; i < len(edits) && edits[i].op != keep; i++ {
			if edits[i].op == remove {
				gone = append(gone, &old[edits[i].a])
			} else {
				come = append(come, &now[edits[i].b])
			}
		}
		out = append(out, match(gone, come)...)
	}
	return out
}

// match pairs pieces without crossing, so that the sum of their likeness is greatest.
func match(gone, come []*piece) []change {
	n, m := len(gone), len(come)
	if n*m > maxPairs {
		m, n = 0, 0
	}
	best := make([][]float64, n+1)
	for a := range best {
		best[a] = make([]float64, m+1)
	}
	like := make([][]float64, n)
	for a := n - 1; a >= 0; a-- {
		like[a] = make([]float64, m)
		for b := m - 1; b >= 0; b-- {
			like[a][b] = likeness(gone[a], come[b])
			best[a][b] = max(best[a+1][b], best[a][b+1])
			if like[a][b] > 0 {
				best[a][b] = max(best[a][b], best[a+1][b+1]+like[a][b])
			}
		}
	}
	var out []change
	a, b := 0, 0
	for a < n && b < m {
		switch {
		case like[a][b] > 0 && best[a][b] == best[a+1][b+1]+like[a][b]:
			out = append(out, change{gone[a], come[b]})
			a, b = a+1, b+1
		case best[a][b] == best[a+1][b]:
			out = append(out, change{old: gone[a]})
			a++
		default:
			out = append(out, change{now: come[b]})
			b++
		}
	}
	for ; a < len(gone); a++ {
		out = append(out, change{old: gone[a]})
	}
	for ; b < len(come); b++ {
		out = append(out, change{now: come[b]})
	}
	return out
}

// likeness is 0 for pieces that are not versions of each other, otherwise how much of their words they share.
func likeness(a, b *piece) float64 {
	if (a.element == atom.Tr) != (b.element == atom.Tr) || len(a.cells) != len(b.cells) || a.heading() != b.heading() {
		return 0
	}
	if a.key == b.key {
		return 1
	}
	count := map[string]int{}
	total, shared := 0, 0
	for _, word := range a.words() {
		count[word]++
		total++
	}
	for _, word := range b.words() {
		total++
		if count[word] > 0 {
			count[word]--
			shared++
		}
	}
	if total == 0 || 5*shared < total {
		return 0 // less than two fifths in common
	}
	return 2 * float64(shared) / float64(total)
}

// words are the words, whatever their marks; not of numbers, which say too little about what a text is.
func (p *piece) words() []string {
	var list []string
	for _, cell := range p.cells {
		for _, t := range cell {
			if t.word() && strings.ContainsFunc(t.plain, unicode.IsLetter) {
				list = append(list, t.plain)
			}
		}
	}
	return list
}

func (p *piece) heading() bool { return p.level() > 0 }

func (p *piece) level() int {
	switch p.element {
	case atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		return int(p.element.String()[1] - '0')
	}
	return 0
}

func (p *piece) text() string {
	var b strings.Builder
	for _, cell := range p.cells {
		for _, t := range cell {
			if !t.label {
				b.WriteString(t.text)
			}
		}
	}
	return markup.Squeeze(b.String())
}

// part is a section on the way.
type part struct {
	path    []string
	changes []change
}

// sections cuts at the headings of either version. A heading that went has its place in the old text's
// hierarchy, all others in the new one's.
func sections(changes []change) []part {
	var out []part
	var paths [2][7]string
	var current part
	for _, c := range changes {
		p := c.shown()
		l := p.level()
		if l > 0 {
			if len(current.changes) > 0 {
				out = append(out, current)
			}
			for side, q := range []*piece{c.old, c.now} {
				if q != nil {
					paths[side][q.level()] = q.text()
					clear(paths[side][q.level()+1:])
				}
			}
			path := paths[1]
			if c.now == nil {
				path = paths[0]
			}
			current = part{path: slices.DeleteFunc(slices.Clone(path[:]), func(s string) bool { return s == "" })}
		}
		current.changes = append(current.changes, c)
	}
	if len(current.changes) > 0 {
		out = append(out, current)
	}
	return out
}

func (p part) compared(o Options) Section {
	s := Section{Path: p.path, State: Same}
	w := writer{Options: o, root: markup.Element(atom.Div)}
	came, went := 0, 0
	for i, c := range p.changes {
		if c.now == nil {
			went++
		}
		if c.old == nil {
			came++
		}
		if c.same() && o.Context >= 0 && !p.near(i, o.Context) {
			w.leaveOut()
			continue
		}
		inserted, deleted := w.change(c)
		s.Inserted, s.Deleted = s.Inserted+inserted, s.Deleted+deleted
		if !c.same() {
			s.State = Changed
		}
	}
	switch len(p.changes) {
	case came:
		s.State = Added
	case went:
		s.State = Removed
	}
	if h, err := markup.Render(w.root); err == nil {
		s.HTML = policy.SafeHTML(h)
	}
	return s
}

// near reports whether something changed at most n pieces away. The section's own heading always stays.
func (p part) near(i, n int) bool {
	for k := max(0, i-n); k <= min(len(p.changes)-1, i+n); k++ {
		if !p.changes[k].same() {
			return true
		}
	}
	return i == 0 && len(p.path) > 0
}
