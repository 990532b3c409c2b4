package normal

import "strings"

// Undirected is a text of one line without the characters that turn writing round: embeddings, overrides and isolates of
// direction, U+202A to U+202E and U+2066 to U+2069. It is for showing what others sent, such as names: one that is left
// open in a name would turn round what stands beside it. Letters of right-to-left scripts need none of them to be read.
func Undirected(s string) string {
	if !strings.ContainsFunc(s, Directs) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if Directs(r) {
			return -1
		}
		return r
	}, s)
}

// Shown is a text of others as it may stand in one line, such as a header or a letter: at most so many characters, one space
// for all white space and what is not seen, and [Undirected].
func Shown(s string, most int) string {
	s = strings.Join(strings.FieldsFunc(Undirected(strings.ToValidUTF8(s, "\uFFFD")), func(r rune) bool {
		return r <= ' ' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029'
	}), " ")
	if rs := []rune(s); len(rs) > most {
		s = string(rs[:most-1]) + "…"
	}
	return s
}

// Directs reports whether a character embeds, overrides or isolates a direction.
func Directs(r rune) bool { return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' }
