package store

import (
	"context"
	"errors"
	"fmt"

	"ltipolicy/lti"
)

// sessionKey is the secret that signs cookies and forms.
const sessionKey = "session"

// SessionKey returns the key that signs cookies and forms, and the first time the one that gen makes.
func (db *DB) SessionKey(ctx context.Context, gen func() ([]byte, error)) ([]byte, error) {
	return db.Secret(ctx, sessionKey, gen)
}

// RotateSessionKey has cookies and forms signed with a new key. That ends all visits.
func (db *DB) RotateSessionKey(ctx context.Context, fresh []byte) error {
	err := db.tx(ctx, func(tx *Tx) error { return db.rotateSessionKey(ctx, tx, fresh) })
	if err == nil {
		err = db.endSessions(ctx)
	}
	if err != nil {
		return fmt.Errorf("rotating the session key: %w", err)
	}
	return nil
}

func (db *DB) rotateSessionKey(ctx context.Context, tx *Tx, fresh []byte) error {
	if err := db.changeSecret(ctx, tx, sessionKey, func([]byte) ([]byte, error) { return fresh, nil }); err != nil {
		return err
	}
	return db.logAdmin(ctx, tx, AdminEntry{Action: "key.rotate", Object: sessionKey})
}

// endSessions ends all visits, whatever signed their cookies.
func (db *DB) endSessions(ctx context.Context) error {
	for {
		var some []string
		if err := db.r.SelectContext(ctx, &some, `SELECT id FROM lti_session ORDER BY id LIMIT ?`, sweepBatch); err != nil {
			return unavailable(err)
		}
		if len(some) == 0 {
			return nil
		}
		if err := db.remove(ctx, `DELETE FROM lti_session WHERE id IN (?)`, some); err != nil {
			return err
		}
	}
}

// RevokeKeys replaces every key after they became known to others: no signing key that was ever in the ring is published
// or signs any more, the next one included; current and next take their places. Session key and log key become others,
// all visits end, and every login door is owed news, which are signed with the new key. What the log's keys of before
// signed until now stays verified in the log; a receipt of theirs proves nothing by itself any more. It returns the ids of
// the signing keys that are void.
func (db *DB) RevokeKeys(ctx context.Context, current, next lti.Key, session []byte) (void []string, err error) {
	err = db.holdingLog(ctx, func() error {
		fresh, err := db.logKeyPair()
		if err != nil {
			return err
		}
		sealed := map[lti.KeyUse][]byte{}
		for use, k := range map[lti.KeyUse]lti.Key{lti.KeyCurrent: current, lti.KeyNext: next} {
			pem, err := k.MarshalPEM()
			if err != nil {
				return err
			}
			if sealed[use], err = db.seal("tool_key", k.KID, pem); err != nil {
				return err
			}
		}
		return db.tx(ctx, func(tx *Tx) error {
			if void, err = db.revokeRing(ctx, tx, current.KID, next.KID, sealed); err != nil {
				return err
			}
			if err := db.rotateSessionKey(ctx, tx, session); err != nil {
				return err
			}
			if _, err := db.rotateLogKey(ctx, tx, fresh, true); err != nil {
				return err
			}
			// The same state with a later serial: news that only the new key can have signed.
			now := utc(db.now())
			_, err := tx.ExecContext(ctx, `
				UPDATE lti_door SET stateserial = CASE WHEN stateserial >= ? THEN stateserial + 1 ELSE ? END,
					tries = 0, nexttry = ?, timemodified = ?`, now.UnixMilli(), now.UnixMilli(), now, now)
			return err
		})
	})
	if err == nil {
		err = db.endSessions(ctx)
	}
	if err == nil {
		_, err = db.AppendLog(ctx) // so that the newest checkpoint is of the new key at once
	}
	if err != nil {
		return nil, fmt.Errorf("revoking the keys: %w", err)
	}
	return void, nil
}

// revokeRing replaces the ring.
func (db *DB) revokeRing(ctx context.Context, tx *Tx, current, next string, sealed map[lti.KeyUse][]byte) (void []string, _ error) {
	if err := tx.SelectContext(ctx, &void, `SELECT kid FROM tool_key ORDER BY keyuse`); err != nil {
		return nil, err
	}
	if current == next {
		return nil, errors.New("the current key and the next are the same")
	}
	for _, kid := range void {
		ok, err := one(tx.ExecContext(ctx, `DELETE FROM tool_key WHERE kid = ?`, kid))
		if err == nil && !ok {
			err = errAgain
		}
		if err != nil {
			return nil, err
		}
		if err := db.logAdmin(ctx, tx, AdminEntry{Action: "key.revoke", Object: kid}); err != nil {
			return nil, err
		}
	}
	for i, kid := range []string{current, next} {
		use := []lti.KeyUse{lti.KeyCurrent, lti.KeyNext}[i]
		_, err := tx.ExecContext(ctx, `INSERT INTO tool_key (kid, keyuse, sealed, timecreated) VALUES (?, ?, ?, ?)`,
			kid, string(use), sealed[use], utc(db.now()))
		if duplicate(err) {
			return nil, errAgain
		}
		if err != nil {
			return nil, err
		}
		if err := db.logAdmin(ctx, tx, AdminEntry{Action: "key.add", Object: kid}); err != nil {
			return nil, err
		}
	}
	return void, nil
}
