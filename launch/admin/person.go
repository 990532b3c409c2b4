package admin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"ltipolicy/launch/download"
	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// person is somebody of one of the institution's platforms.
type person struct {
	store.User
	platform lti.Platform
}

// label is how the log and the pages call the person.
func (p person) label() string {
	return strings.TrimSpace(p.Name + " (" + p.Sub + ", " + p.platform.Issuer + ")")
}

// person reads who the address names; anybody of another institution, and who was erased, is policy.ErrNotFound.
func (o *Office) person(r *http.Request, a administrator) (person, error) {
	id, err := pathNumber(r, "user")
	if err != nil {
		return person{}, err
	}
	p, err := o.store.Platform(r.Context(), r.PathValue("site"))
	if err != nil {
		return person{}, err
	}
	if p.InstitutionID != a.ses.InstitutionID {
		return person{}, policy.E(policy.ErrNotFound, "").Because(fmt.Errorf("platform %s", p.ID))
	}
	u, err := o.store.User(r.Context(), p.ID, id)
	if err == nil && u.Erased.Valid {
		err = policy.E(policy.ErrNotFound, "").Because(errors.New("a person who was erased"))
	}
	return person{u, p}, err
}

// showPerson shows everything that a person answered.
func (o *Office) showPerson(w http.ResponseWriter, r *http.Request, a administrator) error {
	who, err := o.person(r, a)
	if err != nil {
		return err
	}
	if err := o.looked(r.Context(), a, "acceptances.person", who.label(), "", who.ID); err != nil {
		return err
	}
	return o.personPage(w, r, a, who, http.StatusOK, "", 0)
}

var classKeys = map[string]string{
	"admin": "report.class.admin", "deleted": "report.class.deleted", "suspended": "report.class.suspended",
	"test": "report.class.test", "service": "report.class.service", "guest": "report.class.guest",
}

func (o *Office) personPage(w http.ResponseWriter, r *http.Request, a administrator, who person, status int, bad string, at int64) error {
	p := templates.PersonPage{
		Page: a.base, Name: who.Name, Email: who.Email, Site: who.platform.Name, Class: classKeys[who.Class], LastLaunch: who.LastLaunch,
		Bad: bad, Back: a.at("admin/report"), Record: a.at(personPage(who.User) + "/record"),
	}
	if a.ses.Admin {
		p.Visits = a.at(personPage(who.User) + "/visits")
	}
	versions, labels, err := o.personVersions(r, a, who)
	if err != nil {
		return err
	}
	given, err := o.store.Answers(r.Context(), who.ID)
	if err != nil {
		return fmt.Errorf("reading the answers: %w", err)
	}
	events, err := o.store.Events(r.Context(), who.ID)
	if err != nil {
		return fmt.Errorf("reading the events: %w", err)
	}
	on, err := o.store.ReportOn(r.Context(), a.ses.InstitutionID, who.User)
	if err != nil {
		return err
	}
	asked := map[int64]bool{}
	for i, c := range on.Columns {
		asked[c.VersionID] = on.Rows[0].Asked[i]
	}
	officer := who.Person().At(o.Now())
	officer.OnBehalf = true
	matters, courses, err := o.matters(r.Context(), who, versions, given, events)
	if err != nil {
		return err
	}
	for _, m := range matters {
		v := m.version
		stands := policy.Ask(v, nil, "")
		stands.Latest = policy.Latest(policy.InScope(given, m.course), v.ID, v.MaterialID)
		latest, expired := stands.Latest, stands.Expired(o.Now())
		if v.Status() != policy.Active && latest == nil {
			continue
		}
		line := templates.PersonStanding{
			Locale: a.base.Locale, VersionID: v.ID, Name: v.Primary().Name, Lang: v.Primary().Lang, Label: labels[v.ID],
			Course: courses[m.course].Name, Until: stands.Ends(),
			Reported: policy.Report(latest, expired, asked[v.ID] && m.asked, who.ID).In(policy.CourseEnded(courses[m.course].End, officer.Now)),
		}
		if latest != nil {
			line.Time, line.Note = latest.Time, latest.Note
		}
		if a.can(store.PowerBehalf) && answerable(a, who.User) {
			line.Withdraw = policy.CanWithdraw(v, officer, latest) && !expired
			line.Accept = !line.Withdraw && m.asked && policy.CanAccept(v, officer)
			line.Decline = latest == nil && v.Optional() && line.Accept
			if line.Accept || line.Decline || line.Withdraw {
				line.Form = a.form(personPage(who.User), templates.Field{Name: versionField, Value: decimal(v.ID)}, templates.Field{Name: courseField, Value: m.course})
			}
			if v.ID == at && m.course == r.PostForm.Get(courseField) {
				line.Typed = r.PostForm.Get("note")
			}
		}
		p.Standings = append(p.Standings, line)
	}
	for _, e := range events {
		l := templates.EventLine{ID: e.ID, Time: e.Time, Kind: e.Kind, Answer: e.Answer, Lang: e.Lang, Note: e.Note}
		if e.ActorID != e.UserID {
			l.By = cmp.Or(e.ActorSub, a.base.T("people.erased"))
		}
		if e.Digest != "" {
			l.URL = a.at(personPage(who.User) + "/" + e.ID)
		}
		p.Events = append(p.Events, templates.PersonEvent{EventLine: l, Name: e.PolicyName, Revision: e.Revision, Course: courses[e.Scope].Name})
	}
	o.Render(w, r, status, p)
	return nil
}

