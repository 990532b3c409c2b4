package templates

import (
	"maps"
	"slices"
	"strconv"

	"ltipolicy/policy"
	"ltipolicy/policy/research"
	"ltipolicy/policy/source"
	"ltipolicy/policy/template"
)

// EditPage is the editor of a draft. Its fields work without scripts; the texts are HTML then.
type EditPage struct {
	Page
	New      bool // of a policy that does not exist yet
	Label    string
	Form     Form
	Problems []EditProblem
	Findings []EditFinding // what was changed in the texts: look it over and save again
	Conflict *EditConflict
	Typing   string       // address that keeps what is typed and answers with the preview
	Upload   string       // address that takes an image and answers with its own
	Unsaved  bool         // the form holds what is saved nowhere
	Typed    *TypedBefore // nil: the person left nothing unsaved
	Typists  []Typist
	Preview  Preview
	Remarks  Remarks // on the saved texts

	Settings                policy.Version // no texts: what was typed of them is in Texts
	Types, Kinds, Audiences []Option
	Visibilities            []Option
	Sites                   []Check
	Days                    Days     // that are planned
	Zones                   []Option // of the days
	Validities              []Option
	ValidityDay             string     // of each year, in whichever
	Texts                   []EditText // the primary language first; the last one is empty
	Back                    string
	Begin                   []Beginning // what a new policy can begin with; empty: it is not new
}

// Beginning is what a new policy can begin with: nothing, which has no name, or a template.
type Beginning struct {
	*Locale
	Name   template.Name
	Chosen bool
	URL    string
}

// Key is the message key of its name.
func (b Beginning) Key() string {
	if b.Name == "" {
		return "template.none"
	}
	return templateKeys[b.Name][0]
}

// What is the message key of what it is for; empty: nothing is to be said.
func (b Beginning) What() string { return templateKeys[b.Name][1] }

var templateKeys = map[template.Name][2]string{
	template.Recording: {"template.recording", "template.recording.what"}, template.Research: {"template.research", "template.research.what"},
	template.HonourCode: {"template.honour", "template.honour.what"}, template.ThirdParty: {"template.third", "template.third.what"},
}

// EditItem is one of the items of a consent to research in a text of the form.
type EditItem struct {
	Item    research.Item
	Text    string
	Missing bool // it has no words yet
}

// Key is the message key of the item's name, which is the heading in texts, too.
func (i EditItem) Key() string { return ItemKey(i.Item) }

// Help is the message key of what belongs there.
func (i EditItem) Help() string { return itemKeys[i.Item][1] }

// ItemKey is the message key of an item's name.
func ItemKey(item research.Item) string { return itemKeys[item][0] }

var itemKeys = map[research.Item][2]string{
	research.Purpose: {"research.purpose", "research.purpose.help"}, research.Storage: {"research.storage", "research.storage.help"},
	research.Responsible: {"research.responsible", "research.responsible.help"}, research.Officer: {"research.officer", "research.officer.help"},
	research.Authority: {"research.authority", "research.authority.help"}, research.Agreement: {"research.agreement", "research.agreement.help"},
}

// ItemField is the name of an item's form field, to which that of the text is added, see [EditField].
func ItemField(item research.Item) string { return "item-" + string(item) }

// Own reports whether the version is answered on a page of its own.
func (p EditPage) Own() bool { return p.Settings.Style == policy.StyleOwnPage }

// Days are a version's days as typed into a form: local times, empty where none was chosen.
type Days struct{ Announce, At, Enforce string }

// Check is a box to tick.
type Check struct {
	Value, Label string
	Checked      bool
}

// EditText is one language of the draft as it stands in the form.
type EditText struct {
	*Locale
	N                            int
	Lang, Name, Summary, Content string
	Languages                    []Option
	Stale                        bool // the primary text changed since the active version, this one did not
	Open                         bool
	Plain, Drop                  bool
	Original                     *Original  // nil beside the primary text itself
	Items                        []EditItem // of a consent to research; empty: it is none
}

// ItemField is the name of an item's field in this text.
func (t EditText) ItemField(i EditItem) string { return t.Field(ItemField(i.Item)) }

// Primary reports whether it is the text in the policy's own language.
func (t EditText) Primary() bool { return t.N == 0 }

// Field is the name of one of the text's form fields.
func (t EditText) Field(name string) string { return EditField(name, t.N) }

