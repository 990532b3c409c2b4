package admin

import (
	"cmp"
	"context"
	"fmt"
	"net/http"

	"ltipolicy/launch/web"
	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// report shows who answered what over all sites of the institution.
func (o *Office) report(w http.ResponseWriter, r *http.Request, a administrator) error {
	return o.reportPage(w, r, a, http.StatusOK, nil)
}

func (o *Office) reportPage(w http.ResponseWriter, r *http.Request, a administrator, status int, change func(*templates.ReportPage)) error {
	f, err := o.reportFilter(r.Context(), a, r.URL.Query())
	if err != nil {
		return err
	}
	found := store.ReportPage{}
	if found.Columns, err = o.store.ReportColumns(r.Context(), f.ReportQuery); err != nil {
		return err
	}
	if f.typed == "" {
		f.Limit = reportRows(len(found.Columns))
		if found, err = o.store.Report(r.Context(), f.ReportQuery); err != nil {
			return err
		}
	}
	if err := o.looked(r.Context(), a, "acceptances.view", "", f.query().Encode()); err != nil {
		return err
	}
	counts, counted, err := o.store.Counts(r.Context(), a.ses.InstitutionID)
	if err != nil {
		return err
	}
	p := templates.ReportPage{Page: a.base, Single: len(found.Columns) == 1}
	p.Counted = counted
	for _, c := range found.Columns {
		n := counts[c.VersionID]
		p.Columns = append(p.Columns, templates.ReportColumn{
			VersionID: c.VersionID, Name: c.Name, Lang: "", Label: c.Revision, Figures: a.at(figuresPage(c.PolicyID)),
			Count: templates.AdminCount{Accepted: n.Accepted, Declined: n.Declined, Expired: n.Expired, Ended: n.Ended, Asked: n.Asked, Shown: true},
		})
	}
	sites := siteNames(f.platforms)
	here := a.at("admin/report")
	own := false
	for _, row := range found.Rows {
		line := templates.ReportLine{
			UserID: row.User.ID, Name: called(a.base, row.User), Email: row.User.Email, Site: sites[row.User.PlatformID],
			Overall: policy.ReportAll(row.Reported(), false),
			Tick:    a.can(store.PowerBehalf) && answerable(a, row.User),
		}
		if !row.User.Erased.Valid {
			line.URL = a.at(personPage(row.User))
		}
		own = own || line.Tick
		if len(f.platforms) == 1 {
			line.Site = ""
		}
		for i, rep := range row.Reported() {
			cell := templates.ReportCell{Reported: rep}
			if g := row.Given[i]; g != nil {
				cell.Time = g.Time
				if p.Single {
					cell.Lang, cell.Note, cell.By = g.Lang, g.Note, answeredBy(a.base, row)
					cell.Self = !g.OnBehalf(row.User.ID)
				}
			}
			line.Cells = append(line.Cells, cell)
		}
		p.Rows = append(p.Rows, line)
	}
	query := f.query()
	p.CSV, p.XLSX = linkTo(here+".csv", query), linkTo(here+".xlsx", query)
	p.JSON, p.XML = linkTo(here+".json", query), linkTo(here+".xml", query)
	if f.After.ID != 0 {
		p.First = linkTo(here, query)
	}
	if own {
		p.Behalf = a.form("admin/report")
		p.Behalf.Action = linkTo(here, query)
	}
	if found.More {
		query.Set("after", found.Next.Name)
		query.Set("id", decimal(found.Next.ID))
		p.Next = linkTo(here, query)
	}
	if p.Filters, err = o.reportFilters(r.Context(), a, f); err != nil {
		return err
	}
	if change != nil {
		change(&p)
	}
	o.Render(w, r, status, p)
	return nil
}

// answeredBy says who gave the answer to the one version of a row.
func answeredBy(base templates.Page, row store.ReportRow) string {
	if !row.Given[0].OnBehalf(row.User.ID) {
		return base.T("report.by.self")
	}
	return cmp.Or(row.By, base.T("report.by.other"))
}

func siteNames(platforms []lti.Platform) map[string]string { return lti.Labels(platforms) }

// called is how lists name somebody.
func called(base templates.Page, u store.User) string {
	if u.Erased.Valid {
		return base.T("people.erased")
	}
	return u.Name
}

func personPage(u store.User) string {
	return "admin/people/" + u.PlatformID + "/" + decimal(u.ID)
}

// answerable reports whether somebody can be answered for: another person of the own platform.
func answerable(a administrator, u store.User) bool {
	return u.PlatformID == a.ses.PlatformID && u.ID != a.ses.UserID && u.Class == "" && !u.Erased.Valid
}

// looked writes into the log of the institution who looked at which answers, and whose, if they are of somebody.
func (o *Office) looked(ctx context.Context, a administrator, action, object, detail string, about ...int64) error {
	if object == "" {
		object = a.ses.Site
	}
	err := o.store.LogAct(ctx, store.AdminEntry{
		InstitutionID: a.ses.InstitutionID, ActorID: a.ses.UserID, Actor: web.Actor(a.ses), Action: action, Object: object, Detail: detail,
		About: about,
	})
	if err != nil {
		return fmt.Errorf("logging the view: %w", err)
	}
	return nil
}
