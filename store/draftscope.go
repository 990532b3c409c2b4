package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"ltipolicy/policy"
)

// Everywhere stands among the platforms of a policy that is asked on all of its institution's, also on those to come: in
// the database, where it is beside the platforms that there are, and in lists of ids, where it alone is enough.
const Everywhere = "*"

// Scope is where a policy is asked.
type Scope struct {
	Platforms []string // ids, in their order; with Everywhere first, it is all there are
	Courses   bool     // only in courses that ask for it, see [policy.Version]
}

func (s Scope) equal(o Scope) bool {
	return s.Courses == o.Courses && slices.Equal(Placed(s.Platforms), Placed(o.Platforms))
}

// Placed is a list of platforms as somebody chose it: Everywhere alone, or each id once, in order.
func Placed(platformIDs []string) []string {
	if slices.Contains(platformIDs, Everywhere) {
		return []string{Everywhere}
	}
	return slices.Compact(slices.Sorted(slices.Values(platformIDs)))
}

// sitesOf are the platforms of a list, without Everywhere.
func sitesOf(platformIDs []string) []string {
	return slices.DeleteFunc(slices.Clone(platformIDs), func(id string) bool { return id == Everywhere })
}

// spelled is a list of platforms with all that Everywhere means now. lock ends the query, see [DB.held]: what a transaction
// read before it must not hide a platform that came meanwhile.
func spelled(ctx context.Context, q sqlx.QueryerContext, policyID int64, platformIDs []string, lock string) ([]string, error) {
	if !slices.Contains(platformIDs, Everywhere) {
		return platformIDs, nil
	}
	var all []string
	err := sqlx.SelectContext(ctx, q, &all, `
		SELECT y.id FROM policy_detail pd JOIN lti_platform y ON y.institutionid = pd.institutionid
		WHERE pd.policyid = ? ORDER BY y.id`+lock, policyID)
	if err != nil {
		return nil, fmt.Errorf("reading all platforms: %w", err)
	}
	return append([]string{Everywhere}, all...), nil
}

// askEverywhere has a new platform ask what its institution asks everywhere. Whoever changes where a policy applies at
// the same time sees the platform, or is seen here.
func askEverywhere(ctx context.Context, tx *Tx, institutionID, platformID string) error {
	if _, err := tx.ExecContext(ctx, `UPDATE policy_detail SET turn = turn + 1 WHERE institutionid = ?`, institutionID); err != nil {
		return fmt.Errorf("taking a turn at the policies: %w", err)
	}
	_, err := tx.ExecContext(ctx, `
		INSERT INTO policy_platform (platformid, policyid)
		SELECT ?, pp.policyid FROM policy_platform pp JOIN policy_detail pd ON pd.policyid = pp.policyid
		WHERE pp.platformid = ? AND pd.institutionid = ?`, platformID, Everywhere, institutionID)
	if err != nil {
		return fmt.Errorf("asking what is asked everywhere: %w", err)
	}
	return nil
}

// ownScope is the courses of a draft's own scope, NULL without one.
const ownScope = `(SELECT ds.courses FROM policy_draft_scope ds WHERE ds.versionid = v.id)`

// DraftScope returns where a draft is to be asked once it applies, and where its policy is until then. They are the
// same for a draft for which nobody chose anything. v is as [DB.Version] read it.
func (db *DB) DraftScope(ctx context.Context, v policy.Version) (then, now Scope, err error) {
	if then, now, err = draftScopes(ctx, db.r, v); err != nil {
		return then, now, fmt.Errorf("reading where the draft applies: %w", unavailable(err))
	}
	return then, now, nil
}

// DraftPlatforms returns the platforms on which the institution's drafts are to be asked, by version, of those
// drafts for which somebody chose them.
func (db *DB) DraftPlatforms(ctx context.Context, institutionID string) (map[int64][]string, error) {
	var rows []struct {
		VersionID  int64  `db:"versionid"`
		PlatformID string `db:"platformid"` // empty: none
	}
	err := db.r.SelectContext(ctx, &rows, `
		SELECT ds.versionid, COALESCE(dp.platformid, '') AS platformid
		FROM policy_detail pd
		JOIN tool_policy_versions v ON v.policyid = pd.policyid
		JOIN policy_draft_scope ds ON ds.versionid = v.id
		LEFT JOIN policy_draft_platform dp ON dp.versionid = v.id
		WHERE pd.institutionid = ? ORDER BY ds.versionid, dp.platformid`, institutionID)
	if err != nil {
		return nil, fmt.Errorf("reading where drafts apply: %w", unavailable(err))
	}
	m := map[int64][]string{}
	for _, r := range rows {
		m[r.VersionID] = slices.DeleteFunc(append(m[r.VersionID], r.PlatformID), func(id string) bool { return id == "" })
	}
	return m, nil
}

