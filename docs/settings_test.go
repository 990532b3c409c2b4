package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"ltipolicy/policy/policytest"
	"ltipolicy/policy/source"
)

// The list of files for a new setting names files and places that are there, and as many as it says.
func TestFilesOfASettingAreAsContributingSays(t *testing.T) {
	doc, err := os.ReadFile("../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(doc), "\n## How to add a setting\n")
	section, _, _ = strings.Cut(section, "\n## ")
	quoted := regexp.MustCompile("`([^`]+)`")
	count := 0
	for row := range strings.Lines(section) {
		cells := strings.Split(row, "|")
		if len(cells) != 4 || !strings.Contains(cells[1], "`") {
			continue
		}
		var content strings.Builder
		for _, m := range quoted.FindAllStringSubmatch(cells[1], -1) {
			files, err := filepath.Glob("../" + m[1])
			if err != nil || len(files) == 0 {
				t.Errorf("there is no %s", m[1])
			}
			count += len(files)
			for _, f := range files {
				if b, err := os.ReadFile(f); err == nil { // a folder has a new file
					content.Write(b)
				}
			}
		}
		for _, m := range quoted.FindAllStringSubmatch(cells[2], -1) {
			name, isCommand := m[1], strings.HasPrefix(m[1], "make ")
			if !isCommand && !regexp.MustCompile(`(^|[^\w.])`+regexp.QuoteMeta(name)+`\b`).MatchString(content.String()) {
				t.Errorf("%s has no %s", strings.TrimSpace(cells[1]), name)
			}
		}
	}
	if says := regexp.MustCompile(`It takes (\d+) files`).FindStringSubmatch(section); says == nil || says[1] != strconv.Itoa(count) {
		t.Errorf("the list has %d files and the sentence above it says %v", count, says)
	}
}

// Whoever writes policy files finds every key in the document.
func TestEverySettingOfAFileIsDocumented(t *testing.T) {
	doc, err := os.ReadFile("importing.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, setting := range policytest.Settings(t) {
		v := setting.Version()
		setting.Change(&v)
		src := source.Policy{Slug: "rules", Settings: v, Texts: []source.Text{{Lang: "en", Name: "House rules", Format: "html", Content: "<p>Be quiet.</p>"}}}
		files, err := src.Files()
		if err != nil {
			t.Fatal(err)
		}
		head, _, _ := strings.Cut(string(files["en.html"]), "--- summary ---")
		for line := range strings.Lines(head) {
			if key, _, ok := strings.Cut(line, ":"); ok && !strings.Contains(string(doc), "| `"+key+"` |") {
				t.Errorf("%s: docs/importing.md has no row `%s` in its table of settings", setting.Field, key)
			}
		}
	}
}
