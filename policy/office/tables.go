package office

import (
	"strconv"

	"ltipolicy/policy/markup"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// heads makes the cells of a table's head header cells, which LibreOffice and Word write as any others, and takes the rows
// into the head that a cell of its last row reaches down to: LibreOffice leaves them below, where browsers cut the cell off.
func heads(all []*html.Node) {
	for _, n := range all {
		if n.DataAtom != atom.Thead {
			continue
		}
		for below := reach(n); below > 0; below-- {
			row := firstRow(n.NextSibling)
			if row == nil {
				break
			}
			move(row, n)
		}
		for row := range n.ChildNodes() {
			for cell := range row.ChildNodes() {
				if row.DataAtom == atom.Tr && cell.DataAtom == atom.Td {
					rename(cell, atom.Th)
					markup.SetAttr(cell, "scope", "col")
				}
			}
		}
	}
}

// reach is how many rows the cells of a table's head reach down below it.
func reach(head *html.Node) int {
	most, left := 0, 0
	for range rows(head) {
		left++
	}
	for row := range rows(head) {
		for cell := range row.ChildNodes() {
			if span, err := strconv.Atoi(markup.Attr(cell, "rowspan")); err == nil {
				most = max(most, min(span, maxSpan)-left)
			}
		}
		left--
	}
	return most
}

// maxSpan is the most rows that a cell may go over when it is sanitised.
const maxSpan = 99

func rows(group *html.Node) func(func(*html.Node) bool) {
	return func(yield func(*html.Node) bool) {
		for k := range group.ChildNodes() {
			if k.DataAtom == atom.Tr && !yield(k) {
				return
			}
		}
	}
}

// firstRow is the first row of the next body of a table.
func firstRow(n *html.Node) *html.Node {
	for n != nil && n.Type != html.ElementNode {
		n = n.NextSibling
	}
	if n == nil || n.DataAtom != atom.Tbody {
		return nil
	}
	for row := range rows(n) {
		return row
	}
	return nil
}
