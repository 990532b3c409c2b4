package normal

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// Kind is what bringing a text into its normal form did to a character.
type Kind string

// The kinds of changes. Line ends of Windows and of old Macs become line feeds without one.
const (
	Replaced Kind = "replaced" // a control character became a line break, a space or the character that it was meant to be
	Removed  Kind = "removed"  // nobody saw it, and the script that it stands in needs none
	Composed Kind = "composed" // a letter and its marks, written apart, became one character
)

// Change is one character that [Text] changed.
type Change struct {
	Kind Kind
	// What is the character as U+000B, or the composed letters of a word.
	What string
	// Line of the text from 1, as line feeds, and carriage returns before them, count them.
	Line int
}

// Text is the normal form of a text and what had to change for it, in order. Doing it again changes nothing. A text that
// is not UTF-8 keeps its broken bytes.
//
//   - Letters are composed (Unicode's form C).
//   - CR LF, CR, vertical tab, NEL and the line separator are line feeds; form feed and the paragraph separator are two.
//   - Control characters that the Windows code page 1252 has letters and marks for are those; other ones are spaces.
//   - Invisible characters go: marks of direction where nothing is written from right to left, overrides of the direction
//     always, joiners and word breaks outside the scripts that need them, soft hyphens, tags, fillers, anchors.
func Text(s string) (string, []Change) { return former{}.form(s) }

// Markup is [Text] for a source in HTML or Markdown: what nobody sees stays beside a mark or an entity, because what a reader
// will get beside it is not known before these are read.
func Markup(s string) (string, []Change) {
	return former{markup: true, leftward: strings.Contains(s, "&#")}.form(s)
}

// Around is what stands around a piece of a text: a script may need an invisible character between two pieces.
type Around struct {
	Before, After string
	Leftward      bool // something in the text is written from right to left, see [Leftward]
}

// Text is the normal form of the piece. Letters are composed within it only.
func (a Around) Text(s string) (string, []Change) {
	f := former{leftward: a.Leftward, after: []rune(a.After)}
	for before := a.Before; before != "" && (f.last == 0 || invisible(f.last)); {
		r, n := utf8.DecodeLastRuneInString(before)
		f.last, before = r, before[:len(before)-n]
	}
	return f.form(s)
}

// Leftward reports whether something in a text is written from right to left.
func Leftward(s string) bool { return strings.ContainsFunc(s, rightToLeft) }

func (f former) form(s string) (string, []Change) {
	if plain(s) || !utf8.ValidString(s) {
		return s, nil
	}
	f.in, f.line = []rune(strings.ReplaceAll(s, "\r\n", "\n")), 1
	f.leftward = f.leftward || Leftward(s)
	f.run()
	out := f.out.String()
	if !norm.NFC.IsNormalString(out) {
		out = f.compose(out)
	}
	return out, f.changes
}

// Line is the normal form of a text of one line, such as a name: spaces for line breaks and tabs, and none around it.
func Line(s string) string {
	s, _ = Text(s)
	return strings.TrimSpace(spaces.Replace(s))
}

var spaces = strings.NewReplacer("\n", " ", "\t", " ")

// plain reports whether a text is in its form for sure, which most are.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c >= utf8.RuneSelf || c < ' ' && c != '\n' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

type former struct {
	in       []rune
	out      strings.Builder
	changes  []Change
	line     int
	last     rune // the last one that stayed
	leftward bool // something is written from right to left
	after    []rune
	markup   bool
}

func (f *former) run() {
	for i, r := range f.in {
		to := f.becomes(i, r)
		switch {
		case to == string(r):
		case r == '\r': // a line end as any other
		case to == "":
			f.changes = append(f.changes, Change{Removed, fmt.Sprintf("%U", r), f.line})
		default:
			f.changes = append(f.changes, Change{Replaced, fmt.Sprintf("%U", r), f.line})
		}
		if r == '\n' || r == '\r' {
			f.line++
		}
		if to != "" {
			f.last, _ = utf8.DecodeLastRuneInString(to)
			f.out.WriteString(to)
		}
	}
}

// becomes is what stands for the character at i.
func (f *former) becomes(i int, r rune) string {
	switch {
	case r == '\n' || r == '\t':
		return string(r)
	case r == '\r' || r == '\v' || r == 0x85 || r == '\u2028':
		return "\n"
	case r == '\f' || r == '\u2029':
		return "\n\n"
	case r < ' ' || r == 0x7f:
		return " "
	case r >= 0x80 && r < 0xa0:
		if meant := charmap.Windows1252.DecodeByte(byte(r)); meant >= 0xa0 && meant != utf8.RuneError {
			return string(meant)
		}
		return " "
	case r == '\u00ad' && i+1 < len(f.in) && (f.in[i+1] == '\n' || f.in[i+1] == '\r'):
		return "-" // at the end of a line it was seen
	case invisible(r) && !f.needed(i, r):
		return ""
	}
	return string(r)
}

