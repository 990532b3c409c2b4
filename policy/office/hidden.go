package office

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"ltipolicy/policy/markup"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// look is what elements hand down to their text about its being seen.
type look struct {
	invisible, tiny, clear, white, ground bool
}

func (l look) hidden() bool { return l.invisible || l.tiny || l.clear }

// hide removes what is not shown below n and reports it.
func (d *doc) hide(n *html.Node, l look) {
	for k := n.FirstChild; k != nil; {
		next := k.NextSibling
		switch {
		case k.Type == html.TextNode && !blank(k.Data):
			d.hideText(k, l)
		case k.Type != html.ElementNode || opaque(k):
		case d.gone(k):
			n.RemoveChild(k)
			d.report(Hidden, "", k)
		default:
			d.hide(k, d.look(k, l))
		}
		k = next
	}
}

// condition is a mark of Word around what other programs are to show, or one of the clipboard.
var condition = regexp.MustCompile(`^(?:\[(?:if\s[^\]]*|endif)\]|StartFragment|EndFragment)$`)

// conditions removes those marks: they are no comments of anybody.
func (d *doc) conditions() {
	for _, n := range slices.Collect(d.root.Descendants()) {
		if n.Type == html.CommentNode && condition.MatchString(n.Data) {
			n.Parent.RemoveChild(n)
		}
	}
}

func (d *doc) hideText(k *html.Node, l look) {
	switch {
	case l.hidden():
		d.say(Hidden, "", k.Data)
		if strings.Trim(k.Data, " \t\r\n\f") == k.Data {
			k.Parent.RemoveChild(k)
		} else {
			k.Data = " " // the words around it stay apart
		}
	case l.white && !l.ground:
		d.say(White, "", k.Data)
	}
}

// look is what the text of k inherits.
func (d *doc) look(k *html.Node, l look) look {
	s := d.styles[k]
	if v := s["visibility"]; v != "" {
		l.invisible = v != "visible"
	}
	if v := s["font-size"]; v != "" && !(l.tiny && strings.HasSuffix(v, "%") || l.tiny && strings.HasSuffix(v, "em")) {
		l.tiny = zero(v)
	}
	if v := s["color"]; v != "" {
		v = strings.ReplaceAll(v, " ", "")
		l.clear = v == "transparent" || strings.HasPrefix(v, "rgba(") && strings.HasSuffix(v, ",0)")
		l.white = white(v)
	} else if k.DataAtom == atom.Font && markup.Attr(k, "color") != "" {
		l.white = white(strings.ToLower(markup.Attr(k, "color")))
	}
	for _, v := range []string{s["background"], s["background-color"], strings.ToLower(markup.Attr(k, "bgcolor"))} {
		if v != "" && v != "none" && v != "transparent" && !white(v) {
			l.ground = true
		}
	}
	return l
}

func white(v string) bool {
	switch v {
	case "white", "#fff", "#ffffff", "rgb(255,255,255)":
		return true
	default:
		return false
	}
}

// gone reports whether an element is not shown, with all that is in it.
func (d *doc) gone(k *html.Node) bool {
	s := d.styles[k]
	switch {
	case hasAttr(k, "hidden"), d.doomed[k],
		k.DataAtom == atom.Dialog && !hasAttr(k, "open"), k.DataAtom == atom.Datalist,
		s["display"] == "none", s["mso-hide"] == "all", zero(s["opacity"]),
		strings.HasPrefix(s["mso-element"], "comment"),
		hasClass(k, "msocomanchor", "msocomtxt", "msocomoff", "MsoCommentReference", "annotation_style_by_filter"):
		return true
	case s["overflow"] == "hidden" && (zero(s["height"]) || zero(s["max-height"])):
		return true
	}
	away := s["position"] == "absolute" || s["position"] == "fixed"
	return away && (far(s["left"]) || far(s["top"])) || far(s["text-indent"])
}

// zero reports whether a length or a part of the whole is nothing.
func zero(v string) bool {
	f, ok := number(v)
	return ok && f == 0
}

// far reports whether a length leads off the page.
func far(v string) bool {
	f, ok := number(v)
	return ok && f <= -900
}

func number(v string) (float64, bool) {
	f, err := strconv.ParseFloat(strings.TrimRight(v, "abcdefghijklmnopqrstuvwxyz%"), 64)
	return f, err == nil
}

var (
	docsComment = regexp.MustCompile(`^cmnt[0-9]+$`)
	docsMark    = regexp.MustCompile(`^#cmnt[0-9]+$`)
)

// comments finds those of Google Docs: marks in the text, and below it what was remarked.
func (d *doc) comments(all []*html.Node) {
	for _, n := range all {
		switch {
		case n.DataAtom != atom.A:
		case docsMark.MatchString(markup.Attr(n, "href")):
			d.doomed[n] = true
			if p := n.Parent; p.DataAtom == atom.Sup && p.FirstChild == n && n.NextSibling == nil {
				d.doomed[p] = true
			}
		case docsComment.MatchString(markup.Attr(n, "id")) && strings.HasPrefix(markup.Attr(n, "href"), "#cmnt_ref"):
			at := n
			for at.Parent != d.root && at.DataAtom != atom.P {
				at = at.Parent
			}
			// A remark of several paragraphs stands in a box of its own.
			if p := at.Parent; p != d.root && p.DataAtom == atom.Div && strings.TrimSpace(textBefore(at)) == "" {
				at = p
			}
			d.doomed[at] = true
		}
	}
}

func textBefore(n *html.Node) string {
	var b strings.Builder
	for p := n.PrevSibling; p != nil; p = p.PrevSibling {
		b.WriteString(p.Data)
	}
	return b.String()
}

// tracked reports changes that an author's program recorded. They are shown as they stand in the source: what is deleted
// as struck out, what is new as underlined.
func (d *doc) tracked(all []*html.Node) {
	for _, n := range all {
		if n.DataAtom != atom.Ins && n.DataAtom != atom.Del {
			continue
		}
		if hasAttr(n, "cite") || hasAttr(n, "datetime") {
			d.report(Tracked, map[atom.Atom]string{atom.Ins: "+ ", atom.Del: "− "}[n.DataAtom], n)
		}
		to := atom.S
		if n.DataAtom == atom.Ins {
			to = atom.U
		}
		rename(n, to)
		markup.DelAttr(n, "cite")
		markup.DelAttr(n, "datetime")
	}
}
