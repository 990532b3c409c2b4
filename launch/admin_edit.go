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
	"unicode"

	"golang.org/x/text/language"

	"ltipolicy/policy"
	"ltipolicy/templates"
)

// maxTexts bounds the languages of a form.
const maxTexts = 40

// editForm is a draft as a form holds it: typed values, before anything is checked.
type editForm struct {
	version policy.Version // settings; texts only of what can be saved
	typed   []typedText
	sites   []string
}

type typedText struct{ lang, name, summary, content string }

// formOf fills a form from a stored version.
func formOf(v policy.Version, sites []string) editForm {
	f := editForm{version: v, sites: sites}
	for _, t := range v.Texts {
		f.typed = append(f.typed, typedText{t.Lang, t.Name, string(t.Summary), string(t.Content)})
	}
	return f
}

// readEdit reads what was typed, cleans the texts and says what is wrong and what cleaning found.
func readEdit(q url.Values) (editForm, []templates.EditProblem, []templates.EditFinding) {
	f := editForm{sites: q["site"]}
	v := &f.version
	v.Type, v.Audience = policy.Type(short(q.Get("type"))), policy.Audience(short(q.Get("audience")))
	v.Kind, v.Revision = policy.Kind(q.Get("kind")), strings.TrimSpace(q.Get("revision"))
	v.Contact, v.ChangeNote = strings.TrimSpace(q.Get("contact")), strings.TrimSpace(strings.ReplaceAll(q.Get("note"), "\r\n", "\n"))
	v.Courses = q.Get("courses") == "1"
	if q.Get("own") == "1" {
		v.Style = policy.StyleOwnPage
	}
	var problems []templates.EditProblem
	var findings []templates.EditFinding
	problem := func(key, at string) { problems = append(problems, templates.EditProblem{Key: key, At: at}) }
	if len(q.Get("kind")) == 0 || templates.AdminKind(v.Kind) == "" || !slices.Contains(policyTypes, v.Type) || !slices.Contains(audiences, v.Audience) {
		problem("admin.problem.settings", "settings")
	}
	if len([]rune(v.Revision)) > 200 || len([]rune(v.Contact)) > 255 || len([]rune(v.ChangeNote)) > 4000 {
		problem("admin.problem.long", "settings")
	}
	for n := 0; n < maxTexts && q.Has(templates.EditField("name", n)); n++ {
		get := func(name string) string { return strings.TrimSpace(q.Get(templates.EditField(name, n))) }
		t := typedText{get("lang"), strings.Join(strings.Fields(get("name")), " "), get("summary"), get("content")}
		if n > 0 && (get("drop") == "1" || t.lang == "" && t.name == "" && t.summary == "" && t.content == "") {
			continue
		}
		at := "text-" + strconv.Itoa(len(f.typed))
		tag, err := language.Parse(t.lang)
		switch {
		case err != nil || tag == language.Und || len(t.lang) > 30:
			problem("admin.problem.language", at)
		case slices.ContainsFunc(f.typed, func(o typedText) bool { return o.lang == t.lang }):
			problem("admin.problem.twice", at)
		}
		if t.name == "" {
			problem("admin.problem.name", at)
		} else if len([]rune(t.name)) > 1333 {
			problem("admin.problem.long", at)
		}
		found, err := t.clean(get("plain") == "1")
		if err != nil {
			problem("admin.problem.text", at)
		}
		for _, x := range found {
			findings = append(findings, templates.EditFinding{Lang: t.lang, Name: t.name, Finding: x})
		}
		f.typed = append(f.typed, t)
		v.Texts = append(v.Texts, policy.Text{Lang: t.lang, Name: t.name, Summary: policy.SafeHTML(t.summary), Content: policy.SafeHTML(t.content)})
	}
	if len(f.typed) == 0 {
		problem("admin.problem.name", "text-0")
	}
	return f, problems, findings
}

func short(s string) int16 {
	n, err := strconv.ParseInt(s, 10, 16)
	if err != nil {
		return -1
	}
	return int16(n)
}

// clean makes of the typed texts what may be stored. Plain text first becomes paragraphs, headings, lists and
// tables, as far as they can be told.
func (t *typedText) clean(plain bool) ([]policy.Finding, error) {
	var found []policy.Finding
	if plain {
		parts := policy.ImportParts(t.lang, t.summary, t.content)
		t.summary, t.content = parts[0].HTML, parts[1].HTML
		found = append(append(found, parts[0].Findings...), parts[1].Findings...)
	}
	for _, s := range []*string{&t.summary, &t.content} {
		safe, more, err := policy.Sanitize(*s)
		if err != nil {
			return found, err
		}
		*s, found = string(safe), append(found, more...)
	}
	return found, nil
}

