package admin

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"ltipolicy/launch/web"
	"ltipolicy/policy"
	"ltipolicy/policy/markup"
	"ltipolicy/policy/research"
	"ltipolicy/policy/template"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// editPage renders the editor with a form's values.
func (o *Office) editPage(w http.ResponseWriter, r *http.Request, a administrator, status int, ed editing, f editForm, change func(*templates.EditPage)) error {
	v := f.version
	f.headings = o.headingsOf(ed.text())
	p := templates.EditPage{
		Page: a.base, New: ed.stored == nil, Settings: v.Settings(), Days: f.days.template(), Zones: a.zones(cmp.Or(f.days.zone, a.zone())), Back: a.home(),
		Typing: a.at(ed.base + "/typing"), Upload: a.at("admin/images"),
	}
	if ed.stored != nil {
		p.Label, p.Remarks = ed.stored.label, a.remarks(ed.stored.Version)
	}
	active, _ := ed.active()
	if ed.stored == nil {
		p.Begin = a.beginnings(ed.template)
	}
	p.Form = *a.form(ed.action(), templates.Field{Name: templateField, Value: ed.template}, templates.Field{Name: editField, Value: decimal(ed.edit)},
		templates.Field{Name: pageField, Value: ed.page}, templates.Field{Name: afterField, Value: ed.after})
	for _, t := range policyTypes {
		p.Types = append(p.Types, templates.Option{Value: decimal(int64(t)), Key: a.base.TypeKey(t), Selected: t == v.Type})
	}
	for _, k := range policyKinds {
		p.Kinds = append(p.Kinds, templates.Option{Value: string(k), Key: a.base.AdminKindKey(k), Selected: k == v.Kind})
	}
	for _, x := range seenBy {
		p.Visibilities = append(p.Visibilities, templates.Option{Value: string(x), Key: a.base.VisibilityKey(x), Selected: x == v.Visibility})
	}
	for _, x := range audiences {
		p.Audiences = append(p.Audiences, templates.Option{Value: decimal(int64(x)), Key: a.base.AudienceKey(x), Selected: x == v.Audience})
	}
	p.Validities, p.ValidityDay = validities(a.base.Locale, v.Validity, o.Now())
	platforms, err := o.store.PlatformsOf(r.Context(), a.ses.InstitutionID)
	if err != nil {
		return err
	}
	p.Sites = append(p.Sites, templates.Check{Value: store.Everywhere, Label: a.base.T("admin.edit.everywhere"), Checked: slices.Contains(f.sites, store.Everywhere)})
	names := siteNames(platforms)
	for _, pl := range platforms {
		p.Sites = append(p.Sites, templates.Check{Value: pl.ID, Label: names[pl.ID], Checked: slices.Contains(f.sites, pl.ID)})
	}
	if p.Typists, err = o.typists(r, a, ed.version()); err != nil {
		return err
	}
	if len(f.typed) == 0 {
		f.typed = []typedText{{lang: a.base.Tag()}}
	}
	if f.typed[len(f.typed)-1].empty() && len(f.typed) > 1 {
		f.typed = f.typed[:len(f.typed)-1]
	}
	original := o.original(r.Context(), a, ed, f)
	for i, t := range append(f.typed, typedText{}) {
		text := o.editText(a, i, t, i < len(f.typed) && stale(active, f.typed, i), i == 0)
		if f.research() {
			text.Items = t.fields()
		}
		if i > 0 {
			text.Original = original.For("original-" + strconv.Itoa(i))
		}
		p.Texts = append(p.Texts, text)
	}
	p.Preview = o.preview(r.Context(), a, f, f.typed[0])
	if change != nil {
		change(&p)
	}
	o.Render(w, r, status, p)
	return nil
}

// editText is one language of the form. The choice holds Europe's languages and the one that is there.
func (o *Office) editText(a administrator, n int, t typedText, old, open bool) templates.EditText {
	out := templates.EditText{
		Locale: a.base.Locale, N: n, Lang: t.lang, Name: t.name, Summary: t.summary, Content: t.content, Stale: old, Open: open || old,
		Plain: t.plain, Drop: t.drop,
	}
	if n > 0 {
		out.Languages = append(out.Languages, templates.Option{Value: "", Key: "admin.edit.nolanguage", Selected: t.lang == ""})
	}
	tags := templates.TextLanguages()
	if t.lang != "" && !slices.Contains(tags, t.lang) {
		tags = append(tags, t.lang)
	}
	for _, tag := range tags {
		out.Languages = append(out.Languages, templates.Option{Value: tag, Label: templates.Autonym(tag), Lang: tag, Selected: tag == t.lang})
	}
	return out
}

// stale reports whether a translation still is that of the active version although the primary text is not.
func stale(active policy.Version, typed []typedText, i int) bool {
	if i == 0 || len(active.Texts) == 0 {
		return false
	}
	same := func(t typedText) bool {
		o, ok := active.In(t.lang)
		if ok && active.Form == policy.FormResearch {
			p := research.Split(o.Content)
			o.Content = p.Body
			for i, part := range p.Items {
				ok = ok && string(part.Text) == t.items[i]
			}
		}
		return ok && o.Name == t.name && string(o.Summary) == t.summary && string(o.Content) == t.content
	}
	return same(typed[i]) && !same(typed[0])
}

// fields are the items of a text in the form.
func (t typedText) fields() []templates.EditItem {
	var out []templates.EditItem
	for i, item := range research.Items() {
		out = append(out, templates.EditItem{Item: item, Text: t.items[i], Missing: markup.Words(policy.SafeHTML(t.items[i])) == 0})
	}
	return out
}

