package templates

import (
	"html/template"
	"slices"
	"strconv"

	"ltipolicy/policy"
	"ltipolicy/policy/diff"
	"ltipolicy/policy/markup"
)

// AdminComparePage shows administrators how one version became another.
type AdminComparePage struct {
	Page
	Comparison Comparison
	Back       string
}

// Comparison is how one version became another: side by side, and in one column where the page is narrow.
type Comparison struct {
	*Locale
	Name     string // of the later version, in the language of the comparison
	Lang     string
	Action   string // where the choice is sent
	Hidden   []Field
	Choices  []Chooser
	Old, New string // labels
	Twice    bool   // the same version was chosen twice
	Minor    bool   // answers to the earlier version count for the later one
	Note     string // of the later version, on its changes
	NoteLang string
	Settings []ComparedSetting
	Changes  Changes
	Equal    bool // name, summary and full text
	Parts    []ComparedPart
}

// NewComparison compares two versions of a policy in a language, or in the later one's own where neither has a text in it.
// all are those that one may choose, the earliest first; their texts need no content.
func NewComparison(l *Locale, all []policy.Version, labels map[int64]string, old, now policy.Version, lang string) Comparison {
	languages := ComparedLanguages(old, now)
	if !slices.Contains(languages, lang) {
		lang = now.Primary().Lang
	}
	in := func(v policy.Version) policy.Text {
		if t, ok := v.In(lang); ok {
			return t
		}
		return v.Primary()
	}
	before, after := in(old), in(now)
	c := Comparison{
		Locale: l, Name: after.Name, Lang: after.Lang, Old: labels[old.ID], New: labels[now.ID], Twice: old.ID == now.ID,
		Note: now.ChangeNote, NoteLang: now.Primary().Lang,
		Changes: NewChanges(l, "compare", before, after, 4), Equal: before == after,
	}
	if before.Lang == after.Lang {
		c.Parts = NewComparedParts(l, before, after)
	}
	versions := func(chosen int64) (options []Option) {
		for _, v := range slices.Backward(all) {
			id := strconv.FormatInt(v.ID, 10)
			options = append(options, Option{Value: id, Label: labels[v.ID], Selected: v.ID == chosen})
		}
		return options
	}
	c.Choices = []Chooser{
		{Locale: l, Name: "old", Label: "admin.compare.old", Options: versions(old.ID)},
		{Locale: l, Name: "new", Label: "admin.compare.new", Options: versions(now.ID)},
	}
	if len(languages) > 1 {
		choice := Chooser{Locale: l, Name: "text", Label: "admin.compare.text"}
		for _, tag := range languages {
			choice.Options = append(choice.Options, Option{Value: tag, Label: Autonym(tag), Lang: tag, Selected: tag == lang})
		}
		c.Choices = append(c.Choices, choice)
	}
	return c
}

// ComparedLanguages are those in which two versions can be compared, the later one's own first.
func ComparedLanguages(old, now policy.Version) []string {
	var tags []string
	for _, v := range []policy.Version{now, old} {
		for _, t := range v.Texts {
			if !slices.Contains(tags, t.Lang) {
				tags = append(tags, t.Lang)
			}
		}
	}
	return tags
}

// ComparedSetting is a setting that the two versions have different.
type ComparedSetting struct {
	Key      string // message key of its name
	Old, New ComparedValue
}

// ComparedValue is a setting's value: a message, words as they were typed, or languages.
type ComparedValue struct {
	*Locale
	Key, Text string
	Languages []string
}

// ComparedPart is the summary or the full text of both versions, side by side.
type ComparedPart struct {
	Key  string // message key of its heading
	Rows []ComparedRow
}

// ComparedRow is what stands beside each other.
type ComparedRow struct {
	State    diff.State
	Old, New template.HTML
	Folded   int // paragraphs of a long stretch without a change, which stand in New for both sides
}

// besideContext is how many unchanged paragraphs stay around a change.
const besideContext = 1

// NewComparedParts puts two texts of one language side by side. Texts that are too far apart stand there
// whole, without marks.
func NewComparedParts(l *Locale, old, now policy.Text) []ComparedPart {
	o := l.comparing(besideContext)
	var parts []ComparedPart
	for _, part := range []struct {
		key      string
		old, now policy.SafeHTML
	}{{"policy.summary", old.Summary, now.Summary}, {"policy.full", old.Content, now.Content}} {
		pairs, _ := diff.Beside(part.old, part.now, o)
		p := ComparedPart{Key: part.key}
		changed := false
		for i, pair := range pairs {
			id := "beside-" + strconv.Itoa(len(parts)) + "-" + strconv.Itoa(i)
			p.Rows = append(p.Rows, ComparedRow{
				State: pair.State, Folded: pair.Folded,
				Old: template.HTML(markup.Scoped(pair.Old, id+"-old", 4)), New: template.HTML(markup.Scoped(pair.New, id, 4)),
			})
			changed = changed || pair.State != diff.Same
		}
		if changed {
			parts = append(parts, p)
		}
	}
	return parts
}
