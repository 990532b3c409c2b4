package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"ltipolicy/lti"
)

type keyRow struct {
	KID     string    `db:"kid"`
	Use     string    `db:"keyuse"`
	Sealed  []byte    `db:"sealed"`
	Created time.Time `db:"timecreated"`
}

func (db *DB) ringOf(rows []keyRow) (lti.KeyRing, error) {
	var ring lti.KeyRing
	for _, r := range rows {
		pem, err := db.unseal("tool_key", r.KID, r.Sealed)
		if err != nil {
			return nil, fmt.Errorf("reading the signing keys: %w", err)
		}
		k, err := lti.ParseKey(r.KID, pem, lti.KeyUse(r.Use), r.Created.UTC())
		if err != nil {
			return nil, fmt.Errorf("reading the signing keys: %w", err)
		}
		ring = append(ring, k)
	}
	return ring, nil
}

const selectKeys = `SELECT kid, keyuse, sealed, timecreated FROM tool_key ORDER BY keyuse`

// KeyRing returns the tool's signing keys; it is empty before [DB.EnsureKeys].
func (db *DB) KeyRing(ctx context.Context) (lti.KeyRing, error) {
	var rows []keyRow
	if err := db.r.SelectContext(ctx, &rows, selectKeys); err != nil {
		return nil, fmt.Errorf("reading the signing keys: %w", unavailable(err))
	}
	return db.ringOf(rows)
}

// EnsureKeys makes a current and a next key if there are none. Replicas may call it at once: one set wins.
func (db *DB) EnsureKeys(ctx context.Context, gen func() (lti.Key, error)) error {
	for range 2 {
		ring, err := db.KeyRing(ctx)
		if err != nil {
			return err
		}
		if len(ring) >= 2 {
			return nil
		}
		if err := db.rotate(ctx, len(ring), gen); err != nil {
			return err
		}
	}
	return nil
}

// rotate adds a key made by gen, unless the number of keys is no longer what the caller saw.
func (db *DB) rotate(ctx context.Context, saw int, gen func() (lti.Key, error)) error {
	fresh, err := gen() // before the transaction: it takes a while
	if err != nil {
		return fmt.Errorf("making a signing key: %w", err)
	}
	return db.rotateKey(ctx, fresh, saw)
}

// RotateKey makes the next key current, the current one previous, drops the previous one, and puts fresh
// next. A key that is there already changes nothing. Rotating at once on two replicas rotates twice.
func (db *DB) RotateKey(ctx context.Context, fresh lti.Key) error {
	return db.rotateKey(ctx, fresh, -1)
}

func (db *DB) rotateKey(ctx context.Context, fresh lti.Key, saw int) error {
	pem, err := fresh.MarshalPEM()
	if err != nil {
		return fmt.Errorf("rotating the signing keys: %w", err)
	}
	sealed, err := db.seal("tool_key", fresh.KID, pem)
	if err != nil {
		return fmt.Errorf("rotating the signing keys: %w", err)
	}
	err = db.tx(ctx, func(tx *Tx) error {
		var rows []keyRow
		if err := tx.SelectContext(ctx, &rows, selectKeys); err != nil {
			return err
		}
		if slices.ContainsFunc(rows, func(r keyRow) bool { return r.KID == fresh.KID }) || saw >= 0 && len(rows) != saw {
			return nil
		}
		ring, err := db.ringOf(rows)
		if err != nil {
			return err
		}
		return db.writeRing(ctx, tx, rows, ring.Rotate(fresh), fresh.KID, sealed)
	})
	if err != nil {
		return fmt.Errorf("rotating the signing keys: %w", err)
	}
	return nil
}

// writeRing changes the rows to the ring. Each use is unique, so the rows move up from the oldest: whoever
// rotates at the same time meets a duplicate or a row that is not as it was read, and starts again.
func (db *DB) writeRing(ctx context.Context, tx *Tx, rows []keyRow, ring lti.KeyRing, freshKID string, sealed []byte) error {
	uses := map[string]lti.KeyUse{}
	for _, k := range ring {
		uses[k.KID] = k.Use
	}
	for _, use := range []lti.KeyUse{lti.KeyPrevious, lti.KeyCurrent, lti.KeyNext} {
		for _, r := range rows {
			if r.Use != string(use) || uses[r.KID] == use {
				continue
			}
			query, args := `UPDATE tool_key SET keyuse = ? WHERE kid = ? AND keyuse = ?`, []any{string(uses[r.KID]), r.KID, r.Use}
			if uses[r.KID] == "" {
				query, args = `DELETE FROM tool_key WHERE kid = ? AND keyuse = ?`, args[1:]
			}
			ok, err := one(tx.ExecContext(ctx, query, args...))
			if duplicate(err) || err == nil && !ok {
				return errAgain
			}
			if err != nil {
				return err
			}
		}
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO tool_key (kid, keyuse, sealed, timecreated) VALUES (?, ?, ?, ?)`,
		freshKID, string(uses[freshKID]), sealed, utc(db.now()))
	if duplicate(err) {
		return errAgain
	}
	if err != nil {
		return err
	}
	if len(ring) == 0 {
		return errors.New("rotating gave no keys")
	}
	return db.logAdmin(ctx, tx, AdminEntry{Action: "key.add", Object: freshKID})
}
