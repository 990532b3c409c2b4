package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"ltipolicy/policy"
)

// Institution is a tenant: it owns policies and platforms.
type Institution struct {
	ID   string `db:"id"` // UUID
	Name string `db:"name"`
	Zone Zone   `db:"zone"`
}

// Institutions returns all institutions by name.
func (db *DB) Institutions(ctx context.Context) ([]Institution, error) {
	var is []Institution
	err := db.r.SelectContext(ctx, &is, `SELECT id, name, zone FROM institution ORDER BY name`)
	if err != nil {
		return nil, fmt.Errorf("reading the institutions: %w", unavailable(err))
	}
	return is, nil
}

// Institution returns one institution, or policy.ErrNotFound.
func (db *DB) Institution(ctx context.Context, id string) (Institution, error) {
	var i Institution
	err := db.r.GetContext(ctx, &i, `SELECT id, name, zone FROM institution WHERE id = ?`, id)
	if err != nil {
		return Institution{}, missing("institution", err)
	}
	return i, nil
}

// InstitutionByName returns the institution of exactly this name, or policy.ErrNotFound.
func (db *DB) InstitutionByName(ctx context.Context, name string) (Institution, error) {
	var i Institution
	err := db.r.GetContext(ctx, &i, `SELECT id, name, zone FROM institution WHERE name = ?`, strings.TrimSpace(name))
	if err != nil {
		return Institution{}, missing("institution", err)
	}
	return i, nil
}

// EnsureInstitution returns the id of the institution of this name and creates it if there is none. Space
// around the name does not count. A name that is empty or over 190 characters is policy.ErrInvalid.
func (db *DB) EnsureInstitution(ctx context.Context, name string) (string, error) {
	name = strings.TrimSpace(name)
	if name == "" || !fits(name, 190) {
		return "", policy.E(policy.ErrInvalid, "").Because(errors.New("institution name: want 1 to 190 characters"))
	}
	id, err := db.NewID()
	if err != nil {
		return "", err
	}
	found := ""
	err = db.tx(ctx, func(tx *Tx) error {
		err := tx.GetContext(ctx, &found, `SELECT id FROM institution WHERE name = ?`, name)
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		found = id
		_, err = tx.ExecContext(ctx, `INSERT INTO institution (id, name, timecreated) VALUES (?, ?, ?)`,
			id, name, utc(db.now()))
		if duplicate(err) {
			return errAgain
		}
		if err != nil {
			return err
		}
		return db.logAdmin(ctx, tx, AdminEntry{InstitutionID: id, Action: institutionAct, Object: name})
	})
	if err != nil {
		return "", fmt.Errorf("creating the institution: %w", err)
	}
	return found, nil
}
