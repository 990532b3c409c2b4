package proof

import (
	"net/url"
	"regexp"
	"strings"
)

// word is a run of letters and digits, or the number of a list's item, which stands as a word before it.
type word struct {
	text, key string
	line      int
	at        int  // which of the text's words it is
	glued     bool // only a mark, or an element's border, stands between it and the one before
	label     bool // it is the number of an item
	note      bool // it is the number of a note, which is counted anew
	look
}

// look is what words have from the elements around them.
type look struct {
	marks marks
	href  string // where the link leads that it stands in
	cell  bool   // it is the first of a cell
	head  bool   // it stands in the header of a table
	// turned says that a browser writes it from right to left whatever its letters are.
	turned bool
}

// marks are what carries meaning, a bit each.
type marks uint16

const (
	struck marks = 1 << iota
	underlined
	lowered
	raised
	bold
	italic
	code
	target     // where a link leads, which a text in Markdown has among its words
	itemNumber // the number of an item there
)

// markNames are the elements of the marks, in the order of their bits. Code is none whose loss is told.
var markNames = []string{"s", "u", "sub", "sup", "strong", "em"}

// lacks lists what w has and its counterpart has not.
func (w word) lacks(is word) []string {
	var list []string
	if is.href != "" {
		w.marks &^= underlined // links are by nature
	}
	for i, name := range markNames {
		if w.marks&^is.marks&(1<<i) != 0 && is.marks&code == 0 {
			list = append(list, name)
		}
	}
	switch {
	case w.head && !is.head:
		list = append(list, "th")
	case w.cell && !is.cell:
		list = append(list, "td")
	}
	return list
}

// sameAddress reports whether a link leads where it led. Some lead through a page of their program, which names the goal.
func sameAddress(was, is string) bool {
	if is == "" {
		return false
	}
	if strings.HasPrefix(was, "//") {
		was = "https:" + was
	}
	if u, err := url.Parse(was); err == nil && u.String() == is || was == is {
		return true
	}
	u, err := url.Parse(was)
	if err != nil {
		return false
	}
	for _, goals := range u.Query() {
		for _, goal := range goals {
			if to, err := url.Parse(goal); err == nil && to.String() == is {
				return true
			}
		}
	}
	return false
}

// reading is the words of a text.
type reading struct {
	words     []word
	places    map[string]int      // id → the word that follows it
	notes     int                 // how many numbers of notes there are
	noted     map[string]bool     // the words of notes, which stand at the end whatever their source
	celled    map[string]bool     // the words of cells
	plain     bool                // its lines go through all cells of a row
	counts    bool                // the numbers of its lists are not all in the source
	numbers   bool                // nor are those of its headings
	signs     bool                // letters of fonts that show others stand in it
	moves     bool                // it has notes, which go to the end
	aside     map[string]int      // words that need not be seen, or that are not text
	otherwise map[string][]string // words with an entity in them → what they are where entities are none, in code
}

func newReading() *reading {
	return &reading{places: map[string]int{}, noted: map[string]bool{}, celled: map[string]bool{}, aside: map[string]int{}, otherwise: map[string][]string{}}
}

var wordForm = regexp.MustCompile(`[\p{L}\p{N}\p{M}]+`)

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
		times := strings.Contains(between, "*") && digit(s, m[0]) && digit(s, from-1) // 5*3 is no 53
		list = append(list, word{text: text, key: key(text), line: line, at: len(list), glued: len(list) > 0 && !times && strings.TrimFunc(between, thin) == ""})
		from = m[1]
	}
	return list
}

func digit(s string, i int) bool { return i >= 0 && '0' <= s[i] && s[i] <= '9' }

// thin reports whether a character does not part words: the marks of Markdown, and those that readers of it set.
func thin(r rune) bool { return strings.ContainsRune("*~|[`\\", r) || isSign(r) }

