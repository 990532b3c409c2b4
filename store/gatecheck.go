package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"ltipolicy/policy"
)

const (
	checkLease = 2 * time.Minute // how long one part may take
	// A check that begins so soon after another one of the same people looks at them in its place: the two that
	// a publication asks for, and those of policies that are loaded one after the other.
	checkTogether = 2 * secondLook
)

// recheck has the scores of a course, or of a whole platform, worked out again between requests: once soon,
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
	var active []askedRow
	err = tx.SelectContext(ctx, &active, `
		SELECT `+askedVersionColumns+`
		FROM tool_policy p
		JOIN policy_detail pd ON pd.policyid = p.id
		JOIN tool_policy_versions v ON v.id = p.currentversionid
		JOIN policy_version_detail d ON d.versionid = v.id
		WHERE p.id = ?`, policyID)
	if err != nil {
		return fmt.Errorf("reading when the policy takes effect: %w", err)
	}
	var begins time.Time
	for _, r := range active {
		begins = r.asked().Begins(policy.Person{})
	}
	for _, id := range sitesOf(platforms) {
		if err := db.recheck(ctx, tx, id, "", begins); err != nil {
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

// Checked is a part of the scores worked out again.
type Checked struct {
	Looked  int  // learners looked at
	Changed int  // of them with another score to send than before
	Done    bool // there was nothing to do
}

// CheckGates works out the scores again that a change of what is asked may have changed, those of at most so
// many learners in each call. What it stores waits behind what learners' own acts made due, see [DB.TakeScores].
// Replicas share the work. A learner whose score was stored by somebody else meanwhile is looked at again in a
// later call.
func (db *DB) CheckGates(ctx context.Context, most int) (Checked, error) {
	now := utc(db.now())
	var checks []gateCheck
	err := db.r.SelectContext(ctx, &checks, `
		SELECT id, platformid, contextid, due, atlink, atuser FROM gate_check WHERE due <= ? ORDER BY due, id LIMIT 100`, now)
	if err != nil {
		return Checked{Done: true}, fmt.Errorf("reading the gates to check: %w", unavailable(err))
	}
	for i, c := range checks {
		taken := false
		err := db.tx(ctx, func(tx *Tx) error {
			taken = false
			var err error
			if c.covered(checks[i+1:]) {
				_, err = tx.ExecContext(ctx, `DELETE FROM gate_check WHERE id = ? AND due = ?`, c.ID, c.Due)
				return err
			}
			taken, err = one(tx.ExecContext(ctx, `UPDATE gate_check SET due = ? WHERE id = ? AND due = ?`, now.Add(checkLease), c.ID, c.Due))
			return err
		})
		if err != nil {
			return Checked{Done: true}, fmt.Errorf("taking a gate to check: %w", err)
		}
		if !taken {
			continue
		}
		did, err := db.checkGate(ctx, c, most, now)
		if err != nil {
			return did, fmt.Errorf("working out scores again: %w", err)
		}
		return did, nil
	}
	return Checked{Done: true}, nil
}

// covered reports whether one of the later checks, which are due too, looks at everybody that c has not looked at
// yet. A check that has come far is not begun anew for one that is due much later.
func (c gateCheck) covered(later []gateCheck) bool {
	begun := c.AtLink != "" || c.AtUser != 0
	return slices.ContainsFunc(later, func(l gateCheck) bool {
		return l.PlatformID == c.PlatformID && l.ContextID == c.ContextID && (!begun || l.Due.Sub(c.Due) <= checkTogether)
	})
}

// checkGate looks at one part. It reads outside a transaction: an answer that nobody sees yet stores its score
// after this, or makes the row's revision another one.
func (db *DB) checkGate(ctx context.Context, c gateCheck, most int, now time.Time) (Checked, error) {
	query := outboxQuery + `o.platformid = ? AND (o.resourcelinkid > ? OR o.resourcelinkid = ? AND o.userid > ?)`
	args := []any{c.PlatformID, c.AtLink, c.AtLink, c.AtUser}
	if c.ContextID != "" {
		query += ` AND o.contextid = ?`
		args = append(args, c.ContextID)
	}
	var rows []outboxRow
	err := db.r.SelectContext(ctx, &rows, query+` ORDER BY o.resourcelinkid, o.userid LIMIT ?`, append(args, most)...)
	if err != nil {
		return Checked{}, fmt.Errorf("reading the scores: %w", unavailable(err))
	}
	gates, err := gatesOf(ctx, db.r, c.PlatformID, rows, now)
	if err != nil {
		return Checked{}, err
	}
	var old, o []outboxRow
	for i, r := range rows {
		if settled := r.oneOfMany(gates[i], false, now); !settled.same(r) {
			old, o = append(old, r), append(o, settled)
		}
	}
	did := Checked{Looked: len(rows)}
	leased := now.Add(checkLease)
	err = db.tx(ctx, func(tx *Tx) error {
		if did.Changed, err = putMany(ctx, tx, old, o, now); err != nil {
			return err
		}
		switch {
		case did.Changed < len(o): // the place stays: those that are right by then are passed over
			_, err = tx.ExecContext(ctx, `UPDATE gate_check SET due = ? WHERE id = ? AND due = ?`, c.Due, c.ID, leased)
		case len(rows) < most:
			_, err = tx.ExecContext(ctx, `DELETE FROM gate_check WHERE id = ? AND due = ?`, c.ID, leased)
		default:
			last := rows[len(rows)-1]
			_, err = tx.ExecContext(ctx, `UPDATE gate_check SET due = ?, atlink = ?, atuser = ? WHERE id = ? AND due = ?`,
				c.Due, last.ResourceLinkID, last.UserID, c.ID, leased)
		}
		return err
	})
	return did, err
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
