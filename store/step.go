package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/pressly/goose/v3"
)

// Two folders with the same numbers. Each statement is about one table and does one thing, because a server commits
// each of its own; the statements of one file are about different tables, because what a killed one made is told by its
// table's shape. A file never changes after a release had it.
//
//go:embed migrations
var migrations embed.FS

// step is one migration.
type step struct {
	id   int64
	file string
	// statements are run in their order. SQLite makes them in one transaction.
	statements []string

	// oldest is the oldest program, by the last of its migrations, that can work beside what this step leaves;
	// 0 if every program can, because the step only adds. The file says it: "-- oldest: 91".
	oldest int64
}

var oldestLine = regexp.MustCompile(`(?m)^-- oldest: ([0-9]+)$`)

// steps reads the migrations for the database's kind, in their order.
func (db *DB) steps() ([]step, error) {
	folder := "migrations/sqlite"
	if db.mysql {
		folder = "migrations/mysql"
	}
	files, err := fs.Glob(db.migrations, folder+"/*.sql")
	if err != nil {
		return nil, fmt.Errorf("reading the migrations: %w", err)
	}
	var all []step
	for _, f := range files {
		b, err := fs.ReadFile(db.migrations, f)
		if err != nil {
			return nil, fmt.Errorf("reading the migrations: %w", err)
		}
		s := step{file: path.Base(f)}
		if s.id, err = goose.NumericComponent(f); err != nil {
			return nil, fmt.Errorf("reading the migrations: %w", err)
		}
		if m := oldestLine.FindSubmatch(b); m != nil {
			if s.oldest, err = strconv.ParseInt(string(m[1]), 10, 64); err != nil {
				return nil, fmt.Errorf("reading the migration %s: %w", s.file, err)
			}
		}
		s.statements = statementsOf(string(b))
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b step) int { return int(a.id - b.id) })
	return all, nil
}

// statementsOf cuts a file at the semicolons that end a line; its comments have lines of their own.
func statementsOf(file string) []string {
	var all []string
	var statement strings.Builder
	for line := range strings.Lines(file) {
		if strings.HasPrefix(strings.TrimSpace(line), "--") {
			continue
		}
		statement.WriteString(line)
		if strings.HasSuffix(strings.TrimSpace(line), ";") {
			all = append(all, strings.TrimSuffix(strings.TrimSpace(statement.String()), ";"))
			statement.Reset()
		}
	}
	if rest := strings.TrimSpace(statement.String()); rest != "" {
		all = append(all, rest)
	}
	return all
}

// A statement that changes a table waits for the transactions that use it, and everybody else waits behind it:
// so it gives way soon, and comes again.
const (
	ddlPause = time.Second
	ddlTries = 300
)

// run makes the step, unless another process made it. stop is looked at before each statement only: what has begun
// is finished, because a statement that was cut off goes on at a server all the same.
//
// A server commits a statement that changes the schema before the row that says that the step is made. If the process
// ended between them, the statement fails now because it is done already, and that is as good as done: see doneBefore.
func (db *DB) run(ctx, stop context.Context, tx *sql.Tx, s step) (made bool, _ error) {
	if err := stop.Err(); err != nil {
		return false, err
	}
	// A process that lost its lease while it stood still meets what another one did.
	if done, err := stepDone(ctx, tx, s.id); done || err != nil {
		return false, err
	}
	if s.oldest > 0 {
		// Before the statement, so that no older program believes it can go on.
		if err := db.recordStep(ctx, tx, s, false); err != nil {
			return false, err
		}
	}
	for i, statement := range s.statements {
		if err := stop.Err(); err != nil && i > 0 {
			return false, err
		}
		if err := db.giveWay(ctx, stop, tx, s.file, statement); err != nil {
			return false, err
		}
	}
	return true, nil
}

// giveWay executes a statement of a migration, again and again while others hold its table.
func (db *DB) giveWay(ctx, stop context.Context, tx *sql.Tx, file, statement string) error {
	for try := 1; ; try++ {
		err := db.execAlone(ctx, tx, file, statement)
		e, ok := errors.AsType[*mysql.MySQLError](err)
		if !ok {
			return err
		}
		if e.Number != 1205 || try == ddlTries {
			return doneBefore(ctx, tx, statement, e)
		}
		db.log.Info("a migration waits for transactions that use its table", "migration", file)
		if err := db.sleep(stop, ddlPause); err != nil {
			return err
		}
	}
}

// execAlone executes a statement of a migration. A server that changes a table tells each transaction which has read
// anything before, and then comes to that table, that its definition has changed (1412), and not every program runs
// again for that: so whoever has read anything ends first. That is what a lock on all tables waits for, and it is
// held for no longer than the change takes. An account that may not lock, or a cluster that does not, goes without.
func (db *DB) execAlone(ctx context.Context, tx *sql.Tx, file, statement string) error {
	if !db.mysql || !strings.HasPrefix(statement, "ALTER TABLE") {
		_, err := tx.ExecContext(ctx, statement)
		return err
	}
	tables, err := tablesToLock(ctx, tx)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "LOCK TABLES "+strings.Join(tables, " WRITE, ")+" WRITE")
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok && faultOf(e) == refused {
		db.log.Info("a migration goes without a lock on all tables", "migration", file, "error", e.Message)
	} else if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, statement)
	if _, unlocking := tx.ExecContext(ctx, "UNLOCK TABLES"); err == nil {
		err = unlocking
	}
	return err
}