// key is what two words are compared by; a number has no leading zeros, because lists have none.
func key(s string) string {
	if t := strings.TrimLeft(s, "0"); t != s && t != "" && strings.Trim(t, "0123456789") == "" {
		return t
	}
	return strings.ToLower(s)
}

// say counts words that need not be seen.
func (r *reading) say(s string) {
	for _, k := range split(s, 0) {
		r.aside[k.key]++
	}
}

// near is how many words align passes over for words that are the same, be it a single one; for more, three in a row have to be.
const near = 8

// align walks along two texts. at is where each word of a stands in b, -1 for those of onlyA, which b does not have at
// their place.
func align(a, b []word) (at []int, onlyA, onlyB []word) {
	at = make([]int, len(a))
	far := triples(b)
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		n, m := joined(a[i:], b[j:])
		if n == 0 {
			n, m = next(a[i:], b[j:], j, far)
			onlyA, onlyB = append(onlyA, a[i:i+n]...), append(onlyB, b[j:j+m]...)
			for k := range n {
				at[i+k] = -1
			}
		} else {
			for k := range n {
				at[i+k] = j + min(k, m-1)
			}
		}
		i, j = i+n, j+m
	}
	for k := i; k < len(a); k++ {
		at[k] = -1
	}
	return at, append(onlyA, a[i:]...), append(onlyB, b[j:]...)
}

type triple [3]string

// tripleAt are three words of a list; behind its end there are empty ones, so that ends meet.
func tripleAt(list []word, i int) triple {
	var t triple
	for k := range min(len(t), len(list)-i) {
		t[k] = list[i+k].key
	}
	return t
}

// triples are where three words stand in a row, in ascending order.
func triples(list []word) map[triple][]int {
	m := map[triple][]int{}
	for i := range list {
		t := tripleAt(list, i)
		m[t] = append(m[t], i)
	}
	return m
}

// next is how many words on either side to pass over until both texts go on with the same. The second text begins with
// its word number from; far are the places of its triples. What is passed over is passed over once, so that the work
// grows with the texts.
func next(a, b []word, from int, far map[triple][]int) (i, j int) {
	k := 0
	for k < min(len(a), most) && a[k].marks&target != 0 {
		k++
	}
	if k > 0 {
		return k, 0
	}
	for sum := 1; sum <= near; sum++ {
		same, at := 0, 0
		for n := max(0, sum-len(b)+1); n <= min(sum, len(a)-1); n++ {
			if k := meets(a[n:], b[sum-n:]); k > same {
				same, at = k, n
			}
		}
		if same > 0 {
			return at, sum - at
		}
	}
	i, j = len(a), 0
	for d, best := 0, len(a)+len(b); d < min(len(a), best); d++ {
		t := tripleAt(a, d)
		for len(far[t]) > 0 && far[t][0] < from { // those behind are not asked for again
			far[t] = far[t][1:]
		}
		if list := far[t]; len(list) > 0 && d+list[0]-from < best {
			i, j, best = d, list[0]-from, d+list[0]-from
		}
	}
	return i, j
}

// meets is with how many of the same words two texts go on, three at most.
func meets(a, b []word) int {
	for n := range 3 {
		if len(a) == 0 || len(b) == 0 {
			return 2 * n // an end says as much as words
		}
		i, j := joined(a, b)
		if i == 0 {
			return n
		}
		a, b = a[i:], b[j:]
	}
	return 3
}

// most is how many words joined puts together.
const most = 32

// joined is how many words on either side make the same letters, where only marks part them; 0 if they are different.
func joined(a, b []word) (i, j int) {
	if a[0].key == b[0].key {
		return 1, 1
	}
	x, y := strings.ToLower(a[0].text), strings.ToLower(b[0].text) // zeros count within a word
	i, j = 1, 1
	for i+j < most && x != y {
		switch {
		case strings.HasPrefix(y, x) && i < len(a) && a[i].glued:
			x += strings.ToLower(a[i].text)
			i++
		case strings.HasPrefix(x, y) && j < len(b) && b[j].glued:
			y += strings.ToLower(b[j].text)
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
