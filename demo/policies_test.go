package demo

import (
	"fmt"
	"testing"

	"ltipolicy/policy"
)

// rules puts a policy on that site, or a new version of it.
func (d stage) rules(t *testing.T, revision string) {
	t.Helper()
	all, err := d.db.Platforms(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = d.db.LoadPolicy(t.Context(), all[0].InstitutionID, "rules", policy.Version{
		Kind: policy.Agree, Revision: revision,
		Texts: []policy.Text{{Lang: "en", Name: "Rules", Summary: policy.SafeHTML("<p>Be kind, says revision " + revision + ".</p>")}},
	}, []string{all[0].ID})
	if err != nil {
		t.Fatal(err)
	}
}

// consent puts one more policy on a demo site, a free choice whose text has a table.
func (d stage) consent(t *testing.T, site string) {
	t.Helper()
	all, err := d.db.Platforms(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		if p.Name != site {
			continue
		}
		_, _, err := d.db.LoadPolicy(t.Context(), p.InstitutionID, "photographs", policy.Version{
			Type: policy.TypeOther, Kind: policy.Consent, Revision: "1", SortOrder: 99, Texts: []policy.Text{{
				Lang: "en", Name: "Photographs of events", Summary: "<p>Pictures of you on our pages.</p>",
				Content: "<h3>What for</h3><p>To show what we do.</p><table><tr><th>Where</th><th>How long</th></tr><tr><td>Web</td><td>3 years</td></tr></table>",
			}},
		}, []string{p.ID})
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Fatalf("no site %s", site)
}

// alone puts policies with a page of their own on a demo site.
func (d stage) alone(t *testing.T, site string, names ...string) {
	t.Helper()
	all, err := d.db.Platforms(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		for i, name := range names {
			if p.Name != site {
				continue
			}
			if _, _, err := d.db.LoadPolicy(t.Context(), p.InstitutionID, fmt.Sprintf("alone-%d", i), policy.Version{
				Kind: policy.Agree, Style: policy.StyleOwnPage, Revision: "1", Texts: []policy.Text{{Lang: "en", Name: name, Summary: "<p>Be kind.</p>", Content: "<h3>One</h3><p>Really.</p>"}},
			}, []string{p.ID}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// republish makes a new version of every policy that CVUPT asks for.
func (d stage) republish(t *testing.T) {
	t.Helper()
	platforms, err := d.db.Platforms(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range platforms {
		if p.Name != "CVUPT" {
			continue
		}
		columns, err := d.db.RosterColumns(t.Context(), p.ID, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range columns {
			v := c.Version
			v.Revision += ", nou"
			v.Texts[0].Content += policy.SafeHTML("<p>Un alineat nou.</p>")
			if _, _, err := d.db.LoadPolicy(t.Context(), p.InstitutionID, c.Slug, v, []string{p.ID}); err != nil {
				t.Fatal(err)
			}
		}
	}
}
