package ltitest

import "strings"

// collationKey sorts and searches as Moodle's database collation does: case and diacritics do not count.
func collationKey(s string) string { return plainLetters.Replace(strings.ToLower(s)) }

// asciiKey spells a name in ASCII letters, for usernames and addresses.
func asciiKey(s string) string {
	s = cyrillic.Replace(collationKey(s))
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '.' {
			return r
		}
		return -1
	}, s)
}

var plainLetters = strings.NewReplacer(
	"ă", "a", "â", "a", "î", "i", "ș", "s", "ş", "s", "ț", "t", "ţ", "t",
	"ą", "a", "č", "c", "ę", "e", "ė", "e", "į", "i", "š", "s", "ų", "u", "ū", "u", "ž", "z",
	"ć", "c", "đ", "d", "á", "a", "é", "e", "ó", "o", "ö", "o", "ő", "o", "ü", "u", "ű", "u",
)

var cyrillic = strings.NewReplacer(
	"а", "a", "б", "b", "в", "v", "г", "g", "д", "d", "ђ", "dj", "е", "e", "ж", "zh", "з", "z", "и", "i", "й", "y",
	"ј", "j", "к", "k", "л", "l", "љ", "lj", "м", "m", "н", "n", "њ", "nj", "о", "o", "п", "p", "р", "r", "с", "s",
	"т", "t", "ћ", "c", "у", "u", "ф", "f", "х", "h", "ц", "ts", "ч", "ch", "џ", "dz", "ш", "sh", "щ", "sht",
	"ъ", "a", "ь", "y", "ю", "yu", "я", "ya",
)
