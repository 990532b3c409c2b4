package store_test

import (
	"regexp"
	"strings"
	"testing"

	"ltipolicy/store"
)

// Each statement for the servers does one thing, and is of a kind that an interrupted attempt can be told by, or that
// may run twice. What a killed one made is told by its table, so that a file has one statement a table; and what changes
// rows stands alone, because it is one transaction with the row that says so.
func TestMigrationsAreOfAKindThatCanBeKilled(t *testing.T) {
	texts := store.MigrationTexts()
	for _, m := range later {
		texts = append(texts, store.MigrationText{File: m.name, Text: strings.TrimSuffix(m.texts[0], ";")})
	}
	for _, fault := range unkillable(texts) {
		t.Error(fault)
	}
	for name, bad := range map[string][]string{
		"two columns of one table":       {"ALTER TABLE a ADD COLUMN x INT NULL", "ALTER TABLE a ADD COLUMN y INT NULL"},
		"a table and a key of it":        {"CREATE TABLE a (\n id INT)", "ALTER TABLE a ADD KEY a_ix (id)"},
		"rows beside a table":            {"CREATE TABLE a (\n id INT)", "UPDATE b SET x = 1"},
		"two things in one":              {"ALTER TABLE a ADD COLUMN x INT NULL, ADD COLUMN y INT NULL"},
		"a change that cannot be told":   {"ALTER TABLE a MODIFY COLUMN x BIGINT NULL"},
		"rows that would be there twice": {"INSERT INTO a (id) VALUES (1)"},
	} {
		var texts []store.MigrationText
		for _, text := range bad {
			texts = append(texts, store.MigrationText{File: "0999_bad.sql", Text: text})
		}
		if len(unkillable(texts)) == 0 {
			t.Errorf("%s: nothing is said", name)
		}
	}
}

var (
	killable = regexp.MustCompile(`^(CREATE TABLE \w+ \(|ALTER TABLE \w+ (ADD COLUMN|ADD KEY|ADD UNIQUE KEY|DROP COLUMN|DROP KEY) \w+|DROP TABLE \w+|` +
		`UPDATE \w+ SET|DELETE FROM \w+|INSERT INTO \w+ \([^)]*\)\s+SELECT [\s\S]*\sWHERE NOT EXISTS)`)
	aboutTable = regexp.MustCompile(`^(?:CREATE TABLE|ALTER TABLE|DROP TABLE|UPDATE|DELETE FROM|INSERT INTO) (\w+)`)
	rowsOnly   = regexp.MustCompile(`^(UPDATE|DELETE|INSERT)`)
)

func unkillable(texts []store.MigrationText) []string {
	var faults []string
	tables, statements, rows := map[string]bool{}, map[string]int{}, map[string]bool{}
	for _, s := range texts {
		about := aboutTable.FindStringSubmatch(s.Text)
		statements[s.File]++
		rows[s.File] = rows[s.File] || rowsOnly.MatchString(s.Text)
		switch {
		case strings.Contains(s.Text, ";"):
			faults = append(faults, s.File+" has statements that end within a line: "+s.Text)
		case !killable.MatchString(s.Text) || about == nil:
			faults = append(faults, s.File+" is of no kind that can be killed: "+s.Text)
		case strings.HasPrefix(s.Text, "ALTER") && regexp.MustCompile(`, (ADD|DROP) `).MatchString(s.Text):
			faults = append(faults, s.File+" does several things in one statement: "+s.Text)
		case tables[s.File+" "+about[1]]:
			faults = append(faults, s.File+" has several statements about "+about[1]+": give each a file")
		case rows[s.File] && statements[s.File] > 1:
			faults = append(faults, s.File+" changes rows beside something else: give that a file of its own")
		default:
			tables[s.File+" "+about[1]] = true
		}
	}
	return faults
}
