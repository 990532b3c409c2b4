package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"
	"golang.org/x/mod/sumdb/tlog"

	"ltipolicy/evidence"
	"ltipolicy/policy"
)

// Receipt returns the signed receipt of one answer of a person, see [evidence.Receipt]. given holds what only the caller
// knows: the tool's address, the names of institution and site, and by which names the receiver knows people; all else
// is filled in. policy.ErrNotFound if there is no such answer of this person, if the person was erased, or if the answer
// names no text (one that was taken over from Moodle may not).
func (db *DB) Receipt(ctx context.Context, userID int64, eventID string, given evidence.Receipt) ([]byte, error) {
	e, err := db.Event(ctx, userID, eventID)
	if err != nil {
		return nil, err
	}
	r := given
	r.Form, r.Made, r.Answer = evidence.ReceiptForm, utc(db.now()), evidence.AnswerOf(e)
	for _, part := range []func(context.Context, policy.Event, *evidence.Receipt) error{db.receiptKeys, db.receiptText, db.receiptProof} {
		if err := part(ctx, e, &r); err != nil {
			return nil, fmt.Errorf("making a receipt: %w", unavailable(err))
		}
	}
	keys, err := db.logKeys(ctx)
	if err != nil {
		return nil, err
	}
	r.Key = keys.public()
	if r.Log != nil {
		// Just after a rotation the newest checkpoint is of the key of before, which is none that this receipt names.
		if _, err := evidence.OpenCheckpoint(r.Log.Checkpoint, keys.all[:1].Verifiers()); err != nil {
			r.Log = nil
		}
	}
	return r.File(keys.signer)
}

// receiptKeys opens the commitments of the answer.
func (db *DB) receiptKeys(ctx context.Context, e policy.Event, r *evidence.Receipt) error {
	var rows []secretRow
	err := db.r.SelectContext(ctx, &rows, `SELECT userid, secret FROM person_secret WHERE userid IN (?, ?)`, e.UserID, e.ActorID)
	if err != nil {
		return err
	}
	keys := map[int64]policy.EntryKey{}
	for _, row := range rows {
		secret, err := db.openSecret(row.UserID, row.Secret)
		if err != nil {
			return err
		}
		keys[row.UserID] = policy.KeyOf(secret, e.ID)
	}
	subject, ok := keys[e.UserID]
	if !ok {
		return policy.E(policy.ErrNotFound, "").Because(errors.New("the person was erased"))
	}
	r.Opens = evidence.Opens{
		Key: subject, Sub: e.Sub, Note: e.Note, Launch: e.LaunchID, Presentation: e.Presentation,
		ActorKey: keys[e.ActorID], ActorSub: e.ActorSub,
	}
	return nil
}

// receiptText adds the text that was answered, with its images.
func (db *DB) receiptText(ctx context.Context, e policy.Event, r *evidence.Receipt) error {
	v, err := db.Version(ctx, e.InstitutionID, e.VersionID)
	if err != nil {
		return err
	}
	for _, t := range v.Texts {
		if t.Digest() != e.Digest || t.Lang != e.Lang {
			continue
		}
		r.Text = evidence.Text{Lang: t.Lang, Name: t.Name, Summary: string(t.Summary), Content: string(t.Content)}
		for _, digest := range policy.ImagesIn(t) {
			image, err := db.Image(ctx, digest)
			if err != nil {
				return err
			}
			r.Images = append(r.Images, evidence.Image{Digest: digest, Type: image.Type, Data: image.Data})
		}
		return nil
	}
	return policy.E(policy.ErrNotFound, "").Because(errors.New("the answer names no text of ours"))
}

// receiptProof adds the way from the answer to the newest checkpoint, if the log has the answer already.
func (db *DB) receiptProof(ctx context.Context, e policy.Event, r *evidence.Receipt) error {
	newest, err := newestCheckpoint(ctx, db.r)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	var leaf []int64
	err = db.r.SelectContext(ctx, &leaf, `SELECT idx FROM evidence_leaf WHERE shard = ? AND number = ?`, e.Shard, e.Number)
	if err != nil || len(leaf) == 0 || leaf[0] >= newest.Size {
		return err
	}
	path, err := tlog.ProveRecord(newest.Size, leaf[0], &hashReader{ctx: ctx, q: db.r, fresh: map[int64]tlog.Hash{}})
	if err != nil {
		return err
	}
	r.Log = &evidence.Proof{Leaf: leaf[0], Checkpoint: newest.Note}
	for _, h := range path {
		r.Log.Hashes = append(r.Log.Hashes, h[:])
	}
	return nil
}

// signedCheckpoint is a checkpoint as it is stored.
type signedCheckpoint struct {
	Size int64  `db:"size"`
	Note string `db:"note"`
	Kept bool   `db:"kept"`
}

// newestCheckpoint is sql.ErrNoRows while the log is empty.
func newestCheckpoint(ctx context.Context, q sqlx.QueryerContext) (signedCheckpoint, error) {
	var c signedCheckpoint
	return c, sqlx.GetContext(ctx, q, &c, `SELECT size, note, kept FROM evidence_checkpoint ORDER BY size DESC LIMIT 1`)
}

// LogUpdate returns the newest checkpoint with the proof that it continues the one of size old, for whoever keeps that
// one; old is 0 for whoever keeps none. policy.ErrNotFound while the log is empty; policy.ErrInvalid if the log is not
// so long.
func (db *DB) LogUpdate(ctx context.Context, old int64) (evidence.Update, error) {
	newest, err := newestCheckpoint(ctx, db.r)
	if err != nil {
		return evidence.Update{}, missing("checkpoint", err)
	}
	return db.continues(ctx, newest, old)
}

// continues is a checkpoint with the proof that it continues the one of size old.
func (db *DB) continues(ctx context.Context, c signedCheckpoint, old int64) (evidence.Update, error) {
	u := evidence.Update{Old: old, Signed: c.Note}
	switch {
	case old < 0 || old > c.Size:
		return evidence.Update{}, policy.E(policy.ErrInvalid, "").Because(fmt.Errorf("a checkpoint of %d entries is not continued by one of %d", old, c.Size))
	case old > 0 && old < c.Size:
		var err error
		u.Proof, err = tlog.ProveTree(c.Size, old, &hashReader{ctx: ctx, q: db.r, fresh: map[int64]tlog.Hash{}})
		if err != nil {
			return evidence.Update{}, fmt.Errorf("proving that the log continues: %w", unavailable(err))
		}
	}
	return u, nil
}

// LogKey returns the public key that verifies what the log's key signs now.
func (db *DB) LogKey(ctx context.Context) (string, error) {
	keys, err := db.LogKeys(ctx)
	if err != nil {
		return "", err
	}
	return keys[0].Public, nil
}

// LogKeys returns the public keys of everything that was ever signed, the one that signs now first.
func (db *DB) LogKeys(ctx context.Context) (evidence.Keys, error) {
	keys, err := db.logKeys(ctx)
	return keys.all, err
}
