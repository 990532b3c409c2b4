package launch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"ltipolicy/launch/archive"
	"ltipolicy/launch/download"
	"ltipolicy/launch/web"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// versionField and actField are the fields of the forms on My agreements.
const (
	versionField = "version"
	scopeField   = "course"
	actField     = "act"
)

// history is everything that one person was asked and answered.
type history struct {
	active   []policy.Version
	versions map[int64]policy.Version // active and answered ones
	given    []policy.Given
	events   []policy.Event               // newest first
	courses  map[string]store.NamedCourse // those in which something is asked or was answered
	asked    map[string]bool              // by "version course", where only courses ask
}

func (l *learner) history(r *http.Request, ses store.Session) (history, error) {
	h := history{versions: map[int64]policy.Version{}}
	var err error
	if h.active, h.given, err = l.store.ActiveAndGiven(r.Context(), ses.PlatformID, ses.ContextID, ses.UserID); err != nil {
		return h, err
	}
	if h.events, err = l.store.Events(r.Context(), ses.UserID); err != nil {
		return h, fmt.Errorf("reading the events: %w", err)
	}
	for _, v := range h.active {
		h.versions[v.ID] = v
	}
	for _, g := range h.given {
		if _, ok := h.versions[g.VersionID]; ok {
			continue
		}
		v, err := l.store.Version(r.Context(), ses.InstitutionID, g.VersionID)
		if err != nil {
			return h, fmt.Errorf("reading version %d: %w", g.VersionID, err)
		}
		h.versions[v.ID] = v
	}
	h.asked = map[string]bool{}
	for _, v := range h.versions {
		if v.Courses && v.Status() == policy.Active {
			places, err := l.store.PlacesOf(r.Context(), store.User{ID: ses.UserID}, v, nil)
			if err != nil {
				return h, err
			}
			for _, p := range places {
				h.asked[askedIn(v, p.Scope)] = p.Asked
			}
		}
	}
	var scopes []string
	for _, v := range h.active {
		scopes = append(scopes, v.ScopeIn(ses.ContextID))
	}
	for _, g := range h.given {
		scopes = append(scopes, g.Scope)
	}
	scopes = slices.DeleteFunc(scopes, func(s string) bool { return s == "" })
	if h.courses, err = l.store.CourseNames(r.Context(), ses.PlatformID, scopes); err != nil {
		return h, err
	}
	return h, nil
}

func askedIn(v policy.Version, course string) string { return fmt.Sprint(v.ID, " ", course) }

// matter is a policy in one scope: what somebody answers once.
type matter struct {
	policyID int64
	scope    string
	versions []policy.Version
}

// matters groups the versions by policy and scope: what applies here in its order, then what only has answers. Within each
// the active version comes first, then the newest.
func (h history) matters(here string) []matter {
	var out []matter
	add := func(v policy.Version, scope string) {
		i := slices.IndexFunc(out, func(m matter) bool { return m.policyID == v.PolicyID && m.scope == scope })
		if i < 0 {
			i, out = len(out), append(out, matter{policyID: v.PolicyID, scope: scope})
		}
		if !slices.ContainsFunc(out[i].versions, func(o policy.Version) bool { return o.ID == v.ID }) {
			out[i].versions = append(out[i].versions, v)
		}
	}
	for _, v := range h.active {
		add(v, v.ScopeIn(here))
	}
	answered := slices.Clone(h.given)
	slices.SortStableFunc(answered, func(a, b policy.Given) int { return cmp.Compare(b.VersionID, a.VersionID) })
	for _, g := range answered {
		if v := h.versions[g.VersionID]; v.Status() == policy.Active {
			add(v, g.Scope)
		}
	}
	for _, g := range answered {
		add(h.versions[g.VersionID], g.Scope)
	}
	return out
}

