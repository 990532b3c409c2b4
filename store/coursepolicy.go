package store

import (
	"context"
	"fmt"
	"slices"

	"ltipolicy/policy"
)

// CoursePolicy is a policy that courses may ask for in addition to the site's.
type CoursePolicy struct {
	Slug    string
	Version policy.Version // the active one
	Asked   bool           // an activity of the course asks for it already
}

// CoursePolicies returns the policies that a course of the platform can ask for, in the policies' order.
func (db *DB) CoursePolicies(ctx context.Context, platformID, contextID string) ([]CoursePolicy, error) {
	vs, err := versions(ctx, db.r, `
		SELECT `+versionColumns+`
		FROM policy_platform pp
		JOIN tool_policy p ON p.id = pp.policyid
		JOIN policy_detail pd ON pd.policyid = p.id
		JOIN tool_policy_versions v ON v.id = p.currentversionid
		JOIN policy_version_detail d ON d.versionid = v.id
		WHERE pp.platformid = ? AND pd.courses = 1
		ORDER BY p.sortorder, p.id`, platformID)
	if err != nil {
		return nil, fmt.Errorf("reading the policies for courses: %w", unavailable(err))
	}
	slugs, err := db.Slugs(ctx, platformID)
	if err != nil {
		return nil, err
	}
	var asked []string
	err = db.r.SelectContext(ctx, &asked, `SELECT DISTINCT slug FROM lti_link_policy WHERE platformid = ? AND contextid = ?`, platformID, contextID)
	if err != nil {
		return nil, fmt.Errorf("reading what the course asks for: %w", unavailable(err))
	}
	ps := make([]CoursePolicy, 0, len(vs))
	for _, v := range vs {
		slug := slugs[v.PolicyID]
		ps = append(ps, CoursePolicy{Slug: slug, Version: v, Asked: slices.Contains(asked, slug)})
	}
	return ps, nil
}

// Slugs returns the names of the policies that apply on a platform, by id.
func (db *DB) Slugs(ctx context.Context, platformID string) (map[int64]string, error) {
	var rows []struct {
		PolicyID int64  `db:"policyid"`
		Slug     string `db:"slug"`
	}
	err := db.r.SelectContext(ctx, &rows, `
		SELECT pd.policyid, pd.slug FROM policy_platform pp JOIN policy_detail pd ON pd.policyid = pp.policyid
		WHERE pp.platformid = ?`, platformID)
	if err != nil {
		return nil, fmt.Errorf("reading the policies' names: %w", unavailable(err))
	}
	m := make(map[int64]string, len(rows))
	for _, r := range rows {
		m[r.PolicyID] = r.Slug
	}
	return m, nil
}

// setCourses makes a policy one for courses or one of the whole site.
func (db *DB) setCourses(ctx context.Context, tx *Tx, policyID int64, courses bool) error {
	if _, err := tx.ExecContext(ctx, `UPDATE policy_detail SET courses = ? WHERE policyid = ?`, courses, policyID); err != nil {
		return fmt.Errorf("saving whom the policy is for: %w", err)
	}
	return db.recheckPolicy(ctx, tx, policyID)
}
