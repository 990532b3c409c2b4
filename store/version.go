package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"ltipolicy/policy"
)

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
	Zone           string       `db:"zone"`
	ActiveFrom     sql.NullTime `db:"activefrom"`
	ChangeNote     string       `db:"changenote"`
	Contact        string       `db:"contact"`
	Edit           int64        `db:"edit"`
}

// versionColumns reads a versionRow from tool_policy p, policy_detail pd, tool_policy_versions v and
// policy_version_detail d.
const versionColumns = outlineColumns + `, v.summary, v.content`

// outlineColumns reads the same without what is long.
const outlineColumns = `v.id, v.policyid, v.type, v.audience, v.agreementstyle, v.archived, v.revision, v.usermodified,
	v.timecreated, v.timemodified, v.name, p.sortorder, COALESCE(` + ownScope + `, pd.courses) AS courses,
	COALESCE(p.currentversionid, 0) AS currentversion, d.materialid, d.kind, d.lang, d.effectivefrom, d.zone, d.activefrom,
	d.changenote, d.contact, d.edit`

func (r versionRow) version() policy.Version {
	return policy.Version{
		ID: r.ID, PolicyID: r.PolicyID, Type: policy.Type(r.Type), Audience: policy.Audience(r.Audience),
		Style: policy.Style(r.Style), Kind: policy.Kind(r.Kind), Archived: r.Archived, Current: r.CurrentVersion == r.ID,
		Revision: r.Revision, UserModified: r.UserModified,
		TimeCreated: time.Unix(r.TimeCreated, 0).UTC(), TimeModified: time.Unix(r.TimeModified, 0).UTC(),
		MaterialID: r.MaterialID, EffectiveFrom: timeOf(r.EffectiveFrom), Zone: r.Zone, ActiveFrom: timeOf(r.ActiveFrom), ChangeNote: r.ChangeNote,
		Contact: r.Contact, Edit: r.Edit,
		Texts: []policy.Text{{
			Lang: r.Lang, Name: r.Name, Summary: policy.SafeHTML(r.Summary), Content: policy.SafeHTML(r.Content),
		}},
		SortOrder: r.SortOrder, Courses: r.Courses,
	}
}

// ActiveVersions returns the active versions that are asked in a course of a platform, with all their texts, in
// the policies' order: the site's and those that the course asks for. Without a course it is the site's only.
// They change only when something is published; a page needs them, a launch does not, see [DB.Asked].
func (db *DB) ActiveVersions(ctx context.Context, platformID, contextID string) ([]policy.Version, error) {
	vs, err := wholeVersions(ctx, db.r, `
		FROM policy_platform pp
		JOIN tool_policy p ON p.id = pp.policyid
		JOIN policy_detail pd ON pd.policyid = p.id
		JOIN tool_policy_versions v ON v.id = p.currentversionid
		JOIN policy_version_detail d ON d.versionid = v.id`,
		`WHERE pp.platformid = ? AND `+inCourse, platformID, contextID)
	if err != nil {
		return nil, fmt.Errorf("reading the active versions: %w", unavailable(err))
	}
	return vs, nil
}

// Versions returns those of the versions that the institution has, by id, with all their texts.
func (db *DB) Versions(ctx context.Context, institutionID string, ids []int64) (map[int64]policy.Version, error) {
	found := make(map[int64]policy.Version, len(ids))
	for _, part := range parts(ids, 500) {
		where, args, err := sqlx.In(`WHERE v.id IN (?) AND pd.institutionid = ?`, part, institutionID)
		if err != nil {
			return nil, err
		}
		vs, err := wholeVersions(ctx, db.r, `
			FROM tool_policy_versions v
			JOIN tool_policy p ON p.id = v.policyid
			JOIN policy_detail pd ON pd.policyid = p.id
			JOIN policy_version_detail d ON d.versionid = v.id`, where, args...)
		if err != nil {
			return nil, fmt.Errorf("reading versions: %w", unavailable(err))
		}
		for _, v := range vs {
			found[v.ID] = v
		}
	}
	return found, nil
}

// Version returns a version of the institution with all its texts, whatever its status, or
// policy.ErrNotFound, also if it belongs to somebody else.
func (db *DB) Version(ctx context.Context, institutionID string, versionID int64) (policy.Version, error) {
	vs, err := versions(ctx, db.r, `
		SELECT `+versionColumns+`
		FROM tool_policy_versions v
		JOIN tool_policy p ON p.id = v.policyid
		JOIN policy_detail pd ON pd.policyid = p.id
		JOIN policy_version_detail d ON d.versionid = v.id
		WHERE v.id = ? AND pd.institutionid = ?`, versionID, institutionID)
	if err != nil {
		return policy.Version{}, fmt.Errorf("reading the version: %w", unavailable(err))
	}
	if len(vs) == 0 {
		return policy.Version{}, policy.E(policy.ErrNotFound, "").Because(errors.New("version"))
	}
	return vs[0], nil
}

