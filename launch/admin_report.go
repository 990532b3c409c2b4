package launch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// reportLimit is how many people a page of the report holds, as in Moodle.
const reportLimit = 100

// reportFilter is what an address of the report asks for. What cannot be understood is passed over.
type reportFilter struct{ store.ReportQuery }

var reportRoles = map[string]string{roleLearner: "membership#Learner", roleTeacher: "membership#Instructor"}

func (a admin) reportFilter(q url.Values, platforms []lti.Platform) reportFilter {
	f := store.ReportQuery{InstitutionID: a.ses.InstitutionID, Limit: reportLimit, Text: readFilter(q).search}
	f.VersionID, _ = strconv.ParseInt(q.Get("version"), 10, 64) //nolint:errcheck // 0: all that are active
	if s := store.ReportStatus(q.Get("status")); slices.Contains([]store.ReportStatus{store.ReportAccepted, store.ReportDeclined, store.ReportPending}, s) {
		f.Status = s
	}
	site := q.Get("site")
	if len(platforms) == 1 {
		site = platforms[0].ID
	}
	if slices.ContainsFunc(platforms, func(p lti.Platform) bool { return p.ID == site }) {
		f.PlatformIDs = []string{site}
		f.ContextID = q.Get("course")
	}
	f.Role = reportRoles[q.Get("role")]
	if c := q.Get("class"); slices.Contains([]string{"test", "service", "guest"}, c) {
		f.Class = c
	}
	f.After.Name = q.Get("after")
	f.After.ID, _ = strconv.ParseInt(q.Get("id"), 10, 64) //nolint:errcheck // 0: from the start
	return reportFilter{f}
}

// query is the filter's own part of an address, without the place in the list.
func (f reportFilter) query(q url.Values) url.Values {
	out := url.Values{}
	for _, name := range []string{"q", "version", "status", "site", "role", "class", "course"} {
		if v := q.Get(name); v != "" {
			out.Set(name, v)
		}
	}
	return out
}

// adminReport shows who answered what over all sites of the institution.
func (s *Server) adminReport(w http.ResponseWriter, r *http.Request, a admin) error {
	return s.reportPage(w, r, a, http.StatusOK, nil)
}

func (s *Server) reportPage(w http.ResponseWriter, r *http.Request, a admin, status int, change func(*templates.ReportPage)) error {
	platforms, err := s.store.PlatformsOf(r.Context(), a.ses.InstitutionID)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	f := a.reportFilter(q, platforms)
	found, err := s.store.Report(r.Context(), f.ReportQuery)
	if err != nil {
		return err
	}
	if err := s.looked(r.Context(), a, "acceptances.view", "", f.query(q).Encode()); err != nil {
		return err
	}
	counts, err := s.store.Counts(r.Context(), a.ses.InstitutionID)
	if err != nil {
		return err
	}
	p := templates.ReportPage{Page: a.base}
	for _, c := range found.Columns {
		n := counts[c.VersionID]
		p.Columns = append(p.Columns, templates.ReportColumn{
			VersionID: c.VersionID, Name: c.Name, Lang: "", Label: c.Revision,
			Count: templates.AdminCount{Accepted: n.Accepted, Declined: n.Declined, Asked: n.Asked, Shown: true},
		})
	}
	sites := siteNames(platforms)
	here := a.at("admin/report")
	own := false
	for _, row := range found.Rows {
		line := templates.ReportLine{
			UserID: row.User.ID, Name: row.User.Name, Email: row.User.Email, Site: sites[row.User.PlatformID],
			URL:     a.at(personPage(row.User)),
			Overall: policy.ReportAll(row.Reported(), false),
			Tick:    a.can(store.PowerBehalf) && answerable(a, row.User),
		}
		own = own || line.Tick
		if len(platforms) == 1 {
			line.Site = ""
		}
		for i, rep := range row.Reported() {
			cell := templates.ReportCell{Reported: rep}
			if g := row.Given[i]; g != nil {
				cell.Time = g.Time
				if len(found.Columns) == 1 {
					cell.Note = g.Note
				}
			}
			line.Cells = append(line.Cells, cell)
		}
		p.Rows = append(p.Rows, line)
	}
	query := f.query(q)
	link := func(page string, q url.Values) string {
		if len(q) == 0 {
			return page
		}
		return page + "?" + q.Encode()
	}
	p.CSV, p.XLSX, p.JSON = link(here+".csv", query), link(here+".xlsx", query), link(here+".json", query)
	if f.After.ID != 0 {
		p.First = link(here, query)
	}
	if own {
		p.Behalf = a.form("admin/report")
		p.Behalf.Action = link(here, query)
	}
	if found.More {
		query.Set("after", found.Next.Name)
		query.Set("id", decimal(found.Next.ID))
		p.Next = link(here, query)
	}
	if p.Filters, err = s.reportFilters(r.Context(), a, q, f, platforms); err != nil {
		return err
	}
	if change != nil {
		change(&p)
	}
	s.render(w, r, status, func(b *bytes.Buffer) error { return s.pages.Report(b, p) })
	return nil
}

