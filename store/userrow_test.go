package store_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// emptied finds where a statement compares a column with the empty text.
var emptied = regexp.MustCompile(`(?:WHERE|AND|OR|WHEN|ON|NOT|COALESCE\()\s*(?:\w+\.)?(\w+)(?:, '')?\)? (?:=|<>|<|>) ''`)

// MySQL and MariaDB compare text as if it were padded with spaces. Only columns whose values are opaque bytes, or
// words and ids of our own, are therefore compared with the empty text; what people are called never is.
func TestOnlyWhatHasNoBlanksIsComparedWithNothing(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	compared := map[string]string{}
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range emptied.FindAllStringSubmatch(string(b), -1) {
			compared[m[1]] = f
		}
	}
	if len(compared) < 3 {
		t.Errorf("only %v found: the test sees too little", compared)
	}
	migrations, err := filepath.Glob("migrations/mysql/*.sql")
	if err != nil || len(migrations) == 0 {
		t.Fatal(err)
	}
	for _, f := range migrations {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(b)) {
			for column, where := range compared {
				words := strings.Fields(line[strings.LastIndex(line, "ADD COLUMN ")+1:])
				if len(words) > 2 && words[1] == "COLUMN" {
					words = words[2:]
				}
				if len(words) > 1 && words[0] == column && strings.Contains(words[1], "CHAR") && !strings.Contains(line, "CHARACTER SET ascii") {
					t.Errorf("%s compares %s with '', and %s holds text of people in it: compare LENGTH(%s) with 0", where, column, f, column)
				}
			}
		}
	}
}