var (
	policyTypes = []policy.Type{policy.TypeSite, policy.TypePrivacy, policy.TypeThirdParty, policy.TypeOther}
	audiences   = []policy.Audience{policy.AudienceAll, policy.AudienceLoggedIn, policy.AudienceGuests}
	policyKinds = []policy.Kind{policy.Acknowledge, policy.Agree, policy.Consent, policy.Inform}
)

// editing is what an editor's page is about: the address it is sent to and, unless the policy is new, the
// version as it is stored.
type editing struct {
	action string
	stored *addressed
}

// editPage renders the editor with a form's values.
func (s *Server) editPage(w http.ResponseWriter, r *http.Request, a admin, status int, ed editing, f editForm, change func(*templates.EditPage)) error {
	v := f.version
	p := templates.EditPage{
		Page: a.base, New: ed.stored == nil, Revision: v.Revision, Contact: v.Contact, Note: v.ChangeNote,
		Own: v.Style == policy.StyleOwnPage, Courses: v.Courses, Back: a.home(),
	}
	edit := int64(0)
	var active policy.Version
	if ed.stored != nil {
		edit, p.Label = ed.stored.Edit, ed.stored.label
		active, _ = ed.stored.active()
	}
	p.Form = *a.form(ed.action, templates.Field{Name: editField, Value: decimal(edit)})
	for _, t := range policyTypes {
		p.Types = append(p.Types, templates.Option{Value: decimal(int64(t)), Key: a.base.TypeKey(t), Selected: t == v.Type})
	}
	for _, k := range policyKinds {
		p.Kinds = append(p.Kinds, templates.Option{Value: string(k), Key: a.base.AdminKindKey(k), Selected: k == v.Kind})
	}
	for _, x := range audiences {
		p.Audiences = append(p.Audiences, templates.Option{Value: decimal(int64(x)), Key: a.base.AudienceKey(x), Selected: x == v.Audience})
	}
	platforms, err := s.store.PlatformsOf(r.Context(), a.ses.InstitutionID)
	if err != nil {
		return err
	}
	for _, pl := range platforms {
		p.Sites = append(p.Sites, templates.Check{Value: pl.ID, Label: pl.Name, Checked: slices.Contains(f.sites, pl.ID)})
	}
	if len(f.typed) == 0 {
		f.typed = []typedText{{lang: a.base.Tag()}}
	}
	for i, t := range f.typed {
		p.Texts = append(p.Texts, s.editText(a, i, t, stale(active, f.typed, i), i == 0))
	}
	p.Texts = append(p.Texts, s.editText(a, len(f.typed), typedText{}, false, false))
	if change != nil {
		change(&p)
	}
	s.render(w, r, status, func(b *bytes.Buffer) error { return s.pages.Edit(b, p) })
	return nil
}

// editText is one language of the form. The choice holds Europe's languages and the one that is there.
func (s *Server) editText(a admin, n int, t typedText, old, open bool) templates.EditText {
	out := templates.EditText{
		Locale: a.base.Locale, N: n, Lang: t.lang, Name: t.name, Summary: t.summary, Content: t.content, Stale: old, Open: open || old,
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
		return ok && o.Name == t.name && string(o.Summary) == t.summary && string(o.Content) == t.content
	}
	return same(typed[i]) && !same(typed[0])
}

const editField = "edit"

// newPolicy shows an empty form with Moodle's defaults.
func (s *Server) newPolicy(w http.ResponseWriter, r *http.Request, a admin) error {
	f := editForm{version: policy.Version{Type: policy.TypeSite, Kind: policy.Agree}, sites: []string{a.ses.PlatformID}}
	return s.editPage(w, r, a, http.StatusOK, editing{action: "admin/policies/new"}, f, nil)
}

// createPolicy makes the policy with its first draft.
func (s *Server) createPolicy(w http.ResponseWriter, r *http.Request, a admin) error {
	f, problems, findings := readEdit(r.PostForm)
	if len(problems)+len(findings) > 0 {
		return s.editAgain(w, r, a, editing{action: "admin/policies/new"}, f, problems, findings)
	}
	_, id, err := s.store.CreatePolicy(r.Context(), a.who(), slugOf(f.version.Primary().Name), f.version, f.sites)
	if err != nil {
		return fmt.Errorf("creating the policy: %w", err)
	}
	return s.saved303(w, r, a, id)
}

