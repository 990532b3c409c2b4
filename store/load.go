package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"ltipolicy/policy"
	"ltipolicy/policy/research"
)

// Loaded is what [DB.LoadPolicy] did.
type Loaded string

// What was loaded: nothing new, another place of the order or other sites and courses, or a version.
const (
	LoadedNothing Loaded = "unchanged"
	LoadedPlace   Loaded = "moved"
	LoadedVersion Loaded = "stored"
)

// LoadPolicy makes v the active version of the institution's policy with this slug, and the policy apply on
// exactly the given platforms, or [Everywhere]; the policy is created if there is none. v's ids, times of creation and status
// do not count.
//
// An active version never changes. If v says the same, nothing happens. If a text that people could have
// read or the kind of answer differs, a new version with a new material id takes over and the old one is
// archived: everybody is asked again; so it is if only courses ask for it from now on, or the site again, and if the answers are named to others than before. If only a translation was added, or the revision, type, audience, page
// or date differs, a new version with the same material id takes over and answers stay good. A new order and other
// platforms need no version.
//
// All of it is one transaction. What would change while a version waits for its day is a *[Waiting], and
// nothing is stored: that version was decided on what is active now, and where. A version without texts, an unknown kind, a consent to
// research without one of its items, or platforms of others are
// policy.ErrInvalid.
func (db *DB) LoadPolicy(ctx context.Context, institutionID, slug string, v policy.Version, platformIDs []string) (did Loaded, versionID int64, err error) {
	if err := CheckPolicy(slug, v); err != nil {
		return LoadedNothing, 0, fmt.Errorf("loading policy %q: %w", slug, err)
	}
	err = db.tx(ctx, func(tx *Tx) error {
		did, versionID = LoadedNothing, 0
		policyID, moved, err := db.ensurePolicy(ctx, tx, institutionID, slug, v.SortOrder)
		if err != nil {
			return err
		}
		old, err := currentVersion(ctx, tx, policyID)
		if err != nil {
			return err
		}
		now, err := scopeNow(ctx, tx, policyID)
		if err != nil {
			return err
		}
		to := Scope{Platforms: Placed(platformIDs), Courses: v.Courses}
		d := compare(old, v)
		if moved {
			did = LoadedPlace
		}
		if d != same {
			if err := research.Whole(v); err != nil {
				return err
			}
		}
		if d == same && now.equal(to) {
			versionID = old.ID
			return nil
		}
		if err := nothingWaits(ctx, tx, policyID, slug); err != nil {
			return err
		}
		if err := db.moveScope(ctx, tx, Admin{InstitutionID: institutionID}, policyID, slug, to, utc(db.now())); err != nil {
			return err
		}
		if d == same {
			did, versionID = LoadedPlace, old.ID
			return nil
		}
		v.PolicyID, v.MaterialID = policyID, 0
		if d == minor {
			v.MaterialID = old.MaterialID
		}
		did = LoadedVersion
		versionID, err = db.publish(ctx, tx, v, old.ID)
		if err != nil {
			return err
		}
		if v, err = currentVersion(ctx, tx, policyID); err != nil {
			return err
		}
		return db.logChange(ctx, tx, Admin{InstitutionID: institutionID}, "policy.publish", slug, logOf(old), logOf(v))
	})
	if err != nil {
		return LoadedNothing, 0, fmt.Errorf("loading policy %q: %w", slug, err)
	}
	return did, versionID, nil
}

// CheckPolicy is what [DB.LoadPolicy] says of a version before it looks at what is stored, so that who loads several
// can look at all of them first. What it refuses is policy.ErrInvalid.
func CheckPolicy(slug string, v policy.Version) error {
	if err := CheckVersion(slug, v); err != nil {
		return err
	}
	return checkDays(v)
}

// checkDays is policy.ErrInvalid for days of a version that is in force at once which contradict each other.
func checkDays(v policy.Version) error {
	switch at := v.EnforcedFrom; {
	case at.IsZero():
	case !v.Kind.Compulsory():
		return policy.E(policy.ErrInvalid, "calendar.enforce_free").Because(errors.New("only what is to be acknowledged or agreed to is enforced"))
	case !at.After(v.EffectiveFrom):
		return policy.E(policy.ErrInvalid, "calendar.enforce_early").Because(errors.New("it is enforced before it is in force"))
	}
	return nil
}

