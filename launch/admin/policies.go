package admin

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"ltipolicy/courier"
	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/policy/lint"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// estate is what an administrator's pages tell of an institution's policies.
type estate struct {
	counts    map[int64]store.Count
	counted   time.Time                 // if that was before; zero: now
	scheduled map[int64]store.Scheduled // by version
	waiting   map[int64]bool            // policies with a scheduled version
	on        map[int64][]string        // platforms by policy
	drafts    map[int64][]string        // platforms by version, of drafts with a choice of their own
	platforms []lti.Platform
	languages []string // of what is active
}

func (o *Office) estate(ctx context.Context, a administrator) (estate, error) {
	e := estate{scheduled: map[int64]store.Scheduled{}, waiting: map[int64]bool{}}
	institution := a.ses.InstitutionID
	var err error
	if e.counts, e.counted, err = o.store.Counts(ctx, institution); err != nil {
		return e, err
	}
	list, err := o.store.Scheduled(ctx, institution)
	if err != nil {
		return e, err
	}
	for _, sc := range list {
		e.scheduled[sc.VersionID], e.waiting[sc.PolicyID] = sc, true
	}
	if e.on, err = o.store.PolicyPlatforms(ctx, institution); err != nil {
		return e, err
	}
	if e.drafts, err = o.store.DraftPlatforms(ctx, institution); err != nil {
		return e, err
	}
	e.platforms, err = o.store.PlatformsOf(ctx, institution)
	return e, err
}

// list shows all policies, what applies first, drafts under their policy.
func (o *Office) list(w http.ResponseWriter, r *http.Request, a administrator) error {
	e, err := o.estate(r.Context(), a)
	if err != nil {
		return fmt.Errorf("reading the policies: %w", err)
	}
	all, err := o.store.VersionNames(r.Context(), a.ses.InstitutionID)
	if err != nil {
		return err
	}
	for _, v := range all {
		for _, t := range v.Texts {
			if v.Status() == policy.Active && !slices.Contains(e.languages, t.Lang) {
				e.languages = append(e.languages, t.Lang)
			}
		}
	}
	slices.Sort(e.languages)
	p := templates.AdminListPage{Page: a.base}
	if p.Connection, err = o.connection(r.Context(), a); err != nil {
		return err
	}
	p.Counted = e.counted
	if !a.ses.Guest {
		if p.Pending, err = o.Left(r.Context(), a.ses); err != nil {
			return err
		}
		p.Answer = a.at("pending")
	}
	if r.URL.Query().Get("saved") != "" {
		p.Flash = "flash.saved"
	}
	if a.can(store.PowerPolicies) {
		p.New = a.at("admin/policies/new")
	}
	policies := byPolicy(all)
	for i, vs := range policies {
		line := a.policyLine(e, vs)
		if a.can(store.PowerPolicies) {
			move := "admin/policies/" + decimal(line.ID) + "/move"
			if i > 0 {
				line.Up = a.form(move, templates.Field{Name: moveField, Value: moveUp})
			}
			if i < len(policies)-1 {
				line.Down = a.form(move, templates.Field{Name: moveField, Value: moveDown})
			}
		}
		p.Policies = append(p.Policies, line)
	}
	o.Render(w, r, http.StatusOK, p)
	return nil
}

// connection is how the administrator's own site and the tool reach each other, as last seen. It is looked at again between
// requests after an hour, and sooner while something is wrong with it.
func (o *Office) connection(ctx context.Context, a administrator) (*templates.Connection, error) {
	if !a.ses.Admin {
		return nil, nil
	}
	seen, err := courier.ReadConnection(ctx, o.store, a.ses.PlatformID)
	if err != nil {
		return nil, fmt.Errorf("reading the connection: %w", err)
	}
	c := &templates.Connection{Locale: a.base.Locale, Lines: seen.Lines, Time: seen.Time}
	if c.Bad() > 0 || o.Now().Sub(c.Time) > courier.ConnectionFresh {
		o.check(a.ses.PlatformID)
	}
	return c, nil
}

// byPolicy cuts a list of versions, which has those of a policy together, into the policies.
func byPolicy(vs []policy.Version) [][]policy.Version {
	var list [][]policy.Version
	for i, v := range vs {
		if i == 0 || v.PolicyID != vs[i-1].PolicyID {
			list = append(list, nil)
		}
		list[len(list)-1] = append(list[len(list)-1], v)
	}
	return list
}

