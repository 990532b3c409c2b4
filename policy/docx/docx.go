package docx

import (
	"path"
	"strconv"
	"strings"

	"ltipolicy/policy/markup"
	"ltipolicy/policy/office"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// The codes of findings, beside those of package office.
const (
	Edge       = "header_removed"    // words of a header or footer: the text has no pages
	Pages      = "pages_removed"     // the page number of an entry of a table of contents
	Object     = "object_removed"    // a chart, a diagram or another file within the document, with its words
	Unresolved = "note_unresolved"   // a note's mark without its note
	ImageBad   = "image_unreadable"  // no picture of a kind that is kept
	ImageLarge = "image_too_large"   // too many bytes
	ImageMany  = "image_too_many"    // more pictures than a text may bring
	LinkLong   = "link_removed"      // an address that is too long to be one
	maxFound   = 5000                // findings
	maxAlt     = 1000                // letters of a description
	mainType   = "officeDocument"    // how the document as a whole refers to its text
	mainPart   = "word/document.xml" // where it is if nothing says so
)

// Document is what is made of a document.
type Document struct {
	HTML  string // of its text, for package source to sanitise; pictures stand in it as data: addresses
	Found []office.Finding
	// Made are words of the text that stand nowhere in the document as such: numbers that Word counts, choices in fields.
	Made []string
}

// Read makes of a document's bytes the HTML of its text, and says what of it is hidden, stands outside the text or could not
// be kept.
//
// Errors are of kind ErrInvalid with one of the keys of this package; their text says the cause and what to do.
func Read(raw []byte) (Document, error) {
	r, err := read(raw)
	if err != nil {
		return Document{}, err
	}
	root := markup.Element(atom.Body)
	body := r.doc.root.child("w:body")
	if body == nil {
		return Document{}, damaged("its text is missing", nil)
	}
	s := &story{reader: r, part: r.doc}
	for _, n := range s.blocks(body.kids, context{}) {
		root.AppendChild(n)
	}
	s.rest(root)
	s.ends()
	r.noteLists(root)
	if err := r.aside(); err != nil {
		return Document{}, err
	}
	if r.err != nil {
		return Document{}, r.err
	}
	languages(root)
	unused(root)
	out, err := markup.Render(root)
	return Document{HTML: out, Found: r.found, Made: r.made}, err
}

// reader reads one document.
type reader struct {
	*archive
	doc    *part
	styles *styles
	nums   numbering
	notes  notes
	images images
	found  []office.Finding
	made   []string
	pages  strings.Builder // numbers that a table of contents had
	err    error           // of a part that was needed within the text
}

func read(raw []byte) (*reader, error) {
	a, err := open(raw)
	if err != nil {
		return nil, err
	}
	whole := &part{}
	if err := a.relations(whole); err != nil {
		return nil, err
	}
	name := firstOf(whole.of(a, mainType), mainPart)
	if a.parts[key(name)] == nil {
		return nil, wrongKind("the file is an archive, but no document of Word: open it in the program that wrote it and save it as .docx")
	}
	r := &reader{archive: a}
	if r.doc, err = a.part(name); err != nil {
		return nil, err
	}
	if r.doc.root.name != "w:document" {
		return nil, wrongKind("the file is no text of Word but another document of Office: save its text as .docx")
	}
	styles, err := r.beside("styles")
	if err != nil {
		return nil, err
	}
	r.styles = newStyles(styles)
	nums, err := r.beside("numbering")
	if err != nil {
		return nil, err
	}
	r.nums = newNumbering(nums)
	settings, err := r.beside("settings")
	if err != nil {
		return nil, err
	}
	return r, r.readNotes(settings)
}

// beside is a part that the text refers to, nil if it has none of the kind.
func (r *reader) beside(kind string) (*node, error) {
	name := r.doc.of(r.archive, kind)
	if name == "" {
		return nil, nil
	}
	return r.tree(name)
}

func (r *reader) say(code, before, text string) {
	for _, f := range office.Said(code, before, text) {
		r.find(f)
	}
}

// find adds a finding. Of those that are more than anybody reads, only that they are there is said.
func (r *reader) find(f office.Finding) {
	if len(r.found) < maxFound {
		r.found = append(r.found, f)
	} else if len(r.found) == maxFound {
		r.found = append(r.found, office.Finding{Code: f.Code, Detail: "…"})
	}
}

// aside reports what stands outside the text: numbers of pages, remarks, headers and footers.
func (r *reader) aside() error {
	r.say(Pages, "", r.pages.String())
	comments, err := r.beside("comments")
	if err != nil {
		return err
	}
	if comments != nil {
		for _, k := range comments.kids {
			r.say(office.Hidden, "", words(k))
		}
	}
	said := map[string]bool{}
	for _, l := range r.doc.list {
		if l.outside || l.kind != "header" && l.kind != "footer" || said[l.target] || r.parts[key(l.target)] == nil {
			continue
		}
		said[l.target] = true
		root, err := r.tree(l.target)
		if err != nil {
			return err
		}
		if text := words(root); !said["text:"+text] {
			said["text:"+text] = true
			r.say(Edge, "", text)
		}
	}
	return nil
}

// words are the words within a node that would be seen, with spaces between paragraphs.
func words(n *node) string {
	var b strings.Builder
	n.each(func(k *node) bool {
		switch k.name {
		case "w:t", "a:t", "m:t":
			b.WriteString(k.content())
		case "w:tab", "w:br", "w:cr", "w:ptab":
			b.WriteByte(' ')
		case "w:noBreakHyphen":
			b.WriteRune('\u2011')
		case "v:textpath":
			b.WriteString(" " + k.attr("string") + " ")
		case "w:del", "w:moveFrom", "w:pPr", "w:rPr":
			return false
		case "mc:AlternateContent":
			for _, c := range alternative(k) {
				b.WriteString(" " + words(c) + " ")
			}
			return false
		case "w:p", "a:p", "w:tc":
			b.WriteByte(' ')
		}
		return true
	})
	return markup.Squeeze(b.String())
}

// images are what of them was shown so far.
type images struct {
	times int
	bytes int
}

// image is a picture of the part as an element, nil if it cannot be kept.
func (s *story) image(id, alt string, described bool) *html.Node {
	l, ok := s.part.links[id]
	if !ok {
		s.say(ImageBad, "", firstOf(alt, id))
		return nil
	}
	img := markup.Element(atom.Img)
	if r := []rune(alt); len(r) > maxAlt {
		alt = string(r[:maxAlt-1]) + "…"
	}
	if described {
		markup.SetAttr(img, "alt", alt)
	}
	if l.outside {
		markup.SetAttr(img, "src", l.target)
		return img
	}
	name := firstOf(alt, path.Base(l.target))
	if s.images.times++; s.images.times > maxTimes {
		s.say(ImageMany, "", name)
		return nil
	}
	raw, over, err := s.bytes(l.target, maxImage)
	if over || s.images.bytes+len(raw) > maxShown {
		s.say(ImageLarge, "", name)
		return nil
	}
	data, ok := dataURL(raw)
	if err != nil || !ok {
		s.say(ImageBad, "", name)
		return nil
	}
	s.images.bytes += len(raw)
	markup.SetAttr(img, "src", data)
	return img
}

// languages leaves the language of words only where it is another one than that of most words.
func languages(root *html.Node) {
	count := map[string]int{}
	var spans []*html.Node
	for n := range root.Descendants() {
		if n.DataAtom == atom.Span && markup.Attr(n, "lang") != "" {
			spans = append(spans, n)
			count[primary(n)] += len(markup.TextOf(n))
		}
	}
	most, best := 0, ""
	for lang, n := range count {
		if n > most || n == most && lang < best {
			most, best = n, lang
		}
	}
	for _, n := range spans {
		p := n.Parent
		switch {
		case primary(n) == best:
			markup.Unwrap(n)
		case p.FirstChild == n && p.LastChild == n && markup.Attr(p, "lang") == "":
			markup.SetAttr(p, "lang", markup.Attr(n, "lang"))
			markup.Unwrap(n)
		}
	}
}

func primary(n *html.Node) string {
	lang, _, _ := strings.Cut(strings.ToLower(markup.Attr(n, "lang")), "-")
	return lang
}

// unused takes away the places that no link leads to.
func unused(root *html.Node) {
	led := map[string]bool{}
	var places []*html.Node
	for n := range root.Descendants() {
		if n.DataAtom != atom.A {
			continue
		}
		href := markup.Attr(n, "href")
		if to, ok := strings.CutPrefix(href, "#"); ok {
			led[to] = true
		}
		if href == "" {
			places = append(places, n)
		}
	}
	for _, n := range places {
		p := n.Parent
		if led[markup.Attr(n, "id")] {
			continue
		}
		if p.RemoveChild(n); p.FirstChild == nil && p.DataAtom == atom.P {
			p.Parent.RemoveChild(p)
		}
	}
}

// place is a bookmark's name as an id: never one of those that texts have for their own.
func place(name string) string {
	if markup.IDForm.MatchString(name) {
		return "_" + name
	}
	return name
}

func number(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}
