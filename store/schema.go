package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pressly/goose/v3/database"

	"ltipolicy/policy"
)

// Schema says how the database's schema and the program stand to each other. The zero value is an empty
// database.
type Schema struct {
	Have int64 // the highest migration that the database has; 0: none
	Want int64 // the highest migration that the program knows

	// Pending are the program's migrations that the database does not have, by file name, in their order.
	Pending []string

	oldest int64    // the oldest program that may use the database; 0: any
	needed []string // those of Pending without which the program does not work
}

// Err is nil if the program can work with the database: nothing that it needs is missing, and the database
// allows programs as old as this one. Otherwise it is policy.ErrUnavailable, and says what to do.
func (s Schema) Err() error {
	why := ""
	switch {
	case s.Have == 0:
		why = `the database has no schema: run "ltipolicy migrate", or look whether -database names the right one`
	case s.oldest > s.Want:
		why = fmt.Sprintf("the database's schema (version %d) can be used by programs of schema version %d or later, this one is of %d: use a newer program",
			s.Have, s.oldest, s.Want)
	case len(s.needed) > 0:
		why = fmt.Sprintf(`the database's schema (version %d) lacks what this program needs (%s): run "ltipolicy migrate"`,
			s.Have, strings.Join(s.needed, ", "))
	default:
		return nil
	}
	return policy.E(policy.ErrUnavailable, "").Because(errors.New(why))
}

// Newer reports that a newer program migrated the database. Whether this one may use it says [Schema.Err].
func (s Schema) Newer() bool { return s.Have > s.Want }

// Schema reads how the schema and the program stand to each other. It changes nothing, so that an account that
// may only read and write rows can ask, and does not wait for a database that is away.
func (db *DB) Schema(ctx context.Context) (Schema, error) {
	all, err := db.steps()
	if err != nil {
		return Schema{}, err
	}
	var s Schema
	applied, oldest, whole, err := db.appliedSteps(ctx)
	if err != nil {
		return Schema{}, fmt.Errorf("reading the schema version: %w", unavailable(err))
	}
	s.oldest = oldest
	for id := range applied {
		s.Have = max(s.Have, id)
	}
	for _, step := range all {
		s.Want = max(s.Want, step.id)
		if applied[step.id] {
			continue
		}
		s.Pending = append(s.Pending, step.file)
		// What takes something away is for programs to come: this one does not use it any more.
		if step.oldest == 0 {
			s.needed = append(s.needed, step.file)
		}
	}
	if !whole && len(s.needed) == 0 {
		s.Pending, s.needed = append(s.Pending, partsMissing), append(s.needed, partsMissing)
	}
	return s, nil
}

// appliedSteps reads which migrations the database has, the oldest program that may use it, and whether all views of
// [part] are there.
func (db *DB) appliedSteps(ctx context.Context) (_ map[int64]bool, _ int64, whole bool, _ error) {
	var rows []struct {
		ID      int64 `db:"id"`
		Oldest  int64 `db:"oldest"`
		Applied bool  `db:"applied"`
	}
	applied, oldest := map[int64]bool{}, int64(0)
	list := `SELECT name FROM sqlite_master WHERE type = 'table'`
	if db.mysql {
		list = `SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()`
	}
	var tables []string
	if err := db.r.DB.SelectContext(ctx, &tables, list); err != nil {
		return nil, 0, false, err
	}
	if slices.Contains(tables, schemaVersion) {
		if err := db.r.DB.SelectContext(ctx, &rows, `SELECT id, oldest, applied FROM schema_version`); err != nil {
			return nil, 0, false, err
		}
	}
	for _, r := range rows {
		oldest = max(oldest, r.Oldest)
		if r.Applied && r.ID > 0 {
			applied[r.ID] = true
		}
	}
	return applied, oldest, !db.mysql || partsThere(tables), nil
}

// schemaVersion is the table of applied migrations. A row may stand there before its migration is applied, if
// that takes something away from older programs: they must stop first. Row 0 is written last of all when the
// table is made: without it, making it was interrupted.
const schemaVersion = "schema_version"

// queryer is a pool, a connection or a transaction.
type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func tableExists(ctx context.Context, q queryer, mysql bool, table string) (bool, error) {
	exists := `SELECT COUNT(name) FROM sqlite_master WHERE type = 'table' AND name = ?`
	if mysql {
		exists = `SELECT COUNT(table_name) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?`
	}
	var n int
	err := q.QueryRowContext(ctx, exists, table).Scan(&n)
	return n > 0, err
}

func ids(ctx context.Context, q queryer, query string) ([]int64, error) {
	rows, err := q.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err has it
	var all []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		all = append(all, id)
	}
	return all, rows.Err()
}

