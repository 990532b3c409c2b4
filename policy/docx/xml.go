package docx

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
)

// node is an element or, without a name, text.
type node struct {
	name  string // with the prefix of [prefixes]
	attrs []attr
	kids  []*node
	text  string
}

type attr struct{ name, value string }

// prefixes are the names under which the namespaces are known here, both those of Office and those of the strict form.
var prefixes = map[string]string{
	"http://schemas.openxmlformats.org/wordprocessingml/2006/main":           "w:",
	"http://purl.oclc.org/ooxml/wordprocessingml/main":                       "w:",
	"http://schemas.openxmlformats.org/officeDocument/2006/relationships":    "r:",
	"http://purl.oclc.org/ooxml/officeDocument/relationships":                "r:",
	"http://schemas.openxmlformats.org/officeDocument/2006/math":             "m:",
	"http://purl.oclc.org/ooxml/officeDocument/math":                         "m:",
	"http://schemas.openxmlformats.org/drawingml/2006/main":                  "a:",
	"http://purl.oclc.org/ooxml/drawingml/main":                              "a:",
	"http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing": "wp:",
	"http://purl.oclc.org/ooxml/drawingml/wordprocessingDrawing":             "wp:",
	"http://schemas.openxmlformats.org/drawingml/2006/picture":               "pic:",
	"http://purl.oclc.org/ooxml/drawingml/picture":                           "pic:",
	"http://schemas.openxmlformats.org/drawingml/2006/chart":                 "c:",
	"http://purl.oclc.org/ooxml/drawingml/chart":                             "c:",
	"http://schemas.openxmlformats.org/drawingml/2006/diagram":               "dgm:",
	"http://purl.oclc.org/ooxml/drawingml/diagram":                           "dgm:",
	"http://schemas.openxmlformats.org/markup-compatibility/2006":            "mc:",
	"http://schemas.microsoft.com/office/word/2010/wordprocessingShape":      "wps:",
	"http://schemas.microsoft.com/office/word/2010/wordml":                   "w14:",
	"urn:schemas-microsoft-com:vml":                                          "v:",
	"urn:schemas-microsoft-com:office:office":                                "o:",
	"http://schemas.microsoft.com/office/drawing/2017/decorative":            "adec:",
	"http://schemas.openxmlformats.org/package/2006/relationships":           "rel:",
	"http://www.w3.org/XML/1998/namespace":                                   "xml:",
}

// prefixed is a name as it is known here. Each is kept once, as long as they are few.
func (a *archive) prefixed(n xml.Name) string {
	if known, ok := a.names[n]; ok {
		return known
	}
	name := n.Local
	if n.Space != "" {
		name = firstOf(prefixes[n.Space], "?:") + n.Local
	}
	if len(a.names) < 2000 {
		a.names[n] = name
	}
	return name
}

// parse reads a part as a tree. It is no deeper than maxDepth, so that whoever walks it may call itself.
func (a *archive) parse(name string, raw []byte) (*node, error) {
	d := xml.NewDecoder(bytes.NewReader(utf8Of(raw)))
	d.CharsetReader = func(label string, r io.Reader) (io.Reader, error) {
		if label == "UTF-16" || label == "utf-16" {
			return r, nil // it is none any more
		}
		return nil, fmt.Errorf("the encoding %q is none of an office document", label)
	}
	root := &node{}
	open := []*node{root}
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) && len(open) == 1 && len(root.kids) > 0 {
			return root.kids[0], nil
		}
		if err != nil {
			return nil, damaged(fmt.Sprintf("its part %s is broken", name), err)
		}
		top := open[len(open)-1]
		switch t := t.(type) {
		case xml.StartElement:
			if a.nodes += 1 + len(t.Attr); a.nodes > maxNodes {
				return nil, tooLarge(fmt.Sprintf("it has more than %d elements and attributes", maxNodes))
			}
			if len(open) > maxDepth {
				return nil, tooLarge(fmt.Sprintf("its elements are nested more than %d deep", maxDepth))
			}
			n := &node{name: a.prefixed(t.Name)}
			for _, at := range t.Attr {
				if at.Name.Space != "xmlns" && at.Name.Local != "xmlns" {
					n.attrs = append(n.attrs, attr{a.prefixed(at.Name), at.Value})
				}
			}
			top.kids = append(top.kids, n)
			open = append(open, n)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if a.nodes++; len(open) > 1 {
				top.kids = append(top.kids, &node{text: string(t)})
			}
		case xml.Directive:
			return nil, damaged(fmt.Sprintf("its part %s has a document type, which no office program writes", name), nil)
		}
	}
}

// utf8Of is a part in UTF-8: those in UTF-16 begin with their mark.
func utf8Of(raw []byte) []byte {
	var order binary.ByteOrder = binary.LittleEndian
	switch {
	case bytes.HasPrefix(raw, []byte("\xff\xfe")):
	case bytes.HasPrefix(raw, []byte("\xfe\xff")):
		order = binary.BigEndian
	default:
		return bytes.TrimPrefix(raw, []byte("\ufeff"))
	}
	units := make([]uint16, 0, len(raw)/2)
	for i := 2; i+1 < len(raw); i += 2 {
		units = append(units, order.Uint16(raw[i:]))
	}
	return []byte(string(utf16.Decode(units)))
}

// attr is the value of an attribute, empty if there is none.
func (n *node) attr(name string) string {
	if n != nil {
		for _, a := range n.attrs {
			if a.name == name {
				return a.value
			}
		}
	}
	return ""
}

// val is the value that most of Word's properties have.
func (n *node) val() string { return n.attr("w:val") }

// child is the first child of that name, nil if there is none. A nil node has none.
func (n *node) child(name string) *node {
	if n != nil {
		for _, k := range n.kids {
			if k.name == name {
				return k
			}
		}
	}
	return nil
}

// path is the descendant at the end of the names.
func (n *node) path(names ...string) *node {
	for _, name := range names {
		n = n.child(name)
	}
	return n
}

// each calls f for the node and all below it in order; what f refuses is not entered.
func (n *node) each(f func(*node) bool) {
	if !f(n) {
		return
	}
	for _, k := range n.kids {
		k.each(f)
	}
}

// first is the first descendant of that name.
func (n *node) first(name string) *node {
	var found *node
	if n != nil {
		n.each(func(k *node) bool {
			if found == nil && k.name == name {
				found = k
			}
			return found == nil
		})
	}
	return found
}

// content is the text right within an element.
func (n *node) content() string {
	var b strings.Builder
	for _, k := range n.kids {
		b.WriteString(k.text)
	}
	return b.String()
}