// Policies returns the institution's policies in their order.
func (db *DB) Policies(ctx context.Context, institutionID string) ([]policy.Policy, error) {
	var rows []struct {
		ID             int64  `db:"id"`
		Slug           string `db:"slug"`
		SortOrder      int    `db:"sortorder"`
		CurrentVersion int64  `db:"currentversion"`
	}
	err := db.r.SelectContext(ctx, &rows, `
		SELECT p.id, pd.slug, p.sortorder, COALESCE(p.currentversionid, 0) AS currentversion
		FROM policy_detail pd JOIN tool_policy p ON p.id = pd.policyid
		WHERE pd.institutionid = ?
		ORDER BY p.sortorder, p.id`, institutionID)
	if err != nil {
		return nil, fmt.Errorf("reading the policies: %w", unavailable(err))
	}
	ps := make([]policy.Policy, 0, len(rows))
	for _, r := range rows {
		ps = append(ps, policy.Policy{
			ID: r.ID, InstitutionID: institutionID, Slug: r.Slug, SortOrder: r.SortOrder, CurrentVersionID: r.CurrentVersion,
		})
	}
	return ps, nil
}

// versions runs a query over versionColumns and adds the translations.
func versions(ctx context.Context, q sqlx.QueryerContext, query string, args ...any) ([]policy.Version, error) {
	var rows []versionRow
	if err := sqlx.SelectContext(ctx, q, &rows, query, args...); err != nil {
		return nil, err
	}
	vs := make([]policy.Version, 0, len(rows))
	ids := make([]int64, 0, len(rows))
	at := make(map[int64]int, len(rows))
	for i, r := range rows {
		vs = append(vs, r.version())
		ids = append(ids, r.ID)
		at[r.ID] = i
	}
	for _, part := range parts(ids, 500) {
		query, args, err := sqlx.In(`
			SELECT versionid, lang, name, summary, content
			FROM policy_version_text WHERE versionid IN (?) ORDER BY versionid, lang`, part)
		if err != nil {
			return nil, err
		}
		var texts []struct {
			VersionID int64  `db:"versionid"`
			Lang      string `db:"lang"`
			Name      string `db:"name"`
			Summary   string `db:"summary"`
			Content   string `db:"content"`
		}
		if err := sqlx.SelectContext(ctx, q, &texts, query, args...); err != nil {
			return nil, err
		}
		for _, t := range texts {
			v := &vs[at[t.VersionID]]
			v.Texts = append(v.Texts, policy.Text{
				Lang: t.Lang, Name: t.Name, Summary: policy.SafeHTML(t.Summary), Content: policy.SafeHTML(t.Content),
			})
		}
	}
	return vs, nil
}

// translationColumns has the place of versionColumns in rows that add a translation, t.
const translationColumns = `v.id, v.policyid, 0, 0, 0, 0, '', 0, 0, 0, t.name, p.sortorder, 0, 0, 0, '', t.lang, NULL, '', NULL, '', '', 0,
	t.summary, t.content`

// wholeVersions reads versions with their translations in one query, and sorts them by policy and id here: in
// the database, sorting long texts takes a temporary table.
func wholeVersions(ctx context.Context, q sqlx.QueryerContext, from, where string, args ...any) ([]policy.Version, error) {
	var rows []struct {
		versionRow
		Translation bool `db:"translation"`
	}
	err := sqlx.SelectContext(ctx, q, &rows,
		`SELECT `+versionColumns+`, 0 AS translation `+from+` `+where+`
		UNION ALL
		SELECT `+translationColumns+`, 1 `+from+` JOIN policy_version_text t ON t.versionid = v.id `+where,
		slices.Concat(args, args)...)
	if err != nil {
		return nil, err
	}
	var vs []policy.Version
	texts := map[int64][]policy.Text{}
	for _, r := range rows {
		v := r.version()
		if r.Translation {
			texts[v.ID] = append(texts[v.ID], v.Texts...)
			continue
		}
		vs = append(vs, v)
	}
	slices.SortFunc(vs, func(a, b policy.Version) int {
		return cmp.Or(cmp.Compare(a.SortOrder, b.SortOrder), cmp.Compare(a.PolicyID, b.PolicyID), cmp.Compare(a.ID, b.ID))
	})
	for i := range vs {
		more := texts[vs[i].ID]
		slices.SortFunc(more, func(a, b policy.Text) int { return cmp.Compare(a.Lang, b.Lang) })
		vs[i].Texts = append(vs[i].Texts, more...)
	}
	return vs, nil
}
