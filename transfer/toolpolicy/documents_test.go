package toolpolicy_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"ltipolicy/policy/policytest"
	"ltipolicy/policy/source"
	"ltipolicy/transfer/toolpolicy"
)

var update = flag.Bool("update", false, "write what is made of the rows instead of comparing with it")

// TestRowsOfEveryFormat takes over five rows of a dump, in Moodle's four formats. Beside it lies what is made of each and
// what is reported, and in .words what Moodle shows of it: summary and content of each language, and what is hidden.
func TestRowsOfEveryFormat(t *testing.T) {
	sql, err := os.ReadFile("testdata/rows.sql")
	if err != nil {
		t.Fatal(err)
	}
	_, versions, err := text(string(sql)).Policies(t.Context())
	if err != nil || len(versions) != 5 {
		t.Fatal(len(versions), err)
	}
	said := map[int64]string{11: "sr-Cyrl", 14: "pt"}
	for _, v := range versions {
		name := fmt.Sprintf("testdata/rows-%d", v.ID)
		t.Run(fmt.Sprintf("format %d, %s", v.ContentFormat, v.Name), func(t *testing.T) {
			c, err := toolpolicy.Convert(t.Context(), v, toolpolicy.Said{Policy: said[v.ID]})
			if err != nil || c.Ask() {
				t.Fatal(c.Guess, err)
			}
			var page, b strings.Builder
			var removed, shown []string
			for _, text := range c.Version.Texts {
				fmt.Fprintf(&page, "%s\n%s\n", text.Summary, text.Content)
				fmt.Fprintf(&b, "=== %s: %s\n%s\n---\n%s\n---\n", text.Lang, text.Name, text.Summary, text.Content)
				for _, part := range []string{"summary", "content"} {
					for _, f := range c.Findings[text.Lang+" "+part] {
						fmt.Fprintln(&b, part, f.Code, f.Line, f.Count, f.Detail)
						if f.Code == source.FoundHidden || f.Code == source.FoundImage {
							removed = append(removed, f.Detail)
						} else {
							shown = append(shown, f.Detail)
						}
					}
				}
			}
			if *update {
				if err := os.WriteFile(name+".want", []byte(b.String()), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(name + ".want")
			if err != nil {
				t.Fatal(err)
			}
			if b.String() != string(want) {
				t.Errorf("got\n%s\nwant\n%s", b.String(), want)
			}
			words, err := os.ReadFile(name + ".words")
			if err != nil {
				t.Fatal(err)
			}
			wrong, err := policytest.Unsaid(string(words), page.String(), removed, shown)
			if err != nil || len(wrong) > 0 {
				t.Error(strings.Join(wrong, "\n"), err)
			}
		})
	}
}
