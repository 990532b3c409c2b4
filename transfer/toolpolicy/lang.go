package toolpolicy

import (
	"strings"

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