// CheckVersion is policy.ErrInvalid for a version that cannot be stored, active or not, whatever else is: one without
// texts, of an unknown kind, with a text that is too long.
func CheckVersion(slug string, v policy.Version) error {
	bad := func(what string) error { return policy.E(policy.ErrInvalid, "").Because(errors.New(what)) }
	switch {
	case slug == "" || !fits(slug, 190):
		return bad("slug: want 1 to 190 characters")
	case len(v.Texts) == 0:
		return bad("a version needs a text")
	case !fits(v.Revision, policy.MaxRevision):
		return bad("revision: over 1333 characters")
	case !fits(v.ChangeNote, policy.MaxChangeNote):
		return bad("change note: over 4000 characters")
	case !fits(v.Contact, policy.MaxContact):
		return bad("contact: over 255 characters")
	}
	if err := v.Validity.Check(); err != nil {
		return err
	}
	switch v.Kind {
	case policy.Acknowledge, policy.Agree, policy.Consent, policy.Inform:
	default:
		return bad("unknown kind " + string(v.Kind))
	}
	if err := v.VisibilityAllowed(); err != nil {
		return err
	}
	if v.Form != policy.FormNone && v.Form != policy.FormResearch || v.Form == policy.FormResearch && v.Kind != policy.Consent {
		return bad("form " + string(v.Form) + " of kind " + string(v.Kind))
	}
	langs := map[string]bool{}
	for _, t := range v.Texts {
		switch {
		case t.Lang == "" || len(t.Lang) > policy.MaxLang || langs[t.Lang]:
			return bad("language " + t.Lang + ": missing, too long or twice")
		case t.Name == "" || !fits(t.Name, policy.MaxName):
			return bad("name: want 1 to 1333 characters")
		case !fits(string(t.Summary), policy.MaxText) || !fits(string(t.Content), policy.MaxText):
			return bad("text: not UTF-8 or too long")
		}
		langs[t.Lang] = true
	}
	return nil
}

// ensurePolicy returns the id of the policy with this slug, new or not, in this place of the order, and whether it was in
// another one. The turn at it is taken.
func (db *DB) ensurePolicy(ctx context.Context, tx *Tx, institutionID, slug string, sortOrder int) (id int64, moved bool, err error) {
	var row struct {
		ID        int64 `db:"policyid"`
		SortOrder int   `db:"sortorder"`
	}
	err = tx.GetContext(ctx, &row, `
		SELECT d.policyid, p.sortorder FROM policy_detail d JOIN tool_policy p ON p.id = d.policyid
		WHERE d.institutionid = ? AND d.slug = ?`, institutionID, slug)
	if err == nil {
		if _, err := takeTurn(ctx, tx, institutionID, row.ID); err != nil {
			return 0, false, err
		}
		if moved = row.SortOrder != sortOrder; moved {
			_, err = tx.ExecContext(ctx, `UPDATE tool_policy SET sortorder = ? WHERE id = ?`, sortOrder, row.ID)
		}
		return row.ID, moved, err
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return 0, false, err
	}
	var institution string
	if err := tx.GetContext(ctx, &institution, `SELECT id FROM institution WHERE id = ?`, institutionID); err != nil {
		return 0, false, missing("institution", err)
	}
	res, err := tx.ExecContext(ctx, `INSERT INTO tool_policy (sortorder, currentversionid) VALUES (?, NULL)`, sortOrder)
	if err != nil {
		return 0, false, err
	}
	if id, err = res.LastInsertId(); err != nil {
		return 0, false, err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO policy_detail (policyid, institutionid, slug) VALUES (?, ?, ?)`, id, institutionID, slug)
	if duplicate(err) {
		return 0, false, errAgain
	}
	return id, false, err
}

// setPlatforms makes the policy apply on exactly these platforms, which must be the institution's.
func (db *DB) setPlatforms(ctx context.Context, tx *Tx, institutionID string, policyID int64, platformIDs []string) error {
	if err := db.ownPlatforms(ctx, tx, institutionID, platformIDs); err != nil {
		return err
	}
	var have []string
	if err := tx.SelectContext(ctx, &have, `SELECT platformid FROM policy_platform WHERE policyid = ?`, policyID); err != nil {
		return err
	}
	for _, id := range platformIDs {
		if slices.Contains(have, id) {
			continue
		}
		have = append(have, id)
		_, err := tx.ExecContext(ctx, `INSERT INTO policy_platform (platformid, policyid) VALUES (?, ?)`, id, policyID)
		if duplicate(err) {
			return errAgain
		}
		if err != nil {
			return err
		}
		if err := db.recheckOn(ctx, tx, id); err != nil {
			return err
		}
	}
	for _, id := range have {
		if slices.Contains(platformIDs, id) {
			continue
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM policy_platform WHERE platformid = ? AND policyid = ?`, id, policyID)
		if err != nil {
			return err
		}
		if err := db.recheckOn(ctx, tx, id); err != nil {
			return err
		}
	}
	return nil
}

