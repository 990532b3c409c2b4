package templates

import (
	"html/template"
	"strings"
	"time"

	"ltipolicy/policy"
	"ltipolicy/policy/diff"
	"ltipolicy/policy/markup"
)

// Reading is a policy's text as a page shows it: with ids of its own on the page, headings that fit into it,
// and a list of contents where the text is long.
type Reading struct {
	*Locale
	ID               string // prefix of all ids
	Lang             string // of the text
	Summary, Content template.HTML
	Contents         []markup.Heading
	Minutes          int // reading time of the full text; 0: there is none
}

// A text gets a list of contents from this reading time and number of headings on.
const (
	longMinutes  = 3
	longHeadings = 4
)

// Reading prepares a text for a page. id must be unique on the page; summaryTop and contentTop are the levels
// of the highest headings of summary and full text.
func (l *Locale) Reading(t policy.Text, id string, summaryTop, contentTop int) Reading {
	shown := markup.Show(t, id, summaryTop, contentTop)
	r := Reading{
		Locale: l, ID: id, Lang: t.Lang, Minutes: minutes(t),
		Summary: l.regions(shown.Summary, t.Lang), Content: l.regions(shown.Content, t.Lang),
	}
	if r.Minutes >= longMinutes && len(shown.Contents) >= longHeadings {
		r.Contents = shown.Contents
	}
	return r
}

func minutes(t policy.Text) int {
	if words := markup.Words(t.Content); words > 0 {
		return markup.ReadingMinutes(words)
	}
	return 0
}

// regions gives each table a group that can be scrolled by keyboard and that is named in the page's own
// language. It is no landmark: those would need names of their own.
func (l *Locale) regions(h policy.SafeHTML, lang string) template.HTML {
	s := string(h)
	// Sanitised HTML writes tags in lower case; anything unbalanced is left as it is.
	if n := strings.Count(s, "<table"); n > 0 && n == strings.Count(s, "</table>") {
		open := `<div class="scroll" role="group" tabindex="0" lang="` + l.tag + `" aria-label="` +
			template.HTMLEscapeString(l.T("policy.table")) + `"><div lang="` + template.HTMLEscapeString(lang) + `">`
		s = strings.NewReplacer("<table", open+"<table", "</table>", "</table></div></div>").Replace(s)
	}
	return template.HTML(s)
}

// Changes say what became different since a reader's own last answer to a policy.
type Changes struct {
	*Locale
	ID       string    // prefix of all ids
	Lang     string    // of the text
	Revision string    // of the version that was answered; may be empty
	Answered time.Time // when it was
	Note     string    // the author's own words on the change; may be empty
	OldName  string    // of the policy, where it was another one
	// Other is the language of the text that was answered, where it cannot be compared with this one.
	Other    string
	Sections []ChangedSection
	// Rewritten says that the two texts are too far apart to be compared word by word.
	Rewritten bool
	Exact     string // address of the text that was answered; may be empty
}

// ChangedSection is one section in which something changed.
type ChangedSection struct {
	*Locale
	Lang      string // of the text
	InSummary bool
	Path      []string // headings, from the highest; empty: the beginning of the text
	State     diff.State
	HTML      template.HTML
}

// NewChanges compares the text that a reader answered with the one that is asked now. top is the level of the
// highest heading within the sections.
func NewChanges(l *Locale, id string, old, now policy.Text, top int) Changes {
	c := Changes{Locale: l, ID: id, Lang: now.Lang}
	if old.Lang != now.Lang {
		c.Other = old.Lang
		return c
	}
	if old.Name != now.Name {
		c.OldName = old.Name
	}
	o := l.comparing(1)
	for _, part := range []struct {
		summary  bool
		old, now policy.SafeHTML
	}{{true, old.Summary, now.Summary}, {false, old.Content, now.Content}} {
		d := diff.Compare(part.old, part.now, o)
		c.Rewritten = c.Rewritten || d.Rewritten
		for _, s := range d.Changed() {
			c.Sections = append(c.Sections, ChangedSection{
				Locale: l, Lang: now.Lang, InSummary: part.summary, Path: s.Path, State: s.State,
				HTML: l.regions(markup.Scoped(s.HTML, id, top), now.Lang),
			})
		}
	}
	return c
}

// comparing are the words for a comparison in the page's language, with so much unchanged text around a change.
func (l *Locale) comparing(context int) diff.Options {
	return diff.Options{
		Inserted: l.T("changes.inserted"), Deleted: l.T("changes.deleted"), LeftOut: l.T("changes.leftout"),
		Struck: l.T("changes.struck"), Underlined: l.T("changes.underlined"), Raised: l.T("changes.raised"), Lowered: l.T("changes.lowered"),
		Image: l.T("changes.image"), Lang: l.tag, Context: context,
	}
}

// SameWords reports whether the words are the same, with their marks and the labels of lists: then only the layout or the
// targets of links changed, or what nobody sees.
func (c Changes) SameWords() bool {
	return c.Other == "" && c.OldName == "" && !c.Rewritten && len(c.Sections) == 0
}

// Fragment is a part of a text for a page, with id as the prefix of its ids and top as the level of its highest
// heading.
func (l *Locale) Fragment(h policy.SafeHTML, lang, id string, top int) template.HTML {
	return l.regions(markup.Scoped(h, id, top), lang)
}
