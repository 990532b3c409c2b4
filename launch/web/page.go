package web

import (
	"net/http"
	"time"

	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// ZoneOf is the zone in which an institution's people read times: UTC, if it has none.
func (f *Frame) ZoneOf(z store.Zone) *time.Location {
	if kept, ok := f.zones.Load(z.Name); ok {
		return kept.(*time.Location) //nolint:forcetypeassert // no others are kept
	}
	zone, ok := policy.ZoneNamed(z.Name)
	if !ok { // none, or one that only a newer program knows
		return time.UTC
	}
	f.zones.Store(z.Name, zone)
	return zone
}

// InZone is the locale with times in the zone of an institution.
func (f *Frame) InZone(l *templates.Locale, z store.Zone) *templates.Locale { return l.In(f.ZoneOf(z)) }

// Base is what every page has in common. Its language is the reader's choice, else that of the launch, else
// the browser's. Its times are in the zone of the launch's institution.
func (f *Frame) Base(r *http.Request, ses store.Session) templates.Page {
	choice := ses.UILang
	if ses.ID == "" {
		choice = f.chosen(r)
	}
	p := templates.Page{
		Locale:    f.InZone(f.Pages.Locale(choice, ses.Locale, r.Header.Get("Accept-Language")), ses.Zone),
		RequestID: requestID(r.Context()),
	}
	p.Languages = f.languages(r, p.Locale)
	if ses.ID == "" {
		p.Framed = Framed(r)
		return p
	}
	p.Site, p.Person, p.Framed, p.Return = ses.Site, ses.Name, ses.Framed, ses.ReturnURL
	link := func(key, page string) templates.Link {
		return templates.Link{Key: key, URL: At(ses, page), Current: r.URL.Path == At(ses, page)}
	}
	switch {
	case ses.Guest:
		p.Nav = []templates.Link{link("nav.policies", "policies")}
	case ses.Teacher || ses.Admin:
		if StartOf(ses) == "home" {
			p.Nav = append(p.Nav, link("nav.home", "home"))
		}
		if ses.ContextID != "" {
			p.Nav = append(p.Nav, link("nav.participants", "participants"))
		}
		p.Nav = append(p.Nav, link("nav.agreements", "agreements"), link("nav.policies", "policies"))
	default:
		p.Nav = []templates.Link{link("nav.agreements", "agreements"), link("nav.policies", "policies")}
	}
	if len(Granted(ses)) > 0 {
		p.Nav = append(p.Nav, link("nav.admin", "admin"))
	}
	return p
}

// StartOf is the page where a teacher or administrator starts: the course's participants, or the site.
func StartOf(ses store.Session) string {
	if ses.Admin || ses.ContextID == "" {
		return "home"
	}
	return "participants"
}

// At is the address of a page of a launch.
func At(ses store.Session, page string) string { return "/l/" + ses.ID + "/" + page }
