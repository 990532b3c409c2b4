package source

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// role is what a line of plain text is taken for.
type role int

const (
	rolePara    role = iota
	roleHeading      // the line's level says which
	roleItem         // of a list with marks
	roleClause       // numbered text that is no heading: "3.1.2. …"
	roleLiteral      // item of a list whose numbers or letters stay in the text
	roleHeader       // first line of a flattened table
	roleRow          // a row of it
	roleCell         // further paragraph of the row above
	roleNote         // a footnote
)

// line is one line of plain text that is not blank. Lines are the paragraphs of the sources that we know.
type line struct {
	n      int    // from 1
	gap    int    // blank lines before
	indent int    // spaces before
	text   string // without outer spaces; with its number or letter, without its list mark

	mark   string // list mark: "•", "-", "*"
	whole  string // the text with its list mark
	number string // literal number or letter with its dot or parenthesis: "3.1.", "IV.", "а)"
	depth  int    // parts of the number; 0 for letters
	letter bool

	running bool     // stands at the head or foot of every page
	cells   []string // of a table whose columns stand below each other

	role  role
	level int // of a heading, or of a clause's indentation
	note  int // number of the footnote
}

var (
	bulletMark = regexp.MustCompile(`^([•▪◦‣·●○◯∙⁃■□◆◇❖➢➤➔✓✔✗\x{f0b7}\x{f0a7}\x{f0d8}\x{f0fc}\x{f076}\x{f02d}])[ \t\x{a0}]+`)
	wideRing   = regexp.MustCompile(`^(o)(?:\t|[ \x{a0}]{2})[ \t\x{a0}]*`)
	section    = regexp.MustCompile(`^(§)(?:\t|[ \x{a0}]{2})[ \t\x{a0}]*\p{L}`) // the square of Wingdings, in programs that have not got it
	ring       = regexp.MustCompile(`^(o)[ \x{a0}]`)
	dashMark   = regexp.MustCompile(`^([-–—])[ \t\x{a0}]+`)
	starMark   = regexp.MustCompile(`^(\*)[ \t\x{a0}]*\p{L}`)
	decimal    = regexp.MustCompile(`^(\d{1,2}(?:\.\d{1,2})*)(\.?)([ \t\x{a0}]+|\p{Lu})`)
	roman      = regexp.MustCompile(`^([IVXLC]{1,7}\.)[ \t\x{a0}]+\p{L}`)
	lettered   = regexp.MustCompile(`^(\p{L}\))[ \t\x{a0}]+`)
	sentences  = regexp.MustCompile(`\p{L}{2}[.!?…][ \x{a0}]+\p{Lu}`)
)

// ringWords are languages in which the letter o is a word: an article, "and" or "about".
var ringWords = strings.Fields("az bs ca cs es gl hr it la lt lv mt oc pl pt ro sk sl sq sr tr")

// scan cuts plain text into lines and recognises marks and numbers.
func scan(src, lang string) []line {
	var lines []line
	gap := 0
	for i, raw := range strings.Split(strings.ReplaceAll(src, "\r\n", "\n"), "\n") {
		text := strings.Trim(raw, " \t\r")
		if strings.Trim(text, "\u00a0\ufeff") == "" {
			gap++
			continue
		}
		l := line{n: i + 1, gap: gap, text: text, whole: text, indent: len(raw) - len(strings.TrimLeft(raw, " \t"))}
		gap = 0
		l.mark1()
		if l.mark == "" && ring.MatchString(l.text) && len(lines) > 0 && lines[len(lines)-1].introduces() && !ringIsWord(lang, l.text) {
			l.mark, l.text = "o", strings.TrimLeft(l.text[1:], " \t\u00a0")
		}
		lines = append(lines, l)
	}
	for _, m := range []string{"-", "–", "—", "*", "o", "§"} {
		lonely(lines, m)
	}
	brackets(lines)
	return lines
}

