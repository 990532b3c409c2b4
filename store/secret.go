package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"ltipolicy/policy"
	"ltipolicy/seal"
)

// Secret returns the value kept under name, and the first time the one that gen makes. Replicas that ask at
// once get the same value. It stands sealed in the database: see [Options.Keys]. A value that cannot be opened is
// an error and stays.
func (db *DB) Secret(ctx context.Context, name string, gen func() ([]byte, error)) ([]byte, error) {
	const query = `SELECT value FROM secret WHERE name = ?`
	var sealed []byte
	err := db.r.GetContext(ctx, &sealed, query, name)
	if errors.Is(err, sql.ErrNoRows) {
		sealed, err = db.makeSecret(ctx, query, name, gen)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the secret %q: %w", name, unavailable(err))
	}
	plain, err := db.unseal("secret", name, sealed)
	if err != nil {
		return nil, fmt.Errorf("reading the secret %q: %w", name, err)
	}
	return plain, nil
}

// makeSecret returns the sealed value that is kept: gen's, unless another replica was first.
func (db *DB) makeSecret(ctx context.Context, query, name string, gen func() ([]byte, error)) ([]byte, error) {
	plain, err := gen()
	if err != nil {
		return nil, fmt.Errorf("making it: %w", err)
	}
	fresh, err := db.seal("secret", name, plain)
	if err != nil {
		return nil, err
	}
	var kept []byte
	err = db.tx(ctx, func(tx *Tx) error {
		err := tx.GetContext(ctx, &kept, query, name)
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		kept = fresh
		_, err = tx.ExecContext(ctx, `INSERT INTO secret (name, value) VALUES (?, ?)`, name, fresh)
		if duplicate(err) {
			return errAgain
		}
		return err
	})
	return kept, err
}

// keyProof is a secret whose only use is that it can be opened.
const keyProof = "proof of the key file"

// CheckKeys reports whether [Options.Keys] open all secrets of the database, as policy.ErrUnavailable if not. A database
// without any belongs to the keys that it is first asked about.
func (db *DB) CheckKeys(ctx context.Context) error {
	var names []string
	if err := db.r.SelectContext(ctx, &names, `SELECT name FROM secret ORDER BY name`); err != nil {
		return fmt.Errorf("reading the secrets: %w", unavailable(err))
	}
	for _, name := range names {
		if _, err := db.Secret(ctx, name, nil); err != nil {
			return err
		}
	}
	ring, err := db.KeyRing(ctx)
	if err != nil || len(names)+len(ring) > 0 {
		return err
	}
	_, err = db.Secret(ctx, keyProof, func() ([]byte, error) { return []byte(keyProof), nil })
	return err
}

// changeSecret gives a secret another value, made of the one that is kept; nil: none is.
func (db *DB) changeSecret(ctx context.Context, tx *Tx, name string, change func(old []byte) ([]byte, error)) error {
	var kept, plain []byte
	err := tx.GetContext(ctx, &kept, `SELECT value FROM secret WHERE name = ?`, name)
	none := errors.Is(err, sql.ErrNoRows)
	if err != nil && !none {
		return err
	}
	if !none {
		if plain, err = db.unseal("secret", name, kept); err != nil {
			return err
		}
	}
	fresh, err := change(plain)
	if err != nil {
		return err
	}
	sealed, err := db.seal("secret", name, fresh)
	if err != nil {
		return err
	}
	if none {
		_, err = tx.ExecContext(ctx, `INSERT INTO secret (name, value) VALUES (?, ?)`, name, sealed)
		if duplicate(err) {
			return errAgain
		}
		return err
	}
	ok, err := one(tx.ExecContext(ctx, `UPDATE secret SET value = ? WHERE name = ? AND value = ?`, sealed, name, kept))
	if err == nil && !ok {
		return errAgain
	}
	return err
}

// seal puts a secret into the envelope in which a row of a table keeps it.
func (db *DB) seal(table, row string, plain []byte) ([]byte, error) {
	sealed, err := db.keys.Seal(table+" "+row, plain)
	if err != nil {
		return nil, fmt.Errorf("sealing for %s: %w", table, unopened(err))
	}
	return sealed, nil
}

// unseal takes it out again. What it was not sealed for, or not as it was, does not open.
func (db *DB) unseal(table, row string, sealed []byte) ([]byte, error) {
	plain, err := db.keys.Open(table+" "+row, sealed)
	if err != nil {
		return nil, fmt.Errorf("opening what %s keeps: %w", table, unopened(err))
	}
	return plain, nil
}

// unopened says what to do about an error of the key file.
func unopened(err error) error {
	unknown, isUnknown := errors.AsType[*seal.UnknownKeyError](err)
	switch {
	case errors.Is(err, seal.ErrNoKeys):
		err = fmt.Errorf("%w: -secret-key-file names it", err)
	case isUnknown:
		err = fmt.Errorf("the database was sealed with another key file: %w; give the one that was in use, "+
			"or add its lines to the one that is", unknown)
	case !errors.Is(err, seal.ErrBroken):
		return err
	}
	return policy.E(policy.ErrUnavailable, "").Because(err)
}
