package templates

import (
	"slices"
	"time"
)

// Mark is where one participant stands with one policy, or with all compulsory ones together.
type Mark string

// The marks. Each has a message "mark.NAME".
const (
	MarkAccepted Mark = "accepted"
	MarkBehalf   Mark = "behalf"   // somebody else accepted for the participant
	MarkDeclined Mark = "declined" // refused or withdrawn
	MarkPending  Mark = "pending"
	MarkOlder    Mark = "older"   // only an earlier version is accepted
	MarkExpired  Mark = "expired" // accepted for a time that is over
	MarkEnded    Mark = "ended"   // answered, and the course that asked has ended since
	MarkMissing  Mark = "missing" // over all policies: something is not accepted
)

// Key is the message key of the mark.
func (m Mark) Key() string { return "mark." + string(m) }

// Good reports whether nothing is missing.
func (m Mark) Good() bool { return m == MarkAccepted || m == MarkBehalf }

// ParticipantsPage shows who of a course's participants has accepted, the missing ones first. It never holds
// an answer of kind consent of a person: those that are named stand on a page of their own, see [ChoicesPage].
type ParticipantsPage struct {
	Page
	Course   string
	Learners int // the headline's total
	Accepted int // of them, who have accepted everything compulsory
	Erased   int // of those who have not, who were erased: nobody can ask them
	Roster   RosterNote
	End      time.Time      // of the course that asked for some of the policies and has ended; zero: it has not
	Copied   bool           // the course, which asks for some of the policies, was made from another one
	Policies []PolicyShare  // compulsory ones, in their order
	Free     []ConsentCount // of kind consent
	Named    []ConsentCount // those of which teachers see by name who agreed
	Progress []Point        // how the number of those who have accepted grew; the last one is today's

	Form   FilterForm
	Found  int // participants that the filter lets through
	Groups []ParticipantGroup
	Pager  Pager

	Write    string        // address of the page with the names of the missing ones; empty: nobody is missing
	Remind   string        // address where they are reminded; empty: nobody can be, or not today
	Reminder *ReminderNote // the latest one; nil: there was none

	Addresses bool   // the reader sees mail addresses
	CSV       string // addresses of the downloads, without a query
	XLSX      string
	Pending   int    // the reader's own policies still to be answered
	Answer    string // address where to answer them
}

// Listed reports whether there is a list of participants: without one nobody knows of how many the figures are.
func (p ParticipantsPage) Listed() bool { return !p.Roster.Time.IsZero() }

// RosterNote says where the list of participants comes from, and how old it is.
type RosterNote struct {
	Source  string    // message key, such as "roster.moodle"
	Time    time.Time // when it was fetched; zero: never
	Problem string    // message key of what is wrong with it; empty: nothing
	Since   time.Time // when the problem was met
	Refresh *Form     // nil: it cannot be fetched
	Busy    bool      // a newer one is on its way
}

// PolicyShare counts the learners by where they stand with one policy.
type PolicyShare struct {
	ID                                 int64
	Name, Lang                         string
	Accepted, Older, Declined, Pending int
	Expired                            int
	PutOff                             string // until when it may be put off; empty: not, or not any more
	Over                               bool   // the course that asked has ended
	Ended                              int    // those who had answered by then
}

// Total is the number of learners that the policy concerns.
func (s PolicyShare) Total() int { return s.Accepted + s.Older + s.Declined + s.Expired + s.Pending }

// Asking reports whether one of the policies still asks.
func (p ParticipantsPage) Asking() bool {
	return slices.ContainsFunc(p.Policies, func(s PolicyShare) bool { return !s.Over })
}

// Bar is the share as a picture.
func (s PolicyShare) Bar() Bar {
	return Bar{Total: s.Total(), Accepted: s.Accepted, Older: s.Older, Declined: s.Declined}
}

// Bar is the whole course as a picture.
func (p ParticipantsPage) Bar() Bar { return Bar{Total: p.Learners, Accepted: p.Accepted} }

// Chart is the progress as a picture; nil: there is nothing to see yet.
func (p ParticipantsPage) Chart() *Chart {
	if len(p.Progress) == 0 {
		return nil
	}
	first, last := p.Progress[0], p.Progress[len(p.Progress)-1]
	level := Level{p.Learners, p.T("progress.level", "Count", p.Learners)}
	c := NewChart("progress", []Series{{Points: p.Progress}}, nil, level, last.Day, p.figureDay)
	if c != nil {
		c.Title = p.T("progress.title")
		c.Desc = p.T("progress.desc", "From", p.figureDay(first.Day), "To", p.figureDay(last.Day), "Count", last.Count, "Total", p.Learners)
	}
	return c
}

// New is how many came to the progress with its point at i.
func (p ParticipantsPage) New(i int) int {
	if i == 0 {
		return p.Progress[0].Count
	}
	return p.Progress[i].Count - p.Progress[i-1].Count
}

// Missing is how many learners have something left to accept who can be asked.
func (p ParticipantsPage) Missing() int { return p.Learners - p.Accepted - p.Erased }

