package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"ltipolicy/lti"
	"ltipolicy/policy"
)

// Zone is the time zone in which people of an institution read times. The zero value is none: then it is UTC.
type Zone struct {
	Name    string `json:"zone"`              // IANA
	Learned bool   `json:"learned,omitempty"` // nobody chose it: it is what a site sent
}

const (
	// zoneAct is that an institution's zone became another.
	zoneAct = "institution.zone"
	learned = "~"
)

// Scan reads the column.
func (z *Zone) Scan(value any) error {
	text := ""
	switch v := value.(type) {
	case nil:
	case string:
		text = v
	case []byte:
		text = string(v)
	default:
		return fmt.Errorf("a zone of type %T", value)
	}
	z.Name, z.Learned = strings.CutPrefix(text, learned)
	return nil
}

func (z Zone) column() string {
	if z.Learned {
		return learned + z.Name
	}
	return z.Name
}

// SetZone has people of the institution read times in the zone of this IANA name from now on. Any other name is
// policy.ErrInvalid.
func (db *DB) SetZone(ctx context.Context, a Admin, name string) error {
	if _, ok := policy.ZoneNamed(name); !ok {
		return policy.E(policy.ErrInvalid, "").Because(errors.New("no time zone has this name"))
	}
	return db.changeZone(ctx, a, Zone{Name: name}, func(Zone) bool { return true })
}

// LearnZone keeps the zone that a site sent of somebody who teaches or administers there, if the institution has none:
// the first one, once. Any other name than an IANA name of a zone changes nothing.
func (db *DB) LearnZone(ctx context.Context, p lti.Platform, name string) error {
	if _, ok := policy.ZoneNamed(name); !ok {
		return nil
	}
	by := Admin{InstitutionID: p.InstitutionID, Actor: p.Issuer}
	return db.changeZone(ctx, by, Zone{Name: name, Learned: true}, func(was Zone) bool { return was == Zone{} })
}

func (db *DB) changeZone(ctx context.Context, a Admin, to Zone, may func(was Zone) bool) error {
	err := db.tx(ctx, func(tx *Tx) error {
		var i Institution
		if err := tx.GetContext(ctx, &i, `SELECT id, name, zone, addresses FROM institution WHERE id = ?`, a.InstitutionID); err != nil {
			return missing("institution", err)
		}
		if i.Zone == to || !may(i.Zone) {
			return nil
		}
		ok, err := one(tx.ExecContext(ctx, `UPDATE institution SET zone = ? WHERE id = ? AND zone = ?`, to.column(), i.ID, i.Zone.column()))
		if err != nil {
			return err
		}
		if !ok {
			return errAgain // somebody else was first
		}
		return db.logChange(ctx, tx, a, zoneAct, i.Name, i.Zone, to)
	})
	if err != nil {
		return fmt.Errorf("changing the institution's time zone: %w", err)
	}
	return nil
}
