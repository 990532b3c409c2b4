package source

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"ltipolicy/policy"
	"ltipolicy/policy/markup"
	"ltipolicy/policy/normal"
	"ltipolicy/policy/office"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// MaxText is the most bytes of HTML that a text may have before sanitising.
const MaxText = 1 << 20

// allowed are the elements that a text may have with their attributes, beside lang and dir, which every
// element may have. The tree walk and bluemonday both work from it.
var allowed = map[atom.Atom][]string{
	atom.P: {"class"}, atom.Br: nil, atom.Hr: nil, atom.Div: nil, atom.Span: nil,
	atom.H2: {"id"}, atom.H3: {"id"}, atom.H4: {"id"}, atom.H5: {"id"}, atom.H6: {"id"},
	atom.Strong: nil, atom.B: nil, atom.Em: nil, atom.I: nil, atom.U: nil, atom.S: nil,
	atom.Sub: nil, atom.Sup: {"id"}, atom.Small: nil, atom.Code: nil, atom.Pre: nil, atom.Mark: nil,
	atom.Abbr: {"title"}, atom.Dfn: nil, atom.Q: nil, atom.Cite: nil, atom.Blockquote: nil,
	atom.Ul: {"class"}, atom.Ol: {"class", "start", "type"}, atom.Li: {"id", "value"},
	atom.Dl: nil, atom.Dt: nil, atom.Dd: nil,
	atom.A:     {"href", "id"},
	atom.Table: nil, atom.Caption: nil, atom.Thead: nil, atom.Tbody: nil, atom.Tfoot: nil, atom.Tr: nil,
	atom.Th: {"scope", "colspan", "rowspan"}, atom.Td: {"colspan", "rowspan"},
	atom.Img: {"src", "alt", "width", "height"},
}

// values are the forms that attribute values must have.
var values = map[string]*regexp.Regexp{
	"id":      markup.IDForm,
	"class":   regexp.MustCompile(`^(?:literal|footnotes|level-[1-6])$`),
	"lang":    regexp.MustCompile(`^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}$`),
	"dir":     regexp.MustCompile(`^(?:ltr|rtl|auto)$`),
	"start":   regexp.MustCompile(`^[0-9]{1,5}$`),
	"value":   regexp.MustCompile(`^[0-9]{1,5}$`),
	"type":    regexp.MustCompile(`^[1aAiI]$`),
	"scope":   regexp.MustCompile(`^(?:row|col|rowgroup|colgroup)$`),
	"colspan": regexp.MustCompile(`^[1-9][0-9]?$`),
	"rowspan": regexp.MustCompile(`^[1-9][0-9]?$`),
	"title":   regexp.MustCompile(`^[^<>]{1,300}$`),
	"src":     imageAddress,
	"alt":     regexp.MustCompile(`^(?s:.{0,1000})$`),
	"width":   regexp.MustCompile(`^[1-9][0-9]{0,3}$`),
	"height":  regexp.MustCompile(`^[1-9][0-9]{0,3}$`),
}

// dropped are elements that go with all that is in them; other elements that are not allowed leave their
// content behind.
var dropped = map[atom.Atom]bool{
	atom.Script: true, atom.Style: true, atom.Iframe: true, atom.Object: true, atom.Embed: true, atom.Svg: true,
	atom.Math: true, atom.Noscript: true, atom.Template: true, atom.Title: true, atom.Head: true,
	atom.Select: true, atom.Textarea: true, atom.Audio: true, atom.Video: true, atom.Frameset: true,
	atom.Progress: true, atom.Meter: true, atom.Noembed: true, atom.Noframes: true, atom.Xmp: true, atom.Plaintext: true,
}

// renamed are elements that stand for an allowed one.
var renamed = map[atom.Atom]atom.Atom{
	atom.H1: atom.H2, atom.Strike: atom.S, atom.Del: atom.S, atom.Section: atom.Div, atom.Article: atom.Div,
	atom.Main: atom.Div, atom.Header: atom.Div, atom.Footer: atom.Div, atom.Aside: atom.Div, atom.Nav: atom.Div,
	atom.Center: atom.Div, atom.Address: atom.Div, atom.Figure: atom.Div, atom.Figcaption: atom.Div,
	atom.Details: atom.Div, atom.Summary: atom.Div, atom.Fieldset: atom.Div, atom.Legend: atom.Div, atom.Form: atom.Div,
	atom.Menu: atom.Ul, atom.Dir: atom.Ul, atom.Acronym: atom.Abbr, atom.Tt: atom.Code,
}

