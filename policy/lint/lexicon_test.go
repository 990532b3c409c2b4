package lint

import (
	"strings"
	"testing"

	"ltipolicy/policy"
)

func TestWordListsAreChecked(t *testing.T) {
	whole := ""
	for _, g := range groupNames {
		whole += "[" + g + "]\nword\n"
	}
	if _, err := readLexicon("en", whole); err != nil {
		t.Fatal(err)
	}
	for name, src := range map[string]string{
		"a group is missing":  strings.Replace(whole, "[act]\nword\n", "", 1),
		"a group is empty":    strings.Replace(whole, "[act]\nword\n", "[act]\n", 1),
		"a group is unknown":  whole + "[acts]\nword\n",
		"a group comes twice": whole + "[act]\nword\n",
		"words come first":    "word\n" + whole,
		"a gap comes first":   whole + ".. word\n",
		"a gap comes last":    whole + "word ...\n",
		"two words in one":    whole + "e-mail\n",
		"an empty choice":     whole + "a||b\n",
	} {
		if _, err := readLexicon("en", src); err == nil {
			t.Errorf("%s, and nothing is said", name)
		}
	}
}

// TestPhrases shows what the marks in a word list mean.
func TestPhrases(t *testing.T) {
	x := &lexicon{groups: map[string][]phrase{}, fold: policy.Fold}
	for _, group := range []struct{ name, line string }{{"p", "by us*|visiting .. site ... agree"}, {"not", "not"}} {
		p, err := x.phrase(group.line)
		if err != nil {
			t.Fatal(err)
		}
		x.groups[group.name] = []phrase{p}
	}
	for text, want := range map[string]bool{
		"By using the site you agree":                    true,
		"Clearly, by visiting site agree.":               true,
		"By use of our old site: AGREE":                  true,
		"by use of our very old site you agree":          false, // four words in a short gap
		"by using the site 1 2 3 4 5 6 7 8 9 0 agree":    true,
		"by using the site 1 2 3 4 5 6 7 8 9 0 1 agree":  false,
		"by the site you agree":                          false,
		"by using the site you do not agree":             false,
		"not by using the site you agree":                false,
		"not just 1 by using the site you agree":         false,
		"not just 1 2 by using the site you agree":       true,
		"not 1 2 by visiting x by using the site, agree": true,
		"": false,
	} {
		if got := x.has(x.words(text), "p", "not"); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}
