package store_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ltipolicy/lti"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

func TestFoldedNamesAreMadeForThoseWhoHaveNone(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		u := s.crowd(s.platform, "Ștefan Țăran")[0]
		s.exec(`UPDATE lti_user SET sortname = '', search = '' WHERE id = ?`, u.ID)
		if n := len(s.report(store.ReportQuery{Text: "taran"}).Rows); n != 0 {
			t.Fatalf("%d found", n)
		}
		for want := range []int{1, 0} {
			if n, err := s.db.FoldUsers(t.Context()); err != nil || n != 1-want {
				t.Errorf("folded %d, %v", n, err)
			}
		}
		if n := len(s.report(store.ReportQuery{Text: "taran"}).Rows); n != 1 {
			t.Errorf("%d found", n)
		}
	})
}

// Whoever shares no name has nothing to fold, and is not folded again and again: MySQL and MariaDB compare one
// space and nothing as equal.
func TestPeopleWithoutNamesAreNotFoldedAgain(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		m := message("nameless", "n")
		m.Person = lti.Person{}
		s.admit(m)
		if n, err := s.db.FoldUsers(t.Context()); err != nil || n != 0 {
			t.Errorf("folded %d, %v", n, err)
		}
	})
}

// When everybody has a folded name, asking again looks up one row and reads no people.
func TestFoldingReadsThePeopleOnce(t *testing.T) {
	storetest.EachServer(t, testFoldingReadsThePeopleOnce)
}

func testFoldingReadsThePeopleOnce(t *testing.T, dsn string) {
	s := newSite(t, dsn)
	s.crowd(s.platform, "", "Ana")
	if _, err := s.db.FoldUsers(t.Context()); err != nil {
		t.Fatal(err)
	}
	statements := s.logged(func() {
		if n, err := s.db.FoldUsers(t.Context()); err != nil || n != 0 {
			t.Errorf("folded %d, %v", n, err)
		}
	})
	if len(statements) != 1 || strings.Contains(statements[0], "lti_user") {
		t.Fatalf("statements: %q", statements)
	}
	for _, step := range explain(t, s.db, statements[0]) {
		if step.full {
			t.Errorf("reads a whole table: %s", step.text)
		}
	}
}

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