// tablesToLock are all tables but goose's lease, which goes on meanwhile.
func tablesToLock(ctx context.Context, tx *sql.Tx) ([]string, error) {
	rows, err := tx.QueryContext(ctx, `
		SELECT TABLE_NAME FROM information_schema.TABLES
		WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE' AND TABLE_NAME <> 'goose_lock' ORDER BY TABLE_NAME`)
	if err != nil {
		return nil, fmt.Errorf("reading which tables there are: %w", err)
	}
	defer rows.Close() //nolint:errcheck // Err is checked
	var tables []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, fmt.Errorf("reading which tables there are: %w", err)
		}
		tables = append(tables, "`"+name+"`")
	}
	return tables, rows.Err()
}

// The kinds of statements whose own error can mean that an interrupted attempt made them. All others may be run
// twice, or are one transaction with their row (UPDATE, INSERT, DELETE, each in a file of its own).
var (
	createTable = regexp.MustCompile(`^CREATE TABLE (\w+)`)
	addColumn   = regexp.MustCompile(`^ALTER TABLE (\w+) ADD COLUMN (\w+)`)
	addKey      = regexp.MustCompile(`^ALTER TABLE (\w+) ADD (?:UNIQUE )?KEY (\w+)`)
	dropPart    = regexp.MustCompile(`^ALTER TABLE \w+ DROP (?:COLUMN|KEY) \w+$`)
	dropTable   = regexp.MustCompile(`^DROP TABLE \w+$`)
)

// probe is a table of one connection only, so that nothing of it is left behind in whatever way that ends.
const probe = "schema_probe"

// doneBefore returns nil if the statement failed because an earlier attempt, which was killed before it could say
// so, did exactly what it does. What stands there is compared with what the statement makes of a temporary table.
func doneBefore(ctx context.Context, tx *sql.Tx, statement string, failed *mysql.MySQLError) error {
	var table string
	var try []string
	switch m := createTable.FindStringSubmatch(statement); {
	case failed.Number == 1050 && m != nil: // the table exists
		table = m[1]
		try = []string{strings.Replace(statement, "TABLE "+table, "TEMPORARY TABLE "+probe, 1)}
	case failed.Number == 1060 || failed.Number == 1061: // the column, the key exists
		m, part := addColumn.FindStringSubmatch(statement), "COLUMN"
		if failed.Number == 1061 {
			m, part = addKey.FindStringSubmatch(statement), "KEY"
		}
		if m == nil {
			return failed
		}
		table = m[1]
		try = []string{
			"CREATE TEMPORARY TABLE " + probe + " LIKE " + table,
			"ALTER TABLE " + probe + " DROP " + part + " " + m[2],
			strings.Replace(statement, "TABLE "+table, "TABLE "+probe, 1),
		}
	case failed.Number == 1091 && dropPart.MatchString(statement), failed.Number == 1051 && dropTable.MatchString(statement):
		return nil // it is gone
	default:
		return failed
	}
	for _, q := range append([]string{"DROP TEMPORARY TABLE IF EXISTS " + probe}, try...) {
		if _, err := tx.ExecContext(ctx, q); err != nil {
			return fmt.Errorf("%w; comparing it with what the migration makes: %w", failed, err)
		}
	}
	want, err := shape(ctx, tx, probe)
	if err != nil {
		return fmt.Errorf("%w; %w", failed, err)
	}
	have, err := shape(ctx, tx, table)
	if err != nil {
		return fmt.Errorf("%w; %w", failed, err)
	}
	if _, err := tx.ExecContext(ctx, "DROP TEMPORARY TABLE "+probe); err != nil {
		return fmt.Errorf("dropping the temporary table: %w", err)
	}
	for i := range max(len(want), len(have)) {
		if i >= len(want) || i >= len(have) || want[i] != have[i] {
			return fmt.Errorf("%w, and no interrupted migration made it: the table %s has %s where the migration makes %s",
				failed, table, lineAt(have, i), lineAt(want, i))
		}
	}
	return nil
}

func lineAt(lines []string, i int) string {
	if i >= len(lines) {
		return "nothing more"
	}
	return strings.Trim(lines[i], " ,")
}

var autoIncrement = regexp.MustCompile(` AUTO_INCREMENT=[0-9]+`)

// shape is all that a table is, in the server's own words: columns, keys, character sets.
func shape(ctx context.Context, tx *sql.Tx, table string) ([]string, error) {
	var name, text string
	if err := tx.QueryRowContext(ctx, "SHOW CREATE TABLE "+table).Scan(&name, &text); err != nil {
		return nil, fmt.Errorf("reading what %s is: %w", table, err)
	}
	_, body, _ := strings.Cut(autoIncrement.ReplaceAllString(text, ""), "\n")
	return strings.Split(body, "\n"), nil
}
