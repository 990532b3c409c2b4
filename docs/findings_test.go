package docs_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"ltipolicy/policy/source"
)

// losses are the codes of findings that publish nothing from files, whatever they name.
var losses = []string{
	source.FoundWordsLost, source.FoundWordsAdded, source.FoundWordsMoved, source.FoundMark,
	source.FoundImage, source.FoundImageBad, source.FoundImageLarge, source.FoundImageMany,
}

// Each code that the importers have a message for stands in the table of docs/importing.md, and those that are losses are
// the ones that the page says, no other.
func TestEachFindingIsExplainedAndIsALossOrNone(t *testing.T) {
	raw, err := os.ReadFile("../templates/locales/en.json")
	if err != nil {
		t.Fatal(err)
	}
	var messages map[string]any
	if err := json.Unmarshal(raw, &messages); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("importing.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for key := range messages {
		code, ok := strings.CutPrefix(key, "finding.")
		if !ok {
			continue
		}
		seen++
		if !strings.Contains(string(page), "`"+code+"`") {
			t.Errorf("docs/importing.md does not explain %s", code)
		}
		if got := (source.Finding{Code: code, Detail: "p", Count: 1}).Loss(); got != (slices.Contains(losses, code) || code == source.FoundLink) {
			t.Errorf("%s is a loss: %v", code, got)
		}
	}
	if seen < 40 {
		t.Errorf("only %d messages were found", seen)
	}
	for detail, want := range map[string]bool{"/mod/page": true, "tel:1 2": true, "#gone": false, "#": false} {
		if (source.Finding{Code: source.FoundLink, Detail: detail}).Loss() != want {
			t.Errorf("a link to %s is a loss: %v", detail, !want)
		}
	}
	for detail, want := range map[string]bool{"iframe https://a.example": true, "svg": true, "<institution name>": true, "button": false, "style": false} {
		if (source.Finding{Code: source.FoundElement, Detail: detail}).Loss() != want {
			t.Errorf("the element %s is a loss: %v", detail, !want)
		}
	}
}
