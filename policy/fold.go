package policy

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Fold is the form of a text in which a search compares: lower case, without diacritics, with single spaces,
// in whatever script it is. "Țăran", "țaran" and "TARAN" fold alike, and so do the comma and the cedilla
// below an s. It is idempotent.
func Fold(s string) string {
	if plain, ok := foldASCII(s); ok {
		return plain
	}
	var b strings.Builder
	b.Grow(len(s))
	space := true
	for _, r := range norm.NFKD.String(s) {
		switch {
		case unicode.Is(unicode.Mn, r), unicode.Is(unicode.Cf, r):
			continue
		case unicode.IsSpace(r):
			if !space {
				b.WriteByte(' ')
			}
			space = true
			continue
		}
		space = false
		r = unicode.ToLower(r)
		if letters, ok := undecomposed[r]; ok {
			b.WriteString(letters)
			continue
		}
		b.WriteRune(r)
	}
	return strings.TrimSuffix(b.String(), " ")
}

// FoldSerbian is [Fold] with Cyrillic letters in their Latin form, so that both scripts compare equal, and so
// do words in which look-alike letters were mixed up.
func FoldSerbian(s string) string {
	s = Fold(s)
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range s {
		if l, ok := latin[r]; ok {
			b.WriteString(l[0])
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// foldASCII does the same for a text that has nothing but ASCII, which most queries and many names are.
func foldASCII(s string) (string, bool) {
	for i := range len(s) {
		if s[i] >= 0x80 || s[i] < ' ' {
			return "", false
		}
	}
	return strings.Join(strings.Fields(strings.ToLower(s)), " "), true
}

// undecomposed are letters that Unicode does not take apart although readers do.
var undecomposed = map[rune]string{
	'đ': "d", 'ð': "d", 'ł': "l", 'ø': "o", 'ı': "i", 'ħ': "h", 'ŧ': "t", 'ß': "ss", 'æ': "ae", 'œ': "oe", 'þ': "th", 'ŋ': "n",
	'’': "'", '‘': "'", '–': "-", '—': "-", '‐': "-",
}

// SearchKey is what a search looks through for a person: the folded fields, and for Cyrillic ones also their
// Latin forms, the Serbian and the Bulgarian one, so that a reader without the keyboard finds them too.
func SearchKey(fields ...string) string {
	s := Fold(strings.Join(fields, " "))
	if !strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Cyrillic, r) }) {
		return s
	}
	var serbian, bulgarian strings.Builder
	for _, r := range s {
		if l, ok := latin[r]; ok {
			serbian.WriteString(l[0])
			bulgarian.WriteString(l[1])
			continue
		}
		serbian.WriteRune(r)
		bulgarian.WriteRune(r)
	}
	return s + " " + serbian.String() + " " + bulgarian.String()
}

// latin holds for each folded Cyrillic letter its Serbian and its Bulgarian Latin form, folded.
var latin = map[rune][2]string{
	'а': {"a", "a"}, 'б': {"b", "b"}, 'в': {"v", "v"}, 'г': {"g", "g"}, 'д': {"d", "d"}, 'ђ': {"d", "d"}, 'е': {"e", "e"},
	'ж': {"z", "zh"}, 'з': {"z", "z"}, 'и': {"i", "i"}, 'ј': {"j", "j"}, 'к': {"k", "k"}, 'л': {"l", "l"}, 'љ': {"lj", "lj"},
	'м': {"m", "m"}, 'н': {"n", "n"}, 'њ': {"nj", "nj"}, 'о': {"o", "o"}, 'п': {"p", "p"}, 'р': {"r", "r"}, 'с': {"s", "s"},
	'т': {"t", "t"}, 'ћ': {"c", "c"}, 'у': {"u", "u"}, 'ф': {"f", "f"}, 'х': {"h", "h"}, 'ц': {"c", "ts"}, 'ч': {"c", "ch"},
	'џ': {"dz", "dzh"}, 'ш': {"s", "sh"}, 'щ': {"st", "sht"}, 'ъ': {"", "a"}, 'ы': {"y", "y"}, 'ь': {"", "y"}, 'э': {"e", "e"},
	'ю': {"ju", "yu"}, 'я': {"ja", "ya"},
}

// Matches reports whether every word of the query stands somewhere in the key that [SearchKey] made.
func Matches(key, query string) bool {
	for word := range strings.FieldsSeq(Fold(query)) {
		if !strings.Contains(key, word) {
			return false
		}
	}
	return true
}
