package toolpolicy_test

import (
	"slices"
	"strings"
	"testing"

	"ltipolicy/transfer/toolpolicy"
)

// Every reader's text is what Moodle's filters show them, and an answer names it.
func TestReadersGetWhatMoodleShowed(t *testing.T) {
	const english = "This is the text that all of the users of this site have to read, and they may not share it."
	for name, tt := range map[string]struct {
		name, content string
		said          toolpolicy.Said
		texts         []string          // language, name, words
		shown         map[string]string // by Moodle's code
	}{
		"other beside one language": {
			"Terms", "{mlang other}" + english + "{mlang}{mlang es}No compartir.{mlang}", toolpolicy.Said{},
			[]string{"en Terms: " + english, "es Terms: No compartir."},
			map[string]string{"ro": "en", "en": "en", "es": "es", "es_co": "es", "es_mx": "en", "de_kids": "en"},
		},
		"other twice": {
			"{mlang en}Terms{mlang}{mlang es}Condiciones{mlang}{mlang other}Terms{mlang}",
			"{mlang es}No compartir.{mlang}{mlang en}" + english + "{mlang}{mlang other}" + english + "{mlang}", toolpolicy.Said{},
			[]string{"en Terms: " + english, "es Condiciones: No compartir."}, map[string]string{"ro": "en", "es": "es"},
		},
		"several languages in one part": {
			"T", "All. {mlang en,fr}Both.{mlang}{mlang ro}Unul.{mlang}{ mlang OTHER }Rest.{ mlang }", toolpolicy.Said{Policy: "de"},
			[]string{"de T: All. Rest.", "en T: All. Both.", "fr T: All. Both.", "ro T: All. Unul."},
			map[string]string{"fr": "fr", "en": "en", "fr_ca": "fr", "ro": "ro", "it": "de", "de": "de"},
		},
		"what is said of the site comes after the words": {
			"T", "{mlang other}" + english + "{mlang}{mlang es}No.{mlang}", toolpolicy.Said{Site: "es"},
			[]string{"en T: " + english, "es T: No."}, map[string]string{"ro": "en"},
		},
		"what is said of the site where no words tell": {
			"T", "{mlang other}Hm.{mlang}{mlang es}No.{mlang}", toolpolicy.Said{Site: "lt"},
			[]string{"lt T: Hm.", "es T: No."}, map[string]string{"ro": "lt", "lt": "lt"},
		},
		"other's language has its own, and it is meant": {
			"T", "{mlang es}No.{mlang}{mlang en}Yes.{mlang}{mlang other}Yes indeed.{mlang}", toolpolicy.Said{Policy: "en"},
			[]string{"en T: Yes.", "es T: No."}, map[string]string{"ro": "en"},
		},
		"spans fall back on English": {
			"T", `<span lang="ro" class="multilang">Unu.</span> <span lang="en" class="multilang">One.</span>`, toolpolicy.Said{},
			[]string{"ro T: Unu.", "en T: One."}, map[string]string{"bg": "en", "ro_wp": "ro", "en_us": "en"},
		},
		"spans fall back on the first": {
			"T", `<span lang="ro" class="multilang">Unu.</span> <span lang="no" class="multilang">En.</span>`, toolpolicy.Said{},
			[]string{"ro T: Unu.", "no T: En."}, map[string]string{"bg": "ro", "nn": "no"},
		},
	} {
		c, err := toolpolicy.Convert(t.Context(), toolpolicy.Version{Name: tt.name, Content: tt.content, SummaryFormat: 1, ContentFormat: 1}, tt.said)
		if err != nil || c.Ask() {
			t.Errorf("%s: asks %v, %v", name, c.Ask(), err)
			continue
		}
		var texts []string
		for _, text := range c.Version.Texts {
			texts = append(texts, text.Lang+" "+text.Name+": "+strings.TrimSpace(strings.NewReplacer("<p>", "", "</p>", "").Replace(string(text.Content))))
		}
		if !slices.Equal(texts, tt.texts) {
			t.Errorf("%s: texts\n%q, want\n%q", name, texts, tt.texts)
		}
		for code, want := range tt.shown {
			if got := c.Shown(code); got != want {
				t.Errorf("%s: whoever reads %s saw %s, want %s", name, code, got, want)
			}
		}
	}
}

// A text that would be lost, or of which nobody tells the language, waits until its author says it.
func TestAuthorIsAsked(t *testing.T) {
	const english = "This is the text that all of the users of this site have to read, and they may not share it."
	for name, content := range map[string]string{
		"other's language has another text": "{mlang en}Yes.{mlang}{mlang other}" + english + "{mlang}",
		"other's words are too few":         "{mlang en}Yes.{mlang}{mlang other}Hm.{mlang}",
		"the words are too few":             "Hm, hm.",
		"two languages":                     english + " Acesta este textul pe care trebuie să îl citească toți utilizatorii și nu este voie să fie dat mai departe.",
		"Danish or Norwegian":               "Brugere og ansatte kan se alle data i systemet til enhver tid.",
	} {
		c, err := toolpolicy.Convert(t.Context(), toolpolicy.Version{Name: "T", Content: content, SummaryFormat: 1, ContentFormat: 1}, toolpolicy.Said{})
		if err != nil || !c.Ask() {
			t.Errorf("%s: taken as %s, %v", name, c.Version.Primary().Lang, err)
		}
	}
}

func TestPartsThatNobodyReadsAreNamed(t *testing.T) {
	if got := toolpolicy.Nobody("{mlang qqq9}Lost{mlang}{mlang en}Yes{mlang}", "{mlang other}o{mlang}"); !slices.Equal(got, []string{"qqq9"}) {
		t.Errorf("nobody reads %v", got)
	}
}