// matter is a version in one scope: the site, which is empty, or a course.
type matter struct {
	version policy.Version
	course  string
	asked   bool // there, now
}

// matters are the versions with the scopes in which the person is asked or answered them, and the courses' names.
func (o *Office) matters(ctx context.Context, who person, versions []policy.Version, given []policy.Given, events []policy.Event) ([]matter, map[string]store.NamedCourse, error) {
	var out []matter
	ids := policy.Scopes(events)
	for _, v := range versions {
		places, err := o.store.PlacesOf(ctx, who.User, v, given)
		if err != nil {
			return nil, nil, err
		}
		for _, p := range places {
			out = append(out, matter{v, p.Scope, p.Asked})
			if p.Scope != "" {
				ids = append(ids, p.Scope)
			}
		}
	}
	names, err := o.store.CourseNames(ctx, who.PlatformID, ids)
	return out, names, err
}

// personVersions are the versions that can have an answer of the person, of each policy the newest first.
func (o *Office) personVersions(r *http.Request, a administrator, who person) ([]policy.Version, map[int64]string, error) {
	all, err := o.store.VersionNames(r.Context(), a.ses.InstitutionID)
	if err != nil {
		return nil, nil, err
	}
	on, err := o.store.PolicyPlatforms(r.Context(), a.ses.InstitutionID)
	if err != nil {
		return nil, nil, err
	}
	var out []policy.Version
	labels := map[int64]string{}
	for _, vs := range byPolicy(all) {
		maps.Copy(labels, policy.RevisionLabels(vs, a.base.Date))
		for _, v := range slices.Backward(vs) {
			applies := slices.Contains(on[v.PolicyID], who.PlatformID) || v.Status() == policy.Archived
			if reportable(v) && applies {
				out = append(out, v)
			}
		}
	}
	return out, labels, nil
}

// behalfOne answers one policy for the person of the address.
func (o *Office) behalfOne(w http.ResponseWriter, r *http.Request, a administrator) error {
	who, err := o.person(r, a)
	if err != nil {
		return err
	}
	if !answerable(a, who.User) {
		return policy.E(policy.ErrForbidden, "")
	}
	version := int64(0)
	if _, err := fmt.Sscan(r.PostForm.Get(versionField), &version); err != nil {
		return policy.E(policy.ErrInvalid, "").Because(err)
	}
	scope := r.PostForm.Get(courseField)
	if err := o.behalf(r, a, store.Behalf{UserIDs: []int64{who.ID}, VersionIDs: []int64{version}, Scope: &scope}); err != nil {
		if key := behalfProblem(err); key != "" {
			return o.personPage(w, r, a, who, http.StatusUnprocessableEntity, key, version)
		}
		return err
	}
	return a.done(w, r, a.at(personPage(who.User)), "answered")
}

