package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"ltipolicy/lti"
	"ltipolicy/policy"
)

// touchAfter is how old "last launch" may get before a launch that brings nothing new writes it again: most
// launches then write their nonce and nothing else.
const touchAfter = time.Hour

// ErrPlatformChanged says that a platform is not, or no longer, as the caller has it: read it again.
var ErrPlatformChanged = errors.New("the platform was changed since it was read")

// Admission is a launch that came in: who came, and what is asked of them in its course, with their answers, as
// [DB.Asked] would say.
type Admission struct {
	User
	Asked []policy.Asked
	Zone  Zone // the institution's
	// CourseEnd is when the launch's course ends; zero: it does not, or nothing is known of it.
	CourseEnd time.Time
}

// Admit uses up the message's nonce and records who came, where, and in which role, which services and policies
// the activity came with, and the score that a learner is owed for it, all or nothing. A nonce
// that was used before, by whichever replica, is *lti.Error nonce_replayed, and an identifier that is longer
// than LTI allows is claim_invalid. Without a subject nobody is recorded and the Admission is zero. p is the
// platform as the message was verified for it; if it was changed since, the error is [ErrPlatformChanged] and the
// nonce is as good as before. Somebody who was erased meanwhile is policy.ErrSession; their next launch is a new person's.
//
// Most launches bring nothing that is not stored yet. They cost the look at what is, and their nonce.
func (db *DB) Admit(ctx context.Context, m *lti.Message, p lti.Platform) (Admission, error) {
	if err := checkMessage(m); err != nil {
		return Admission{}, err
	}
	a, err := db.admit(ctx, m, p)
	if err != nil {
		return Admission{}, fmt.Errorf("admitting the launch: %w", err)
	}
	return a, nil
}

func (db *DB) admit(ctx context.Context, m *lti.Message, p lti.Platform) (Admission, error) {
	admission, err := db.NewID()
	if err != nil {
		return Admission{}, err
	}
	nonce := func(ctx context.Context, q sqlx.ExtContext) error {
		return useNonce(ctx, q, admission, p.ID, m.Nonce, m.Expires)
	}
	v, err := visitOf(ctx, db.r, m, p.ID)
	if err != nil {
		return Admission{}, unavailable(err)
	}
	if !v.of(p, m) {
		return Admission{}, ErrPlatformChanged
	}
	if m.Sub == "" {
		return Admission{}, db.patiently(ctx, func(ctx context.Context) error { return nonce(ctx, db.w) })
	}
	a, nothingNew := v.admission(m, utc(db.now()))
	if nothingNew {
		return a, db.patiently(ctx, func(ctx context.Context) error { return nonce(ctx, db.w) })
	}
	// What was read before is good enough for the first run: whoever came first in between is met at a unique key
	// or a revision. The nonce is the receipt.
	again, known := false, v.user.ID
	err = db.redo(ctx, func(tx *Tx) error {
		if err := nonce(ctx, tx); err != nil {
			return err
		}
		if again {
			if v, err = visitOf(ctx, tx, m, p.ID); err != nil {
				return err
			}
			if known != 0 && v.user.ID != known {
				return errErased
			}
		}
		again = true
		a, err = db.record(ctx, tx, m, v)
		return err
	})
	return a, err
}

// admission returns what a launch finds, and whether everything about it is stored already.
func (v visit) admission(m *lti.Message, now time.Time) (Admission, bool) {
	u, changed := v.user.launched(userOf(m, v.platform.ID), m.Context.ID != "", now)
	if changed || len(v.writes(m, u, now, "")) > 0 {
		return Admission{}, false
	}
	_, owes := v.newScore(m, u, v.asked, now)
	end, _ := v.courseSays(m)
	return Admission{u, v.asked, v.zone, end}, !owes
}

// record writes what is new about a launch.
func (db *DB) record(ctx context.Context, tx *Tx, m *lti.Message, v visit) (Admission, error) {
	now := utc(db.now())
	u, changed := v.user.launched(userOf(m, v.platform.ID), m.Context.ID != "", now)
	var err error
	switch {
	case u.ID == 0:
		u.ID, err = insertUser(ctx, tx, u)
	case changed:
		err = updateUser(ctx, tx, u)
	}
	if err != nil {
		return Admission{}, err
	}
	gate := false
	for _, w := range v.writes(m, u, now, db.held()) {
		res, err := tx.ExecContext(ctx, w.query, w.args...)
		if err != nil {
			return Admission{}, saved(w.what, err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 && w.person {
			return Admission{}, cmp.Or(err, errAgain)
		}
		gate = gate || w.gate
	}
	asked := v.asked
	if gate {
		if err := db.recheck(ctx, tx, v.platform.ID, m.Context.ID, time.Time{}); err != nil {
			return Admission{}, err
		}
		if asked, err = askedOf(ctx, tx, v.platform.ID, m.Context.ID, u.ID); err != nil {
			return Admission{}, err
		}
	}
	o, owes := v.newScore(m, u, asked, now)
	switch {
	case owes && v.score.PlatformID == "":
		err = o.insert(ctx, tx, now, db.held())
	case owes:
		stored := false
		if stored, err = o.put(ctx, tx, now); err == nil && !stored {
			err = errAgain
		}
	}
	end, _ := v.courseSays(m)
	return Admission{u, asked, v.zone, end}, err
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
