package admin

import (
	"net/http"
	"net/url"
	"slices"

	"ltipolicy/policy"
	"ltipolicy/templates"
)

// comparison is two versions of a policy and the texts of them that are compared.
type comparison struct {
	old, now         policy.Version
	oldText, nowText policy.Text
	lang             string   // that was chosen
	languages        []string // of either version
}

// comparisonOf reads from an address what to compare. The earlier version is the old one, whichever was chosen
// first. A language that is not there counts as none chosen: then it is the later version's own.
func comparisonOf(vs []policy.Version, q url.Values) (comparison, error) {
	find := func(field string) int {
		return slices.IndexFunc(vs, func(v policy.Version) bool { return decimal(v.ID) == q.Get(field) })
	}
	a, b := find("old"), find("new")
	if a < 0 || b < 0 {
		return comparison{}, policy.E(policy.ErrNotFound, "")
	}
	c := comparison{old: vs[min(a, b)], now: vs[max(a, b)]}
	for _, v := range []policy.Version{c.now, c.old} {
		for _, t := range v.Texts {
			if !slices.Contains(c.languages, t.Lang) {
				c.languages = append(c.languages, t.Lang)
			}
		}
	}
	if c.lang = q.Get("text"); !slices.Contains(c.languages, c.lang) {
		c.lang = c.now.Primary().Lang
	}
	in := func(v policy.Version) policy.Text {
		if t, ok := v.In(c.lang); ok {
			return t
		}
		return v.Primary()
	}
	c.oldText, c.nowText = in(c.old), in(c.now)
	return c, nil
}

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
	c, err := comparisonOf(vs, r.URL.Query())
	if err != nil {
		return err
	}
	all := a.at("admin/policies/" + decimal(c.now.PolicyID))
	l := a.base.Locale
	p := templates.AdminComparePage{
		Page: a.base, Name: c.nowText.Name, Lang: c.nowText.Lang, Action: all + "/compare", Back: all,
		Old: labels[c.old.ID], New: labels[c.now.ID], Twice: c.old.ID == c.now.ID,
		Minor: c.old.ID != c.now.ID && c.now.Status() != policy.Draft && c.old.MaterialID == c.now.MaterialID,
		Note:  c.now.ChangeNote, NoteLang: c.now.Primary().Lang, Settings: differences(l, c.old, c.now),
		Changes: templates.NewChanges(l, "compare", c.oldText, c.nowText, 4), Equal: c.oldText == c.nowText,
	}
	if c.oldText.Lang == c.nowText.Lang {
		p.Parts = templates.NewComparedParts(l, c.oldText, c.nowText)
	}
	versions := func(chosen int64) (options []templates.Option) {
		for _, v := range slices.Backward(vs) {
			options = append(options, templates.Option{Value: decimal(v.ID), Label: labels[v.ID], Selected: v.ID == chosen})
		}
		return options
	}
	p.Choices = []templates.Chooser{
		{Locale: l, Name: "old", Label: "admin.compare.old", Options: versions(c.old.ID)},
		{Locale: l, Name: "new", Label: "admin.compare.new", Options: versions(c.now.ID)},
	}
	if len(c.languages) > 1 {
		choice := templates.Chooser{Locale: l, Name: "text", Label: "admin.compare.text"}
		for _, tag := range c.languages {
			choice.Options = append(choice.Options, templates.Option{Value: tag, Label: templates.Autonym(tag), Lang: tag, Selected: tag == c.lang})
		}
		p.Choices = append(p.Choices, choice)
	}
	o.Render(w, r, http.StatusOK, p)
	return nil
}
