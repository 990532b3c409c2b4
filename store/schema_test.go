package store_test

import (
	"cmp"
	"database/sql"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"ltipolicy/store/storetest"
)

// column is all that information_schema says about a column and that rows depend on.
type column struct {
	Position  int            `db:"position"`
	Name      string         `db:"name"`
	Type      string         `db:"type"`
	Nullable  string         `db:"nullable"`
	Default   sql.NullString `db:"standard"`
	Charset   sql.NullString `db:"charset"`
	Collation sql.NullString `db:"collation"`
	Extra     string         `db:"extra"`
}

type index struct {
	Name      string `db:"name"`
	NonUnique int    `db:"nonunique"`
	Position  int    `db:"position"`
	Column    string `db:"columnname"`
}

func columnsOf(t *testing.T, db *sqlx.DB, table string) []column {
	t.Helper()
	var cs []column
	err := db.SelectContext(t.Context(), &cs, `
		SELECT ORDINAL_POSITION AS position, COLUMN_NAME AS name, COLUMN_TYPE AS type, IS_NULLABLE AS nullable,
			COLUMN_DEFAULT AS standard, CHARACTER_SET_NAME AS charset, COLLATION_NAME AS collation, EXTRA AS extra
		FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?
		ORDER BY ORDINAL_POSITION`, table)
	if err != nil || len(cs) == 0 {
		t.Fatalf("columns of %s: %d, %v", table, len(cs), err)
	}
	return cs
}

func indexesOf(t *testing.T, db *sqlx.DB, table string) []index {
	t.Helper()
	var is []index
	err := db.SelectContext(t.Context(), &is, `
		SELECT INDEX_NAME AS name, NON_UNIQUE AS nonunique, SEQ_IN_INDEX AS position, COLUMN_NAME AS columnname
		FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?
		ORDER BY INDEX_NAME, SEQ_IN_INDEX`, table)
	if err != nil {
		t.Fatalf("indexes of %s: %v", table, err)
	}
	for i := range is {
		is[i].Name = strings.TrimPrefix(is[i].Name, "mdl_")
	}
	slices.SortFunc(is, func(a, b index) int { return cmp.Or(strings.Compare(a.Name, b.Name), a.Position-b.Position) })
	return is
}

// loadMoodle loads the dump of a real Moodle's tables beside ours.
func loadMoodle(t *testing.T, dsn string) {
	t.Helper()
	dump, err := os.ReadFile(filepath.Join("..", "testdata", "moodle-4.5", "tool_policy", "tool_policy.sql"))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := sql.Open("mysql", storetest.DriverDSN(dsn)+"?multiStatements=true")
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close() //nolint:errcheck // the test is over
	if _, err := raw.ExecContext(t.Context(), string(dump)); err != nil {
		t.Fatalf("loading Moodle's dump: %v", err)
	}
}

// Our three mirrors equal the tables of a real Moodle 4.5 column by column, and its rows travel both ways.
func TestMoodleTablesAreMoodles(t *testing.T) {
	storetest.EachServer(t, testMoodleTablesAreMoodles)
}

func testMoodleTablesAreMoodles(t *testing.T, dsn string) {
	loadMoodle(t, dsn)
	db := storetest.Open(t, dsn).SQL()
	for _, table := range []string{"tool_policy", "tool_policy_versions", "tool_policy_acceptances"} {
		theirs := columnsOf(t, db, "mdl_"+table)
		if d := gocmp.Diff(theirs, columnsOf(t, db, table)); d != "" {
			t.Errorf("columns of %s:\n%s", table, d)
		}
		ours := keysOf(indexesOf(t, db, table))
		for key := range keysOf(indexesOf(t, db, "mdl_"+table)) {
			if !ours[key] {
				t.Errorf("%s lacks Moodle's key %s", table, key)
			}
			delete(ours, key)
		}
		for key := range ours { // one more to search by does no harm, one more to be unique does
			if strings.HasPrefix(key, "unique") {
				t.Errorf("%s has a key that Moodle has not: %s", table, key)
			}
		}
		var names []string
		for _, c := range theirs {
			names = append(names, c.Name)
		}
		list := strings.Join(names, ", ")
		for _, query := range []string{
			fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM mdl_%s", table, list, list, table),
			fmt.Sprintf("DELETE FROM mdl_%s", table),
			fmt.Sprintf("INSERT INTO mdl_%s (%s) SELECT %s FROM %s", table, list, list, table),
		} {
			if _, err := db.ExecContext(t.Context(), query); err != nil {
				t.Errorf("%s: %v", query, err)
			}
		}
	}
	var n int
	if err := db.GetContext(t.Context(), &n, `SELECT COUNT(id) FROM mdl_tool_policy_acceptances`); err != nil || n != 607 {
		t.Errorf("%d rows came back, %v", n, err)
	}
}

