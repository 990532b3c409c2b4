package docx

import (
	"html"
	"strings"
)

// Plainly is what a reader of the document sees, as HTML of few elements by few rules of its own: paragraphs, cells, and of
// letters only what their runs themselves say of being hidden, struck out, raised or lowered. It is what the result of [Read] is held
// against (package proof), so it shares none of its rules. Numbers that Word counts are not in it, text boxes follow their
// paragraph, and notes stand at the end. The errors are those of [Read].
func Plainly(raw []byte) (string, error) {
	r, err := read(raw)
	if err != nil {
		return "", err
	}
	p := &plain{}
	p.walk(r.doc.root)
	for _, k := range []*noteKind{&r.notes.foot, &r.notes.end} {
		p.notes(k)
	}
	return p.String(), nil
}

// notes are those whose marks were found, each once, in the order of the marks.
func (p *plain) notes(k *noteKind) {
	done := map[*node]bool{}
	for i := 0; i < len(p.refs); i++ {
		if n := k.nodes[p.refs[i].attr("w:id")]; p.refs[i].name == k.element+"Reference" && n != nil && !done[n] {
			done[n] = true
			p.walk(n)
		}
	}
}

type plain struct {
	strings.Builder
	boxes []*node // of the paragraph that is being read
	depth int     // paragraphs around, which boxes are within
	font  string  // of the run that is being read: of some the letters are signs
	refs  []*node // the marks of notes
	first bool    // the paragraph before is a first letter, with which the next one begins
}

func (p *plain) walk(n *node) {
	switch n.name {
	case "w:p":
		if !p.first {
			p.WriteString("<p>")
		}
		drop := n.path("w:pPr", "w:framePr").attr("w:dropCap")
		p.first = drop != "" && drop != "none"
		p.depth++
		p.kids(n)
		if !p.first {
			p.WriteString("</p>\n")
		}
		if p.depth--; p.depth == 0 {
			for boxes := p.boxes; len(boxes) > 0; boxes = p.boxes {
				p.boxes = nil
				for _, b := range boxes {
					p.kids(b)
				}
			}
		}
	case "w:txbxContent":
		if p.depth > 0 {
			p.boxes = append(p.boxes, n)
			return
		}
		p.kids(n)
	case "w:tbl", "w:tr", "w:tc":
		p.within(map[string]string{"w:tbl": "table", "w:tr": "tr", "w:tc": "td"}[n.name], n)
	case "w:r":
		p.run(n)
	case "w:t", "w:delText", "m:t":
		p.WriteString(html.EscapeString(symbols(p.font, n.content())))
	case "w:tab", "w:ptab", "w:br", "w:cr":
		p.WriteString(" ")
	case "w:footnoteReference", "w:endnoteReference":
		p.refs = append(p.refs, n)
	case "w:ruby":
		p.kids(n.child("w:rubyBase").orNone())
		p.WriteString(" (")
		p.kids(n.child("w:rt").orNone())
		p.WriteString(")")
	case "m:den":
		p.WriteString("/")
		p.kids(n)
	case "m:sup", "m:deg":
		p.within("sup", n)
	case "m:sub":
		p.within("sub", n)
	case "m:limLow", "m:limUpp":
		p.kids(n.child("m:e").orNone())
		p.within(map[string]string{"m:limLow": "sub", "m:limUpp": "sup"}[n.name], n.child("m:lim").orNone())
	case "mc:AlternateContent":
		for _, k := range alternative(n) {
			p.walk(k)
		}
	case "w:noBreakHyphen":
		p.WriteString("-")
	case "w:pPr", "w:tabs", "w:instrText", "w:delInstrText":
	default:
		p.kids(n)
	}
}

func (p *plain) within(element string, n *node) {
	p.WriteString("<" + element + ">")
	p.kids(n)
	p.WriteString("</" + element + ">")
}

func (p *plain) kids(n *node) {
	for _, k := range n.kids {
		p.walk(k)
	}
}

// run is a run with what it says itself of its letters.
func (p *plain) run(n *node) {
	var ends []string
	props := n.child("w:rPr")
	open := func(element string, on bool) {
		if on {
			p.WriteString("<" + element + ">")
			ends = append(ends, "</"+element+">")
		}
	}
	says := func(name string) bool {
		switch v := props.child(name); {
		case v == nil:
			return false
		default:
			return v.val() != "0" && v.val() != "false" && v.val() != "off"
		}
	}
	if says("w:vanish") {
		return
	}
	open("s", says("w:strike") || says("w:dstrike"))
	open("sup", props.child("w:vertAlign").val() == "superscript")
	open("sub", props.child("w:vertAlign").val() == "subscript")
	before := p.font
	p.font = lettersOf(props).font
	for _, k := range n.kids {
		if k.name != "w:rPr" {
			p.walk(k)
		}
	}
	p.font = before
	for i := len(ends) - 1; i >= 0; i-- {
		p.WriteString(ends[i])
	}
}