// Sanitize is the only maker of SafeHTML: it parses src as a browser would, keeps what a policy needs (text,
// headings h2 to h6, lists, tables, links to http, https, mailto and tel, notes within the text, images that are
// stored here) and what styles say of it (see package office), drops the rest and says what it dropped. Words are in their normal form (package normal). Images of other sites are dropped because whoever has
// them could change what people accepted, and would learn who reads it; see [TakeImages] for those that a text
// brings along. Every heading gets an id made from its text and those above it. Links that leave
// the site open a window of their own and say nothing about where they come from. Sanitising the result
// again changes nothing.
//
// Errors: ErrTooLarge above [MaxText], ErrInvalid if src cannot be parsed. Safe for concurrent use.
func Sanitize(src string) (policy.SafeHTML, []Finding, error) {
	if len(src) > MaxText {
		return "", nil, policy.E(policy.ErrTooLarge, "policy.text_too_large", MaxText)
	}
	var t tally
	if !utf8.ValidString(src) {
		src = strings.ToValidUTF8(src, "\uFFFD")
		t.add(FoundEncoding, 0, "")
	}
	wall := newWall()
	out, err := pass(src, wall, &t)
	if err != nil {
		return "", nil, err
	}
	// One pass can leave markup that a parser reads differently the second time, such as a paragraph that a
	// dropped element had kept apart. The result must be read by everybody as we read it.
	for range 8 {
		again, err := pass(out, wall, &t)
		if err != nil {
			return "", nil, err
		}
		if again == out {
			return policy.SafeHTML(out), t.findings(), nil
		}
		out = again
	}
	return "", nil, policy.E(policy.ErrInvalid, "policy.text_unreadable").Because(fmt.Errorf("sanitising does not settle"))
}

func pass(src string, wall *bluemonday.Policy, t *tally) (string, error) {
	root, err := markup.Parse(src)
	if err != nil {
		return "", err
	}
	for _, f := range office.Clean(root) {
		t.add(f.Code, 0, f.Detail)
	}
	c := cleaner{tally: t, ids: map[string]bool{}, moved: map[string]string{}, around: pieces(root)}
	c.children(root)
	nameHeadings(root, c.moved, c.ids)
	c.links(root)
	s, err := markup.Render(root)
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(wall.Sanitize(s)), nil
}

// newWall is the second, independent opinion on what may pass.
func newWall() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowURLSchemes("http", "https", "mailto", "tel")
	p.RequireParseableURLs(true)
	p.AllowRelativeURLs(true) // only "#note" and images are left by then, see cleaner.href and cleaner.image
	p.AddTargetBlankToFullyQualifiedLinks(true)
	p.RequireNoReferrerOnFullyQualifiedLinks(true)
	p.AllowAttrs("lang").Matching(values["lang"]).Globally()
	p.AllowAttrs("dir").Matching(values["dir"]).Globally()
	for a, attrs := range allowed {
		p.AllowElements(a.String())
		p.AllowNoAttrs().OnElements(a.String())
		for _, name := range attrs {
			if name == "href" {
				p.AllowAttrs(name).OnElements(a.String())
				continue
			}
			p.AllowAttrs(name).Matching(values[name]).OnElements(a.String())
		}
	}
	return p
}

type cleaner struct {
	*tally
	ids   map[string]bool
	moved map[string]string // id in the source → id of the heading now

	around map[*html.Node]normal.Around // what stands around each piece of text
}

func (c *cleaner) children(n *html.Node) {
	for k := n.FirstChild; k != nil; {
		next := k.NextSibling
		switch k.Type {
		case html.TextNode:
			data, changes := c.around[k].Text(k.Data)
			c.changed(changes, false)
			k.Data = data
		case html.ElementNode:
			c.element(n, k)
		case html.CommentNode:
			n.RemoveChild(k)
			c.comment(k.Data)
		default:
			n.RemoveChild(k)
		}
		k = next
	}
}

// comment reports a comment with its words. What Word hides from other programs in one is no words of anybody.
func (c *cleaner) comment(s string) {
	switch s = strings.TrimSpace(s); {
	case strings.HasPrefix(s, "[if"), s != "" && !wordForm.MatchString(s):
		c.add(FoundComment, 0, "")
	default:
		c.addWords(FoundComment, 0, s)
	}
}

var wordForm = regexp.MustCompile(`[\p{L}\p{N}]`)