// The two schemas have the same tables, columns, keys and indexes.
func TestSQLiteSchemaIsTheServers(t *testing.T) {
	var numbers [2][]string
	for i, dir := range []string{"mysql", "sqlite"} {
		files, err := filepath.Glob("migrations/" + dir + "/*.sql")
		if err != nil || len(files) == 0 {
			t.Fatal(err)
		}
		for _, f := range files {
			numbers[i] = append(numbers[i], path.Base(filepath.ToSlash(f)))
		}
	}
	if d := gocmp.Diff(numbers[0], numbers[1]); d != "" {
		t.Errorf("migrations:\n%s", d)
	}
	storetest.EachServer(t, compareSchemas)
}

func compareSchemas(t *testing.T, dsn string) {
	lite, server := storetest.New(t).SQL(), storetest.Open(t, dsn).SQL()
	var tables []string
	err := server.SelectContext(t.Context(), &tables, `
		SELECT TABLE_NAME FROM information_schema.TABLES
		WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE' AND TABLE_NAME NOT LIKE 'goose%' ORDER BY TABLE_NAME`)
	if err != nil {
		t.Fatal(err)
	}
	var liteTables []string
	err = lite.SelectContext(t.Context(), &liteTables, `
		SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'goose%' AND name NOT LIKE 'sqlite%' ORDER BY name`)
	if d := gocmp.Diff(tables, liteTables); err != nil || d != "" {
		t.Fatalf("tables: %v\n%s", err, d)
	}
	for _, table := range tables {
		compareTable(t, table, lite, server)
	}
}

func compareTable(t *testing.T, table string, lite, server *sqlx.DB) {
	t.Helper()
	var ours []struct {
		Name    string         `db:"name"`
		NotNull bool           `db:"notnull"`
		Default sql.NullString `db:"standard"`
		PK      int            `db:"pk"`
	}
	err := lite.SelectContext(t.Context(), &ours,
		`SELECT name, "notnull", dflt_value AS standard, pk FROM pragma_table_info(?) ORDER BY cid`, table)
	if err != nil {
		t.Fatal(err)
	}
	var got, want []string
	keys := make([]string, 0, len(ours))
	for n := 1; n <= len(ours); n++ {
		for _, c := range ours {
			if c.PK == n {
				keys = append(keys, c.Name)
			}
		}
	}
	for _, c := range ours {
		got = append(got, fmt.Sprint(c.Name, c.NotNull || c.PK > 0, strings.ToUpper(c.Default.String)))
	}
	for _, c := range columnsOf(t, server, table) {
		standard := strings.ToUpper(c.Default.String)
		if c.Default.Valid && standard == "" { // MySQL names a text without quotes
			standard = "''"
		}
		if standard == "NULL" && c.Nullable == "YES" {
			standard = ""
		}
		want = append(want, fmt.Sprint(c.Name, c.Nullable == "NO", standard))
	}
	for i := range got {
		got[i] = strings.TrimSuffix(got[i], "NULL")
	}
	if d := gocmp.Diff(want, got); d != "" {
		t.Errorf("columns of %s (server -, SQLite +):\n%s", table, d)
	}
	var more []index
	err = lite.SelectContext(t.Context(), &more, `
		SELECT l.name, 1 - l."unique" AS nonunique, i.seqno AS position, i.name AS columnname
		FROM pragma_index_list(?) l, pragma_index_info(l.name) i
		WHERE l.origin <> 'pk' ORDER BY l.name, i.seqno`, table)
	if err != nil {
		t.Fatal(err)
	}
	gotKeys := keysOf(more)
	gotKeys["unique ("+strings.Join(keys, ", ")+")"] = true
	if d := gocmp.Diff(keysOf(indexesOf(t, server, table)), gotKeys); d != "" {
		t.Errorf("keys of %s (server -, SQLite +):\n%s", table, d)
	}
}

// keysOf names keys by what they do: whether they are unique, and their columns in order.
func keysOf(is []index) map[string]bool {
	columns := map[string][]string{}
	unique := map[string]bool{}
	for _, i := range is {
		columns[i.Name] = append(columns[i.Name], i.Column)
		unique[i.Name] = i.NonUnique == 0
	}
	keys := map[string]bool{}
	for name, cs := range columns {
		key := "(" + strings.Join(cs, ", ") + ")"
		if unique[name] {
			key = "unique " + key
		}
		keys[key] = true
	}
	return keys
}

// Rules of the schema that keep it working on clusters.
func TestSchemaKeepsItsRules(t *testing.T) {
	files, err := filepath.Glob("migrations/*/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		s := strings.ToUpper(string(b))
		for _, word := range []string{"FOREIGN KEY", "REFERENCES", "TRIGGER", "TIMESTAMP", "CURRENT_", "NOW()", "FULLTEXT", " JSON", "ENUM("} {
			if strings.Contains(s, word) {
				t.Errorf("%s: %s", f, word)
			}
		}
		for _, table := range regexp.MustCompile(`(?s)CREATE TABLE (\w+) \((.*?)\n\)`).FindAllStringSubmatch(s, -1) {
			if !strings.Contains(table[2], "PRIMARY KEY") {
				t.Errorf("%s: %s has no primary key", f, table[1])
			}
		}
	}
}
