package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jmoiron/sqlx"
)

const (
	// sweepBatch keeps each deletion small: big ones hold locks long and do not fit a cluster's write set.
	sweepBatch = 500
	// sweepMost bounds how many batches one table has in a turn, so that a table of millions does not keep the
	// others waiting.
	sweepMost = 200
)

// expired ends the rows of a table some time after the one that stands in a column of theirs.
func expired[K any](table, key, column string, kept time.Duration) func(*DB, context.Context) error {
	return func(db *DB, ctx context.Context) error {
		return sweep[K](ctx, db, utc(db.now().Add(-kept)),
			`SELECT `+key+` FROM `+table+` WHERE `+column+` < ? ORDER BY `+column+` LIMIT ?`,
			`DELETE FROM `+table+` WHERE `+key+` IN (?) AND `+column+` < ?`)
	}
}

// sweep finds keys and removes their rows, batch by batch. Both statements end with the same condition, whose
// argument is before: a row that was given more time between the two stays.
func sweep[K any](ctx context.Context, db *DB, before any, find, remove string, args ...any) error {
	for range sweepMost {
		var keys []K
		if err := db.r.SelectContext(ctx, &keys, find, append(args, before, sweepBatch)...); err != nil {
			return err
		}
		if len(keys) == 0 {
			return nil
		}
		if err := db.remove(ctx, remove, keys, append(args, before)...); err != nil {
			return err
		}
		if len(keys) < sweepBatch {
			return nil
		}
	}
	return nil
}

// remove runs a statement whose first argument is a list of keys.
func (db *DB) remove(ctx context.Context, query string, keys any, args ...any) error {
	query, args, err := sqlx.In(query, append([]any{keys}, args...)...)
	if err != nil {
		return err
	}
	return db.redo(ctx, func(tx *Tx) error {
		_, err := tx.ExecContext(ctx, query, args...)
		return err
	})
}

// viewed are the entries of the admin log that say no more than that somebody looked at a page. Downloads are not
// among them: they took something away.
var viewed = [...]string{"acceptances.view", "acceptances.person", "acceptances.text", "asked.view", "participants.view"}

// signedAfter is how long after it was written a look has its signed checkpoint at the latest, those thinned that were:
// where the log stood still for longer, looks stay for longer.
const signedAfter = 2 * day

// endViews ends the admin log's entries of views, of each shard the first ones: those that are old, up to the first that
// is not. The log says how far they were swept, so that no other entry can be missing.
func (db *DB) endViews(ctx context.Context) error {
	before := utc(db.now().Add(-viewsKept))
	for range sweepMost {
		n := 0
		err := db.tx(ctx, func(tx *Tx) error {
			d := sweepDetail{Before: before, UpTo: map[int]int64{}}
			var gone []string
			// What was signed when it was old tells verify that it was, and stays for that.
			var signed int64
			err := tx.GetContext(ctx, &signed, `SELECT COALESCE(MAX(size), 0) FROM evidence_checkpoint WHERE timecreated < ?`, before.Add(signedAfter))
			if err != nil {
				return err
			}
			for shard := looks.first; shard < looks.first+looks.shards; shard++ {
				var rows []actRow
				err := tx.SelectContext(ctx, &rows, `
					SELECT `+actColumns+`
					FROM admin_log a JOIN evidence_leaf l ON l.shard = a.shard AND l.number = a.number
					WHERE a.shard = ? AND l.idx < ? ORDER BY a.number LIMIT ?`, shard, signed, sweepBatch/looks.shards)
				if err != nil {
					return err
				}
				for _, r := range rows {
					if !r.Recorded.Before(before) {
						break
					}
					d.Erased += r.unnamed()
					gone, d.UpTo[shard] = append(gone, r.ID), r.Number
				}
			}
			if n = len(gone); n == 0 {
				return nil
			}
			var signer []signedCheckpoint
			if err := tx.SelectContext(ctx, &signer, `SELECT size, note, kept FROM evidence_checkpoint WHERE size = ?`, signed); err != nil {
				return err
			}
			if len(signer) == 0 {
				return errAgain // it was thinned just now
			}
			if err := db.giveOut(ctx, tx, signer[0]); err != nil {
				return err
			}
			for _, table := range []string{`DELETE FROM ` + db.open(seen) + ` WHERE id IN (?)`, `DELETE FROM admin_log_person WHERE entryid IN (?)`} {
				query, args, err := sqlx.In(table, gone)
				if err != nil {
					return err
				}
				if _, err := tx.ExecContext(ctx, query, args...); err != nil {
					return err
				}
			}
			d.Looks = int64(n)
			detail, err := json.Marshal(d)
			if err != nil {
				return err
			}
			return db.logAdmin(ctx, tx, AdminEntry{Action: sweepAct, Detail: string(detail)})
		})
		if err != nil || n == 0 {
			return err
		}
	}
	return nil
}

// endDeadScores ends scores that a platform refused for good long ago. The learner's next launch owes a new one.
func (db *DB) endDeadScores(ctx context.Context) error {
	before := utc(db.now().Add(-deadScoresKept))
	for range sweepMost {
		var rows []outboxRow
		err := db.r.SelectContext(ctx, &rows, outboxQuery+`o.dead = 1 AND o.timemodified < ? LIMIT ?`, before, sweepBatch/5)
		if err != nil {
			return err
		}
		err = db.redo(ctx, func(tx *Tx) error {
			for _, o := range rows {
				_, err := tx.ExecContext(ctx, `DELETE FROM outbox WHERE platformid = ? AND resourcelinkid = ? AND userid = ? AND revision = ?`,
					o.PlatformID, o.ResourceLinkID, o.UserID, o.Revision)
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || len(rows) < sweepBatch/5 {
			return err
		}
	}
	return nil
}
