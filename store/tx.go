package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"
)

const (
	txPause     = 10 * time.Millisecond // before the second try; doubled with each one more
	txPauseMost = 500 * time.Millisecond
	// receiptLife is far longer than any call goes on.
	receiptLife = 24 * time.Hour
)

// What a receipt says of its transaction.
const (
	receiptDone = "done" // committed, as the receipt was with it
	receiptVoid = "void" // not committed, and never will be
)

const insertReceipt = `INSERT INTO tx_receipt (id, state, expires) VALUES (?, ?, ?)`

// tx runs f in one transaction and commits it: exactly once, as far as the database is concerned, or not at all.
// On any error it rolls back. After a conflict with others or a lost connection f runs again from its start, for
// as long as the call may take, see [Options.Patience]; so what f sets for its caller it must set afresh in each
// run. f must be short, and do nothing but SQL.
//
// If COMMIT got no answer, what became of the transaction is found out before anything else is done, see
// [DB.settle]. For that each transaction begins by writing a receipt, whose id is made outside of it.
func (db *DB) tx(ctx context.Context, f func(*Tx) error) error {
	return db.patiently(ctx, func(ctx context.Context) error {
		receipt, err := db.NewID()
		if err != nil {
			return err
		}
		err = db.once(ctx, func(tx *Tx) error {
			// First, so that whoever asks for it meanwhile waits for this transaction's end.
			_, err := tx.ExecContext(ctx, insertReceipt, receipt, receiptDone, utc(db.now()).Add(receiptLife))
			if err != nil {
				return fmt.Errorf("writing the receipt: %w", err)
			}
			return f(tx)
		})
		lost, ok := errors.AsType[*lostCommit](err)
		if !ok {
			return err
		}
		db.log.Warn("a COMMIT got no answer", "error", lost)
		committed, serr := db.settle(ctx, receipt)
		switch {
		case serr != nil:
			return &unsettled{commit: lost, settle: serr}
		case committed:
			return nil
		}
		return errAgain
	})
}

// redo is tx for what is the same done twice as done once: it saves the receipt, and f runs again also after a
// COMMIT that got no answer.
func (db *DB) redo(ctx context.Context, f func(*Tx) error) error {
	return db.patiently(ctx, func(ctx context.Context) error { return db.once(ctx, f) })
}

// settle decides what became of a transaction by writing its receipt once more, as void. If that is refused,
// because the receipt is there, the transaction was committed. Otherwise it was not, and cannot be any more: a
// server that is still at it makes the second receipt wait for its end, and of two nodes of a cluster one wins.
func (db *DB) settle(ctx context.Context, receipt string) (committed bool, err error) {
	err = db.patiently(ctx, func(ctx context.Context) error {
		_, err := db.exec(ctx, insertReceipt, receipt, receiptVoid, utc(db.now()).Add(receiptLife))
		if !duplicate(err) {
			committed = false
			return err
		}
		var state string
		err = db.w.GetContext(ctx, &state, `SELECT state FROM tx_receipt WHERE id = ?`, receipt)
		// void: an earlier try of this function, whose own answer was lost.
		committed = state == receiptDone
		return err
	})
	return committed, err
}

// patiently runs f, and again after growing random pauses as long as another run may mend what went wrong, until
// ctx or the database's patience ends. The error of the last run is given its kind.
func (db *DB) patiently(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, db.patience)
	defer cancel()
	return db.retry(ctx, f)
}

func (db *DB) retry(ctx context.Context, f func(context.Context) error) error {
	began, waited := time.Now(), time.Duration(0) // how long it takes, whatever the time is
	for try := 0; ; try++ {
		err := f(ctx)
		fault := faultOf(err)
		if fault != conflict && fault != away || ctx.Err() != nil || max(waited, time.Since(began)) >= db.patience {
			return unavailable(err)
		}
		most := min(txPause<<min(try, 10), txPauseMost)
		pause, perr := db.jitter(most)
		if perr != nil {
			return perr
		}
		db.log.Debug("tried again", "try", try+1, "fault", fault, "error", err)
		if db.sleep(ctx, pause) != nil {
			return unavailable(err)
		}
		waited += pause
	}
}

