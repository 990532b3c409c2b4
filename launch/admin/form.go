package admin

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/language"

	"ltipolicy/policy"
	"ltipolicy/policy/normal"
	"ltipolicy/policy/research"
	"ltipolicy/policy/source"
	"ltipolicy/policy/template"
	"ltipolicy/templates"
)

// maxTexts bounds the languages of a form.
const maxTexts = 40

// editForm is a draft as a form holds it: typed values, before anything is checked.
type editForm struct {
	version policy.Version // settings; texts only of what can be saved
	typed   []typedText
	sites   []string
	days    days // that are planned
	// headings are those of the items in a text of a language.
	headings func(lang string) [6]string
}

// research reports whether the texts have the items of a consent to research.
func (f editForm) research() bool { return f.version.Form == policy.FormResearch }

// typedText is one text of a form, n its number there.
type typedText struct {
	n                            int
	lang, name, summary, content string
	items                        [6]string // of a consent to research, in the order of research.Items
	document                     string    // that came as a file, in the place of the content
	image                        string    // that came as a file, for the end of the content
	plain, drop                  bool
}

func (t typedText) empty() bool {
	return t.name == "" && t.summary == "" && t.content == "" && t.document == "" && t.items == [6]string{} && (t.n == 0 || t.lang == "")
}

// formOf fills a form from a stored version.
func (a administrator) formOf(v policy.Version, sites []string) editForm {
	f := editForm{version: v, sites: sites, days: a.daysOf(v)}
	for i, t := range v.Texts {
		typed := typedText{n: i, lang: t.Lang, name: t.Name, summary: string(t.Summary), content: string(t.Content)}
		if f.research() {
			p := research.Split(t.Content)
			typed.content = string(p.Body)
			for i, part := range p.Items {
				typed.items[i] = string(part.Text)
			}
		}
		f.typed = append(f.typed, typed)
	}
	return f
}

// begun is the form of a new policy: empty, or with what a template says.
func (a administrator) begun(ctx context.Context, name string) (editForm, error) {
	if name == "" {
		return a.newForm(), nil
	}
	v, err := template.Version(ctx, template.Name(name), a.base.Tag())
	if err != nil {
		return editForm{}, err
	}
	return a.formOf(v, []string{a.ses.PlatformID}), nil
}

// headingsOf are the headings of the items as a stored version has them, or as the interface says them in the language of
// the text.
func (o *Office) headingsOf(stored policy.Version) func(lang string) [6]string {
	return func(lang string) (out [6]string) {
		var parts research.Parts
		if t, ok := stored.In(lang); ok && t.Lang == lang {
			parts = research.Split(t.Content)
		}
		l := o.Pages.Locale(lang, "en", "")
		for i, item := range research.Items() {
			out[i] = cmp.Or(parts.Items[i].Heading, l.T(templates.ItemKey(item)))
		}
		return out
	}
}

// whole is the content as it is stored: in a consent to research with the items, each under its heading. The parts are
// clean already.
func (f editForm) whole(t typedText) (policy.SafeHTML, error) {
	if !f.research() {
		return policy.SafeHTML(t.content), nil
	}
	p := research.Parts{Body: policy.SafeHTML(t.content)}
	for i, heading := range f.headings(t.lang) {
		p.Items[i] = research.Part{Heading: heading, Text: policy.SafeHTML(t.items[i])}
	}
	safe, _, err := source.Sanitize(p.Join())
	return safe, err
}

// newForm is an empty form with Moodle's defaults.
func (a administrator) newForm() editForm {
	return editForm{
		version: policy.Version{Type: policy.TypeSite, Kind: policy.Agree}, sites: []string{a.ses.PlatformID},
		typed: []typedText{{lang: a.base.Tag()}}, days: days{zone: a.zone()},
	}
}

// readForm reads what was typed, as it is.
func readForm(q url.Values) editForm {
	f := editForm{version: readSettings(q), sites: q["site"], days: readDays(q)}
	for n := 0; n < maxTexts && q.Has(templates.EditField("name", n)); n++ {
		get := func(name string) string { return strings.TrimSpace(q.Get(templates.EditField(name, n))) }
		f.typed = append(f.typed, typedText{
			n: n, lang: get("lang"), name: normal.Line(strings.Join(strings.Fields(get("name")), " ")), summary: get("summary"), content: get("content"),
			items:    readItems(get),
			document: get(documentField), image: get(imageField), plain: get("plain") == "1", drop: get("drop") == "1",
		})
	}
	return f
}

