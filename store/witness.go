package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"ltipolicy/evidence"
)

const (
	// witnessEvery is the shortest time between two checkpoints to one receiver, if there is something new.
	witnessEvery = time.Hour
	// witnessAtLeast is the longest: then the checkpoint goes out again, as a sign of life.
	witnessAtLeast = day
	witnessAgain   = 5 * time.Minute // after a failure
)

// Witness is somebody outside who is sent checkpoints.
type Witness struct {
	Name    string    `db:"name"`
	Size    int64     `db:"size"`     // of the last checkpoint that arrived; 0: none did
	Sent    time.Time `db:"timesent"` // when; meaningless if none did
	Failure string    `db:"failure"`  // of the last try; empty: it went well
}

// Witnesses are all that ever were sent a checkpoint, by name.
func (db *DB) Witnesses(ctx context.Context) ([]Witness, error) {
	var ws []Witness
	err := db.r.SelectContext(ctx, &ws, `SELECT name, size, timesent, failure FROM evidence_witness ORDER BY name`)
	if err != nil {
		return nil, fmt.Errorf("reading the witnesses: %w", unavailable(err))
	}
	for i := range ws {
		ws[i].Sent = ws[i].Sent.UTC()
	}
	return ws, nil
}

// TakeWitness returns what a receiver is to be sent now, and whether it is its turn: an hour after the last checkpoint if
// the log grew, a day after it anyway, five minutes after a failure. Of several replicas one gets it; if that one falls
// silent, another does five minutes later. What is returned counts as given out and is kept for ever.
func (db *DB) TakeWitness(ctx context.Context, name string) (u evidence.Update, mine bool, err error) {
	var last Witness
	var newest signedCheckpoint
	err = db.redo(ctx, func(tx *Tx) error {
		var err error
		if newest, err = newestCheckpoint(ctx, tx); errors.Is(err, sql.ErrNoRows) {
			return nil // nothing to send
		}
		if err != nil {
			return err
		}
		if last, mine, err = db.witnessTurn(ctx, tx, name, newest.Size); err != nil || !mine {
			return err
		}
		return db.giveOut(ctx, tx, newest)
	})
	if err == nil && mine {
		u, err = db.continues(ctx, newest, last.Size)
	}
	if err != nil {
		return evidence.Update{}, false, fmt.Errorf("taking the turn of witness %s: %w", name, err)
	}
	return u, mine, nil
}

// witnessTurn takes a receiver's turn if it is due and nobody else has it.
func (db *DB) witnessTurn(ctx context.Context, tx *Tx, name string, size int64) (last Witness, mine bool, err error) {
	now := utc(db.now())
	var rows []struct {
		Witness
		Next time.Time `db:"nexttry"`
	}
	err = tx.SelectContext(ctx, &rows, `SELECT name, size, timesent, failure, nexttry FROM evidence_witness WHERE name = ?`, name)
	if err != nil {
		return last, false, err
	}
	if len(rows) == 0 {
		_, err := tx.ExecContext(ctx, `INSERT INTO evidence_witness (name, size, timesent, nexttry, failure) VALUES (?, 0, ?, ?, '')`,
			name, now, now.Add(witnessAgain))
		return last, err == nil, saved("witness", err)
	}
	last = rows[0].Witness
	due := rows[0].Next.UTC()
	if rested := last.Sent.UTC().Add(witnessAtLeast); last.Size == size && last.Failure == "" && rested.After(due) {
		due = rested
	}
	if now.Before(due) {
		return last, false, nil
	}
	mine, err = one(tx.ExecContext(ctx, `UPDATE evidence_witness SET nexttry = ? WHERE name = ? AND nexttry = ?`,
		now.Add(witnessAgain), name, rows[0].Next.UTC()))
	return last, mine, err
}

// Witnessed says that what [DB.TakeWitness] returned has arrived.
func (db *DB) Witnessed(ctx context.Context, name string, size int64) error {
	now := utc(db.now())
	return db.witnessed(ctx, `UPDATE evidence_witness SET size = ?, timesent = ?, nexttry = ?, failure = '' WHERE name = ?`,
		size, now, now.Add(witnessEvery), name)
}

// WitnessFailed says that it has not, and why.
func (db *DB) WitnessFailed(ctx context.Context, name, why string) error {
	return db.witnessed(ctx, `UPDATE evidence_witness SET failure = ? WHERE name = ?`, clip(why, 1000), name)
}

func (db *DB) witnessed(ctx context.Context, query string, args ...any) error {
	err := db.redo(ctx, func(tx *Tx) error {
		_, err := tx.ExecContext(ctx, query, args...)
		return err
	})
	if err != nil {
		return fmt.Errorf("writing down what became of a checkpoint: %w", err)
	}
	return nil
}
