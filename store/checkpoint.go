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
// (golang.org/x/mod/sumdb/note). It is marked as given out: such a one is never thinned. It is policy.ErrNotFound
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
		return giveOut(ctx, tx, newest.Size)
	})
	if err != nil {
		return "", "", fmt.Errorf("giving out the checkpoint: %w", err)
	}
	keys, err := db.logKeys(ctx)
	if err != nil {
		return "", "", err
	}
	return signed, keys.public, nil
}

// giveOut marks a checkpoint as given out.
func giveOut(ctx context.Context, tx *Tx, size int64) error {
	ok, err := one(tx.ExecContext(ctx, `UPDATE evidence_checkpoint SET given = 1 WHERE size = ?`, size))
	if err == nil && !ok {
		return errAgain // it was thinned just now
	}
	return err
}

// Checkpoints are kept whole for the first time, and one an hour for the second; after that, one a day.
const (
	checkpointsWhole  = day
	checkpointsHourly = 7 * day
)

// checkpointAt is a checkpoint as far as thinning goes.
type checkpointAt struct {
	Size  int64     `db:"size"`
	Time  time.Time `db:"timecreated"`
	Given bool      `db:"given"`
}

// thinCheckpoints keeps of the older checkpoints the last one of each hour or day, those that were given out, and
// the newest. What is left covers the same log: a checkpoint is over everything before it.
func (db *DB) thinCheckpoints(ctx context.Context) error {
	now := utc(db.now())
	// Whole hours and days, so that none is thinned while it may still get a later one.
	whole, hourly := now.Add(-checkpointsWhole).Truncate(time.Hour), now.Add(-checkpointsHourly).Truncate(day)
	span := func(t time.Time) time.Time {
		if t.Before(hourly) {
			return t.Truncate(day)
		}
		return t.Truncate(time.Hour)
	}
	var newest []int64
	if err := db.r.SelectContext(ctx, &newest, `SELECT size FROM evidence_checkpoint ORDER BY size DESC LIMIT 1`); err != nil || len(newest) == 0 {
		return err
	}
	last := checkpointAt{}
	for from, after := time.Unix(0, 0).UTC(), int64(0); ; {
		var page []checkpointAt
		err := db.r.SelectContext(ctx, &page, `
			SELECT size, timecreated, given FROM evidence_checkpoint
			WHERE timecreated < ? AND timecreated >= ? AND (timecreated > ? OR size > ?)
			ORDER BY timecreated, size LIMIT ?`, whole, from, from, after, sweepBatch)
		if err != nil || len(page) == 0 {
			return err
		}
		var gone []int64
		for _, c := range page {
			c.Time = c.Time.UTC()
			if last.Size != 0 && !last.Given && last.Size != newest[0] && span(last.Time).Equal(span(c.Time)) {
				gone = append(gone, last.Size)
			}
			last = c
		}
		if len(gone) > 0 {
			if err := db.remove(ctx, `DELETE FROM evidence_checkpoint WHERE size IN (?) AND given = 0`, gone); err != nil {
				return err
			}
		}
		from, after = last.Time, last.Size
	}
}
