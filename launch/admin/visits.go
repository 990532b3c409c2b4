package admin

import (
	"fmt"
	"net/http"
	"net/url"

	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// Visits are ended for good, in every browser and at once: whoever was there launches again. The visit of the one who
// asks goes on, or they would not see that it was done.

// confirmEndOfPerson asks before the visits of a person end.
func (o *Office) confirmEndOfPerson(w http.ResponseWriter, r *http.Request, a administrator) error {
	who, err := o.person(r, a)
	if err != nil {
		return err
	}
	name := who.Name
	if name == "" {
		name = a.base.T("people.noname")
	}
	o.Render(w, r, http.StatusOK, templates.AdminConfirmPage{
		Page: a.base, Heading: "admin.visits.heading", Name: name + ", " + who.platform.Name, What: "admin.visits.person.what", Button: "admin.visits.button",
		Form: *a.form(personPage(who.User) + "/visits"), Back: a.at(personPage(who.User)),
	})
	return nil
}

func (o *Office) endOfPerson(w http.ResponseWriter, r *http.Request, a administrator) error {
	who, err := o.person(r, a)
	if err != nil {
		return err
	}
	if err := o.store.EndVisits(r.Context(), a.who(), store.Visits{PlatformID: who.PlatformID, UserID: who.ID}, a.ses.ID); err != nil {
		return err
	}
	return a.done(w, r, a.at(personPage(who.User)), "visits")
}

// confirmEndOfSite asks before all visits of a site end.
func (o *Office) confirmEndOfSite(w http.ResponseWriter, r *http.Request, a administrator) error {
	p, err := o.site(r, a)
	if err != nil {
		return err
	}
	o.Render(w, r, http.StatusOK, templates.AdminConfirmPage{
		Page: a.base, Heading: "admin.visits.heading", Name: p.Name, What: "admin.visits.site.what", Button: "admin.visits.button",
		Form: *a.form(visitsOf(p.ID)), Back: a.at("admin/grants"),
	})
	return nil
}

func (o *Office) endOfSite(w http.ResponseWriter, r *http.Request, a administrator) error {
	p, err := o.site(r, a)
	if err != nil {
		return err
	}
	if err := o.store.EndVisits(r.Context(), a.who(), store.Visits{PlatformID: p.ID}, a.ses.ID); err != nil {
		return err
	}
	return a.done(w, r, a.at("admin/grants"), "visits")
}

// site reads the site of the address; one of another institution is policy.ErrNotFound.
func (o *Office) site(r *http.Request, a administrator) (lti.Platform, error) {
	p, err := o.store.Platform(r.Context(), r.PathValue("site"))
	if err == nil && p.InstitutionID != a.ses.InstitutionID {
		err = policy.E(policy.ErrNotFound, "").Because(fmt.Errorf("platform %s", p.ID))
	}
	return p, err
}

func visitsOf(platformID string) string {
	return "admin/sites/" + url.PathEscape(platformID) + "/visits"
}
