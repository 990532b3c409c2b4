package proof

import (
	"cmp"
	"html"
	"math/bits"
	"regexp"
	"strings"

	"ltipolicy/policy/markup"
	"ltipolicy/policy/normal"
)

var (
	entity  = regexp.MustCompile(`&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});`)
	shownAs = regexp.MustCompile(`(?i)\b(?:href|alt|title|src)\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+)`)
	// notWords is what stands in a Markdown text and is seen otherwise, or by nobody: tags, the labels of notes
	// and links, ids, names of images, numbers of lists. Its groups are the name of a tag, the number, labels, and where a link leads.
	notWords = regexp.MustCompile(`(?m)</?([A-Za-z][A-Za-z0-9-]*)(?:\s+[A-Za-z_:][A-Za-z0-9_:.-]*(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'=<>]+))?)*\s*/?>` +
		`|\[\^[^\]\n]{1,999}\]:?|\{#[^}\n]*\}[ \t]*#*[ \t]*$|\]\(<?#[^)\s]*\)?|\]\(<?[^\s()<>]+\.(?i:png|jpe?g|gif|webp)\b` +
		`|^[ \t>]*(?:[-*+][ \t]+)*([0-9]{1,9})[.)](?:[ \t]|$)|\]\[([^\[\]]+)\]|^[ \t>]*\[([^\^\\\[\]\n](?:[^\\\[\]\n]|\\.)*)\]:(?:[ \t]*<?((?:https?|mailto):[^\s<>]+))?|\]\(<?((?:https?|mailto):[^\s()<>]+)` +
		`|~~|(?:[\p{L}\p{N}\p{M}]|` + entity.String() + `)+`)
	strikeForm = regexp.MustCompile("\n[ \t]*\n|`+[^`\n]+`+|\\\\.|~{3,}|(~~)")
	noteBegins = regexp.MustCompile(`(?m)^[ \t>]*\[\^[^\]\n]+\]:`)
	// markTags are the elements whose marks are held against the result's.
	markTags = map[string]marks{"s": struck, "strike": struck, "del": struck, "u": underlined, "ins": underlined, "sub": lowered, "sup": raised}
)

// firstSign begins thirty-two private characters: where each of the marks begins, and where it ends.
const firstSign = '\ue000'

func sign(m marks, ends bool) string {
	r := firstSign + 2*rune(bits.TrailingZeros16(uint16(m)))
	if ends {
		r++
	}
	return string(r)
}

func isSign(r rune) bool { return r >= firstSign && r < firstSign+32 }

// looks gives the words of a text the marks that its signs say.
func looks(text string, words []word) {
	var open [16]int
	from := 0
	for i, m := range wordForm.FindAllStringIndex(text, -1) {
		for _, r := range text[from:m[0]] {
			switch {
			case isSign(r) && r&1 == 0:
				open[(r-firstSign)/2]++
			case isSign(r) && open[(r-firstSign)/2] > 0:
				open[(r-firstSign)/2]--
			}
		}
		for bit, n := range open {
			if n > 0 {
				words[i].marks |= 1 << bit
			}
		}
		from = m[1]
	}
}

var (
	// aside is what no reader sees: styles, scripts, and the language of a block of code.
	aside = regexp.MustCompile("(?is)<style\\b.*?</style>|<script\\b.*?</script>|(?m:^[ \\t>]*(?:`{3,}|~{3,})[ \\t]*[\\w+#.-]+[ \\t]*$)")
	// titled are the titles of links, which stand on no page.
	titled = regexp.MustCompile(`(?m)(\]\([ \t]*(?:<[^<>\n]*>|[^\s()]+)[ \t]+|^[ \t>]*\[[^\]\n]+\]:[ \t]*\S+[ \t]+)("[^"\n]*"|'[^'\n]*')`)
)

// escaped are brackets that begin and end nothing.
var escaped = strings.NewReplacer(`\\`, `\\`, `\[`, "  ", `\]`, "  ")

// readMarkdown reads a Markdown text by rules of its own.
func readMarkdown(src string) *reading {
	w := newReading()
	w.counts, w.moves = true, noteBegins.MatchString(src)
	src = strings.Map(func(r rune) rune {
		if isSign(r) {
			return ' '
		}
		return r
	}, src)
	src = escaped.Replace(src)
	src = aside.ReplaceAllStringFunc(src, func(s string) string {
		w.say(s)
		return strings.Repeat("\n", strings.Count(s, "\n"))
	})
	src = titled.ReplaceAllStringFunc(src, func(s string) string {
		m := titled.FindStringSubmatchIndex(s)
		w.say(s[m[4]:m[5]])
		return s[:m[4]] + s[m[5]:]
	})
	labels := labelsOf(src)
	struckOut := strikes(src)
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
		case s == "~~":
			b.WriteString(cmp.Or(struckOut[m[0]], s))
		case group(1) != "":
			w.tag(&b, s, group(1))
		case group(2) != "": // 1. 1. 1. counts by itself
			if n := group(2); n != number {
				b.WriteString(sign(itemNumber, false) + s + sign(itemNumber, true))
				number = n
				continue
			}
			w.leave(&b, s)
		case group(3) != "" && !labels[label(group(3))].defined, group(4) != "" && labels[label(group(4))].seen < 2:
			b.WriteString(s)
		case group(5)+group(6) != "":
			to := group(5) + group(6)
			w.leave(&b, strings.TrimSuffix(s, to))
			b.WriteString(sign(target, false) + html.UnescapeString(to) + sign(target, true))
		case strings.ContainsAny(s[:1], "[]{ \t>"):
			w.leave(&b, s)
		default:
			b.WriteString(w.decode(s))
		}
	}
	b.WriteString(src[from:])
	text, _ := normal.Text(b.String())
	w.words = split(text, 1)
	looks(text, w.words)
	return w
}

// strikes are the places of the pairs of ~~ with the signs that they mean. A pair stands in one paragraph, its first half
// before a word and its second behind one, and not in code.
func strikes(src string) map[int]string {
	signs := map[int]string{}
	var open []int
	for _, m := range strikeForm.FindAllStringSubmatchIndex(src, -1) {
		from, to := m[2], m[3]
		switch {
		case from < 0: // a paragraph's end, code, or an escaped character
			if strings.HasPrefix(src[m[0]:m[1]], "\n") {
				open = nil
			}
		case from > 0 && !strings.ContainsAny(src[from-1:from], " \t\n") && len(open) > 0:
			signs[open[len(open)-1]], signs[from] = sign(struck, false), sign(struck, true)
			open = open[:len(open)-1]
		case to < len(src) && !strings.ContainsAny(src[to:to+1], " \t\n"):
			open = append(open, from)
		}
	}
	return signs
}

// tag leaves what a tag shows; one that is no element is text.
func (w *reading) tag(b *strings.Builder, s, name string) {
	if !markup.IsElement(name) || !strings.Contains(s, "=") && markup.Placeholder(s, nil) != "" {
		if strings.Contains(s, "=") || !markup.IsWord(name) || len(strings.Fields(s)) > 1 {
			b.WriteString(s)
			return
		}
	}
	w.leave(b, s)
	if m, ok := markTags[strings.ToLower(name)]; ok {
		b.WriteString(sign(m, strings.HasPrefix(s, "</")))
	}
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
