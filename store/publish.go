package store

import (
	"context"
	"fmt"
	"time"

	"ltipolicy/policy"
)

// Publish makes a draft the active version of its policy, now; the active one until now is archived. With
// minor it stays the same material: answers to the earlier versions stay good, no row and no event is
// written for anybody, the rule of [policy.Latest] carries them over. A minor change of the kind of answer,
// or without an active version, is policy.ErrInvalid. edit is the draft's as the person saw it, see
// [DB.SaveDraft]. A policy that has a version waiting for its day is policy.ErrConflict.
func (db *DB) Publish(ctx context.Context, a Admin, versionID, edit int64, minor bool) error {
	err := db.tx(ctx, func(tx *Tx) error {
		v, err := draftOf(ctx, tx, a.InstitutionID, versionID, edit)
		if err != nil {
			return err
		}
		if err := unscheduled(ctx, tx, v.PolicyID); err != nil {
			return err
		}
		if !v.EffectiveFrom.IsZero() { // a plan for another day, which would keep readers from being asked
			v.EffectiveFrom, v.Zone = time.Time{}, ""
			if err := setEffective(ctx, tx, v); err != nil {
				return err
			}
		}
		return db.makeActive(ctx, tx, a, v, minor, "version.publish")
	})
	if err != nil {
		return fmt.Errorf("publishing: %w", err)
	}
	return nil
}

// publishable refuses a draft that cannot become active, and a minor change that is none.
func publishable(v, old policy.Version, minor bool) error {
	for _, t := range v.Texts {
		if policy.Words(t.Content) == 0 {
			return policy.E(policy.ErrInvalid, "policy.text_empty").Because(fmt.Errorf("version %d has no text in %s", v.ID, t.Lang))
		}
	}
	if minor && (old.ID == 0 || old.Kind != v.Kind) {
		return policy.E(policy.ErrInvalid, "admin.not_minor").Because(fmt.Errorf("version %d after %d", v.ID, old.ID))
	}
	return nil
}

func (db *DB) makeActive(ctx context.Context, tx *Tx, a Admin, v policy.Version, minor bool, action string) error {
	slug, err := institutionPolicy(ctx, tx, a.InstitutionID, v.PolicyID)
	if err != nil {
		return err
	}
	old, err := currentVersion(ctx, tx, v.PolicyID)
	if err != nil {
		return err
	}
	if err := publishable(v, old, minor); err != nil {
		return err
	}
	material := v.ID
	if minor {
		material = old.MaterialID
	}
	now := utc(db.now())
	ok, err := one(tx.ExecContext(ctx, `UPDATE policy_version_detail SET materialid = ?, activefrom = ? WHERE versionid = ? AND edit = ?`,
		material, now, v.ID, v.Edit))
	if err == nil && !ok {
		err = errAgain
	}
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE tool_policy_versions SET timemodified = ? WHERE id = ?`, now.Unix(), v.ID)
	if err != nil {
		return err
	}
	if err := db.activate(ctx, tx, v.PolicyID, v.ID, old.ID, now); err != nil {
		return err
	}
	if err := forgetAllTyping(ctx, tx, a.InstitutionID, v.ID); err != nil {
		return err
	}
	v.MaterialID = material
	return db.logChange(ctx, tx, a, action, slug, logOf(old), logOf(v))
}

// Schedule lets a draft become active by itself at a moment in the future, see [DB.ActivateDue]. Until then
// the active version stays, the draft cannot be edited, and [DB.Unschedule] takes it back. One version of a
// policy can wait at a time. The zone of at is kept as the one in which the day is meant. Rules and errors are
// those of [DB.Publish].
func (db *DB) Schedule(ctx context.Context, a Admin, versionID, edit int64, minor bool, at time.Time) error {
	if !at.After(db.now()) {
		return fmt.Errorf("scheduling: %w", policy.E(policy.ErrInvalid, "admin.schedule_past"))
	}
	err := db.tx(ctx, func(tx *Tx) error {
		v, err := draftOf(ctx, tx, a.InstitutionID, versionID, edit)
		if err != nil {
			return err
		}
		if err := unscheduled(ctx, tx, v.PolicyID); err != nil {
			return err
		}
		old, err := currentVersion(ctx, tx, v.PolicyID)
		if err != nil {
			return err
		}
		if err := publishable(v, old, minor); err != nil {
			return err
		}
		slug, err := institutionPolicy(ctx, tx, a.InstitutionID, v.PolicyID)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			INSERT INTO policy_schedule (policyid, versionid, effectivefrom, minor, actor) VALUES (?, ?, ?, ?, ?)`,
			v.PolicyID, v.ID, utc(at), minor, clip(a.Actor, 255))
		if duplicate(err) {
			return errAgain
		}
		if err != nil {
			return err
		}
		before := logOf(v)
		v.EffectiveFrom, v.Zone = utc(at), at.Location().String()
		if err := setEffective(ctx, tx, v); err != nil {
			return err
		}
		after := loggedOf(v)
		after.Scheduled = true
		return db.logChange(ctx, tx, a, "version.schedule", slug, before, after)
	})
	if err != nil {
		return fmt.Errorf("scheduling: %w", err)
	}
	return nil
}