func (c *cleaner) element(parent, k *html.Node) {
	if k.DataAtom == atom.Img && k.Namespace == "" {
		c.image(parent, k)
		return
	}
	if k.Namespace != "" || dropped[k.DataAtom] {
		c.add(FoundElement, 0, strings.TrimSpace(k.Data+" "+addressOf(k)))
		if k.DataAtom == atom.Template || k.DataAtom == atom.Noscript {
			c.addWords(FoundHidden, 0, tags.ReplaceAllString(markup.TextOf(k), " "))
		}
		parent.RemoveChild(k)
		return
	}
	if to, ok := renamed[k.DataAtom]; ok {
		k.DataAtom, k.Data = to, to.String()
	}
	c.children(k)
	attrs, ok := allowed[k.DataAtom]
	if !ok {
		if k.DataAtom != atom.Font {
			c.add(FoundElement, 0, tagOf(k))
		}
		markup.Unwrap(k)
		return
	}
	kept := k.Attr[:0]
	for _, a := range k.Attr {
		if c.keeps(k, attrs, &a) {
			kept = append(kept, a)
		}
	}
	k.Attr = kept
	if (k.DataAtom == atom.A && markup.Attr(k, "href") == "" && markup.Attr(k, "id") == "") || (k.DataAtom == atom.Span && len(kept) == 0) {
		markup.Unwrap(k)
	}
}

// tags are those within what is read as text.
var tags = regexp.MustCompile(`<[^>]*>`)

// addressOf is what an element shows that is no text: an address, and its title.
func addressOf(k *html.Node) string {
	return strings.TrimSpace(cmp.Or(markup.Attr(k, "src"), markup.Attr(k, "data")) + " " + markup.Attr(k, "title"))
}

// tagOf is the name of an element; of one that is none, which may be words to be filled in, all that stands between the
// brackets.
func tagOf(k *html.Node) string {
	s := k.Data
	if markup.IsElement(k.Data) || strings.ContainsAny(k.Data, ":-") {
		return s
	}
	for _, a := range k.Attr {
		s += " " + a.Key
		if a.Val != "" {
			s += "=" + a.Val
		}
	}
	return "<" + s + ">"
}

// countedName is what office programs call an image of which nobody said what it shows, such as "Picture 2" or "Frame1", with
// the words that Word and LibreOffice use in our languages.
var countedName = regexp.MustCompile(`(?i)^(?:image|picture|graphics?|frame|shape|text ?box|imagine|cadru|paveikslas|paveikslėlis|rėmelis|картина|изображение|рамка|слика|оквир|imagem|moldura|forma)[ _]?[0-9]{1,4}$`)

// image keeps an image that is stored here, with its attributes in one order, so that the same image is the
// same text. One without a description has none from then on: readers who hear a page would otherwise hear
// its address.
func (c *cleaner) image(parent, k *html.Node) {
	src, alt := strings.TrimSpace(markup.Attr(k, "src")), markup.Squeeze(markup.Attr(k, "alt"))
	if !imageAddress.MatchString(src) {
		c.add(FoundImage, 0, strings.TrimSpace(alt+" "+src))
		parent.RemoveChild(k)
		return
	}
	markup.SetAttr(k, "src", src)
	named := ""
	if countedName.MatchString(alt) {
		named = alt
		markup.DelAttr(k, "alt")
	} else if slices.ContainsFunc(k.Attr, func(a html.Attribute) bool { return a.Key == "alt" }) {
		markup.SetAttr(k, "alt", alt)
	}
	order := append(slices.Clone(allowed[atom.Img]), "lang", "dir")
	kept := slices.DeleteFunc(k.Attr, func(a html.Attribute) bool { return !c.keeps(k, allowed[atom.Img], &a) })
	if !slices.ContainsFunc(kept, func(a html.Attribute) bool { return a.Key == "alt" }) {
		c.add(FoundImageUndescribed, 0, named)
		kept = append(kept, html.Attribute{Key: "alt"})
	}
	slices.SortFunc(kept, func(a, b html.Attribute) int { return slices.Index(order, a.Key) - slices.Index(order, b.Key) })
	k.Attr = kept
}

func (c *cleaner) keeps(k *html.Node, attrs []string, a *html.Attribute) bool {
	heading := markup.Level(k) > 0
	if a.Key == "alt" || a.Key == "title" {
		a.Val = c.normal(a.Val, false)
	}
	switch {
	case a.Namespace != "":
	case a.Key == "rel" || a.Key == "target":
		return false // set anew for every link
	case a.Key == "href" && k.DataAtom == atom.A:
		return c.href(a)
	case a.Key == "id" && heading:
		c.moved[a.Val] = ""
		return true // replaced in nameHeadings
	case (slices.Contains(attrs, a.Key) || a.Key == "lang" || a.Key == "dir") && values[a.Key].MatchString(a.Val):
		if a.Key != "id" {
			return true
		}
		if !c.ids[a.Val] {
			c.ids[a.Val] = true
			return true
		}
	}
	if strings.HasPrefix(a.Key, "on") {
		c.add(FoundScript, 0, a.Key)
	} else if a.Key == "title" && a.Val != "" {
		c.addWords(FoundAttribute, 0, "title: "+a.Val)
	} else {
		c.add(FoundAttribute, 0, a.Key)
	}
	return false
}