// agreements is My agreements: every policy and version that was answered or is asked, when, by whom, and
// what can be done about it.
func (l *learner) agreements(w http.ResponseWriter, r *http.Request, ses store.Session) error {
	if ses.Guest {
		return web.Redirect(w, r, web.At(ses, "policies"))
	}
	h, err := l.history(r, ses)
	if err != nil {
		return err
	}
	viewer := l.Viewer(ses)
	p := templates.AgreementsPage{
		Page: l.Base(r, ses), Answer: web.At(ses, "pending"), Record: web.At(ses, "agreements/record"),
	}
	for _, v := range policy.Pending(h.active, h.given, ses.ContextID, viewer) {
		if policy.Ask(v, h.given, ses.ContextID).Renewable(viewer) {
			p.Renewals++
		} else {
			p.Pending++
		}
	}
	if r.URL.Query().Get("saved") != "" {
		p.Flash = "flash.saved"
	}
	if p.Coming, err = l.coming(r, p.Page, ses, h.given); err != nil {
		return err
	}
	slugs, err := l.store.Slugs(r.Context(), ses.PlatformID)
	if err != nil {
		return err
	}
	for _, m := range h.matters(ses.ContextID) {
		agreement, err := l.agreement(p.Page, ses, h, m, slugs[m.policyID])
		if err != nil {
			return err
		}
		p.Policies = append(p.Policies, agreement)
	}
	l.Render(w, r, http.StatusOK, p)
	return nil
}

// coming is what is announced, with what the person can do about it.
func (l *learner) coming(r *http.Request, base templates.Page, ses store.Session, given []policy.Given) ([]templates.Coming, error) {
	vs, err := l.store.Announced(r.Context(), ses.PlatformID, ses.ContextID)
	if err != nil || len(vs) == 0 {
		return nil, err
	}
	vs = slices.DeleteFunc(vs, func(v policy.Version) bool { return !v.Audience.Concerns(l.Viewer(ses)) })
	out, err := coming(r.Context(), l.store, base.Locale, ses.PlatformID, vs)
	if err != nil {
		return nil, err
	}
	left := policy.Early(vs, given, ses.ContextID, l.Viewer(ses))
	for i, v := range vs {
		c := &out[i]
		if v.Courses {
			c.Course, c.Address = cmp.Or(ses.ContextTitle, ses.ContextID), ""
		}
		if c.Done = v.Asks() && !c.Minor; slices.ContainsFunc(left, func(o policy.Version) bool { return o.ID == v.ID }) {
			c.Done, c.Answer = false, web.At(ses, "announced")
		}
	}
	return out, nil
}

// coming words what is announced.
func coming(ctx context.Context, db *store.DB, l *templates.Locale, platformID string, vs []policy.Version) ([]templates.Coming, error) {
	slugs, err := db.Slugs(ctx, platformID)
	if err != nil {
		return nil, err
	}
	var out []templates.Coming
	for _, v := range vs {
		text, loc := web.Readable(l, v), l
		if v.Zone != "" {
			loc = l.In(v.Location())
		}
		c := templates.Coming{
			Name: text.Name, Lang: text.Lang, Revision: v.Revision, From: loc.DateTime(v.EffectiveFrom), Note: v.ChangeNote, Minor: !v.Answerable(),
		}
		if slug := slugs[v.PolicyID]; slug != "" {
			c.Address = archive.Address(platformID, slug) + "/" + strconv.FormatInt(v.ID, 10)
		}
		out = append(out, c)
	}
	return out, nil
}

