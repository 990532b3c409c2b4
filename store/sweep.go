package store

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
)

// sweepBatch keeps each deletion small: big ones hold locks long and do not fit a cluster's write set.
const sweepBatch = 500

// Sweep deletes expired nonces, sessions, deep linking requests and unsaved typing, and images that no text shows,
// in batches. Replicas may sweep at once.
func (db *DB) Sweep(ctx context.Context) error {
	if err := sweep[[]byte](ctx, db,
		`SELECT hash FROM lti_nonce WHERE expires < ? ORDER BY expires LIMIT ?`,
		`DELETE FROM lti_nonce WHERE hash IN (?)`); err != nil {
		return fmt.Errorf("sweeping expired nonces: %w", err)
	}
	if err := sweep[string](ctx, db,
		`SELECT id FROM lti_session WHERE expires < ? ORDER BY expires LIMIT ?`,
		`DELETE FROM lti_session WHERE id IN (?)`); err != nil {
		return fmt.Errorf("sweeping expired sessions: %w", err)
	}
	if err := sweep[string](ctx, db,
		`SELECT sessionid FROM lti_door_launch WHERE expires < ? ORDER BY expires LIMIT ?`,
		`DELETE FROM lti_door_launch WHERE sessionid IN (?)`); err != nil {
		return fmt.Errorf("sweeping expired door launches: %w", err)
	}
	if err := sweep[string](ctx, db,
		`SELECT sessionid FROM lti_deep_link WHERE expires < ? ORDER BY expires LIMIT ?`,
		`DELETE FROM lti_deep_link WHERE sessionid IN (?)`); err != nil {
		return fmt.Errorf("sweeping expired deep linking requests: %w", err)
	}
	if err := sweep[string](ctx, db,
		`SELECT id FROM policy_autosave WHERE expires < ? ORDER BY expires LIMIT ?`,
		`DELETE FROM policy_autosave WHERE id IN (?)`); err != nil {
		return fmt.Errorf("sweeping old typing: %w", err)
	}
	if err := db.sweepImages(ctx); err != nil {
		return fmt.Errorf("sweeping unused images: %w", err)
	}
	return nil
}

func sweep[K any](ctx context.Context, db *DB, find, remove string) error {
	for {
		var keys []K
		if err := db.r.SelectContext(ctx, &keys, find, utc(db.now()), sweepBatch); err != nil {
			return unavailable(err)
		}
		if len(keys) == 0 {
			return nil
		}
		query, args, err := sqlx.In(remove, keys)
		if err != nil {
			return err
		}
		err = db.redo(ctx, func(tx *Tx) error {
			_, err := tx.ExecContext(ctx, query, args...)
			return err
		})
		if err != nil {
			return err
		}
		if len(keys) < sweepBatch {
			return nil
		}
	}
}