// personText shows the exact text behind one answer of a person.
func (o *Office) personText(w http.ResponseWriter, r *http.Request, a administrator) error {
	who, err := o.person(r, a)
	if err != nil {
		return err
	}
	e, err := o.store.Event(r.Context(), who.ID, r.PathValue("event"))
	if err != nil {
		return err
	}
	v, err := o.store.Version(r.Context(), a.ses.InstitutionID, e.VersionID)
	if err != nil {
		return fmt.Errorf("reading version %d: %w", e.VersionID, err)
	}
	if err := o.looked(r.Context(), a, "acceptances.text", who.label(), e.ID, who.ID); err != nil {
		return err
	}
	text, ok := v.In(e.Lang)
	if !ok {
		text = v.Primary()
	}
	names, err := o.store.CourseNames(r.Context(), who.PlatformID, policy.Scopes([]policy.Event{e}))
	if err != nil {
		return err
	}
	p := templates.EventTextPage{
		Page: a.base, Event: e, Course: names[e.Scope].Name, By: who.Name, Text: text, Intact: text.Digest() == e.Digest, Back: a.at(personPage(who.User)), Other: true,
		Contact: templates.Contact(v.Contact), Checkpoint: o.BaseURL + "/evidence/checkpoint",
	}
	if p.Intact {
		p.Receipt = a.at(personPage(who.User) + "/" + e.ID + "/receipt.json")
		if download.Sheeted(v, e) {
			p.Sheet = a.at(personPage(who.User) + "/" + e.ID + "/sheet")
		}
	}
	if e.ActorID != e.UserID {
		p.By = cmp.Or(e.ActorSub, a.base.T("people.erased"))
	}
	o.Render(w, r, http.StatusOK, p)
	return nil
}

// personReceipt downloads the receipt of one answer of a person.
func (o *Office) personReceipt(w http.ResponseWriter, r *http.Request, a administrator) error {
	who, err := o.person(r, a)
	if err != nil {
		return err
	}
	if err := o.looked(r.Context(), a, "acceptances.text", who.label(), r.PathValue("event")); err != nil {
		return err
	}
	return download.SendReceipt(w, r, o.store, o.BaseURL, a.ses.InstitutionID, who.PlatformID, who.ID)
}

// personRecord shows an administrator what a person may ask for.
func (o *Office) personRecord(w http.ResponseWriter, r *http.Request, a administrator) error {
	d, here, err := o.personDossier(r, a, "page")
	if err != nil {
		return err
	}
	a.base.Person = "" // the page may be printed and handed over
	p := d.Page(templates.RecordPage{
		Page: a.base, Back: a.at(here), Receipts: a.at(here), JSON: a.at(here + "/record.json"), XML: a.at(here + "/record.xml"),
	}, o.Now())
	o.Render(w, r, http.StatusOK, p)
	return nil
}

// personRecordAs downloads it.
func (o *Office) personRecordAs(f download.RecordFormat) handler {
	return func(w http.ResponseWriter, r *http.Request, a administrator) error {
		d, _, err := o.personDossier(r, a, f.Ending)
		if err != nil {
			return err
		}
		out, events, err := d.Send(w, f, o.Now().In(a.base.Zone()))
		return o.Sent(r, out.Begun(), events, err)
	}
}

func (o *Office) personDossier(r *http.Request, a administrator, format string) (d download.Dossier, page string, err error) {
	who, err := o.person(r, a)
	if err != nil {
		return d, "", err
	}
	if d, err = download.NewDossier(r.Context(), o.store, a.ses.InstitutionID, who.platform.Name, who.platform.Issuer, who.User); err != nil {
		return d, "", err
	}
	return d, personPage(who.User), o.looked(r.Context(), a, "acceptances.record", who.label(), "format="+format, who.ID)
}

// personSheet shows the record sheet of a consent to research that a person gave.
func (o *Office) personSheet(w http.ResponseWriter, r *http.Request, a administrator) error {
	s, who, err := o.sheet(r, a, "page")
	if err != nil {
		return err
	}
	here, by := personPage(who.User)+"/"+r.PathValue("event"), who.Name
	if sub, other := s.OnBehalf(); other {
		by = cmp.Or(sub, a.base.T("people.erased"))
	}
	a.base.Person = "" // the page may be printed and kept with the work
	o.Render(w, r, http.StatusOK, s.Page(templates.SheetPage{
		Page: a.base, Exact: a.at(here), Back: a.at(personPage(who.User)), JSON: a.at(here + "/sheet.json"), XML: a.at(here + "/sheet.xml"),
	}, by, o.Now()))
	return nil
}

