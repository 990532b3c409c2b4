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
	// Addresses says that teachers see the mail addresses of their participants.
	Addresses bool `db:"addresses"`
}

// Institutions returns all institutions by name.
func (db *DB) Institutions(ctx context.Context) ([]Institution, error) {
	var is []Institution
	err := db.r.SelectContext(ctx, &is, `SELECT id, name, zone, addresses FROM institution ORDER BY name`)
	if err != nil {
		return nil, fmt.Errorf("reading the institutions: %w", unavailable(err))
	}
	return is, nil
}

// Institution returns one institution, or policy.ErrNotFound.
func (db *DB) Institution(ctx context.Context, id string) (Institution, error) {
	var i Institution
	err := db.r.GetContext(ctx, &i, `SELECT id, name, zone, addresses FROM institution WHERE id = ?`, id)
	if err != nil {
		return Institution{}, missing("institution", err)
	}
	return i, nil
}

// InstitutionByName returns the institution of exactly this name, or policy.ErrNotFound.
func (db *DB) InstitutionByName(ctx context.Context, name string) (Institution, error) {
	var i Institution
	err := db.r.GetContext(ctx, &i, `SELECT id, name, zone, addresses FROM institution WHERE name = ?`, strings.TrimSpace(name))
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

// Busy returns the times in which the institution would rather have nothing new begin, as [policy.ParseBusy] reads them.
func (db *DB) Busy(ctx context.Context, institutionID string) (string, error) {
	var text string
	err := db.r.GetContext(ctx, &text, `SELECT COALESCE(busy, '') FROM institution WHERE id = ?`, institutionID)
	if err != nil {
		return "", missing("institution", err)
	}
	return text, nil
}

// SetBusy keeps such times. What [policy.ParseBusy] does not understand, and over 16 kB, is policy.ErrInvalid.
func (db *DB) SetBusy(ctx context.Context, a Admin, text string) error {
	if _, wrong := policy.ParseBusy(text); wrong > 0 || len(text) > 16<<10 {
		return policy.E(policy.ErrInvalid, "").Because(fmt.Errorf("times in which nothing is to begin: line %d", wrong))
	}
	err := db.tx(ctx, func(tx *Tx) error {
		var i struct {
			Name string `db:"name"`
			Busy string `db:"busy"`
		}
		if err := tx.GetContext(ctx, &i, `SELECT name, COALESCE(busy, '') AS busy FROM institution WHERE id = ?`, a.InstitutionID); err != nil {
			return missing("institution", err)
		}
		if i.Busy == text {
			return nil
		}
		ok, err := one(tx.ExecContext(ctx, `UPDATE institution SET busy = ? WHERE id = ? AND COALESCE(busy, '') = ?`, text, a.InstitutionID, i.Busy))
		if err == nil && !ok {
			err = errAgain // somebody else was first
		}
		if err != nil {
			return err
		}
		return db.logChange(ctx, tx, a, "institution.busy", i.Name, i.Busy, text)
	})
	if err != nil {
		return fmt.Errorf("keeping when nothing is to begin: %w", err)
	}
	return nil
}

// SetAddresses has teachers of the institution see the mail addresses of their participants, or see them no more.
func (db *DB) SetAddresses(ctx context.Context, a Admin, seen bool) error {
	err := db.tx(ctx, func(tx *Tx) error {
		var i Institution
		if err := tx.GetContext(ctx, &i, `SELECT id, name, zone, addresses FROM institution WHERE id = ?`, a.InstitutionID); err != nil {
			return missing("institution", err)
		}
		if i.Addresses == seen {
			return nil
		}
		ok, err := one(tx.ExecContext(ctx, `UPDATE institution SET addresses = ? WHERE id = ? AND addresses = ?`, seen, i.ID, i.Addresses))
		if err == nil && !ok {
			err = errAgain // somebody else was first
		}
		if err != nil {
			return err
		}
		return db.logChange(ctx, tx, a, "institution.addresses", i.Name, i.Addresses, seen)
	})
	if err != nil {
		return fmt.Errorf("choosing whether teachers see addresses: %w", err)
	}
	return nil
}
