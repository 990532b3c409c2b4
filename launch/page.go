package launch

import (
	"net/http"

	"ltipolicy/store"
	"ltipolicy/templates"
)

// base is what every page has in common. Without a session it knows only the browser's language.
func (s *Server) base(r *http.Request, ses store.Session) templates.Page {
	p := templates.Page{
		Locale:    s.pages.Locale("", ses.Locale, r.Header.Get("Accept-Language")),
		RequestID: requestID(r.Context()),
	}
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
		p.Nav = []templates.Link{link("nav.home", "home"), link("nav.agreements", "agreements"), link("nav.policies", "policies")}
	default:
		p.Nav = []templates.Link{link("nav.agreements", "agreements"), link("nav.policies", "policies")}
	}
	return p
}