// policyLine puts the versions of a policy, oldest first, into Moodle's order: the active one, or the first
// draft, or the newest that was active once; then the other drafts.
func (a administrator) policyLine(e estate, vs []policy.Version) templates.AdminPolicy {
	labels := policy.RevisionLabels(vs, a.base.Date)
	main := slices.IndexFunc(vs, func(v policy.Version) bool { return v.Status() == policy.Active })
	if main < 0 {
		main = slices.IndexFunc(vs, func(v policy.Version) bool { return v.Status() == policy.Draft })
	}
	if main < 0 {
		main = len(vs) - 1
	}
	p := templates.AdminPolicy{
		ID: vs[main].PolicyID, Main: a.version(e, vs[main], labels[vs[main].ID]), Courses: vs[main].Courses,
		Count: len(vs), Versions: a.at("admin/policies/" + decimal(vs[main].PolicyID)),
		Figures: a.at(figuresPage(vs[main].PolicyID)),
	}
	for i, v := range vs {
		if i != main && v.Status() == policy.Draft {
			p.Drafts = append(p.Drafts, a.version(e, v, labels[v.ID]))
		}
	}
	on, chosen := e.drafts[p.Main.ID]
	if !chosen {
		on = e.on[p.ID]
	}
	p.All = slices.Contains(on, store.Everywhere)
	names := siteNames(e.platforms)
	for _, pl := range e.platforms {
		if p.All || slices.Contains(on, pl.ID) {
			p.Sites = append(p.Sites, names[pl.ID])
		}
	}
	return p
}

// version puts a version into the page's words, with what the person may do with it.
func (a administrator) version(e estate, v policy.Version, label string) templates.AdminVersion {
	text := v.Primary()
	here := "admin/versions/" + decimal(v.ID)
	out := templates.AdminVersion{
		Locale: a.base.Locale, ID: v.ID, Name: text.Name, Lang: text.Lang, Settings: v.Settings(), Label: label, Changed: v.TimeModified,
		View: a.at(here),
	}
	for _, t := range v.Texts {
		out.Languages = append(out.Languages, t.Lang)
	}
	for _, l := range e.languages {
		if !slices.Contains(out.Languages, l) {
			out.Missing = append(out.Missing, l)
		}
	}
	if c, ok := e.counts[v.ID]; ok && v.Status() != policy.Draft && v.Asks() {
		out.Count = templates.AdminCount{Accepted: c.Accepted, Declined: c.Declined, Expired: c.Expired, Ended: c.Ended, Asked: c.Asked, Shown: true}
		if a.can(store.PowerReport) {
			out.Report = a.at("admin/report?version=" + decimal(v.ID))
		}
	}
	if v.Zone != "" {
		out.Zone = v.Location()
	}
	edit := a.can(store.PowerPolicies)
	sc, waits := e.scheduled[v.ID]
	switch v.Status() {
	case policy.Active:
		out.Stage = templates.StageActive
		if edit {
			out.Draft = a.form(here + "/draft")
			if !e.waiting[v.PolicyID] {
				out.Inactivate = a.at(here + "/inactivate")
			}
		}
	case policy.Archived:
		out.Stage = templates.StageArchived
		if v.Retracted() {
			out.Stage = templates.StageRetracted
		}
		if edit {
			out.Draft = a.form(here + "/draft")
		}
	default:
		out.Stage = templates.StageDraft
		if !waits {
			out.Planned = v.EffectiveFrom
		}
		switch {
		case waits:
			out.Stage, out.From, out.Minor = templates.StageScheduled, sc.At, sc.Minor
			if v.Announced {
				out.Stage = templates.StageAnnounced
			}
			if sc.Failure != "" {
				out.Stage, out.Failure, out.Next = templates.StageFailed, failureKeys[sc.Failure], sc.Next
			}
			if edit {
				out.Unschedule = a.form(here + "/unschedule")
			}
		case edit:
			out.Edit, out.Publish, out.Delete = a.at(here+"/edit"), a.at(here+"/publish"), a.at(here+"/delete")
		}
	}
	return out
}

// failureKeys say why a scheduled version did not begin, and what to do.
var failureKeys = map[store.ScheduleFailure]string{
	store.FailedOvertaken: "admin.failed.overtaken", store.FailedEdited: "admin.failed.edited",
	store.FailedEmpty: "admin.failed.empty", store.FailedKind: "admin.failed.kind",
	store.FailedUnavailable: "admin.failed.unavailable", store.FailedOther: "admin.failed.other",
}

// The field of the forms that change the order.
const (
	moveField = "move"
	moveUp    = "up"
	moveDown  = "down"
)

// movePolicy changes the order in which policies are asked.
func (o *Office) movePolicy(w http.ResponseWriter, r *http.Request, a administrator) error {
	id, err := pathNumber(r, "policy")
	if err != nil {
		return err
	}
	to := r.PostForm.Get(moveField)
	if to != moveUp && to != moveDown {
		return policy.E(policy.ErrInvalid, "")
	}
	if err := o.store.Move(r.Context(), a.who(), id, to == moveUp); err != nil {
		return err
	}
	return a.done(w, r, a.home(), "moved")
}

