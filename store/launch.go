package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"ltipolicy/lti"
)

// touchAfter is how old "last launch" may get before a launch that brings nothing new writes it again: most
// launches then write their nonce and nothing else.
const touchAfter = time.Hour

// Admit uses up the message's nonce and records who came, where, and in which role, which services and policies
// the activity came with, and the score that a learner is owed for it, all or nothing. A nonce
// that was used before, by whichever replica, is *lti.Error nonce_replayed, and an identifier that is longer
// than LTI allows is claim_invalid. Without a subject nobody is recorded and the User is zero.
func (db *DB) Admit(ctx context.Context, m *lti.Message, p lti.Platform) (User, error) {
	if err := checkMessage(m); err != nil {
		return User{}, err
	}
	admission, err := db.NewID()
	if err != nil {
		return User{}, err
	}
	var u User
	err = db.tx(ctx, func(tx *Tx) error {
		u = User{}
		if err := useNonce(ctx, tx, admission, p.ID, m.Nonce, m.Expires); err != nil {
			return err
		}
		if m.Sub == "" {
			return nil
		}
		now := utc(db.now())
		var err error
		if u, err = saveUser(ctx, tx, userOf(m, p.ID), now); err != nil {
			return err
		}
		if err := saveContext(ctx, tx, p.ID, m.Context, now); err != nil {
			return err
		}
		if err := saveResourceLink(ctx, tx, p.ID, m.Context.ID, m.ResourceLink, now); err != nil {
			return err
		}
		if err := saveMembership(ctx, tx, p.ID, m.Context.ID, u.ID, m.Roles.String(), now); err != nil {
			return err
		}
		if err := saveRosterURL(ctx, tx, p.ID, m.Context.ID, m.NRPS.MembershipsURL); err != nil {
			return err
		}
		return db.saveActivity(ctx, tx, m, u, now)
	})
	if err != nil {
		return User{}, fmt.Errorf("admitting the launch: %w", err)
	}
	return u, nil
}

func checkMessage(m *lti.Message) error {
	if m.Nonce == "" {
		return &lti.Error{Code: lti.NonceMissing}
	}
	for _, f := range []struct{ name, value string }{
		{"sub", m.Sub}, {"context id", m.Context.ID}, {"resource_link id", m.ResourceLink.ID}, {"deployment_id", m.DeploymentID},
	} {
		if len(f.value) > opaqueMax {
			return &lti.Error{Code: lti.ClaimInvalid, Detail: f.name, Err: errors.New("longer than 255 bytes")}
		}
	}
	if len(m.Roles.String()) > rolesMax {
		return &lti.Error{Code: lti.ClaimInvalid, Detail: "roles", Err: errors.New("too long")}
	}
	return nil
}

// useNonce lets the database's unique key decide who was first. admission is new for each call of Admit, so
// that its own second try, after a commit whose answer was lost, is no replay.
func useNonce(ctx context.Context, tx *Tx, admission, platformID, nonce string, expires time.Time) error {
	hash := sha256.Sum256([]byte(platformID + "\n" + nonce))
	_, err := tx.ExecContext(ctx, `INSERT INTO lti_nonce (hash, admission, expires) VALUES (?, ?, ?)`,
		hash[:], admission, utc(expires))
	if !duplicate(err) {
		return err
	}
	if tx.try > 0 {
		var by string
		if err := tx.GetContext(ctx, &by, `SELECT admission FROM lti_nonce WHERE hash = ?`, hash[:]); err != nil {
			return err
		}
		if by == admission {
			return nil
		}
	}
	return &lti.Error{Code: lti.NonceReplayed}
}
