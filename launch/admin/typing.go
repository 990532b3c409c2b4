package admin

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"ltipolicy/launch/web"
	"ltipolicy/policy"
	"ltipolicy/policy/normal"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// The fields that an editor's form carries besides what is typed, and those that its script adds.
const (
	editField     = "edit"     // the draft's edit that the form started from
	pageField     = "page"     // the page, an id: its typing replaces its own
	afterField    = "after"    // the page whose typing it continues
	showField     = "show"     // number of the text to be previewed
	templateField = "template" // what a new policy began with
	pastedField   = "pasted"   // plain text that was just pasted
	styledField   = "styled"   // the same as HTML with its styles
)

// typedQuery in the editor's address asks for what was typed there and not saved.
const typedQuery = "typed"

// editing is what an editor's page is about, and what its form carries along.
type editing struct {
	base        string     // address of the policy's version, or of the new policy
	stored      *addressed // nil: the policy is new
	edit        int64
	page, after string
	template    string // what a new policy began with; empty: nothing
}

// newEditing begins an editor's page.
func (o *Office) newEditing(stored *addressed) (editing, error) {
	ed := editing{base: "admin/policies/new", stored: stored}
	if stored != nil {
		ed.base, ed.edit = "admin/versions/"+decimal(stored.ID), stored.Edit
	}
	var err error
	ed.page, err = o.NewID()
	return ed, err
}

// sentEditing is what the sent form of an editor's page was about.
func (o *Office) sentEditing(q url.Values, stored *addressed) (editing, error) {
	ed, err := o.newEditing(stored)
	if err != nil {
		return ed, err
	}
	if ed.edit, err = strconv.ParseInt(q.Get(editField), 10, 64); err != nil {
		return ed, policy.E(policy.ErrInvalid, "").Because(err)
	}
	ed.page, ed.after, ed.template = cmp.Or(q.Get(pageField), ed.page), q.Get(afterField), q.Get(templateField)
	return ed, nil
}

// action is the address to which the form is sent.
func (ed editing) action() string {
	if ed.stored == nil {
		return ed.base
	}
	return ed.base + "/edit"
}

func (ed editing) version() int64 {
	if ed.stored == nil {
		return 0
	}
	return ed.stored.ID
}

// text is the draft as it is stored.
func (ed editing) text() policy.Version {
	if ed.stored == nil {
		return policy.Version{}
	}
	return ed.stored.Version
}

// active is the version that applies while the draft is being written.
func (ed editing) active() (policy.Version, bool) {
	if ed.stored == nil {
		return policy.Version{}, false
	}
	return ed.stored.active()
}

// editor shows the draft as it is stored and says what the person typed into it before and did not save; or
// shows that.
func (o *Office) editor(w http.ResponseWriter, r *http.Request, a administrator, stored *addressed, f editForm) error {
	ed, err := o.newEditing(stored)
	if err != nil {
		return err
	}
	ed.template = r.URL.Query().Get(templateField)
	t, err := o.store.TypingOf(r.Context(), a.who(), ed.version())
	if errors.Is(err, policy.ErrNotFound) {
		return o.editPage(w, r, a, http.StatusOK, ed, f, nil)
	}
	if err != nil {
		return err
	}
	before := templates.TypedBefore{At: t.Changed, Older: ed.edit > t.Edit, Discard: *a.form(ed.base + "/typing/discard")}
	if !r.URL.Query().Has(typedQuery) {
		before.Continue = a.at(ed.action()) + "?" + typedQuery
		return o.editPage(w, r, a, http.StatusOK, ed, f, func(p *templates.EditPage) { p.Typed = &before })
	}
	f, ed.edit, ed.after, ed.template = readForm(t.Form), t.Edit, t.Page, t.Form.Get(templateField)
	return o.editPage(w, r, a, http.StatusOK, ed, f, func(p *templates.EditPage) { p.Typed, p.Unsaved = &before, true })
}

// typeDraft takes what is being typed into the editor of the draft of the address.
func (o *Office) typeDraft(w http.ResponseWriter, r *http.Request, a administrator) error {
	v, err := o.editable(r, a)
	if err != nil {
		return err
	}
	return o.typing(w, r, a, &v, a.formOf(v.Version, v.then.Platforms))
}

// typeNew takes what is being typed into the editor of a new policy.
func (o *Office) typeNew(w http.ResponseWriter, r *http.Request, a administrator) error {
	saved, err := a.begun(r.Context(), r.PostForm.Get(templateField))
	if err != nil {
		return err
	}
	return o.typing(w, r, a, nil, saved)
}

