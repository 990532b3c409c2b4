package store

import (
	"context"
	"fmt"
	"slices"

	"ltipolicy/policy"
)

// Move puts a policy one place up or down in the institution's order; at the end of the order nothing happens.
// The order is numbered anew as in Moodle, 10, 12, 14 and so on.
func (db *DB) Move(ctx context.Context, a Admin, policyID int64, up bool) error {
	err := db.tx(ctx, func(tx *Tx) error {
		slug, err := institutionPolicy(ctx, tx, a.InstitutionID, policyID)
		if err != nil {
			return err
		}
		var rows []struct {
			ID        int64 `db:"id"`
			SortOrder int   `db:"sortorder"`
		}
		err = tx.SelectContext(ctx, &rows, `
			SELECT p.id, p.sortorder FROM policy_detail d JOIN tool_policy p ON p.id = d.policyid
			WHERE d.institutionid = ? ORDER BY p.sortorder, p.id`, a.InstitutionID)
		if err != nil {
			return err
		}
		ids := make([]int64, len(rows))
		for i, r := range rows {
			ids[i] = r.ID
		}
		before := slices.Clone(ids)
		i := slices.Index(ids, policyID)
		j := i + 1
		if up {
			j = i - 1
		}
		if j < 0 || j >= len(ids) {
			return nil
		}
		ids[i], ids[j] = ids[j], ids[i]
		for i, id := range ids {
			_, err := tx.ExecContext(ctx, `UPDATE tool_policy SET sortorder = ? WHERE id = ? AND sortorder <> ?`, 10+2*i, id, 10+2*i)
			if err != nil {
				return err
			}
		}
		return db.logChange(ctx, tx, a, "policy.move", slug, before, ids)
	})
	if err != nil {
		return fmt.Errorf("moving a policy: %w", err)
	}
	return nil
}

// PolicyPlatforms returns the platforms on which each of the institution's policies applies, by policy, with [Everywhere]
// first where it is all of them.
func (db *DB) PolicyPlatforms(ctx context.Context, institutionID string) (map[int64][]string, error) {
	var rows []struct {
		PolicyID   int64  `db:"policyid"`
		PlatformID string `db:"platformid"`
	}
	err := db.r.SelectContext(ctx, &rows, `
		SELECT pp.policyid, pp.platformid FROM policy_detail d JOIN policy_platform pp ON pp.policyid = d.policyid
		WHERE d.institutionid = ? ORDER BY pp.policyid, pp.platformid`, institutionID)
	if err != nil {
		return nil, fmt.Errorf("reading the policies' platforms: %w", unavailable(err))
	}
	m := map[int64][]string{}
	for _, r := range rows {
		m[r.PolicyID] = append(m[r.PolicyID], r.PlatformID)
	}
	return m, nil
}

// PolicyVersions returns all versions of a policy with their texts, the oldest first, or policy.ErrNotFound.
func (db *DB) PolicyVersions(ctx context.Context, institutionID string, policyID int64) ([]policy.Version, error) {
	vs, err := versions(ctx, db.r, `
		SELECT `+versionColumns+`
		FROM policy_detail pd
		JOIN tool_policy p ON p.id = pd.policyid
		JOIN tool_policy_versions v ON v.policyid = p.id
		JOIN policy_version_detail d ON d.versionid = v.id
		WHERE pd.policyid = ? AND pd.institutionid = ?
		ORDER BY v.timecreated, v.id`, policyID, institutionID)
	if err != nil {
		return nil, fmt.Errorf("reading the policy's versions: %w", unavailable(err))
	}
	if len(vs) == 0 {
		return nil, policy.E(policy.ErrNotFound, "").Because(fmt.Errorf("policy %d", policyID))
	}
	return vs, nil
}

// VersionNames returns all versions of all policies of the institution, the policies in their order and the
// versions of each from the oldest on. Their texts have languages and names, no summary and no content.
func (db *DB) VersionNames(ctx context.Context, institutionID string) ([]policy.Version, error) {
	var rows []versionRow
	err := db.r.SelectContext(ctx, &rows, `
		SELECT `+outlineColumns+`
		FROM policy_detail pd
		JOIN tool_policy p ON p.id = pd.policyid
		JOIN tool_policy_versions v ON v.policyid = p.id
		JOIN policy_version_detail d ON d.versionid = v.id
		WHERE pd.institutionid = ?
		ORDER BY p.sortorder, p.id, v.timecreated, v.id`, institutionID)
	if err != nil {
		return nil, fmt.Errorf("reading the versions: %w", unavailable(err))
	}
	var texts []struct {
		VersionID int64  `db:"versionid"`
		Lang      string `db:"lang"`
		Name      string `db:"name"`
	}
	err = db.r.SelectContext(ctx, &texts, `
		SELECT t.versionid, t.lang, t.name
		FROM policy_detail pd
		JOIN tool_policy_versions v ON v.policyid = pd.policyid
		JOIN policy_version_text t ON t.versionid = v.id
		WHERE pd.institutionid = ?
		ORDER BY t.versionid, t.lang`, institutionID)
	if err != nil {
		return nil, fmt.Errorf("reading the versions' names: %w", unavailable(err))
	}
	translations := map[int64][]policy.Text{}
	for _, t := range texts {
		translations[t.VersionID] = append(translations[t.VersionID], policy.Text{Lang: t.Lang, Name: t.Name})
	}
	vs := make([]policy.Version, 0, len(rows))
	for _, r := range rows {
		v := r.version()
		v.Texts = append(v.Texts, translations[v.ID]...)
		vs = append(vs, v)
	}
	return vs, nil
}
