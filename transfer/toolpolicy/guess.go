package toolpolicy

import (
	"cmp"
	_ "embed" // the list of words
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Guess is in which language a text seems to be written.
type Guess struct {
	// Tag is the language; empty if the text is too short for a guess, or the margin too thin.
	Tag string
	// Or are the languages that come near, the nearest first: what an author should think of. Empty if none does.
	Or []string
}

// What a guess needs: words of the text, frequent words of the language among them, their share, and against
// each other language what speaks for it alone, and how much at most may speak for the other alone. An unsure answer costs a question, a wrong one is written into evidence.
const (
	guessWords  = 8
	guessFound  = 4
	guessShare  = 0.1
	guessLead   = 1.8
	guessMargin = 0.4
	guessMost   = 5000 // words that are looked at
)

//go:embed words.txt
var wordList string

// tongue is a language as Guess knows it.
type tongue struct {
	tag     string
	only    bool // it only makes others doubtful
	script  *unicode.RangeTable
	letters map[rune]bool
}

// tongues are the languages of words.txt, and by word those that have it, as indexes.
var tongues = sync.OnceValues(func() ([]tongue, map[string][]int) {
	var all []tongue
	byWord := map[string][]int{}
	for line := range strings.Lines(wordList) {
		head, words, ok := strings.Cut(line, "|")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Fields(head)
		t := tongue{letters: map[rune]bool{}}
		t.tag, t.only = strings.CutSuffix(fields[0], "?")
		for _, r := range strings.Join(fields[1:], "") {
			t.letters[r] = true
		}
		t.script = scriptOf([]rune(strings.TrimSpace(words))[0])
		for w := range strings.FieldsSeq(words) {
			if i := len(all); !slices.Contains(byWord[w], i) {
				byWord[w] = append(byWord[w], i)
			}
		}
		all = append(all, t)
	}
	return all, byWord
})

// alone are the scripts that one language of Moodle's sites is written in.
var alone = []struct {
	script *unicode.RangeTable
	tag    string
}{
	{unicode.Greek, "el"}, {unicode.Hebrew, "he"}, {unicode.Georgian, "ka"}, {unicode.Armenian, "hy"}, {unicode.Thai, "th"},
	{unicode.Hangul, "ko"}, {unicode.Bengali, "bn"}, {unicode.Tamil, "ta"}, {unicode.Telugu, "te"}, {unicode.Kannada, "kn"},
	{unicode.Malayalam, "ml"}, {unicode.Gujarati, "gu"}, {unicode.Gurmukhi, "pa"}, {unicode.Khmer, "km"}, {unicode.Lao, "lo"},
	{unicode.Myanmar, "my"}, {unicode.Sinhala, "si"},
}

// shared are the scripts of several languages, which words tell apart.
var shared = []*unicode.RangeTable{unicode.Latin, unicode.Cyrillic, unicode.Arabic, unicode.Devanagari, unicode.Ethiopic}

// scriptOf is the script of a letter, nil for one that no language here is written in.
func scriptOf(r rune) *unicode.RangeTable {
	for _, s := range shared {
		if unicode.Is(s, r) {
			return s
		}
	}
	for _, a := range alone {
		if unicode.Is(a.script, r) {
			return a.script
		}
	}
	if unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) {
		return unicode.Han
	}
	return nil
}

// Language guesses in which language a text is written: by its script where that is one language's, by the
// language's most frequent words and by its letters otherwise. Moodle keeps no language with a policy.
func Language(text string) Guess {
	text = norm.NFC.String(text)
	letters := map[*unicode.RangeTable]int{}
	seen := map[rune]int{}
	total := 0
	for _, r := range text {
		if unicode.IsLetter(r) {
			letters[scriptOf(r)]++
			seen[r]++
			total++
		}
	}
	var most *unicode.RangeTable
	for s, n := range letters {
		if n > letters[most] {
			most = s
		}
	}
	if total < 20 || most == nil || letters[most]*10 < total*7 {
		return Guess{}
	}
	switch {
	case most == unicode.Han:
		return eastern(text, seen)
	case slices.Contains(shared, most):
		return byWords(text, most)
	}
	// Assamese and Yiddish have letters beside those of Bengali and Hebrew.
	if strings.ContainsAny(text, "ৰৱײװױ\u05b7\u05b8") {
		return Guess{}
	}
	i := slices.IndexFunc(alone, func(a struct {
		script *unicode.RangeTable
		tag    string
	}) bool {
		return a.script == most
	})
	return Guess{Tag: alone[i].tag}
}