func siteNames(platforms []lti.Platform) map[string]string {
	names := map[string]string{}
	for _, p := range platforms {
		names[p.ID] = p.Name
	}
	return names
}

func personPage(u store.User) string {
	return "admin/people/" + u.PlatformID + "/" + decimal(u.ID)
}

// answerable reports whether somebody can be answered for: another person of the own platform.
func answerable(a admin, u store.User) bool {
	return u.PlatformID == a.ses.PlatformID && u.ID != a.ses.UserID && u.Class == ""
}

// reportFilters is the search above the report, as it was sent.
func (s *Server) reportFilters(ctx context.Context, a admin, q url.Values, f reportFilter, platforms []lti.Platform) (templates.ReportFilters, error) {
	out := templates.ReportFilters{
		Action: a.at("admin/report"), Clear: a.at("admin/report"), Text: f.Text, Course: f.ContextID, Courses: len(f.PlatformIDs) == 1,
		Active: len(f.query(q)) > 0,
		Policy: []templates.Option{{Value: "", Key: "report.policy.all"}},
		Site:   []templates.Option{{Value: "", Key: "report.site.all"}},
		Class:  []templates.Option{{Value: "", Key: "report.class.people"}},
		Role:   []templates.Option{{Value: "", Key: "people.role.everyone"}},
		Status: []templates.Option{{Value: "", Key: "report.status.any"}},
	}
	list, err := s.store.Policies(ctx, a.ses.InstitutionID)
	if err != nil {
		return out, err
	}
	for _, pol := range list {
		vs, err := s.store.PolicyVersions(ctx, a.ses.InstitutionID, pol.ID)
		if err != nil {
			return out, err
		}
		labels := policy.RevisionLabels(vs, a.base.Date)
		slices.Reverse(vs)
		for _, v := range vs {
			if v.Status() == policy.Draft || !v.Asks() || v.Audience == policy.AudienceGuests {
				continue
			}
			out.Policy = append(out.Policy, templates.Option{
				Value: decimal(v.ID), Label: v.Primary().Name + " – " + labels[v.ID], Lang: v.Primary().Lang, Selected: v.ID == f.VersionID,
			})
		}
	}
	for _, p := range platforms {
		out.Site = append(out.Site, templates.Option{Value: p.ID, Label: p.Name, Selected: len(platforms) > 1 && slices.Contains(f.PlatformIDs, p.ID)})
	}
	for _, o := range []struct{ value, key string }{{"test", "report.class.test"}, {"service", "report.class.service"}, {"guest", "report.class.guest"}} {
		out.Class = append(out.Class, templates.Option{Value: o.value, Key: o.key, Selected: f.Class == o.value})
	}
	for _, o := range []struct{ value, key string }{{roleLearner, "people.role.learner"}, {roleTeacher, "people.role.teacher"}} {
		out.Role = append(out.Role, templates.Option{Value: o.value, Key: o.key, Selected: q.Get("role") == o.value})
	}
	for _, o := range []struct {
		value store.ReportStatus
		key   string
	}{{store.ReportPending, "reported.pending"}, {store.ReportAccepted, "reported.accepted"}, {store.ReportDeclined, "reported.declined"}} {
		out.Status = append(out.Status, templates.Option{Value: string(o.value), Key: o.key, Selected: f.Status == o.value})
	}
	return out, nil
}

