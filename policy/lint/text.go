package lint

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"ltipolicy/policy"
	"ltipolicy/policy/markup"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// sentence is one sentence of a text with its words as they are compared. Addresses are no words.
type sentence struct {
	Place
	words     []string
	addresses []string // of electronic mail, in lower case
	heading   bool
	question  bool
	next      *sentence // in the same block
}

// statement reports whether the sentence claims something: titles and questions do not.
func (s *sentence) statement() bool { return !s.heading && !s.question }

var mailAddress = regexp.MustCompile(`[\p{L}\d._%+-]+@[\p{L}\d-]+(?:\.[\p{L}\d-]+)+`)

// sentences cuts a text up. Every sentence is a piece of the text's [markup.PlainText] as it stands there.
func (x *lexicon) sentences(t policy.Text) []*sentence {
	var all []*sentence
	for _, part := range []struct {
		html    policy.SafeHTML
		summary bool
	}{{t.Summary, true}, {t.Content, false}} {
		root, err := markup.Parse(string(part.html))
		if err != nil {
			continue
		}
		section := ""
		for n, line := range markup.Lines(root) {
			heading := headingOf(line.Begin) != nil
			if heading {
				section = markup.Squeeze(line.Text)
			}
			var last *sentence
			for _, s := range x.cut(line.Text) {
				plain := mailAddress.ReplaceAllString(s, " ")
				now := &sentence{
					Place: Place{InSummary: part.summary, Section: section, Block: n, Text: s},
					words: x.words(plain), heading: heading, question: strings.HasSuffix(strings.TrimRight(s, `"'”“»)] `+"\u00a0"), "?"),
				}
				for _, a := range mailAddress.FindAllString(s, -1) {
					now.addresses = append(now.addresses, strings.ToLower(a))
				}
				if last != nil {
					last.next = now
				}
				last = now
				all = append(all, now)
			}
		}
	}
	return all
}

// cut splits a block into sentences: at a full stop, question or exclamation mark that a capital letter
// follows, unless the stop belongs to an abbreviation, to an initial or to a number that counts something.
func (x *lexicon) cut(block string) []string {
	var out []string
	add := func(s string) {
		if s = strings.TrimFunc(s, unicode.IsSpace); s != "" {
			out = append(out, s)
		}
	}
	for cell := range strings.SplitSeq(block, "\t") {
		from := 0
		for i := 0; i < len(cell); {
			r, size := utf8.DecodeRuneInString(cell[i:])
			end := i + size
			if r != '.' && r != '!' && r != '?' && r != '…' {
				i = end
				continue
			}
			rest := strings.TrimLeft(cell[end:], `.!?…"'”“»)]`)
			end = len(cell) - len(rest)
			after := strings.TrimLeftFunc(rest, unicode.IsSpace)
			starts := unicode.IsUpper(initial(strings.TrimLeft(after, `„“”"«‚'([-–—• `+"\u00a0")))
			if len(after) < len(rest) && starts && (r != '.' || end > i+size || x.ends(cell[from:i])) {
				add(cell[from:end])
				from = end
			}
			i = end
		}
		add(cell[from:])
	}
	return out
}

var numeral = regexp.MustCompile(`^(?:[\d.]+|[IVXLC]{1,7})$`)

// ends reports whether a full stop after s, which begins where its sentence does, can end the sentence.
func (x *lexicon) ends(s string) bool {
	start := strings.LastIndexFunc(s, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(`("„“«/`, r) }) + 1
	if start > 0 {
		_, size := utf8.DecodeRuneInString(s[start-1:])
		start += size - 1
	}
	word := s[start:]
	if numeral.MatchString(word) && (x.ordinals || strings.TrimFunc(s[:start], unicode.IsSpace) == "") {
		return false
	}
	if i := strings.LastIndexByte(word, '.'); i >= 0 {
		word = word[i+1:]
	}
	return utf8.RuneCountInString(word) != 1 && !x.any(x.words(word), "abbreviations") || word != "" && unicode.IsDigit(final(word))
}

// initial is the first rune of a text that is no white space.
func initial(s string) rune {
	r, _ := utf8.DecodeRuneInString(strings.TrimSpace(s))
	return r
}

// final is the last rune of a text that is no white space.
func final(s string) rune {
	r, _ := utf8.DecodeLastRuneInString(strings.TrimSpace(s))
	return r
}

// headingOf is the heading that a node stands in, nil for none.
func headingOf(n *html.Node) *html.Node {
	for ; n != nil; n = n.Parent {
		if markup.Level(n) > 0 {
			return n
		}
	}
	return nil
}

// Anchored returns the text with an id at every place of the findings that are its own, [Place.ID], so
// that a page can lead there. It is for showing only: digests are over the stored text.
func Anchored(t policy.Text, list []Finding) policy.Text {
	for _, summary := range []bool{true, false} {
		h := &t.Content
		if summary {
			h = &t.Summary
		}
		var blocks []int
		for _, f := range list {
			for _, p := range slices.Concat(f.Places, f.Against) {
				if f.Lang == t.Lang && p.InSummary == summary {
					blocks = append(blocks, p.Block)
				}
			}
		}
		if len(blocks) > 0 {
			*h = anchored(*h, summary, blocks)
		}
	}
	return t
}

func anchored(h policy.SafeHTML, summary bool, blocks []int) policy.SafeHTML {
	root, err := markup.Parse(string(h))
	if err != nil {
		return h
	}
	taken := map[*html.Node]bool{nil: true}
	for n, line := range markup.Lines(root) {
		text := line.Begin
		home := text.Parent
		for home != nil && !markup.Block(home) {
			home = home.Parent
		}
		id := Place{InSummary: summary, Block: n}.ID()
		switch {
		case !slices.Contains(blocks, n):
		case taken[home] || markup.Attr(home, "id") != "":
			// The block begins with another line, or is known by another name: the text gets an element.
			span := markup.Element(atom.Span, html.Attribute{Key: "id", Val: id})
			text.Parent.InsertBefore(span, text)
			text.Parent.RemoveChild(text)
			span.AppendChild(text)
		default:
			markup.SetAttr(home, "id", id)
		}
		taken[home] = true
	}
	s, err := markup.Render(root)
	if err != nil {
		return h
	}
	return policy.SafeHTML(s)
}

// ID is the id that [Anchored] puts at the place's block. No id of a stored text begins like it.
func (p Place) ID() string {
	part := "l-c"
	if p.InSummary {
		part = "l-s"
	}
	return part + strconv.Itoa(p.Block)
}
