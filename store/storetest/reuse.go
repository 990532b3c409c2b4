package storetest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"ltipolicy/store"
)

// server is a started server with its databases. Making a migrated one takes MySQL most of a second and dropping
// it a third of one, which is longer than most tests run; so a database whose test left the schema as it was is
// emptied and given to the next test.
type server struct {
	socket string
	pipe   io.Closer // when it is closed, the server ends: it must stay open until then, see keeper

	mu   sync.Mutex
	free []string // names of databases that are migrated and empty
	kept state    // what a migrated and empty database is like
}

// state is a database's schema, as text to compare, and what its tables hold.
type state struct {
	schema string
	rows   map[string]string // the rows that migrations wrote, by table
	counts []string          // tables whose ids the server counts
}

func (s *server) address(name string) string { return "root@unix(" + s.socket + ")/" + name }

// The accounts of a database: as on a server in use, one migrates, one serves, and one erases.
func owner(name string) store.Account {
	return store.Account{User: ownerPrefix + name, Host: "localhost"}
}
func serves(name string) store.Account {
	return store.Account{User: servesPrefix + name, Host: "localhost"}
}

func erases(name string) store.Account {
	return store.Account{User: erasesPrefix + name, Host: "localhost"}
}

const ownerPrefix, servesPrefix, erasesPrefix = "owner_", "serves_", "erases_"

// as is the address of a database for an account.
func (s *server) as(a store.Account, name string) string {
	return a.User + strings.TrimPrefix(s.address(name), "root")
}

// fill migrates an empty database as the account that migrates, and lets the other one in.
func (s *server) fill(name string) error {
	statements := append([]string{"CREATE USER " + owner(name).String(), "CREATE USER " + serves(name).String(), "CREATE USER " + erases(name).String()},
		store.OwnerGrants(name, owner(name))...)
	if err := s.exec(statements...); err != nil {
		return err
	}
	if err := migrate("mysql:" + s.as(owner(name), name)); err != nil {
		return err
	}
	return s.exec(append(store.ServeGrants(name, serves(name)), store.EraseGrants(name, erases(name))...)...)
}

