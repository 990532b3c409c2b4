package docx

import (
	"strconv"

	"ltipolicy/policy/markup"
	"ltipolicy/policy/office"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// grid is a table while it is being made.
type grid struct {
	*story
	context
	rows   []row
	open   map[int]*cell // the cell that goes on below, by its column
	inHead bool
	looks  bool // the style makes the first row look like a head
}

type row struct {
	cells  []*cell
	header bool
}

type cell struct {
	node       *html.Node
	wide, high int
	row        int
}

// table makes a table, nil if it has no cells.
func (s *story) table(t *node, c context) *html.Node {
	g := grid{story: s, context: c, open: map[int]*cell{}, inHead: true}
	pr := t.child("w:tblPr")
	st := pr.child("w:tblStyle").val()
	// What colour a style gives to the rows is not looked at: white letters are taken for readable there.
	g.ground = c.ground || grounded(pr.child("w:shd")) == on || st != "" && s.styles.style(st).ground
	g.looks = firstRow(pr.child("w:tblLook")) && s.styles.heads(st)
	g.read(t.kids, c)
	if len(g.rows) == 0 {
		return nil
	}
	return g.made()
}

// firstRow reports whether the style's look of the first row is wanted.
func firstRow(tblLook *node) bool {
	if v := tblLook.attr("w:firstRow"); v != "" {
		return toggleOf(tblLook.flag("w:firstRow")) == on
	}
	return hexadecimal(firstOf(tblLook.val(), "0"))&0x20 != 0
}

func (g *grid) read(kids []*node, c context) {
	for _, k := range kids {
		switch k.name {
		case "w:tr":
			g.row(k, c)
		case "w:sdt":
			g.read(k.child("w:sdtContent").all(), c)
		case "w:bookmarkStart":
			g.places = append(g.places, k.attr("w:name"))
		case "w:tblPr", "w:tblGrid":
		default:
			g.read(k.kids, c.changed(k))
		}
	}
}

func (g *grid) row(tr *node, c context) {
	pr := tr.child("w:trPr")
	for _, k := range pr.all() {
		c = c.changed(k)
	}
	if toggleOf(pr.child("w:hidden")) == on {
		g.say(office.Hidden, "", words(tr))
		return
	}
	r := row{header: g.inHead && (toggleOf(pr.child("w:tblHeader")) == on || g.looks && len(g.rows) == 0)}
	g.inHead = r.header
	at := number(pr.child("w:gridBefore").val())
	if at > 0 {
		r.cells = append(r.cells, &cell{node: markup.Element(atom.Td), wide: at, high: 1})
	}
	c.header = r.header
	g.cells(tr.kids, c, &r, &at)
	if n := number(pr.child("w:gridAfter").val()); n > 0 && len(r.cells) > 0 {
		r.cells = append(r.cells, &cell{node: markup.Element(atom.Td), wide: n, high: 1})
	}
	g.rows = append(g.rows, r)
}

func (g *grid) cells(kids []*node, c context, r *row, at *int) {
	for _, k := range kids {
		switch k.name {
		case "w:tc":
			g.cell(k, c, r, at)
		case "w:sdt":
			g.cells(k.child("w:sdtContent").all(), c, r, at)
		case "w:bookmarkStart":
			g.places = append(g.places, k.attr("w:name"))
		case "w:trPr", "w:tblPrEx":
		default:
			g.cells(k.kids, c.changed(k), r, at)
		}
	}
}

func (g *grid) cell(tc *node, c context, r *row, at *int) {
	pr := tc.child("w:tcPr")
	wide := max(number(pr.child("w:gridSpan").val()), 1)
	column := *at
	*at += wide
	goesOn := func(name string) bool { k := pr.child(name); return k != nil && k.val() != "restart" }
	if up := g.open[column]; goesOn("w:vMerge") && up != nil {
		up.high++
		g.covered(tc)
		return
	}
	delete(g.open, column)
	if goesOn("w:hMerge") && len(r.cells) > 0 {
		r.cells[len(r.cells)-1].wide += wide
		g.covered(tc)
		return
	}
	c.ground = g.ground || c.ground || grounded(pr.child("w:shd")) == on
	for _, k := range pr.all() {
		switch k.name {
		case "w:cellIns":
			c.ins = day(k)
		case "w:cellDel":
			c.del = day(k)
		}
	}
	made := &cell{node: markup.Element(atom.Td), wide: wide, high: 1, row: len(g.rows)}
	if c.header {
		made.node = markup.Element(atom.Th, html.Attribute{Key: "scope", Val: "col"})
	}
	blocks := g.blocks(tc.kids, c)
	if len(blocks) == 1 && blocks[0].DataAtom == atom.P && len(blocks[0].Attr) == 0 {
		for blocks[0].FirstChild != nil {
			k := blocks[0].FirstChild
			blocks[0].RemoveChild(k)
			made.node.AppendChild(k)
		}
		blocks = nil
	}
	for _, b := range blocks {
		made.node.AppendChild(b)
	}
	r.cells = append(r.cells, made)
	if k := pr.child("w:vMerge"); k != nil && k.val() == "restart" {
		g.open[column] = made
	}
}

// covered reports what stands in a cell over which another one goes on.
func (g *grid) covered(tc *node) { g.say(office.Hidden, "", words(tc)) }

func (g *grid) made() *html.Node {
	head := 0
	for head < len(g.rows) && g.rows[head].header {
		head++
	}
	for i := range head {
		for _, c := range g.rows[i].cells {
			if i+c.high > head {
				head = 0 // a cell may not go on from the head into the body
			}
		}
		if head == 0 {
			break
		}
	}
	if head == len(g.rows) {
		head = 0
	}
	t, thead, tbody := markup.Element(atom.Table), markup.Element(atom.Thead), markup.Element(atom.Tbody)
	for i, r := range g.rows {
		tr := markup.Element(atom.Tr)
		for _, c := range r.cells {
			if c.wide > 1 {
				markup.SetAttr(c.node, "colspan", strconv.Itoa(c.wide))
			}
			if c.high > 1 {
				markup.SetAttr(c.node, "rowspan", strconv.Itoa(c.high))
			}
			tr.AppendChild(c.node)
		}
		if i < head {
			thead.AppendChild(tr)
		} else {
			tbody.AppendChild(tr)
		}
	}
	if head > 0 {
		t.AppendChild(thead)
	}
	t.AppendChild(tbody)
	return t
}