func setEffective(ctx context.Context, tx *Tx, v policy.Version) error {
	_, err := tx.ExecContext(ctx, `UPDATE policy_version_detail SET effectivefrom = ?, zone = ? WHERE versionid = ?`,
		timeOrNull(v.EffectiveFrom), zoneOf(v), v.ID)
	return err
}

// Unschedule makes the version that waits an ordinary draft again; its day stays as a plan. policy.ErrNotFound:
// none waits, or its day came.
func (db *DB) Unschedule(ctx context.Context, a Admin, policyID int64) error {
	err := db.tx(ctx, func(tx *Tx) error {
		slug, err := institutionPolicy(ctx, tx, a.InstitutionID, policyID)
		if err != nil {
			return err
		}
		var id int64
		if err := tx.GetContext(ctx, &id, `SELECT versionid FROM policy_schedule WHERE policyid = ?`, policyID); err != nil {
			return missing("scheduled version", err)
		}
		v, err := institutionVersion(ctx, tx, a.InstitutionID, id)
		if err != nil {
			return err
		}
		ok, err := one(tx.ExecContext(ctx, `DELETE FROM policy_schedule WHERE policyid = ? AND versionid = ?`, policyID, id))
		if err == nil && !ok {
			err = errAgain
		}
		if err != nil {
			return err
		}
		before := loggedOf(v)
		before.Scheduled = true
		return db.logChange(ctx, tx, a, "version.unschedule", slug, before, logOf(v))
	})
	if err != nil {
		return fmt.Errorf("unscheduling: %w", err)
	}
	return nil
}

// Scheduled is a version that waits for its day.
type Scheduled struct {
	PolicyID  int64     `db:"policyid"`
	VersionID int64     `db:"versionid"`
	At        time.Time `db:"effectivefrom"`
	Minor     bool      `db:"minor"`
	Actor     string    `db:"actor"`
}

// Scheduled returns the institution's versions that wait, the earliest first.
func (db *DB) Scheduled(ctx context.Context, institutionID string) ([]Scheduled, error) {
	var list []Scheduled
	err := db.r.SelectContext(ctx, &list, `
		SELECT s.policyid, s.versionid, s.effectivefrom, s.minor, s.actor
		FROM policy_schedule s JOIN policy_detail d ON d.policyid = s.policyid
		WHERE d.institutionid = ? ORDER BY s.effectivefrom, s.policyid`, institutionID)
	if err != nil {
		return nil, fmt.Errorf("reading what is scheduled: %w", unavailable(err))
	}
	for i := range list {
		list[i].At = list[i].At.UTC()
	}
	return list, nil
}