// lostCommit is a COMMIT that got no answer, or none that says what became of the transaction.
type lostCommit struct{ err error }

func (e *lostCommit) Error() string { return "committing: " + e.err.Error() }

// Unwrap lets the failure be told by its cause.
func (e *lostCommit) Unwrap() error { return e.err }

// unsettled is a COMMIT of which nobody could find out what became of it. Whatever was in the way, the
// transaction must not run again.
type unsettled struct{ commit, settle error }

func (e *unsettled) Error() string {
	return fmt.Sprintf("%v; what became of it is not known: %v", e.commit, e.settle)
}

func (db *DB) once(ctx context.Context, f func(*Tx) error) (err error) {
	conn, err := db.w.Connx(ctx)
	if err != nil {
		return fmt.Errorf("connecting: %w", err)
	}
	t, err := conn.BeginTxx(ctx, nil)
	if err != nil {
		release(conn, err)
		return fmt.Errorf("beginning a transaction: %w", err)
	}
	committing := false
	defer func() { // also when f panics
		if failed := err; !committing {
			within(ctx, func() error { //nolint:errcheck // the first error counts
				release(conn, errors.Join(failed, t.Rollback()))
				return nil
			})
		}
	}()
	tx := &Tx{Tx: t, ctx: ctx}
	defer tx.leaveShards()
	if err := f(tx); err != nil {
		return err
	}
	committing = true
	return commit(ctx, conn, t)
}

// commit gives the connection back.
func commit(ctx context.Context, conn *sqlx.Conn, t *sqlx.Tx) error {
	err := within(ctx, func() error {
		err := t.Commit()
		if err != nil {
			drop(conn) // it may still be in the transaction
		}
		conn.Close() //nolint:errcheck // given back, or dropped
		return err
	})
	if err == nil || undone(err) {
		return err
	}
	return &lostCommit{err}
}

// within waits for f no longer than ctx says, though f itself knows no context: the driver would wait for a
// server's answer to COMMIT or ROLLBACK for as long as it waits for any.
func within(ctx context.Context, f func() error) error {
	ended := make(chan error, 1)
	go func() { ended <- f() }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-ended: // both at once
		return err
	default:
		return ctx.Err()
	}
}

// undone reports whether a COMMIT's error says for certain that the transaction was rolled back. One that
// waited too long, or that somebody interrupted, may have been at work.
func undone(err error) bool {
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok && (e.Number == 1205 || e.Number == 1317) {
		return false
	}
	return faultOf(err) == conflict
}

// release gives a connection back, or closes it after a failure that may have left a transaction open on it,
// which the next BEGIN would commit, or that shows that it leads to a server which takes no writes any more.
func release(conn *sqlx.Conn, err error) {
	if faultOf(err) == away {
		drop(conn)
	}
	conn.Close() //nolint:errcheck // given back, or dropped
}

func drop(conn *sqlx.Conn) {
	conn.Raw(func(any) error { return driver.ErrBadConn }) //nolint:errcheck // it is what makes the pool drop it
}

// exec runs one statement that commits by itself.
func (db *DB) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	conn, err := db.w.Connx(ctx)
	if err != nil {
		return nil, fmt.Errorf("connecting: %w", err)
	}
	res, err := conn.ExecContext(ctx, query, args...)
	release(conn, err)
	return res, err
}

// jitter is a random part of d, so that transactions that met once do not meet again.
func (db *DB) jitter(d time.Duration) (time.Duration, error) {
	var b [8]byte
	if _, err := io.ReadFull(db.rand, b[:]); err != nil {
		return 0, fmt.Errorf("reading randomness: %w", err)
	}
	return time.Duration(binary.BigEndian.Uint64(b[:]) % uint64(d)), nil
}
