package source

import (
	"strings"
	"unicode"
)

// headings marks the lines that are headings and sets their levels. It rather misses one than makes one of a
// sentence; a heading must have something below it.
func headings(lines []line, t *tally) {
	for i := range lines {
		l := &lines[i]
		if l.role != rolePara || l.mark != "" || l.running || l.address() || i+1 == len(lines) {
			continue
		}
		var prev *line
		if i > 0 && !lines[i-1].running {
			prev = &lines[i-1]
		}
		next := lines[i+1]
		var is bool
		switch {
		case l.letter:
			is = !strings.HasPrefix(l.number, "(") && l.gap > 0 && next.gap > 0 && !next.letter && l.runes() <= 110 && !l.ends(".;,")
		case l.depth == 1:
			inList := prev != nil && l.gap == 0 && (prev.depth == 1 && prev.role == rolePara && l.indent > 0 || prev.mark != "" && l.indent > prev.indent)
			is = !inList && next.depth != 1 && l.runes() <= 110 && !l.ends(";,") && l.oneSentence()
		case l.depth > 1:
			is = next.depth != l.depth && !l.ends(".;,") && (l.runes() <= 60 || l.runes() <= 90 && !l.ends(":"))
		case l.ends("?"):
			is = l.runes() <= 120 && l.oneSentence() && unicode.IsUpper(firstRune(l.text))
		default:
			is = title(*l, prev, next)
		}
		if !is || unicode.IsLower(firstRune(next.text)) && next.plain() && !mixedCase(next.text) {
			continue
		}
		l.role = roleHeading
		if l.ends(".") {
			t.add(FoundHeading, l.n, l.bare())
		}
	}
	levels(lines)
	repeated(lines, t)
}

// title recognises a heading that nothing marks but its shortness and the blank lines around it.
func title(l line, prev *line, next line) bool {
	if l.runes() > 70 || len(strings.Fields(l.text)) > 10 || strings.ContainsAny(l.text, ":0123456789") {
		return false
	}
	if !unicode.IsUpper(firstRune(l.text)) && !mixedCase(l.text) {
		return false
	}
	if last := lastRune(l.text); !unicode.IsLetter(last) && last != ')' {
		return false
	}
	if prev != nil {
		if l.gap == 0 || prev.ends(":,") {
			return false
		}
		if unicode.IsLetter(lastRune(prev.text)) && prev.plain() && !prev.address() {
			return false
		}
	}
	if l.gap == 0 && next.gap == 0 && next.plain() {
		return false
	}
	return next.mark != "" || next.number != "" || next.role == roleHeader || next.ends(".:;?!") || next.runes() >= 60 || next.gap > 0 && prev == nil
}

// levels gives numbered sections level 2 and what is between them level 3, unless headings without numbers
// come first: then the numbered ones are parts of those. The first line of a text is its title and does not
// count for that.
func levels(lines []line) {
	numbered, under := -1, false
	for i, l := range lines {
		if l.role != roleHeading {
			continue
		}
		if l.depth == 1 {
			numbered = i
			break
		}
		if i > 0 && !l.letter && l.depth == 0 {
			under = true
		}
	}
	top := 2
	if numbered >= 0 && under {
		top = 3
	}
	last := 2
	for i := range lines {
		l := &lines[i]
		if l.role != roleHeading {
			continue
		}
		switch {
		case l.letter:
			l.level = last + 1
		case l.depth > 0:
			l.level = top + l.depth - 1
			last = l.level
		case numbered >= 0 && i > numbered && !under:
			l.level = 3
			last = 3
		default:
			l.level = 2
			last = 2
		}
		l.level = min(l.level, 6)
	}
}

func repeated(lines []line, t *tally) {
	seen := map[string]bool{}
	for _, l := range lines {
		if l.role != roleHeading || l.depth != 1 {
			continue
		}
		if seen[l.number] {
			t.add(FoundNumberRepeated, l.n, l.number)
		}
		seen[l.number] = true
	}
}