const dueQuery = `SELECT policyid FROM policy_schedule WHERE effectivefrom <= ? ORDER BY effectivefrom LIMIT 50`

// ActivateDue makes active what waited until now, and returns how many versions. Replicas may do it at once.
// It runs in the background, and before the active versions are read, so that nobody is asked late; it costs
// one look into a table that is empty most of the time.
func (db *DB) ActivateDue(ctx context.Context) (int, error) {
	var due []int64
	if err := db.r.SelectContext(ctx, &due, dueQuery, utc(db.now())); err != nil {
		return 0, fmt.Errorf("looking for scheduled versions: %w", unavailable(err))
	}
	n := 0
	for _, policyID := range due {
		done := false
		err := db.tx(ctx, func(tx *Tx) error {
			var err error
			done, err = db.activateDue(ctx, tx, policyID)
			return err
		})
		if err != nil {
			return n, fmt.Errorf("activating a scheduled version: %w", err)
		}
		if done {
			n++
		}
	}
	return n, nil
}

func (db *DB) activateDue(ctx context.Context, tx *Tx, policyID int64) (bool, error) {
	var s []Scheduled
	err := tx.SelectContext(ctx, &s, `
		SELECT policyid, versionid, effectivefrom, minor, actor FROM policy_schedule WHERE policyid = ? AND effectivefrom <= ?`,
		policyID, utc(db.now()))
	if err != nil || len(s) == 0 {
		return false, err
	}
	ok, err := one(tx.ExecContext(ctx, `DELETE FROM policy_schedule WHERE policyid = ? AND versionid = ?`, policyID, s[0].VersionID))
	if err != nil || !ok {
		return false, err
	}
	var institution string
	if err := tx.GetContext(ctx, &institution, `SELECT institutionid FROM policy_detail WHERE policyid = ?`, policyID); err != nil {
		return false, err
	}
	v, err := institutionVersion(ctx, tx, institution, s[0].VersionID)
	if err != nil {
		return false, err
	}
	a := Admin{InstitutionID: institution, UserID: v.UserModified, Actor: s[0].Actor}
	return true, db.makeActive(ctx, tx, a, v, s[0].Minor, "version.activate")
}

// Inactivate archives the active version of a policy: it does not apply any more, answers stay.
func (db *DB) Inactivate(ctx context.Context, a Admin, policyID int64) error {
	err := db.tx(ctx, func(tx *Tx) error {
		slug, err := institutionPolicy(ctx, tx, a.InstitutionID, policyID)
		if err != nil {
			return err
		}
		if err := unscheduled(ctx, tx, policyID); err != nil {
			return err
		}
		old, err := currentVersion(ctx, tx, policyID)
		if err != nil {
			return err
		}
		if old.ID == 0 {
			return policy.E(policy.ErrConflict, "admin.not_active")
		}
		ok, err := one(tx.ExecContext(ctx, `UPDATE tool_policy SET currentversionid = NULL WHERE id = ? AND currentversionid = ?`, policyID, old.ID))
		if err == nil && !ok {
			err = errAgain
		}
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE tool_policy_versions SET archived = 1, timemodified = ? WHERE id = ?`, db.now().Unix(), old.ID)
		if err != nil {
			return err
		}
		if err := db.recheckPolicy(ctx, tx, policyID); err != nil {
			return err
		}
		return db.logChange(ctx, tx, a, "version.inactivate", slug, logOf(old), nil)
	})
	if err != nil {
		return fmt.Errorf("inactivating: %w", err)
	}
	return nil
}

// catchUp activates what is due before the active versions are read. It is not the reader's to fail for it:
// the background does it again.
func (db *DB) catchUp(ctx context.Context) {
	if _, err := db.ActivateDue(ctx); err != nil && ctx.Err() == nil {
		db.log.Warn("scheduled versions", "error", err)
	}
}
