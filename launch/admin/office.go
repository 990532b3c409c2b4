package admin

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"ltipolicy/launch/web"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// Office answers the requests of administrators. It is safe for concurrent use.
type Office struct {
	*web.Frame
	store *store.DB
	wake  func()
	check func(platformID string) // has a platform's connection checked between requests
}

// New makes an Office. It calls wake when answers were recorded, so that what they owe to platforms is done soon, and check
// when a platform's connection should be looked at.
func New(f *web.Frame, db *store.DB, wake func(), check func(platformID string)) *Office {
	return &Office{Frame: f, store: db, wake: wake, check: check}
}

// Home is the list of policies as the page on which site administrators begin.
func (o *Office) Home(w http.ResponseWriter, r *http.Request, ses store.Session) error {
	return o.asAdmin(o.list)(w, r, ses)
}

// administrator is somebody with a right over the institution's policies: a site administrator by signed role, or
// a person to whom one gave it. Institution and platform are always the session's.
type administrator struct {
	ses    store.Session
	powers []store.Power
	base   templates.Page
	token  templates.Field  // for every form of the page
	sent   web.Presentation // of a posted form
}

// can reports whether the person has the power. Site administrators have them all.
func (a administrator) can(p store.Power) bool { return a.ses.Admin || slices.Contains(a.powers, p) }

// who names the person to the store.
func (a administrator) who() store.Admin {
	return store.Admin{InstitutionID: a.ses.InstitutionID, UserID: a.ses.UserID, Actor: web.Actor(a.ses)}
}

func (a administrator) at(page string) string { return web.At(a.ses, page) }

// home is the address of the list of policies.
func (a administrator) home() string {
	if a.ses.Admin {
		return a.at("home")
	}
	return a.at("admin")
}

// form is a form of the page, with its token.
func (a administrator) form(page string, fields ...templates.Field) *templates.Form {
	return &templates.Form{Action: a.at(page), Hidden: append([]templates.Field{a.token}, fields...)}
}

// handler is a handler for an administrator who has the right to what it does.
type handler func(http.ResponseWriter, *http.Request, administrator) error

// inAdmin lets to h who has one of the powers, or without any named a site administrator by signed role. A form must carry
// the token of this launch.
func (o *Office) inAdmin(h handler, anyOf ...store.Power) web.Guarded {
	return o.InLaunch(o.asAdmin(h, anyOf...)).Only(web.Administrator, anyOf...)
}

func (o *Office) asAdmin(h handler, anyOf ...store.Power) web.LaunchHandler {
	return func(w http.ResponseWriter, r *http.Request, ses store.Session) error {
		a := administrator{ses: ses}
		a.powers = web.Granted(a.ses)
		if a.ses.Guest || !a.ses.Admin && !slices.ContainsFunc(anyOf, a.can) {
			return policy.E(policy.ErrForbidden, "")
		}
		if r.Method == http.MethodPost {
			done, err := o.ParseUpload(r, a.ses.InstitutionID)
			if err != nil {
				return err
			}
			defer done()
			if a.sent, err = o.Presented(r, a.ses.ID); err != nil {
				return err
			}
		}
		a.base = o.base(r, a)
		var err error
		if a.token, err = o.Present(a.ses.ID, a.base.Tag(), nil); err != nil {
			return err
		}
		return h(w, r, a)
	}
}

// base is the common part of an administrator's pages, with their navigation.
func (o *Office) base(r *http.Request, a administrator) templates.Page {
	p := o.Base(r, a.ses)
	link := func(key, address string) templates.Link {
		return templates.Link{Key: key, URL: address, Current: r.URL.Path == address}
	}
	p.Nav = []templates.Link{link("nav.admin", a.home())}
	if a.can(store.PowerReport) || a.can(store.PowerBehalf) {
		p.Nav = append(p.Nav, link("admin.nav.report", a.at("admin/report")))
	}
	if a.ses.Admin {
		p.Nav = append(p.Nav, link("admin.nav.grants", a.at("admin/grants")), link("admin.nav.log", a.at("admin/log")))
	}
	if (a.ses.Teacher || a.ses.Admin) && a.ses.ContextID != "" {
		p.Nav = append(p.Nav, link("nav.participants", a.at("participants")))
	}
	p.Nav = append(p.Nav, link("nav.agreements", a.at("agreements")))
	p.Flash = doneKeys[r.URL.Query().Get("done")]
	return p
}

// doneKeys are the messages about what was just done, by what the address says.
var doneKeys = map[string]string{
	"saved": "admin.done.saved", "published": "admin.done.published", "scheduled": "admin.done.scheduled",
	"unscheduled": "admin.done.unscheduled", "retracted": "admin.done.retracted", "busy": "admin.done.busy", "deleted": "admin.done.deleted", "inactivated": "admin.done.inactivated",
	"moved": "admin.done.moved", "draft": "admin.done.draft", "discarded": "admin.done.discarded", "rights": "admin.done.rights", "addresses": "admin.done.addresses", "answered": "admin.done.answered",
	"visits": "admin.done.visits", "zone": "admin.done.zone",
}

// done leads on after an act.
func (a administrator) done(w http.ResponseWriter, r *http.Request, address, what string) error {
	return web.Redirect(w, r, address+"?"+url.Values{"done": {what}}.Encode())
}

// pathNumber reads an id of the address.
func pathNumber(r *http.Request, name string) (int64, error) {
	n, err := strconv.ParseInt(r.PathValue(name), 10, 64)
	if err != nil || n <= 0 {
		return 0, policy.E(policy.ErrNotFound, "").Because(fmt.Errorf("%s %q", name, r.PathValue(name)))
	}
	return n, nil
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }
