package launch

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"ltipolicy/launch/web"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// learner is everything that people do about their own answers.
type learner struct {
	*web.Frame
	store *store.DB
	door  *door
	wake  func() // when answers were recorded
}

// pending shows what is still to be answered. Policies with a page of their own come first, one by one; the
// others come together.
func (l *learner) pending(w http.ResponseWriter, r *http.Request, ses store.Session) error {
	if ses.Guest {
		return web.Redirect(w, r, web.At(ses, "policies"))
	}
	todo, err := l.todo(r, ses)
	if err != nil {
		return err
	}
	if len(todo.left) == 0 {
		return l.done(w, r, ses, 0)
	}
	return l.pendingPage(w, r, ses, todo, http.StatusOK, nil)
}

// announced shows what is announced and can be answered before anybody is asked.
func (l *learner) announced(w http.ResponseWriter, r *http.Request, ses store.Session) error {
	if ses.Guest {
		return web.Redirect(w, r, web.At(ses, "policies"))
	}
	t, err := l.early(r, ses)
	if err != nil {
		return err
	}
	if len(t.left) == 0 {
		return web.Redirect(w, r, web.At(ses, "agreements"))
	}
	return l.pendingPage(w, r, ses, t, http.StatusOK, nil)
}

// todo is what one person still has to answer, in order.
type todo struct {
	left  []policy.Version
	given []policy.Given // of the site and of the course where they are
	early bool           // nothing of it is in force yet
}

// at is the page on which it is answered.
func (t todo) at(ses store.Session) string {
	if t.early {
		return web.At(ses, "announced")
	}
	return web.At(ses, "pending")
}

// page is what the next page shows: a version with a page of its own, or those before the next such one.
func (t todo) page() []policy.Version { return t.left[:pageOf(t.left)] }

func pageOf(left []policy.Version) int {
	own := func(v policy.Version) bool { return v.Style == policy.StyleOwnPage }
	switch i := slices.IndexFunc(left, own); {
	case i < 0:
		return len(left)
	default:
		return max(1, i)
	}
}

// pages is how many pages it takes.
func (t todo) pages() (n int) {
	for left := t.left; len(left) > 0; left = left[pageOf(left):] {
		n++
	}
	return n
}

func (l *learner) todo(r *http.Request, ses store.Session) (todo, error) {
	return readTodo(r.Context(), l.Frame, l.store, ses)
}

// early is what is announced and the person can answer before they are asked.
func (l *learner) early(r *http.Request, ses store.Session) (todo, error) {
	announced, err := l.store.Announced(r.Context(), ses.PlatformID, ses.ContextID)
	if err != nil {
		return todo{}, err
	}
	given, err := l.store.Answers(r.Context(), ses.UserID)
	if err != nil {
		return todo{}, err
	}
	t := todoOf(policy.Early(announced, given, ses.ContextID, l.Viewer(ses)), given, ses)
	t.early = true
	return t, nil
}

// readTodo finds out what the person of a session still has to answer.
func readTodo(ctx context.Context, f *web.Frame, db *store.DB, ses store.Session) (todo, error) {
	active, given, err := db.ActiveAndGiven(ctx, ses.PlatformID, ses.ContextID, ses.UserID)
	if err != nil {
		return todo{}, err
	}
	return todoOf(policy.Pending(active, given, ses.ContextID, f.Viewer(ses)), given, ses), nil
}

func todoOf(left []policy.Version, given []policy.Given, ses store.Session) todo {
	t := todo{left: left, given: policy.InScope(given, "")}
	if ses.ContextID != "" {
		t.given = append(t.given, policy.InScope(given, ses.ContextID)...)
	}
	return t
}

// pendingPage renders the pending page; with problems it is the same form again, with what was chosen.
func (l *learner) pendingPage(w http.ResponseWriter, r *http.Request, ses store.Session, t todo, status int, bad *problems) error {
	base := l.Base(r, ses)
	p := templates.PendingPage{
		Page: base, HeldUp: !ses.Admin, Later: ses.ReturnURL, Early: t.early,
		Form: templates.Form{Action: t.at(ses)},
	}
	if t.early {
		p.Later = web.At(ses, "agreements")
	} else if ses.Target == doorTarget {
		p.Later, p.Door = web.At(ses, "door"), true
	}
	earlier, err := l.earlier(r, ses, t)
	if err != nil {
		return err
	}
	var texts []web.Shown
	for _, v := range t.page() {
		text := web.Readable(base.Locale, v)
		texts = append(texts, web.Shown{Version: v.ID, Lang: text.Lang, Digest: text.Digest()})
		item := templates.NewItem(base.Locale, v, text)
		l.times(&item, base.Locale, ses, t, v)
		if v.Courses {
			item.Course = cmp.Or(ses.ContextTitle, ses.ContextID)
		}
		if bad != nil {
			item.Choice, item.Error, item.Fresh = bad.chosen[v.ID], bad.items[v.ID], bad.fresh[v.ID]
		}
		item.Changes = changes(ses, base.Locale, v, text, earlier[v.PolicyID])
		p.Items = append(p.Items, item)
	}
	if bad != nil {
		p.Problem = bad.form
	}
	if slices.ContainsFunc(t.left, func(v policy.Version) bool { return v.Style == policy.StyleOwnPage }) {
		p.Step, p.Steps = 1, t.pages()
	}
	token, err := l.Present(ses.ID, base.Tag(), texts)
	if err != nil {
		return err
	}
	p.Form.Hidden = []templates.Field{token}
	l.Render(w, r, status, p)
	return nil
}

// times says of an item what depends on the day.
func (l *learner) times(item *templates.Item, loc *templates.Locale, ses store.Session, t todo, v policy.Version) {
	if v.Zone != "" {
		loc = loc.In(v.Location())
	}
	viewer, asked := l.Viewer(ses), policy.Ask(v, t.given, ses.ContextID)
	if t.early {
		item.Coming = loc.DateTime(v.EffectiveFrom)
	}
	switch {
	case asked.Renewable(viewer):
		item.Renew, item.Free = loc.DateTime(asked.Ends()), asked.Ends()
	case asked.Expired(viewer.Now):
		item.Ended = loc.DateTime(asked.Ends())
	}
	if v.Kind.Compulsory() && !asked.Enforced(viewer) && !t.early && item.Renew == "" {
		item.PutOff, item.Free = loc.DateTime(v.EnforcedFrom), v.EnforcedFrom
	}
}

// done leads on when nothing is left to answer: teachers and admins to their own page, learners back to the
// platform, which sends them on to the course. A message in the platform's return address (lti_msg) would end on a page
// of Moodle's that leads to the course by its side menu only, on a phone by nothing. From within a frame only a click may
// leave it, because the platform's session cookie does not follow a frame that another site moves.
func (l *learner) done(w http.ResponseWriter, r *http.Request, ses store.Session, count int) error {
	if at, ok, err := l.door.launchOf(r, ses); err != nil || ok {
		if err != nil {
			return err
		}
		return l.door.letIn(w, r, ses, at.Nonce)
	}
	switch {
	case ses.Teacher || ses.Admin:
		return web.Redirect(w, r, web.At(ses, web.StartOf(ses))+flash(count))
	case ses.ReturnURL == "" || ses.Framed:
		return web.Redirect(w, r, web.At(ses, "saved")+flash(count))
	}
	return web.Redirect(w, r, ses.ReturnURL)
}

func flash(count int) string {
	if count == 0 {
		return ""
	}
	return "?" + savedQuery + "=" + fmt.Sprint(count)
}

// What the address of the page after an answer says: how many were saved, and that some were not because nobody is asked
// them any more.
const (
	savedQuery = "saved"
	goneQuery  = "gone"
)

// saved says that the answers are recorded. Its header lets the page's script leave the frame within the
// reader's own click; without scripts the page's link does.
func (l *learner) saved(w http.ResponseWriter, r *http.Request, ses store.Session) error {
	t, err := l.todo(r, ses)
	if err != nil {
		return err
	}
	count, err := strconv.Atoi(r.URL.Query().Get(savedQuery))
	if err != nil || count < 0 {
		count = 0 // a wrong number only changes a sentence
	}
	if count == 0 && len(t.left) > 0 {
		return web.Redirect(w, r, web.At(ses, "pending"))
	}
	p := templates.SavedPage{Page: l.Base(r, ses), Count: count, Left: len(t.left), Agreements: web.At(ses, "agreements"), Gone: r.URL.Query().Has(goneQuery)}
	if count > 0 {
		if p.Receipts, err = l.receipts(r, ses); err != nil {
			return err
		}
	}
	if p.Left > 0 {
		p.Next = web.At(ses, "pending")
	} else if ses.ReturnURL != "" {
		p.Return = ses.ReturnURL
		w.Header().Set("Ltipolicy-Return", p.Return)
	}
	l.Render(w, r, http.StatusOK, p)
	return nil
}

// receipts are those of what was answered in this visit, the newest first.
func (l *learner) receipts(r *http.Request, ses store.Session) ([]templates.AnswerReceipt, error) {
	events, err := l.store.Events(r.Context(), ses.UserID)
	if err != nil {
		return nil, fmt.Errorf("reading the events: %w", err)
	}
	var list []templates.AnswerReceipt
	for _, e := range events {
		if e.LaunchID == ses.ID && e.Digest != "" {
			page := web.At(ses, "agreements/"+e.ID)
			list = append(list, templates.AnswerReceipt{Name: e.PolicyName, Lang: e.Lang, Page: page, File: page + "/receipt.json"})
		}
	}
	return list, nil
}
