package admin

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"ltipolicy/launch/download"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// logLimit is how many entries a page of the log shows.
const logLimit = 100

// logQuery is what an address of the log asks for. What cannot be understood is passed over.
func logQuery(a administrator, q url.Values) store.LogQuery {
	out := store.LogQuery{InstitutionID: a.ses.InstitutionID, Actor: q.Get("who"), Action: q.Get("act"), Limit: logLimit}
	if at, err := time.Parse(time.RFC3339Nano, q.Get("before")); err == nil {
		out.Before = store.LogKey{Time: at, ID: q.Get("id")}
	}
	return out
}

// logAddress is the filter's own part of an address, without the place in the log.
func logAddress(q store.LogQuery) url.Values {
	out := url.Values{}
	for name, value := range map[string]string{"who": q.Actor, "act": q.Action} {
		if value != "" {
			out.Set(name, value)
		}
	}
	return out
}

// log shows what administrators did and looked at, the newest first.
func (o *Office) log(w http.ResponseWriter, r *http.Request, a administrator) error {
	q := logQuery(a, r.URL.Query())
	entries, more, err := o.store.AdminLogPage(r.Context(), q)
	if err != nil {
		return err
	}
	actors, actions, err := o.store.AdminLogFilters(r.Context(), q.InstitutionID)
	if err != nil {
		return err
	}
	signed, witnesses, err := o.witnessed(r.Context())
	if err != nil {
		return err
	}
	here, address := a.at("admin/log"), logAddress(q)
	p := templates.LogPage{
		Page: a.base, Action: here, Active: len(address) > 0, CSV: linkTo(here+".csv", address), Signed: signed, Witnesses: witnesses,
		Who: logChoices("adminlog.who.all", actors, q.Actor), What: logChoices("adminlog.what.all", actions, q.Action),
	}
	for _, e := range entries {
		p.Entries = append(p.Entries, logEntry(a.base, e))
	}
	if !q.Before.Time.IsZero() {
		p.First = linkTo(here, address)
	}
	if more {
		last := entries[len(entries)-1]
		address.Set("before", last.Time.Format(time.RFC3339Nano))
		address.Set("id", last.ID)
		p.Next = linkTo(here, address)
	}
	o.Render(w, r, http.StatusOK, p)
	return nil
}

// logChoices are the values of a filter, below the one that does not filter.
func logChoices(all string, values []string, chosen string) []templates.Option {
	out := []templates.Option{{Value: "", Key: all}}
	for _, v := range values {
		out = append(out, templates.Option{Value: v, Label: v, Selected: v == chosen})
	}
	return out
}

// logEntry takes what was and what is apart.
func logEntry(base templates.Page, e store.AdminEntry) templates.LogEntry {
	l := templates.LogEntry{Time: e.Time, Actor: acted(base, e), Action: e.Action, Object: e.Object}
	var c struct{ Before, After json.RawMessage }
	if json.Unmarshal([]byte(e.Detail), &c) == nil && (c.Before != nil || c.After != nil) {
		l.Before, l.After = string(c.Before), string(c.After)
	} else {
		l.Detail = e.Detail
	}
	return l
}

// acted is who did it, as the log named them: of somebody who was erased it has no name any more.
func acted(base templates.Page, e store.AdminEntry) string {
	return cmp.Or(e.Actor, base.T("people.erased"))
}

// logCSV downloads the log with its filter as comma-separated values.
func (o *Office) logCSV(w http.ResponseWriter, r *http.Request, a administrator) error {
	q := logQuery(a, r.URL.Query())
	q.Before = store.LogKey{}
	if err := o.looked(r.Context(), a, "log.download", "", logAddress(q).Encode()); err != nil {
		return err
	}
	format := download.CSV(false)
	out := format.File(w, "log-"+a.base.DayAt(o.Now()).String())
	t, err := format.Open(out)
	if err != nil {
		return err
	}
	rows := 0
	err = t.Row([]any{
		a.base.T("adminlog.time"), a.base.T("adminlog.who"), a.base.T("adminlog.what"), a.base.T("adminlog.object"), a.base.T("adminlog.detail"),
	})
	if err == nil {
		err = o.store.AdminLogEach(r.Context(), q, func(e store.AdminEntry) error {
			rows++
			return t.Row([]any{e.Time, acted(a.base, e), e.Action, e.Object, e.Detail})
		})
	}
	if err == nil {
		err = out.End(t)
	}
	return o.Sent(r, out.Begun(), rows, err)
}

// witnessed is when the log was last signed, and who outside has it.
func (o *Office) witnessed(ctx context.Context) (signed time.Time, list []templates.Witness, err error) {
	b, err := o.store.Backlog(ctx)
	if err != nil {
		return time.Time{}, nil, err
	}
	all, err := o.store.Witnesses(ctx)
	if err != nil {
		return time.Time{}, nil, err
	}
	for _, w := range all {
		shown := templates.Witness{Name: w.Name, Failed: w.Failure != ""}
		if w.Size > 0 {
			shown.Sent = w.Sent
		}
		list = append(list, shown)
	}
	return b.Signed, list, nil
}
