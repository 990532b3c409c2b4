package launch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"ltipolicy/launch/web"
	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// firstRoster is how long a teacher waits for a course's first list of participants; later lists come between
// requests.
const firstRoster = 8 * time.Second

// course is a course whose participants somebody with the right to asked for.
type course struct {
	ses  store.Session
	id   string
	page string // address of its list
	store.Roster
}

// teacher is what teachers see of their courses, and administrators of all courses.
type teacher struct {
	*web.Frame
	store *store.DB
	// refreshSoon has a list fetched between requests, refreshNow has it fetched and waits, see package courier.
	refreshSoon func(store.Roster)
	refreshNow  func(ctx context.Context, platformID, contextID string) error
	office      web.LaunchHandler // where administrators begin
	mails       mails
	wakeMails   func() // has what is due sent
}

// inCourse makes a handler of h for the pages about a course's participants. Teachers see the course of their
// own launch, administrators every course of their platform; everything else is policy.ErrForbidden, also the
// address of somebody else's launch: whoever is here with a launch of their own is known, only not allowed.
func (t *teacher) inCourse(h func(http.ResponseWriter, *http.Request, course) error) web.Guarded {
	return t.InOwnLaunch(func(w http.ResponseWriter, r *http.Request, ses store.Session) error {
		c := course{ses: ses, id: ses.ContextID, page: web.At(ses, "participants")}
		if id := r.PathValue("course"); id != "" && id != c.id {
			web.Note(r.Context(), "course", id)
			if !ses.Admin || ses.Guest {
				return policy.E(policy.ErrForbidden, "")
			}
			c.id, c.page = id, web.At(ses, "courses/"+url.PathEscape(id)+"/participants")
		}
		if !teaches(ses) {
			return policy.E(policy.ErrForbidden, "")
		}
		if c.id == "" {
			return policy.E(policy.ErrNotFound, "")
		}
		var err error
		if c.Roster, err = t.store.Roster(r.Context(), ses.PlatformID, c.id); err != nil {
			return fmt.Errorf("reading the roster: %w", err)
		}
		return h(w, r, c)
	}).Only(web.Course)
}

// forTeachers lets teachers and administrators to h, and no visitor.
func forTeachers(f *web.Frame, h web.LaunchHandler) web.Guarded {
	return f.InLaunch(func(w http.ResponseWriter, r *http.Request, ses store.Session) error {
		if !teaches(ses) {
			return policy.E(policy.ErrForbidden, "")
		}
		return h(w, r, ses)
	}).Only(web.Teacher)
}

func teaches(ses store.Session) bool { return (ses.Teacher || ses.Admin) && !ses.Guest }

// seen writes into the log of the institution who looked at what.
func (t *teacher) seen(ctx context.Context, c course, action, detail string) error {
	err := t.store.LogAct(ctx, store.AdminEntry{
		InstitutionID: c.ses.InstitutionID, ActorID: c.ses.UserID, Actor: web.Actor(c.ses), Action: action,
		Object: c.ses.Site + ": " + c.title(), Detail: detail,
	})
	if err != nil {
		return fmt.Errorf("logging the view: %w", err)
	}
	return nil
}

func (c course) title() string {
	if c.Title == "" && c.id == c.ses.ContextID {
		return c.ses.ContextTitle
	}
	return c.Title
}

// fresh sees to it that the list is not too old: the first one is waited for, a newer one comes between requests. A
// platform that is away leaves what there is.
func (t *teacher) fresh(ctx context.Context, c course) (course, error) {
	if c.URL == "" {
		return c, nil
	}
	if !c.Fetched.IsZero() || !c.Failed.IsZero() {
		t.refreshSoon(c.Roster)
		return c, nil
	}
	c, _, err := t.fetch(ctx, c)
	return c, err
}

// fetch gets the list now, and says whether it arrived. That the platform failed stands in the roster itself; that it
// was too slow, or nobody had time for it, only in the log: the fetching may go on.
func (t *teacher) fetch(ctx context.Context, c course) (_ course, arrived bool, err error) {
	late, cancel := context.WithTimeout(ctx, firstRoster)
	defer cancel()
	failed := t.refreshNow(late, c.ses.PlatformID, c.id)
	if failed != nil {
		web.Note(ctx, "roster", failed.Error())
	}
	if c.Roster, err = t.store.Roster(ctx, c.ses.PlatformID, c.id); err != nil {
		return c, false, fmt.Errorf("reading the roster: %w", err)
	}
	return c, failed == nil && !c.Refreshing, nil
}

// fold goes through the participants of a course. A list that is replaced under the reader is read again from
// its start: begin is called each time.
func (t *teacher) fold(ctx context.Context, c course, begin func(*policy.Roster) error, each func(policy.RosterRow) error) (*policy.Roster, error) {
	for try := 0; ; try++ {
		columns, err := t.store.RosterColumns(ctx, c.ses.PlatformID, c.id)
		if err != nil {
			return nil, fmt.Errorf("reading the policies of the course: %w", err)
		}
		roster := policy.NewRoster(columns, t.Now().In(t.ZoneOf(c.ses.Zone)))
		if err := begin(roster); err != nil {
			return nil, err
		}
		err = t.store.EachParticipant(ctx, c.Roster, columns, func(p policy.Participant, given []policy.Given) error {
			return each(roster.Add(p, given))
		})
		if err == nil {
			return roster, nil
		}
		if !errors.Is(err, policy.ErrConflict) || try == 2 {
			return nil, fmt.Errorf("reading the participants: %w", err)
		}
		if c.Roster, err = t.store.Roster(ctx, c.ses.PlatformID, c.id); err != nil {
			return nil, fmt.Errorf("reading the roster: %w", err)
		}
	}
}