func readItems(get func(name string) string) (out [6]string) {
	for i, item := range research.Items() {
		out[i] = get(templates.ItemField(item))
	}
	return out
}

// field is the text with this number in the form, or the first one.
func (f editForm) field(n string) typedText {
	for _, t := range f.typed {
		if strconv.Itoa(t.n) == n {
			return t
		}
	}
	if len(f.typed) == 0 {
		return typedText{}
	}
	return f.typed[0]
}

// readEdit reads what was typed to be saved: it cleans the texts and says what is wrong and what cleaning found.
// A day that is planned must be still to come, unless it is the one that is stored. An error says that the images could
// not be looked at now.
func readEdit(ctx context.Context, q url.Values, now, planned time.Time, headings func(string) [6]string) (editForm, []templates.EditProblem, []templates.EditFinding, error) {
	f := readForm(q)
	f.headings = headings
	v, typed := &f.version, f.typed
	f.typed = nil
	var problems []templates.EditProblem
	var findings []templates.EditFinding
	problem := func(key, at string) { problems = append(problems, templates.EditProblem{Key: key, At: at}) }
	for _, key := range wrongSettings(*v) {
		problem(key, "settings")
	}
	if !f.days.plan(v, now, planned) || f.days.zoneProblem(*v) {
		problem("admin.problem.when", "plan")
	}
	var allowance source.Allowance
	for _, t := range typed {
		if t.n > 0 && (t.drop || t.empty()) {
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
		found, images, err := t.clean(ctx, &allowance)
		if errors.Is(err, policy.ErrUnavailable) {
			return f, nil, nil, err
		}
		content, bad := f.whole(t)
		if err != nil || bad != nil {
			problem("admin.problem.text", at)
		}
		for _, x := range found {
			findings = append(findings, templates.EditFinding{Lang: t.lang, Name: t.name, Finding: x})
		}
		f.typed = append(f.typed, t)
		v.Images = append(v.Images, images...)
		v.Texts = append(v.Texts, policy.Text{Lang: t.lang, Name: t.name, Summary: policy.SafeHTML(t.summary), Content: content})
	}
	if len(f.typed) == 0 {
		problem("admin.problem.name", "text-0")
	}
	return f, problems, findings, nil
}

// clean makes of the typed texts what may be stored, and takes the images out of them. Plain text first becomes
// paragraphs, headings, lists and tables, as far as they can be told.
func (t *typedText) clean(ctx context.Context, of *source.Allowance) ([]source.Finding, []policy.Image, error) {
	var found []source.Finding
	var images []policy.Image
	format, typed := "html", t.parts()
	if t.plain {
		format = "txt"
		parts := source.ImportParts(t.lang, t.summary, t.content)
		t.summary, t.content, t.plain = parts[0].HTML, parts[1].HTML, false
		found = append(append(found, parts[0].Findings...), parts[1].Findings...)
		for i := range t.items {
			part := source.ImportParts(t.lang, t.items[i])[0]
			t.items[i], found = part.HTML, append(found, part.Findings...)
		}
	}
	formats := slices.Repeat([]string{format}, len(typed))
	if t.document != "" { // it was held against its file already
		t.content, typed[1], formats[1], t.document = t.document, t.document, "html", ""
	}
	t.content, t.image = t.content+t.image, ""
	for i, s := range slices.Concat([]*string{&t.summary, &t.content}, t.itemTexts()) {
		taken, brought, refused, err := source.TakeImages(ctx, *s, nil, of)
		if err != nil {
			return found, nil, err
		}
		safe, more, err := source.Sanitize(taken)
		if err != nil {
			return found, nil, err
		}
		losses, err := source.Prove(formats[i], typed[i], safe, slices.Concat(refused, more))
		if err != nil {
			return found, nil, err
		}
		*s, images, found = string(safe), append(images, brought...), slices.Concat(found, refused, more, losses)
	}
	content, err := source.SeparateNotes(policy.SafeHTML(t.summary), policy.SafeHTML(t.content))
	t.content = string(content)
	return found, images, err
}

// parts are the texts as they were typed: summary, content, items.
func (t *typedText) parts() []string { return append([]string{t.summary, t.content}, t.items[:]...) }

// itemTexts are the items, to be changed.
func (t *typedText) itemTexts() []*string {
	var list []*string
	for i := range t.items {
		list = append(list, &t.items[i])
	}
	return list
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
