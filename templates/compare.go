package templates

import (
	"html/template"
	"strconv"

	"ltipolicy/policy"
	"ltipolicy/policy/diff"
	"ltipolicy/policy/markup"
)

// AdminComparePage shows how one version became another: side by side, and in one column where the page is
// narrow.
type AdminComparePage struct {
	Page
	Name     string // of the later version, in the language of the comparison
	Lang     string
	Action   string // where the choice is sent
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
	Back     string
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
	o := diff.Options{Inserted: l.T("changes.inserted"), Deleted: l.T("changes.deleted"), Image: l.T("changes.image"), Lang: l.tag, Context: besideContext}
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
