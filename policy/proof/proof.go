package proof

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"ltipolicy/policy"
	"ltipolicy/policy/markup"
)

// What a source has and the result has not, or has elsewhere.
const (
	Lost   = "words_lost"  // words of the source that the result does not show
	Added  = "words_added" // words of the result that the source does not have
	Moved  = "words_moved" // words that stand elsewhere in the result
	Marked = "mark_lost"   // what words were, such as struck out or a link, and are not any more
)

// Loss is words that stand together and are not what they were.
type Loss struct {
	Code string // one of the constants
	Line int    // line of the source from 1; 0 if it is not known
	Mark string // the element that says what was lost, and the address of a link; only for Marked
	Text string // the words, of any length
}

// Excuse is what is known to be gone, because a finding names it.
type Excuse struct {
	Words []string               // of any length
	Made  []string               // words of the result that its source counts or chooses
	Link  func(href string) bool // nil if no link is gone
}

// Hold holds what a source says against what was made of it: the words and the numbers of lists in their order, and what
// carries meaning: struck out, underlined, raised, lowered, bold, italic, where a link leads, which words begin a cell, and
// which stand in a header. It reads the source by rules of its own, few and simple, so that it does not share the faults of
// the importers. format is txt, md, html, or docx for the words of a document
// of Word as HTML, in which the numbers that Word counts are not. The work grows with the length of the texts. The error is of kind ErrInvalid.
func Hold(format, src string, safe policy.SafeHTML, known Excuse) ([]Loss, error) {
	result, err := markup.Parse(string(safe))
	if err != nil {
		return nil, err
	}
	var said *reading
	switch format {
	case "txt":
		said = readPlain(src)
	case "md":
		said = readMarkdown(src)
	case "html", "docx":
		tree, err := markup.Parse(src)
		if err != nil {
			return nil, err
		}
		said = readTree(tree, sourceTree)
		if format == "docx" { // the numbers of items and headings are counted by Word
			said.counts, said.numbers = true, true
		}
	default:
		return nil, policy.E(policy.ErrInvalid, "policy.file").Because(fmt.Errorf("there is no format %q", format))
	}
	of := resultTree
	if format == "md" {
		of = resultOfMarkdown
	}
	p := proof{said: said, shown: readTree(result, of), removed: map[string]int{}, gone: known.Link}
	for _, s := range known.Words {
		for _, w := range split(s, 0) {
			p.removed[w.key]++
		}
	}
	for _, s := range known.Made {
		for _, w := range split(s, 0) {
			p.said.aside[w.key]++
		}
	}
	p.run()
	return p.losses, nil
}

// proof compares two readings.
type proof struct {
	losses      []Loss
	said, shown *reading
	removed     map[string]int         // words that are known to be gone
	gone        func(href string) bool // whether a link is
	marked      []marked
}

// marked is a word that lost something.
type marked struct {
	what string
	word word
}

func (p *proof) run() {
	at, lost, added := align(p.said.words, p.shown.words)
	if p.said.counts { // the first of a cell may be a number, which the source does not have
		p.passOn(added)
	}
	p.words(lost, added)
	for i, j := range at {
		if j < 0 {
			continue
		}
		was, is := p.said.words[i], p.shown.words[j]
		if is.label && !was.label {
			continue // a number that was text, or a word of the text that is like one
		}
		if is.glued && !was.glued && !is.note && i > 0 && at[i-1] == j-1 {
			together := was
			together.text = p.said.words[i-1].text + " " + was.text
			p.marked = append(p.marked, marked{"space", together})
		}
		for _, what := range was.lacks(is) {
			p.marked = append(p.marked, marked{what, was})
		}
		if was.href != "" && !p.known(was.href) && !p.leads(was, is, at) {
			p.marked = append(p.marked, marked{"a " + was.href, was})
		}
	}
	p.marks()
}

// passOn makes words that follow added ones at the beginning of a cell the first there.
func (p *proof) passOn(added []word) {
	for _, w := range added {
		if next := w.at + 1; p.shown.words[w.at].cell && next < len(p.shown.words) {
			p.shown.words[next].cell = true
		}
	}
}

