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

	"ltipolicy/lti"
	"ltipolicy/policy"
)

// Invitation is the right to register one platform for an institution. The token itself is never stored.
type Invitation struct {
	InstitutionID string
	Institution   string // its name
	Created       time.Time
	Expires       time.Time
	Used          bool
	PlatformID    string // the platform registered with it; empty while it is unused
}

// Invite makes an invitation that can be used for so long, and returns its token: the only copy there is.
func (db *DB) Invite(ctx context.Context, institutionID string, ttl time.Duration) (token string, err error) {
	secret := make([]byte, 32)
	if _, err := io.ReadFull(db.rand, secret); err != nil {
		return "", fmt.Errorf("creating the invitation: %w", err)
	}
	token = base64.RawURLEncoding.EncodeToString(secret)
	hash := sha256.Sum256([]byte(token))
	return token, db.CreateInvitation(ctx, institutionID, hash[:], db.now().Add(ttl))
}

// CreateInvitation stores an invitation under the SHA-256 of its token.
func (db *DB) CreateInvitation(ctx context.Context, institutionID string, tokenHash []byte, expires time.Time) error {
	if len(tokenHash) != sha256.Size {
		return policy.E(policy.ErrInvalid, "").Because(errors.New("invitation token hash: want 32 bytes"))
	}
	err := db.tx(ctx, func(tx *Tx) error {
		var name string
		if err := tx.GetContext(ctx, &name, `SELECT name FROM institution WHERE id = ?`, institutionID); err != nil {
			return missing("institution", err)
		}
		_, err := tx.ExecContext(ctx,
			`INSERT INTO lti_invitation (tokenhash, institutionid, timecreated, expires) VALUES (?, ?, ?, ?)`,
			tokenHash, institutionID, utc(db.now()), utc(expires))
		if duplicate(err) {
			return policy.E(policy.ErrConflict, "").Because(errors.New("the token is in use"))
		}
		if err != nil {
			return err
		}
		return db.logAdmin(ctx, tx, AdminEntry{InstitutionID: institutionID, Action: "invitation.add", Object: name})
	})
	if err != nil {
		return fmt.Errorf("creating the invitation: %w", err)
	}
	return nil
}

// Invitation returns the invitation with this token, also a used or expired one, so that the page can tell
// which; an unknown one is policy.ErrNotFound. Only [DB.RedeemInvitation] decides whether it is still good.
func (db *DB) Invitation(ctx context.Context, tokenHash []byte) (Invitation, error) {
	var row struct {
		InstitutionID string         `db:"institutionid"`
		Institution   string         `db:"name"`
		Created       time.Time      `db:"timecreated"`
		Expires       time.Time      `db:"expires"`
		Used          sql.NullTime   `db:"timeused"`
		PlatformID    sql.NullString `db:"platformid"`
	}
	err := db.r.GetContext(ctx, &row, `
		SELECT v.institutionid, i.name, v.timecreated, v.expires, v.timeused, v.platformid
		FROM lti_invitation v JOIN institution i ON i.id = v.institutionid
		WHERE v.tokenhash = ?`, tokenHash)
	if err != nil {
		return Invitation{}, missing("invitation", err)
	}
	return Invitation{
		InstitutionID: row.InstitutionID, Institution: row.Institution,
		Created: row.Created.UTC(), Expires: row.Expires.UTC(), Used: row.Used.Valid, PlatformID: row.PlatformID.String,
	}, nil
}

// RedeemInvitation uses up an invitation and adds the platform, both or neither. Of several at once one wins;
// for the others, as for an expired or unknown one, it is policy.ErrNotFound. The platform belongs to the
// invitation's institution, whatever p says.
func (db *DB) RedeemInvitation(ctx context.Context, tokenHash []byte, p lti.Platform) error {
	err := db.tx(ctx, func(tx *Tx) error {
		var row struct {
			InstitutionID string         `db:"institutionid"`
			PlatformID    sql.NullString `db:"platformid"`
		}
		err := tx.GetContext(ctx, &row, `SELECT institutionid, platformid FROM lti_invitation WHERE tokenhash = ?`, tokenHash)
		if err != nil {
			return missing("invitation", err)
		}
		ok, err := one(tx.ExecContext(ctx, `
			UPDATE lti_invitation SET timeused = ?, platformid = ?
			WHERE tokenhash = ? AND timeused IS NULL AND expires > ?`,
			utc(db.now()), p.ID, tokenHash, utc(db.now())))
		if err != nil {
			return err
		}
		if !ok {
			return missing("invitation", sql.ErrNoRows)
		}
		p.InstitutionID = row.InstitutionID
		if err := checkPlatform(p); err != nil {
			return err
		}
		return db.addPlatform(ctx, tx, p)
	})
	if err != nil {
		return fmt.Errorf("redeeming the invitation: %w", err)
	}
	return nil
}