// recheckOn has the scores of a platform worked out again.
func (db *DB) recheckOn(ctx context.Context, tx *Tx, platformID string) error {
	if platformID == Everywhere {
		return nil
	}
	return db.recheck(ctx, tx, platformID, "", time.Time{})
}

// currentVersion returns the active version of a policy, the zero version if it has none.
func currentVersion(ctx context.Context, tx *Tx, policyID int64) (policy.Version, error) {
	vs, err := versions(ctx, tx, `
		SELECT `+versionColumns+`
		FROM tool_policy p
		JOIN policy_detail pd ON pd.policyid = p.id
		JOIN tool_policy_versions v ON v.id = p.currentversionid
		JOIN policy_version_detail d ON d.versionid = v.id
		WHERE p.id = ?`, policyID)
	if err != nil || len(vs) == 0 {
		return policy.Version{}, err
	}
	return vs[0], nil
}

// difference is what a changed version means for those who answered the old one.
type difference string

const (
	same     difference = "nothing changed"
	minor    difference = "answers stay good"
	material difference = "everybody is asked again"
)

func compare(old, v policy.Version) difference {
	if old.ID == 0 || !old.SameQuestion(v) || old.Primary() != v.Primary() {
		return material
	}
	for _, t := range old.Texts {
		if now, ok := v.In(t.Lang); !ok || now != t {
			return material
		}
	}
	v.EffectiveFrom, v.Zone = utc(v.EffectiveFrom), zoneOf(v)
	if len(old.Texts) != len(v.Texts) || !policy.SameSettings(old, v) {
		return minor
	}
	return same
}

// moodleHTML is Moodle's FORMAT_HTML.
const moodleHTML = 1

// publish stores v as a new version and makes it the active one in place of version old (0: none). A
// MaterialID of 0 makes it its own material version. Whoever publishes the same policy at once makes the
// transaction start again.
func (db *DB) publish(ctx context.Context, tx *Tx, v policy.Version, old int64) (int64, error) {
	now := utc(db.now())
	v.TimeCreated, v.TimeModified, v.ActiveFrom, v.Archived = now, now, now, false
	id, err := db.insertVersion(ctx, tx, v)
	if err != nil {
		return 0, err
	}
	return id, db.activate(ctx, tx, v.PolicyID, id, old, now)
}

func (db *DB) activate(ctx context.Context, tx *Tx, policyID, id, old int64, now time.Time) error {
	ok, err := one(tx.ExecContext(ctx,
		`UPDATE tool_policy SET currentversionid = ? WHERE id = ? AND COALESCE(currentversionid, 0) = ?`, id, policyID, old))
	if err != nil {
		return err
	}
	if !ok {
		return errAgain
	}
	if err := dropScope(ctx, tx, id); err != nil { // it is the policy's now
		return err
	}
	if err := db.closeDraft(ctx, tx, id); err != nil {
		return err
	}
	if err := db.keepSteps(ctx, tx, policyID, id); err != nil {
		return err
	}
	if err := db.recheckPolicy(ctx, tx, policyID); err != nil {
		return err
	}
	// A Moodle that was restored makes a version active again that another had replaced.
	_, err = tx.ExecContext(ctx, `UPDATE tool_policy_versions SET archived = 0, timemodified = ? WHERE id = ? AND archived = 1`, now.Unix(), id)
	if err != nil || old == 0 {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE tool_policy_versions SET archived = 1, timemodified = ? WHERE id = ?`, now.Unix(), old)
	return err
}

// closeDraft ends that a version may be changed: it is out of its drafts' views from now on.
func (db *DB) closeDraft(ctx context.Context, tx *Tx, id int64) error {
	_, err := tx.ExecContext(ctx, `UPDATE `+db.open(draftDetail)+` SET published = 1 WHERE versionid = ? AND published = 0`, id)
	return err
}
