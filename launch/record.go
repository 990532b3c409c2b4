package launch

import (
	"net/http"

	"ltipolicy/launch/download"
	"ltipolicy/launch/web"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// ownDossier is that of the reader; there is none of a guest.
func (l *learner) ownDossier(r *http.Request, ses store.Session) (download.Dossier, error) {
	if ses.Guest || ses.UserID == 0 {
		return download.Dossier{}, policy.E(policy.ErrForbidden, "")
	}
	u, err := l.store.User(r.Context(), ses.PlatformID, ses.UserID)
	if err != nil {
		return download.Dossier{}, err
	}
	return download.NewDossier(r.Context(), l.store, ses.InstitutionID, ses.Site, ses.Issuer, u)
}

// ownRecord shows a reader everything that is stored about them, to read and to print.
func (l *learner) ownRecord(w http.ResponseWriter, r *http.Request, ses store.Session) error {
	d, err := l.ownDossier(r, ses)
	if err != nil {
		return err
	}
	p := d.Page(templates.RecordPage{
		Page: l.Base(r, ses), Own: true, Back: web.At(ses, "agreements"), Receipts: web.At(ses, "agreements"), JSON: web.At(ses, "agreements/record.json"), XML: web.At(ses, "agreements/record.xml"),
	}, l.Now())
	l.Render(w, r, http.StatusOK, p)
	return nil
}

// ownRecordAs downloads it.
func (l *learner) ownRecordAs(f download.RecordFormat) web.LaunchHandler {
	return func(w http.ResponseWriter, r *http.Request, ses store.Session) error {
		d, err := l.ownDossier(r, ses)
		if err != nil {
			return err
		}
		out, events, err := d.Send(w, f, l.Now().In(l.ZoneOf(ses.Zone)))
		return l.Sent(r, out.Begun(), events, err)
	}
}
