package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

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

// logChange writes an entry with before and after in the transaction of the change.
func (db *DB) logChange(ctx context.Context, tx *Tx, a Admin, action, object string, before, after any) error {
	detail, err := json.Marshal(change{before, after})
	if err != nil {
		return fmt.Errorf("writing the admin log: %w", err)
	}
	return db.logAdmin(ctx, tx, AdminEntry{
		InstitutionID: a.InstitutionID, Actor: a.Actor, Action: action, Object: object, Detail: string(detail),
	})
}

// logged is a version as the admin log tells of it: its settings, and of its texts what identifies them.
type logged struct {
	Version       int64             `json:"version"`
	Material      int64             `json:"material"`
	Name          string            `json:"name"`
	Revision      string            `json:"revision"`
	Type          policy.Type       `json:"type"`
	Audience      policy.Audience   `json:"audience"`
	Style         policy.Style      `json:"style"`
	Kind          policy.Kind       `json:"kind"`
	EffectiveFrom string            `json:"effective_from,omitempty"`
	Zone          string            `json:"zone,omitempty"`
	Scheduled     bool              `json:"scheduled,omitempty"` // effective_from is no plan: it begins by itself
	Note          string            `json:"change_note,omitempty"`
	Contact       string            `json:"contact,omitempty"`
	Courses       bool              `json:"courses,omitempty"`
	Digests       map[string]string `json:"digests"`
}

func logOf(v policy.Version) any {
	if v.ID == 0 {
		return nil
	}
	return loggedOf(v)
}

func loggedOf(v policy.Version) logged {
	l := logged{
		Version: v.ID, Material: v.MaterialID, Name: clip(v.Primary().Name, 200), Revision: clip(v.Revision, 200),
		Type: v.Type, Audience: v.Audience, Style: v.Style, Kind: v.Kind,
		Note: clip(v.ChangeNote, 500), Contact: v.Contact, Courses: v.Courses, Zone: zoneOf(v), Digests: map[string]string{},
	}
	if !v.EffectiveFrom.IsZero() {
		l.EffectiveFrom = v.EffectiveFrom.UTC().Format(time.RFC3339)
	}
	for i, t := range v.Texts {
		if i == 12 { // the entry has to fit
			break
		}
		l.Digests[t.Lang] = t.Digest()
	}
	return l
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
