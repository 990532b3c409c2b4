package admin

import (
	"net/http"
	"slices"

	"ltipolicy/policy"
	"ltipolicy/templates"
)

// textLanguages are a version's languages, its own first.
func textLanguages(v policy.Version) []string {
	var tags []string
	for _, t := range v.Texts {
		tags = append(tags, t.Lang)
	}
	return tags
}

// compare shows how one version of a policy became another.
func (o *Office) compare(w http.ResponseWriter, r *http.Request, a administrator) error {
	vs, labels, err := o.policyVersions(r, a)
	if err != nil {
		return err
	}
	find := func(field string) int {
		return slices.IndexFunc(vs, func(v policy.Version) bool { return decimal(v.ID) == r.URL.Query().Get(field) })
	}
	i, j := find("old"), find("new")
	if i < 0 || j < 0 {
		return policy.E(policy.ErrNotFound, "")
	}
	// The earlier version is the old one, whichever was chosen first.
	old, now := vs[min(i, j)], vs[max(i, j)]
	all, l := a.at("admin/policies/"+decimal(now.PolicyID)), a.base.Locale
	c := templates.NewComparison(l, vs, labels, old, now, r.URL.Query().Get("text"))
	c.Action = all + "/compare"
	c.Minor = old.ID != now.ID && now.Status() != policy.Draft && old.MaterialID == now.MaterialID
	c.Settings = differences(l, old, now)
	o.Render(w, r, http.StatusOK, templates.AdminComparePage{Page: a.base, Comparison: c, Back: all})
	return nil
}
