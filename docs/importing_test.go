package docs

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"ltipolicy/policy/markup"
	"ltipolicy/policy/source"
)

// reported is the list in docs/importing.md, as the importer would write it today.
func reported(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, folder := range []string{"upt", "ktu"} {
		sources, err := source.Read(os.DirFS("../testdata/policies/" + folder))
		if err != nil {
			t.Fatal(err)
		}
		for _, src := range sources {
			v, findings, err := src.Version(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			text := v.Primary()
			words := markup.Words(text.Content)
			fmt.Fprintf(&b, "### %s: %s\n\n%d words, %d minutes, %d headings.\n\n", src.Slug, text.Name, words, markup.ReadingMinutes(words), len(markup.Contents(text.Content)))
			b.WriteString("| line | reported | where |\n|---|---|---|\n")
			for _, file := range slices.Sorted(maps.Keys(findings)) {
				for _, f := range findings[file] {
					line, times := "", ""
					if f.Line > 0 {
						line = fmt.Sprint(f.Line)
					}
					if f.Count > 1 {
						times = fmt.Sprintf(" (%d times)", f.Count)
					}
					fmt.Fprintf(&b, "| %s | `%s` | %s%s |\n", line, f.Code, strings.NewReplacer("|", `\|`, "\u00a0", " ", "*", `\*`, "_", `\_`).Replace(f.Detail), times)
				}
			}
			b.WriteString("\n")
		}
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

func TestImportingIsAsTheDocumentSays(t *testing.T) {
	doc, err := os.ReadFile("importing.md")
	if err != nil {
		t.Fatal(err)
	}
	const heading = "## What it reported for the seven source policies\n"
	_, rest, ok := strings.Cut(string(doc), heading)
	_, list, found := strings.Cut(rest, "\n### ")
	if want := reported(t); !ok || !found || "### "+list != want {
		t.Errorf("docs/importing.md does not end with this list:\n%s", want)
	}
}
