package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"ltipolicy/policy"
)

// A setting of a version has its place in this file and nowhere else in the store: the row and its columns, what writes
// them, and what the admin log tells.

// versionRow is a version with its primary text: Moodle's row and ours beside it.
type versionRow struct {
	ID             int64        `db:"id"`
	PolicyID       int64        `db:"policyid"`
	Type           int16        `db:"type"`
	Audience       int16        `db:"audience"`
	Style          int16        `db:"agreementstyle"`
	Archived       bool         `db:"archived"`
	Revision       string       `db:"revision"`
	UserModified   int64        `db:"usermodified"`
	TimeCreated    int64        `db:"timecreated"`
	TimeModified   int64        `db:"timemodified"`
	Name           string       `db:"name"`
	Summary        string       `db:"summary"`
	Content        string       `db:"content"`
	SortOrder      int          `db:"sortorder"`
	Courses        bool         `db:"courses"`
	CurrentVersion int64        `db:"currentversion"`
	MaterialID     int64        `db:"materialid"`
	Kind           string       `db:"kind"`
	Lang           string       `db:"lang"`
	EffectiveFrom  sql.NullTime `db:"effectivefrom"`
	EnforcedFrom   sql.NullTime `db:"enforcedfrom"`
	AnnouncedFrom  sql.NullTime `db:"announcedfrom"`
	Published      bool         `db:"published"`
	Validity       string       `db:"validity"`
	Zone           string       `db:"zone"`
	ActiveFrom     sql.NullTime `db:"activefrom"`
	ChangeNote     string       `db:"changenote"`
	Contact        string       `db:"contact"`
	Visibility     string       `db:"visibility"`
	Edit           int64        `db:"edit"`
	Form           string       `db:"form"`
}

// versionColumns reads a versionRow from tool_policy p, policy_detail pd, tool_policy_versions v and
// policy_version_detail d.
const versionColumns = outlineColumns + `, v.summary, v.content`

// outlineColumns reads the same without what is long.
const outlineColumns = `v.id, v.policyid, v.type, v.audience, v.agreementstyle, v.archived, v.revision, v.usermodified,
	v.timecreated, v.timemodified, v.name, p.sortorder, COALESCE(` + ownScope + `, pd.courses) AS courses,
	COALESCE(p.currentversionid, 0) AS currentversion, d.materialid, d.kind, d.lang, d.effectivefrom, d.enforcedfrom, d.announcedfrom,
	d.published, d.validity, d.zone, d.activefrom, d.changenote, d.contact, d.visibility, d.edit, d.form`

func (r versionRow) version() policy.Version {
	v := policy.Version{
		ID: r.ID, PolicyID: r.PolicyID, Type: policy.Type(r.Type), Audience: policy.Audience(r.Audience),
		Style: policy.Style(r.Style), Kind: policy.Kind(r.Kind), Archived: r.Archived, Current: r.CurrentVersion == r.ID,
		Revision: r.Revision, UserModified: r.UserModified,
		TimeCreated: time.Unix(r.TimeCreated, 0).UTC(), TimeModified: time.Unix(r.TimeModified, 0).UTC(),
		MaterialID: r.MaterialID, EffectiveFrom: timeOf(r.EffectiveFrom), EnforcedFrom: timeOf(r.EnforcedFrom),
		AnnouncedFrom: timeOf(r.AnnouncedFrom), Validity: policy.Validity(r.Validity), Zone: r.Zone, ActiveFrom: timeOf(r.ActiveFrom), ChangeNote: r.ChangeNote,
		Contact: r.Contact, Visibility: policy.Visibility(r.Visibility), Edit: r.Edit, Form: policy.Form(r.Form),
		Texts: []policy.Text{{
			Lang: r.Lang, Name: r.Name, Summary: policy.SafeHTML(r.Summary), Content: policy.SafeHTML(r.Content),
		}},
		SortOrder: r.SortOrder, Courses: r.Courses,
	}
	v.Announced = r.Published && v.Status() == policy.Draft
	return v
}

// translationColumns has the place of versionColumns in rows that add a translation, t.
const translationColumns = `v.id, v.policyid, 0, 0, 0, 0, '', 0, 0, 0, t.name, p.sortorder, 0, 0, 0, '', t.lang, NULL, NULL, NULL,
	0, '', '', NULL, '', '', '', 0, '', t.summary, t.content`

