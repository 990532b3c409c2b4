package source

import (
	"html"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"ltipolicy/policy"
	"ltipolicy/policy/markup"
	"ltipolicy/policy/normal"

	xhtml "golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// LostWords holds the words of a Markdown text, in order, against those of what was made of it, and says which
// are lost and which are new. It reads the source by rules of its own, few and simple, so that it does not
// share the faults of [ImportMarkdown] and [Sanitize]. found are their findings: words that one of them names as
// removed are not named again. The work grows with the length of the texts.
func LostWords(src string, safe policy.SafeHTML, found []Finding) ([]Finding, error) {
	root, err := markup.Parse(string(safe))
	if err != nil {
		return nil, err
	}
	said, shown := readSource(src), readResult(root)
	lost, added := align(said.words, shown.words)
	for _, f := range found {
		if slices.Contains([]string{FoundComment, FoundLink, FoundImage, FoundHidden, FoundScript}, f.Code) {
			for _, w := range split(f.Detail, 0) {
				shown.aside[w.key] += f.Count
			}
		}
	}
	extra := count(added)
	lost = slices.DeleteFunc(lost, func(w word) bool {
		return take(extra, w.key) || take(shown.aside, w.key) || takeAll(extra, said.otherwise[w.key])
	})
	added = slices.DeleteFunc(added, func(w word) bool {
		return !take(extra, w.key) || take(said.aside, w.key)
	})
	var t tally
	t.runs(FoundWordsLost, lost)
	t.runs(FoundWordsAdded, added)
	return t.findings(), nil
}

// word is a run of letters and digits.
type word struct {
	text, key string
	line      int
	at        int  // which of the text's words it is
	glued     bool // only a mark, or an element's border, stands between it and the one before
}

// reading is the words of a text.
type reading struct {
	words     []word
	aside     map[string]int      // those that need not be seen, or that are not text
	otherwise map[string][]string // words with an entity in them → what they are where entities are none, in code
}

var (
	wordForm = regexp.MustCompile(`[\p{L}\p{N}\p{M}]+`)
	entity   = regexp.MustCompile(`&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});`)
	shownAs  = regexp.MustCompile(`(?i)\b(?:href|alt|title|src)\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+)`)
	// notWords is what stands in a Markdown text and is seen otherwise, or by nobody: tags, the labels of notes
	// and links, ids, names of images, numbers of lists. Its groups are the name of a tag, and the number.
	notWords = regexp.MustCompile(`(?m)</?([A-Za-z][A-Za-z0-9-]*)(?:\s+[A-Za-z_:][A-Za-z0-9_:.-]*(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'=<>]+))?)*\s*/?>` +
		`|\[\^[^\]\n]{1,999}\]:?|\{#[^}\n]*\}[ \t]*#*[ \t]*$|\]\(<?#[^)\s]*|\]\(<?[^\s()<>]+\.(?i:png|jpe?g|gif|webp)\b` +
		`|^[ \t>]*(?:[-*+][ \t]+)*([0-9]{1,9})[.)](?:[ \t]|$)|\]\[([^\[\]]+)\]|^[ \t>]*\[([^\^\]\n][^\]\n]*)\]:` +
		`|(?:[\p{L}\p{N}\p{M}]|` + entity.String() + `)+`)
)

func readSource(src string) *reading {
	w := &reading{aside: map[string]int{}, otherwise: map[string][]string{}}
	labels := labelsOf(src)
	var b strings.Builder
	from, number := 0, ""
	for _, m := range notWords.FindAllStringSubmatchIndex(src, -1) {
		b.WriteString(src[from:m[0]])
		s := src[m[0]:m[1]]
		from = m[1]
		group := func(i int) string {
			if m[2*i] < 0 {
				return ""
			}
			return src[m[2*i]:m[2*i+1]]
		}
		switch {
		case group(1) != "":
			w.tag(&b, s, group(1))
		case group(2) != "": // 1. 1. 1. counts by itself
			if n := group(2); n != number {
				b.WriteString(s)
				number = n
				continue
			}
			w.leave(&b, s)
		case group(3) != "" && !labels[label(group(3))].defined, group(4) != "" && labels[label(group(4))].seen < 2:
			b.WriteString(s)
		case strings.ContainsAny(s[:1], "[]{ \t>"):
			w.leave(&b, s)
		default:
			b.WriteString(w.decode(s))
		}
	}
	b.WriteString(src[from:])
	text, _ := normal.Text(b.String())
	w.words = split(text, 1)
	return w
}

// tag leaves what a tag shows; one that is no element is text.
func (w *reading) tag(b *strings.Builder, s, name string) {
	if !elements[strings.ToLower(name)] || !strings.Contains(s, "=") && newRawHTML("").placeholder(s) != "" {
		if strings.Contains(s, "=") || !wordy[strings.ToLower(name)] || len(strings.Fields(s)) > 1 {
			b.WriteString(s)
			return
		}
	}
	w.leave(b, s)
	for _, m := range shownAs.FindAllStringSubmatch(s, -1) {
		if v := html.UnescapeString(m[1]); !strings.HasPrefix(strings.Trim(v, `"'`), "#") {
			b.WriteString(" " + strings.ReplaceAll(v, "\n", " ") + " ")
		}
	}
}

// leave takes s out of the text but remembers that its words may be seen.
func (w *reading) leave(b *strings.Builder, s string) {
	for _, k := range split(s, 0) {
		w.aside[k.key]++
	}
	b.WriteString("|" + strings.Repeat("\n", strings.Count(s, "\n")))
}

// decode is a word with its entities as characters.
func (w *reading) decode(s string) string {
	if !strings.Contains(s, "&") {
		return s
	}
	out := entity.ReplaceAllStringFunc(s, func(e string) string {
		if d := html.UnescapeString(e); !strings.HasSuffix(d, ";") {
			return d
		}
		return e
	})
	var raw []string
	for _, k := range split(s, 0) {
		raw = append(raw, k.key)
	}
	known, _ := normal.Text(out)
	seen := split(known, 0)
	for _, k := range seen {
		w.otherwise[k.key] = raw
	}
	for _, k := range raw {
		w.aside[k]++
	}
	return out
}

type labelUse struct {
	seen    int
	defined bool
}

var bracketed = regexp.MustCompile(`\[([^\[\]]+)\](:?)`)

// labelsOf counts what stands in brackets: a definition is a label when its words stand elsewhere, too.
func labelsOf(src string) map[string]labelUse {
	m := map[string]labelUse{}
	for _, b := range bracketed.FindAllStringSubmatch(src, -1) {
		u := m[label(b[1])]
		u.seen++
		u.defined = u.defined || b[2] != ""
		m[label(b[1])] = u
	}
	return m
}

func label(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

// readResult reads what a reader sees, and aside what links and images say and the numbers of lists and notes.
func readResult(root *xhtml.Node) *reading {
	w := &reading{aside: map[string]int{}}
	var b strings.Builder
	for n := range root.Descendants() {
		switch {
		case n.Type == xhtml.TextNode && n.Parent.DataAtom == atom.A && strings.HasPrefix(markup.Attr(n.Parent, "href"), "#fn"):
			w.say(n.Data)
		case n.Type == xhtml.TextNode:
			b.WriteString("|" + n.Data)
		case n.Type == xhtml.ElementNode:
			if markup.Block(n) || n.DataAtom == atom.Br || n.DataAtom == atom.Td || n.DataAtom == atom.Th || n.DataAtom == atom.Li {
				b.WriteString("\n")
			}
			w.attributes(n)
		}
	}
	w.words = split(b.String(), 0)
	return w
}

func (w *reading) attributes(n *xhtml.Node) {
	w.say(markup.Attr(n, "alt"))
	w.say(markup.Attr(n, "title"))
	href := markup.Attr(n, "href")
	if href != "" && !strings.HasPrefix(href, "#") {
		w.say(href)
		if plain, err := url.PathUnescape(href); err == nil && plain != href {
			w.say(plain)
		}
	}
	if n.DataAtom != atom.Ol {
		return
	}
	next := 1
	if i, err := strconv.Atoi(markup.Attr(n, "start")); err == nil {
		next = i
	}
	for li := range n.ChildNodes() {
		if li.DataAtom != atom.Li {
			continue
		}
		if i, err := strconv.Atoi(markup.Attr(li, "value")); err == nil {
			next = i
		}
		w.say(strconv.Itoa(next))
		next++
	}
}

func (w *reading) say(s string) {
	for _, k := range split(s, 0) {
		w.aside[k.key]++
	}
}

// split makes words of a text whose lines count from line, or are none if that is 0.
func split(s string, line int) []word {
	var list []word
	from := 0
	for _, m := range wordForm.FindAllStringIndex(s, -1) {
		between := s[from:m[0]]
		if line > 0 {
			line += strings.Count(between, "\n")
		}
		text := s[m[0]:m[1]]
		list = append(list, word{text: text, key: key(text), line: line, at: len(list), glued: len(list) > 0 && strings.Trim(between, "*~|") == ""})
		from = m[1]
	}
	return list
}

// key is what two words are compared by; a number has no leading zeros, because lists have none.
func key(s string) string {
	if t := strings.TrimLeft(s, "0"); t != s && t != "" && strings.Trim(t, "0123456789") == "" {
		return t
	}
	return strings.ToLower(s)
}

// ahead is how many words align looks ahead on either side.
const ahead = 32

// align walks along two texts and returns the words of each that the other does not have at their place.
func align(a, b []word) (onlyA, onlyB []word) {
	for len(a) > 0 && len(b) > 0 {
		if a[0].key == b[0].key {
			a, b = a[1:], b[1:]
			continue
		}
		if i, j := joined(a, b); i > 0 {
			a, b = a[i:], b[j:]
			continue
		}
		i, j := next(a, b)
		onlyA, onlyB = append(onlyA, a[:i]...), append(onlyB, b[:j]...)
		a, b = a[i:], b[j:]
	}
	return append(onlyA, a...), append(onlyB, b...)
}

// next is how many words on either side to pass over until both texts go on with the same word.
func next(a, b []word) (i, j int) {
	for d := 1; d <= ahead; d++ {
		if d < len(a) && a[d].key == b[0].key {
			return d, 0
		}
		if d < len(b) && a[0].key == b[d].key {
			return 0, d
		}
	}
	return 1, 1
}

// joined is how many words on either side make the same letters, where only marks part them.
func joined(a, b []word) (i, j int) {
	x, y := a[0].key, b[0].key
	i, j = 1, 1
	for i+j < ahead && x != y {
		switch {
		case strings.HasPrefix(y, x) && i < len(a) && a[i].glued:
			x += a[i].key
			i++
		case strings.HasPrefix(x, y) && j < len(b) && b[j].glued:
			y += b[j].key
			j++
		default:
			return 0, 0
		}
	}
	if x != y {
		return 0, 0
	}
	return i, j
}

func count(list []word) map[string]int {
	m := map[string]int{}
	for _, w := range list {
		m[w.key]++
	}
	return m
}

func take(m map[string]int, k string) bool {
	if m[k] == 0 {
		return false
	}
	m[k]--
	return true
}

func takeAll(m map[string]int, keys []string) bool {
	for _, k := range keys {
		if m[k] == 0 {
			return false
		}
	}
	for _, k := range keys {
		take(m, k)
	}
	return len(keys) > 0
}

// runs adds a finding for words that stood together.
func (t *tally) runs(code string, list []word) {
	for from := 0; from < len(list); {
		to := from + 1
		text := []string{list[from].text}
		for to < len(list) && list[to].at == list[to-1].at+1 {
			text = append(text, list[to].text)
			to++
		}
		t.addWords(code, list[from].line, strings.Join(text, " "))
		from = to
	}
}
