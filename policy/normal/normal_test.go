package normal_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ltipolicy/policy/normal"
)

func TestText(t *testing.T) {
	for name, c := range map[string]struct {
		in, want string
		changes  []normal.Change
	}{
		"as it should be":                    {"Ștefan\tşi €\n", "Ștefan\tşi €\n", nil},
		"line ends of Windows and old Macs":  {"a\r\nb\rc", "a\nb\nc", nil},
		"vertical tab, NEL, separators":      {"a\vb\u0085c\u2028d\u2029e", "a\nb\nc\nd\n\ne", []normal.Change{{normal.Replaced, "U+000B", 1}, {normal.Replaced, "U+0085", 1}, {normal.Replaced, "U+2028", 1}, {normal.Replaced, "U+2029", 1}}},
		"form feed":                          {"a\nb\fc", "a\nb\n\nc", []normal.Change{{normal.Replaced, "U+000C", 2}}},
		"other controls":                     {"a\x00b\x1bc\x7fd\u0081e", "a b c d e", []normal.Change{{normal.Replaced, "U+0000", 1}, {normal.Replaced, "U+001B", 1}, {normal.Replaced, "U+007F", 1}, {normal.Replaced, "U+0081", 1}}},
		"code page 1252 read as Latin-1":     {"\u0093a\u0094 \u0096 5\u0080", "“a” – 5€", []normal.Change{{normal.Replaced, "U+0093", 1}, {normal.Replaced, "U+0094", 1}, {normal.Replaced, "U+0096", 1}, {normal.Replaced, "U+0080", 1}}},
		"letters written apart":              {"S\u0326tefan e\u0301\nb e\u0301", "Ștefan é\nb é", []normal.Change{{normal.Composed, "Ștefan", 1}, {normal.Composed, "é", 1}, {normal.Composed, "é", 2}}},
		"zero-width space, byte order mark":  {"\ufeffall\u200b people\u2060", "all people", []normal.Change{{normal.Removed, "U+FEFF", 1}, {normal.Removed, "U+200B", 1}, {normal.Removed, "U+2060", 1}}},
		"soft hyphen":                        {"stu\u00addent", "student", []normal.Change{{normal.Removed, "U+00AD", 1}}},
		"soft hyphen at the end of a line":   {"studen\u00ad\nților", "studen-\nților", []normal.Change{{normal.Replaced, "U+00AD", 1}}},
		"an override turns nothing round":    {"\u202eUcseP שלום", "UcseP שלום", []normal.Change{{normal.Removed, "U+202E", 1}}},
		"marks of direction where none is":   {"a\u200eb\u2066c\u2069", "abc", []normal.Change{{normal.Removed, "U+200E", 1}, {normal.Removed, "U+2066", 1}, {normal.Removed, "U+2069", 1}}},
		"marks of direction in Hebrew":       {"שלום\u200f!", "שלום\u200f!", nil},
		"a non-joiner in Persian":            {"می\u200cخواهم", "می\u200cخواهم", nil},
		"a joiner in Sinhala":                {"ශ්\u200dරී", "ශ්\u200dරී", nil},
		"joiners in Latin":                   {"of\u200cfice\u200d", "office", []normal.Change{{normal.Removed, "U+200C", 1}, {normal.Removed, "U+200D", 1}}},
		"a family, and a flag of tags":       {"👩\u200d👧 🏴\U000e0067\U000e0062\U000e007f", "👩\u200d👧 🏴\U000e0067\U000e0062\U000e007f", nil},
		"tags hide words":                    {"a\U000e0061\U000e0062", "a", []normal.Change{{normal.Removed, "U+E0061", 1}, {normal.Removed, "U+E0062", 1}}},
		"an invisible space in Thai":         {"ภาษา\u200bไทย", "ภาษา\u200bไทย", nil},
		"a filler, an object, no character":  {"a\u3164b\ufffcc\ufffe", "abc", []normal.Change{{normal.Removed, "U+3164", 1}, {normal.Removed, "U+FFFC", 1}, {normal.Removed, "U+FFFE", 1}}},
		"spaces that must not break stay":    {"5\u00a0km 10\u2009000", "5\u00a0km 10\u2009000", nil},
		"what a private font shows stays":    {"\uf0b7 item", "\uf0b7 item", nil},
		"broken bytes are for somebody else": {"a\xff\x00", "a\xff\x00", nil},
	} {
		got, changes := normal.Text(c.in)
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if d := cmp.Diff(c.changes, changes); d != "" {
			t.Errorf("%s:\n%s", name, d)
		}
	}
}

