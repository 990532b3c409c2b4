package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"ltipolicy/policy"
	"ltipolicy/policy/markup"
	"ltipolicy/policy/research"
)

// Publication is what somebody decided about a draft that is to apply: everything that was asked, and what the
// page said that it rests on.
type Publication struct {
	VersionID int64
	Edit      int64 // of the draft as the person saw it, see [DB.SaveDraft]
	// Minor keeps the material: answers to the earlier versions stay good, no row and no event is written for
	// anybody, the rule of [policy.Latest] carries them over.
	Minor bool
	Note  *string // why it replaces the version before; nil: what the draft says
	// At is when the version begins to apply; zero: now. The zone of it, or else of Enforce, is kept as the one in which
	// all days are meant.
	At time.Time
	// Announce is when a version that begins later is shown to everybody, who may answer it from then on; at once if that
	// has passed; zero: not before it begins.
	Announce time.Time
	Enforce  time.Time // until when those who are asked may put it off, see [policy.Version]; zero: not at all
	Basis    *Basis    // nil: the person saw nothing else than the draft
}

// Basis is what publishing a draft rests on beside the draft itself.
type Basis struct {
	Active int64 // the version that it replaces; 0: none
	Then   Scope // where the draft is to be asked
	Now    Scope // where the policy is asked until then
}

// Publish makes a draft the active version of its policy; the active one until now is archived. With a moment
// in the future the draft waits for it, see [DB.ActivateDue]: until then the active version stays, the draft
// can neither be edited nor deleted, nothing else of the policy becomes active or inactive, and
// [DB.Unschedule] takes it back. From its announcement on its text is as final as if it were active, and it can be
// answered. Where the draft is to be asked becomes the policy's in the same moment, and not before.
// One version of a policy can wait at a time.
//
// It is one transaction with everything that was decided, and only if everything is as the person saw it: if
// somebody saved the draft since, or the basis is another one, nothing is written and the error is
// policy.ErrConflict; with another version that waits it is a *[Waiting]. A text without words, a consent to research without
// one of its items, a calendar that contradicts itself, see [policy.Calendar.Check], and a minor change of the kind of answer,
// of how long it counts or who learns it by name, from courses to the site or back, or without an active version are
// policy.ErrInvalid; so is a version that names people to whom it may not.
func (db *DB) Publish(ctx context.Context, a Admin, p Publication) error {
	if p.Note != nil && !fits(*p.Note, 4000) {
		return fmt.Errorf("publishing: %w", policy.E(policy.ErrInvalid, "").Because(errors.New("change note: over 4000 characters")))
	}
	err := db.tx(ctx, func(tx *Tx) error {
		v, slug, err := turnOf(ctx, tx, a.InstitutionID, p.VersionID)
		if err != nil {
			return err
		}
		if err := asDraft(v, p.Edit); err != nil {
			return err
		}
		if err := nothingWaits(ctx, tx, v.PolicyID, slug); err != nil {
			return err
		}
		old, err := currentVersion(ctx, tx, v.PolicyID)
		if err != nil {
			return err
		}
		then, now, err := draftScopes(ctx, tx, v)
		if err != nil {
			return err
		}
		if err := p.Basis.holds(Basis{old.ID, then, now}); err != nil {
			return err
		}
		if err := publishable(v, old, p.Minor); err != nil {
			return err
		}
		if err := (policy.Calendar{Announce: p.Announce, Begin: p.At, Enforce: p.Enforce}).Check(v.Kind, p.Minor, db.now()); err != nil {
			return err
		}
		before := logOf(v)
		if p.Note != nil {
			v.ChangeNote = *p.Note
		}
		v.EnforcedFrom, v.AnnouncedFrom = utc(p.Enforce), utc(p.Announce)
		if at := cmp.Or(p.At, p.Enforce); !at.IsZero() {
			v.Zone = at.Location().String()
		}
		if p.Minor { // whoever may put off the one before may go on to, and what they accepted ends when it would have
			v.EnforcedFrom = old.EnforcedFrom
			if v.Zone = cmp.Or(old.Zone, v.Zone); old.Validity != "" {
				v.Zone = old.Zone
			}
		}
		if !p.At.IsZero() {
			v.EffectiveFrom = utc(p.At)
			return db.schedule(ctx, tx, a, p, v, old, slug, before)
		}
		v.EffectiveFrom = time.Time{} // a plan for another day would keep readers from being asked
		return db.makeActive(ctx, tx, a, v, old, then, p.Minor, "version.publish", slug)
	})
	if err != nil {
		return fmt.Errorf("publishing: %w", err)
	}
	return nil
}

