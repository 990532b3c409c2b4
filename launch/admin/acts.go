package admin

import (
	"net/http"

	"ltipolicy/policy"
	"ltipolicy/templates"
)

// confirmDelete asks before a draft is deleted.
func (o *Office) confirmDelete(w http.ResponseWriter, r *http.Request, a administrator) error {
	return o.confirm(w, r, a, policy.Draft, templates.AdminConfirmPage{
		Heading: "admin.delete.heading", What: "admin.delete.what", Button: "admin.delete.button",
	}, "delete")
}

// deleteDraft deletes a draft, never what was active once.
func (o *Office) deleteDraft(w http.ResponseWriter, r *http.Request, a administrator) error {
	id, err := pathNumber(r, "version")
	if err != nil {
		return err
	}
	if err := o.store.DeleteDraft(r.Context(), a.who(), id); err != nil {
		return err
	}
	return a.done(w, r, a.home(), "deleted")
}

// confirmInactivate asks before a policy stops to apply.
func (o *Office) confirmInactivate(w http.ResponseWriter, r *http.Request, a administrator) error {
	return o.confirm(w, r, a, policy.Active, templates.AdminConfirmPage{
		Heading: "admin.inactivate.heading", What: "admin.inactivate.what", Button: "admin.inactivate.button",
	}, "inactivate")
}

// inactivate archives the version of the address if it still is the active one.
func (o *Office) inactivate(w http.ResponseWriter, r *http.Request, a administrator) error {
	v, err := o.addressed(r, a)
	if err != nil {
		return err
	}
	if err := o.store.Inactivate(r.Context(), a.who(), v.ID); err != nil {
		return err
	}
	return a.done(w, r, a.home(), "inactivated")
}

func (o *Office) confirm(w http.ResponseWriter, r *http.Request, a administrator, status policy.Status, p templates.AdminConfirmPage, act string) error {
	v, err := o.addressed(r, a)
	if err != nil {
		return err
	}
	if v.Status() != status {
		return policy.E(policy.ErrConflict, "")
	}
	if status == policy.Active {
		counts, counted, err := o.store.Counts(r.Context(), a.ses.InstitutionID)
		if err != nil {
			return err
		}
		p.People, a.base.Counted = counts[v.ID].Asked, counted
	}
	text := v.Primary()
	p.Page, p.Name, p.Lang, p.Label, p.Back = a.base, text.Name, text.Lang, v.label, a.home()
	p.Form = *a.form("admin/versions/" + decimal(v.ID) + "/" + act)
	o.Render(w, r, http.StatusOK, p)
	return nil
}

// unschedule takes back what waits for its day.
func (o *Office) unschedule(w http.ResponseWriter, r *http.Request, a administrator) error {
	v, err := o.addressed(r, a)
	if err != nil {
		return err
	}
	if err := o.store.Unschedule(r.Context(), a.who(), v.ID); err != nil {
		return err
	}
	if v.Announced {
		return a.done(w, r, a.home(), "retracted")
	}
	return a.done(w, r, a.home(), "unscheduled")
}
