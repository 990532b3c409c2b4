package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"ltipolicy/policy"
)

// Two folders with the same numbers: one statement about one table in each file, because MySQL commits each
// statement of its own. A file never changes after it landed.
//
//go:embed migrations
var migrations embed.FS

func (db *DB) migrator() (*goose.Provider, error) {
	folder, dialect := "migrations/sqlite", goose.DialectSQLite3
	options := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true), goose.WithSlog(db.log)}
	if db.mysql {
		folder, dialect = "migrations/mysql", goose.DialectMySQL
		// A row with a lease: replicas that start together migrate once, on any kind of cluster. SQLite's
		// file has its own lock.
		locker, err := lock.NewMySQLTableLocker(
			lock.WithTableLockTimeout(time.Second, 300), lock.WithTableLogger(db.log))
		if err != nil {
			return nil, fmt.Errorf("preparing the migration lock: %w", err)
		}
		options = append(options, goose.WithLocker(locker))
	}
	files, err := fs.Sub(migrations, folder)
	if err != nil {
		return nil, fmt.Errorf("reading the migrations: %w", err)
	}
	p, err := goose.NewProvider(dialect, db.w.DB, files, options...)
	if err != nil {
		return nil, fmt.Errorf("reading the migrations: %w", err)
	}
	return p, nil
}

// Migrate brings the schema up to the program's version and returns what it did, one line a step; nothing if
// there was nothing to do. Replicas may call it at once. A database that is newer than the program is
// policy.ErrConflict and stays untouched.
func (db *DB) Migrate(ctx context.Context) ([]string, error) { return db.migrateTo(ctx, 0) }

// migrateTo stops after the given version; 0: the last one.
func (db *DB) migrateTo(ctx context.Context, version int64) ([]string, error) {
	// Not goose's own question, which creates its table without the lock.
	have, want, err := db.SchemaState(ctx)
	if err != nil {
		return nil, err
	}
	if have > want {
		return nil, newer(have, want)
	}
	if version == 0 {
		version = want
	}
	if have >= version {
		return nil, nil
	}
	p, err := db.migrator()
	if err != nil {
		return nil, err
	}
	results, err := p.UpTo(ctx, version)
	if err != nil {
		return nil, fmt.Errorf("migrating the schema: %w", unavailable(err))
	}
	var did []string
	for _, r := range results {
		did = append(did, fmt.Sprintf("%s (%s)", path.Base(r.Source.Path), r.Duration.Round(time.Millisecond)))
	}
	return did, nil
}

// SchemaState returns the schema's version in the database and the program's; 0 for an empty database. It
// changes nothing, so that an account that may only read and write rows can ask.
func (db *DB) SchemaState(ctx context.Context) (have, want int64, err error) {
	files, err := fs.Glob(migrations, "migrations/sqlite/*.sql")
	if err != nil {
		return 0, 0, fmt.Errorf("reading the migrations: %w", err)
	}
	for _, f := range files {
		n, err := goose.NumericComponent(f)
		if err != nil {
			return 0, 0, fmt.Errorf("reading the migrations: %w", err)
		}
		want = max(want, n)
	}
	exists := `SELECT COUNT(name) FROM sqlite_master WHERE type = 'table' AND name = 'goose_db_version'`
	if db.mysql {
		exists = `SELECT COUNT(table_name) FROM information_schema.tables
			WHERE table_schema = DATABASE() AND table_name = 'goose_db_version'`
	}
	var n int
	if err := db.r.GetContext(ctx, &n, exists); err != nil {
		return 0, want, fmt.Errorf("reading the schema version: %w", unavailable(err))
	}
	if n == 0 {
		return 0, want, nil
	}
	err = db.r.GetContext(ctx, &have, `SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied = 1`)
	if err != nil {
		return 0, want, fmt.Errorf("reading the schema version: %w", unavailable(err))
	}
	return have, want, nil
}

func newer(have, want int64) error {
	return policy.E(policy.ErrConflict, "").Because(
		fmt.Errorf("the database's schema is version %d, newer than this program's %d: use the newer program", have, want))
}
