package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"ltipolicy/policy"
)

// imageGrace is how long an image that no text shows is kept: whoever has it in something typed and not saved can
// still save.
const imageGrace = 2 * typingLife

// AddImages stores images before a text shows them. One that is there already stays as it is, whoever brought
// it: its name is its content.
func (db *DB) AddImages(ctx context.Context, a Admin, images []policy.Image) error {
	for _, i := range images { // each is large enough for a transaction of its own
		err := db.tx(ctx, func(tx *Tx) error { return db.addImage(ctx, tx, a.InstitutionID, a.UserID, i) })
		if err != nil {
			return fmt.Errorf("storing an image: %w", err)
		}
	}
	return nil
}

func (db *DB) addImage(ctx context.Context, tx *Tx, institutionID string, userID int64, i policy.Image) error {
	now := utc(db.now())
	ok, err := one(tx.ExecContext(ctx, `UPDATE policy_image SET timeused = ? WHERE digest = ?`, now, i.Digest))
	if err != nil || ok {
		return err
	}
	of, whose := db.from(userID)
	ok, err = one(tx.ExecContext(ctx, `
		INSERT INTO policy_image (digest, mediatype, width, height, data, institutionid, userid, timecreated, timeused)
		SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?`+of,
		append([]any{i.Digest, i.Type, i.Width, i.Height, i.Data, institutionID, userID, now, now}, whose...)...))
	if duplicate(err) {
		return errAgain
	}
	if err == nil && !ok {
		err = errErased
	}
	return err
}

// showImages stores the images that a version brings and writes down which ones its texts show. One that is
// not stored is policy.ErrInvalid: a text never shows less than its author saw. Marking an image as used holds
// its row, so that it cannot be swept away meanwhile.
func (db *DB) showImages(ctx context.Context, tx *Tx, versionID int64, v policy.Version) error {
	shown := policy.ImagesIn(v.Texts...)
	if len(shown) == 0 {
		return nil
	}
	if len(v.Images) > 0 {
		var institution string
		if err := tx.GetContext(ctx, &institution, `SELECT institutionid FROM policy_detail WHERE policyid = ?`, v.PolicyID); err != nil {
			return err
		}
		for _, i := range v.Images {
			if err := db.addImage(ctx, tx, institution, v.UserModified, i); err != nil {
				return err
			}
		}
	}
	slices.Sort(shown) // whoever holds several rows takes them in one order
	for _, digest := range shown {
		ok, err := one(tx.ExecContext(ctx, `UPDATE policy_image SET timeused = ? WHERE digest = ?`, utc(db.now()), digest))
		if err != nil {
			return err
		}
		if !ok {
			return policy.E(policy.ErrInvalid, "policy.image_missing").Because(fmt.Errorf("image %s is not stored", digest))
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO policy_image_use (versionid, digest) VALUES (?, ?)`, versionID, digest); err != nil {
			return fmt.Errorf("adding an image's use: %w", err)
		}
	}
	return nil
}

func (db *DB) hideImages(ctx context.Context, tx *Tx, versionID int64) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM `+db.open(draftImage)+` WHERE versionid = ?`, versionID)
	return err
}

// Image returns an image by its digest, or policy.ErrNotFound.
func (db *DB) Image(ctx context.Context, digest string) (policy.Image, error) {
	var row struct {
		Type   string `db:"mediatype"`
		Width  int    `db:"width"`
		Height int    `db:"height"`
		Data   []byte `db:"data"`
	}
	err := db.r.GetContext(ctx, &row, `SELECT mediatype, width, height, data FROM policy_image WHERE digest = ?`, digest)
	if err != nil {
		return policy.Image{}, missing("image", err)
	}
	return policy.Image{Digest: digest, Type: row.Type, Width: row.Width, Height: row.Height, Data: row.Data}, nil
}

// MissingImages returns those of the digests that no image has.
func (db *DB) MissingImages(ctx context.Context, digests []string) ([]string, error) {
	var gone []string
	for _, part := range parts(digests, 500) {
		query, args, err := sqlx.In(`SELECT digest FROM policy_image WHERE digest IN (?)`, part)
		if err != nil {
			return nil, err
		}
		var have []string
		if err := db.r.SelectContext(ctx, &have, query, args...); err != nil {
			return nil, fmt.Errorf("looking for images: %w", unavailable(err))
		}
		for _, d := range part {
			if !slices.Contains(have, d) {
				gone = append(gone, d)
			}
		}
	}
	return gone, nil
}

// endImages deletes images that no version shows and that nobody took for some time. The deletion itself
// asks again: a text that shows the image by then keeps it.
func (db *DB) endImages(ctx context.Context) error {
	before := utc(db.now().Add(-imageGrace))
	for {
		var digests []string
		err := db.r.SelectContext(ctx, &digests, `
			SELECT i.digest FROM policy_image i LEFT JOIN policy_image_use u ON u.digest = i.digest
			WHERE i.timeused < ? AND u.digest IS NULL ORDER BY i.timeused LIMIT 20`, before)
		if err != nil {
			return err
		}
		for _, digest := range digests {
			err := db.redo(ctx, func(tx *Tx) error {
				_, err := tx.ExecContext(ctx, `
					DELETE FROM `+db.open(spareImage)+`
					WHERE digest = ? AND timeused < ? AND NOT EXISTS (SELECT u.digest FROM policy_image_use u WHERE u.digest = ?)`,
					digest, before, digest)
				return err
			})
			if err != nil {
				return err
			}
		}
		if len(digests) < 20 {
			return nil
		}
	}
}

// image checks that an image of a published text is there with the bytes that its name was made of.
func (v *verification) image(ctx context.Context, versionID int64, digest string) error {
	if v.images[digest] {
		return nil
	}
	gone, err := v.db.MissingImages(ctx, []string{digest})
	if err != nil {
		return err
	}
	if len(gone) == 0 {
		i, err := v.db.Image(ctx, digest)
		if err != nil {
			return err
		}
		if sum := sha256.Sum256(i.Data); hex.EncodeToString(sum[:]) == digest {
			v.images[digest] = true
			return nil
		}
	}
	return &Break{Leaf: -1, What: fmt.Sprintf("an image of version %d is not the one that was published: %s", versionID, digest)}
}
