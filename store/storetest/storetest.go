// Package storetest gives tests a migrated database of their own: SQLite in a temporary file, and MariaDB from
// a server that it starts itself, never one that it found. The server is one a test process, with one database
// a test; it goes away with the process, however that ends.
//
// Start reading at [New] and [Each].
package storetest

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"ltipolicy/store"
)

// Databases is the environment variable which, set to "all", makes a missing MariaDB a failure. Otherwise
// tests then run on SQLite alone, so that plain go test works on a machine that has nothing but Go.
const Databases = "LTIPOLICY_TEST_DATABASES"

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
	t.Run("sqlite", func(t *testing.T) { f(t, SQLite(t)) })
	if HasMariaDB(t) {
		t.Run("mariadb", func(t *testing.T) { f(t, MariaDB(t)) })
	}
}

// Open opens a database until the test ends.
func Open(t testing.TB, dsn string, o ...store.Options) *store.DB {
	t.Helper()
	var options store.Options
	if len(o) > 0 {
		options = o[0]
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

// template is a migrated SQLite file, made once: copying it is quicker than migrating.
var template = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "ltipolicy-sqlite-")
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
	db, err := store.Open(ctx, dsn, store.Options{})
	if err != nil {
		return err
	}
	if _, err := db.Migrate(ctx); err != nil {
		db.Close() //nolint:errcheck // the first error counts
		return err
	}
	return db.Close()
}

// SQLite returns the address of an empty, migrated SQLite database.
func SQLite(t testing.TB) string {
	t.Helper()
	b, err := template()
	if err != nil {
		t.Fatalf("making the SQLite template: %v", err)
	}
	file := filepath.Join(t.TempDir(), "test.db")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatalf("copying the SQLite template: %v", err)
	}
	return "sqlite:" + file
}

// HasMariaDB reports whether there is a MariaDB server to start. With LTIPOLICY_TEST_DATABASES=all the test
// fails if there is none.
func HasMariaDB(t testing.TB) bool {
	t.Helper()
	_, err := findMariaDB()
	if err == nil {
		return true
	}
	if os.Getenv(Databases) == "all" {
		t.Fatalf("%s=all: %v", Databases, err)
	}
	t.Logf("on SQLite only: %v", err)
	return false
}

// MariaDB returns the address of an empty, migrated MariaDB database, which is dropped when the test ends.
func MariaDB(t testing.TB) string {
	t.Helper()
	dsn := EmptyMariaDB(t)
	if err := migrate(dsn); err != nil {
		t.Fatalf("migrating the test database: %v", err)
	}
	return dsn
}

// DriverDSN is the part of a MySQL address that the driver itself understands.
func DriverDSN(dsn string) string { return strings.TrimPrefix(dsn, "mysql:") }