// What has the place of versionColumns in rows that add an answer, see fromAnswers; its name is the course.
const (
	answersAsVersions       = answerAsVersion + `'', ` + answerAsVersionEnd
	courseAnswersAsVersions = answerAsVersion + `a.contextid, ` + answerAsVersionEnd

	answerAsVersion    = `a.policyversionid, 0, a.status, 0, 0, 0, '', a.usermodified, 0, a.timemodified, `
	answerAsVersionEnd = `0, 0, 0, d.materialid, '', a.lang, NULL, NULL, NULL, 0, '', '', NULL, COALESCE(a.note, ''), '', '', 0, '', '', ''`
)

func (r versionRow) answer() ownAnswerRow {
	return ownAnswerRow{
		VersionID: r.ID, MaterialID: r.MaterialID, Status: int64(r.Type), Lang: r.Lang, ActorID: r.UserModified,
		Time: r.TimeModified, Note: r.ChangeNote, Scope: r.Name,
	}
}

// insertVersion stores v as a new version of its policy, active nowhere, and returns its id. A MaterialID of 0
// makes it its own material version.
func (db *DB) insertVersion(ctx context.Context, tx *Tx, v policy.Version) (int64, error) {
	text := v.Primary()
	res, err := tx.ExecContext(ctx, `
		INSERT INTO tool_policy_versions (name, type, audience, archived, usermodified, timecreated, timemodified,
			policyid, agreementstyle, optional, revision, summary, summaryformat, content, contentformat)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		text.Name, int16(v.Type), int16(v.Audience), v.Archived, v.UserModified, v.TimeCreated.Unix(), v.TimeModified.Unix(),
		v.PolicyID, int16(v.Style), v.Optional(), v.Revision, string(text.Summary), moodleHTML, string(text.Content), moodleHTML)
	if err != nil {
		return 0, fmt.Errorf("adding the version: %w", err)
	}
	id, err := res.LastInsertId()
	if err != nil {
		return 0, err
	}
	if v.MaterialID == 0 {
		v.MaterialID = id
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO policy_version_detail (versionid, materialid, kind, lang, digest, effectivefrom, enforcedfrom, announcedfrom, validity, zone, activefrom,
			changenote, contact, visibility, edit, form, published)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		id, v.MaterialID, string(v.Kind), text.Lang, text.Digest(), timeOrNull(v.EffectiveFrom), timeOrNull(v.EnforcedFrom),
		timeOrNull(v.AnnouncedFrom), string(v.Validity), zoneOf(v), timeOrNull(v.ActiveFrom), v.ChangeNote, v.Contact, string(v.Visibility), v.Edit, string(v.Form),
		v.Archived || !v.ActiveFrom.IsZero())
	if err != nil {
		return 0, fmt.Errorf("adding the version's details: %w", err)
	}
	if err := insertTexts(ctx, tx, id, v.Texts[1:]); err != nil {
		return 0, err
	}
	return id, db.showImages(ctx, tx, id, v)
}

// overwriteDraft is a compare-and-set on the edit; the conditions on archived and on the policy's current
// version say once more, in the statement itself, that a text which was ever active never changes.
func (db *DB) overwriteDraft(ctx context.Context, tx *Tx, a Admin, v policy.Version) error {
	text := v.Primary()
	ok, err := one(tx.ExecContext(ctx, `
		UPDATE `+db.open(draftDetail)+` SET kind = ?, lang = ?, digest = ?, effectivefrom = ?, enforcedfrom = ?, announcedfrom = ?, validity = ?, zone = ?,
			changenote = ?, contact = ?, visibility = ?, form = ?, edit = ?
		WHERE versionid = ? AND edit = ?`,
		string(v.Kind), text.Lang, text.Digest(), timeOrNull(v.EffectiveFrom), timeOrNull(v.EnforcedFrom),
		timeOrNull(v.AnnouncedFrom), string(v.Validity), zoneOf(v), v.ChangeNote, v.Contact, string(v.Visibility), string(v.Form), v.Edit+1, v.ID, v.Edit))
	if err == nil && !ok {
		err = errAgain
	}
	if err != nil {
		return err
	}
	ok, err = one(tx.ExecContext(ctx, `
		UPDATE `+db.open(draftVersion)+` SET name = ?, type = ?, audience = ?, usermodified = ?, timemodified = ?,
			agreementstyle = ?, optional = ?, revision = ?, summary = ?, summaryformat = ?, content = ?, contentformat = ?
		WHERE id = ? AND archived = 0 AND NOT EXISTS (SELECT p.id FROM tool_policy p WHERE p.currentversionid = ?)`,
		text.Name, int16(v.Type), int16(v.Audience), a.UserID, db.now().Unix(),
		int16(v.Style), v.Optional(), v.Revision, string(text.Summary), moodleHTML, string(text.Content), moodleHTML,
		v.ID, v.ID))
	if err == nil && !ok {
		err = errAgain
	}
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM `+db.open(draftText)+` WHERE versionid = ?`, v.ID); err != nil {
		return err
	}
	if err := insertTexts(ctx, tx, v.ID, v.Texts[1:]); err != nil {
		return err
	}
	if err := db.hideImages(ctx, tx, v.ID); err != nil {
		return err
	}
	return db.showImages(ctx, tx, v.ID, v)
}