// typing keeps what is being typed, for the person alone and apart from the draft, and answers with what it
// looks like. Scripts ask for it; without them a draft is saved and looked at.
func (o *Office) typing(w http.ResponseWriter, r *http.Request, a administrator, stored *addressed, saved editForm) error {
	ed, err := o.sentEditing(r.PostForm, stored)
	if err != nil {
		return err
	}
	f := readForm(r.PostForm)
	f.headings = o.headingsOf(ed.text())
	p := templates.PreviewAnswer{Page: a.base}
	if p.Kept, err = o.keep(r, a, ed, f, saved); err != nil {
		return err
	}
	show := f.field(r.PostForm.Get(showField))
	p.Preview = o.preview(r.Context(), a, f, show)
	p.Original = o.original(r.Context(), a, ed, f).For("original")
	if p.Typists, err = o.typists(r, a, ed.version()); err != nil {
		return err
	}
	if p.Repair, err = o.offerDocument(r, a, show); err != nil {
		return err
	}
	if pasted := r.PostForm.Get(styledField); pasted != "" && p.Repair == nil {
		p.Repair = restyle(a, show.lang, pasted)
	}
	if pasted := r.PostForm.Get(pastedField); pasted != "" && p.Repair == nil {
		p.Repair = repair(a, show.lang, pasted)
	}
	o.Render(w, r, http.StatusOK, p)
	return nil
}

// keep stores what was typed unless it is what is saved already.
func (o *Office) keep(r *http.Request, a administrator, ed editing, f, saved editForm) (templates.Kept, error) {
	if f.same(saved) {
		return templates.KeptNothing, o.store.ForgetTyping(r.Context(), a.who(), ed.version(), ed.page, ed.after)
	}
	form := maps.Clone(r.PostForm)
	for _, name := range []string{web.TokenField, editField, pageField, afterField, showField, pastedField, styledField} {
		delete(form, name)
	}
	err := o.store.KeepTyping(r.Context(), a.who(), store.Typing{VersionID: ed.version(), Page: ed.page, Edit: ed.edit, Form: form}, ed.after)
	switch {
	case err == nil:
		return templates.KeptTyping, nil
	case errors.Is(err, policy.ErrConflict):
		return templates.KeptElsewhere, nil
	case errors.Is(err, policy.ErrTooLarge):
		return templates.KeptTooLong, nil
	}
	return "", err
}

// savedTyping deletes the typing that a form held which is saved now.
func (o *Office) savedTyping(r *http.Request, a administrator, ed editing) error {
	return o.store.ForgetTyping(r.Context(), a.who(), ed.version(), ed.page, ed.after)
}

// discardTyping deletes what the person typed into a draft, on whatever page, and leads back to its editor.
func (o *Office) discardTyping(w http.ResponseWriter, r *http.Request, a administrator) error {
	v, err := o.editable(r, a)
	if err != nil {
		return err
	}
	if err := o.store.ForgetTyping(r.Context(), a.who(), v.ID); err != nil {
		return err
	}
	return a.done(w, r, a.at("admin/versions/"+decimal(v.ID)+"/edit"), "discarded")
}

// discardNew is discardTyping for a policy that does not exist yet.
func (o *Office) discardNew(w http.ResponseWriter, r *http.Request, a administrator) error {
	if err := o.store.ForgetTyping(r.Context(), a.who(), 0); err != nil {
		return err
	}
	return a.done(w, r, a.at("admin/policies/new"), "discarded")
}

// typists are the others who have unsaved typing in a draft.
func (o *Office) typists(r *http.Request, a administrator, versionID int64) ([]templates.Typist, error) {
	list, err := o.store.OtherTypists(r.Context(), a.who(), versionID)
	if err != nil {
		return nil, fmt.Errorf("reading who types: %w", err)
	}
	var out []templates.Typist
	for _, t := range list {
		out = append(out, templates.Typist{Name: t.Name, Since: t.Started})
	}
	return out, nil
}

// same reports whether two forms would be saved alike.
func (f editForm) same(g editForm) bool {
	read := func(f editForm) (policy.Version, []typedText, []string) {
		set := f.version
		set.ChangeNote = lines(set.ChangeNote)
		set.AnnouncedFrom, set.EffectiveFrom, set.EnforcedFrom, set.Zone = time.Time{}, time.Time{}, time.Time{}, "" // as they are typed
		var texts []typedText
		for _, t := range f.typed {
			if t.n == 0 || !t.empty() {
				t.summary, t.content = lines(t.summary), lines(t.content)
				for i := range t.items {
					t.items[i] = lines(t.items[i])
				}
				texts = append(texts, t)
			}
		}
		return set, texts, store.Placed(f.sites)
	}
	a, textsA, sitesA := read(f)
	b, textsB, sitesB := read(g)
	none := f.days == days{zone: f.days.zone} && f.version.Validity == "" // then the zone means nothing
	same := f.days == g.days || none && g.days == (days{zone: g.days.zone})
	return same && policy.SameSettings(a, b) && slices.Equal(textsA, textsB) && slices.Equal(sitesA, sitesB)
}

// lines are what was typed into a field of several lines, in the normal form of texts.
func lines(s string) string {
	s, _ = normal.Text(s)
	return strings.TrimSpace(s)
}
