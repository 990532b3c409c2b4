package docx

import (
	"strconv"
	"strings"
)

// lvl is a level of a list.
type lvl struct {
	format  string
	text    string // with %1 to %9 for the numbers of the levels
	start   int
	restart int  // the level, from 1, whose items begin this one's numbers anew; 0: none; -1: each above
	legal   bool // all numbers are digits
	style   string
	suffix  string
	picture bool
	font    string
}

// list is what an abstract numbering says, and where its numbers stand.
type list struct {
	id     string
	levels [9]lvl
	link   string // the style that has the levels
	count  [9]int
	begun  [9]bool
	anew   int // how often it began anew
}

// num is a list as paragraphs name it.
type num struct {
	of     *list
	starts map[int]int // by level
	begun  map[int]bool
	levels map[int]lvl
}

// numbering are the lists of a document.
type numbering struct {
	nums map[string]*num
}

func newNumbering(root *node) numbering {
	all := numbering{nums: map[string]*num{}}
	if root == nil {
		return all
	}
	lists, byStyle := map[string]*list{}, map[string]*list{}
	for _, k := range root.kids {
		if k.name != "w:abstractNum" {
			continue
		}
		l := listOf(k)
		l.id = k.attr("w:abstractNumId")
		lists[l.id] = l
		if id := k.child("w:styleLink").val(); id != "" {
			byStyle[id] = l
		}
	}
	for _, l := range lists {
		if to := byStyle[l.link]; l.link != "" && to != nil && to != l {
			l.levels = to.levels
		}
	}
	for _, k := range root.kids {
		l := lists[k.child("w:abstractNumId").val()]
		if k.name != "w:num" || l == nil {
			continue
		}
		n := &num{of: l, starts: map[int]int{}, begun: map[int]bool{}, levels: map[int]lvl{}}
		for _, o := range k.kids {
			i, err := strconv.Atoi(o.attr("w:ilvl"))
			if o.name != "w:lvlOverride" || err != nil || i < 0 || i > 8 {
				continue
			}
			if own := o.child("w:lvl"); own != nil {
				n.levels[i] = lvlOf(own)
			}
			if v, err := strconv.Atoi(o.child("w:startOverride").val()); err == nil {
				n.starts[i] = v
			}
		}
		all.nums[k.attr("w:numId")] = n
	}
	return all
}

func listOf(k *node) *list {
	l := &list{link: k.child("w:numStyleLink").val()}
	for i := range l.levels {
		l.levels[i] = lvl{format: "none", start: 1, restart: -1}
	}
	for _, v := range k.kids {
		if i, err := strconv.Atoi(v.attr("w:ilvl")); v.name == "w:lvl" && err == nil && i >= 0 && i < 9 {
			l.levels[i] = lvlOf(v)
		}
	}
	return l
}

func lvlOf(v *node) lvl {
	l := lvl{
		text: v.child("w:lvlText").val(), style: v.child("w:pStyle").val(), suffix: v.child("w:suff").val(),
		restart: -1, legal: toggleOf(v.child("w:isLgl")) == on, picture: v.child("w:lvlPicBulletId") != nil,
	}
	l.start, _ = strconv.Atoi(v.child("w:start").val())
	if r, err := strconv.Atoi(v.child("w:lvlRestart").val()); err == nil {
		l.restart = r
	}
	if toggleOf(v.child("w:lvlText").flag("w:null")) == on {
		l.text = ""
	}
	look := lettersOf(v.child("w:rPr"))
	l.font = look.font
	if look.vanish == on {
		l.text = ""
	}
	l.text = short(l.text)
	format := v.child("w:numFmt")
	if alt := v.child("mc:AlternateContent"); alt != nil {
		format = alt.first("w:numFmt")
	}
	l.format = short(format.val())
	if l.format == "custom" {
		l.format = short("custom:" + format.attr("w:format"))
	}
	return l
}

// short is a text that is repeated often, such as the mark of a list, without what is longer than any reader wants.
func short(s string) string {
	const most = 100
	n := 0
	for i := range s {
		if n++; n > most {
			return s[:i] + "…"
		}
	}
	return s
}

// flag is an attribute as a property of its own, nil if it is not there.
func (n *node) flag(name string) *node {
	if v := n.attr(name); v != "" {
		return &node{attrs: []attr{{"w:val", v}}}
	}
	return nil
}

// level is the level of a list that a style stands for, 0 if it stands for none.
func (n *num) level(style string) int {
	for i := range n.of.levels {
		if style != "" && n.at(i).style == style {
			return i
		}
	}
	return 0
}

func (n *num) at(i int) lvl {
	if l, ok := n.levels[i]; ok {
		return l
	}
	return n.of.levels[i]
}

// name is that of the list that an item belongs to which was just counted: the same as long as its numbers go on.
func (n *num) name() string { return n.of.id + " " + strconv.Itoa(n.of.anew) }

// mark is what stands before an item.
type mark struct {
	text    string
	bullet  bool
	unknown string // the format, if it is not known
}

// says are bullets that say something themselves.
const says = "☐☑☒✓✔✗✘"

// next counts an item of level i and makes its mark.
func (n *num) next(i int) mark {
	l := n.at(i)
	o := n.of
	start, starts := n.starts[i]
	switch {
	case starts && (!n.begun[i] || !o.begun[i]):
		o.count[i] = start
		o.anew++
	case o.begun[i]:
		o.count[i]++
	default:
		o.count[i] = l.start
	}
	o.begun[i], n.begun[i] = true, true
	for k := i + 1; k < 9; k++ {
		if r := n.at(k).restart; r < 0 || r > 0 && i < r {
			o.begun[k] = false
		}
	}
	if l.format == "bullet" || l.picture {
		text := symbols(l.font, l.text)
		return mark{text: text, bullet: !strings.ContainsAny(text, says)}
	}
	m := mark{}
	var b strings.Builder
	for k := 0; k < len(l.text); k++ {
		if l.text[k] != '%' || k+1 == len(l.text) || l.text[k+1] < '1' || l.text[k+1] > '9' {
			b.WriteByte(l.text[k])
			continue
		}
		k++
		s, known := n.number(int(l.text[k]-'1'), l.legal)
		if !known {
			m.unknown = n.at(int(l.text[k] - '1')).format
		}
		b.WriteString(s)
	}
	m.text = b.String()
	return m
}

// number is the number of a level as it stands; of one that has no item yet, the one that it would begin with.
func (n *num) number(i int, legal bool) (string, bool) {
	l := n.at(i)
	v := l.start
	if n.of.begun[i] {
		v = n.of.count[i]
	}
	if legal && l.format != "none" && l.format != "bullet" {
		return strconv.Itoa(v), true
	}
	if l.format == "bullet" {
		return "", true
	}
	return numeral(l.format, v)
}
