package admin

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"ltipolicy/launch/web"
	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// reportLimit is how many people a page of the report holds at most, as in Moodle.
const reportLimit = 100

// reportRows is how many people a page has room for: with many policies fewer, so that it stays below 100 kB.
func reportRows(columns int) int { return min(reportLimit, max(20, 240/max(1, columns))) }

// reportFilter is what an address of the report asks for. What cannot be understood is passed over: an address
// that somebody kept still works when a site is gone.
type reportFilter struct {
	store.ReportQuery
	platforms       []lti.Platform // the institution's
	versions        []policy.Version
	policy, version int64 // as in the address
	site, role      string
	course          *store.Course // nil: all
	// typed is the name of a course that fits none or several, fits what it fits. There is nothing to report
	// until one is chosen.
	typed string
	fits  []store.Course
}

// How many courses are offered: for a choice among those that a name fits, and while typing.
const (
	fitLimit     = 20
	suggestLimit = 100
)

// The roles that the report can be narrowed to.
const (
	roleLearner = "learner"
	roleTeacher = "teacher"
)

var reportRoles = map[string]string{roleLearner: "membership#Learner", roleTeacher: "membership#Instructor"}

func (o *Office) reportFilter(ctx context.Context, a administrator, q url.Values) (reportFilter, error) {
	f := reportFilter{ReportQuery: store.ReportQuery{InstitutionID: a.ses.InstitutionID, Limit: reportLimit, Text: web.SearchText(q.Get("q"))}}
	var err error
	if f.platforms, err = o.store.PlatformsOf(ctx, f.InstitutionID); err != nil {
		return f, err
	}
	if f.versions, err = o.store.VersionNames(ctx, f.InstitutionID); err != nil {
		return f, err
	}
	f.choosePolicy(q)
	if st := store.ReportStatus(q.Get("status")); slices.Contains([]store.ReportStatus{store.ReportAccepted, store.ReportDeclined, store.ReportExpired, store.ReportPending}, st) {
		f.Status = st
	}
	if f.own(q.Get("site")) {
		f.site = q.Get("site")
		f.PlatformIDs = []string{f.site}
	}
	if r := q.Get("role"); reportRoles[r] != "" {
		f.role, f.Role = r, reportRoles[r]
	}
	if c := q.Get("class"); classKeys[c] != "" {
		f.Class = c
	}
	f.After.Name = q.Get("after")
	f.After.ID, _ = strconv.ParseInt(q.Get("id"), 10, 64) //nolint:errcheck // 0: from the start
	return f, o.chooseCourse(ctx, &f, q)
}

func (f *reportFilter) own(platformID string) bool {
	return slices.ContainsFunc(f.platforms, func(p lti.Platform) bool { return p.ID == platformID })
}

// choosePolicy finds out which versions the report tells about: of a policy the active one, or the last one of
// a policy that does not apply any more. A version that is not of the chosen policy was chosen before it.
func (f *reportFilter) choosePolicy(q url.Values) {
	f.policy, _ = strconv.ParseInt(q.Get("policy"), 10, 64)   //nolint:errcheck // 0: all that are active
	f.version, _ = strconv.ParseInt(q.Get("version"), 10, 64) //nolint:errcheck // 0: the active one
	if i := slices.IndexFunc(f.versions, func(v policy.Version) bool { return v.ID == f.version }); i >= 0 {
		if f.policy != 0 && f.policy != f.versions[i].PolicyID {
			f.version = 0
		} else {
			f.policy = f.versions[i].PolicyID
		}
	}
	f.PolicyID, f.VersionID = f.policy, f.version
	if f.version != 0 || f.policy == 0 {
		return
	}
	last := int64(0)
	for _, v := range f.versions {
		switch {
		case v.PolicyID != f.policy:
		case v.Current:
			return
		case v.Archived:
			last = v.ID
		}
	}
	f.VersionID = last
}