// holds is policy.ErrConflict if something is not as the person saw it.
func (b *Basis) holds(is Basis) error {
	if b == nil || b.Active == is.Active && b.Then.equal(is.Then) && b.Now.equal(is.Now) {
		return nil
	}
	return policy.E(policy.ErrConflict, "admin.basis_changed").Because(errors.New("what it replaces or where it applies is another now"))
}

// publishable refuses a draft that cannot become active, and a minor change that is none.
func publishable(v, old policy.Version, minor bool) error {
	for _, t := range v.Texts {
		if markup.Words(t.Content) == 0 {
			return policy.E(policy.ErrInvalid, "policy.text_empty").Because(fmt.Errorf("version %d has no text in %s", v.ID, t.Lang))
		}
	}
	if err := v.VisibilityAllowed(); err != nil {
		return fmt.Errorf("version %d: %w", v.ID, err)
	}
	if err := research.Whole(v); err != nil {
		return err
	}
	if minor && (old.ID == 0 || !old.SameQuestion(v)) {
		return policy.E(policy.ErrInvalid, "admin.not_minor").Because(fmt.Errorf("version %d after %d", v.ID, old.ID))
	}
	return nil
}

// makeActive makes a draft the active version in place of old, asked there from now on, by compare-and-set on the
// draft's edit and on what is active.
func (db *DB) makeActive(ctx context.Context, tx *Tx, a Admin, v, old policy.Version, to Scope, minor bool, action, slug string) error {
	v.MaterialID = v.ID
	if minor {
		v.MaterialID = old.MaterialID
	}
	now := utc(db.now())
	var ok bool
	var err error
	if v.Announced { // all but this was written then, and what people could read is not written again
		ok, err = one(tx.ExecContext(ctx, `UPDATE `+db.open(announcedDetail)+` SET activefrom = ? WHERE versionid = ? AND activefrom IS NULL`, now, v.ID))
	} else {
		ok, err = one(tx.ExecContext(ctx, `
			UPDATE `+db.open(draftDetail)+` SET materialid = ?, activefrom = ?, effectivefrom = ?, enforcedfrom = ?, announcedfrom = ?,
				zone = ?, changenote = ?, edit = ?
			WHERE versionid = ? AND edit = ?`,
			v.MaterialID, now, timeOrNull(v.EffectiveFrom), timeOrNull(v.EnforcedFrom), timeOrNull(v.AnnouncedFrom),
			zoneOf(v), v.ChangeNote, v.Edit+1, v.ID, v.Edit))
	}
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
	if err := db.moveScope(ctx, tx, a, v.PolicyID, slug, to, now); err != nil {
		return err
	}
	if err := db.activate(ctx, tx, v.PolicyID, v.ID, old.ID, now); err != nil {
		return err
	}
	if err := forgetAllTyping(ctx, tx, a.InstitutionID, v.ID); err != nil {
		return err
	}
	return db.logChange(ctx, tx, a, action, slug, logOf(old), logOf(v))
}

// Inactivate archives the active version of a policy: it does not apply any more, answers stay. A version that is not
// the active one, or not any more, is policy.ErrConflict. With a version that waits for its day it is a *[Waiting].
func (db *DB) Inactivate(ctx context.Context, a Admin, versionID int64) error {
	err := db.tx(ctx, func(tx *Tx) error {
		old, slug, err := turnOf(ctx, tx, a.InstitutionID, versionID)
		if err != nil {
			return err
		}
		policyID := old.PolicyID
		if err := nothingWaits(ctx, tx, policyID, slug); err != nil {
			return err
		}
		if old.Status() != policy.Active {
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
		if err := db.keepSteps(ctx, tx, policyID, 0); err != nil {
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
