package store

import (
	"context"
	"fmt"
	"time"
)

// AdminEntry is one thing that an operator or administrator did. It copies what it mentions.
type AdminEntry struct {
	ID            string    `db:"id"`
	Time          time.Time `db:"timecreated"`
	InstitutionID string    `db:"institutionid"`
	Actor         string    `db:"actor"` // "operator": somebody with the command line
	Action        string    `db:"action"`
	Object        string    `db:"object"`
	Detail        string    `db:"detail"`
}

const operator = "operator"

// logAdmin writes an entry in the transaction of what it tells of. Empty ID, Time and Actor are filled in.
func (db *DB) logAdmin(ctx context.Context, tx *Tx, e AdminEntry) error {
	id, err := db.NewID()
	if err != nil {
		return err
	}
	if e.Actor == "" {
		e.Actor = operator
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO admin_log (id, timecreated, institutionid, actor, action, object, detail)
		VALUES (?, ?, ?, ?, ?, ?, ?)`,
		id, utc(db.now()), e.InstitutionID, clip(e.Actor, 255), e.Action, clip(e.Object, 255), clip(e.Detail, 4000))
	if err != nil {
		return fmt.Errorf("writing the admin log: %w", err)
	}
	return nil
}

// AdminLog returns an institution's newest entries, at most limit, newest first.
func (db *DB) AdminLog(ctx context.Context, institutionID string, limit int) ([]AdminEntry, error) {
	var es []AdminEntry
	err := db.r.SelectContext(ctx, &es, `
		SELECT id, timecreated, institutionid, actor, action, object, detail
		FROM admin_log WHERE institutionid = ?
		ORDER BY timecreated DESC, id DESC LIMIT ?`, institutionID, limit)
	if err != nil {
		return nil, fmt.Errorf("reading the admin log: %w", unavailable(err))
	}
	for i := range es {
		es[i].Time = es[i].Time.UTC()
	}
	return es, nil
}
