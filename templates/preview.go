package templates

import (
	"html/template"
	"time"

	"ltipolicy/policy"
	"ltipolicy/policy/diff"
	"ltipolicy/policy/lint"
	"ltipolicy/policy/markup"
)

// Preview is a text of a draft as a learner is going to see it on a phone, while it is being written.
type Preview struct {
	*Locale
	Reader   *Locale // of the learner's page: in the text's own language where there is one
	Text     policy.Text
	Type     policy.Type
	Kind     policy.Kind
	Named    bool // the teachers of the course learn the answers by name
	Revision string
	From     policy.Day // when it is meant to begin to apply; zero: not known yet
	Findings []lint.Finding
	Problem  string // message key: why there is nothing to see
}

// Empty reports whether nothing was written yet.
func (p Preview) Empty() bool {
	return p.Text.Name == "" && p.Text.Summary == "" && p.Text.Content == ""
}

// Reading is the text prepared for the pane.
func (p Preview) Reading() Reading {
	return p.Reader.Reading(lint.Anchored(p.Text, p.Findings), previewID, 4, 5)
}

// Lint is what the linter says of the text.
func (p Preview) Lint() Lint {
	return NewLint(p.Locale, []policy.Text{p.Text}, p.Findings, func(int) string { return previewID })
}

const previewID = "preview"

// Around is the statement that a learner affirms, before and after the policy's name.
func (p Preview) Around() Around { return p.Reader.Around(statementKey(p.Kind)) }

// PreviewAnswer is what the editor's script gets for what is being typed: parts of the page, each of which
// takes the place of the one that is there.
type PreviewAnswer struct {
	Page
	Kept     Kept
	Preview  Preview
	Typists  []Typist
	Original *Original // the primary text, for the translations
	Repair   *Repair   // of what was pasted; nil: nothing to repair
}

// Kept says what became of what was typed.
type Kept string

// What can become of what was typed.
const (
	KeptTyping    Kept = "kept"
	KeptNothing   Kept = "nothing"   // it is what is saved already
	KeptElsewhere Kept = "elsewhere" // the person typed in another window, or has to choose first
	KeptTooLong   Kept = "toolong"
)

// Typist is somebody else who types in the same draft.
type Typist struct {
	Name  string // empty: not known
	Since time.Time
}

// TypedBefore says that the person typed into the draft earlier and did not save it.
type TypedBefore struct {
	At       time.Time
	Older    bool   // somebody saved the draft after that
	Continue string // address of the editor with what was typed; empty: it is in the form
	Discard  Form
}

// Original is the primary text beside a translation. [Original.For] makes it ready for a place on the page.
type Original struct {
	*Locale
	Lang, Name       string
	OldName          string
	Summary, Content template.HTML
	Since            string // label of the active version since which marked blocks changed; empty: none is marked
	Rewritten        bool   // too much changed to be marked

	text policy.Text
}

// NewOriginal prepares the primary text. Against old, the same text of the active version with that label, what
// changed is marked, for the ear too.
func NewOriginal(l *Locale, now policy.Text, old *policy.Text, label string) *Original {
	o := &Original{Locale: l, Lang: now.Lang, Name: now.Name, text: now}
	if old == nil || *old == now {
		return o
	}
	o.Since = label
	if old.Name != now.Name {
		o.OldName = old.Name
	}
	options := l.comparing(-1)
	summary, content := diff.Compare(old.Summary, now.Summary, options), diff.Compare(old.Content, now.Content, options)
	if o.Rewritten = summary.Rewritten || content.Rewritten; !o.Rewritten {
		o.Summary, o.Content = l.touched(summary, now.Lang), l.touched(content, now.Lang)
	}
	return o
}

// For is the text for one place, with id as the prefix of its ids. A comparison has none.
func (o *Original) For(id string) *Original {
	if o == nil || o.Since != "" && !o.Rewritten {
		return o
	}
	out := *o
	out.Summary = o.Fragment(o.text.Summary, o.Lang, id+"-s", 3)
	out.Content = o.Fragment(o.text.Content, o.Lang, id+"-c", 3)
	return &out
}

// touched puts a compared text together again, with the sections that changed in boxes.
func (l *Locale) touched(d diff.Difference, lang string) template.HTML {
	var out template.HTML
	for _, s := range d.Sections {
		h := l.regions(markup.Scoped(s.HTML, "", 3), lang)
		if s.State != diff.Same {
			h = `<div class="touched">` + h + `</div>`
		}
		out += h
	}
	return out
}

// Repair is what the importer makes of pasted text, to be looked at before it replaces anything.
type Repair struct {
	*Locale
	Text     policy.SafeHTML // of a policy in Lang
	Lang     string
	Styled   bool // from its styles
	Document bool // from a document; without a text it could not be read
	Findings []EditFinding
}

// Raw is the text as it goes into the editor.
func (r Repair) Raw() template.HTML { return template.HTML(r.Text) }

// Shown is the text with ids that occur nowhere else on the page.
func (r Repair) Shown() template.HTML { return r.Fragment(r.Text, r.Lang, "repair", 2) }
