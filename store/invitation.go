package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jmoiron/sqlx"

	"ltipolicy/policy"
)

// Invitation is the right to register one platform for an institution. The token itself is never stored.
type Invitation struct {
	InstitutionID string
	Institution   string // its name, as read
	Name          string // of the platform to be; empty: its host
	Activates     bool   // the platform is active as soon as it is registered
	Created       time.Time
	Expires       time.Time
	Used          bool
	PlatformID    string // the platform registered with it, or whose registration is under way; empty: none
	Issuer        string // of that platform
	ClientID      string // of that platform, as far as it was known; empty: it was not
}

// reservedLife is how long after its end an invitation still is good for the platform whose registration was under way.
const reservedLife = 24 * time.Hour

// Open reports whether somebody may begin to register with the invitation at a time: nobody has, and it is in time. Who
// has begun with it may go on, see [DB.Registering].
func (i Invitation) Open(at time.Time) bool { return !i.Used && at.Before(i.Expires) }

// Invite makes an invitation that can be used for so long, and returns its token: the only copy there is.
func (db *DB) Invite(ctx context.Context, i Invitation, ttl time.Duration) (token string, err error) {
	secret := make([]byte, 32)
	if _, err := io.ReadFull(db.rand, secret); err != nil {
		return "", fmt.Errorf("creating the invitation: %w", err)
	}
	token = base64.RawURLEncoding.EncodeToString(secret)
	hash := sha256.Sum256([]byte(token))
	i.Expires = db.now().Add(ttl)
	return token, db.CreateInvitation(ctx, hash[:], i)
}

// CreateInvitation stores an invitation under the SHA-256 of its token. What it is for counts: institution, name,
// whether it activates, and when it expires.
func (db *DB) CreateInvitation(ctx context.Context, tokenHash []byte, i Invitation) error {
	if len(tokenHash) != sha256.Size {
		return policy.E(policy.ErrInvalid, "").Because(errors.New("invitation token hash: want 32 bytes"))
	}
	if !fits(i.Name, 255) {
		return policy.E(policy.ErrInvalid, "").Because(errors.New("platform name: over 255 characters"))
	}
	err := db.tx(ctx, func(tx *Tx) error {
		var name string
		if err := tx.GetContext(ctx, &name, `SELECT name FROM institution WHERE id = ?`, i.InstitutionID); err != nil {
			return missing("institution", err)
		}
		_, err := tx.ExecContext(ctx,
			`INSERT INTO lti_invitation (tokenhash, institutionid, name, activates, timecreated, expires) VALUES (?, ?, ?, ?, ?, ?)`,
			tokenHash, i.InstitutionID, i.Name, i.Activates, utc(db.now()), utc(i.Expires))
		if duplicate(err) {
			return policy.E(policy.ErrConflict, "").Because(errors.New("the token is in use"))
		}
		if err != nil {
			return err
		}
		detail := i.Name
		if i.Activates {
			detail += " active at once"
		}
		return db.logAdmin(ctx, tx, AdminEntry{InstitutionID: i.InstitutionID, Action: "invitation.add", Object: name, Detail: detail})
	})
	if err != nil {
		return fmt.Errorf("creating the invitation: %w", err)
	}
	return nil
}

// Invitation returns the invitation with this token, also a used or expired one, so that the page can tell
// which; an unknown one is policy.ErrNotFound. Only [DB.Reserve] decides whether it is still good.
func (db *DB) Invitation(ctx context.Context, tokenHash []byte) (Invitation, error) {
	return invitation(ctx, db.r, tokenHash)
}

func invitation(ctx context.Context, q sqlx.QueryerContext, tokenHash []byte) (Invitation, error) {
	var row struct {
		InstitutionID string         `db:"institutionid"`
		Institution   string         `db:"institution"`
		Name          string         `db:"name"`
		Activates     bool           `db:"activates"`
		Created       time.Time      `db:"timecreated"`
		Expires       time.Time      `db:"expires"`
		Used          sql.NullTime   `db:"timeused"`
		PlatformID    sql.NullString `db:"platformid"`
		Issuer        string         `db:"issuer"`
		ClientID      string         `db:"clientid"`
	}
	err := sqlx.GetContext(ctx, q, &row, `
		SELECT v.institutionid, i.name AS institution, v.name, v.activates, v.timecreated, v.expires, v.timeused, v.platformid,
			v.issuer, v.clientid
		FROM lti_invitation v JOIN institution i ON i.id = v.institutionid
		WHERE v.tokenhash = ?`, tokenHash)
	if err != nil {
		return Invitation{}, missing("invitation", err)
	}
	return Invitation{
		InstitutionID: row.InstitutionID, Institution: row.Institution, Name: row.Name, Activates: row.Activates,
		Created: row.Created.UTC(), Expires: row.Expires.UTC(), Used: row.Used.Valid,
		PlatformID: row.PlatformID.String, Issuer: row.Issuer, ClientID: row.ClientID,
	}, nil
}
