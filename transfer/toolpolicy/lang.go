package toolpolicy

import (
	"strings"
	"unicode"

	"golang.org/x/text/language"
)

// codes are Moodle's language codes that do not say in BCP 47 what they mean: x/text would read CR and LT as
// Costa Rica and Lithuania.
var codes = map[string]string{
	"sr_cr": "sr-Cyrl", "sr_cr_bo": "sr-Cyrl", "sr_lt": "sr-Latn", "sr_lt_bo": "sr-Latn", "lt_uni": "lt", "mo": "ro",
}

// Tag is the BCP 47 tag that Moodle's language code means, such as sr-Cyrl for sr_cr; empty if it means none.
func Tag(code string) string {
	code = strings.ToLower(strings.TrimSpace(code))
	if t, ok := codes[strings.ReplaceAll(code, "-", "_")]; ok {
		return t
	}
	t, err := language.Parse(strings.ReplaceAll(code, "_", "-"))
	if err != nil || t == language.Und {
		// A site's own variant, such as de_uni_x.
		base, _, ok := strings.Cut(strings.ReplaceAll(code, "-", "_"), "_")
		if !ok {
			return ""
		}
		return Tag(base)
	}
	return t.String()
}

// Code is Moodle's code for a BCP 47 tag. A code stays as it is.
func Code(tag string) string {
	switch tag {
	case "sr-Cyrl":
		return "sr_cr"
	case "sr-Latn":
		return "sr_lt"
	}
	return strings.ToLower(strings.ReplaceAll(tag, "-", "_"))
}

// frequent are the most frequent short words of a language, and the letters that it alone has among those of
// its script here.
var frequent = []struct {
	tag     string
	words   string
	letters string
}{
	{"en", "the and of to is in for that with this are your not by be or", ""},
	{"ro", "și de la în care pentru nu sunt este cu din prin sau pe al ale datelor", "șțăşţ"},
	{"lt", "ir yra kad su į iš kurie arba šios tai šis kaip apie bei", "ėįųūą"},
	{"pt", "de que não os dos das para com uma são em ou ao na no", "ãõ"},
	{"de", "der die und das ist nicht mit von zu den für eine oder", "ß"},
	{"fr", "le la les et des est pour que vous dans une par du", "œ"},
	{"es", "el la los y de que para con una por del las es", "ñ"},
	{"bg", "на и за да се от при със които или не са", "щъ"},
	{"sr-Cyrl", "је и се на да за који са од или није у", "ђјљњћџ"},
	{"ru", "и в на не что с для или по от это при", "ыэ"},
	{"uk", "та на що для або не з до за від це", "іїєґ"},
}

// Guess says in which language a text is most probably written, by its frequent words and its letters; empty
// if nothing speaks for one. Moodle keeps no language with a policy.
func Guess(text string) string {
	words := map[string]int{}
	letters := map[rune]int{}
	total := 0
	for _, w := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) }) {
		words[w]++
		if total++; total > 5000 {
			break
		}
		for _, r := range w {
			letters[r]++
		}
	}
	best, tag := 0, ""
	for _, f := range frequent {
		score := 0
		for w := range strings.FieldsSeq(f.words) {
			score += 10 * words[w]
		}
		for _, r := range f.letters {
			score += 5 * letters[r]
		}
		if score > best {
			best, tag = score, f.tag
		}
	}
	if best < 10 {
		return ""
	}
	return tag
}