// words says which are lost, which are added, and which stand elsewhere.
func (p *proof) words(lost, added []word) {
	extra := count(added)
	if p.said.counts { // where lists count otherwise, their numbers say nothing by themselves
		added = slices.DeleteFunc(added, func(w word) bool { return w.label || doubles(p.shown, w) })
	}
	var moved []word
	lost = slices.DeleteFunc(lost, func(w word) bool {
		switch {
		case strings.HasPrefix(w.href, "#") && p.shown.notes > 0 && extra[w.key] == 0: // a note's mark has its number now
			p.shown.notes--
			return true
		case take(extra, w.key):
			if !w.label && w.marks&(itemNumber|target) == 0 && !p.said.moves && p.shown.aside[w.key] == 0 && !p.shown.noted[w.key] && !(p.said.plain && p.shown.celled[w.key]) {
				moved = append(moved, w)
			}
			return true
		}
		return (w.label || doubles(p.said, w)) && p.said.counts || take(p.shown.aside, w.key) || take(p.removed, w.key) || takeAll(extra, p.said.otherwise[w.key])
	})
	added = slices.DeleteFunc(added, func(w word) bool {
		return !take(extra, w.key) || w.note || p.said.numbers && counted.MatchString(w.text) || p.said.signs && greek.MatchString(w.text) || take(p.said.aside, w.key)
	})
	p.runs(Lost, lost)
	p.runs(Added, added)
	p.runs(Moved, moved)
}

// counted is what Word writes before items and headings: numbers and letters.
var counted = regexp.MustCompile(`^(?:\p{N}+|\p{L}{1,2}|[IVXLCDMivxlcdm]+)$`)

// greek is what letters of the font Symbol show.
var greek = regexp.MustCompile(`^\p{Greek}{1,3}$`)

// known reports whether a finding names a link. Those within the text have to lead somewhere all the same, if there is a
// place.
func (p *proof) known(href string) bool {
	_, place := p.said.places[strings.TrimPrefix(href, "#")]
	return p.gone != nil && p.gone(href) && !(strings.HasPrefix(href, "#") && place)
}

// doubles reports whether a word is the number of an item once more, as where a style takes the list's own away.
func doubles(r *reading, w word) bool {
	return w.at > 0 && r.words[w.at-1].label && r.words[w.at-1].key == w.key
}

// leads reports whether a link leads where it led in the source.
func (p *proof) leads(was, is word, at []int) bool {
	name, within := strings.CutPrefix(was.href, "#")
	if !within {
		return sameAddress(was.href, is.href)
	}
	from, known := p.said.places[name]
	to, found := p.shown.places[strings.TrimPrefix(is.href, "#")]
	if !known || is.note || from >= len(at) {
		return true
	}
	if !found {
		return false
	}
	for from < len(at) && at[from] < 0 {
		from++
	}
	return from == len(at) || at[from]-nearby <= to && to <= at[from]+nearby
}

// nearby is how many words may stand between a place and where it is found again: the number of a note, or words that a
// link's place was moved before.
const nearby = 4

// runs adds a finding for words that stood together.
func (p *proof) runs(code string, list []word) {
	for from := 0; from < len(list); {
		to := from + 1
		text := []string{list[from].text}
		for to < len(list) && list[to].at == list[to-1].at+1 {
			text = append(text, list[to].text)
			to++
		}
		if code != Moved || len(text) > 1 || utf8.RuneCountInString(list[from].key) > 2 { // a short word alone is one of many
			p.losses = append(p.losses, Loss{Code: code, Line: list[from].line, Text: strings.Join(text, " ")})
		}
		from = to
	}
}

// marks adds a finding for words that stood together and lost the same.
func (p *proof) marks() {
	slices.SortStableFunc(p.marked, func(a, b marked) int { return strings.Compare(a.what, b.what) })
	for from := 0; from < len(p.marked); {
		to := from + 1
		text := []string{p.marked[from].word.text}
		for to < len(p.marked) && p.marked[to].what == p.marked[from].what && p.marked[to].word.at == p.marked[to-1].word.at+1 {
			text = append(text, p.marked[to].word.text)
			to++
		}
		p.losses = append(p.losses, Loss{Marked, p.marked[from].word.line, p.marked[from].what, strings.Join(text, " ")})
		from = to
	}
}