func (c *cleaner) href(a *html.Attribute) bool {
	v := strings.TrimSpace(a.Val)
	if strings.HasPrefix(v, "//") { // as the page has it, which is served by https
		v = "https:" + v
	}
	u, err := url.Parse(v)
	switch {
	case err != nil:
	case strings.HasPrefix(v, "#") && len(v) > 1:
		a.Val = v
		return true
	case (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil, (u.Scheme == "mailto" || u.Scheme == "tel") && u.Opaque != "":
		a.Val = u.String()
		return true
	}
	c.add(FoundLink, 0, v)
	return false
}

// noteID is the id of a footnote or its mark: the one may stand in the summary and the other in the content.
var noteID = regexp.MustCompile(`^(?:fn|fnref)-[0-9]{1,3}$`)

// SeparateNotes gives the notes of a content ids of their own where its summary has notes with the same ids: both stand on
// one page, and the mark of one would lead to the note of the other. Notes whose marks stand in the other text are left.
func SeparateNotes(summary, content policy.SafeHTML) (policy.SafeHTML, error) {
	if !strings.Contains(string(summary), `id="fn-`) {
		return content, nil
	}
	first, err := markup.Parse(string(summary))
	if err != nil {
		return "", err
	}
	root, err := markup.Parse(string(content))
	if err != nil {
		return "", err
	}
	taken, last := map[string]bool{}, 0
	for _, tree := range []*html.Node{first, root} {
		for n := range tree.Descendants() {
			id := markup.Attr(n, "id")
			if !noteID.MatchString(id) {
				continue
			}
			if number, err := strconv.Atoi(id[strings.IndexByte(id, '-')+1:]); err == nil {
				last = max(last, number)
			}
			taken[id] = taken[id] || tree == first
		}
	}
	renamed := map[string]string{}
	for n := range root.Descendants() {
		if id := markup.Attr(n, "id"); taken[id] {
			kind, number, _ := strings.Cut(id, "-")
			if other := renamed[map[string]string{"fn": "fnref-", "fnref": "fn-"}[kind]+number]; other != "" {
				_, number, _ = strings.Cut(other, "-")
			} else {
				last++
				number = strconv.Itoa(last)
			}
			renamed[id] = kind + "-" + number
			setAttr(n, "id", renamed[id])
		}
	}
	if len(renamed) == 0 {
		return content, nil
	}
	for n := range root.Descendants() {
		if to, within := strings.CutPrefix(markup.Attr(n, "href"), "#"); within && renamed[to] != "" {
			setAttr(n, "href", "#"+renamed[to])
		}
	}
	out, err := markup.Render(root)
	return policy.SafeHTML(out), err
}

// setAttr changes an attribute where it stands.
func setAttr(n *html.Node, key, val string) {
	for i := range n.Attr {
		if n.Attr[i].Key == key {
			n.Attr[i].Val = val
		}
	}
}

// links drops links to places of the text that are not there.
func (c *cleaner) links(root *html.Node) {
	for _, n := range slices.Collect(root.Descendants()) {
		if n.DataAtom != atom.A || !strings.HasPrefix(markup.Attr(n, "href"), "#") {
			continue
		}
		to := markup.Attr(n, "href")[1:]
		if id := c.moved[to]; id != "" {
			markup.SetAttr(n, "href", "#"+id)
		} else if !c.ids[to] && !noteID.MatchString(to) {
			c.add(FoundLink, 0, "#"+to)
			markup.DelAttr(n, "href")
			if markup.Attr(n, "id") == "" {
				markup.Unwrap(n)
			}
		}
	}
}

// nameHeadings gives every heading its id: "s-" and eight digits of the SHA-256 over the texts of the
// headings above it, its own, and how many of the same path came before. So an id stays the same when other
// sections come, go or are renumbered, and two sections of one name differ.
func nameHeadings(root *html.Node, moved map[string]string, ids map[string]bool) {
	var path [7]string
	seen := map[string]int{}
	for n := range root.Descendants() {
		l := markup.Level(n)
		if l == 0 {
			continue
		}
		path[l] = markup.Squeeze(markup.TextOf(n))
		clear(path[l+1:])
		key := strings.Join(path[2:], "\x1f")
		seen[key]++
		sum := sha256.Sum256([]byte(key + "\x1f" + strconv.Itoa(seen[key])))
		id := "s-" + hex.EncodeToString(sum[:4])
		for ids[id] {
			id += "-x"
		}
		ids[id] = true
		if old := markup.Attr(n, "id"); old != "" && moved[old] == "" {
			moved[old] = id
		}
		markup.SetAttr(n, "id", id)
	}
}
