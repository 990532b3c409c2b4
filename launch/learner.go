package launch

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"ltipolicy/courier"
	"ltipolicy/launch/web"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// pending shows what is still to be answered. Policies with a page of their own come first, one by one; the
// others come together.
func (s *Server) pending(w http.ResponseWriter, r *http.Request, ses store.Session) error {
	if ses.Guest {
		return web.Redirect(w, r, web.At(ses, "policies"))
	}
	todo, err := s.todo(r, ses)
	if err != nil {
		return err
	}
	if len(todo.left) == 0 {
		return s.done(w, r, ses, 0)
	}
	return s.pendingPage(w, r, ses, todo, http.StatusOK, nil)
}

// todo is what one person still has to answer, in order, and how many pages of their own that takes.
type todo struct {
	left  []policy.Version
	given []policy.Given
	own   int // how many of left have a page of their own
}

// page is what the next page shows.
func (t todo) page() []policy.Version {
	if t.own > 0 {
		return t.left[:1]
	}
	return t.left
}

func (s *Server) todo(r *http.Request, ses store.Session) (todo, error) {
	active, err := s.store.ActiveVersions(r.Context(), ses.PlatformID, ses.ContextID)
	if err != nil {
		return todo{}, fmt.Errorf("reading the active policies: %w", err)
	}
	given, err := s.store.Answers(r.Context(), ses.UserID)
	if err != nil {
		return todo{}, fmt.Errorf("reading the answers: %w", err)
	}
	t := todo{left: policy.Pending(active, given, s.Viewer(ses)), given: given}
	for _, v := range t.left {
		if v.Style == policy.StyleOwnPage {
			t.own++
		}
	}
	return t, nil
}

// problems are what keeps a posted form from being recorded: by version, and for the form as a whole.
type problems struct {
	form   string // message key
	items  map[int64]string
	fresh  map[int64]bool // published while the reader was reading
	chosen map[int64]policy.Answer
}

// pendingPage renders the pending page; with problems it is the same form again, with what was chosen.
func (s *Server) pendingPage(w http.ResponseWriter, r *http.Request, ses store.Session, t todo, status int, bad *problems) error {
	base := s.Base(r, ses)
	p := templates.PendingPage{
		Page: base, HeldUp: !ses.Admin, Later: ses.ReturnURL,
		Form: templates.Form{Action: web.At(ses, "pending")},
	}
	if ses.Target == doorTarget {
		p.Later, p.Door = web.At(ses, "door"), true
	}
	earlier, err := s.earlier(r, ses, t)
	if err != nil {
		return err
	}
	var texts []web.Shown
	for _, v := range t.page() {
		text := s.readable(base.Locale, v)
		texts = append(texts, web.Shown{Version: v.ID, Lang: text.Lang, Digest: text.Digest()})
		item := templates.NewItem(v, text)
		if bad != nil {
			item.Choice, item.Error, item.Fresh = bad.chosen[v.ID], bad.items[v.ID], bad.fresh[v.ID]
		}
		item.Changes = changes(ses, base.Locale, v, text, earlier[v.PolicyID])
		p.Items = append(p.Items, item)
	}
	if bad != nil {
		p.Problem = bad.form
	}
	if t.own > 0 {
		p.Step, p.Steps = 1, t.own
		if len(t.left) > t.own {
			p.Steps++
		}
	}
	token, err := s.Present(ses.ID, base.Tag(), texts)
	if err != nil {
		return err
	}
	p.Form.Hidden = []templates.Field{{Name: web.TokenField, Value: token}}
	s.Render(w, r, status, func(b *bytes.Buffer) error { return s.Pages.Pending(b, p) })
	return nil
}

// answer records what a reader chose on a pending page: all of it or nothing.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, ses store.Session) error {
	if err := web.ParseForm(r); err != nil {
		return err
	}
	if ses.Guest {
		return policy.E(policy.ErrForbidden, "")
	}
	shown, err := s.Presented(r, ses.ID)
	if err != nil {
		return err
	}
	t, err := s.todo(r, ses)
	if err != nil {
		return err
	}
	chosen, err := choices(r.PostForm, shown)
	if err != nil {
		return err
	}
	events, bad, err := s.acts(r, ses, t, shown, chosen)
	if err != nil {
		return err
	}
	if bad != nil {
		return s.pendingPage(w, r, ses, t, http.StatusUnprocessableEntity, bad)
	}
	recorded, err := s.store.Answer(r.Context(), events)
	if errors.Is(err, policy.ErrConflict) {
		// Published between our reading and our writing: show what is there now.
		if t, err = s.todo(r, ses); err != nil {
			return err
		}
		web.Outcome(r.Context(), "conflict")
		return s.pendingPage(w, r, ses, t, http.StatusUnprocessableEntity, republished(t, shown, chosen))
	}
	if err != nil {
		return fmt.Errorf("recording the answers: %w", err)
	}
	s.count(r, recorded)
	if len(t.left) > len(events) { // which are of different versions, all of them left until now
		return web.Redirect(w, r, web.At(ses, "pending"))
	}
	return s.done(w, r, ses, len(events))
}

