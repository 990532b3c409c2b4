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

// fault says what can be done about a failure of the database.
type fault int

const (
	refused  fault = iota // whoever asks again is refused again; also no failure at all
	conflict              // with another transaction: this one is undone, and may be run again at once
	away                  // nobody there who can do it now: worth a wait
	noRoom                // the disk is full, or cannot be written: waiting for it would only gather people who wait
)

func (f fault) String() string { return [...]string{"refused", "conflict", "away", "no room"}[f] }

// serverErrors are the errors of MySQL, MariaDB, their clusters and TiDB that are not simply refusals.
var serverErrors = map[uint16]fault{
	1213: conflict, // deadlock; Galera: another node's transaction was first, also at COMMIT
	1205: conflict, // waited too long for a lock: only the statement is undone, so the roll-back matters
	1020: conflict, // MariaDB: the row changed since it was read
	1317: conflict, // Galera: aborted for another node's transaction; or somebody killed the query
	1412: conflict, // the table was altered since the transaction began
	3101: conflict, // Group Replication: another member's transaction was first
	8002: conflict, // TiDB: write conflict
	8005: conflict, // TiDB: write conflict
	8022: conflict, // TiDB: commit failed
	8028: conflict, // TiDB: the schema was altered
	9007: conflict, // TiDB: write conflict

	1036: away, // MariaDB: the server may only read its files
	1040: away, // too many connections
	1203: away, // too many connections of this account
	1226: away, // over a limit of this account
	1041: away, // out of memory
	1135: away, // cannot make a thread
	1043: away, // bad handshake: the server stopped in the middle of it
	1047: away, // Galera: the node is not in a quorum, or not ready
	1053: away, // shutting down
	1080: away, // the server closes the connection
	1152: away, // aborted connection
	1158: away, // network: reading
	1159: away, // network: reading took too long
	1160: away, // network: writing
	1161: away, // network: writing took too long
	1180: away, // error during COMMIT: Galera without a quorum, Group Replication
	1223: away, // somebody holds a read lock on everything, as some backups do
	1792: away, // this session may only read
	1836: away, // the server may only be read
	1927: away, // MariaDB: the connection was killed
	1637: away, // MySQL: too many transactions at once
	3032: away, // MySQL: the server is in offline mode
	3100: away, // Group Replication: the group cannot take the transaction
	3169: away, // MySQL: the session was killed
	3796: away, // Group Replication: waiting for the group's consistency before the transaction failed
	3797: away, // Group Replication: the same after another transaction
	3798: away, // Group Replication: the same, as the member left
	4031: away, // MySQL: closed for having been idle
	9001: away, // TiDB: its placement driver is away
	9002: away, // TiDB: its store is away
	9003: away, // TiDB: its store is busy
	9004: away, // TiDB: waiting for locks
	9005: away, // TiDB: a region is away

	1021: noRoom, // the disk is full
	1114: noRoom, // the table is full
	3675: noRoom, // MySQL: the disk is full
}

// errAgain asks [DB.tx] to run the whole function again: what it read was overtaken by somebody else.
var errAgain = errors.New("overtaken by another transaction")

// faultOf says what can be done about an error.
func faultOf(err error) fault {
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return refused
	case errors.Is(err, errAgain):
		return conflict
	}
	if _, ok := errors.AsType[*unsettled](err); ok {
		return refused // above all, not to be run again
	}
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return serverFault(e)
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		switch e.Code() & 0xff { // the low byte is the kind, the rest the detail
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
			return conflict
		case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN:
			return noRoom
		}
		return refused
	}
	if lostConnection(err) {
		return away
	}
	return refused
}

func serverFault(e *mysql.MySQLError) fault {
	switch e.Number {
	case 1290: // the server runs with some option that forbids this: of interest is super_read_only only
		if strings.Contains(strings.ReplaceAll(e.Message, "_", "-"), "read-only") {
			return away
		}
		return refused
	case 1105: // TiDB: unknown error, one of which is a schema change
		if strings.Contains(e.Message, "Information schema is changed") {
			return conflict
		}
		return refused
	case 1026, 1030: // writing a file, or the storage engine, failed; 28 is the system's "no space left"
		if strings.Contains(e.Message, "28") {
			return noRoom
		}
		return refused
	}
	return serverErrors[e.Number]
}

// lostConnection reports whether there was no connection to a server, or it ended.
func lostConnection(err error) bool {
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	for _, e := range []error{
		driver.ErrBadConn, mysql.ErrInvalidConn, mysql.ErrPktSync, mysql.ErrMalformPkt, sql.ErrConnDone, io.EOF, io.ErrUnexpectedEOF,
		syscall.ECONNREFUSED, syscall.ECONNRESET, syscall.EPIPE, syscall.ENOENT,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// unavailable gives the errors that are the database's own fault their kind; all others pass unchanged.
func unavailable(err error) error {
	_, unknown := errors.AsType[*unsettled](err)
	switch {
	case err == nil, errors.Is(err, policy.ErrUnavailable), errors.Is(err, context.Canceled):
		return err
	case unknown, faultOf(err) != refused, errors.Is(err, context.DeadlineExceeded), strings.Contains(err.Error(), "sql: database is closed"):
		return policy.E(policy.ErrUnavailable, "").Because(err)
	}
	return err
}

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
