package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"ltipolicy/policy"
)

// What is typed is kept for a month after the last key, and a form in all its languages fits well.
const (
	typingLife = 30 * 24 * time.Hour
	typingMax  = 4 << 20
)

// Typing is what somebody typed into the editor of a draft and did not save. It is nobody else's: all
// functions about it take the person from their [Admin].
type Typing struct {
	VersionID int64  // 0: a policy that does not exist yet
	Page      string // the page that it was typed into, an id
	Edit      int64  // of the draft from which the typing started
	Form      url.Values
	Started   time.Time
	Changed   time.Time
}

// KeepTyping keeps what a person typed on a page in place of what the same page, or the page after, kept
// before. If the person typed there on another page, or saved since this one was opened, nothing is kept and
// the error is policy.ErrConflict: what stands in an old window must not replace what is newer. Too much is
// policy.ErrTooLarge.
func (db *DB) KeepTyping(ctx context.Context, a Admin, t Typing, after string) error {
	form, err := json.Marshal(t.Form)
	if err != nil {
		return fmt.Errorf("keeping what was typed: %w", err)
	}
	if len(form) > typingMax {
		return fmt.Errorf("keeping what was typed: %w", policy.E(policy.ErrTooLarge, "", typingMax))
	}
	if !fits(t.Page, 36) || t.Page == "" || a.UserID == 0 {
		return fmt.Errorf("keeping what was typed: %w", policy.E(policy.ErrInvalid, ""))
	}
	id, err := db.NewID()
	if err != nil {
		return err
	}
	text := strings.ToValidUTF8(string(form), "\uFFFD")
	err = db.tx(ctx, func(tx *Tx) error {
		var v policy.Version
		if t.VersionID != 0 {
			var err error
			if v, err = institutionVersion(ctx, tx, a.InstitutionID, t.VersionID); err != nil {
				return err
			}
			if v.Status() != policy.Draft {
				return policy.E(policy.ErrConflict, "").Because(errors.New("not a draft"))
			}
		}
		now := utc(db.now())
		ok, err := one(tx.ExecContext(ctx, `
			UPDATE policy_autosave SET page = ?, edit = ?, form = ?, timemodified = ?, expires = ?
			WHERE institutionid = ? AND versionid = ? AND userid = ? AND page IN (?, ?)`,
			t.Page, t.Edit, text, now, now.Add(typingLife), a.InstitutionID, t.VersionID, a.UserID, t.Page, after))
		if err != nil || ok {
			return err
		}
		var other []string
		err = tx.SelectContext(ctx, &other, `SELECT page FROM policy_autosave WHERE institutionid = ? AND versionid = ? AND userid = ?`,
			a.InstitutionID, t.VersionID, a.UserID)
		if err != nil {
			return err
		}
		if len(other) > 0 {
			return policy.E(policy.ErrConflict, "").Because(errors.New("the person types on another page"))
		}
		if v.Edit > t.Edit && v.UserModified == a.UserID {
			return policy.E(policy.ErrConflict, "").Because(errors.New("the person saved while this was under way"))
		}
		of, whose := db.from(a.UserID)
		ok, err = one(tx.ExecContext(ctx, `
			INSERT INTO policy_autosave (id, institutionid, versionid, userid, page, edit, form, timecreated, timemodified, expires)
			SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?`+of,
			append([]any{id, a.InstitutionID, t.VersionID, a.UserID, t.Page, t.Edit, text, now, now, now.Add(typingLife)}, whose...)...))
		if duplicate(err) {
			return errAgain
		}
		if err == nil && !ok {
			err = errErased
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("keeping what was typed: %w", err)
	}
	return nil
}

// TypingOf returns what the person typed into the editor of a draft and did not save, or policy.ErrNotFound.
func (db *DB) TypingOf(ctx context.Context, a Admin, versionID int64) (Typing, error) {
	var row struct {
		Page    string    `db:"page"`
		Edit    int64     `db:"edit"`
		Form    string    `db:"form"`
		Started time.Time `db:"timecreated"`
		Changed time.Time `db:"timemodified"`
	}
	err := db.r.GetContext(ctx, &row, `
		SELECT page, edit, form, timecreated, timemodified FROM policy_autosave
		WHERE institutionid = ? AND versionid = ? AND userid = ?`, a.InstitutionID, versionID, a.UserID)
	if err != nil {
		return Typing{}, missing("unsaved typing", err)
	}
	t := Typing{VersionID: versionID, Page: row.Page, Edit: row.Edit, Started: row.Started.UTC(), Changed: row.Changed.UTC()}
	if err := json.Unmarshal([]byte(row.Form), &t.Form); err != nil {
		return Typing{}, fmt.Errorf("reading what was typed: %w", err)
	}
	return t, nil
}

// ForgetTyping deletes what the person typed into the editor of a draft on one of the pages, or without any
// on all of them. What was typed on another page than the one that was saved is not lost with it.
func (db *DB) ForgetTyping(ctx context.Context, a Admin, versionID int64, pages ...string) error {
	query, args := `DELETE FROM policy_autosave WHERE institutionid = ? AND versionid = ? AND userid = ?`, []any{a.InstitutionID, versionID, a.UserID}
	if len(pages) > 0 {
		more, list, err := sqlx.In(` AND page IN (?)`, pages)
		if err != nil {
			return err
		}
		query, args = query+more, append(args, list...)
	}
	err := db.redo(ctx, func(tx *Tx) error {
		_, err := tx.ExecContext(ctx, query, args...)
		return err
	})
	if err != nil {
		return fmt.Errorf("forgetting what was typed: %w", err)
	}
	return nil
}

// forgetAllTyping is for a draft that is one no more: nobody can save there.
func forgetAllTyping(ctx context.Context, tx *Tx, institutionID string, versionID int64) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM policy_autosave WHERE institutionid = ? AND versionid = ?`, institutionID, versionID)
	return err
}

// Typist is somebody who typed into a draft and did not save. What was typed is not told.
type Typist struct {
	Name    string // empty: not known
	Started time.Time
}

// OtherTypists returns who but the person types in the same draft, the longest first.
func (db *DB) OtherTypists(ctx context.Context, a Admin, versionID int64) ([]Typist, error) {
	if versionID == 0 {
		return nil, nil // everybody's new policy is another one
	}
	var rows []struct {
		Name       string    `db:"name"`
		GivenName  string    `db:"givenname"`
		FamilyName string    `db:"familyname"`
		Started    time.Time `db:"timecreated"`
	}
	err := db.r.SelectContext(ctx, &rows, `
		SELECT u.name, u.givenname, u.familyname, t.timecreated
		FROM policy_autosave t JOIN lti_user u ON u.id = t.userid
		WHERE t.institutionid = ? AND t.versionid = ? AND t.userid <> ?
		ORDER BY t.timecreated, t.userid`, a.InstitutionID, versionID, a.UserID)
	if err != nil {
		return nil, fmt.Errorf("reading who types: %w", unavailable(err))
	}
	var out []Typist
	for _, r := range rows {
		name := cmp.Or(r.Name, strings.TrimSpace(r.GivenName+" "+r.FamilyName))
		out = append(out, Typist{Name: name, Started: r.Started.UTC()})
	}
	return out, nil
}
