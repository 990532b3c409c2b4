package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
)

const (
	checkBatch = 100             // learners looked at before the place is written down
	checkLease = 2 * time.Minute // how long one such batch may take
)

// recheck has the scores of a course, or of a whole platform, worked out again in the background: once soon,
// once when nobody can be writing an answer any more that was read before this change, and once at the given
// time if it is to come. It belongs in the transaction of the change: thousands of learners may be concerned,
// more than one transaction should write.
func (db *DB) recheck(ctx context.Context, tx *Tx, platformID, contextID string, at time.Time) error {
	now := utc(db.now())
	times := []time.Time{now, now.Add(secondLook)}
	if at.After(now) {
		times = append(times, utc(at))
	}
	var args []any
	for _, due := range times {
		id, err := db.NewID()
		if err != nil {
			return err
		}
		args = append(args, id, platformID, contextID, due)
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO gate_check (id, platformid, contextid, due, atlink, atuser) VALUES (?, ?, ?, ?, '', 0)`+
		strings.Repeat(`, (?, ?, ?, ?, '', 0)`, len(times)-1), args...)
	if err != nil {
		return fmt.Errorf("asking for the scores to be worked out again: %w", err)
	}
	return nil
}

// recheckPolicy does so for every platform on which the policy applies. Whoever publishes, withdraws or moves
// a policy calls it in the same transaction, after the change.
func (db *DB) recheckPolicy(ctx context.Context, tx *Tx, policyID int64) error {
	var platforms []string
	err := tx.SelectContext(ctx, &platforms, `SELECT platformid FROM policy_platform WHERE policyid = ? ORDER BY platformid`, policyID)
	if err != nil {
		return fmt.Errorf("reading the policy's platforms: %w", err)
	}
	var from sql.NullTime
	err = tx.GetContext(ctx, &from, `
		SELECT d.effectivefrom FROM tool_policy p JOIN policy_version_detail d ON d.versionid = p.currentversionid WHERE p.id = ?`, policyID)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("reading when the policy takes effect: %w", err)
	}
	for _, id := range platforms {
		if err := db.recheck(ctx, tx, id, "", timeOf(from)); err != nil {
			return err
		}
	}
	return nil
}

// gateCheck is a row of gate_check.
type gateCheck struct {
	ID         string    `db:"id"`
	PlatformID string    `db:"platformid"`
	ContextID  string    `db:"contextid"`
	Due        time.Time `db:"due"`
	AtLink     string    `db:"atlink"`
	AtUser     int64     `db:"atuser"`
}

// CheckGates works out the scores again that a change of what is asked may have changed, and returns how many
// are owed now because of it. It does a part of the work in each call; false says that something is left.
// Replicas share the work.
func (db *DB) CheckGates(ctx context.Context) (changed int, done bool, err error) {
	now := utc(db.now())
	var checks []gateCheck
	err = db.r.SelectContext(ctx, &checks, `
		SELECT id, platformid, contextid, due, atlink, atuser FROM gate_check WHERE due <= ? ORDER BY due LIMIT 10`, now)
	if err != nil {
		return 0, true, fmt.Errorf("reading the gates to check: %w", unavailable(err))
	}
	for _, c := range checks {
		taken := false
		err := db.tx(ctx, func(tx *Tx) error {
			var err error
			taken, err = one(tx.ExecContext(ctx, `UPDATE gate_check SET due = ? WHERE id = ? AND due = ?`, now.Add(checkLease), c.ID, c.Due))
			return err
		})
		if err != nil {
			return changed, true, fmt.Errorf("taking a gate to check: %w", err)
		}
		if !taken {
			continue
		}
		n, err := db.checkGate(ctx, c, now)
		changed += n
		if err != nil {
			return changed, true, err
		}
	}
	return changed, len(checks) == 0, nil
}

// checkGate looks at one batch. Only what is different is written, each in a transaction of its own that reads
// everything again.
func (db *DB) checkGate(ctx context.Context, c gateCheck, now time.Time) (int, error) {
	query := outboxQuery + `o.platformid = ? AND (o.resourcelinkid > ? OR o.resourcelinkid = ? AND o.userid > ?)`
	args := []any{c.PlatformID, c.AtLink, c.AtLink, c.AtUser}
	if c.ContextID != "" {
		query += ` AND o.contextid = ?`
		args = append(args, c.ContextID)
	}
	var rows []outboxRow
	err := db.r.SelectContext(ctx, &rows, query+` ORDER BY o.resourcelinkid, o.userid LIMIT ?`, append(args, checkBatch)...)
	if err != nil {
		return 0, fmt.Errorf("reading the scores to check: %w", unavailable(err))
	}
	changed := 0
	for _, o := range rows {
		ok, err := passed(ctx, db.r, o, now)
		if err != nil {
			return changed, err
		}
		if o.settle(ok, false, now).same(o) {
			continue
		}
		if err := db.resettle(ctx, o); err != nil {
			return changed, err
		}
		changed++
	}
	err = db.tx(ctx, func(tx *Tx) error {
		if len(rows) < checkBatch {
			_, err := tx.ExecContext(ctx, `DELETE FROM gate_check WHERE id = ?`, c.ID)
			return err
		}
		last := rows[len(rows)-1]
		_, err := tx.ExecContext(ctx, `UPDATE gate_check SET due = ?, atlink = ?, atuser = ? WHERE id = ?`,
			c.Due, last.ResourceLinkID, last.UserID, c.ID)
		return err
	})
	if err != nil {
		return changed, fmt.Errorf("writing down what was checked: %w", err)
	}
	return changed, nil
}

// resettle brings one row up to date.
func (db *DB) resettle(ctx context.Context, o outboxRow) error {
	err := db.tx(ctx, func(tx *Tx) error {
		row, there, err := outboxAt(ctx, tx, o)
		if err != nil || !there {
			return err
		}
		now := utc(db.now())
		ok, err := passed(ctx, tx, row, now)
		if err != nil {
			return err
		}
		return putOrAgain(ctx, tx, row, row.settle(ok, false, now), now)
	})
	if err != nil {
		return fmt.Errorf("working out a score again: %w", err)
	}
	return nil
}

// outboxAt reads a row again, in a transaction.
func outboxAt(ctx context.Context, tx *Tx, o outboxRow) (outboxRow, bool, error) {
	var row outboxRow
	err := tx.GetContext(ctx, &row, outboxQuery+`o.platformid = ? AND o.resourcelinkid = ? AND o.userid = ?`,
		o.PlatformID, o.ResourceLinkID, o.UserID)
	if errors.Is(err, sql.ErrNoRows) {
		return row, false, nil
	}
	if err != nil {
		return row, false, fmt.Errorf("reading the score: %w", err)
	}
	return row, true, nil
}

// putOrAgain stores what changed, or has the transaction run again if somebody else was first.
func putOrAgain(ctx context.Context, tx *Tx, old, o outboxRow, now time.Time) error {
	if o.same(old) {
		return nil
	}
	stored, err := o.put(ctx, tx, now)
	if err == nil && !stored {
		return errAgain
	}
	return err
}
