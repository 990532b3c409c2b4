package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"ltipolicy/policy"
)

// What time alone does to a version beside making it active: the values of policy_step.step.
const (
	stepAnnounce = "announce"
	stepEnforce  = "enforce"
)

// owe has a step done at its time, see [DB.ActivateDue].
func owe(ctx context.Context, tx *Tx, policyID, versionID int64, step string, due time.Time) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO policy_step (versionid, step, policyid, due) VALUES (?, ?, ?, ?)`, versionID, step, policyID, utc(due))
	if duplicate(err) {
		return errAgain
	}
	if err != nil {
		return fmt.Errorf("keeping what a version still does: %w", err)
	}
	return nil
}

// dropSteps forgets what the versions of a policy were still to do.
func dropSteps(ctx context.Context, tx *Tx, policyID int64) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM policy_step WHERE policyid = ?`, policyID); err != nil {
		return fmt.Errorf("forgetting what the policy's versions still do: %w", err)
	}
	return nil
}

// keepSteps leaves of what the versions of a policy were still to do what its active one is: to be enforced. versionID is
// that one, 0 for none.
func (db *DB) keepSteps(ctx context.Context, tx *Tx, policyID, versionID int64) error {
	if err := dropSteps(ctx, tx, policyID); err != nil || versionID == 0 {
		return err
	}
	var enforced sql.NullTime
	if err := tx.GetContext(ctx, &enforced, `SELECT enforcedfrom FROM policy_version_detail WHERE versionid = ?`, versionID); err != nil {
		return fmt.Errorf("reading when the version is enforced: %w", err)
	}
	if !enforced.Valid || !enforced.Time.After(db.now()) {
		return nil
	}
	return owe(ctx, tx, policyID, versionID, stepEnforce, enforced.Time)
}

// announce shows a version that waits for its day to everybody: from now on neither its text nor its settings change.
// material is the version whose answers count for it, itself unless it is a minor change.
func (db *DB) announce(ctx context.Context, tx *Tx, a Admin, v policy.Version, material int64, slug string) error {
	ok, err := one(tx.ExecContext(ctx, `UPDATE `+db.open(draftDetail)+` SET materialid = ?, published = 1 WHERE versionid = ? AND published = 0`, material, v.ID))
	if err == nil && !ok {
		err = errAgain
	}
	if err != nil {
		return fmt.Errorf("announcing the version: %w", err)
	}
	v.MaterialID = material
	if err := forgetAllTyping(ctx, tx, a.InstitutionID, v.ID); err != nil {
		return err
	}
	return db.logChange(ctx, tx, a, announceAct, slug, nil, logOf(v))
}

