package store

import (
	"context"
	"database/sql"
	"io/fs"
	"regexp"
	"strings"
	"sync"
	"testing/fstest"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"

	"ltipolicy/policy"
)

// What the tests of this package need beside its exported names: storetest imports store, so they stand
// outside.

// SQL is the pool that writes; where an account of the tests serves, which may not do everything, one of the server's
// administrator.
func (db *DB) SQL() *sqlx.DB {
	if db.config == nil || !strings.HasPrefix(db.config.User, "serves_") && !strings.HasPrefix(db.config.User, "erases_") {
		return db.w
	}
	if pool, ok := admins.Load(db); ok {
		return pool.(*sqlx.DB)
	}
	c := db.config.Clone()
	c.User = "root"
	connector, err := mysql.NewConnector(c)
	if err != nil {
		panic(err)
	}
	pool := sqlx.NewDb(sql.OpenDB(connector), "mysql")
	pool.SetMaxIdleConns(0) // nobody closes it
	admins.Store(db, pool)
	return pool
}

var admins sync.Map // by *DB

// Reader is the pool that reads.
func (db *DB) Reader() *sqlx.DB { return db.r.DB }

// IsMySQL tells the kind.
func (db *DB) IsMySQL() bool { return db.mysql }

// AddMigration makes db a program that knows one more migration: its text for the servers, and the one for SQLite if
// that is another.
func (db *DB) AddMigration(name string, texts ...string) {
	files := fstest.MapFS{}
	for folder, text := range map[string]string{"migrations/mysql": texts[0], "migrations/sqlite": texts[len(texts)-1]} {
		old, err := fs.Glob(db.migrations, folder+"/*.sql")
		if err != nil {
			panic(err)
		}
		for _, f := range old {
			b, err := fs.ReadFile(db.migrations, f)
			if err != nil {
				panic(err)
			}
			files[f] = &fstest.MapFile{Data: b}
		}
		files[folder+"/"+name] = &fstest.MapFile{Data: []byte(text)}
	}
	db.migrations = files
}

// MigrateTo stops at a version.
func (db *DB) MigrateTo(ctx context.Context, version int64) ([]string, error) {
	return db.migrateTo(ctx, version)
}

// InTx runs f as every write of the package runs.
func (db *DB) InTx(ctx context.Context, f func(*Tx) error) error { return db.tx(ctx, f) }

// TakeLease takes a job lease.
func (db *DB) TakeLease(ctx context.Context, name, token string) (bool, error) {
	return db.takeLease(ctx, name, token, logLease)
}

// Errors of drivers and how they are read.
var (
	Unavailable = unavailable
	ErrAgain    = errAgain
	AskedQuery  = askedQuery
	Clip        = clip
)

// DropLease gives a lease back.
func (db *DB) DropLease(ctx context.Context, name, token string) error {
	return db.dropLease(ctx, name, token)
}

// SweepImages deletes images that no text shows.
func (db *DB) SweepImages(ctx context.Context) error { return db.endImages(ctx) }

// Retention is the rule of a table.
type Retention struct {
	Table, Kept string
	Ends        bool
}

// Retentions are the rules of all tables.
func Retentions() []Retention {
	var out []Retention
	for _, r := range retentions() {
		out = append(out, Retention{r.table, r.kept, r.ends != nil})
	}
	return out
}

// Unreached are the tables that the serving account has no right on.
func Unreached() []string { return unreached }

// PartsAreTables is a statement for a server as SQLite has it.
func PartsAreTables(query string) string {
	for _, p := range allParts() {
		query = regexp.MustCompile(`\b`+p.view+`\b`).ReplaceAllString(query, p.table)
	}
	return query
}

// LeafData are the data of an entry's leaf.
var LeafData = leafData

// FaultOf says what is done about an error.
func FaultOf(err error) string { return faultOf(err).String() }

// MigrationText is a migration for servers.
type MigrationText struct{ File, Text string }

// MigrationTexts are the statements of all migrations for servers.
func MigrationTexts() []MigrationText {
	all, err := (&DB{mysql: true, migrations: migrations}).steps()
	if err != nil {
		panic(err)
	}
	var out []MigrationText
	for _, s := range all {
		for _, text := range s.statements {
			out = append(out, MigrationText{s.file, text})
		}
	}
	return out
}

// Viewed are the actions of the admin log whose entries end.
func Viewed() []string { return viewed[:] }

// SecretOf is a person's secret, opened.
func (db *DB) SecretOf(ctx context.Context, userID int64) ([]byte, error) {
	var sealed []byte
	if err := db.r.GetContext(ctx, &sealed, `SELECT secret FROM person_secret WHERE userid = ?`, userID); err != nil {
		return nil, err
	}
	return db.openSecret(userID, sealed)
}

// Plant writes an event as it is.
func (db *DB) Plant(ctx context.Context, e policy.Event) error {
	return db.tx(ctx, func(tx *Tx) error { return insertEvents(ctx, tx, []policy.Event{e}) })
}

// NumberInOneShard has entries numbered where they are every time.
func (db *DB) NumberInOneShard() {
	for of := range db.numbering {
		one := of
		one.shards = 1
		var err error
		if db.numbering[of], err = newShards(db.rand, one); err != nil {
			panic(err)
		}
	}
}

// ForgetCounts has figures counted anew that took long to count.
func (db *DB) ForgetCounts() {
	db.counts.kept = nil
	db.figures.kept = nil
}

// PersonIn is what row has of a person that the rules look at, as it came from the database, and whom the rules see.
func PersonIn(row any) (read any, p policy.Person) {
	switch r := row.(type) {
	case User:
		return r.personRow, r.Person()
	case Session:
		return r.personRow, r.Person()
	case participantRow:
		return r.personRow, r.participant().Person
	case outboxRow:
		return r.personRow, r.Person()
	}
	return nil, p
}

// Participants are the rows of a course's first page of participants.
func Participants(ctx context.Context, db *DB, r Roster) ([]any, error) {
	rows, err := db.participantPage(ctx, r, -1)
	return anyOf(rows), err
}

// Outbox are the rows of a person's scores.
func Outbox(ctx context.Context, db *DB, userID int64) ([]any, error) {
	var rows []outboxRow
	err := db.r.SelectContext(ctx, &rows, outboxQuery+`o.userid = ?`, userID)
	return anyOf(rows), err
}

// LookedAt is when a score is due whose learner's own time comes next: before it is sent, and after that.
func LookedAt(g policy.Gate, now time.Time) (before, after time.Time) {
	o := outboxRow{LineItem: "1", Current: "1"}.settle(g, false, now)
	before = timeOf(o.Due)
	o = o.taken(now)
	return before, timeOf(o.arrived(scoreOf(o), now).Due)
}

func anyOf[T any](rows []T) (all []any) {
	for _, r := range rows {
		all = append(all, r)
	}
	return all
}
