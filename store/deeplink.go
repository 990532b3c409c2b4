package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"ltipolicy/lti"
	"ltipolicy/policy"
)

// KeepDeepLink keeps what a deep linking request asked for, until its session's answer.
func (db *DB) KeepDeepLink(ctx context.Context, sessionID string, d lti.DeepLinking, expires time.Time) error {
	settings, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("keeping a deep linking request: %w", err)
	}
	err = db.tx(ctx, func(tx *Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO lti_deep_link (sessionid, settings, expires) VALUES (?, ?, ?)`,
			sessionID, string(settings), utc(expires))
		return err
	})
	if err != nil {
		return fmt.Errorf("keeping a deep linking request: %w", err)
	}
	return nil
}

// DeepLink returns the request of a session that has not been answered. If there is none it is
// policy.ErrNotFound.
func (db *DB) DeepLink(ctx context.Context, sessionID string) (lti.DeepLinking, error) {
	var settings string
	err := db.r.GetContext(ctx, &settings, `SELECT settings FROM lti_deep_link WHERE sessionid = ? AND expires > ? AND usedby IS NULL`,
		sessionID, utc(db.now()))
	if err != nil {
		return lti.DeepLinking{}, missing("deep linking request", err)
	}
	return readDeepLink(settings)
}

// UseDeepLink returns the request for its answer, once: the second time, from whichever replica, it is
// policy.ErrConflict.
func (db *DB) UseDeepLink(ctx context.Context, sessionID string) (lti.DeepLinking, error) {
	d, err := db.DeepLink(ctx, sessionID)
	used := policy.E(policy.ErrConflict, "").Because(errors.New("the deep linking request is answered"))
	if errors.Is(err, policy.ErrNotFound) {
		return d, used
	}
	if err != nil {
		return d, err
	}
	answer, err := db.NewID()
	if err != nil {
		return lti.DeepLinking{}, err
	}
	err = db.tx(ctx, func(tx *Tx) error {
		ok, err := one(tx.ExecContext(ctx, `UPDATE lti_deep_link SET usedby = ? WHERE sessionid = ? AND usedby IS NULL`,
			answer, sessionID))
		if err == nil && !ok {
			return used
		}
		return err
	})
	if err != nil {
		return lti.DeepLinking{}, fmt.Errorf("answering a deep linking request: %w", err)
	}
	return d, nil
}

func readDeepLink(settings string) (lti.DeepLinking, error) {
	var d lti.DeepLinking
	if err := json.Unmarshal([]byte(settings), &d); err != nil {
		return d, fmt.Errorf("reading a deep linking request: %w", err)
	}
	return d, nil
}
