package docx

import (
	"bytes"
	"encoding/base64"
	"strings"

	"ltipolicy/policy/markup"
	"ltipolicy/policy/office"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// drawing reads what is drawn in a line: pictures stay in it, the text of boxes follows its paragraph, and what else
// there is is reported.
func (l *line) drawing(n *node, k look, e letters) {
	d := drawn{line: l, look: k, letters: e, own: n.first("wp:docPr")}
	if to := d.own.child("a:hlinkClick"); to != nil && k.link == "" {
		d.link = l.address(to)
	}
	if toggleOf(d.own.flag("hidden")) == on || e.vanish == on {
		l.say(office.Hidden, "", firstOf(words(n), d.own.attr("descr"), d.own.attr("name")))
		return
	}
	if l.standing().skip {
		return
	}
	d.walk(n)
	if !d.any && d.own.attr("descr") != "" {
		l.say(Object, "", d.own.attr("descr"))
	}
}

type drawn struct {
	*line
	look
	letters
	own   *node
	shape *node // of the old form, around what is read
	any   bool
}

func (d *drawn) walk(n *node) {
	switch n.name {
	case "mc:AlternateContent":
		for _, k := range alternative(n) {
			d.walk(k)
		}
		return
	case "w:txbxContent":
		d.any = true
		s := &story{reader: d.reader, part: d.part}
		d.boxes = append(d.boxes, s.blocks(n.kids, context{ins: d.ins, del: d.del, ground: true})...)
		box := markup.Element(atom.Div)
		s.rest(box)
		if box.FirstChild != nil {
			d.boxes = append(d.boxes, box)
		}
		s.ends()
		return
	case "pic:pic":
		d.picture(n)
		return
	case "v:imagedata":
		d.any = true
		d.show(n.attr("r:id"), firstOf(d.shape.attr("alt"), n.attr("o:title")), d.shape.attr("alt") != "")
	case "v:textpath":
		if text := n.attr("string"); text != "" {
			d.any = true
			p := markup.Element(atom.P)
			p.AppendChild(&html.Node{Type: html.TextNode, Data: d.new(text)})
			d.boxes = append(d.boxes, p)
		}
	case "c:chart", "dgm:relIds", "o:OLEObject":
		d.object(n)
		return
	}
	if strings.HasPrefix(n.name, "v:") && n.attr("alt") != "" {
		d.shape = n
	}
	for _, k := range n.kids {
		d.walk(k)
	}
}

func (d *drawn) picture(n *node) {
	d.any = true
	pr := n.path("pic:nvPicPr", "pic:cNvPr")
	alt := firstOf(pr.attr("descr"), d.own.attr("descr"), pr.attr("title"), d.own.attr("title"))
	only := toggleOf(d.own.first("adec:decorative").flag("val")) == on
	if only {
		alt = ""
	}
	blip := n.first("a:blip")
	if crop := n.first("a:srcRect"); crop != nil {
		for _, side := range []string{"l", "t", "r", "b"} {
			if v := crop.attr(side); v != "" && v != "0" {
				d.say(office.Lost, "srcRect: ", firstOf(alt, d.own.attr("name")))
				break
			}
		}
	}
	d.show(firstOf(blip.attr("r:embed"), blip.attr("r:link")), alt, only || alt != "")
}

func (d *drawn) show(id, alt string, described bool) {
	if img := d.story.image(id, alt, described); img != nil {
		d.element(img, d.look, d.letters)
	}
}

// object reports a chart, a diagram or another program's document with its words.
func (d *drawn) object(n *node) {
	d.any = true
	name := firstOf(n.attr("ProgID"), d.own.attr("descr"), d.own.attr("name"), n.name)
	id := firstOf(n.attr("r:id"), n.attr("r:dm"))
	text := ""
	if l, ok := d.part.links[id]; ok && n.name != "o:OLEObject" && !l.outside && d.parts[key(l.target)] != nil {
		root, err := d.tree(l.target)
		if err != nil {
			d.err = err
			return
		}
		text = chartWords(root)
	}
	d.say(Object, "", strings.TrimSpace(name+": "+text))
}

// chartWords are the words of a chart or diagram.
func chartWords(root *node) string {
	var b strings.Builder
	root.each(func(k *node) bool {
		if k.name == "a:t" || k.name == "c:v" {
			b.WriteString(k.content() + " ")
		}
		return true
	})
	return markup.Squeeze(b.String())
}

// alternative is what is read of a place that says the same in several ways: the first that says something here.
func alternative(n *node) []*node {
	var fallback []*node
	for _, k := range n.kids {
		switch {
		case k.name == "mc:Choice" && speaks(k):
			return k.kids
		case k.name == "mc:Fallback":
			fallback = k.kids
		}
	}
	return fallback
}

// speaks reports whether something is in a node that is read here.
func speaks(n *node) bool {
	found := false
	n.each(func(k *node) bool {
		switch k.name {
		case "w:t", "w:txbxContent", "w:sym", "a:blip", "c:chart", "dgm:relIds", "m:t", "v:imagedata", "v:textpath":
			found = true
		}
		return !found
	})
	return found
}

// dataURL is a picture of a kind that is kept as an address that holds it.
func dataURL(raw []byte) (string, bool) {
	for magic, kind := range map[string]string{"\x89PNG\r\n\x1a\n": "png", "\xff\xd8\xff": "jpeg", "GIF8": "gif", "RIFF": "webp"} {
		if bytes.HasPrefix(raw, []byte(magic)) {
			return "data:image/" + kind + ";base64," + base64.StdEncoding.EncodeToString(raw), true
		}
	}
	return "", false
}
