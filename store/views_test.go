package store_test

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ltipolicy/store"
)

// Looking at a page and taking something away are written into the same log by the same calls. The entries of the
// second kind are for ever.
var downloads = []string{"acceptances.download", "acceptances.record", "log.download", "participants.addresses", "participants.choices", "participants.download"}

var lookedCall = regexp.MustCompile(`\.(?i:looked|seen)\([^"\n]*"([a-z.]+)"`)

// Whatever a page writes into the log about those who look at it either ends or is a download: a new page must say
// which.
func TestEveryViewEndsOrIsADownload(t *testing.T) {
	var found []string
	pages := os.DirFS("../launch")
	err := fs.WalkDir(pages, ".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		b, err := fs.ReadFile(pages, path)
		if err != nil {
			return err
		}
		for _, m := range lookedCall.FindAllSubmatch(b, -1) {
			action := string(m[1])
			if slices.Contains(store.Viewed(), action) == slices.Contains(downloads, action) {
				t.Errorf("%s: %s is to be either among the views that end or among the downloads", path, action)
			}
			found = append(found, action)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, action := range slices.Concat(store.Viewed(), downloads) {
		if !slices.Contains(found, action) {
			t.Errorf("no page writes %s", action)
		}
	}
}