func (l *line) mark1() {
	for _, re := range []*regexp.Regexp{bulletMark, dashMark, starMark, wideRing, section} {
		if m := re.FindStringSubmatch(l.text); m != nil {
			l.mark = m[1]
			l.text = strings.TrimLeft(l.text[len(m[1]):], " \t")
			return
		}
	}
	if m := decimal.FindStringSubmatch(l.text); m != nil {
		l.depth = strings.Count(m[1], ".") + 1
		if m[2] == "." || l.depth > 1 && !unicode.IsUpper(firstRune(m[3])) {
			l.number = m[1] + m[2]
		} else {
			l.depth = 0
		}
	} else if m := roman.FindStringSubmatch(l.text); m != nil {
		l.number, l.depth = m[1], 1
	} else if m := lettered.FindStringSubmatch(l.text); m != nil {
		l.number, l.letter = m[1], true
	}
}

// inBrackets begins items with a letter or a Roman number in brackets. The same is a reference where a sentence is divided before
// it: "in point / (i) of the annex".
var inBrackets = regexp.MustCompile(`^\(((?:\p{Ll}|[ivxl]{2,6}))\)[ \t\x{a0}]+`)

// bracketKinds are the first mark of each kind of list, and the one that follows it. The last one is Cyrillic.
var bracketKinds = []struct{ first, second string }{{"i", "ii"}, {"a", "b"}, {"а", "б"}}

// bracketKind is which kind of list a mark belongs to.
func bracketKind(mark string) int {
	switch r := firstRune(mark); {
	case r == 'i' || r == 'v' || r == 'x' || len(mark) > 1 && r < unicode.MaxASCII:
		return 0
	case r < unicode.MaxASCII:
		return 1
	default:
		return 2
	}
}

// brackets finds these items. The first one of a list stands anywhere but in the middle of a sentence, or where the second one
// follows and no list of that kind has begun; the others stand below a first one.
func brackets(lines []line) {
	var at []int // the lines that begin so
	for i, l := range lines {
		if l.mark == "" && inBrackets.MatchString(l.text) {
			at = append(at, i)
		}
	}
	counting, last, before := false, -1, ""
	for k, i := range at {
		l := &lines[i]
		mark := inBrackets.FindStringSubmatch(l.text)[1]
		kind := bracketKind(mark)
		if mark == "i" && before == "h" {
			kind = 1
		} else if mark == bracketKinds[kind].first {
			divided := i > 0 && l.gap == 0 && unicode.IsLetter(lastRune(lines[i-1].text))
			second := k+1 < len(at) && inBrackets.FindStringSubmatch(lines[at[k+1]].text)[1] == bracketKinds[kind].second
			if divided && (!second || last == kind) {
				continue
			}
		} else if !counting {
			continue
		}
		counting, last, before = true, kind, mark
		l.number, l.letter = "("+mark+")", true
	}
}

// ringIsWord reports whether the letter o before a line is a word of the language rather than the ring of a list. A mark
// that was taken for a word is seen, a word that was taken for a mark is lost.
func ringIsWord(lang, text string) bool {
	lang, _, _ = strings.Cut(lang, "-")
	return slices.Contains(ringWords, strings.ToLower(lang)) && unicode.Is(unicode.Latin, firstRune(strings.Trim(text[1:], " \u00a0„“«(\"")))
}

// introduces reports whether an item may follow a line, so that a letter o there is the ring of a list: it is a word, too.
func (l line) introduces() bool { return l.mark != "" || l.ends(":;.") }

// lonely gives a mark back to the text where it is the only one: a dash at the start of one line is a dash.
func lonely(lines []line, mark string) {
	at := -1
	for i, l := range lines {
		if l.mark == mark {
			if at >= 0 {
				return
			}
			at = i
		}
	}
	if at >= 0 {
		lines[at].text, lines[at].mark = lines[at].whole, ""
	}
}

