package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"ltipolicy/policy"
)

// CreatePolicy adds a policy at the end of the institution's order, with v as its first draft, which is to apply on
// the given platforms, see [DB.SaveDraft]. A slug that is taken gets a number. v's ids, status and times do not count.
func (db *DB) CreatePolicy(ctx context.Context, a Admin, slug string, v policy.Version, platformIDs []string) (policyID, versionID int64, err error) {
	if err := CheckVersion(slug, v); err != nil {
		return 0, 0, fmt.Errorf("creating a policy: %w", err)
	}
	err = db.tx(ctx, func(tx *Tx) error {
		free, err := freeSlug(ctx, tx, a.InstitutionID, slug)
		if err != nil {
			return err
		}
		var last int
		err = tx.GetContext(ctx, &last, `
			SELECT COALESCE(MAX(p.sortorder), 8) FROM policy_detail d JOIN tool_policy p ON p.id = d.policyid
			WHERE d.institutionid = ?`, a.InstitutionID)
		if err != nil {
			return err
		}
		if policyID, _, err = db.ensurePolicy(ctx, tx, a.InstitutionID, free, last+2); err != nil {
			return err
		}
		v.PolicyID = policyID
		versionID, err = db.newDraft(ctx, tx, a, v)
		if err != nil {
			return err
		}
		if err := db.keepScope(ctx, tx, a.InstitutionID, versionID, Scope{platformIDs, v.Courses}); err != nil {
			return err
		}
		return db.logDraft(ctx, tx, a, "policy.create", free, versionID, nil)
	})
	if err != nil {
		return 0, 0, fmt.Errorf("creating a policy: %w", err)
	}
	return policyID, versionID, nil
}

// firstEdit is the edit of a draft that nobody saved again.
const firstEdit = 1

func (db *DB) newDraft(ctx context.Context, tx *Tx, a Admin, v policy.Version) (int64, error) {
	now := utc(db.now())
	v.TimeCreated, v.TimeModified, v.ActiveFrom, v.Archived, v.MaterialID, v.Edit = now, now, time.Time{}, false, 0, firstEdit
	v.UserModified = a.UserID
	return db.insertVersion(ctx, tx, v)
}

func (db *DB) logDraft(ctx context.Context, tx *Tx, a Admin, action, slug string, versionID int64, before any) error {
	v, err := institutionVersion(ctx, tx, a.InstitutionID, versionID)
	if err != nil {
		return err
	}
	return db.logChange(ctx, tx, a, action, slug, before, logOf(v))
}

// NewDraft adds v as a draft to its policy, whose active version stays untouched: "save as draft" of what was
// active. Only PolicyID and the content of v count: where it is to apply is where the policy applies, until
// [DB.SaveDraft] says something else.
func (db *DB) NewDraft(ctx context.Context, a Admin, v policy.Version) (versionID int64, err error) {
	if err := CheckVersion("x", v); err != nil {
		return 0, fmt.Errorf("adding a draft: %w", err)
	}
	err = db.tx(ctx, func(tx *Tx) error {
		slug, err := takeTurn(ctx, tx, a.InstitutionID, v.PolicyID) // or its last draft is deleted meanwhile, and the policy with it
		if err != nil {
			return err
		}
		if versionID, err = db.newDraft(ctx, tx, a, v); err != nil {
			return err
		}
		return db.logDraft(ctx, tx, a, "draft.create", slug, versionID, nil)
	})
	if err != nil {
		return 0, fmt.Errorf("adding a draft: %w", err)
	}
	return versionID, nil
}

// RestoreAsDraft adds a draft with the content of an archived version, which stays archived. An active version
// is policy.ErrInvalid, as in Moodle.
func (db *DB) RestoreAsDraft(ctx context.Context, a Admin, versionID int64) (draftID int64, err error) {
	err = db.tx(ctx, func(tx *Tx) error {
		v, slug, err := turnOf(ctx, tx, a.InstitutionID, versionID)
		if err != nil {
			return err
		}
		if v.Status() != policy.Archived {
			return policy.E(policy.ErrInvalid, "admin.version_not_archived", versionID)
		}
		before := logOf(v)
		v.AnnouncedFrom, v.EffectiveFrom, v.EnforcedFrom, v.ChangeNote = time.Time{}, time.Time{}, time.Time{}, "" // they were about that time
		if draftID, err = db.newDraft(ctx, tx, a, v); err != nil {
			return err
		}
		return db.logDraft(ctx, tx, a, "draft.restore", slug, draftID, before)
	})
	if err != nil {
		return 0, fmt.Errorf("restoring a version: %w", err)
	}
	return draftID, nil
}

