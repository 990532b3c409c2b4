package admin

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"ltipolicy/launch/web"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/templates"
)

var powerKeys = map[store.Power]string{
	store.PowerPolicies: "grants.policies", store.PowerReport: "grants.report", store.PowerBehalf: "grants.behalf",
}

const siteField, userField, powerField, zoneField, busyField, addressesField = "site", "user", "power", "zone", "busy", "addresses"

// grants shows who has which right, and finds people to give some.
func (o *Office) grants(w http.ResponseWriter, r *http.Request, a administrator) error {
	return o.grantsPage(w, r, a, http.StatusOK, a.zoneForm())
}

func (o *Office) grantsPage(w http.ResponseWriter, r *http.Request, a administrator, status int, zone templates.ZoneForm) error {
	return o.grantsPageWith(w, r, a, status, zone, func(*templates.BusyForm) {})
}

func (o *Office) grantsPageWith(w http.ResponseWriter, r *http.Request, a administrator, status int, zone templates.ZoneForm, busy func(*templates.BusyForm)) error {
	platforms, err := o.store.PlatformsOf(r.Context(), a.ses.InstitutionID)
	if err != nil {
		return err
	}
	grants, err := o.store.Grants(r.Context(), a.ses.InstitutionID)
	if err != nil {
		return err
	}
	sites := siteNames(platforms)
	grantee := func(u store.User) templates.Grantee {
		g := templates.Grantee{
			Locale: a.base.Locale, UserID: u.ID, Name: u.Name, Email: u.Email, Site: sites[u.PlatformID],
			Form: *a.form("admin/grants", templates.Field{Name: siteField, Value: u.PlatformID}, templates.Field{Name: userField, Value: decimal(u.ID)}),
		}
		for _, power := range store.Powers() {
			has := slices.ContainsFunc(grants, func(x store.Grant) bool { return x.UserID == u.ID && x.PlatformID == u.PlatformID && x.Power == power })
			g.Powers = append(g.Powers, templates.Power{Value: string(power), Key: powerKeys[power], Has: has})
		}
		return g
	}
	p := templates.GrantsPage{Page: a.base, Action: a.at("admin/grants"), Text: web.SearchText(r.URL.Query().Get("q")), Zone: zone}
	for _, x := range platforms {
		p.Sites = append(p.Sites, templates.SiteVisits{Name: sites[x.ID], End: a.at(visitsOf(x.ID))})
	}
	listed := map[int64]bool{}
	for _, g := range grants {
		if !listed[g.UserID] {
			listed[g.UserID] = true
			p.People = append(p.People, grantee(store.User{ID: g.UserID, PlatformID: g.PlatformID, Name: g.Name}))
		}
	}
	if p.Text != "" {
		p.Searched = true
		found, err := o.store.Report(r.Context(), store.ReportQuery{InstitutionID: a.ses.InstitutionID, Text: p.Text, Limit: 20})
		if err != nil {
			return err
		}
		for _, row := range found.Rows {
			if !listed[row.User.ID] && !row.User.Erased.Valid {
				p.Found = append(p.Found, grantee(row.User))
			}
		}
	}
	p.Addresses = templates.AddressesForm{Form: *a.form("admin/addresses"), Seen: a.ses.Addresses}
	p.Busy.Form = *a.form("admin/busy")
	if p.Busy.Typed, err = o.store.Busy(r.Context(), a.ses.InstitutionID); err != nil {
		return err
	}
	busy(&p.Busy)
	o.Render(w, r, status, p)
	return nil
}

// setGrants gives a person exactly the rights that are ticked.
func (o *Office) setGrants(w http.ResponseWriter, r *http.Request, a administrator) error {
	user, err := strconv.ParseInt(r.PostForm.Get(userField), 10, 64)
	if err != nil {
		return policy.E(policy.ErrInvalid, "").Because(err)
	}
	want := r.PostForm[powerField]
	for _, p := range want {
		if !slices.Contains(store.Powers(), store.Power(p)) {
			return policy.E(policy.ErrInvalid, "").Because(errors.New("unknown right"))
		}
	}
	for _, power := range store.Powers() {
		change := o.store.Revoke
		if slices.Contains(want, string(power)) {
			change = o.store.Grant
		}
		if err := change(r.Context(), a.who(), r.PostForm.Get(siteField), user, power); err != nil {
			return err
		}
	}
	return a.done(w, r, a.at("admin/grants"), "rights")
}

// setBusy keeps when the institution would rather have nothing new begin.
func (o *Office) setBusy(w http.ResponseWriter, r *http.Request, a administrator) error {
	text := lines(r.PostForm.Get(busyField))
	_, wrong := policy.ParseBusy(text)
	err := o.store.SetBusy(r.Context(), a.who(), text)
	if errors.Is(err, policy.ErrInvalid) {
		web.Outcome(r.Context(), "invalid")
		return o.grantsPageWith(w, r, a, http.StatusUnprocessableEntity, a.zoneForm(), func(f *templates.BusyForm) {
			f.Typed, f.Problem = text, max(1, wrong)
		})
	}
	if err != nil {
		return err
	}
	return a.done(w, r, a.at("admin/grants"), "busy")
}

// zoneForm is the form in which the institution's time zone is chosen.
func (a administrator) zoneForm() templates.ZoneForm {
	f := templates.ZoneForm{Form: *a.form("admin/zone"), Typed: a.ses.Zone.Name, Named: a.ses.Zone.Name, Learned: a.ses.Zone.Learned}
	for _, z := range a.zones("") {
		f.Known = append(f.Known, z.Value)
	}
	return f
}

// setZone has everybody of the institution read times in the zone that was typed.
func (o *Office) setZone(w http.ResponseWriter, r *http.Request, a administrator) error {
	name := strings.TrimSpace(r.PostForm.Get(zoneField))
	err := o.store.SetZone(r.Context(), a.who(), name)
	if errors.Is(err, policy.ErrInvalid) {
		web.Outcome(r.Context(), "invalid")
		f := a.zoneForm()
		f.Typed, f.Problem = name, "admin.problem.zone"
		return o.grantsPage(w, r, a, http.StatusUnprocessableEntity, f)
	}
	if err != nil {
		return err
	}
	return a.done(w, r, a.at("admin/grants"), "zone")
}

// setAddresses lets teachers of the institution see mail addresses, or see them no more.
func (o *Office) setAddresses(w http.ResponseWriter, r *http.Request, a administrator) error {
	if err := o.store.SetAddresses(r.Context(), a.who(), r.PostForm.Get(addressesField) == "1"); err != nil {
		return err
	}
	return a.done(w, r, a.at("admin/grants"), "addresses")
}
