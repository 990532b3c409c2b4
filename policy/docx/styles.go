package docx

import (
	"regexp"
	"strconv"
	"strings"
)

// toggle is a property that a style or a run turns on or off, or says nothing of.
type toggle int8

const (
	unsaid toggle = iota
	off
	on
)

func (t toggle) or(u toggle) toggle {
	if t == unsaid {
		return u
	}
	return t
}

func toggleOf(n *node) toggle {
	if n == nil {
		return unsaid
	}
	switch n.val() {
	case "0", "false", "off", "none":
		return off
	}
	return on
}

// letters are the properties of a run that say something, as one place says them.
type letters struct {
	bold, italic, caps, strike, vanish, double toggle
	underline, vertical, color, font           string
	raised                                     int // in half points
	ground, rtl                                toggle
	lang, langEast, langBidi                   string
}

// lettersOf reads run properties.
func lettersOf(rPr *node) letters {
	var l letters
	if rPr == nil {
		return l
	}
	for _, k := range rPr.kids {
		switch k.name {
		case "w:b":
			l.bold = toggleOf(k)
		case "w:i":
			l.italic = toggleOf(k)
		case "w:caps":
			l.caps = toggleOf(k)
		case "w:strike":
			l.strike = toggleOf(k)
		case "w:dstrike":
			l.double = toggleOf(k)
		case "w:vanish":
			l.vanish = toggleOf(k)
		case "w:u":
			l.underline = k.val()
		case "w:vertAlign":
			l.vertical = k.val()
		case "w:position":
			l.raised, _ = strconv.Atoi(strings.TrimSuffix(k.val(), "pt"))
		case "w:color":
			l.color = strings.ToUpper(k.val())
		case "w:rFonts":
			l.font = firstOf(k.attr("w:ascii"), k.attr("w:hAnsi"))
		case "w:shd", "w:highlight":
			l.ground = grounded(k).or(l.ground)
		case "w:rtl":
			l.rtl = toggleOf(k)
		case "w:lang":
			l.lang, l.langEast, l.langBidi = k.val(), k.attr("w:eastAsia"), k.attr("w:bidi")
		}
	}
	return l
}

// grounded reports whether shading makes white letters readable.
func grounded(k *node) toggle {
	if k == nil {
		return unsaid
	}
	fill := strings.ToUpper(firstOf(k.attr("w:fill"), k.val()))
	if k.attr("w:themeFill") == "" && (fill == "" || fill == "AUTO" || fill == "FFFFFF" || fill == "CLEAR" || fill == "NONE" || fill == "WHITE") {
		return off
	}
	return on
}

func firstOf(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

// under are the properties of l where it says something, otherwise those of base.
func (l letters) under(base letters) letters {
	l.bold, l.italic, l.caps = l.bold.or(base.bold), l.italic.or(base.italic), l.caps.or(base.caps)
	l.strike, l.vanish, l.double = l.strike.or(base.strike), l.vanish.or(base.vanish), l.double.or(base.double)
	l.underline, l.vertical = firstOf(l.underline, base.underline), firstOf(l.vertical, base.vertical)
	l.color, l.font = firstOf(l.color, base.color), firstOf(l.font, base.font)
	l.ground, l.rtl = l.ground.or(base.ground), l.rtl.or(base.rtl)
	l.lang, l.langEast, l.langBidi = firstOf(l.lang, base.lang), firstOf(l.langEast, base.langEast), firstOf(l.langBidi, base.langBidi)
	if l.raised == 0 {
		l.raised = base.raised
	}
	return l
}

// toggled is what a run is where document, paragraph style and character style meet: the two styles turn each other's
// properties back, and what the run says by itself holds.
func toggled(direct, char, para, all toggle) toggle {
	switch {
	case direct != unsaid:
		return direct
	case all == on:
		return on
	case (char == on) != (para == on):
		return on
	}
	return off
}

// style is a style with what it takes over from those that it is based on.
type style struct {
	name    string // in small letters
	letters letters
	level   int // of headings, from 1; 0: none; -1: said to be none
	num     string
	depth   int  // of num, -1: unsaid
	ground  bool // of paragraphs and tables
	heads   bool // the first row of tables is bold or has a ground
	bidi    toggle
}

// styles are those of a document by id.
type styles struct {
	nodes     map[string]*node
	done      map[string]style
	all       letters
	paragraph string // the style of paragraphs that name none
}

func newStyles(root *node) *styles {
	s := &styles{nodes: map[string]*node{}, done: map[string]style{}}
	if root == nil {
		return s
	}
	s.all = lettersOf(root.path("w:docDefaults", "w:rPrDefault", "w:rPr"))
	for _, k := range root.kids {
		id := k.attr("w:styleId")
		if k.name != "w:style" || s.nodes[id] != nil {
			continue
		}
		s.nodes[id] = k
		if k.attr("w:type") == "paragraph" && (k.attr("w:default") == "1" || k.attr("w:default") == "true") {
			s.paragraph = id
		}
	}
	return s
}

// style is the style of an id; the zero style if there is none.
func (s *styles) style(id string) style {
	var way []string
	for at := id; ; at = s.nodes[at].child("w:basedOn").val() {
		_, known := s.done[at]
		if known || s.nodes[at] == nil {
			break
		}
		s.done[at] = style{depth: -1} // for one that is based on itself
		way = append(way, at)
	}
	for i := len(way) - 1; i >= 0; i-- {
		n := s.nodes[way[i]]
		base, ok := s.done[n.child("w:basedOn").val()]
		if !ok {
			base = style{depth: -1}
		}
		s.done[way[i]] = styleOf(n, base)
	}
	if st, ok := s.done[id]; ok {
		return st
	}
	return style{depth: -1}
}

// heads reports whether a style of tables makes the first row look like their head.
func (s *styles) heads(id string) bool { return id != "" && s.style(id).heads }

// heading is a heading's style by its name, for programs that say no level.
var heading = regexp.MustCompile(`^(?:heading|überschrift|titre|título|titolo|titlu|titulo|antraštė|заглавие|заголовок|наслов|naslov|nagłówek|kop|rubrik|overskrift|otsikko|nadpis|címsor|virsraksts|pealkiri|επικεφαλίδα|başlık) ?([1-9])$`)

func styleOf(n *node, base style) style {
	st := base
	st.name = strings.ToLower(n.child("w:name").val())
	st.letters = lettersOf(n.child("w:rPr")).under(base.letters)
	pPr := n.child("w:pPr")
	if m := heading.FindStringSubmatch(st.name); m != nil {
		st.level = int(m[1][0] - '0')
	}
	if k := pPr.child("w:outlineLvl"); k != nil {
		st.level = level(k)
	}
	if num := pPr.child("w:numPr"); num != nil {
		if k := num.child("w:numId"); k != nil {
			st.num, st.depth = k.val(), -1
		}
		if k := num.child("w:ilvl"); k != nil {
			st.depth, _ = strconv.Atoi(k.val())
		}
	}
	st.ground = st.ground || grounded(pPr.child("w:shd")) == on || n.attr("w:type") == "table" && n.first("w:shd") != nil
	for _, k := range n.kids {
		if k.name == "w:tblStylePr" && k.attr("w:type") == "firstRow" {
			st.heads = toggleOf(k.path("w:rPr", "w:b")) == on || grounded(k.path("w:tcPr", "w:shd")) == on
		}
	}
	st.bidi = toggleOf(pPr.child("w:bidi")).or(base.bidi)
	return st
}

// level is that of a heading by its outline level.
func level(k *node) int {
	n, err := strconv.Atoi(k.val())
	if err != nil || n < 0 || n > 8 {
		return -1
	}
	return n + 1
}
