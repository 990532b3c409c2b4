package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"ltipolicy/policy"
)

// Admin is who does something to an institution's policies, for the admin log. The caller has checked that
// the person may; what belongs to another institution is policy.ErrNotFound all the same.
type Admin struct {
	InstitutionID string
	UserID        int64  // lti_user.id, becomes Moodle's usermodified; 0 for the command line
	Actor         string // as the log names the person; empty: the operator
}

// change is an entry's detail: what was and what is, as JSON.
type change struct {
	Before any `json:"before,omitempty"`
	After  any `json:"after,omitempty"`
}

// logChange writes an entry with before and after in the transaction of the change. about are the people whom it names.
func (db *DB) logChange(ctx context.Context, tx *Tx, a Admin, action, object string, before, after any, about ...int64) error {
	detail, err := json.Marshal(change{before, after})
	if err != nil {
		return fmt.Errorf("writing the admin log: %w", err)
	}
	return db.logAdmin(ctx, tx, AdminEntry{
		InstitutionID: a.InstitutionID, ActorID: a.UserID, Actor: a.Actor, Action: action, Object: object, Detail: string(detail),
		About: about,
	})
}

// institutionPolicy returns the slug of a policy of the institution, or policy.ErrNotFound.
func institutionPolicy(ctx context.Context, tx *Tx, institutionID string, policyID int64) (string, error) {
	var slug string
	err := tx.GetContext(ctx, &slug, `SELECT slug FROM policy_detail WHERE policyid = ? AND institutionid = ?`, policyID, institutionID)
	if err != nil {
		return "", missing("policy", err)
	}
	return slug, nil
}

// asDraft says why a version is not a draft as of this edit: policy.ErrInvalid for what was ever active,
// policy.ErrConflict for another edit.
func asDraft(v policy.Version, edit int64) error {
	if v.Status() != policy.Draft {
		return policy.E(policy.ErrInvalid, "admin.version_not_draft", v.ID).Because(errors.New("not a draft"))
	}
	if v.Edit != edit {
		return policy.E(policy.ErrConflict, "admin.draft_changed", v.ID).Because(fmt.Errorf("edit %d, have %d", edit, v.Edit))
	}
	return nil
}