// beginnings are what a new policy can begin with.
func (a administrator) beginnings(chosen string) []templates.Beginning {
	var out []templates.Beginning
	for _, name := range append([]template.Name{""}, template.Names()...) {
		b := templates.Beginning{Locale: a.base.Locale, Name: name, Chosen: string(name) == chosen, URL: a.at("admin/policies/new")}
		if name != "" {
			b.URL += "?" + templateField + "=" + string(name)
		}
		out = append(out, b)
	}
	return out
}

// newPolicy shows a form that is empty, or holds what a template says.
func (o *Office) newPolicy(w http.ResponseWriter, r *http.Request, a administrator) error {
	f, err := a.begun(r.Context(), r.URL.Query().Get(templateField))
	if err != nil {
		return err
	}
	return o.editor(w, r, a, nil, f)
}

// createPolicy makes the policy with its first draft.
func (o *Office) createPolicy(w http.ResponseWriter, r *http.Request, a administrator) error {
	ed, err := o.sentEditing(r.PostForm, nil)
	if err != nil {
		return err
	}
	f, problems, findings, err := o.readDraft(r, a, time.Time{}, policy.Version{})
	if err != nil {
		return err
	}
	if len(problems)+len(findings) > 0 {
		return o.editAgain(w, r, a, ed, f, problems, findings)
	}
	_, id, err := o.store.CreatePolicy(r.Context(), a.who(), slugOf(f.version.Primary().Name), f.version, f.sites)
	if err != nil {
		return fmt.Errorf("creating the policy: %w", err)
	}
	if err := o.savedTyping(r, a, ed); err != nil {
		return err
	}
	return o.saved303(w, r, a, id)
}

// editAgain answers a form that cannot be saved as it is, with everything that was typed.
func (o *Office) editAgain(w http.ResponseWriter, r *http.Request, a administrator, ed editing, f editForm, problems []templates.EditProblem, findings []templates.EditFinding) error {
	return o.editPage(w, r, a, http.StatusUnprocessableEntity, ed, f, func(p *templates.EditPage) {
		p.Problems, p.Findings, p.Unsaved = problems, findings, true
	})
}

// editDraft shows the editor of a draft.
func (o *Office) editDraft(w http.ResponseWriter, r *http.Request, a administrator) error {
	v, err := o.editable(r, a)
	if err != nil {
		return err
	}
	return o.editor(w, r, a, &v, a.formOf(v.Version, v.then.Platforms))
}

// editable reads the draft of the address, where it is to apply and where its policy does.
func (o *Office) editable(r *http.Request, a administrator) (addressed, error) {
	v, err := o.addressed(r, a)
	if err != nil {
		return v, err
	}
	if v.Status() != policy.Draft {
		return v, policy.E(policy.ErrConflict, "").Because(errors.New("not a draft"))
	}
	v.then, v.now, err = o.store.DraftScope(r.Context(), v.Version)
	return v, err
}

// saveDraft saves a draft unless somebody else did since the editor was opened: then the page shows both.
func (o *Office) saveDraft(w http.ResponseWriter, r *http.Request, a administrator) error {
	v, err := o.editable(r, a)
	if err != nil {
		return err
	}
	ed, err := o.sentEditing(r.PostForm, &v)
	if err != nil {
		return err
	}
	f, problems, findings, err := o.readDraft(r, a, v.EffectiveFrom, v.Version)
	if err != nil {
		return err
	}
	if len(problems)+len(findings) > 0 {
		return o.editAgain(w, r, a, ed, f, problems, findings)
	}
	next := f.version
	next.ID, next.PolicyID, next.Edit = v.ID, v.PolicyID, ed.edit
	_, err = o.store.SaveDraft(r.Context(), a.who(), next, f.sites)
	if errors.Is(err, policy.ErrConflict) {
		return o.editConflict(w, r, a, ed, f, err)
	}
	if err != nil {
		return err
	}
	// A stop before this leaves what was typed: it is offered again, with the draft as it was saved beside it.
	if err := o.savedTyping(r, a, ed); err != nil {
		return err
	}
	return o.saved303(w, r, a, v.ID)
}

// editConflict shows what was typed beside what somebody else saved; saving again replaces it knowingly.
func (o *Office) editConflict(w http.ResponseWriter, r *http.Request, a administrator, ed editing, f editForm, conflict error) error {
	v, err := o.addressed(r, a)
	if err != nil {
		return err
	}
	if _, waits := errors.AsType[*store.Waiting](conflict); waits || v.Edit == ed.edit || v.Status() != policy.Draft {
		return conflict // scheduled or published meanwhile
	}
	ed.stored, ed.edit = &v, v.Edit
	web.Outcome(r.Context(), "conflict")
	return o.editPage(w, r, a, http.StatusConflict, ed, f, func(p *templates.EditPage) {
		p.Unsaved = true
		p.Conflict = &templates.EditConflict{Saved: v.Texts, Changes: templates.NewChanges(a.base.Locale, "conflict-changes", v.Primary(), f.version.Primary(), 4)}
	})
}

func (o *Office) saved303(w http.ResponseWriter, r *http.Request, a administrator, versionID int64) error {
	page := a.at("admin/versions/" + decimal(versionID))
	switch r.PostForm.Get("then") {
	case "view":
	case "publish":
		page += "/publish"
	default:
		page += "/edit"
	}
	return a.done(w, r, page, "saved")
}