// join puts sentences together that were broken over two lines. It does so only when nothing else is
// possible: a long line that ends within a sentence, then one that goes on in lower case without any mark.
func join(lines []line, lang string, t *tally) []line {
	var out []line
	var parts []string // of the last line of out
	known := wordsOf(lines, lang)
	wide := known.wide(lines)
	for i, l := range lines {
		if len(out) > 0 {
			p, last := &out[len(out)-1], lines[i-1].text
			apart := l.role != rolePara || lines[i-1].role != rolePara || l.running || lines[i-1].running
			if !apart && l.mark == "" && l.number == "" && unicode.IsLower(firstRune(strings.TrimPrefix(l.text, "("))) && !mixedCase(l.text) &&
				(unicode.IsLetter(lastRune(last)) || lastRune(last) == ',') && (len(parts) > 1 || utf8.RuneCountInString(last) >= wide) &&
				(p.mark == "" && p.number == "" && l.gap <= 1 || l.gap == 0) {
				t.add(FoundJoined, l.n, firstWords(l.text))
				parts = append(parts, "\n"+l.text)
				continue
			}
			if lastHalf := dividedEnd.FindStringSubmatch(last); !apart && l.mark == "" && lastHalf != nil && hyphenAgain.MatchString(l.text) {
				l.text = strings.TrimLeft(l.text, "-\u2010")
				t.add(FoundHyphen, l.n, lastHalf[1]+lastHalf[2]+firstWord.FindString(l.text))
				parts = append(parts, l.text)
				continue
			}
			if !apart && ranged(last, l) {
				t.add(FoundJoined, l.n, firstWords(l.whole))
				parts = append(parts, l.whole)
				continue
			}
			if head, ok := broken(last, l); !apart && ok && known.waits(l.text) {
				t.add(FoundJoined, l.n, firstWords(l.text))
				parts = append(parts, "\n"+l.text)
				continue
			} else if !apart && ok {
				word := known.whole(head, l.text)
				t.add(FoundHyphen, l.n, word)
				parts[len(parts)-1] = strings.TrimSuffix(parts[len(parts)-1], head.word+head.hyphen)
				parts = append(parts, word+strings.TrimPrefix(l.text, firstWord.FindString(l.text)))
				continue
			}
			p.text = strings.Join(parts, "")
		}
		out, parts = append(out, l), []string{l.text}
	}
	if len(out) > 0 {
		out[len(out)-1].text = strings.Join(parts, "")
	}
	return out
}

// mixedCase reports whether the first word is a name such as "eTwinning" or "open.ktu.edu", which starts a
// sentence as it is.
func mixedCase(s string) bool {
	word, _, _ := strings.Cut(strings.TrimSpace(s), " ")
	return strings.IndexFunc(word, unicode.IsUpper) > 0 || strings.Contains(strings.TrimRight(word, "."), ".")
}

// bare is the text without its number and outer white space of all kinds.
func (l line) bare() string { return strings.TrimSpace(strings.TrimPrefix(l.text, l.number)) }

func (l line) runes() int { return utf8.RuneCountInString(strings.TrimSpace(l.text)) }

func (l line) ends(chars string) bool { return strings.ContainsRune(chars, lastRune(l.text)) }

func (l line) plain() bool { return l.mark == "" && l.number == "" && l.role == rolePara }

func (l line) oneSentence() bool { return !sentences.MatchString(l.bare()) }

func (l line) address() bool {
	return strings.ContainsRune(l.text, '@') || strings.Contains(l.text, "://") || strings.Contains(l.text, "www.")
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(strings.TrimSpace(s))
	return r
}

func lastRune(s string) rune {
	r, _ := utf8.DecodeLastRuneInString(strings.TrimSpace(s))
	return r
}

func firstWords(s string) string {
	f := strings.Fields(s)
	return strings.Join(f[:min(6, len(f))], " ")
}
