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

var (
	update = flag.Bool("update", false, "write the golden pages instead of comparing with them")
	leave  = flag.String("leave", "", "a folder that gets the golden pages in every language")
)

// goldenDir holds every learner's page, and the pictures, in the languages that are looked at: a folder a language, a
// file a state.
const goldenDir = "../testdata/golden"

// looked are the pages that a learner or the public may see, and the pictures.
var looked = []string{"figures", "pending", "leave", "saved", "agreements", "event", "receipt", "record", "public", "archive", "changed", "error", "storage"}

// lookedIn are two languages, one of them in another script: the markup is the same in all six, and the rules that
// hold in each of them are tried by TestEveryPageInEveryLanguage.
var lookedIn = []string{"en", "sr-Cyrl"}

// TestGoldenPages compares these pages in every state with the ones that somebody has looked at. After a change that
// is meant: go test ./templates -run Golden -update, and read the difference.
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
			name := filepath.Join(l.Tag(), strings.ReplaceAll(f.name, " ", "-")+".html")
			if *leave != "" {
				write(t, filepath.Join(*leave, name), got)
			}
			if !slices.Contains(lookedIn, l.Tag()) {
				continue
			}
			file := filepath.Join(goldenDir, name)
			kept[file] = true
			if *update {
				write(t, file, got)
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

func write(t *testing.T, file, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}
