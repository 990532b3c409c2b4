package docx

import (
	"strings"

	"golang.org/x/net/html/atom"
)

// math writes a formula in one line: what is raised and lowered stays so, fractions get a stroke.
func (l *line) math(n *node, k look) {
	e := l.letters(nil)
	switch n.name {
	case "m:t":
		l.put(n.content(), k, e)
	case "m:r", "w:r":
		for _, t := range n.kids {
			if t.name == "m:t" {
				l.put(t.content(), k, e)
			} else if t.name == "w:t" {
				l.put(spaced(t), k, e)
			}
		}
	case "m:f":
		l.grouped(n.child("m:num"), k, e)
		l.put("/", k, e)
		l.grouped(n.child("m:den"), k, e)
	case "m:sPre":
		l.shifted(n.child("m:sub"), k, e, atom.Sub)
		l.shifted(n.child("m:sup"), k, e, atom.Sup)
		l.formula(n.child("m:e"), k)
	case "m:sSup", "m:sSub", "m:sSubSup":
		l.formula(n.child("m:e"), k)
		l.shifted(n.child("m:sub"), k, e, atom.Sub)
		l.shifted(n.child("m:sup"), k, e, atom.Sup)
	case "m:nary":
		l.put(firstOf(n.path("m:naryPr", "m:chr").attr("m:val"), "∫"), k, e)
		l.shifted(n.child("m:sub"), k, e, atom.Sub)
		l.shifted(n.child("m:sup"), k, e, atom.Sup)
		l.put(" ", k, e)
		l.formula(n.child("m:e"), k)
	case "m:rad":
		l.shifted(n.child("m:deg"), k, e, atom.Sup)
		l.put("√", k, e)
		l.grouped(n.child("m:e"), k, e)
	case "m:d":
		l.delimited(n, k, e)
	case "m:limLow", "m:limUpp":
		l.formula(n.child("m:e"), k)
		l.shifted(n.child("m:lim"), k, e, map[string]atom.Atom{"m:limLow": atom.Sub, "m:limUpp": atom.Sup}[n.name])
	case "m:acc":
		l.formula(n.child("m:e"), k)
		l.put(firstOf(n.path("m:accPr", "m:chr").attr("m:val"), "\u0302"), k, e)
	case "m:mr", "m:eqArr":
		for i, c := range n.kids {
			if c.name == "m:e" {
				l.formula(c, k)
				if i < len(n.kids)-1 {
					l.put(" ", k, e)
				}
			}
		}
		l.put("; ", k, e)
	case "m:oMath", "m:oMathPara", "m:e", "m:num", "m:den", "m:sub", "m:sup", "m:lim", "m:deg", "m:fName", "m:func", "m:box",
		"m:borderBox", "m:bar", "m:groupChr", "m:m", "m:phant":
		l.formula(n, k)
	default:
		if !strings.HasSuffix(n.name, "Pr") {
			l.inline([]*node{n}, k)
		}
	}
}

func (l *line) formula(n *node, k look) {
	for _, c := range n.all() {
		if strings.HasPrefix(c.name, "m:") && !strings.HasSuffix(c.name, "Pr") || c.name == "w:r" {
			l.math(c, k)
		} else if strings.HasPrefix(c.name, "w:") {
			l.inline([]*node{c}, k)
		}
	}
}

// grouped is a part of a formula in brackets, where it is more than one letter or number.
func (l *line) grouped(n *node, k look, e letters) {
	if n == nil {
		return
	}
	single := !strings.ContainsFunc(words(n), func(r rune) bool { return strings.ContainsRune(" +-−*/·×=±", r) })
	if !single {
		l.put("(", k, e)
	}
	l.formula(n, k)
	if !single {
		l.put(")", k, e)
	}
}

// shifted is a raised or lowered part; within another one it is written with a mark.
func (l *line) shifted(n *node, k look, e letters, to atom.Atom) {
	if n == nil || words(n) == "" {
		return
	}
	if k.vertical == 0 {
		k.vertical = to
		l.formula(n, k)
		return
	}
	l.put(map[atom.Atom]string{atom.Sup: "^", atom.Sub: "_"}[to]+"(", k, e)
	l.formula(n, k)
	l.put(")", k, e)
}

func (l *line) delimited(n *node, k look, e letters) {
	sign := func(name, usual string) string {
		c := n.path("m:dPr", name)
		if c == nil {
			return usual
		}
		return c.attr("m:val")
	}
	l.put(sign("m:begChr", "("), k, e)
	first := true
	for _, c := range n.kids {
		if c.name != "m:e" {
			continue
		}
		if !first {
			l.put(sign("m:sepChr", "|"), k, e)
		}
		first = false
		l.formula(c, k)
	}
	l.put(sign("m:endChr", ")"), k, e)
}
