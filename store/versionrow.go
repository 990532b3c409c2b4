package store

import (
	"context"
	"fmt"

	"ltipolicy/policy"
)

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
		INSERT INTO policy_version_detail (versionid, materialid, kind, lang, digest, effectivefrom, zone, activefrom, changenote, contact, edit)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		id, v.MaterialID, string(v.Kind), text.Lang, text.Digest(), timeOrNull(v.EffectiveFrom), zoneOf(v), timeOrNull(v.ActiveFrom), v.ChangeNote, v.Contact, v.Edit)
	if err != nil {
		return 0, fmt.Errorf("adding the version's details: %w", err)
	}
	if err := insertTexts(ctx, tx, id, v.Texts[1:]); err != nil {
		return 0, err
	}
	return id, db.showImages(ctx, tx, id, v)
}

// zoneOf is a version's zone, which means nothing without a day.
func zoneOf(v policy.Version) string {
	if v.EffectiveFrom.IsZero() || !fits(v.Zone, 64) {
		return ""
	}
	return v.Zone
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
