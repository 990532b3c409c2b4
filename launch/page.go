package launch

import (
	"net/http"

	"ltipolicy/store"
	"ltipolicy/templates"
)

// base is what every page has in common. Its language is the reader's choice, else that of the launch, else
// the browser's.
func (s *Server) base(r *http.Request, ses store.Session) templates.Page {
	choice := ses.UILang
	if ses.ID == "" {
		choice = s.chosen(r)
	}
	p := templates.Page{
		Locale:    s.pages.Locale(choice, ses.Locale, r.Header.Get("Accept-Language")),
		RequestID: requestID(r.Context()),
	}
	p.Languages = s.languages(r, p.Locale)
	if ses.ID == "" {
		p.Framed = framed(r)
		return p
	}
	p.Site, p.Person, p.Framed, p.Return = ses.Site, ses.Name, ses.Framed, ses.ReturnURL
	link := func(key, page string) templates.Link {
		return templates.Link{Key: key, URL: at(ses, page), Current: r.URL.Path == at(ses, page)}
	}
	switch {
	case ses.Guest:
		p.Nav = []templates.Link{link("nav.policies", "policies")}
	case ses.Teacher || ses.Admin:
		if startOf(ses) == "home" {
			p.Nav = append(p.Nav, link("nav.home", "home"))
		}
		if ses.ContextID != "" {
			p.Nav = append(p.Nav, link("nav.participants", "participants"))
		}
		p.Nav = append(p.Nav, link("nav.agreements", "agreements"), link("nav.policies", "policies"))
	default:
		p.Nav = []templates.Link{link("nav.agreements", "agreements"), link("nav.policies", "policies")}
	}
	if len(granted(ses)) > 0 {
		p.Nav = append(p.Nav, link("nav.admin", "admin"))
	}
	return p
}
