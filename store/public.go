package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"slices"

	"ltipolicy/lti"
)

// Shown is what a platform shows to anybody, without the texts.
type Shown struct {
	Site   string // the platform's name
	Status lti.Status
	Zone   Zone // the institution's
	// Mark is another one whenever what [DB.ActiveVersions] or [DB.Announced] return without a course is something else: a
	// version that is active or announced never changes, so it is enough which ones are, and in which order.
	Mark string
}

// shownQuery is look-ups by key, without any text.
const shownQuery = `
	SELECT s.name, s.status, i.zone, p.id AS policyid, p.sortorder, d.versionid, d.digest, pd.courses
	FROM lti_platform s
	LEFT JOIN institution i ON i.id = s.institutionid
	LEFT JOIN policy_platform pp ON pp.platformid = s.id
	LEFT JOIN tool_policy p ON p.id = pp.policyid
	LEFT JOIN policy_detail pd ON pd.policyid = p.id
	LEFT JOIN policy_version_detail d ON d.versionid = p.currentversionid
	WHERE s.id = ?
	UNION ALL
	SELECT s.name, s.status, '', pd.policyid, -1, v.id, d.digest, 0
	FROM lti_platform s
	JOIN policy_detail pd ON pd.institutionid = s.institutionid
	JOIN policy_schedule w ON w.policyid = pd.policyid
	JOIN tool_policy p ON p.id = pd.policyid
	JOIN tool_policy_versions v ON v.id = w.versionid
	JOIN policy_version_detail d ON d.versionid = v.id
	WHERE s.id = ? AND ` + isAnnounced + ` AND ` + announcedHere

// Shown says what a platform shows to anybody, in one statement, or is policy.ErrNotFound.
func (db *DB) Shown(ctx context.Context, platformID string) (Shown, error) {
	if !isID(platformID) {
		return Shown{}, missing("platform", sql.ErrNoRows)
	}
	var rows []struct {
		Name      string         `db:"name"`
		Status    string         `db:"status"`
		Zone      Zone           `db:"zone"`
		PolicyID  sql.NullInt64  `db:"policyid"`
		SortOrder sql.NullInt64  `db:"sortorder"`
		VersionID sql.NullInt64  `db:"versionid"`
		Digest    sql.NullString `db:"digest"`
		Courses   sql.NullBool   `db:"courses"`
	}
	err := db.r.SelectContext(ctx, &rows, shownQuery, append([]any{platformID, platformID}, announcedAt(platformID, "")...)...)
	if err == nil && len(rows) == 0 {
		err = sql.ErrNoRows
	}
	if err != nil {
		return Shown{}, missing("platform", err)
	}
	s := Shown{Site: rows[0].Name, Status: lti.Status(rows[0].Status), Zone: rows[0].Zone}
	var lines []string
	for _, r := range rows {
		if r.VersionID.Valid && !r.Courses.Bool {
			lines = append(lines, fmt.Sprintf("%d %d %d %s\n", r.SortOrder.Int64, r.PolicyID.Int64, r.VersionID.Int64, r.Digest.String))
		}
	}
	slices.SortFunc(lines, cmp.Compare[string])
	h := sha256.New()
	for _, line := range lines {
		h.Write([]byte(line)) //nolint:errcheck // a hash takes everything
	}
	s.Mark = hex.EncodeToString(h.Sum(nil))
	return s, nil
}

// HasImage reports whether an image is stored.
func (db *DB) HasImage(ctx context.Context, digest string) (bool, error) {
	gone, err := db.MissingImages(ctx, []string{digest})
	return len(gone) == 0, err
}