// participants is where a teacher lands: who of the course has accepted, the missing ones first.
func (t *teacher) participants(w http.ResponseWriter, r *http.Request, c course) error {
	c, err := t.fresh(r.Context(), c)
	if err != nil {
		return err
	}
	f := c.filter(r)
	base := t.Base(r, c.ses)
	l, err := t.listing(r.Context(), c, f, base.Locale)
	if err != nil {
		return err
	}
	if err := t.seen(r.Context(), c, "participants.view", f.query().Encode()); err != nil {
		return err
	}
	left, err := t.Left(r.Context(), c.ses)
	if err != nil {
		return err
	}
	p, err := t.participantsPage(base, c, f, l)
	if err != nil {
		return err
	}
	if err := t.reminders(r.Context(), c, l, &p); err != nil {
		return err
	}
	p.Pending, p.Answer = left, web.At(c.ses, "pending")
	switch {
	case r.URL.Query().Has("reminded") && p.Reminder != nil:
		p.Flash = "flash.reminded"
	case r.URL.Query().Has("saved"):
		p.Flash = "flash.saved"
	case r.URL.Query().Has("refreshed") && p.Roster.Problem == "":
		p.Flash = "flash.refreshed"
	}
	t.renderPage(w, r, p)
	return nil
}

// refreshRoster fetches the list now, because the reader asked for it.
func (t *teacher) refreshRoster(w http.ResponseWriter, r *http.Request, c course) error {
	if err := web.ParseForm(r); err != nil {
		return err
	}
	if _, err := t.Presented(r, c.ses.ID); err != nil {
		return err
	}
	if c.URL == "" {
		return policy.E(policy.ErrInvalid, "")
	}
	c, arrived, err := t.fetch(r.Context(), c)
	if err != nil {
		return err
	}
	if !arrived {
		return web.Redirect(w, r, c.page)
	}
	return web.Redirect(w, r, c.page+"?refreshed=1")
}

// rosterNote says where the list comes from and what is wrong with it.
func (t *teacher) rosterNote(base templates.Page, c course, l listing) (templates.RosterNote, error) {
	n := templates.RosterNote{Source: "roster.moodle", Time: c.Fetched, Busy: c.Refreshing}
	if c.Fetched.IsZero() {
		n.Source = "roster.launches"
	}
	switch {
	case c.Failure != "":
		n.Problem, n.Since = rosterProblem(c.Failure), c.Failed
	case c.URL == "" && c.Fetched.IsZero():
		n.Problem = "roster.failed.refused"
	case l.summary.Learners == 0 && !c.Fetched.IsZero():
		n.Problem = "roster.empty"
	case l.nameless:
		n.Problem = "roster.nameless"
	}
	if c.URL == "" {
		return n, nil
	}
	token, err := t.Present(c.ses.ID, base.Tag(), nil)
	n.Refresh = &templates.Form{Action: c.page, Hidden: []templates.Field{token}}
	return n, err
}

// rosterProblem is the message key of a failure's code.
func rosterProblem(code string) string {
	switch lti.ServiceCode(code) {
	case lti.ServiceUnreachable:
		return "roster.failed.unreachable"
	case lti.ServiceKeys:
		return "roster.failed.keys"
	case lti.ServiceUnauthorized:
		return "roster.failed.unauthorized"
	case lti.ServiceRefused:
		return "roster.failed.refused"
	case lti.ServiceElsewhere:
		return "roster.failed.elsewhere"
	case lti.ServiceNonsense:
		return "roster.failed.nonsense"
	case lti.ServiceGone:
		return "roster.failed.gone"
	case lti.ServiceTooLarge:
		return "roster.failed.too_large"
	}
	return "roster.failed.internal"
}

// home is where site admins land, and teachers who came without a course. Admins see all policies; they are
// reminded of what they have not answered, and never held up, as in Moodle.
func (t *teacher) home(w http.ResponseWriter, r *http.Request, ses store.Session) error {
	if ses.Admin {
		return t.office(w, r, ses)
	}
	if page := web.StartOf(ses); page != "home" {
		return web.Redirect(w, r, web.At(ses, page))
	}
	left, err := t.Left(r.Context(), ses)
	if err != nil {
		return err
	}
	p := templates.HomePage{
		Page: t.Base(r, ses), Course: ses.ContextTitle, Pending: left,
		Answer: web.At(ses, "pending"), Agreements: web.At(ses, "agreements"), Public: "/" + ses.PlatformID + "/policies",
	}
	if r.URL.Query().Get("saved") != "" {
		p.Flash = "flash.saved"
	}
	t.Render(w, r, http.StatusOK, p)
	return nil
}