// Chooser is the choice of the text's language.
func (t EditText) Chooser() Chooser {
	return Chooser{t.Locale, t.Field("lang"), "admin.edit.language", t.Languages}
}

// TextLanguages are the languages that the editor offers for a text, those of the interface first.
func TextLanguages() []string {
	var tags []string
	for _, l := range languages {
		tags = append(tags, l.tag.String())
	}
	for _, tag := range slices.Sorted(maps.Keys(autonyms)) {
		if !slices.Contains(tags, tag) && tag != "sr" && tag != "no" {
			tags = append(tags, tag)
		}
	}
	return tags
}

// EditField is the name of a form field of the text at n.
func EditField(name string, n int) string { return name + "." + strconv.Itoa(n) }

// EditProblem keeps a draft from being saved.
type EditProblem struct {
	Key string // message key
	At  string // id of the part of the form that it concerns
}

// EditFinding is one thing that cleaning a text found.
type EditFinding struct {
	Lang, Name string
	source.Finding
}

// Key is the message key of the finding.
func (f EditFinding) Key() string { return findingKeys[f.Code] }

var findingKeys = map[string]string{
	source.FoundElement: "finding.element_removed", source.FoundAttribute: "finding.attribute_removed",
	source.FoundScript: "finding.script_removed", source.FoundComment: "finding.comment_removed",
	source.FoundImage: "finding.image_removed", source.FoundLink: "finding.link_removed",
	source.FoundImageBad: "finding.image_unreadable", source.FoundImageLarge: "finding.image_too_large",
	source.FoundImageMany: "finding.image_too_many", source.FoundImageUndescribed: "finding.image_undescribed",
	source.FoundEncoding: "finding.encoding_repaired", source.FoundJoined: "finding.line_joined",
	source.FoundTable: "finding.table_rebuilt", source.FoundNote: "finding.note_linked",
	source.FoundHeading: "finding.heading_assumed", source.FoundGlued: "finding.heading_glued",
	source.FoundSpace: "finding.space_missing", source.FoundQuote: "finding.quote_unbalanced",
	source.FoundMixedScript: "finding.mixed_script", source.FoundCedilla: "finding.cedilla",
	source.FoundNumberRepeated: "finding.number_repeated", source.FoundStray: "finding.stray",
	source.FoundPunctuation: "finding.punctuation", source.FoundNoMarker: "finding.item_unmarked",
	source.FoundUnresolved: "finding.note_unresolved", source.FoundControl: "finding.control_replaced",
	source.FoundHyphen: "finding.hyphen_joined", source.FoundPage: "finding.page_number", source.FoundRunning: "finding.page_header",
	source.FoundInvisible: "finding.invisible_removed", source.FoundComposed: "finding.letters_composed",
	source.FoundHidden: "finding.hidden_removed", source.FoundWhite: "finding.white_shown",
	source.FoundTracked: "finding.change_tracked", source.FoundLost: "finding.look_lost",
	source.FoundEdge: "finding.header_removed", source.FoundPages: "finding.pages_removed",
	source.FoundObject: "finding.object_removed", source.FoundDocument: "finding.document_taken",
	source.FoundDocumentKind: "finding.document_kind", source.FoundDocumentBad: "finding.document_damaged",
	source.FoundDocumentLarge: "finding.document_large", source.FoundDocumentEmpty: "finding.document_empty",
	source.FoundDefinition: "finding.definition_kept", source.FoundPlaceholder: "finding.placeholder_kept",
	source.FoundWordsLost: "finding.words_lost", source.FoundWordsAdded: "finding.words_added", source.FoundWordsMoved: "finding.words_moved",
	source.FoundMark: "finding.mark_lost", source.FoundGarbled: "finding.letters_garbled", source.FoundMlang: "finding.mlang_kept",
}

// EditConflict is what somebody else saved meanwhile.
type EditConflict struct {
	Saved   []policy.Text
	Changes Changes // from the saved primary text to the one in the form
}

// Conflicting prepares a saved text for the page.
func (p EditPage) Conflicting(i int) AdminText {
	id := "saved-" + strconv.Itoa(i)
	return AdminText{Page: p.Page, ID: id, Text: p.Conflict.Saved[i], Reading: p.Reading(p.Conflict.Saved[i], id, 4, 5)}
}

// Chooser makes a choice with a field name and the message key of its label.
func (p EditPage) Chooser(name, label string, options []Option) Chooser {
	return Chooser{p.Locale, name, label, options}
}
