package store

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"time"

	"github.com/jmoiron/sqlx"
)

const (
	txTries = 5
	txPause = 10 * time.Millisecond // doubled with each try
	txLimit = 2 * time.Second
)

// Tx is a running transaction.
type Tx struct {
	*sqlx.Tx
	try int // 0 the first time
}

// tx runs f in one transaction and commits, again if need be, see [DB.again]. On any error it rolls back. f must
// be short, and do nothing but SQL.
func (db *DB) tx(ctx context.Context, f func(*Tx) error) error {
	return db.again(ctx, func(try int) error { return db.once(ctx, try, f) })
}

// again runs f, and if it failed in a way that another run may mend, runs it again from its start, a few times
// with growing random pauses. f must therefore keep nothing from a failed run; and because a commit whose
// answer was lost is tried again too, running it twice must be the same as running it once. try counts from 0.
func (db *DB) again(ctx context.Context, f func(try int) error) error {
	start := db.now()
	for try := 0; ; try++ {
		err := f(try)
		if err == nil {
			return nil
		}
		if !transient(err) || ctx.Err() != nil || try == txTries-1 || db.now().Sub(start) > txLimit {
			return unavailable(err)
		}
		pause, perr := db.jitter(txPause << try)
		if perr != nil {
			return perr
		}
		db.log.Debug("transaction tried again", "try", try+1, "error", err)
		if err := db.sleep(ctx, pause); err != nil {
			return err
		}
	}
}

func (db *DB) once(ctx context.Context, try int, f func(*Tx) error) (err error) {
	t, err := db.w.BeginTxx(ctx, nil)
	if err != nil {
		return fmt.Errorf("beginning a transaction: %w", err)
	}
	done := false
	defer func() {
		// Also when f panics. The error of a roll-back adds nothing: the server rolls back what is not committed.
		if !done {
			t.Rollback() //nolint:errcheck // see above
		}
	}()
	if err := f(&Tx{Tx: t, try: try}); err != nil {
		return err
	}
	if err := t.Commit(); err != nil {
		return fmt.Errorf("committing: %w", err)
	}
	done = true
	return nil
}

// jitter is a random part of d, so that transactions that met once do not meet again.
func (db *DB) jitter(d time.Duration) (time.Duration, error) {
	var b [8]byte
	if _, err := io.ReadFull(db.rand, b[:]); err != nil {
		return 0, fmt.Errorf("reading randomness: %w", err)
	}
	return time.Duration(binary.BigEndian.Uint64(b[:]) % uint64(d)), nil
}
