// Package storetest gives tests a migrated database of their own: SQLite in a temporary file, MariaDB and MySQL
// from servers that it starts itself, never one that it found. A server is one a test process, with one database
// a test; it goes away with the process, however that ends.
//
// Start reading at [New] and [Each]; [Engine] is what they run on.
package storetest

import (
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"ltipolicy/seal"
	"ltipolicy/store"
)

// New returns an empty, migrated SQLite database that lives as long as the test. At most one Options counts.
func New(t testing.TB, o ...store.Options) *store.DB {
	t.Helper()
	return Open(t, SQLite(t), o...)
}

// Each runs f on each kind of database, empty and migrated.
func Each(t *testing.T, f func(t *testing.T, db *store.DB)) {
	t.Helper()
	EachDSN(t, func(t *testing.T, dsn string) { f(t, Open(t, dsn)) })
}

// EachDSN runs f with the address of an empty, migrated database of each kind.
func EachDSN(t *testing.T, f func(t *testing.T, dsn string)) {
	t.Helper()
	for _, e := range Engines(t) {
		t.Run(e.Name, func(t *testing.T) { f(t, e.Migrated(t)) })
	}
}

// EachServer runs f with the address of an empty, migrated database of each kind that is a server.
func EachServer(t *testing.T, f func(t *testing.T, dsn string)) {
	t.Helper()
	for _, e := range Servers(t) {
		t.Run(e.Name, func(t *testing.T) { f(t, e.Migrated(t)) })
	}
}

// EachEmpty runs f with the address of a database without tables, of each kind.
func EachEmpty(t *testing.T, f func(t *testing.T, dsn string)) {
	t.Helper()
	for _, e := range Engines(t) {
		t.Run(e.Name, func(t *testing.T) { f(t, e.Empty(t)) })
	}
}

// Open opens a database until the test ends, with [Keys] unless the options have others.
func Open(t testing.TB, dsn string, o ...store.Options) *store.DB {
	t.Helper()
	var options store.Options
	if len(o) > 0 {
		options = o[0]
	}
	options.Create = true
	if options.Keys == nil {
		options.Keys = Keys()
	}
	db, err := store.Open(context.Background(), dsn, options)
	if err != nil {
		t.Fatalf("opening the test database: %v", err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("closing the test database: %v", err)
		}
	})
	return db
}

// KeyFile is the text of the key file of all test databases: what one process of a test sealed opens in another.
const KeyFile = "# of tests alone\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"

// Keys are what test databases seal their secrets with.
func Keys() *seal.Keys {
	keys, err := seal.Parse([]byte(KeyFile), rand.Reader)
	if err != nil {
		panic(err) // it is written above
	}
	return keys
}

// template is a migrated SQLite file, made once: copying it is quicker than migrating.
var template = sync.OnceValues(func() ([]byte, error) {
	dir, err := folder("sqlite")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	file := filepath.Join(dir, "template.db")
	if err := migrate("sqlite:" + file); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
})

func migrate(dsn string) error {
	ctx := context.Background()
	db, err := store.Open(ctx, dsn, store.Options{Create: true})
	if err != nil {
		return err
	}
	if _, err := db.Migrate(ctx); err != nil {
		db.Close() //nolint:errcheck // the first error counts
		return err
	}
	return db.Close()
}

// file names a file that is the test's until it ends, in memory where there is room: a test that commits a thousand
// times would wait a thousand times for the disk, and none is about the disk. A benchmark is.
func file(t testing.TB, name string) string {
	t.Helper()
	if _, measures := t.(*testing.B); measures {
		return filepath.Join(t.TempDir(), name)
	}
	dir, err := folder("sqlite")
	if err != nil {
		t.Fatalf("making a folder for the test database: %v", err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("removing the test database: %v", err)
		}
	})
	return filepath.Join(dir, name)
}

// SQLite returns the address of an empty, migrated SQLite database with a key file beside it.
func SQLite(t testing.TB) string {
	t.Helper()
	b, err := template()
	if err != nil {
		t.Fatalf("making the SQLite template: %v", err)
	}
	name := file(t, "test.db")
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatalf("copying the SQLite template: %v", err)
	}
	if err := os.WriteFile(name+".key", []byte(KeyFile), 0o600); err != nil {
		t.Fatalf("making the key file: %v", err)
	}
	return "sqlite:" + name
}

// Migrated returns the address of an empty, migrated database, which is the test's until it ends. On a server it is for
// the account that serves: it may do what "ltipolicy migrate -print-grants" lets it and nothing else, see [DriverDSN].
func (e Engine) Migrated(t testing.TB) string {
	t.Helper()
	if e.server == nil {
		return SQLite(t)
	}
	s := e.started(t)
	name := s.migrated(t)
	return "mysql:" + s.as(serves(name), name)
}

// Empty returns the address of a database without tables, which ends with the test.
func (e Engine) Empty(t testing.TB) string {
	t.Helper()
	if e.server == nil {
		return "sqlite:" + file(t, "empty.db")
	}
	s := e.started(t)
	name := s.create(t)
	t.Cleanup(func() { s.drop(t, name) })
	return "mysql:" + s.address(name)
}

func (e Engine) started(t testing.TB) *server {
	t.Helper()
	s, err := e.server()
	if err != nil {
		t.Fatalf("starting %s: %v", e.Name, err)
	}
	return s
}

// Owner is the address of a database of [Engine.Migrated] for the account that migrates.
func Owner(dsn string) string {
	return strings.Replace(dsn, "mysql:"+servesPrefix, "mysql:"+ownerPrefix, 1)
}

// Eraser is the address of a database of [Engine.Migrated] for the account that erases people.
func Eraser(dsn string) string {
	return strings.Replace(dsn, "mysql:"+servesPrefix, "mysql:"+erasesPrefix, 1)
}

// DriverDSN is a MySQL address as the driver itself understands it, for looking into a database and for changing what
// the program may not: as the server's administrator, if it is the address of one of these tests' own.
func DriverDSN(dsn string) string {
	dsn = strings.TrimPrefix(dsn, "mysql:")
	if _, rest, ok := strings.Cut(dsn, "@"); ok && (strings.HasPrefix(dsn, servesPrefix) || strings.HasPrefix(dsn, erasesPrefix)) {
		return "root@" + rest
	}
	return dsn
}