// ConsentCount is the only thing that a teacher learns about answers of kind consent, unless they are named.
type ConsentCount struct {
	Name, Lang string
	Yes        int    // 0: not shown, because the number would tell who, unless there is a list
	Over       bool   // the course that asked has ended
	List       string // address of who agreed, by name; empty: nobody is named
}

// FilterForm is the search above the list, as it was sent.
type FilterForm struct {
	Action                       string
	Query                        string
	Status, Policies, Role, Sort []Option
	Tabs                         []Tab
	Active                       bool    // something is filtered
	Narrowed                     bool    // by more than the search and the tabs, or sorted
	Clear                        string  // address without any filter
	Hidden                       []Field // what the downloads take over
}

// Option is an entry of a choice.
type Option struct {
	Value    string
	Key      string // message key; empty: Label
	Label    string
	Lang     string // of Label
	Selected bool
}

// Chooser is a labelled choice of a form.
type Chooser struct {
	*Locale
	Name, Label string // field name, message key of the label
	Options     []Option
}

// Chooser makes the choice with a field name and the message key of its label.
func (p ParticipantsPage) Chooser(name, label string, options []Option) Chooser {
	return Chooser{p.Locale, name, label, options}
}

// Width is the number of the table's columns.
func (p ParticipantsPage) Width() int { return 1 + len(p.Policies) }

// Tab is a link to one part of the list, with how many people are in it.
type Tab struct {
	Key     string
	Count   int
	URL     string
	Current bool
}

// ParticipantGroup is a part of the list under a heading of its own.
type ParticipantGroup struct {
	Key   string // message key of the heading, in the plural for Count; empty: no heading
	Count int    // of the whole group, over all pages
	Rows  []Participant
}

// Participant is one person of the list.
type Participant struct {
	Given, Family string // Family is the part by which the list is sorted
	Erased        bool   // nobody knows any more who it was
	Role          string // message key; empty for learners
	Reminded      time.Time
	Unreminded    string // message key of why the latest reminder may not have arrived; empty: it was sent, or there was none
	Overall       Mark
	Marks         []PolicyMark // in the order of the page's policies
}

// PolicyMark is where the person stands with one policy.
type PolicyMark struct {
	Mark Mark
	Time time.Time // of the answer; zero: none
}

// Pager leads through a long list.
type Pager struct {
	From, To, Of int    // which people are on this page
	Prev, Next   string // addresses; empty: none
}

// ReminderNote says what became of a reminder to a course.
type ReminderNote struct {
	Time                             time.Time // from when on it was sent
	Sent, Waiting, Failed, Pointless int
}

// Parts are the figures that are not 0, by their message keys.
func (n ReminderNote) Parts() (parts []Tab) {
	for _, x := range []Tab{{Key: "remind.sent", Count: n.Sent}, {Key: "remind.waiting", Count: n.Waiting}, {Key: "remind.failed", Count: n.Failed}, {Key: "remind.pointless", Count: n.Pointless}} {
		if x.Count > 0 {
			parts = append(parts, x)
		}
	}
	return parts
}

// RemindPage shows whom a reminder goes to, and its text, before anything is sent.
type RemindPage struct {
	Page
	Course    string
	Count     int       // who gets it
	NoAddress int       // who is missing, too, and cannot be written to
	At        time.Time // when it is sent; zero: at once
	Reminded  bool      // the course was reminded already, and can be once a day
	Letter    Letter    // as one of them gets it, in the reader's language
	Form      *Form     // nil: there is nothing to send
	Back      string
}

// MissingPage gives a teacher the names and addresses of those who have not accepted, to write to them.
type MissingPage struct {
	Page
	Course    string
	Names     []string
	Addresses []string
	NoAddress int  // participants whose address the platform does not share
	Hidden    bool // the institution keeps addresses from teachers
	Mails     []MailLink
	Back      string
}

// MailLink opens the reader's mail program with some of the addresses as blind copies.
type MailLink struct {
	URL      string
	From, To int // which of the addresses, counted from 1
}

// Heading is the message key of what the page is for.
func (p MissingPage) Heading() string {
	if p.Hidden {
		return "missing.who"
	}
	return "missing.heading"
}

// Lines is how high the field for these lines is.
func (p MissingPage) Lines(lines []string) int { return min(max(len(lines), 3), 12) }

// ChoicesPage lists by name who of a course's participants has agreed to a free choice, and first who has not, so that
// teachers can honour it. It tells nothing else: who said no and who never answered are the same.
type ChoicesPage struct {
	Page
	Course     string
	Name, Lang string    // of the policy
	At         time.Time // as of which time
	Roster     RosterNote
	No, Yes    []Participant
	CSV, XLSX  string // addresses of the downloads
	Back       string // address of the list of participants
}

// Parts are those who have not agreed, and those who have.
func (p ChoicesPage) Parts() []ChoicesPart {
	return []ChoicesPart{{"no", "choices.no", p.No}, {"yes", "choices.yes", p.Yes}}
}

// ChoicesPart are the people of the list who chose alike.
type ChoicesPart struct {
	ID, Key string // Key is the message key of its heading, with Count
	People  []Participant
}
