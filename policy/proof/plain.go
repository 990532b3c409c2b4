package proof

import (
	"regexp"
	"strings"

	"ltipolicy/policy/normal"
)

// ringMark is a bullet that is a letter.
var ringMark = regexp.MustCompile(`(?m)^[ \t]*o[ \t]+`)

// readPlain reads plain text: all that stands there, but for letters that are bullets. Words that are divided at the end of a line hang together.
func readPlain(src string) *reading {
	r := newReading()
	r.counts, r.plain = true, true
	src, _ = normal.Text(src)
	src = ringMark.ReplaceAllStringFunc(src, func(s string) string {
		r.say(s)
		return strings.Repeat(" ", len(s))
	})
	r.words = split(src, 1)
	from := 0
	for i, m := range wordForm.FindAllStringIndex(src, -1) {
		between := strings.Trim(src[from:m[0]], " \t")
		r.words[i].glued = r.words[i].glued || i > 0 && (between == "-\n" || between == "\u2010\n")
		from = m[1]
	}
	return r
}