// eastern tells Japanese by its syllables, and the two ways to write Chinese by letters that only one has.
func eastern(text string, seen map[rune]int) Guess {
	count := func(letters string) (n int) {
		for _, r := range letters {
			n += seen[r]
		}
		return n
	}
	kana := 0
	for r, n := range seen {
		if unicode.In(r, unicode.Hiragana, unicode.Katakana) {
			kana += n
		}
	}
	simple, full := count("这个们来为时说国对会学习规则数据务户须资产权应该与经过还"), count("這個們來為時說國對會學習規則數據務戶須資產權應該與經過還")
	both := count("个") // of Japanese, too
	switch {
	case kana*5 > len([]rune(text))/2:
		return Guess{Tag: "ja"}
	case kana == 0 && simple-both > 4*full:
		return Guess{Tag: "zh-CN"}
	case kana == 0 && full > 4*simple:
		return Guess{Tag: "zh-TW"}
	default:
		return Guess{Or: []string{"zh-CN", "zh-TW"}}
	}
}

// hearing is what a text says for and against languages, by their index.
type hearing struct {
	words   []heard
	score   []float64
	found   []int
	strange []float64 // words with letters that the language does not have
	total   int
}

// heard is a frequent word of some languages, and how much it speaks for each of them.
type heard struct {
	in     []int
	weight float64
}

// byWords counts, for each language of a script, its frequent words, each the less the more languages have
// it, and against it the words with letters that it does not have.
func byWords(text string, script *unicode.RangeTable) Guess {
	all, byWord := tongues()
	words := map[string]int{}
	h := hearing{score: make([]float64, len(all)), found: make([]int, len(all)), strange: make([]float64, len(all))}
	for _, w := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.In(r, unicode.L, unicode.M) }) {
		words[w]++
		if h.total++; h.total >= guessMost {
			break
		}
	}
	for _, w := range slices.Sorted(maps.Keys(words)) {
		if in := byWord[w]; len(in) > 0 {
			h.add(heard{in, float64(words[w]) / math.Sqrt(float64(len(in)))}, words[w])
		}
	}
	var ranked []int
	for i, t := range all {
		if t.script == script {
			h.strange[i] = t.strange(words)
			h.score[i] -= h.strange[i]
			ranked = append(ranked, i)
		}
	}
	slices.SortStableFunc(ranked, func(a, b int) int { return cmp.Compare(h.score[b], h.score[a]) })
	return h.verdict(all, ranked)
}

func (h *hearing) add(w heard, times int) {
	h.words = append(h.words, w)
	for _, i := range w.in {
		h.score[i] += w.weight
		h.found[i] += times
	}
}

// strange counts the words with a letter beyond a to z that the language does not have.
func (t tongue) strange(words map[string]int) float64 {
	if len(t.letters) == 0 {
		return 0
	}
	n := 0
	for w, times := range words {
		if strings.ContainsFunc(w, func(r rune) bool { return r > unicode.MaxASCII && unicode.IsLetter(r) && !t.letters[r] }) {
			n += times
		}
	}
	return float64(n)
}

// verdict is the first of the ranked languages if the text has enough of it, and more than any other has.
func (h *hearing) verdict(all []tongue, ranked []int) Guess {
	first := ranked[0]
	if h.score[first] <= 0 {
		return Guess{}
	}
	sure := !all[first].only && h.total >= guessWords && h.found[first] >= guessFound && float64(h.found[first]) >= guessShare*float64(h.total)
	var near []string
	for _, other := range ranked[1:] {
		if mine, theirs := h.between(first, other); mine < guessLead || theirs > guessMargin*mine {
			sure = false
			near = append(near, all[other].tag)
		}
	}
	if sure {
		g := Guess{Tag: all[first].tag}
		if next := ranked[min(1, len(ranked)-1)]; next != first && h.score[next] > h.score[first]/2 {
			g.Or = []string{all[next].tag}
		}
		return g
	}
	near = slices.Insert(near, 0, all[first].tag)
	return Guess{Or: near[:min(len(near), 3)]}
}

// between is what speaks for each of two languages against the other.
func (h *hearing) between(a, b int) (forA, forB float64) {
	for _, w := range h.words {
		switch inA, inB := slices.Contains(w.in, a), slices.Contains(w.in, b); {
		case inA && !inB:
			forA += w.weight
		case inB && !inA:
			forB += w.weight
		}
	}
	return forA + h.strange[b], forB + h.strange[a]
}
