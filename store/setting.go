package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Secret returns the value kept under name, and the first time the one that gen makes. Replicas that ask at
// once get the same value.
func (db *DB) Secret(ctx context.Context, name string, gen func() ([]byte, error)) ([]byte, error) {
	var value []byte
	err := db.r.GetContext(ctx, &value, `SELECT value FROM setting WHERE name = ?`, name)
	if err == nil {
		return value, nil
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("reading the secret %q: %w", name, unavailable(err))
	}
	fresh, err := gen()
	if err != nil {
		return nil, fmt.Errorf("making the secret %q: %w", name, err)
	}
	err = db.tx(ctx, func(tx *Tx) error {
		err := tx.GetContext(ctx, &value, `SELECT value FROM setting WHERE name = ?`, name)
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		value = fresh
		_, err = tx.ExecContext(ctx, `INSERT INTO setting (name, value) VALUES (?, ?)`, name, fresh)
		if duplicate(err) {
			return errAgain
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("keeping the secret %q: %w", name, err)
	}
	return value, nil
}