// takeStep does one step that fell due, unless somebody did it already.
func (db *DB) takeStep(ctx context.Context, d dueRow) (done bool, err error) {
	err = db.tx(ctx, func(tx *Tx) error {
		done = false
		var institution []string
		if err := tx.SelectContext(ctx, &institution, `SELECT institutionid FROM policy_detail WHERE policyid = ?`, d.PolicyID); err != nil {
			return err
		}
		if len(institution) == 0 {
			return dropSteps(ctx, tx, d.PolicyID)
		}
		slug, err := takeTurn(ctx, tx, institution[0], d.PolicyID)
		if err != nil {
			return err
		}
		done, err = one(tx.ExecContext(ctx, `DELETE FROM policy_step WHERE versionid = ? AND step = ? AND due <= ?`, d.VersionID, d.Step, utc(db.now())))
		if err != nil || !done {
			return err
		}
		v, err := institutionVersion(ctx, tx, institution[0], d.VersionID)
		if err != nil {
			return err
		}
		a := Admin{InstitutionID: institution[0], UserID: v.UserModified}
		switch {
		case d.Step == stepEnforce && v.Status() == policy.Active:
			if err := db.recheckPolicy(ctx, tx, d.PolicyID); err != nil {
				return err
			}
			return db.logChange(ctx, tx, a, "version.enforce", slug, nil, logOf(v))
		case d.Step == stepAnnounce && v.Status() == policy.Draft && !v.Announced:
			s, there, err := scheduleOf(ctx, tx, d.PolicyID)
			if err != nil || !there || s.VersionID != v.ID || s.Edit != v.Edit { // nobody decided to show what it is now
				return err
			}
			a.Actor = s.Actor
			return db.announce(ctx, tx, a, v, s.material(), slug)
		}
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("%s: %w", d.Step, err)
	}
	return done, nil
}

// scheduleOf is what of the policy waits for its day; false: nothing.
func scheduleOf(ctx context.Context, tx *Tx, policyID int64) (scheduleRow, bool, error) {
	var rows []scheduleRow
	err := tx.SelectContext(ctx, &rows, scheduleQuery+`WHERE s.policyid = ?`, policyID)
	if err != nil || len(rows) == 0 {
		return scheduleRow{}, false, err
	}
	return rows[0], true, nil
}

// retract takes a version back that was announced. People could read and answer it, so it stays as it is, archived, and
// was never in force. Where it was to be asked stays known, too, whatever becomes of its policy: that is where it was public.
func (db *DB) retract(ctx context.Context, tx *Tx, a Admin, v policy.Version, slug string) error {
	ok, err := one(tx.ExecContext(ctx, `UPDATE tool_policy_versions SET archived = 1, timemodified = ? WHERE id = ? AND archived = 0`, db.now().Unix(), v.ID))
	if err == nil && !ok {
		err = errAgain
	}
	if err != nil {
		return fmt.Errorf("taking the announcement back: %w", err)
	}
	to, _, err := draftScopes(ctx, tx, v)
	if err != nil {
		return err
	}
	if err := db.keepScope(ctx, tx, a.InstitutionID, v.ID, to); err != nil {
		return err
	}
	return db.logChange(ctx, tx, a, retractAct, slug, logOf(v), nil)
}

// isAnnounced is the condition that version v, d of policy p was announced and is not in force yet.
const isAnnounced = `(d.published = 1 AND v.archived = 0 AND COALESCE(p.currentversionid, 0) <> v.id)`

// wasAnnounced is the condition that version v, d was announced and never came into force, whether it still may or not.
const wasAnnounced = `(d.published = 1 AND d.announcedfrom IS NOT NULL AND d.activefrom IS NULL)`

// announcedHere is the condition that version v of policy pd, which was announced, will be asked in a course of a platform:
// where its own scope says, or its policy's where nobody chose one. Its arguments are those of announcedAt.
const announcedHere = `(CASE WHEN EXISTS (SELECT 1 FROM policy_draft_scope ds WHERE ds.versionid = v.id)
		THEN EXISTS (SELECT 1 FROM policy_draft_platform dp WHERE dp.versionid = v.id AND dp.platformid IN (?, '*'))
		ELSE EXISTS (SELECT 1 FROM policy_platform ap WHERE ap.platformid = ? AND ap.policyid = v.policyid) END
	AND (COALESCE(` + ownScope + `, pd.courses) = 0 OR ` + askedByCourse + `? AND lp.contextid = ? AND lp.slug = pd.slug)))`

func announcedAt(platformID, contextID string) []any {
	return []any{platformID, platformID, platformID, contextID}
}

// Announced returns the versions that are announced and will be asked in a course of a platform, with their texts, by the
// day on which they come into force. Without a course they are those of the site.
func (db *DB) Announced(ctx context.Context, platformID, contextID string) ([]policy.Version, error) {
	vs, err := versions(ctx, db.r, `
		SELECT `+versionColumns+`
		FROM lti_platform y
		JOIN policy_detail pd ON pd.institutionid = y.institutionid
		JOIN policy_schedule w ON w.policyid = pd.policyid
		JOIN tool_policy p ON p.id = pd.policyid
		JOIN tool_policy_versions v ON v.id = w.versionid
		JOIN policy_version_detail d ON d.versionid = v.id
		WHERE y.id = ? AND `+isAnnounced+` AND `+announcedHere,
		append([]any{platformID}, announcedAt(platformID, contextID)...)...)
	if err != nil {
		return nil, fmt.Errorf("reading what is announced: %w", unavailable(err))
	}
	slices.SortFunc(vs, func(a, b policy.Version) int {
		return cmp.Or(a.EffectiveFrom.Compare(b.EffectiveFrom), cmp.Compare(a.SortOrder, b.SortOrder), cmp.Compare(a.ID, b.ID))
	})
	return vs, nil
}
