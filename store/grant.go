package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"ltipolicy/policy"
)

// Power is what a named person may do beside what their signed roles allow: Moodle's managers arrive as
// teachers, so an administrator says here who they are.
type Power string

// The powers, after Moodle's capabilities managedocs, viewacceptances and acceptbehalf.
const (
	PowerPolicies Power = "policies" // make, change and publish policies
	PowerReport   Power = "report"   // see who answered what
	PowerBehalf   Power = "behalf"   // answer for others; needs nothing else
)

// Powers lists them all.
func Powers() []Power { return []Power{PowerPolicies, PowerReport, PowerBehalf} }

// Grant is one power of one person.
type Grant struct {
	PlatformID string    `db:"platformid"`
	UserID     int64     `db:"userid"`
	Name       string    `db:"name"`
	Sub        string    `db:"sub"`
	Power      Power     `db:"power"`
	Actor      string    `db:"actor"` // who gave it
	Time       time.Time `db:"timecreated"`
}

// Grant gives a person of one of the institution's platforms a power. Giving it again changes nothing.
func (db *DB) Grant(ctx context.Context, a Admin, platformID string, userID int64, p Power) error {
	if !slices.Contains(Powers(), p) {
		return fmt.Errorf("granting: %w", policy.E(policy.ErrInvalid, "").Because(fmt.Errorf("power %q", p)))
	}
	err := db.tx(ctx, func(tx *Tx) error {
		u, err := institutionUser(ctx, tx, a.InstitutionID, platformID, userID)
		if err != nil {
			return err
		}
		var have []string
		err = tx.SelectContext(ctx, &have, `SELECT power FROM admin_grant WHERE platformid = ? AND userid = ?`, platformID, userID)
		if err != nil || slices.Contains(have, string(p)) {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO admin_grant (platformid, userid, power, actor, timecreated) VALUES (?, ?, ?, ?, ?)`,
			platformID, userID, string(p), clip(a.Actor, 255), utc(db.now()))
		if duplicate(err) {
			return errAgain
		}
		if err != nil {
			return err
		}
		return db.logChange(ctx, tx, a, "grant.add", grantee(u), have, append(have, string(p)), u.ID)
	})
	if err != nil {
		return fmt.Errorf("granting: %w", err)
	}
	return nil
}

// Revoke takes a power back. One that the person does not have is no error.
func (db *DB) Revoke(ctx context.Context, a Admin, platformID string, userID int64, p Power) error {
	err := db.tx(ctx, func(tx *Tx) error {
		u, err := institutionUser(ctx, tx, a.InstitutionID, platformID, userID)
		if err != nil {
			return err
		}
		ok, err := one(tx.ExecContext(ctx, `DELETE FROM admin_grant WHERE platformid = ? AND userid = ? AND power = ?`, platformID, userID, string(p)))
		if err != nil || !ok {
			return err
		}
		return db.logChange(ctx, tx, a, "grant.remove", grantee(u), p, nil, u.ID)
	})
	if err != nil {
		return fmt.Errorf("revoking: %w", err)
	}
	return nil
}

func grantee(u User) string {
	return fmt.Sprintf("%s (%s on %s)", clip(u.Name, 100), u.Sub, u.PlatformID)
}

// institutionUser returns a person of one of the institution's platforms, or policy.ErrNotFound.
func institutionUser(ctx context.Context, tx *Tx, institutionID, platformID string, userID int64) (User, error) {
	var us []User
	err := tx.SelectContext(ctx, &us, `
		SELECT `+userColumns+` FROM lti_user u JOIN lti_platform p ON p.id = u.platformid
		WHERE u.id = ? AND u.platformid = ? AND p.institutionid = ?`, userID, platformID, institutionID)
	if err != nil {
		return User{}, err
	}
	if len(us) == 0 || us[0].Erased.Valid {
		return User{}, policy.E(policy.ErrNotFound, "").Because(errors.New("user"))
	}
	return us[0], nil
}

// Grants returns everybody to whom the institution gave something, by name.
func (db *DB) Grants(ctx context.Context, institutionID string) ([]Grant, error) {
	var gs []Grant
	err := db.r.SelectContext(ctx, &gs, `
		SELECT g.platformid, g.userid, u.name, u.sub, g.power, g.actor, g.timecreated
		FROM lti_platform p
		JOIN admin_grant g ON g.platformid = p.id
		JOIN lti_user u ON u.id = g.userid
		WHERE p.institutionid = ? ORDER BY u.sortname, g.userid, g.power`, institutionID)
	if err != nil {
		return nil, fmt.Errorf("reading the grants: %w", unavailable(err))
	}
	for i := range gs {
		gs[i].Time = gs[i].Time.UTC()
	}
	return gs, nil
}
