package admin

import (
	"errors"
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

// The fields of the form for one person, as on My agreements.
const (
	versionField = "version"
	courseField  = "course"
	actField     = "act"
)

// maxNote bounds what is written beside an answer for somebody else.
const maxNote = 1000

// behalfMany answers for those who are ticked on the report.
func (o *Office) behalfMany(w http.ResponseWriter, r *http.Request, a administrator) error {
	var users, versions []int64
	for _, list := range []struct {
		field string
		to    *[]int64
	}{{"user", &users}, {"version", &versions}} {
		for _, v := range r.PostForm[list.field] {
			n, err := strconv.ParseInt(v, 10, 64)
			if err != nil || slices.Contains(*list.to, n) {
				return policy.E(policy.ErrInvalid, "")
			}
			*list.to = append(*list.to, n)
		}
	}
	bad := func(key string) error {
		return o.reportPage(w, r, a, http.StatusUnprocessableEntity, func(p *templates.ReportPage) {
			p.Bad, p.Note = key, r.PostForm.Get("note")
			for i := range p.Rows {
				p.Rows[i].Ticked = slices.Contains(users, p.Rows[i].UserID)
			}
			for i := range p.Columns {
				p.Columns[i].Ticked = slices.Contains(versions, p.Columns[i].VersionID)
			}
		})
	}
	if len(users) == 0 || len(versions) == 0 {
		return bad("behalf.bad.none")
	}
	f, err := o.reportFilter(r.Context(), a, r.URL.Query())
	if err != nil {
		return err
	}
	if err := o.behalf(r, a, store.Behalf{UserIDs: users, VersionIDs: versions, Course: f.ContextID}); err != nil {
		if key := behalfProblem(err); key != "" {
			return bad(key)
		}
		return err
	}
	return web.Redirect(w, r, a.at("admin/report")+"?"+withDone(r.URL.Query()).Encode())
}

func withDone(q url.Values) url.Values {
	q.Set("done", "answered")
	return q
}

// behalfProblem is the message for what the form can put right; empty for everything else.
func behalfProblem(err error) string {
	switch {
	case errors.Is(err, policy.ErrTooLarge):
		return "behalf.bad.many"
	case errors.Is(err, policy.ErrConflict):
		return "behalf.bad.changed"
	case errors.Is(err, policy.ErrInvalid), errors.Is(err, policy.ErrForbidden):
		return "behalf.bad.rule"
	}
	return ""
}

// behalf records an answer of others, with who acts and what the page said.
func (o *Office) behalf(r *http.Request, a administrator, b store.Behalf) error {
	act := policy.Answer(r.PostForm.Get(actField))
	button, ok := map[policy.Answer]string{
		policy.Accepted: "behalf.accept", policy.Declined: "behalf.decline", policy.Withdrawn: "behalf.withdraw",
	}[act]
	note := lines(r.PostForm.Get("note"))
	if !ok || len([]rune(note)) > maxNote || slices.Contains(b.UserIDs, a.ses.UserID) {
		return policy.E(policy.ErrInvalid, "")
	}
	p, err := o.store.Platform(r.Context(), a.ses.PlatformID)
	if err != nil {
		return fmt.Errorf("finding the platform: %w", err)
	}
	loc := o.Pages.Locale(a.sent.UILang, a.ses.Locale, "")
	b.Platform, b.Answer, b.Note = p, act, note
	b.ActorID, b.ActorSub, b.LaunchID, b.Roles = a.ses.UserID, a.ses.Sub, a.ses.ID, a.ses.Roles
	b.UILang, b.Statement, b.Button = loc.Tag(), loc.T("behalf.what"), loc.Button(button)
	b.Presentation = a.sent.ID + "-" + string(act[:1]) // one page can be sent for each act once
	done, err := o.store.AnswerFor(r.Context(), a.who(), b)
	o.Recorded(r, done.Recorded)
	if len(done.Recorded) > 0 {
		o.wake()
	}
	if err == nil && done.NotAsked > 0 && done.Same == 0 && len(done.Recorded) == 0 {
		err = policy.E(policy.ErrInvalid, "").Because(errors.New("nobody of them is asked"))
	}
	return err
}