// draftScopes reads where a draft is to be asked and where its policy is.
func draftScopes(ctx context.Context, q sqlx.QueryerContext, v policy.Version) (then, now Scope, err error) {
	if now, err = scopeNow(ctx, q, v.PolicyID); err != nil {
		return then, now, err
	}
	var own []bool
	err = sqlx.SelectContext(ctx, q, &own, `SELECT courses FROM policy_draft_scope WHERE versionid = ?`, v.ID)
	if err != nil || len(own) == 0 {
		return now, now, err
	}
	then.Courses = own[0]
	err = sqlx.SelectContext(ctx, q, &then.Platforms, `SELECT platformid FROM policy_draft_platform WHERE versionid = ? ORDER BY platformid`, v.ID)
	if err != nil {
		return then, now, err
	}
	then.Platforms, err = spelled(ctx, q, v.PolicyID, then.Platforms, "")
	return then, now, err
}

// scopeNow reads where a policy is asked.
func scopeNow(ctx context.Context, q sqlx.QueryerContext, policyID int64) (now Scope, err error) {
	if err := sqlx.GetContext(ctx, q, &now.Courses, `SELECT courses FROM policy_detail WHERE policyid = ?`, policyID); err != nil {
		return now, fmt.Errorf("reading whom the policy is for: %w", err)
	}
	err = sqlx.SelectContext(ctx, q, &now.Platforms, `SELECT platformid FROM policy_platform WHERE policyid = ? ORDER BY platformid`, policyID)
	if err != nil {
		return now, fmt.Errorf("reading the policy's platforms: %w", err)
	}
	return now, nil
}

// keepScope writes down where a draft is to be asked.
func (db *DB) keepScope(ctx context.Context, tx *Tx, institutionID string, versionID int64, s Scope) error {
	if err := db.ownPlatforms(ctx, tx, institutionID, s.Platforms); err != nil {
		return err
	}
	if err := dropScope(ctx, tx, versionID); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO policy_draft_scope (versionid, courses) VALUES (?, ?)`, versionID, s.Courses)
	if duplicate(err) {
		return errAgain
	}
	if err != nil {
		return fmt.Errorf("saving whom the draft is for: %w", err)
	}
	for _, id := range Placed(s.Platforms) {
		_, err := tx.ExecContext(ctx, `INSERT INTO policy_draft_platform (versionid, platformid) VALUES (?, ?)`, versionID, id)
		if duplicate(err) {
			return errAgain
		}
		if err != nil {
			return fmt.Errorf("saving the draft's platforms: %w", err)
		}
	}
	return nil
}

// dropScope forgets a draft's own scope.
func dropScope(ctx context.Context, tx *Tx, versionID int64) error {
	for _, query := range []string{
		`DELETE FROM policy_draft_scope WHERE versionid = ?`, `DELETE FROM policy_draft_platform WHERE versionid = ?`,
	} {
		if _, err := tx.ExecContext(ctx, query, versionID); err != nil {
			return fmt.Errorf("forgetting whom the draft is for: %w", err)
		}
	}
	return nil
}

// moveScope lets a policy be asked there from a moment on, which is now, and writes it into the admin log if it was asked
// elsewhere.
func (db *DB) moveScope(ctx context.Context, tx *Tx, a Admin, policyID int64, slug string, to Scope, at time.Time) error {
	now, err := scopeNow(ctx, tx, policyID)
	if err != nil {
		return err
	}
	to.Platforms = Placed(to.Platforms)
	if now.Courses == to.Courses && slices.Equal(Placed(now.Platforms), to.Platforms) {
		return nil
	}
	shown := to
	if shown.Platforms, err = spelled(ctx, tx, policyID, to.Platforms, db.held()); err != nil {
		return err
	}
	if err := db.keepAddresses(ctx, tx, policyID, now, shown, at); err != nil {
		return err
	}
	if now.Courses != to.Courses {
		if err := db.setCourses(ctx, tx, policyID, to.Courses); err != nil {
			return err
		}
		if err := db.logChange(ctx, tx, a, "policy.courses", slug, now.Courses, to.Courses); err != nil {
			return err
		}
	}
	if slices.Equal(Placed(now.Platforms), to.Platforms) {
		return nil
	}
	if err := db.setPlatforms(ctx, tx, a.InstitutionID, policyID, shown.Platforms); err != nil {
		return err
	}
	return db.logChange(ctx, tx, a, "policy.platforms", slug, now.Platforms, shown.Platforms)
}

// ownPlatforms refuses platforms that are not the institution's.
func (db *DB) ownPlatforms(ctx context.Context, tx *Tx, institutionID string, platformIDs []string) error {
	var own []string
	if err := tx.SelectContext(ctx, &own, `SELECT id FROM lti_platform WHERE institutionid = ?`+db.held(), institutionID); err != nil {
		return fmt.Errorf("reading the institution's platforms: %w", err)
	}
	for _, id := range sitesOf(platformIDs) {
		if !slices.Contains(own, id) {
			return policy.E(policy.ErrInvalid, "").Because(fmt.Errorf("platform %s is not the institution's", id))
		}
	}
	return nil
}
