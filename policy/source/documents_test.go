package source_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ltipolicy/policy/policytest"
	"ltipolicy/policy/source"
)

// TestWholeDocuments loads documents of Word, Google Docs and LibreOffice, and text out of PDF, as policy load does.
// Beside NAME.LANG.html or .txt lies NAME.want with what is made of it and, below a line, what is reported with its
// line and how often. NAME.words has what a reader of the document sees, written down without us, and what is hidden.
func TestWholeDocuments(t *testing.T) {
	files, err := filepath.Glob("testdata/documents/*.*.*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		name, ending, _ := strings.Cut(filepath.Base(file), ".")
		t.Run(name, func(t *testing.T) {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			words, err := os.ReadFile("testdata/documents/" + name + ".words")
			if err != nil {
				t.Fatal(err)
			}
			p, err := source.New("document", map[string][]byte{ending: []byte("---\nname: N\ntype: other\n---\n--- summary ---\n--- content ---\n" + string(src))})
			if err != nil {
				t.Fatal(err)
			}
			v, found, err := p.Version(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			got := string(v.Primary().Content)
			var b strings.Builder
			b.WriteString(got + "\n---\n")
			var removed, shown []string
			for _, f := range found[ending] {
				b.WriteString(fmt.Sprintln(f.Code, f.Line, f.Count, f.Detail))
				if f.Code == source.FoundHidden || f.Code == source.FoundComment || f.Code == source.FoundWordsLost || f.Code == source.FoundImage {
					removed = append(removed, f.Detail)
				} else {
					shown = append(shown, f.Detail)
				}
			}
			same(t, "testdata/documents/"+name+".want", b.String())
			wrong, err := policytest.Unsaid(string(words), got, removed, shown)
			if err != nil || len(wrong) > 0 {
				t.Error(strings.Join(wrong, "\n"), err)
			}
		})
	}
}

// same compares with what is written down, or writes it with -update.
func same(t *testing.T, golden, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", golden, got, want)
	}
}
