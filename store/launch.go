package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"ltipolicy/lti"
)

// touchAfter is how old "last launch" may get before a launch that brings nothing new writes it again: most
// launches then write their nonce and nothing else.
const touchAfter = time.Hour

// Admit uses up the message's nonce and records who came, where, and in which role, which services and policies
// the activity came with, and the score that a learner is owed for it, all or nothing. A nonce
// that was used before, by whichever replica, is *lti.Error nonce_replayed, and an identifier that is longer
// than LTI allows is claim_invalid. Without a subject nobody is recorded and the User is zero.
//
// Most launches bring nothing that is not stored yet. They cost the look at what is, and their nonce.
func (db *DB) Admit(ctx context.Context, m *lti.Message, p lti.Platform) (User, error) {
	if err := checkMessage(m); err != nil {
		return User{}, err
	}
	admission, err := db.NewID()
	if err != nil {
		return User{}, err
	}
	u, known := User{}, m.Sub == ""
	if !known {
		if u, known, err = db.recognise(ctx, m, p.ID); err != nil {
			return User{}, fmt.Errorf("admitting the launch: %w", unavailable(err))
		}
	}
	if known {
		err = db.patiently(ctx, func(ctx context.Context) error {
			return useNonce(ctx, db.w, admission, p.ID, m.Nonce, m.Expires)
		})
	} else {
		err = db.redo(ctx, func(tx *Tx) error {
			if err := useNonce(ctx, tx, admission, p.ID, m.Nonce, m.Expires); err != nil {
				return err
			}
			u, err = db.record(ctx, tx, m, p.ID)
			return err
		})
	}
	if err != nil {
		return User{}, fmt.Errorf("admitting the launch: %w", err)
	}
	return u, nil
}

// recognise returns the person of a launch, and whether everything about it is stored already.
func (db *DB) recognise(ctx context.Context, m *lti.Message, platformID string) (User, bool, error) {
	now := utc(db.now())
	v, err := visitOf(ctx, db.r, m, platformID)
	if err != nil {
		return User{}, false, err
	}
	u, changed := v.user.launched(userOf(m, platformID), now)
	if changed || len(v.writes(m, u, now)) > 0 {
		return u, false, nil
	}
	if !owedScore(m) {
		return u, true, nil
	}
	settled, err := scoreSettled(ctx, db.r, m, u, now)
	return u, settled, err
}

// record writes what is new about a launch.
func (db *DB) record(ctx context.Context, tx *Tx, m *lti.Message, platformID string) (User, error) {
	now := utc(db.now())
	v, err := visitOf(ctx, tx, m, platformID)
	if err != nil {
		return User{}, err
	}
	u, changed := v.user.launched(userOf(m, platformID), now)
	switch {
	case u.ID == 0:
		u.ID, err = insertUser(ctx, tx, u)
	case changed:
		err = updateUser(ctx, tx, u)
	}
	if err != nil {
		return User{}, err
	}
	gate := false
	for _, w := range v.writes(m, u, now) {
		if _, err := tx.ExecContext(ctx, w.query, w.args...); err != nil {
			return User{}, saved(w.what, err)
		}
		gate = gate || w.gate
	}
	if gate {
		if err := db.recheck(ctx, tx, platformID, m.Context.ID, time.Time{}); err != nil {
			return User{}, err
		}
	}
	if owedScore(m) {
		err = saveScore(ctx, tx, m, u, now)
	}
	return u, err
}

// saved says what was being written, and has the transaction run again if somebody inserted the row first.
func saved(what string, err error) error {
	if duplicate(err) {
		return errAgain
	}
	if err != nil {
		return fmt.Errorf("saving the %s: %w", what, err)
	}
	return nil
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
// that its own second try, after a COMMIT that got no answer, is no replay.
func useNonce(ctx context.Context, q sqlx.ExtContext, admission, platformID, nonce string, expires time.Time) error {
	hash := sha256.Sum256([]byte(platformID + "\n" + nonce))
	_, err := q.ExecContext(ctx, `INSERT INTO lti_nonce (hash, admission, expires) VALUES (?, ?, ?)`,
		hash[:], admission, utc(expires))
	if !duplicate(err) {
		return err
	}
	var by string
	if err := sqlx.GetContext(ctx, q, &by, `SELECT admission FROM lti_nonce WHERE hash = ?`, hash[:]); err != nil {
		return err
	}
	if by == admission {
		return nil
	}
	return &lti.Error{Code: lti.NonceReplayed}
}
