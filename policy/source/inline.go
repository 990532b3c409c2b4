package source

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
)

var (
	url1  = regexp.MustCompile(`https?://[^\s<>"“”„\x{a0}]+|www\.[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}(?:/[^\s<>"“”„\x{a0}]*)?`)
	mail  = regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}`)
	ref   = regexp.MustCompile(`\((\d{1,2})\)`)
	term  = regexp.MustCompile(`^([^–:;,.]{2,80}?)[ \x{a0}]+–[ \x{a0}]`)
	term2 = regexp.MustCompile(`^([^„“”"]{2,60})“:[ \x{a0}]`)
)

// span is a piece of a line that becomes an element.
type span struct {
	from, to    int
	open, close string
}

// inline escapes a line and links the addresses in it. Whatever ends a sentence is not part of an address,
// and an address to which letters or digits stick is left alone, because where it ends is a guess.
func (b *builder) inline(s string, more ...span) string {
	spans := more
	for _, m := range url1.FindAllStringIndex(s, -1) {
		u := strings.TrimRight(s[m[0]:m[1]], ".,;:!?…»'")
		for strings.HasSuffix(u, ")") && strings.Count(u, "(") < strings.Count(u, ")") {
			u = strings.TrimRight(u[:len(u)-1], ".,;:!?")
		}
		end := m[0] + len(u)
		href := u
		if strings.HasPrefix(u, "www.") {
			href = "https://" + u
		}
		if _, err := url.Parse(href); err == nil && alone(s, m[0], end) {
			spans = append(spans, span{m[0], end, `<a href="` + html.EscapeString(href) + `">`, "</a>"})
		}
	}
	for _, m := range mail.FindAllStringIndex(s, -1) {
		if alone(s, m[0], m[1]) {
			spans = append(spans, span{m[0], m[1], `<a href="mailto:` + html.EscapeString(s[m[0]:m[1]]) + `">`, "</a>"})
		}
	}
	slices.SortStableFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	var out strings.Builder
	at := 0
	for _, sp := range spans {
		if sp.from < at {
			continue
		}
		out.WriteString(html.EscapeString(s[at:sp.from]))
		out.WriteString(sp.open + html.EscapeString(s[sp.from:sp.to]) + sp.close)
		at = sp.to
	}
	out.WriteString(html.EscapeString(s[at:]))
	return out.String()
}

func alone(s string, from, to int) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:from])
	after, _ := utf8.DecodeRuneInString(s[to:])
	word := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '@' }
	return !word(before) && !word(after)
}

// notes are the footnotes of a document, which may have several parts: where the mark and the note of each
// number stand.
type notes struct {
	refs map[int]place
	said map[int]place
}

type place struct {
	part, line int // index of the line
	from, to   int // of a mark in the line's text
}

// footnotes finds the notes: a numbered list 1, 2, … near the end of the last part, each with exactly one
// mark "(1)" before. A mark after a short number is a paragraph of a law, "Art. 5 (1)".
func footnotes(parts [][]line, tallies []*tally) notes {
	n := notes{refs: map[int]place{}, said: map[int]place{}}
	if len(parts) == 0 {
		return n
	}
	p := len(parts) - 1
	last := parts[p]
	end := len(last)
	for end > 0 && last[end-1].mark != "" && last[end-1].runes() < 20 {
		end--
	}
	start := end
	for start > 0 && last[start-1].indent > 0 && last[start-1].depth == 1 {
		start--
	}
	for i := start; i < end; i++ {
		num, err := strconv.Atoi(strings.TrimSuffix(last[i].number, "."))
		if err != nil || num != i-start+1 {
			return n
		}
	}
	count := map[int]int{}
	for pi, lines := range parts {
		for li, l := range lines {
			if pi == p && li >= start {
				break
			}
			for _, m := range ref.FindAllStringSubmatchIndex(l.text, -1) {
				num, _ := strconv.Atoi(l.text[m[2]:m[3]])
				if num < 1 || num > end-start || !mark(l.text, m[0], m[1]) {
					continue
				}
				count[num]++
				n.refs[num] = place{part: pi, line: li, from: m[0], to: m[1]}
			}
		}
	}
	if len(count) == 0 {
		return n
	}
	for i := start; i < end; i++ {
		num := i - start + 1
		parts[p][i].role = roleNote
		parts[p][i].note = num
		if count[num] != 1 {
			delete(n.refs, num)
			tallies[p].add(FoundUnresolved, last[i].n, fmt.Sprintf("(%d)", num))
			continue
		}
		n.said[num] = place{part: p, line: i}
		at := n.refs[num]
		tallies[at.part].add(FoundNote, parts[at.part][at.line].n, fmt.Sprintf("(%d)", num))
	}
	return n
}

// marks are the numbers of the notes whose marks stand in each line of a part.
func (n notes) marks(part int) map[int][]int {
	at := map[int][]int{}
	for num, p := range n.refs {
		if p.part == part {
			at[p.line] = append(at[p.line], num)
		}
	}
	return at
}

func mark(s string, from, to int) bool {
	if from == 0 || strings.HasPrefix(strings.TrimLeft(s[to:], " "), "(") {
		return false
	}
	before := strings.TrimRightFunc(s[:from], unicode.IsSpace)
	if before == "" || !unicode.IsSpace(lastOf(s[:from])) {
		return false
	}
	before = before[strings.LastIndexFunc(before, unicode.IsSpace)+1:]
	_, err := strconv.Atoi(before)
	return err != nil || len(before) > 3
}

func lastOf(s string) rune {
	r, _ := utf8.DecodeLastRuneInString(s)
	return r
}