// agreement is one matter; slug names its policy in the archive, empty where the site does not show it.
func (l *learner) agreement(base templates.Page, ses store.Session, h history, m matter, slug string) (templates.Agreement, error) {
	course := h.courses[m.scope]
	viewer, versions := l.Viewer(ses).In(course.End), m.versions
	given := policy.InScope(h.given, m.scope)
	events := slices.DeleteFunc(slices.Clone(h.events), func(e policy.Event) bool { return e.Scope != m.scope })
	first := web.Readable(base.Locale, versions[0])
	a := templates.Agreement{
		PolicyID: versions[0].PolicyID, Name: first.Name, Lang: first.Lang,
		Type: versions[0].Type, Kind: versions[0].Kind, Course: course.Name,
		Standing: standing(policy.StandingOf(versions, given, events, ses.UserID, viewer)),
	}
	if policy.CourseEnded(course.End, viewer.Now) {
		a.Ended = course.End
	}
	labels := policy.RevisionLabels(versions, base.Date)
	for _, v := range versions {
		own := policy.Latest(given, v.ID, v.MaterialID)
		line := templates.AnsweredVersion{
			VersionID: v.ID, Revision: v.Revision, Kind: v.Kind, Named: v.Named(), Active: v.Status() == policy.Active,
			Standing: standing(policy.StandingOf([]policy.Version{v}, given, events, ses.UserID, viewer)),
		}
		if slug != "" && !v.Courses && v.Status() != policy.Draft {
			line.Text = archive.Address(ses.PlatformID, slug) + "/" + strconv.FormatInt(v.ID, 10)
		}
		asked := policy.Ask(v, nil, "")
		if asked.Latest = own; own != nil {
			line.Until = asked.Ends()
			if line.Active && asked.Renewable(viewer) {
				line.Renew = web.At(ses, "pending")
			}
			line.Time, line.Note = own.Time, own.Note
			if line.Active && own.VersionID != v.ID && !asked.Expired(viewer.Now) {
				line.Carried = labels[own.VersionID]
			}
			if own.OnBehalf(ses.UserID) {
				line.By = base.T("agreements.by.other")
			}
		}
		for _, e := range events {
			if e.VersionID == v.ID {
				line.Events = append(line.Events, eventLine(base, ses, e))
			}
		}
		var err error
		if policy.CanWithdraw(v, viewer, own) && !asked.Expired(viewer.Now) {
			line.Withdraw, err = l.actForm(base, ses, v, m.scope, policy.Withdrawn)
		} else if own != nil && !own.Accepted && (!v.Courses || h.asked[askedIn(v, m.scope)]) && policy.CanAccept(v, viewer) {
			line.Again, err = l.actForm(base, ses, v, m.scope, policy.Accepted)
		}
		if err != nil {
			return a, err
		}
		a.Versions = append(a.Versions, line)
	}
	return a, nil
}

func eventLine(base templates.Page, ses store.Session, e policy.Event) templates.EventLine {
	l := templates.EventLine{ID: e.ID, Time: e.Time, Kind: e.Kind, Answer: e.Answer, Lang: e.Lang, Note: e.Note}
	if e.ActorID != 0 && e.ActorID != e.UserID {
		l.By = base.T("agreements.by.other")
	}
	if e.Digest != "" {
		l.URL = web.At(ses, "agreements/"+e.ID)
	}
	return l
}

// standing words the domain's state for the page.
func standing(st policy.Standing) templates.Standing {
	switch st.State {
	case policy.StateAccepted:
		return templates.StandingAccepted
	case policy.StateDeclined:
		return templates.StandingDeclined
	case policy.StateWithdrawn:
		return templates.StandingWithdrawn
	case policy.StateExpired:
		return templates.StandingExpired
	case policy.StateEnded:
		return templates.StandingEnded
	case policy.StatePending, policy.StateOlderAccepted:
		return templates.StandingPending
	}
	if st.Current != nil && !st.Current.Asks() {
		return templates.StandingInformed
	}
	return templates.StandingNone
}

// actForm is the form for one act on one version.
func (l *learner) actForm(base templates.Page, ses store.Session, v policy.Version, scope string, a policy.Answer) (*templates.Form, error) {
	text := web.Readable(base.Locale, v)
	token, err := l.Present(ses.ID, base.Tag(), []web.Shown{{Version: v.ID, Lang: text.Lang, Digest: text.Digest()}})
	if err != nil {
		return nil, err
	}
	return &templates.Form{Action: web.At(ses, "agreements"), Hidden: []templates.Field{
		token,
		{Name: versionField, Value: strconv.FormatInt(v.ID, 10)},
		{Name: scopeField, Value: scope},
		{Name: actField, Value: string(a)},
	}}, nil
}

