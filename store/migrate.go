package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"ltipolicy/policy"
)

// Migrate brings the schema up to the program's version and returns what it did, one line a step, also if it
// failed after some of them; nothing if there was nothing to do. It makes the file of a new SQLite database if
// [Options.Create] says so.
//
// It may be killed at any instant, and goes on when it is called again. When ctx ends, the statement that runs is
// finished and recorded, and the error is ctx's. Replicas may call it at once: one works, the others wait, and if
// it dies one of them goes on within seconds. A database that a newer program migrated stays untouched: that is
// no error if this program may still use it, see [Schema.Err].
func (db *DB) Migrate(ctx context.Context) ([]string, error) { return db.migrateTo(ctx, math.MaxInt64) }

// migrateTo stops after the given version.
func (db *DB) migrateTo(ctx context.Context, version int64) ([]string, error) {
	s, err := db.Schema(ctx)
	if err != nil {
		return nil, err
	}
	if s.Newer() {
		return nil, s.Err()
	}
	if len(s.Pending) == 0 {
		did, err := db.makeParts(ctx, db.w.DB, nil)
		if err != nil {
			return did, fmt.Errorf("migrating the schema: %w", unavailable(err))
		}
		return did, nil
	}
	did, err := db.migrate(ctx, version)
	if err != nil {
		return did, fmt.Errorf("migrating the schema: %w", unavailable(err))
	}
	return did, nil
}

func (db *DB) migrate(ctx context.Context, version int64) ([]string, error) {
	pool, release, err := db.lockSchema(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	all, err := db.steps()
	if err != nil {
		return nil, err
	}
	table, made := versionTable{db: db, steps: map[int64]step{}}, map[int64]bool{}
	var list []*goose.Migration
	for _, s := range all {
		table.steps[s.id] = s
		list = append(list, goose.NewGoMigration(s.id, &goose.GoFunc{RunTx: func(running context.Context, tx *sql.Tx) (err error) {
			made[s.id], err = db.run(running, ctx, tx, s)
			return err
		}}, nil))
	}
	p, err := goose.NewProvider(goose.DialectCustom, pool, nil, goose.WithStore(table), goose.WithGoMigrations(list...),
		goose.WithDisableGlobalRegistry(true), goose.WithSlog(db.log),
		// Steps that only add can be made in any order; two that were written at the same time will be.
		goose.WithAllowOutofOrder(true))
	if err != nil {
		return nil, fmt.Errorf("reading the migrations: %w", err)
	}
	// goose itself would make it in one transaction, which a server commits half-way.
	running := context.WithoutCancel(ctx) // what is being done is finished: see [DB.run]
	if err := table.make(running, pool); err != nil {
		return nil, err
	}
	results, err := p.UpTo(running, version)
	if part, ok := errors.AsType[*goose.PartialError](err); ok {
		results, err = part.Applied, fmt.Errorf("%s: %w", table.steps[part.Failed.Source.Version].file, part.Failed.Error)
		if ctx.Err() != nil {
			err = fmt.Errorf("stopped before %s was whole: %w", table.steps[part.Failed.Source.Version].file, ctx.Err())
		}
	}
	var did []string
	for _, r := range results {
		if !made[r.Source.Version] {
			continue
		}
		did = append(did, fmt.Sprintf("%s (%s)", table.steps[r.Source.Version].file, r.Duration.Round(time.Millisecond)))
	}
	if err != nil {
		return did, err
	}
	return db.makeParts(ctx, pool, did)
}

// The lock on the schema is a row with a lease. It saves work done twice, and is not needed for safety: whoever
// holds the lease and stands still meets what another one did. So it is short.
const (
	schemaLease = 5 * time.Second
	schemaBeat  = time.Second
	schemaPause = 500 * time.Millisecond
	schemaWait  = 10 * time.Minute
)

// lockSchema waits until nobody else migrates, and returns the pool to migrate with. SQLite's file has its own
// lock.
func (db *DB) lockSchema(ctx context.Context) (_ *sql.DB, release func(), _ error) {
	if !db.mysql {
		return db.w.DB, func() {}, nil
	}
	pool, err := db.schemaPool()
	if err != nil {
		return nil, nil, err
	}
	// goose's own patience cannot be interrupted without ending the lease's heart beat too.
	l, err := lock.NewMySQLTableLocker(lock.WithTableLeaseDuration(schemaLease), lock.WithTableHeartbeatInterval(schemaBeat),
		lock.WithTableLockTimeout(schemaPause/5, 1), lock.WithTableUnlockTimeout(schemaPause/5, 1),
		lock.WithTableLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		pool.Close() //nolint:errcheck // the first error counts
		return nil, nil, fmt.Errorf("preparing the lock on the schema: %w", err)
	}
	for waited := time.Duration(0); ; waited += schemaPause {
		err := l.Lock(context.WithoutCancel(ctx), pool)
		if err == nil {
			break
		}
		held := strings.Contains(err.Error(), "already held")
		if held && waited == 0 {
			db.log.Info("waiting for another process that migrates the schema")
		}
		if waited >= schemaWait || !held && faultOf(err) != conflict {
			pool.Close() //nolint:errcheck // the first error counts
			return nil, nil, fmt.Errorf("locking the schema: %w", err)
		}
		if err := db.sleep(ctx, schemaPause); err != nil {
			pool.Close() //nolint:errcheck // the first error counts
			return nil, nil, fmt.Errorf("waiting for another process that migrates the schema: %w", err)
		}
	}
	return pool, func() {
		if err := l.Unlock(context.WithoutCancel(ctx), pool); err != nil {
			db.log.Warn("the lock on the schema was not given back; it ends by itself", "error", err)
		}
		if err := pool.Close(); err != nil {
			db.log.Warn("closing the connections of the migration", "error", err)
		}
	}, nil
}

// schemaPool connects as the other pool does, for statements that take as long as a table is large.
func (db *DB) schemaPool() (*sql.DB, error) {
	c := db.config.Clone()
	c.ReadTimeout = 0
	c.Params["lock_wait_timeout"] = "2" // of requests that have 10 s: see [DB.run]
	connector, err := mysql.NewConnector(c)
	if err != nil {
		return nil, policy.E(policy.ErrInvalid, "").Because(fmt.Errorf("database address: %w", err))
	}
	pool := sql.OpenDB(&looking{Connector: connector, own: c.Params, log: slog.New(slog.DiscardHandler)})
	pool.SetMaxOpenConns(4) // a migration, its lease's heart beat
	return pool, nil
}