func TestJoinersBetweenPiecesStay(t *testing.T) {
	for name, c := range map[string]struct {
		around   normal.Around
		in, want string
	}{
		"a non-joiner alone":                {normal.Around{Before: "می", After: "خواهم"}, "\u200c", "\u200c"},
		"at the end of a piece":             {normal.Around{After: "खा"}, "x\u200d", "x\u200d"},
		"behind another one":                {normal.Around{Before: "می\u200c"}, "\u200c", "\u200c"},
		"in Latin":                          {normal.Around{Before: "of", After: "fice"}, "\u200c", ""},
		"where nothing is":                  {normal.Around{}, "\u200c", ""},
		"a mark of direction beside Hebrew": {normal.Around{Leftward: true}, "C++\u200f", "C++\u200f"},
		"an override":                       {normal.Around{Leftward: true, Before: "שלום"}, "\u202e", ""},
	} {
		if got, _ := c.around.Text(c.in); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	for in, want := range map[string]string{
		"&#x6cc;\u200c&#x62e;": "&#x6cc;\u200c&#x62e;", "<b>می</b>\u200c<i>خ</i>": "<b>می</b>\u200c<i>خ</i>", "all\u200b people": "all people",
		"&#1513;\u200f!": "&#1513;\u200f!",
	} {
		if got, _ := normal.Markup(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestLine(t *testing.T) {
	if got := normal.Line("  Ana\v\u202eMa\u0306r\r\nPop "); got != "Ana Măr Pop" {
		t.Errorf("%q", got)
	}
}

func TestUndirectedTextTurnsNothingRound(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "Ana Pop": "Ana Pop", "Ana \u202eUcseP": "Ana UcseP", "\u202a\u202b\u202c\u202d\u202e": "", "\u2066a\u2067b\u2068c\u2069": "abc",
		"דנה \u200fכהן": "דנה \u200fכהן", "a\xffb": "a\xffb",
	} {
		if got := normal.Undirected(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

// Whatever comes, the form of the form is the form, it is UTF-8 if the text was, and a text without a change is itself.
func TestTextSettles(t *testing.T) {
	odd := rapid.SampledFrom([]rune("aSe \n\r\t\v\f\x00\u0085\u0093\u0326\u0301\u00ad\u200b\u200c\u200d\u200e\u202e\u2066\u2069\u2028\ufeff\ufe0f\u3164\U000e0061\U0001f3f4👩ش하ไ०\u094d\u0600\u180eᠠ"))
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOf(odd).Draw(t, "text")
		once, changes := normal.Text(s)
		again, more := normal.Text(once)
		if again != once || len(more) > 0 || !utf8.ValidString(once) {
			t.Fatalf("%q, then %q with %v", once, again, more)
		}
		if len(changes) == 0 && once != s && !strings.Contains(s, "\r") {
			t.Fatalf("%q became %q without a word", s, once)
		}
	})
}

func TestOneLineIsShown(t *testing.T) {
	for in, want := range map[string]string{
		" Ana\r\nBcc: x\u2028y ": "Ana Bcc: …", "\u202eabc": "abc", "a\x00\x1bb": "a b", "\xffa": "\uFFFDa", "abcdefghijkl": "abcdefghi…", "": "",
	} {
		if got := normal.Shown(in, 10); got != want {
			t.Errorf("%q is shown as %q", in, got)
		}
	}
}
