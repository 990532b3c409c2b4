package templates

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden pages instead of comparing with them")

// goldenDir holds every learner's page, and the pictures, in every language: a folder a language, a file a state.
const goldenDir = "../testdata/golden"

// looked are the pages that a learner or the public may see, and the pictures.
var looked = []string{"figures", "pending", "leave", "saved", "agreements", "event", "record", "public", "error", "storage"}

// TestGoldenPages compares these pages in every state and language with the one that somebody has
// looked at. After a change that is meant: go test ./templates -run Golden -update, and read the difference.
func TestGoldenPages(t *testing.T) {
	s := newSet(t)
	// The addresses of style and scripts change with their content, the pages do not.
	hash := regexp.MustCompile(`/static/[0-9a-f]{16}/`)
	kept := map[string]bool{}
	for _, l := range s.locales.locales {
		for _, f := range fixtures() {
			if page, _, _ := strings.Cut(f.name, " "); !slices.Contains(looked, page) {
				continue
			}
			source, _ := render(t, s, f.make(s, l))
			got := hash.ReplaceAllString(source, "/static/HASH/")
			file := filepath.Join(goldenDir, l.Tag(), strings.ReplaceAll(f.name, " ", "-")+".html")
			kept[file] = true
			if *update {
				if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				continue
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Error(err)
				continue
			}
			if got != string(want) {
				t.Errorf("%s is not as it was (-was +is):\n%s", file, cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")))
			}
		}
	}
	files, err := filepath.Glob(filepath.Join(goldenDir, "*", "*.html"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !kept[file] {
			t.Errorf("%s belongs to no page any more", file)
		}
	}
}