// personSheetAs downloads it.
func (o *Office) personSheetAs(f download.SheetFormat) handler {
	return func(w http.ResponseWriter, r *http.Request, a administrator) error {
		s, _, err := o.sheet(r, a, f.Ending)
		if err != nil {
			return err
		}
		out, err := s.Send(w, f, o.Now())
		return o.Sent(r, out.Begun(), 1, err)
	}
}

func (o *Office) sheet(r *http.Request, a administrator, format string) (download.Sheet, person, error) {
	who, err := o.person(r, a)
	if err != nil {
		return download.Sheet{}, who, err
	}
	s, err := download.NewSheet(r.Context(), o.store, a.ses.InstitutionID, who.platform.Name, who.platform.Issuer, who.User, r.PathValue("event"))
	if err != nil {
		return s, who, err
	}
	return s, who, o.looked(r.Context(), a, "acceptances.record", who.label(), "sheet="+r.PathValue("event")+" format="+format, who.ID)
}

// consents downloads the consents to research that were given to a policy, one a line.
func (o *Office) consents(format func(r *http.Request) download.Format) handler {
	return func(w http.ResponseWriter, r *http.Request, a administrator) error {
		vs, labels, err := o.policyVersions(r, a)
		if err != nil {
			return err
		}
		ids := researched(vs)
		if len(ids) == 0 {
			return policy.E(policy.ErrNotFound, "")
		}
		platforms, err := o.store.PlatformsOf(r.Context(), a.ses.InstitutionID)
		if err != nil {
			return err
		}
		f := format(r)
		if err := o.looked(r.Context(), a, "acceptances.download", vs[0].Primary().Name, "policy="+decimal(vs[0].PolicyID)+" sheets format="+f.Ending); err != nil {
			return err
		}
		out := f.File(w, "consents-"+a.base.DayAt(o.Now()).String())
		t, err := f.Open(out)
		if err != nil {
			return err
		}
		var heading []any
		for _, key := range []string{
			"people.name", "download.address", "report.username", "report.idnumber", "record.sub", "report.site", "sheet.course", "event.policy", "event.version",
			"sheet.given", "sheet.withdrawn", "agreements.by", "event.language", "event.statement", "event.digest", "event.id", "sheet.until",
		} {
			heading = append(heading, a.base.T(key))
		}
		if err := t.Row(heading); err != nil {
			return err
		}
		sites, rows := siteNames(platforms), 0
		err = o.store.EachConsent(r.Context(), ids, func(u store.User, given []policy.ConsentGiven) error {
			var events []policy.Event
			for _, g := range given {
				events = append(events, g.Event)
			}
			courses, err := o.store.CourseNames(r.Context(), u.PlatformID, policy.Scopes(events))
			if err != nil {
				return err
			}
			if u.Erased.Valid {
				u.Sub = ""
			}
			for _, g := range given {
				rows++
				by := a.base.T("report.by.self")
				if g.ActorID != g.UserID {
					by = cmp.Or(g.ActorSub, a.base.T("report.by.other"))
				}
				if err := t.Row([]any{
					called(a.base, u), u.Email, u.Username, u.IDNumber, u.Sub, sites[u.PlatformID], courses[g.Scope].Name, g.PolicyName, cmp.Or(g.Revision, labels[g.VersionID]),
					g.Time.UTC(), g.Ended.UTC(), by, g.Lang, g.Statement, g.Digest, g.ID, g.Until.UTC(),
				}); err != nil {
					return err
				}
			}
			return nil
		})
		if err == nil {
			err = out.End(t)
		}
		return o.Sent(r, out.Begun(), rows, err)
	}
}

// researched are the versions that were or are a consent to research.
func researched(vs []policy.Version) []int64 {
	var ids []int64
	for _, v := range vs {
		if v.Form == policy.FormResearch && v.Status() != policy.Draft {
			ids = append(ids, v.ID)
		}
	}
	return ids
}
