package admin

import (
	"net/http"

	"ltipolicy/launch/download"
	"ltipolicy/templates"
)

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
