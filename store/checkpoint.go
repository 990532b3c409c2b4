package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"ltipolicy/policy"
)

// Checkpoint returns the newest signed checkpoint, for keeping somewhere else, and the key that verifies it
// (golang.org/x/mod/sumdb/note). It stays for ever. It is policy.ErrNotFound
// while the log is empty.
func (db *DB) Checkpoint(ctx context.Context) (signed, verifierKey string, err error) {
	err = db.redo(ctx, func(tx *Tx) error {
		newest, err := newestCheckpoint(ctx, tx)
		if errors.Is(err, sql.ErrNoRows) {
			return policy.E(policy.ErrNotFound, "").Because(errors.New("the evidence log is empty"))
		}
		if err != nil {
			return err
		}
		signed = newest.Note
		return db.giveOut(ctx, tx, newest)
	})
	if err != nil {
		return "", "", fmt.Errorf("giving out the checkpoint: %w", err)
	}
	keys, err := db.logKeys(ctx)
	if err != nil {
		return "", "", err
	}
	return signed, keys.public(), nil
}

// giveOut keeps a checkpoint for ever.
func (db *DB) giveOut(ctx context.Context, tx *Tx, c signedCheckpoint) error {
	if c.Kept {
		return nil
	}
	ok, err := one(tx.ExecContext(ctx, `UPDATE `+db.open(spareCheckpoint)+` SET kept = 1 WHERE size = ?`, c.Size))
	if err == nil && !ok {
		return errAgain // it was thinned just now, or is kept by now
	}
	return err
}

// checkpointsKept is how long each checkpoint is kept; after that, those that stay for ever: the first of each hour,
// those that were given out, those that tell how old views were that went, and the newest. What is left covers the same
// log: a checkpoint is over everything before it.
const checkpointsKept = day

// checkpointAt is when the log had a size.
type checkpointAt struct {
	Size int64     `db:"size"`
	Time time.Time `db:"timecreated"`
}

// keepsHour reports whether the log already keeps a checkpoint of the hour.
func (db *DB) keepsHour(ctx context.Context, t time.Time) (bool, error) {
	var n int
	err := db.r.GetContext(ctx, &n, `SELECT COUNT(size) FROM evidence_checkpoint WHERE kept = 1 AND timecreated >= ? AND timecreated < ?`,
		t.Truncate(time.Hour), t.Truncate(time.Hour).Add(time.Hour))
	return n > 0, err
}

// endCheckpoints ends those that do not stay.
func (db *DB) endCheckpoints(ctx context.Context) error {
	var newest []int64
	if err := db.r.SelectContext(ctx, &newest, `SELECT size FROM evidence_checkpoint ORDER BY size DESC LIMIT 1`); err != nil || len(newest) == 0 {
		return err
	}
	return sweep[int64](ctx, db, utc(db.now().Add(-checkpointsKept)),
		`SELECT size FROM evidence_checkpoint WHERE kept = 0 AND size < ? AND timecreated < ? ORDER BY timecreated LIMIT ?`,
		`DELETE FROM `+db.open(spareCheckpoint)+` WHERE size IN (?) AND kept = 0 AND size < ? AND timecreated < ?`, newest[0])
}
