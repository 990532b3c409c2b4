package templates

import (
	"html/template"
	"slices"

	"ltipolicy/policy/research"
)

// PublishPage says what publishing a draft means before it happens.
type PublishPage struct {
	Page
	Name, Lang, Label string
	Old               string // label of the version that is replaced; empty: none
	Form              Form
	Problem           string // message key
	Was, Now          int    // people asked when the form was shown, and now
	Everywhere        bool   // it is for all sites, also those registered later
	Named             bool   // teachers will see by name who agrees
	Material, Minor   []Reach
	MinorList         string // address of who is asked with a minor change; empty: not shown
	MayMinor          bool
	NotMinor          string // message key of why not; empty: nothing was active
	ChooseMinor       bool
	Note              string // why it changed, as typed
	NeedsNote         bool   // it is missing
	Later             bool
	Announced         bool // it is shown until then
	Days              Days
	MayPutOff         bool            // it is compulsory
	Calendar          []string        // what happens when; empty: the days contradict themselves
	Busy              []template.HTML // days on which nothing new should begin
	Zones             []Option
	Moves             []Move // where it begins or ends to be asked
	Changes           *Changes
	Beside            string   // address of the comparison
	Unsaved           bool     // the person typed in the draft and did not save
	Typists           []Typist // others who did
	Empty             []string // languages without a text
	Missing           []Lacking
	Remarks           Remarks
	Back, Edit        string
}

// Lacking are languages in which a consent to research says nothing of some of its items.
type Lacking struct {
	Langs []string
	Items []string // message keys of their names
}

// MissingItems puts what is missing together: languages that lack the same items are one.
func MissingItems(gaps []research.Gap) []Lacking {
	var langs []string
	items := map[string][]string{}
	for _, g := range gaps {
		if items[g.Lang] == nil {
			langs = append(langs, g.Lang)
		}
		items[g.Lang] = append(items[g.Lang], ItemKey(g.Item))
	}
	var out []Lacking
	for _, lang := range langs {
		i := slices.IndexFunc(out, func(l Lacking) bool { return slices.Equal(l.Items, items[lang]) })
		if i < 0 {
			i, out = len(out), append(out, Lacking{Items: items[lang]})
		}
		out[i].Langs = append(out[i].Langs, lang)
	}
	return out
}

// Reach is whom publishing concerns on one site.
type Reach struct {
	Site                   string
	People, Asked, Courses int
	Names                  []string        // the first of those who are asked; empty where they may not be seen
	List                   string          // address of all of them
	Closing                []ClosingCourse // the first of Courses
}

// Move is a site where publishing changes whether, or in which courses, the policy is asked.
type Move struct {
	Site        string
	Key         string // message key of what changes
	Was, People int    // whom it concerns until then, and from then on
}

// ClosingCourse is a course that closes until its learners answered.
type ClosingCourse struct {
	Title string
	Open  int // for how many it is open now
}

// MoreNames is how many people are asked beside those who are named.
func (r Reach) MoreNames() int { return max(0, r.Asked-len(r.Names)) }

// MoreCourses is how many courses close beside those that are named.
func (r Reach) MoreCourses() int { return max(0, r.Courses-len(r.Closing)) }

// Asked sums who will be asked.
func (p PublishPage) Asked(rs []Reach) int { return Asked(rs) }

// Asked sums who will be asked on all sites.
func Asked(rs []Reach) int {
	n := 0
	for _, r := range rs {
		n += r.Asked
	}
	return n
}

// Courses sums the courses that close.
func (p PublishPage) Courses(rs []Reach) int {
	n := 0
	for _, r := range rs {
		n += r.Courses
	}
	return n
}

// Chooser makes a choice with a field name and the message key of its label.
func (p PublishPage) Chooser(name, label string, options []Option) Chooser {
	return Chooser{p.Locale, name, label, options}
}

// AskedPage lists by name who will be asked when a draft is published.
type AskedPage struct {
	Page
	Name, Lang, Label string
	Minor             bool
	Total             int
	Site              string // the only one that is listed; empty: all
	All               string // address of all sites
	People            []AskedPerson
	First, Next       string // addresses of other pages; empty: there is none
	Back              string
}

// AskedPerson is one of those who will be asked.
type AskedPerson struct {
	Name, Email, Site, URL string
}
