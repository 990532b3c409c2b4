// Package docs is what admins and operators read. Its tests hold the documents to what the program does.
package docs

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestSecurityDocumentNamesRealTests: a defence whose test was renamed or removed has none, and neither has a
// row of the comparison with Moodle.
func TestSecurityDocumentNamesRealTests(t *testing.T) {
	declared := map[string]bool{}
	module := os.DirFS("..")
	err := fs.WalkDir(module, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		b, err := fs.ReadFile(module, path)
		for _, m := range regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`).FindAllStringSubmatch(string(b), -1) {
			declared[m[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for file, least := range map[string]int{"security.md": 60, "moodle-comparison.md": 60} {
		doc, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		named := regexp.MustCompile("`((?:Test|Fuzz)\\w+)`").FindAllStringSubmatch(string(doc), -1)
		if len(named) < least {
			t.Errorf("%s names only %d tests", file, len(named))
		}
		for _, m := range named {
			if !declared[m[1]] {
				t.Errorf("%s: %s does not exist", file, m[1])
			}
		}
	}
}
