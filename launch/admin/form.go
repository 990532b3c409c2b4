package admin

import (
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
	"ltipolicy/policy/source"
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
}

// typedText is one text of a form, n its number there.
type typedText struct {
	n                            int
	lang, name, summary, content string
	image                        string // that came as a file, for the end of the content
	plain, drop                  bool
}

func (t typedText) empty() bool {
	return t.name == "" && t.summary == "" && t.content == "" && (t.n == 0 || t.lang == "")
}

// formOf fills a form from a stored version.
func (a administrator) formOf(v policy.Version, sites []string) editForm {
	f := editForm{version: v, sites: sites, days: a.daysOf(v)}
	for i, t := range v.Texts {
		f.typed = append(f.typed, typedText{n: i, lang: t.Lang, name: t.Name, summary: string(t.Summary), content: string(t.Content)})
	}
	return f
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
			n: n, lang: get("lang"), name: strings.Join(strings.Fields(get("name")), " "), summary: get("summary"), content: get("content"),
			image: get(imageField), plain: get("plain") == "1", drop: get("drop") == "1",
		})
	}
	return f
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
func readEdit(ctx context.Context, q url.Values, now, planned time.Time) (editForm, []templates.EditProblem, []templates.EditFinding, error) {
	f := readForm(q)
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
		if err != nil {
			problem("admin.problem.text", at)
		}
		for _, x := range found {
			findings = append(findings, templates.EditFinding{Lang: t.lang, Name: t.name, Finding: x})
		}
		f.typed = append(f.typed, t)
		v.Images = append(v.Images, images...)
		v.Texts = append(v.Texts, policy.Text{Lang: t.lang, Name: t.name, Summary: policy.SafeHTML(t.summary), Content: policy.SafeHTML(t.content)})
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
	if t.plain {
		parts := source.ImportParts(t.lang, t.summary, t.content)
		t.summary, t.content, t.plain = parts[0].HTML, parts[1].HTML, false
		found = append(append(found, parts[0].Findings...), parts[1].Findings...)
	}
	t.content, t.image = t.content+t.image, ""
	for _, s := range []*string{&t.summary, &t.content} {
		taken, brought, refused, err := source.TakeImages(ctx, *s, nil, of)
		if err != nil {
			return found, nil, err
		}
		safe, more, err := source.Sanitize(taken)
		if err != nil {
			return found, nil, err
		}
		*s, images, found = string(safe), append(images, brought...), append(append(found, refused...), more...)
	}
	return found, images, nil
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
