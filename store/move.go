package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"ltipolicy/lti"
	"ltipolicy/policy"
)

// Moving is why a platform may be taken to another address.
type Moving struct {
	Key    string `json:"key,omitempty"`    // digest of the key that it had and has
	Reason string `json:"reason,omitempty"` // an operator's word
}

// keysKept bounds how many keys of a platform are remembered: a Moodle has one.
const keysKept = 20

// LearnKey remembers that a platform's launch was signed with this key, see [lti.Message.Key]. p is the platform as it was
// read; if it was changed since, nothing happens until the next launch.
func (db *DB) LearnKey(ctx context.Context, p lti.Platform, digest string) error {
	if slices.Contains(p.Keys, digest) {
		return nil
	}
	keys := append(slices.Clone(p.Keys), digest)
	keys = keys[max(0, len(keys)-keysKept):]
	err := db.redo(ctx, func(tx *Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE lti_platform SET keydigests = ? WHERE id = ? AND keydigests = ?`,
			strings.Join(keys, " "), p.ID, strings.Join(p.Keys, " "))
		return err
	})
	if err != nil {
		return fmt.Errorf("remembering the platform's key: %w", err)
	}
	db.seen.Delete(p.ID)
	return nil
}

// MovePlatform takes a platform to another address, see [lti.Platform.Moved], with everything that stands under it: its
// people, their answers, the scores that it is owed. Events keep the issuer of their day; the act tells of both. Visits
// end, because they would lead back to the old address. from must be as it is stored, else it is policy.ErrConflict; so
// it is if the client is known at the new address already. A move without a key and without a reason is
// policy.ErrInvalid.
func (db *DB) MovePlatform(ctx context.Context, from, to lti.Platform, why Moving) error {
	if why == (Moving{}) || from.ID != to.ID || from.Issuer == to.Issuer {
		return policy.E(policy.ErrInvalid, "").Because(errors.New("moving a platform: no proof, no reason, or no move"))
	}
	if err := checkPlatform(to); err != nil {
		return fmt.Errorf("moving the platform: %w", err)
	}
	err := db.tx(ctx, func(tx *Tx) error {
		ok, err := one(tx.ExecContext(ctx, `
			UPDATE lti_platform SET issuer = ?, authurl = ?, tokenurl = ?, jwksurl = ?, visitepoch = visitepoch + 1 WHERE id = ? AND issuer = ? AND clientid = ?`,
			to.Issuer, to.AuthURL, to.TokenURL, to.JWKSURL, from.ID, from.Issuer, from.ClientID))
		if duplicate(err) {
			return policy.E(policy.ErrConflict, "").Because(errors.New("this client is registered at the new address already"))
		}
		if err != nil {
			return err
		}
		if !ok {
			return policy.E(policy.ErrConflict, "").Because(errors.New("the platform is not as it was"))
		}
		old, now := strings.TrimSuffix(from.Issuer, "/")+"/", strings.TrimSuffix(to.Issuer, "/")+"/"
		for _, query := range []string{
			`UPDATE lti_context SET rosterurl = CONCAT(?, SUBSTR(rosterurl, ?)) WHERE platformid = ? AND SUBSTR(rosterurl, 1, ?) = ?`,
			`UPDATE lti_line_item SET url = CONCAT(?, SUBSTR(url, ?)) WHERE platformid = ? AND SUBSTR(url, 1, ?) = ?`,
			`UPDATE outbox SET lineitem = CONCAT(?, SUBSTR(lineitem, ?)) WHERE platformid = ? AND SUBSTR(lineitem, 1, ?) = ?`,
			`UPDATE lti_door SET authurl = CONCAT(?, SUBSTR(authurl, ?)) WHERE platformid = ? AND SUBSTR(authurl, 1, ?) = ?`,
		} {
			if _, err := tx.ExecContext(ctx, query, now, len(old)+1, from.ID, len(old), old); err != nil {
				return fmt.Errorf("moving addresses: %w", err)
			}
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM lti_session WHERE platformid = ?`, from.ID); err != nil {
			return fmt.Errorf("ending visits: %w", err)
		}
		var institution string
		if err := tx.GetContext(ctx, &institution, `SELECT institutionid FROM lti_platform WHERE id = ?`, from.ID); err != nil {
			return missing("platform", err)
		}
		return db.logChange(ctx, tx, Admin{InstitutionID: institution}, "platform.move", from.ID, settingsOf(from), struct {
			platformSettings
			Moving
		}{settingsOf(to), why})
	})
	if err != nil {
		return fmt.Errorf("moving the platform: %w", err)
	}
	db.seen.Delete(from.ID)
	return nil
}