// needed reports whether an invisible character means something where it stands.
func (f *former) needed(i int, r rune) bool {
	next := f.next(i)
	if f.markup && (marks(f.last) || marks(next)) {
		return true
	}
	switch r {
	case '\u200e', '\u200f', '\u061c', '\u2066', '\u2067', '\u2068', '\u2069':
		return f.leftward
	case '\u200c':
		return unicode.In(f.last, joining...) || unicode.In(next, joining...)
	case '\u200d':
		return unicode.In(f.last, joining...) || unicode.In(next, joining...) || pictured(f.last) && pictured(next)
	case '\u200b':
		return unicode.In(f.last, unspaced...) || unicode.In(next, unspaced...)
	case '\u180e':
		return unicode.Is(unicode.Mongolian, f.last)
	case '\u115f', '\u1160', '\u3164', '\uffa0':
		return unicode.Is(unicode.Hangul, f.last) || unicode.Is(unicode.Hangul, next)
	}
	return tag(r) && (f.last == '\U0001f3f4' || tag(f.last)) // the flags of England, Scotland and Wales
}

// next is the next character that is seen.
func (f *former) next(i int) rune {
	const far = 8 // or a text of nothing else would be walked for each of them
	for _, r := range f.in[i+1 : min(len(f.in), i+1+far)] {
		if !invisible(r) {
			return r
		}
	}
	for _, r := range f.after[:min(len(f.after), max(0, i+1+far-len(f.in)))] {
		if !invisible(r) {
			return r
		}
	}
	return 0
}

// marks reports whether a sign may be a mark of HTML or Markdown.
func marks(r rune) bool { return r < utf8.RuneSelf && strings.ContainsRune("<>&;*_~`[]()", r) }

// compose is form C of s. It says of which words, as far as they changed.
func (f *former) compose(s string) string {
	line := 1
	for l := range strings.SplitAfterSeq(s, "\n") {
		if !norm.NFC.IsNormalString(l) {
			for word := range strings.FieldsSeq(l) {
				if c := norm.NFC.String(word); c != word {
					f.changes = append(f.changes, Change{Composed, c, line})
				}
			}
		}
		line++
	}
	return norm.NFC.String(s)
}

var (
	// joining are scripts in which a joiner, or what prevents joining, makes another letter.
	joining = []*unicode.RangeTable{
		unicode.Arabic, unicode.Syriac, unicode.Mongolian, unicode.Nko, unicode.Mandaic, unicode.Devanagari, unicode.Bengali,
		unicode.Gurmukhi, unicode.Gujarati, unicode.Oriya, unicode.Tamil, unicode.Telugu, unicode.Kannada, unicode.Malayalam,
		unicode.Sinhala, unicode.Khmer, unicode.Myanmar, unicode.Tibetan,
	}
	// unspaced are scripts that tell by an invisible space where a line may break.
	unspaced = []*unicode.RangeTable{unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar, unicode.Tibetan, unicode.Javanese, unicode.Balinese}
	leftward = []*unicode.RangeTable{unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Thaana, unicode.Nko, unicode.Samaritan, unicode.Mandaic}
)

func rightToLeft(r rune) bool { return unicode.IsLetter(r) && unicode.In(r, leftward...) }

func tag(r rune) bool { return r >= 0xe0000 && r <= 0xe007f }

// pictured reports whether a character may be a part of an emoji.
func pictured(r rune) bool {
	return r >= 0x1f000 && r <= 0x1faff || unicode.Is(unicode.So, r) || r == '\ufe0f' || r == '♀' || r == '♂'
}

// invisible reports whether nobody sees or hears a character by itself. A variation selector is not among them: it says
// how the one before it looks.
func invisible(r rune) bool {
	switch {
	case r == '\u115f' || r == '\u1160' || r == '\u3164' || r == '\uffa0', r == '\u034f', r == '\ufffc':
		return true
	case r >= 0xfdd0 && r <= 0xfdef, r&0xfffe == 0xfffe:
		return true // no characters at all
	case unicode.Is(unicode.Prepended_Concatenation_Mark, r):
		return false // a mark around the digits that follow
	}
	return unicode.Is(unicode.Cf, r)
}