// SaveDraft overwrites the draft v.ID with the content of v and returns the new edit. On which platforms of the
// institution it is to apply, and whether in courses only, is the draft's own until it becomes active: then it is the
// policy's, see [DB.Publish]. v.Edit must be the one that the editor started from: if somebody else saved since, nothing
// is written and the error is policy.ErrConflict. A version that was ever active cannot be saved, and one that
// waits for its day is a *[Waiting].
func (db *DB) SaveDraft(ctx context.Context, a Admin, v policy.Version, platformIDs []string) (edit int64, err error) {
	if err := CheckVersion("x", v); err != nil {
		return 0, fmt.Errorf("saving a draft: %w", err)
	}
	err = db.tx(ctx, func(tx *Tx) error {
		old, slug, err := turnOf(ctx, tx, a.InstitutionID, v.ID)
		if err != nil {
			return err
		}
		if err := asDraft(old, old.Edit); err != nil {
			return err
		}
		if err := waitsNot(ctx, tx, old, slug); err != nil {
			return err
		}
		if err := asDraft(old, v.Edit); err != nil {
			return err
		}
		edit = v.Edit + 1
		if err := db.overwriteDraft(ctx, tx, a, v); err != nil {
			return err
		}
		before, _, err := draftScopes(ctx, tx, old)
		if err != nil {
			return err
		}
		after := Scope{Placed(platformIDs), v.Courses}
		if err := db.keepScope(ctx, tx, a.InstitutionID, v.ID, after); err != nil {
			return err
		}
		if !slices.Equal(Placed(before.Platforms), after.Platforms) {
			if err := db.logChange(ctx, tx, a, "draft.platforms", slug, before.Platforms, after.Platforms); err != nil {
				return err
			}
		}
		return db.logDraft(ctx, tx, a, "draft.save", slug, v.ID, logOf(old))
	})
	if err != nil {
		return 0, fmt.Errorf("saving a draft: %w", err)
	}
	return edit, nil
}

// DeleteDraft removes a draft, and its policy if that has no other version. What was ever active stays. A version
// that waits for its day is a *[Waiting].
func (db *DB) DeleteDraft(ctx context.Context, a Admin, versionID int64) error {
	err := db.tx(ctx, func(tx *Tx) error {
		v, slug, err := turnOf(ctx, tx, a.InstitutionID, versionID)
		if err != nil {
			return err
		}
		if err := asDraft(v, v.Edit); err != nil {
			return err
		}
		if err := waitsNot(ctx, tx, v, slug); err != nil {
			return err
		}
		ok, err := one(tx.ExecContext(ctx, `
			DELETE FROM `+db.open(draftVersion)+`
			WHERE id = ? AND archived = 0 AND NOT EXISTS (SELECT p.id FROM tool_policy p WHERE p.currentversionid = ?)`, versionID, versionID))
		if err != nil {
			return err
		}
		if !ok {
			return errAgain
		}
		for _, query := range []string{
			`DELETE FROM ` + db.open(draftDetail) + ` WHERE versionid = ?`, `DELETE FROM ` + db.open(draftText) + ` WHERE versionid = ?`,
			`DELETE FROM moodle_version WHERE versionid = ?`, `DELETE FROM ` + db.open(draftImage) + ` WHERE versionid = ?`,
		} {
			if _, err := tx.ExecContext(ctx, query, versionID); err != nil {
				return err
			}
		}
		if err := dropScope(ctx, tx, versionID); err != nil {
			return err
		}
		if err := forgetAllTyping(ctx, tx, a.InstitutionID, versionID); err != nil {
			return err
		}
		if err := db.deleteEmptyPolicy(ctx, tx, v.PolicyID); err != nil {
			return err
		}
		return db.logChange(ctx, tx, a, "draft.delete", slug, logOf(v), nil)
	})
	if err != nil {
		return fmt.Errorf("deleting a draft: %w", err)
	}
	return nil
}

func (db *DB) deleteEmptyPolicy(ctx context.Context, tx *Tx, policyID int64) error {
	var left []int64
	if err := tx.SelectContext(ctx, &left, `SELECT id FROM tool_policy_versions WHERE policyid = ? LIMIT 1`, policyID); err != nil {
		return err
	}
	if len(left) > 0 {
		return nil
	}
	for _, query := range []string{
		`DELETE FROM tool_policy WHERE id = ?`, `DELETE FROM policy_detail WHERE policyid = ?`,
		`DELETE FROM policy_platform WHERE policyid = ?`, `DELETE FROM moodle_policy WHERE policyid = ?`,
	} {
		if _, err := tx.ExecContext(ctx, query, policyID); err != nil {
			return err
		}
	}
	return nil
}
