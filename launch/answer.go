package launch

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"ltipolicy/launch/web"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// answer records what a reader chose on a pending page: all of it or nothing.
func (l *learner) answer(w http.ResponseWriter, r *http.Request, ses store.Session) error {
	return l.answerTo(w, r, ses, l.todo)
}

// answerEarly does so on the page of what is announced.
func (l *learner) answerEarly(w http.ResponseWriter, r *http.Request, ses store.Session) error {
	return l.answerTo(w, r, ses, l.early)
}

func (l *learner) answerTo(w http.ResponseWriter, r *http.Request, ses store.Session, read func(*http.Request, store.Session) (todo, error)) error {
	if err := web.ParseForm(r); err != nil {
		return err
	}
	if ses.Guest {
		return policy.E(policy.ErrForbidden, "")
	}
	shown, err := l.Presented(r, ses.ID)
	if err != nil {
		return err
	}
	t, err := read(r, ses)
	if err != nil {
		return err
	}
	chosen, err := choices(r.PostForm, shown)
	if err != nil {
		return err
	}
	events, bad, err := l.acts(r, ses, t, shown, chosen)
	if err != nil {
		return err
	}
	if bad != nil {
		return l.pendingPage(w, r, ses, t, http.StatusUnprocessableEntity, bad)
	}
	recorded, err := l.store.Answer(r.Context(), events)
	if errors.Is(err, policy.ErrConflict) {
		// Published between our reading and our writing: show what is there now.
		if t, err = read(r, ses); err != nil {
			return err
		}
		web.Outcome(r.Context(), "conflict")
		return l.pendingPage(w, r, ses, t, http.StatusUnprocessableEntity, republished(t, shown, chosen))
	}
	if err != nil {
		return fmt.Errorf("recording the answers: %w", err)
	}
	l.count(r, recorded)
	if len(t.left) > len(events) { // which are of different versions, all of them left until now
		return web.Redirect(w, r, t.at(ses))
	}
	if t.early {
		return web.Redirect(w, r, web.At(ses, "agreements")+flash(len(events)))
	}
	if gone(t, shown, chosen, events) && ses.Target != doorTarget {
		return web.Redirect(w, r, web.At(ses, "saved")+"?"+url.Values{savedQuery: {strconv.Itoa(len(events))}, goneQuery: {"1"}}.Encode())
	}
	return l.done(w, r, ses, len(events))
}

// gone reports whether the form answered something that nobody is asked any more, such as what a course asked that ended
// meanwhile: nothing is recorded of that, and the reader is to know.
func gone(t todo, p web.Presentation, chosen map[int64]policy.Answer, events []policy.Event) bool {
	return slices.ContainsFunc(p.Shown, func(sh web.Shown) bool {
		recorded := slices.ContainsFunc(events, func(e policy.Event) bool { return e.VersionID == sh.Version })
		return chosen[sh.Version] != "" && !recorded && !answered(t, sh.Version)
	})
}

// problems are what keeps a posted form from being recorded: by version, and for the form as a whole.
type problems struct {
	form   string // message key
	items  map[int64]string
	fresh  map[int64]bool // published while the reader was reading
	chosen map[int64]policy.Answer
}

// count tells log and metrics what was recorded, and has the scores sent that it changed.
func (l *learner) count(r *http.Request, recorded []policy.Event) {
	l.Recorded(r, recorded)
	if len(recorded) > 0 {
		l.wake()
	}
}

// choices reads the answers of a form. An answer to a policy that the page did not show is refused, as in
// Moodle, where it is an invalid access parameter.
func choices(form url.Values, p web.Presentation) (map[int64]policy.Answer, error) {
	known := map[string]int64{}
	for _, sh := range p.Shown {
		known[templates.AnswerField(sh.Version)] = sh.Version
	}
	chosen := map[int64]policy.Answer{}
	for field, values := range form {
		if !strings.HasPrefix(field, "answer") {
			continue
		}
		id, ok := known[field]
		if !ok || len(values) != 1 {
			return nil, policy.E(policy.ErrInvalid, "")
		}
		switch a := policy.Answer(values[0]); a {
		case policy.Accepted, policy.Declined:
			chosen[id] = a
		default:
			return nil, policy.E(policy.ErrInvalid, "")
		}
	}
	return chosen, nil
}

