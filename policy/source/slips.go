package source

import (
	"regexp"
	"strings"
	"unicode"
)

var (
	gluedWord     = regexp.MustCompile(`\p{Ll}\.(\p{Lu}\p{Ll}+(?: \p{L}+){0,4})$`)
	gluedNumber   = regexp.MustCompile(`\p{L}(\d{1,2}\. ?\p{Lu}[^.]*)$`)
	numberNoGap   = regexp.MustCompile(`^\d{1,2}\.\p{Lu}`)
	noSpaceAfter  = regexp.MustCompile(`\p{L}+(?:,|;)\p{L}+|\p{L}+:-|\p{L}{2,}[„]\p{L}+|\p{L}+[“”]\p{L}+|\p{Ll}{2,}(?:- |  -)\p{L}+|\s-\p{Ll}+`)
	doubleStop    = regexp.MustCompile(`[^.](\.\.)(?:$|\s|[^./])|[,;][;,]`)
	pageNumber    = regexp.MustCompile(`^(?i:page|p\.|pagina|pag\.|puslapis|psl\.|страница|стр\.|página|pág\.|seite|strona|str\.)[ \x{a0}]\d{1,4}$|^(?:\p{L}{1,9}\.?[ \x{a0}])?\d{1,4}[ \x{a0}]*(?:/|[ \x{a0}]\p{L}{1,3}[ \x{a0}])[ \x{a0}]*\d{1,4}$|^\d{1,4}$|^[-–—][ \x{a0}]?\d{1,4}[ \x{a0}]?[-–—]$|^(?:https?|file)://[^ \x{a0}]+[ \x{a0}]+\d{1,4}/\d{1,4}$`)
	gluedNote     = regexp.MustCompile(`^(\d{1,2})\p{Lu}\p{Ll}`)
	gluedMark     = regexp.MustCompile(`\p{L}{2,}(\d{1,2})(?:[^\p{L}\d]|$)`)
	numberBetween = regexp.MustCompile(`^\d{1,4}[ \x{a0}]?[-–—]$`)
	words         = regexp.MustCompile(`\p{L}+`)
)

// slips reports what looks like a slip of the source. It changes nothing: the text is the institution's.
func slips(lines []line, lang string, t *tally) {
	romanian := strings.HasPrefix(lang, "ro")
	gluedNotes(lines, t)
	for i, l := range lines {
		if m := gluedWord.FindStringSubmatch(l.text); m != nil {
			t.add(FoundGlued, l.n, m[1])
		}
		if m := gluedNumber.FindStringSubmatch(l.text); m != nil && l.role != roleHeading {
			t.add(FoundGlued, l.n, m[1])
		}
		if numberNoGap.MatchString(l.text) {
			t.add(FoundSpace, l.n, firstWords(l.text))
		}
		for _, m := range noSpaceAfter.FindAllString(withoutAddresses(l.text), -1) {
			t.add(FoundSpace, l.n, strings.TrimSpace(m))
		}
		if n := strings.Count(l.text, "„") + strings.Count(l.text, "“") + strings.Count(l.text, "”"); n%2 == 1 {
			t.add(FoundQuote, l.n, firstWords(l.text))
		}
		if m := doubleStop.FindString(withoutAddresses(l.text)); m != "" {
			t.add(FoundPunctuation, l.n, strings.TrimSpace(m))
		}
		if pageNumber.MatchString(l.text) || l.mark != "" && numberBetween.MatchString(l.text) {
			t.add(FoundPage, l.n, l.text)
		}
		if strings.IndexFunc(l.text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) < 0 {
			t.add(FoundStray, l.n, l.text)
		}
		if romanian && strings.ContainsAny(l.text, "ţşŢŞ") {
			for _, w := range words.FindAllString(l.text, -1) {
				if strings.ContainsAny(w, "ţşŢŞ") {
					t.add(FoundCedilla, l.n, w)
				}
			}
		}
		for _, w := range words.FindAllString(l.text, -1) {
			if mixedScript(w) {
				t.addFirst(FoundMixedScript, l.n, w)
			}
		}
		if i > 0 && i+1 < len(lines) && l.plain() && unicode.IsLower(firstRune(l.text)) && !mixedCase(l.text) &&
			lines[i-1].ends(":") && lines[i+1].mark != "" {
			t.add(FoundNoMarker, l.n, firstWords(l.text))
		}
		if l.mark != "" && len(strings.Fields(l.text)) == 1 && i+1 == len(lines) && (i == 0 || lines[i-1].mark == "") {
			t.add(FoundStray, l.n, l.text)
		}
	}
}

// gluedNotes reports the notes at the feet of a PDF's pages whose number sticks to their first word, and the words to which
// one of these numbers sticks as a mark.
func gluedNotes(lines []line, t *tally) {
	notes := map[string]bool{}
	for _, l := range lines {
		if m := gluedNote.FindStringSubmatch(l.text); m != nil && l.mark == "" {
			notes[m[1]] = true
			t.add(FoundUnresolved, l.n, firstWords(l.text))
		}
	}
	if len(notes) == 0 {
		return
	}
	for _, l := range lines {
		for _, m := range gluedMark.FindAllStringSubmatch(withoutAddresses(l.text), -1) {
			if notes[m[1]] {
				t.add(FoundUnresolved, l.n, strings.TrimRight(m[0], ".,;:)!? \u00a0"))
			}
		}
	}
}

// running finds what stands at the head or foot of every page: lines of the same words, one of them beside the number of a page.
func running(lines []line, t *tally) {
	times, beside := map[string]int{}, map[string]bool{}
	for i, l := range lines {
		times[l.text]++
		if !pageNumber.MatchString(l.text) {
			continue
		}
		for _, k := range []int{i - 1, i + 1} {
			if k >= 0 && k < len(lines) && lines[k].plain() && lines[k].runes() <= 120 {
				beside[lines[k].text] = true
			}
		}
	}
	for i, l := range lines {
		if beside[l.text] && times[l.text] > 1 && !pageNumber.MatchString(l.text) {
			lines[i].running = true
			t.add(FoundRunning, l.n, l.text)
		}
	}
}

func mixedScript(word string) bool {
	latin, cyrillic, greek := 0, 0, 0
	for _, r := range word {
		switch {
		case unicode.Is(unicode.Latin, r):
			latin = 1
		case unicode.Is(unicode.Cyrillic, r):
			cyrillic = 1
		case unicode.Is(unicode.Greek, r):
			greek = 1
		}
	}
	return latin+cyrillic+greek > 1
}

func withoutAddresses(s string) string {
	return mail.ReplaceAllString(url1.ReplaceAllString(s, "…"), "…")
}
