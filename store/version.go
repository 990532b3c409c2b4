package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"ltipolicy/policy"
)

// ActiveVersions returns the active versions that are asked in a course of a platform, with all their texts, in
// the policies' order: the site's and those that the course asks for. Without a course it is the site's only.
// They change only when something is published; a page needs them, a launch does not, see [DB.Asked].
func (db *DB) ActiveVersions(ctx context.Context, platformID, contextID string) ([]policy.Version, error) {
	vs, _, err := db.active(ctx, platformID, contextID, 0)
	if err != nil {
		return nil, fmt.Errorf("reading the active versions: %w", err)
	}
	return vs, nil
}

// ActiveAndGiven is [DB.ActiveVersions] and a person's [DB.Answers] in one query, for the pages on which somebody
// answers.
func (db *DB) ActiveAndGiven(ctx context.Context, platformID, contextID string, userID int64) ([]policy.Version, []policy.Given, error) {
	vs, gs, err := db.active(ctx, platformID, contextID, userID)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the active versions and the answers to them: %w", err)
	}
	return vs, gs, nil
}

func (db *DB) active(ctx context.Context, platformID, contextID string, userID int64) ([]policy.Version, []policy.Given, error) {
	vs, gs, err := wholeVersions(ctx, db.r, userID, `
		FROM policy_platform pp
		JOIN tool_policy p ON p.id = pp.policyid
		JOIN policy_detail pd ON pd.policyid = p.id
		JOIN tool_policy_versions v ON v.id = p.currentversionid
		JOIN policy_version_detail d ON d.versionid = v.id`,
		`WHERE pp.platformid = ? AND `+inCourse, platformID, contextID)
	return vs, gs, unavailable(err)
}

// Versions returns those of the versions that the institution has, by id, with all their texts.
func (db *DB) Versions(ctx context.Context, institutionID string, ids []int64) (map[int64]policy.Version, error) {
	found := make(map[int64]policy.Version, len(ids))
	for _, part := range parts(ids, 500) {
		where, args, err := sqlx.In(`WHERE v.id IN (?) AND pd.institutionid = ?`, part, institutionID)
		if err != nil {
			return nil, err
		}
		vs, _, err := wholeVersions(ctx, db.r, 0, `
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

// wholeVersions reads versions with their translations in one query, and the answers of a person with them unless that is
// 0. It sorts them by policy and id here: in the database, sorting long texts takes a temporary table.
func wholeVersions(ctx context.Context, q sqlx.QueryerContext, userID int64, from, where string, args ...any) ([]policy.Version, []policy.Given, error) {
	const (
		isVersion = iota
		isTranslation
		isAnswer
	)
	var rows []struct {
		versionRow
		Is int `db:"part"`
	}
	query := `SELECT ` + versionColumns + `, 0 AS part ` + from + ` ` + where + `
		UNION ALL
		SELECT ` + translationColumns + `, 1 ` + from + ` JOIN policy_version_text t ON t.versionid = v.id ` + where
	all := slices.Concat(args, args)
	if userID != 0 {
		query += ` UNION ALL SELECT ` + answersAsVersions + `, 2 ` + fromAnswers + ` UNION ALL SELECT ` + courseAnswersAsVersions + `, 2 ` + fromCourseAnswers
		all = append(all, userID, userID)
	}
	if err := sqlx.SelectContext(ctx, q, &rows, query, all...); err != nil {
		return nil, nil, err
	}
	vs := make([]policy.Version, 0, len(rows))
	var gs []policy.Given
	texts := map[int64][]policy.Text{}
	for _, r := range rows {
		switch r.Is {
		case isVersion:
			vs = append(vs, r.version())
		case isTranslation:
			texts[r.ID] = append(texts[r.ID], r.version().Texts...)
		case isAnswer:
			gs = append(gs, r.answer().given())
		}
	}
	newestFirst(gs)
	slices.SortFunc(vs, func(a, b policy.Version) int {
		return cmp.Or(cmp.Compare(a.SortOrder, b.SortOrder), cmp.Compare(a.PolicyID, b.PolicyID), cmp.Compare(a.ID, b.ID))
	})
	for i := range vs {
		more := texts[vs[i].ID]
		slices.SortFunc(more, func(a, b policy.Text) int { return cmp.Compare(a.Lang, b.Lang) })
		vs[i].Texts = append(vs[i].Texts, more...)
	}
	return vs, gs, nil
}
