package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/go-sql-driver/mysql"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"ltipolicy/policy"
)

// errAgain asks [DB.tx] to run the whole function again: what it read was overtaken by somebody else.
var errAgain = errors.New("overtaken by another transaction")

// duplicate reports whether an INSERT failed because the key is there already.
func duplicate(err error) bool {
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return e.Number == 1062
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	return false
}

// transient reports whether running the whole transaction again may succeed. A connection lost at COMMIT is
// among them although the outcome is unknown, because every transaction of this package is idempotent.
func transient(err error) bool {
	if errors.Is(err, errAgain) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, mysql.ErrInvalidConn) {
		return true
	}
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
		switch e.Number {
		case 1213, // deadlock, also Galera's certification failure at COMMIT
			1205,       // lock wait: only the statement was undone, so the roll-back matters
			1020,       // MariaDB: the row changed since it was read
			1047,       // Galera: node not ready
			1317,       // Galera: aborted for another node's transaction (the context's own end is checked apart)
			3101,       // group replication: rolled back at commit
			8002, 8005, // TiDB: write conflict
			8022, 8028, // TiDB: commit failed, schema changed
			9001, 9002, 9003, 9004, 9005, 9007: // TiDB: store busy or unreachable, write conflict
			return true
		case 1105: // TiDB: unknown error, one of which is a schema change
			return strings.Contains(e.Message, "Information schema is changed")
		}
		return false
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		code := e.Code() & 0xff // the low byte is the kind, the rest the detail
		return code == sqlite3.SQLITE_BUSY || code == sqlite3.SQLITE_LOCKED
	}
	return false
}

// unreachable reports whether the server may answer if asked later.
func unreachable(err error) bool {
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
		// Too many connections, starting or shutting down.
		return e.Number == 1040 || e.Number == 1053 || e.Number == 1047
	}
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, mysql.ErrInvalidConn) || errors.Is(err, io.EOF) ||
		errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ENOENT)
}

// unavailable gives the errors that are the database's own fault their kind; all others pass unchanged.
func unavailable(err error) error {
	switch {
	case err == nil, errors.Is(err, policy.ErrUnavailable):
		return err
	case errors.Is(err, context.Canceled):
		return err
	case transient(err), unreachable(err), full(err), errors.Is(err, sql.ErrConnDone),
		errors.Is(err, context.DeadlineExceeded), strings.Contains(err.Error(), "sql: database is closed"):
		return policy.E(policy.ErrUnavailable, "").Because(err)
	}
	return err
}

// full reports whether the disk or the table has no room left, or cannot be written.
func full(err error) bool {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN:
			return true
		}
	}
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return e.Number == 1114 || e.Number == 1021 || e.Number == 1290 || e.Number == 1836
	}
	return false
}

// missing turns "no rows" into policy.ErrNotFound about the thing; other errors say that reading it failed.
func missing(thing string, err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return policy.E(policy.ErrNotFound, "").Because(errors.New(thing))
	}
	return fmt.Errorf("reading the %s: %w", thing, unavailable(err))
}

// one checks that a statement changed exactly one row.
func one(res sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	if err != nil {
		return false, err
	}
	if n > 1 {
		return false, fmt.Errorf("%d rows changed, want one", n)
	}
	return n == 1, nil
}