func stepDone(ctx context.Context, q queryer, id int64) (bool, error) {
	var n int
	err := q.QueryRowContext(ctx, `SELECT COUNT(id) FROM schema_version WHERE id = ? AND applied = 1`, id).Scan(&n)
	return n > 0, err
}

// recordStep writes a migration's row, or completes it.
func (db *DB) recordStep(ctx context.Context, x database.DBTxConn, s step, applied bool) error {
	_, err := x.ExecContext(ctx, `INSERT INTO schema_version (id, oldest, applied, timecreated) VALUES (?, ?, ?, ?)`,
		s.id, s.oldest, applied, utc(db.now()))
	if duplicate(err) && applied {
		_, err = x.ExecContext(ctx, `UPDATE schema_version SET applied = 1 WHERE id = ?`, s.id)
	} else if duplicate(err) {
		err = nil
	}
	if err != nil {
		return fmt.Errorf("writing schema version %d: %w", s.id, err)
	}
	return nil
}

// versionTable is schema_version as goose uses it. Each of its methods may be interrupted and called again, by
// several processes at once.
type versionTable struct {
	db    *DB
	steps map[int64]step
}

func (versionTable) Tablename() string { return schemaVersion }

// TableExists reports whether the table was made to the end.
func (v versionTable) TableExists(ctx context.Context, x database.DBTxConn) (bool, error) {
	exists, err := tableExists(ctx, x, v.db.mysql, schemaVersion)
	if err != nil || !exists {
		return false, err
	}
	return stepDone(ctx, x, 0)
}

// make makes the table, if need be.
func (v versionTable) make(ctx context.Context, pool *sql.DB) error {
	done, err := v.TableExists(ctx, pool)
	if err != nil {
		return fmt.Errorf("looking for the table of schema versions: %w", err)
	}
	if done {
		return nil
	}
	if err := v.CreateVersionTable(ctx, pool); err != nil {
		return err
	}
	return v.db.recordStep(ctx, pool, step{}, true)
}

// CreateVersionTable makes the table. Row 0 is not written yet.
func (v versionTable) CreateVersionTable(ctx context.Context, x database.DBTxConn) error {
	create := `CREATE TABLE IF NOT EXISTS schema_version (
		id INTEGER NOT NULL,
		oldest INTEGER NOT NULL,
		applied INTEGER NOT NULL,
		timecreated DATETIME NOT NULL,
		PRIMARY KEY (id)
	) WITHOUT ROWID`
	if v.db.mysql {
		create = `CREATE TABLE IF NOT EXISTS schema_version (
			id BIGINT NOT NULL,
			oldest BIGINT NOT NULL,
			applied TINYINT(1) NOT NULL,
			timecreated DATETIME(6) NOT NULL,
			PRIMARY KEY (id)
		) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`
	}
	if _, err := x.ExecContext(ctx, create); err != nil {
		return fmt.Errorf("creating the table of schema versions: %w", err)
	}
	return nil
}

func (v versionTable) Insert(ctx context.Context, x database.DBTxConn, r database.InsertRequest) error {
	return v.db.recordStep(ctx, x, step{id: r.Version, oldest: v.steps[r.Version].oldest}, true)
}

func (versionTable) Delete(context.Context, database.DBTxConn, int64) error {
	return errors.New("migrations only go forward")
}

func (versionTable) GetMigration(ctx context.Context, x database.DBTxConn, id int64) (*database.GetMigrationResult, error) {
	var at time.Time
	err := x.QueryRowContext(ctx, `SELECT timecreated FROM schema_version WHERE id = ? AND applied = 1`, id).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, database.ErrVersionNotFound
	}
	if err != nil {
		return nil, err
	}
	return &database.GetMigrationResult{Timestamp: at, IsApplied: true}, nil
}

func (versionTable) GetLatestVersion(ctx context.Context, x database.DBTxConn) (int64, error) {
	var id sql.NullInt64
	if err := x.QueryRowContext(ctx, `SELECT MAX(id) FROM schema_version WHERE applied = 1`).Scan(&id); err != nil {
		return 0, err
	}
	if !id.Valid {
		return 0, database.ErrVersionNotFound
	}
	return id.Int64, nil
}

func (versionTable) ListMigrations(ctx context.Context, x database.DBTxConn) ([]*database.ListMigrationsResult, error) {
	applied, err := ids(ctx, x, `SELECT id FROM schema_version WHERE applied = 1 ORDER BY id DESC`)
	if err != nil {
		return nil, err
	}
	var all []*database.ListMigrationsResult
	for _, id := range applied {
		all = append(all, &database.ListMigrationsResult{Version: id, IsApplied: true})
	}
	return all, nil
}
