package source

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/net/html"
)

// Tables of a PDF whose text was taken with its layout: the columns stand below each other, with spaces between, and the
// lines of a cell below each other, too. As with flattened tables, their first line tells them.

var (
	columnGap  = regexp.MustCompile(` {2,}`)
	columnHead = regexp.MustCompile(`\S+(?: \S+)*`)
)

// columnTables takes the lines of such tables together, a line a row, with the words of each cell.
func columnTables(lines []line) []line {
	out := make([]line, 0, len(lines))
	for i := 0; i < len(lines); i++ {
		head := lines[i]
		if n := tabbed(lines, i); n > 1 {
			for k := range n {
				l := lines[i+k]
				l.role, l.cells = roleRow, strings.Split(l.whole, "\t")
				for c := range l.cells {
					l.cells[c] = strings.TrimSpace(l.cells[c])
				}
				if k == 0 {
					l.role = roleHeader
				}
				out = append(out, l)
			}
			i += n - 1
			continue
		}
		if !head.plain() || !columnGap.MatchString(head.text) || columns(head.text) == nil || i+1 == len(lines) || rowName(lines[i+1].text) == "" {
			out = append(out, head)
			continue
		}
		starts := columnStarts(head)
		head.role, head.cells = roleHeader, cut(head, starts)
		out = append(out, head)
		for ; i+1 < len(lines) && lines[i+1].gap <= 1 && lines[i+1].mark == ""; i++ {
			l := lines[i+1]
			cells := cut(l, starts)
			last := &out[len(out)-1]
			switch {
			case cells == nil, cells[0] != "" && rowName(l.text) == "":
			case cells[0] != "":
				l.role, l.cells = roleRow, cells
				out = append(out, l)
				continue
			case last.role == roleRow:
				for c, s := range cells {
					last.cells[c] = strings.TrimSpace(last.cells[c] + " " + s)
				}
				continue
			}
			break
		}
	}
	return out
}

// tabbed is how many lines from the one at i on have their cells apart by tabs, as a table does that was copied as text: the
// first one has a name for each, all have as many, and no other line stands right above or below.
func tabbed(lines []line, i int) int {
	of := strings.Count(lines[i].whole, "\t")
	if of == 0 || strings.Contains(lines[i].whole, "\t\t") || i > 0 && lines[i].gap == 0 && !lines[i-1].ends(":") {
		return 0
	}
	n := i
	for n < len(lines) && strings.Count(lines[n].whole, "\t") == of && (n == i || lines[n].gap == 0) && lines[n].mark == "" {
		n++
	}
	if n < len(lines) && lines[n].gap == 0 {
		return 0
	}
	return n - i
}

// columnStarts are the places at which the columns of a line begin.
func columnStarts(l line) []int {
	var starts []int
	for _, m := range columnHead.FindAllStringIndex(l.text, -1) {
		starts = append(starts, l.indent+len([]rune(l.text[:m[0]])))
	}
	return starts
}

// cut is what stands in each column of a line, nil if a word stands across the border of two.
func cut(l line, starts []int) []string {
	runes := []rune(strings.Repeat(" ", l.indent) + l.text)
	cells := make([]string, len(starts))
	for c, from := range starts {
		to := len(runes)
		if c+1 < len(starts) {
			to = min(to, starts[c+1])
		}
		if from >= to {
			continue
		}
		if from > 0 && !unicode.IsSpace(runes[from-1]) {
			return nil
		}
		cells[c] = strings.TrimSpace(string(runes[from:to]))
	}
	return cells
}

// columnTable writes one such table and returns the number of lines it took.
func (b *builder) columnTable(lines []line) int {
	b.add(FoundTable, lines[0].n, strings.Join(lines[0].cells, " | "))
	b.open("<table><thead><tr>")
	for _, c := range lines[0].cells {
		b.write(`<th scope="col">`, html.EscapeString(c), "</th>")
	}
	b.write("</tr></thead><tbody>")
	i := 1
	for ; i < len(lines) && lines[i].role == roleRow && lines[i].cells != nil; i++ {
		b.write(`<tr><th scope="row">`, b.inline(lines[i].cells[0]), "</th>")
		for _, c := range lines[i].cells[1:] {
			b.write("<td>", b.inline(c), "</td>")
		}
		b.write("</tr>")
	}
	b.write("</tbody></table>\n")
	return i
}
