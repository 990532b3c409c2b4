package launch

import (
	"bytes"
	"net/http"

	"ltipolicy/launch/download"
	"ltipolicy/templates"
)

// personRecord shows an administrator what a person may ask for.
func (s *Server) personRecord(w http.ResponseWriter, r *http.Request, a admin) error {
	d, here, err := s.personDossier(r, a, "page")
	if err != nil {
		return err
	}
	a.base.Person = "" // the page may be printed and handed over
	p := d.Page(templates.RecordPage{
		Page: a.base, Back: a.at(here), JSON: a.at(here + "/record.json"), XML: a.at(here + "/record.xml"),
	}, s.Now())
	s.Render(w, r, http.StatusOK, func(b *bytes.Buffer) error { return s.Pages.Record(b, p) })
	return nil
}

// personRecordAs downloads it.
func (s *Server) personRecordAs(f download.RecordFormat) func(http.ResponseWriter, *http.Request, admin) error {
	return func(w http.ResponseWriter, r *http.Request, a admin) error {
		d, _, err := s.personDossier(r, a, f.Ending)
		if err != nil {
			return err
		}
		out, events, err := d.Send(w, f, s.Now())
		return s.Sent(r, out.Begun(), events, err)
	}
}

func (s *Server) personDossier(r *http.Request, a admin, format string) (d download.Dossier, page string, err error) {
	who, err := s.person(r, a)
	if err != nil {
		return d, "", err
	}
	if d, err = download.NewDossier(r.Context(), s.store, a.ses.InstitutionID, who.platform.Name, who.platform.Issuer, who.User); err != nil {
		return d, "", err
	}
	return d, personPage(who.User), s.looked(r.Context(), a, "acceptances.record", who.label(), "format="+format)
}