// zoneOf is a version's zone, which means nothing without a time, or a day with which answers end.
func zoneOf(v policy.Version) string {
	if v.EffectiveFrom.IsZero() && v.EnforcedFrom.IsZero() && v.AnnouncedFrom.IsZero() && v.Validity == "" || !fits(v.Zone, 64) {
		return ""
	}
	return v.Zone
}

// logged is a version as the admin log tells of it: its settings, and of its texts what identifies them.
type logged struct {
	Version       int64             `json:"version"`
	Material      int64             `json:"material"`
	Name          string            `json:"name"`
	Revision      string            `json:"revision"`
	Type          policy.Type       `json:"type"`
	Audience      policy.Audience   `json:"audience"`
	Style         policy.Style      `json:"style"`
	Kind          policy.Kind       `json:"kind"`
	EffectiveFrom string            `json:"effective_from,omitempty"`
	EnforcedFrom  string            `json:"enforced_from,omitempty"`
	AnnouncedFrom string            `json:"announced_from,omitempty"`
	Validity      policy.Validity   `json:"validity,omitempty"`
	Zone          string            `json:"zone,omitempty"`
	Scheduled     bool              `json:"scheduled,omitempty"` // effective_from is no plan: it begins by itself
	Note          string            `json:"change_note,omitempty"`
	Contact       string            `json:"contact,omitempty"`
	Visibility    policy.Visibility `json:"visibility,omitempty"`
	Courses       bool              `json:"courses,omitempty"`
	Form          policy.Form       `json:"form,omitempty"`
	Digests       map[string]string `json:"digests"`
}

func logOf(v policy.Version) any {
	if v.ID == 0 {
		return nil
	}
	return loggedOf(v)
}

func loggedOf(v policy.Version) logged {
	l := logged{
		Version: v.ID, Material: v.MaterialID, Name: clip(v.Primary().Name, 200), Revision: clip(v.Revision, 200),
		Type: v.Type, Audience: v.Audience, Style: v.Style, Kind: v.Kind,
		Note: clip(v.ChangeNote, 500), Contact: v.Contact, Visibility: v.Visibility, Courses: v.Courses, Form: v.Form, Validity: v.Validity, Zone: zoneOf(v),
		Digests: map[string]string{},
	}
	for _, t := range []struct {
		to *string
		at time.Time
	}{{&l.EffectiveFrom, v.EffectiveFrom}, {&l.EnforcedFrom, v.EnforcedFrom}, {&l.AnnouncedFrom, v.AnnouncedFrom}} {
		if !t.at.IsZero() {
			*t.to = t.at.UTC().Format(time.RFC3339)
		}
	}
	for _, t := range v.Texts {
		l.Digests[t.Lang] = t.Digest()
	}
	return l
}

// insertTexts adds translations.
func insertTexts(ctx context.Context, tx *Tx, versionID int64, texts []policy.Text) error {
	for _, t := range texts {
		_, err := tx.ExecContext(ctx, `
			INSERT INTO policy_version_text (versionid, lang, name, summary, content, digest) VALUES (?, ?, ?, ?, ?, ?)`,
			versionID, t.Lang, t.Name, string(t.Summary), string(t.Content), t.Digest())
		if err != nil {
			return fmt.Errorf("adding the translation: %w", err)
		}
	}
	return nil
}

// institutionVersion returns a version of the institution within a transaction, or policy.ErrNotFound.
func institutionVersion(ctx context.Context, tx *Tx, institutionID string, versionID int64) (policy.Version, error) {
	vs, err := versions(ctx, tx, `
		SELECT `+versionColumns+`
		FROM tool_policy_versions v
		JOIN tool_policy p ON p.id = v.policyid
		JOIN policy_detail pd ON pd.policyid = p.id
		JOIN policy_version_detail d ON d.versionid = v.id
		WHERE v.id = ? AND pd.institutionid = ?`, versionID, institutionID)
	if err != nil {
		return policy.Version{}, fmt.Errorf("reading the version: %w", err)
	}
	if len(vs) == 0 {
		return policy.Version{}, policy.E(policy.ErrNotFound, "").Because(fmt.Errorf("version %d", versionID))
	}
	return vs[0], nil
}