// looked writes into the log of the institution who looked at which answers.
func (s *Server) looked(ctx context.Context, a admin, action, object, detail string) error {
	if object == "" {
		object = a.ses.Site
	}
	err := s.store.LogAct(ctx, store.AdminEntry{InstitutionID: a.ses.InstitutionID, Actor: actor(a.ses), Action: action, Object: object, Detail: detail})
	if err != nil {
		return fmt.Errorf("logging the view: %w", err)
	}
	return nil
}

// maxNote bounds what is written beside an answer for somebody else.
const maxNote = 1000

// behalfMany answers for those who are ticked on the report.
func (s *Server) behalfMany(w http.ResponseWriter, r *http.Request, a admin) error {
	var users, versions []int64
	for _, list := range []struct {
		field string
		to    *[]int64
	}{{"user", &users}, {"version", &versions}} {
		for _, v := range r.PostForm[list.field] {
			n, err := strconv.ParseInt(v, 10, 64)
			if err != nil || slices.Contains(*list.to, n) {
				return policy.E(policy.ErrInvalid, "")
			}
			*list.to = append(*list.to, n)
		}
	}
	bad := func(key string) error {
		return s.reportPage(w, r, a, http.StatusUnprocessableEntity, func(p *templates.ReportPage) {
			p.Bad, p.Note = key, r.PostForm.Get("note")
			for i := range p.Rows {
				p.Rows[i].Ticked = slices.Contains(users, p.Rows[i].UserID)
			}
			for i := range p.Columns {
				p.Columns[i].Ticked = slices.Contains(versions, p.Columns[i].VersionID)
			}
		})
	}
	if len(users) == 0 || len(versions) == 0 {
		return bad("behalf.bad.none")
	}
	if err := s.behalf(r, a, users, versions); err != nil {
		if key := behalfProblem(err); key != "" {
			return bad(key)
		}
		return err
	}
	return redirect(w, r, a.at("admin/report")+"?"+withDone(r.URL.Query()).Encode())
}

func withDone(q url.Values) url.Values {
	q.Set("done", "answered")
	return q
}

// behalfProblem is the message for what the form can put right; empty for everything else.
func behalfProblem(err error) string {
	switch {
	case errors.Is(err, policy.ErrTooLarge):
		return "behalf.bad.many"
	case errors.Is(err, policy.ErrConflict):
		return "behalf.bad.changed"
	case errors.Is(err, policy.ErrInvalid), errors.Is(err, policy.ErrForbidden):
		return "behalf.bad.rule"
	}
	return ""
}

// behalf records an answer of others, with who acts and what the page said.
func (s *Server) behalf(r *http.Request, a admin, users, versions []int64) error {
	act := policy.Answer(r.PostForm.Get(actField))
	button, ok := map[policy.Answer]string{
		policy.Accepted: "behalf.accept", policy.Declined: "behalf.decline", policy.Withdrawn: "behalf.withdraw",
	}[act]
	note := strings.TrimSpace(strings.ReplaceAll(r.PostForm.Get("note"), "\r\n", "\n"))
	if !ok || len([]rune(note)) > maxNote || slices.Contains(users, a.ses.UserID) {
		return policy.E(policy.ErrInvalid, "")
	}
	p, err := s.store.Platform(r.Context(), a.ses.PlatformID)
	if err != nil {
		return fmt.Errorf("finding the platform: %w", err)
	}
	loc := s.pages.Locale(a.sent.UILang, a.ses.Locale, "")
	done, err := s.store.AnswerFor(r.Context(), a.who(), store.Behalf{
		Platform: p, UserIDs: users, VersionIDs: versions, Answer: act, Note: note,
		ActorID: a.ses.UserID, ActorSub: a.ses.Sub, UILang: loc.Tag(), Statement: loc.T("behalf.what"), Button: loc.Button(button),
		LaunchID: a.ses.ID, Roles: a.ses.Roles,
		// One page can be sent for each act once.
		Presentation: a.sent.ID + "-" + string(act[:1]),
	})
	s.count(r, done.Recorded)
	return err
}
