package docs

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"ltipolicy/policy/lint"
	"ltipolicy/policy/source"
)

// remarked is the list in docs/linting.md, as the linter would write it today.
func remarked(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, folder := range []string{"upt", "ktu"} {
		sources, err := source.Read(os.DirFS("../testdata/policies/" + folder))
		if err != nil {
			t.Fatal(err)
		}
		for _, src := range sources {
			v, _, err := src.Version(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, "### %s: %s\n\n| remark | where | sentence |\n|---|---|---|\n", src.Slug, v.Primary().Name)
			for _, f := range lint.Version(v) {
				if len(f.Places) == 0 {
					fmt.Fprintf(&b, "| `%s` | | |\n", f.Rule)
				}
				for _, p := range f.Places {
					fmt.Fprintf(&b, "| `%s` | %s |\n", f.Rule, quoted(p))
				}
				for _, p := range f.Against {
					fmt.Fprintf(&b, "| … against that | %s |\n", quoted(p))
				}
			}
			b.WriteString("\n")
		}
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

func quoted(p lint.Place) string {
	where := p.Section
	if p.InSummary {
		where = strings.TrimSuffix("summary, "+where, ", ")
	}
	text := p.Text
	if r := []rune(text); len(r) > 120 {
		text = string(r[:119]) + "…"
	}
	return strings.NewReplacer("|", `\|`, "\u00a0", " ", "*", `\*`, "_", `\_`).Replace(where) + " | " + strings.NewReplacer("|", `\|`, "\u00a0", " ").Replace(text)
}

func TestLintingIsAsTheDocumentSays(t *testing.T) {
	doc, err := os.ReadFile("linting.md")
	if err != nil {
		t.Fatal(err)
	}
	const heading = "## What it says of the seven source policies\n"
	rules, rest, ok := strings.Cut(string(doc), heading)
	_, list, found := strings.Cut(rest, "\n### ")
	if want := remarked(t); !ok || !found || "### "+list != want {
		t.Errorf("docs/linting.md does not end with this list:\n%s", want)
	}
	for _, rule := range []lint.Rule{
		lint.Blank, lint.Implied, lint.Unilateral, lint.Bundled, lint.Cookies, lint.NeverShared,
		lint.Contacts, lint.Date, lint.Authority, lint.Withdrawal,
	} {
		if !strings.Contains(rules, "\n| `"+string(rule)+"` | ") {
			t.Errorf("docs/linting.md does not describe %s", rule)
		}
	}
}