// count tells log and metrics what was recorded, and has the scores sent that it changed.
func (s *Server) count(r *http.Request, recorded []policy.Event) {
	s.Recorded(r, recorded)
	if len(recorded) > 0 {
		s.worker.Wake(courier.Scores)
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
func (s *Server) acts(r *http.Request, ses store.Session, t todo, p web.Presentation, chosen map[int64]policy.Answer) ([]policy.Event, *problems, error) {
	asked := map[int64]policy.Version{}
	for _, v := range t.left {
		asked[v.ID] = v
	}
	loc := s.Pages.Locale(p.UILang, ses.Locale, "")
	var events []policy.Event
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
		case chosen[v.ID] == "":
			bad.items[v.ID] = "problem.required"
			continue
		}
		ev, err := s.act(r, ses, v, sh, p, chosen[v.ID], t.given, loc, templates.ButtonSave)
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

// act is the evidence of one answer: what was shown, in which words, who answered and from where.
func (s *Server) act(r *http.Request, ses store.Session, v policy.Version, sh web.Shown, p web.Presentation, a policy.Answer, given []policy.Given, loc *templates.Locale, button string) (policy.Event, error) {
	text, _ := v.In(sh.Lang)
	ev, err := policy.Decide(v, policy.Choice{
		VersionID: sh.Version, Answer: a, Lang: sh.Lang, Digest: sh.Digest,
		Statement: loc.Statement(v.Kind, a, text.Name), Button: loc.Button(button),
	}, s.Viewer(ses), policy.Latest(given, v.ID, v.MaterialID))
	if err != nil {
		return ev, fmt.Errorf("deciding version %d: %w", v.ID, err)
	}
	if ev.ID, err = s.NewID(); err != nil {
		return ev, err
	}
	ev.Time = s.Now().UTC()
	ev.InstitutionID, ev.PlatformID, ev.Issuer = ses.InstitutionID, ses.PlatformID, ses.Issuer
	ev.UserID, ev.Sub, ev.ActorID, ev.ActorSub = ses.UserID, ses.Sub, ses.UserID, ses.Sub
	ev.UILang, ev.Presentation = loc.Tag(), p.ID
	ev.LaunchID, ev.DeploymentID, ev.ContextID = ses.ID, ses.DeploymentID, ses.ContextID
	ev.ResourceLinkID, ev.Roles = ses.ResourceLinkID, ses.Roles
	return ev, nil
}

// readable is the version's text in the reader's language, or else in its own.
func (s *Server) readable(loc *templates.Locale, v policy.Version) policy.Text {
	for _, t := range v.Texts {
		if loc.Same(t.Lang) {
			return t
		}
	}
	return v.Primary()
}

// done leads on when nothing is left to answer: teachers and admins to their own page, learners back to the
// platform. From within a frame only a click may leave it, because the platform's session cookie does not
// follow a frame that another site moves.
func (s *Server) done(w http.ResponseWriter, r *http.Request, ses store.Session, count int) error {
	if l, ok, err := s.doorLaunch(r, ses); err != nil || ok {
		if err != nil {
			return err
		}
		return s.letIn(w, r, ses, l.Nonce)
	}
	switch {
	case ses.Teacher || ses.Admin:
		return web.Redirect(w, r, web.At(ses, web.StartOf(ses))+flash(count))
	case ses.ReturnURL == "" || ses.Framed:
		return web.Redirect(w, r, web.At(ses, "saved")+flash(count))
	}
	return web.Redirect(w, r, s.back(r, ses, count))
}

func flash(count int) string {
	if count == 0 {
		return ""
	}
	return "?saved=" + fmt.Sprint(count)
}

// back is the platform's return address, with a message for the reader (lti_msg) where Moodle shows it on a
// page with navigation. For an embedded activity it shows the bare message: a dead end, so there the address
// alone leads to the course, and our own page has said that the answers are saved.
func (s *Server) back(r *http.Request, ses store.Session, count int) string {
	u, err := url.Parse(ses.ReturnURL)
	if err != nil || count == 0 || ses.Target == "iframe" {
		return ses.ReturnURL
	}
	q := u.Query()
	q.Set("lti_msg", s.Base(r, ses).N("saved.message", count))
	u.RawQuery = q.Encode()
	return u.String()
}

// saved says that the answers are recorded. Its header lets the page's script leave the frame within the
// reader's own click; without scripts the page's link does.
func (s *Server) saved(w http.ResponseWriter, r *http.Request, ses store.Session) error {
	t, err := s.todo(r, ses)
	if err != nil {
		return err
	}
	count, err := strconv.Atoi(r.URL.Query().Get("saved"))
	if err != nil || count < 0 {
		count = 0 // a wrong number only changes a sentence
	}
	if count == 0 && len(t.left) > 0 {
		return web.Redirect(w, r, web.At(ses, "pending"))
	}
	p := templates.SavedPage{Page: s.Base(r, ses), Count: count, Left: len(t.left), Agreements: web.At(ses, "agreements")}
	if p.Left > 0 {
		p.Next = web.At(ses, "pending")
	} else if ses.ReturnURL != "" {
		p.Return = s.back(r, ses, count)
		w.Header().Set("Ltipolicy-Return", p.Return)
	}
	s.Render(w, r, http.StatusOK, func(b *bytes.Buffer) error { return s.Pages.Saved(b, p) })
	return nil
}