// editAgain answers a form that cannot be saved as it is, with everything that was typed.
func (s *Server) editAgain(w http.ResponseWriter, r *http.Request, a admin, ed editing, f editForm, problems []templates.EditProblem, findings []templates.EditFinding) error {
	return s.editPage(w, r, a, http.StatusUnprocessableEntity, ed, f, func(p *templates.EditPage) {
		p.Problems, p.Findings = problems, findings
		if edit := r.PostForm.Get(editField); edit != "" {
			p.Form.Hidden[1].Value = edit // what the editor started from, not what is stored now
		}
	})
}

// editDraft shows the editor of a draft.
func (s *Server) editDraft(w http.ResponseWriter, r *http.Request, a admin) error {
	v, sites, err := s.editable(r, a)
	if err != nil {
		return err
	}
	return s.editPage(w, r, a, http.StatusOK, editing{"admin/versions/" + decimal(v.ID) + "/edit", &v}, formOf(v.Version, sites), nil)
}

// editable reads the draft of the address and where its policy applies.
func (s *Server) editable(r *http.Request, a admin) (addressed, []string, error) {
	v, err := s.addressed(r, a)
	if err != nil {
		return v, nil, err
	}
	if v.Status() != policy.Draft {
		return v, nil, policy.E(policy.ErrConflict, "").Because(errors.New("not a draft"))
	}
	on, err := s.store.PolicyPlatforms(r.Context(), a.ses.InstitutionID)
	return v, on[v.PolicyID], err
}

// saveDraft saves a draft unless somebody else did since the editor was opened: then the page shows both.
func (s *Server) saveDraft(w http.ResponseWriter, r *http.Request, a admin) error {
	v, _, err := s.editable(r, a)
	if err != nil {
		return err
	}
	ed := editing{"admin/versions/" + decimal(v.ID) + "/edit", &v}
	f, problems, findings := readEdit(r.PostForm)
	if len(problems)+len(findings) > 0 {
		return s.editAgain(w, r, a, ed, f, problems, findings)
	}
	next := f.version
	next.ID, next.PolicyID, next.EffectiveFrom = v.ID, v.PolicyID, v.EffectiveFrom
	if next.Edit, err = strconv.ParseInt(r.PostForm.Get(editField), 10, 64); err != nil {
		return policy.E(policy.ErrInvalid, "").Because(err)
	}
	_, err = s.store.SaveDraft(r.Context(), a.who(), next)
	if errors.Is(err, policy.ErrConflict) {
		return s.editConflict(w, r, a, ed, f, next.Edit, err)
	}
	if err != nil {
		return err
	}
	if err := s.store.SetPolicyPlatforms(r.Context(), a.who(), v.PolicyID, f.sites); err != nil {
		return err
	}
	return s.saved303(w, r, a, v.ID)
}

// editConflict shows what was typed beside what somebody else saved; saving again replaces it knowingly.
func (s *Server) editConflict(w http.ResponseWriter, r *http.Request, a admin, ed editing, f editForm, edit int64, conflict error) error {
	v, err := s.addressed(r, a)
	if err != nil {
		return err
	}
	if v.Edit == edit || v.Status() != policy.Draft {
		return conflict // scheduled or published meanwhile
	}
	ed.stored = &v
	outcome(r.Context(), "conflict")
	return s.editPage(w, r, a, http.StatusConflict, ed, f, func(p *templates.EditPage) {
		p.Conflict = &templates.EditConflict{Saved: v.Texts, Changes: templates.NewChanges(a.base.Locale, "conflict-changes", v.Primary(), f.version.Primary())}
	})
}

func (s *Server) saved303(w http.ResponseWriter, r *http.Request, a admin, versionID int64) error {
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

// slugOf makes the stable name of a new policy from its title.
func slugOf(name string) string {
	var b strings.Builder
	for _, r := range policy.Fold(name) {
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			b.WriteRune(r)
		} else if s := b.String(); s != "" && !strings.HasSuffix(s, "-") {
			b.WriteByte('-')
		}
		if b.Len() >= 60 {
			break
		}
	}
	if s := strings.Trim(b.String(), "-"); s != "" {
		return s
	}
	return "policy"
}