// exec runs statements outside any database.
func (s *server) exec(statements ...string) error {
	db, err := sql.Open("mysql", s.address(""))
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // nothing is open
	for _, statement := range statements {
		if _, err := db.Exec(statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

// create makes a database without tables.
func (s *server) create(t testing.TB) (name string) {
	t.Helper()
	var b [6]byte
	rand.Read(b[:]) //nolint:errcheck // it never fails
	name = "t_" + hex.EncodeToString(b[:])
	if err := s.exec("CREATE DATABASE " + name + " CHARACTER SET utf8mb4"); err != nil {
		t.Fatalf("creating the test database: %v", err)
	}
	return name
}

func (s *server) drop(t testing.TB, name string) {
	err := s.exec("DROP DATABASE "+name, fmt.Sprintf("DROP USER IF EXISTS %s, %s, %s", owner(name), serves(name), erases(name)))
	if err != nil {
		t.Errorf("dropping the test database: %v", err)
	}
}

// migrated returns the name of a database that is migrated and empty, until the test ends.
func (s *server) migrated(t testing.TB) (name string) {
	t.Helper()
	// What a benchmark measures must not depend on what was in the tables before.
	if _, once := t.(*testing.B); once {
		name = s.create(t)
		t.Cleanup(func() { s.drop(t, name) })
		if err := s.fill(name); err != nil {
			t.Fatalf("migrating the test database: %v", err)
		}
		return name
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.free); n > 0 {
		name, s.free = s.free[n-1], s.free[:n-1]
	} else {
		name = s.create(t)
		err := s.fill(name)
		if err == nil && s.kept.schema == "" {
			s.kept, err = s.look(name)
		}
		if err != nil {
			s.drop(t, name)
			t.Fatalf("migrating the test database: %v", err)
		}
	}
	t.Cleanup(func() {
		if !t.Failed() && s.empty(name) == nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.free = append(s.free, name)
			return
		}
		s.drop(t, name)
	})
	return name
}

// one opens a single connection, which waits two seconds at most for what a test left locked.
func (s *server) one(ctx context.Context, name string) (*sql.Conn, func(), error) {
	db, err := sql.Open("mysql", s.address(name)+"?lock_wait_timeout=2&innodb_lock_wait_timeout=2")
	if err != nil {
		return nil, nil, err
	}
	c, err := db.Conn(ctx)
	if err != nil {
		db.Close() //nolint:errcheck // the first error counts
		return nil, nil, err
	}
	return c, func() { c.Close(); db.Close() }, nil //nolint:errcheck // what mattered was read
}

// look reads the state of a database.
func (s *server) look(name string) (st state, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, done, err := s.one(ctx, name)
	if err != nil {
		return st, err
	}
	defer done()
	if st.schema, err = schema(ctx, c); err != nil {
		return st, err
	}
	counts, err := rows(ctx, c, `SELECT TABLE_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND EXTRA = 'auto_increment'`)
	if err != nil {
		return st, err
	}
	st.counts = strings.Fields(counts)
	filled, err := filled(ctx, c)
	if err != nil {
		return st, err
	}
	st.rows = map[string]string{}
	for _, table := range filled {
		if st.rows[table], err = written(ctx, c, table); err != nil {
			return st, err
		}
	}
	return st, nil
}

// empty deletes what a test wrote. It fails when the database is not as a migrated one is afterwards.
func (s *server) empty(name string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, done, err := s.one(ctx, name)
	if err != nil {
		return err
	}
	defer done()
	switch is, err := schema(ctx, c); {
	case err != nil:
		return err
	case is != s.kept.schema:
		return errors.New("the test changed the schema")
	}
	tables, err := filled(ctx, c)
	if err != nil {
		return err
	}
	for _, table := range tables {
		if _, ok := s.kept.rows[table]; ok {
			continue
		}
		if _, err := c.ExecContext(ctx, "DELETE FROM "+table); err != nil {
			return err
		}
		for _, counted := range s.kept.counts {
			if table != counted {
				continue
			}
			if _, err := c.ExecContext(ctx, "ALTER TABLE "+table+" AUTO_INCREMENT = 1"); err != nil {
				return err
			}
		}
	}
	for table, were := range s.kept.rows {
		switch are, err := written(ctx, c, table); {
		case err != nil:
			return err
		case are != were:
			return fmt.Errorf("the test changed what migrations wrote into %s", table)
		}
	}
	return nil
}

// schema is all tables, columns and keys of the connection's database as text.
func schema(ctx context.Context, c *sql.Conn) (string, error) {
	columns, err := rows(ctx, c, `
		SELECT TABLE_NAME, COLUMN_NAME, ORDINAL_POSITION, COLUMN_TYPE, COLLATION_NAME, IS_NULLABLE, COLUMN_DEFAULT, EXTRA
		FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME, ORDINAL_POSITION`)
	if err != nil {
		return "", err
	}
	keys, err := rows(ctx, c, `
		SELECT TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX, COLUMN_NAME, NON_UNIQUE
		FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX`)
	return columns + keys, err
}

// filled names the tables of the connection's database that have rows.
func filled(ctx context.Context, c *sql.Conn) ([]string, error) {
	names, err := rows(ctx, c, `SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE'`)
	if err != nil {
		return nil, err
	}
	var ask []string
	for _, table := range strings.Fields(names) {
		ask = append(ask, "SELECT '"+table+"' FROM DUAL WHERE EXISTS (SELECT 1 FROM "+table+")")
	}
	names, err = rows(ctx, c, strings.Join(ask, " UNION ALL "))
	return strings.Fields(names), err
}

// written is what stands in a table, without what differs between one migration and the next: when it was, and whose.
func written(ctx context.Context, c *sql.Conn, table string) (string, error) {
	columns := "*"
	switch table {
	case "schema_version":
		columns = "id, oldest, applied"
	case "goose_lock":
		columns = "lock_id, locked"
	}
	return rows(ctx, c, "SELECT "+columns+" FROM "+table)
}

// rows is a query's result as text: a line a row, with tabs between the columns.
func rows(ctx context.Context, c *sql.Conn, query string) (string, error) {
	r, err := c.QueryContext(ctx, query)
	if err != nil {
		return "", err
	}
	defer r.Close() //nolint:errcheck // read to its end
	columns, err := r.Columns()
	if err != nil {
		return "", err
	}
	values, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	var text strings.Builder
	for r.Next() {
		if err := r.Scan(into...); err != nil {
			return "", err
		}
		for i, v := range values {
			if i > 0 {
				text.WriteByte('\t')
			}
			if v.Valid {
				text.WriteString(v.String)
			} else {
				text.WriteString("NULL")
			}
		}
		text.WriteByte('\n')
	}
	return text.String(), r.Err()
}
