package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ltipolicy/policy"
)

// takeTurn lets acts that change what of a policy applies or waits happen one after the other, and returns the
// policy's slug: of two that began at once, the second starts again and sees what the first one did. It comes
// before everything that such an act reads and decides by. A policy of another institution is
// policy.ErrNotFound.
func takeTurn(ctx context.Context, tx *Tx, institutionID string, policyID int64) (slug string, err error) {
	var row struct {
		Slug string `db:"slug"`
		Turn int64  `db:"turn"`
	}
	err = tx.GetContext(ctx, &row, `SELECT slug, turn FROM policy_detail WHERE policyid = ? AND institutionid = ?`, policyID, institutionID)
	if err != nil {
		return "", missing("policy", err)
	}
	ok, err := one(tx.ExecContext(ctx, `UPDATE policy_detail SET turn = ? WHERE policyid = ? AND turn = ?`, row.Turn+1, policyID, row.Turn))
	if err == nil && !ok {
		err = errAgain
	}
	if err != nil {
		return "", fmt.Errorf("taking a turn at the policy: %w", err)
	}
	return row.Slug, nil
}

// turnOf is takeTurn at the policy of a version, which it returns as it is then.
func turnOf(ctx context.Context, tx *Tx, institutionID string, versionID int64) (v policy.Version, slug string, err error) {
	var policyID int64
	if err := tx.GetContext(ctx, &policyID, `SELECT policyid FROM tool_policy_versions WHERE id = ?`, versionID); err != nil {
		return v, "", missing("version", err)
	}
	if slug, err = takeTurn(ctx, tx, institutionID, policyID); err != nil {
		return v, "", err
	}
	v, err = institutionVersion(ctx, tx, institutionID, versionID)
	return v, slug, err
}

// Waiting says that an act would change what a version was scheduled on that waits for its day. It is a
// policy.ErrConflict. What helps is to take that version back first, see [DB.Unschedule].
type Waiting struct {
	Slug      string // of the policy
	VersionID int64
	At        time.Time // its day, in the zone in which it was meant
}

func (e *Waiting) Error() string {
	return fmt.Sprintf("version %d of %q waits to begin on %s: take it back first", e.VersionID, e.Slug, e.At.Format("2006-01-02 15:04 MST"))
}

// Unwrap gives the kind and the message.
func (e *Waiting) Unwrap() error {
	return policy.E(policy.ErrConflict, "admin.version_scheduled", e.VersionID)
}

// nothingWaits is a *[Waiting] for a policy that has a version waiting for its day. It belongs after takeTurn.
func nothingWaits(ctx context.Context, tx *Tx, policyID int64, slug string) error {
	var rows []struct {
		VersionID int64     `db:"versionid"`
		At        time.Time `db:"effectivefrom"`
		Zone      string    `db:"zone"`
	}
	err := tx.SelectContext(ctx, &rows, `
		SELECT s.versionid, s.effectivefrom, COALESCE(d.zone, '') AS zone
		FROM policy_schedule s LEFT JOIN policy_version_detail d ON d.versionid = s.versionid
		WHERE s.policyid = ?`, policyID)
	if err != nil {
		return fmt.Errorf("looking for a version that waits: %w", err)
	}
	if len(rows) == 0 {
		return nil
	}
	at := rows[0].At.UTC()
	if zone, err := time.LoadLocation(rows[0].Zone); err == nil {
		at = at.In(zone)
	}
	return &Waiting{Slug: slug, VersionID: rows[0].VersionID, At: at}
}

// waitsNot is a *[Waiting] if it is this very version that waits.
func waitsNot(ctx context.Context, tx *Tx, v policy.Version, slug string) error {
	err := nothingWaits(ctx, tx, v.PolicyID, slug)
	if w, ok := errors.AsType[*Waiting](err); ok && w.VersionID != v.ID {
		return nil
	}
	return err
}