// versions shows all versions of a policy, newest first, and offers to compare two of them.
func (o *Office) versions(w http.ResponseWriter, r *http.Request, a administrator) error {
	vs, labels, err := o.policyVersions(r, a)
	if err != nil {
		return err
	}
	e, err := o.estate(r.Context(), a)
	if err != nil {
		return err
	}
	p := templates.AdminPolicyPage{
		Page: a.base, Back: a.home(), Figures: a.at(figuresPage(vs[0].PolicyID)),
		Compare: a.at("admin/policies/" + decimal(vs[0].PolicyID) + "/compare"),
	}
	p.Counted = e.counted
	if a.can(store.PowerReport) && len(researched(vs)) > 0 {
		p.Consents = a.at("admin/policies/" + decimal(vs[0].PolicyID) + "/consents")
	}
	slices.Reverse(vs)
	p.Name, p.Lang = vs[0].Primary().Name, vs[0].Primary().Lang
	for i, v := range vs {
		if v.Status() == policy.Active {
			p.Name, p.Lang = v.Primary().Name, v.Primary().Lang
		}
		p.Versions = append(p.Versions, a.version(e, v, labels[v.ID]))
		p.New = append(p.New, templates.Option{Value: decimal(v.ID), Label: labels[v.ID], Selected: i == 0})
		p.Old = append(p.Old, templates.Option{Value: decimal(v.ID), Label: labels[v.ID], Selected: i == 1})
	}
	o.Render(w, r, http.StatusOK, p)
	return nil
}

// policyVersions reads the policy of the address: its versions, oldest first, and their labels.
func (o *Office) policyVersions(r *http.Request, a administrator) ([]policy.Version, map[int64]string, error) {
	id, err := pathNumber(r, "policy")
	if err != nil {
		return nil, nil, err
	}
	vs, err := o.store.PolicyVersions(r.Context(), a.ses.InstitutionID, id)
	if err != nil {
		return nil, nil, err
	}
	return vs, policy.RevisionLabels(vs, a.base.Date), nil
}

// addressed is the version of the address with the others of its policy.
type addressed struct {
	policy.Version
	label  string
	others []policy.Version // all of the policy, oldest first

	then, now store.Scope // of a draft that is edited: where it is to apply, and where its policy does
}

// active is the policy's active version, if it has one.
func (v addressed) active() (policy.Version, bool) {
	i := slices.IndexFunc(v.others, func(o policy.Version) bool { return o.Status() == policy.Active })
	if i < 0 {
		return policy.Version{}, false
	}
	return v.others[i], true
}

// addressed reads the version of the address, which must be the institution's.
func (o *Office) addressed(r *http.Request, a administrator) (addressed, error) {
	id, err := pathNumber(r, "version")
	if err != nil {
		return addressed{}, err
	}
	v, err := o.store.Version(r.Context(), a.ses.InstitutionID, id)
	if err != nil {
		return addressed{}, err
	}
	vs, err := o.store.PolicyVersions(r.Context(), a.ses.InstitutionID, v.PolicyID)
	if err != nil {
		return addressed{}, err
	}
	return addressed{Version: v, label: policy.RevisionLabels(vs, a.base.Date)[id], others: vs}, nil
}

// version shows a version as people see it, in all its languages.
func (o *Office) version(w http.ResponseWriter, r *http.Request, a administrator) error {
	v, err := o.addressed(r, a)
	if err != nil {
		return err
	}
	e, err := o.estate(r.Context(), a)
	if err != nil {
		return err
	}
	p := templates.AdminVersionPage{
		Page: a.base, Version: a.version(e, v.Version, v.label), Texts: v.Texts, Back: a.at("admin/policies/" + decimal(v.PolicyID)),
		Findings: lint.Version(v.Version),
	}
	o.Render(w, r, http.StatusOK, p)
	return nil
}

// remarks leads to what the linter says of a version.
func (a administrator) remarks(v policy.Version) templates.Remarks {
	return templates.Remarks{Locale: a.base.Locale, Count: len(lint.Version(v)), URL: a.at("admin/versions/"+decimal(v.ID)) + "#remarks"}
}

// draftFrom makes a draft of a version that is or was active, and leads to its editor.
func (o *Office) draftFrom(w http.ResponseWriter, r *http.Request, a administrator) error {
	v, err := o.addressed(r, a)
	if err != nil {
		return err
	}
	var id int64
	switch v.Status() {
	case policy.Archived:
		id, err = o.store.RestoreAsDraft(r.Context(), a.who(), v.ID)
	case policy.Active:
		next := v.Version
		next.AnnouncedFrom, next.EffectiveFrom, next.EnforcedFrom, next.ChangeNote = time.Time{}, time.Time{}, time.Time{}, "" // they were about that time
		id, err = o.store.NewDraft(r.Context(), a.who(), next)
	default:
		return policy.E(policy.ErrInvalid, "")
	}
	if err != nil {
		return err
	}
	return a.done(w, r, a.at("admin/versions/"+decimal(id)+"/edit"), "draft")
}