// chooseCourse takes the course that was chosen, or looks for the one that was typed.
func (o *Office) chooseCourse(ctx context.Context, f *reportFilter, q url.Values) error {
	if typed := web.SearchText(q.Get("course")); typed != "" {
		found, err := o.store.FindCourses(ctx, f.InstitutionID, f.site, typed, fitLimit)
		if err != nil {
			return err
		}
		if len(found) != 1 {
			f.typed, f.fits = typed, found
			return nil
		}
		f.course = &found[0]
	} else if platform, id, ok := strings.Cut(q.Get("in"), "/"); ok && platform == cmp.Or(f.site, platform) {
		c, err := o.store.Course(ctx, f.InstitutionID, platform, id)
		if errors.Is(err, policy.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		f.course = &c
	}
	if f.course != nil {
		f.PlatformIDs, f.ContextID = []string{f.course.PlatformID}, f.course.ID
	}
	return nil
}

// query is the filter's own part of an address, without the place in the list.
func (f reportFilter) query() url.Values {
	out := url.Values{}
	set := func(name, value string) {
		if value != "" && value != "0" {
			out.Set(name, value)
		}
	}
	set("q", f.Text)
	if f.version == 0 { // which says its policy
		set("policy", decimal(f.policy))
	}
	set("version", decimal(f.version))
	set("status", string(f.Status))
	set("site", f.site)
	set("role", f.role)
	set("class", f.Class)
	set("course", f.typed)
	if f.course != nil {
		set("in", courseValue(*f.course))
	}
	return out
}

// courseValue names a course of any of the institution's platforms in an address.
func courseValue(c store.Course) string { return c.PlatformID + "/" + c.ID }

// reportFilters is the search above the report, as it was sent.
func (o *Office) reportFilters(ctx context.Context, a administrator, f reportFilter) (templates.ReportFilters, error) {
	here := a.at("admin/report")
	out := templates.ReportFilters{
		Action: here, Clear: here, Text: f.Text, Active: len(f.query()) > 0, Typed: f.typed, TooMany: len(f.fits) > fitLimit,
		Policy: []templates.Option{{Value: "", Key: "report.policy.all"}},
		Site:   []templates.Option{{Value: "", Key: "report.site.all"}},
		Class:  []templates.Option{{Value: "", Key: "report.class.people"}},
		Role:   []templates.Option{{Value: "", Key: "people.role.everyone"}},
		Status: []templates.Option{{Value: "", Key: "report.status.any"}},
	}
	out.Policy = append(out.Policy, f.policyOptions()...)
	out.Version = f.versionOptions(a.base)
	for _, p := range f.platforms {
		out.Site = append(out.Site, templates.Option{Value: p.ID, Label: p.Name, Selected: p.ID == f.site})
	}
	for _, class := range []string{"admin", "deleted", "suspended", "test", "service", "guest"} {
		out.Class = append(out.Class, templates.Option{Value: class, Key: classKeys[class], Selected: f.Class == class})
	}
	for _, o := range []struct{ value, key string }{{roleLearner, "people.role.learner"}, {roleTeacher, "people.role.teacher"}} {
		out.Role = append(out.Role, templates.Option{Value: o.value, Key: o.key, Selected: o.value == f.role})
	}
	for _, o := range []struct {
		value store.ReportStatus
		key   string
	}{{store.ReportPending, "reported.pending"}, {store.ReportAccepted, "reported.accepted"}, {store.ReportDeclined, "reported.declined"}, {store.ReportExpired, "reported.expired"}} {
		out.Status = append(out.Status, templates.Option{Value: string(o.value), Key: o.key, Selected: f.Status == o.value})
	}
	return out, o.courseFilter(ctx, a, f, &out)
}

// policyOptions are the policies that the report can tell about, by the name of what applies or applied last.
func (f reportFilter) policyOptions() []templates.Option {
	var out []templates.Option
	current := false
	for _, v := range f.versions {
		if !reportable(v) {
			continue
		}
		o := templates.Option{Value: decimal(v.PolicyID), Label: v.Primary().Name, Lang: v.Primary().Lang, Selected: v.PolicyID == f.policy}
		if len(out) > 0 && out[len(out)-1].Value == o.Value {
			if !current {
				out[len(out)-1] = o
			}
		} else {
			out, current = append(out, o), false
		}
		current = current || v.Current
	}
	return out
}

// versionOptions are the versions of the chosen policy, the newest first; none if there is no choice.
func (f reportFilter) versionOptions(base templates.Page) []templates.Option {
	of := slices.DeleteFunc(slices.Clone(f.versions), func(v policy.Version) bool { return v.PolicyID != f.policy })
	labels := policy.RevisionLabels(of, base.Date)
	var out []templates.Option
	for _, v := range slices.Backward(of) {
		if !reportable(v) {
			continue
		}
		stage := templates.StageArchived
		if v.Current {
			stage = templates.StageActive
		}
		out = append(out, templates.Option{
			Value: decimal(v.ID), Label: labels[v.ID] + " – " + base.T(stage.Key()), Selected: v.ID == f.version || f.version == 0 && v.Current,
		})
	}
	if len(out) < 2 {
		return nil
	}
	return out
}

// reportable reports whether a version has answers to report.
func reportable(v policy.Version) bool {
	return v.Status() != policy.Draft && v.Asks() && v.Audience != policy.AudienceGuests
}

// courseFilter shows the course that is chosen, or what there is to choose from.
func (o *Office) courseFilter(ctx context.Context, a administrator, f reportFilter, out *templates.ReportFilters) error {
	sites := siteNames(f.platforms)
	show := func(c store.Course) templates.ReportCourse {
		q := f.query()
		q.Del("course")
		q.Set("in", courseValue(c))
		shown := templates.ReportCourse{Title: cmp.Or(c.Title, c.Label, c.ID), Label: c.Label, Number: c.ID, URL: linkTo(a.at("admin/report"), q)}
		if len(f.platforms) > 1 {
			shown.Site = sites[c.PlatformID]
		}
		return shown
	}
	if f.course != nil {
		chosen := show(*f.course)
		q := f.query()
		q.Del("in")
		chosen.URL = linkTo(a.at("admin/report"), q)
		out.Course, out.In = &chosen, courseValue(*f.course)
		return nil
	}
	for _, c := range f.fits[:min(len(f.fits), fitLimit)] {
		out.Fits = append(out.Fits, show(c))
	}
	some, err := o.store.SomeCourses(ctx, f.InstitutionID, suggestLimit+1)
	if err != nil || len(some) > suggestLimit { // too many for a list under a field
		return err
	}
	for _, c := range some {
		if title := cmp.Or(c.Title, c.Label, c.ID); !slices.Contains(out.Suggest, title) {
			out.Suggest = append(out.Suggest, title)
		}
	}
	slices.Sort(out.Suggest)
	return nil
}

func linkTo(page string, q url.Values) string {
	if len(q) == 0 {
		return page
	}
	return page + "?" + q.Encode()
}
