package store

import (
	"context"
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

// endViews ends the admin log's entries of views. One kind after the other, each in the order of its index.
func (db *DB) endViews(ctx context.Context) error {
	before := utc(db.now().Add(-viewsKept))
	for _, action := range viewed {
		err := sweep[string](ctx, db, before,
			`SELECT id FROM admin_log WHERE action = ? AND timecreated < ? ORDER BY timecreated LIMIT ?`,
			`DELETE FROM admin_log WHERE id IN (?) AND action = ? AND timecreated < ?`, action)
		if err != nil {
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
