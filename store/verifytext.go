package store

import (
	"context"
	"fmt"
	"slices"

	"ltipolicy/policy"
)

func textKey(versionID int64, lang string) string { return fmt.Sprint(versionID, " ", lang) }

// texts checks that every stored text is the one that its digest was made of.
func (v *verification) texts(ctx context.Context) error {
	v.digests, v.images, v.versions, v.coming = map[string]string{}, map[string]bool{}, map[int64]seenVersion{}, map[int64]bool{}
	for after := int64(0); ; {
		vs, err := versions(ctx, v.db.r, `
			SELECT `+versionColumns+`
			FROM tool_policy_versions v
			JOIN tool_policy p ON p.id = v.policyid
			JOIN policy_detail pd ON pd.policyid = p.id
			JOIN policy_version_detail d ON d.versionid = v.id
			WHERE v.id > ? ORDER BY v.id LIMIT 50`, after)
		if err != nil {
			return err
		}
		if len(vs) == 0 {
			return nil
		}
		for _, ver := range vs {
			after = ver.ID
			if err := v.version(ctx, ver); err != nil {
				return err
			}
		}
	}
}

func (v *verification) version(ctx context.Context, ver policy.Version) error {
	if ver.Status() == policy.Active {
		v.current = append(v.current, ver.ID)
	}
	if ver.Announced {
		v.coming[ver.ID] = true
	}
	v.versions[ver.ID] = seenVersion{policy: ver.PolicyID, is: loggedOf(ver), begun: !ver.ActiveFrom.IsZero()}
	for i, t := range ver.Texts {
		if slices.ContainsFunc(ver.Texts[:i], func(o policy.Text) bool { return o.Lang == t.Lang }) {
			return &Break{Leaf: -1, What: fmt.Sprintf("version %d has two texts in %q", ver.ID, t.Lang)}
		}
	}
	var rows []struct {
		Lang   string `db:"lang"`
		Digest string `db:"digest"`
	}
	err := v.db.r.SelectContext(ctx, &rows, `
		SELECT lang, digest FROM policy_version_detail WHERE versionid = ?
		UNION ALL
		SELECT lang, digest FROM policy_version_text WHERE versionid = ?`, ver.ID, ver.ID)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if t, ok := ver.In(r.Lang); !ok || t.Digest() != r.Digest {
			return &Break{Leaf: -1, What: fmt.Sprintf("the text of version %d in %q is not the one that was published", ver.ID, r.Lang)}
		}
		v.digests[textKey(ver.ID, r.Lang)] = r.Digest
	}
	for _, digest := range policy.ImagesIn(ver.Texts...) {
		if err := v.image(ctx, ver.ID, digest); err != nil {
			return err
		}
	}
	return nil
}
