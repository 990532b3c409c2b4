package admin

import (
	"cmp"
	"context"
	"regexp"
	"slices"

	"ltipolicy/policy"
	"ltipolicy/policy/lint"
	"ltipolicy/policy/source"
	"ltipolicy/templates"
)

// preview is a text of the form as a learner is going to see it.
func (o *Office) preview(ctx context.Context, a administrator, f editForm, t typedText) templates.Preview {
	v := f.version
	p := templates.Preview{Locale: a.base.Locale, Type: v.Type, Kind: v.Kind, Named: v.Named(), Revision: v.Revision}
	if templates.AdminKind(v.Kind) == "" {
		p.Problem = "admin.problem.settings"
		return p
	}
	if at, ok := f.days.moment(f.days.at); ok && !at.IsZero() {
		v.EffectiveFrom, p.From = at, policy.DayOf(at)
	}
	t.lang = cmp.Or(t.lang, a.base.Tag())
	p.Reader = o.Pages.Locale(t.lang, a.base.Tag(), "")
	var err error
	if p.Text, err = f.text(ctx, t); err != nil {
		p.Problem = "admin.problem.text"
	}
	v.Texts = []policy.Text{p.Text}
	p.Findings = lint.Version(v)
	return p
}

// original is the form's primary text for those who translate it, with marks where the active version differs.
// It is nil while there is none.
func (o *Office) original(ctx context.Context, a administrator, ed editing, f editForm) *templates.Original {
	if len(f.typed) == 0 || f.typed[0].empty() {
		return nil
	}
	text, err := f.text(ctx, f.typed[0])
	if err != nil {
		return nil // its own preview says so
	}
	var old *policy.Text
	label := ""
	if active, ok := ed.active(); ok {
		if t, ok := active.In(text.Lang); ok {
			old, label = &t, policy.RevisionLabels(ed.stored.others, a.base.Date)[active.ID]
		}
	}
	return templates.NewOriginal(a.base.Locale, text, old, label)
}

// text is what would be stored of what was typed.
func (f editForm) text(ctx context.Context, t typedText) (policy.Text, error) {
	if _, _, err := t.clean(ctx, nil); err != nil {
		return policy.Text{}, err
	}
	content, err := f.whole(t)
	return policy.Text{Lang: t.lang, Name: t.name, Summary: policy.SafeHTML(t.summary), Content: content}, err
}

// rebuilt is what a paste loses and the importer finds again.
var rebuilt = regexp.MustCompile(`<(h[2-6]|ul|ol|dl|table)[ >]`)

// restyle is what becomes of pasted HTML with its styles, nil if they say nothing.
func restyle(a administrator, lang, pasted string) *templates.Repair {
	safe, found, more, err := source.Pasted(pasted)
	if err != nil || !more || safe == "" {
		return nil
	}
	r := offer(a, lang, safe, found)
	r.Styled = true
	return r
}

// repair is what the importer makes of pasted plain text, nil if that is no better.
func repair(a administrator, lang, pasted string) *templates.Repair {
	part := source.ImportParts(lang, pasted)[0]
	safe, more, err := source.Sanitize(part.HTML)
	if err != nil {
		return nil
	}
	losses, err := source.Prove("txt", pasted, safe, slices.Concat(part.Findings, more))
	if err != nil {
		return nil
	}
	joined := slices.ContainsFunc(part.Findings, func(f source.Finding) bool {
		return f.Code == source.FoundJoined || f.Code == source.FoundNote
	})
	if !joined && !rebuilt.MatchString(string(safe)) {
		return nil
	}
	return offer(a, lang, safe, append(part.Findings, losses...))
}

func offer(a administrator, lang string, safe policy.SafeHTML, found []source.Finding) *templates.Repair {
	r := templates.Repair{Locale: a.base.Locale, Text: safe, Lang: cmp.Or(lang, a.base.Tag())}
	for _, f := range found {
		r.Findings = append(r.Findings, templates.EditFinding{Lang: lang, Finding: f})
	}
	return &r
}