// acts turns the choices into events. It returns problems instead when an answer is missing or a text on the
// page is no longer the one in force: then the reader looks again, and nothing is accepted unseen.
func (l *learner) acts(r *http.Request, ses store.Session, t todo, p web.Presentation, chosen map[int64]policy.Answer) ([]policy.Event, *problems, error) {
	asked := map[int64]policy.Version{}
	for _, v := range t.left {
		asked[v.ID] = v
	}
	loc := l.Pages.Locale(p.UILang, ses.Locale, "")
	viewer := l.Viewer(ses)
	events := make([]policy.Event, 0, len(p.Shown))
	bad := &problems{items: map[int64]string{}, chosen: chosen}
	for _, sh := range p.Shown {
		v, ok := asked[sh.Version]
		switch {
		case !ok && answered(t, sh.Version): // in another tab or by the first of two clicks
			continue
		case !ok && stillAsked(t, p):
			return nil, republished(t, p, chosen), nil
		case !ok: // no longer applies
			continue
		case chosen[v.ID] == "" && len(chosen) > 0 && waits(policy.Ask(v, t.given, ses.ContextID), t, viewer):
			continue
		case chosen[v.ID] == "":
			bad.items[v.ID] = "problem.required"
			continue
		}
		ev, err := l.act(r, ses, act{v, v.ScopeIn(ses.ContextID), sh, chosen[v.ID], templates.ButtonSave}, p, t.given, loc)
		if errors.Is(err, policy.ErrConflict) {
			return nil, republished(t, p, chosen), nil
		}
		if err != nil {
			return nil, nil, err
		}
		events = append(events, ev)
	}
	if len(bad.items) > 0 {
		return nil, bad, nil
	}
	return events, nil, nil
}

// waits reports whether a form may leave a version open: nothing holds the reader up for it yet.
func waits(a policy.Asked, t todo, v policy.Viewer) bool {
	return t.early || a.Waits(v)
}

// answered reports whether the reader has answered exactly this version.
func answered(t todo, versionID int64) bool {
	return slices.ContainsFunc(t.given, func(g policy.Given) bool { return g.VersionID == versionID })
}

// stillAsked reports whether the reader has something to answer that the page did not show.
func stillAsked(t todo, p web.Presentation) bool {
	onPage := map[int64]bool{}
	for _, sh := range p.Shown {
		onPage[sh.Version] = true
	}
	for _, v := range t.page() {
		if !onPage[v.ID] {
			return true
		}
	}
	return false
}

// republished says that the page changed under the reader, and marks what is new on it.
func republished(t todo, p web.Presentation, chosen map[int64]policy.Answer) *problems {
	bad := &problems{form: "problem.republished", fresh: map[int64]bool{}, chosen: map[int64]policy.Answer{}}
	for _, v := range t.page() {
		bad.fresh[v.ID] = true
		for _, sh := range p.Shown {
			if text, ok := v.In(sh.Lang); sh.Version == v.ID && ok && text.Digest() == sh.Digest {
				bad.fresh[v.ID] = false
				bad.chosen[v.ID] = chosen[v.ID]
			}
		}
	}
	return bad
}

// act is one answer as somebody gave it.
type act struct {
	version policy.Version
	scope   string // the course that it is for; empty: the site
	shown   web.Shown
	answer  policy.Answer
	button  string
}

// act is the evidence of one answer: what was shown, in which words, who answered, for what and from where.
func (l *learner) act(r *http.Request, ses store.Session, a act, p web.Presentation, given []policy.Given, loc *templates.Locale) (policy.Event, error) {
	v := a.version
	text, _ := v.In(a.shown.Lang)
	ev, err := policy.Decide(v, policy.Choice{
		VersionID: a.shown.Version, Answer: a.answer, Lang: a.shown.Lang, Digest: a.shown.Digest,
		Statement: loc.Statement(v, a.answer, text.Name), Button: loc.Button(a.button),
	}, l.Viewer(ses), policy.Latest(policy.InScope(given, a.scope), v.ID, v.MaterialID))
	if err != nil {
		return ev, fmt.Errorf("deciding version %d: %w", v.ID, err)
	}
	if ev.ID, err = l.NewID(); err != nil {
		return ev, err
	}
	ev.Time = l.Now().UTC()
	ev.InstitutionID, ev.PlatformID, ev.Issuer = ses.InstitutionID, ses.PlatformID, ses.Issuer
	ev.UserID, ev.Sub, ev.ActorID, ev.ActorSub = ses.UserID, ses.Sub, ses.UserID, ses.Sub
	ev.UILang, ev.Presentation, ev.Scope = loc.Tag(), p.ID, a.scope
	if a.scope != "" { // what was shown for one course is no answer for another
		sum := sha256.Sum256([]byte(p.ID + ":" + a.scope))
		ev.Presentation = hex.EncodeToString(sum[:])
	}
	ev.LaunchID, ev.DeploymentID, ev.ContextID = ses.ID, ses.DeploymentID, ses.ContextID
	ev.ResourceLinkID, ev.Roles = ses.ResourceLinkID, ses.Roles
	return ev, nil
}
