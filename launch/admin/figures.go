package admin

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// The picture holds so many points at most, over all its lines.
const figuresPoints = 120

// figuresPage is the page about a policy's figures.
func figuresPage(policyID int64) string { return "admin/policies/" + decimal(policyID) + "/figures" }

// figures shows how a policy is accepted, as pictures with their numbers.
func (o *Office) figures(w http.ResponseWriter, r *http.Request, a administrator) error {
	vs, labels, err := o.policyVersions(r, a)
	if err != nil {
		return err
	}
	f, err := o.store.Figures(r.Context(), a.ses.InstitutionID, vs[0].PolicyID)
	if err != nil {
		return err
	}
	scheduled, err := o.store.Scheduled(r.Context(), a.ses.InstitutionID)
	if err != nil {
		return err
	}
	platforms, err := o.store.PlatformsOf(r.Context(), a.ses.InstitutionID)
	if err != nil {
		return err
	}
	last := vs[len(vs)-1]
	p := templates.FiguresPage{Page: a.base, Asked: f.Asked, Today: o.Now(), Back: a.at("admin/policies/" + decimal(last.PolicyID))}
	if i := slices.IndexFunc(vs, func(v policy.Version) bool { return v.Status() == policy.Active }); i >= 0 {
		last = vs[i]
		p.Active, p.Free = last.Asks() && last.Audience != policy.AudienceGuests, last.Optional()
	}
	p.Counted = f.Counted
	p.Name, p.Lang = last.Primary().Name, last.Primary().Lang
	for _, m := range f.Materials {
		line, moments := a.figuresVersion(m, vs, labels)
		p.Versions, p.Moments = append(p.Versions, line), append(p.Moments, moments...)
		if line.Active {
			p.Accepted = line.Accepted
		}
	}
	p.Moments = append(p.Moments, a.ends(p.Versions)...)
	slices.Reverse(p.Versions)
	if n := len(p.Versions) - templates.ChartStyles; n > 0 {
		p.Versions, p.Earlier = p.Versions[:templates.ChartStyles], n
	}
	for i := range p.Versions {
		p.Versions[i].Points = templates.Thin(p.Versions[i].Points, figuresPoints/len(p.Versions))
	}
	p.Coming = coming(vs, labels, scheduled, o.Now(), a.base.Zone())
	for _, c := range p.Coming {
		p.Moments = append(p.Moments, templates.Moment{Day: c.Day.Start(time.UTC), Label: c.Label, Minor: c.Minor})
	}
	a.figuresShares(&p, f, siteNames(platforms), last.ID)
	o.Render(w, r, http.StatusOK, p)
	return nil
}

// figuresVersion puts a material, of the policy's versions from the oldest to the newest, into the page's words, with
// what happened to it.
func (a administrator) figuresVersion(m store.MaterialFigures, vs []policy.Version, labels map[int64]string) (templates.FiguresVersion, []templates.Moment) {
	line := templates.FiguresVersion{Ended: m.Ended}
	var moments []templates.Moment
	for _, v := range vs {
		if v.MaterialID != m.MaterialID || v.Status() == policy.Draft {
			continue
		}
		first := line.Label == ""
		if first {
			line.Label, line.From, line.Known = labels[v.ID], v.ActiveFrom, !v.ActiveFrom.IsZero()
		} else if !v.ActiveFrom.IsZero() {
			line.Minor = append(line.Minor, templates.FiguresComing{Label: labels[v.ID], Day: a.base.DayAt(v.ActiveFrom)})
		}
		if !v.ActiveFrom.IsZero() {
			moments = append(moments, templates.Moment{Day: v.ActiveFrom, Label: labels[v.ID], Minor: !first})
		}
		// Becoming inactive was the last change.
		line.Active, line.Until = v.Status() == policy.Active, v.TimeModified
	}
	if line.Active {
		line.Until = time.Time{}
	}
	for _, d := range m.Days {
		line.Points = append(line.Points, templates.Point{Day: d.Day, Count: d.Accepted})
		line.Accepted = d.Accepted
	}
	return line, moments
}

// ends are the days on which a version, of them all from the oldest, ended without another taking over.
func (a administrator) ends(lines []templates.FiguresVersion) []templates.Moment {
	var out []templates.Moment
	for i, l := range lines {
		followed := slices.ContainsFunc(lines[i+1:], func(o templates.FiguresVersion) bool { return o.Known && o.From.Sub(l.Until).Abs() < time.Minute })
		if !l.Until.IsZero() && !followed {
			out = append(out, templates.Moment{Day: l.Until, Label: a.base.T("figures.ended", "Version", l.Label)})
		}
	}
	return out
}

// coming are the versions that begin to apply later: one that waits for its day, and an active one that says a day.
func coming(vs []policy.Version, labels map[int64]string, scheduled []store.Scheduled, now time.Time, zone *time.Location) []templates.FiguresComing {
	var out []templates.FiguresComing
	for _, v := range vs {
		if v.Status() == policy.Active && v.EffectiveFrom.After(now) {
			out = append(out, templates.FiguresComing{Label: labels[v.ID], Day: v.Since(zone)})
		}
		for _, sc := range scheduled {
			if sc.VersionID == v.ID && sc.Failure == "" {
				out = append(out, templates.FiguresComing{Label: labels[v.ID], Day: policy.DayOf(sc.At.In(v.Location())), Minor: sc.Minor})
			}
		}
	}
	return out
}

// figuresShares puts sites and courses into the page, with the way to those who are missing.
func (a administrator) figuresShares(p *templates.FiguresPage, f store.Figures, sites map[string]string, versionID int64) {
	report := func(field, value string) string {
		if !a.can(store.PowerReport) && !a.can(store.PowerBehalf) {
			return ""
		}
		q := url.Values{"version": {decimal(versionID)}}
		if field != "" {
			q.Set(field, value)
			q.Set("status", string(store.ReportPending))
		}
		return a.at("admin/report?" + q.Encode())
	}
	p.More, p.Report = f.More, report("", "")
	for _, x := range f.Sites {
		p.Sites = append(p.Sites, templates.FiguresShare{Name: sites[x.PlatformID], URL: report("site", x.PlatformID), Accepted: x.Accepted, Asked: x.Asked})
	}
	for _, x := range f.Courses {
		share := templates.FiguresShare{Name: x.Title, URL: report("in", courseValue(x.Course)), Accepted: x.Accepted, Asked: x.Asked, Listed: x.Listed}
		if share.Name == "" {
			share.Name = x.Label + " " + x.ID
		}
		if len(f.Sites) > 1 {
			share.Site = sites[x.PlatformID]
		}
		p.Courses = append(p.Courses, share)
	}
}
