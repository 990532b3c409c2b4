package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// copies are the product's message files in a folder of the test.
func copies(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../../"+locales)); err != nil {
		t.Fatal(err)
	}
	return dir
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestKeyEntersEveryFileInItsPlaceAndNothingElseChanges(t *testing.T) {
	dir := copies(t)
	var out bytes.Buffer
	if err := run(dir, []string{"admin.edit.review_on", "en=Review <on>", "ro=De revăzut la", "lt="}, &out); err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(paths) != 6 {
		t.Fatalf("%d files, %v", len(paths), err)
	}
	for _, path := range paths {
		name := filepath.Base(path)
		want, waits := mark+"Review <on>", true
		switch name {
		case "en.json":
			want, waits = "Review <on>", false
		case "ro.json":
			want, waits = "De revăzut la", false
		}
		line := `  "admin.edit.review_on": "` + want + `",` + "\n"
		before, after, ok := strings.Cut(read(t, path), line)
		if !ok || before+after != read(t, filepath.Join("../..", locales, name)) {
			t.Errorf("%s has more than one line more, or not this one: %s", name, line)
		}
		if !strings.HasSuffix(strings.SplitAfter(before, "\n")[strings.Count(before, "\n")-1], ",\n") || !strings.HasPrefix(after, `  "admin.`) {
			t.Errorf("%s: the key is not in its place", name)
		}
		if strings.Contains(out.String(), path+": to be translated\n") != waits {
			t.Errorf("%s: said of translations:\n%s", name, out.String())
		}
	}
}

func TestKeyRefusesAndLeavesTheFiles(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"no text":                    {[]string{"admin.edit.review_on"}, "want a key"},
		"a key that is no key":       {[]string{"en=Review on", "x"}, "want a key"},
		"no English":                 {[]string{"admin.edit.review_on", "ro=De revăzut la"}, "English"},
		"a key that is there":        {[]string{"admin.edit.note", "en=Note"}, "already"},
		"a language that is not one": {[]string{"admin.edit.review_on", "en=Review on", "xx=?"}, "no language xx"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := copies(t)
			if err := run(dir, c.args, &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v", err)
			}
			if read(t, filepath.Join(dir, "en.json")) != read(t, "../../"+locales+"/en.json") {
				t.Error("the file changed")
			}
		})
	}
}