// answerAgain withdraws an acceptance, or accepts again what was declined or withdrawn: the same number of
// clicks both ways.
func (l *learner) answerAgain(w http.ResponseWriter, r *http.Request, ses store.Session) error {
	if err := web.ParseForm(r); err != nil {
		return err
	}
	if ses.Guest {
		return policy.E(policy.ErrForbidden, "")
	}
	p, err := l.Presented(r, ses.ID)
	if err != nil {
		return err
	}
	a := policy.Answer(r.PostForm.Get(actField))
	if len(p.Shown) != 1 || strconv.FormatInt(p.Shown[0].Version, 10) != r.PostForm.Get(versionField) ||
		a != policy.Withdrawn && a != policy.Accepted {
		return policy.E(policy.ErrInvalid, "")
	}
	h, err := l.history(r, ses)
	if err != nil {
		return err
	}
	v, ok := h.versions[p.Shown[0].Version]
	scope := r.PostForm.Get(scopeField)
	if !ok || !slices.ContainsFunc(h.matters(ses.ContextID), func(m matter) bool { return m.policyID == v.PolicyID && m.scope == scope }) {
		return policy.E(policy.ErrNotFound, "")
	}
	ses.CourseEnd = h.courses[scope].End // of the course that the answer is for
	button := templates.ButtonAgain
	if a == policy.Withdrawn {
		button = templates.ButtonWithdraw
	}
	ev, err := l.act(r, ses, act{v, scope, p.Shown[0], a, button}, p, h.given, l.Pages.Locale(p.UILang, ses.Locale, ""))
	var recorded []policy.Event
	if err == nil {
		recorded, err = l.store.Answer(r.Context(), []policy.Event{ev})
	}
	if errors.Is(err, policy.ErrConflict) {
		// Done already in another tab, or replaced meanwhile: the page shows how it stands now.
		web.Outcome(r.Context(), "conflict")
		return web.Redirect(w, r, web.At(ses, "agreements"))
	}
	if err != nil {
		return fmt.Errorf("recording the answer: %w", err)
	}
	l.count(r, recorded)
	return web.Redirect(w, r, web.At(ses, "agreements")+"?saved=1")
}

// eventText shows the exact text behind one answer of the reader's own.
func (l *learner) eventText(w http.ResponseWriter, r *http.Request, ses store.Session) error {
	e, err := l.store.Event(r.Context(), ses.UserID, r.PathValue("event"))
	if err != nil {
		return err
	}
	v, err := l.store.Version(r.Context(), ses.InstitutionID, e.VersionID)
	if err != nil {
		return fmt.Errorf("reading version %d: %w", e.VersionID, err)
	}
	text, ok := v.In(e.Lang)
	if !ok {
		text = v.Primary()
	}
	names, err := l.store.CourseNames(r.Context(), ses.PlatformID, policy.Scopes([]policy.Event{e}))
	if err != nil {
		return err
	}
	p := templates.EventTextPage{
		Page: l.Base(r, ses), Event: e, Course: names[e.Scope].Name, Text: text, Intact: text.Digest() == e.Digest, Back: web.At(ses, "agreements"),
		Contact: templates.Contact(v.Contact), Seen: templates.SeenKey(v.Kind, v.Named()), Checkpoint: l.BaseURL + "/evidence/checkpoint",
	}
	if p.Intact {
		p.Receipt = web.At(ses, "agreements/"+e.ID+"/receipt.json")
		if download.Sheeted(v, e) {
			p.Sheet = web.At(ses, "agreements/"+e.ID+"/sheet")
		}
	}
	if e.ActorID != 0 && e.ActorID != e.UserID {
		p.By = p.T("agreements.by.other")
	}
	l.Render(w, r, http.StatusOK, p)
	return nil
}

// ownDossier is that of the reader; there is none of a guest.
func (l *learner) ownDossier(r *http.Request, ses store.Session) (download.Dossier, error) {
	if ses.Guest || ses.UserID == 0 {
		return download.Dossier{}, policy.E(policy.ErrForbidden, "")
	}
	u, err := l.store.User(r.Context(), ses.PlatformID, ses.UserID)
	if err != nil {
		return download.Dossier{}, err
	}
	return download.NewDossier(r.Context(), l.store, ses.InstitutionID, ses.Site, ses.Issuer, u)
}

// ownRecord shows a reader everything that is stored about them, to read and to print.
func (l *learner) ownRecord(w http.ResponseWriter, r *http.Request, ses store.Session) error {
	d, err := l.ownDossier(r, ses)
	if err != nil {
		return err
	}
	p := d.Page(templates.RecordPage{
		Page: l.Base(r, ses), Own: true, Back: web.At(ses, "agreements"), Receipts: web.At(ses, "agreements"), JSON: web.At(ses, "agreements/record.json"), XML: web.At(ses, "agreements/record.xml"),
	}, l.Now())
	l.Render(w, r, http.StatusOK, p)
	return nil
}

// ownRecordAs downloads it.
func (l *learner) ownRecordAs(f download.RecordFormat) web.LaunchHandler {
	return func(w http.ResponseWriter, r *http.Request, ses store.Session) error {
		d, err := l.ownDossier(r, ses)
		if err != nil {
			return err
		}
		out, events, err := d.Send(w, f, l.Now().In(l.ZoneOf(ses.Zone)))
		return l.Sent(r, out.Begun(), events, err)
	}
}
