package templates

import (
	"time"

	"ltipolicy/policy"
)

// ReportPage shows people and where they stand with the policies of all sites.
type ReportPage struct {
	Page
	Filters ReportFilters
	Columns []ReportColumn
	Rows    []ReportLine
	Single  bool   // about one version: with all that is known about its answers
	First   string // address of the first page; empty: this is it
	Next    string // address of the next page; empty: there is none
	// CSV, XLSX, JSON and XML are the addresses of the downloads with the filter.
	CSV, XLSX, JSON, XML string
	// Behalf is the form for answering for those who are ticked; nil: not allowed, or not here.
	Behalf *Form
	Bad    string // message key of what is wrong with a posted form
	Note   string // as typed
}

// ReportFilters is the search above the report.
type ReportFilters struct {
	Action, Text, Clear               string
	Policy, Status, Site, Role, Class []Option
	Version                           []Option // of the chosen policy; empty: there is no choice
	Active                            bool

	Course  *ReportCourse // that is chosen
	In      string        // its value in the form
	Suggest []string      // names of courses, to offer while typing
	// Typed is the name of a course that fits none or several, Fits what it fits; TooMany says that there are more.
	Typed   string
	Fits    []ReportCourse
	TooMany bool
}

// ReportCourse is a course that the report can be narrowed to.
type ReportCourse struct {
	Title, Label, Number, Site string
	URL                        string // of the choice, or of taking it back
}

// ReportColumn is one version of the report.
type ReportColumn struct {
	VersionID  int64
	Name, Lang string
	Label      string
	Count      AdminCount
	Figures    string // address of the policy's figures
	Ticked     bool
}

// ReportLine is one person.
type ReportLine struct {
	UserID            int64
	Name, Email, Site string
	URL               string // of the person's page; empty: the person was erased
	Tick              bool   // can be answered for from here
	Ticked            bool
	Overall           policy.Reported
	Cells             []ReportCell
}

// ReportCell is where a person stands with a version.
type ReportCell struct {
	Reported policy.Reported
	Time     time.Time
	// Lang, By and Note are told of a single version.
	Lang, By, Note string
	Self           bool // By is the page's word for the person
}

var reportedKeys = map[policy.Reported]string{
	policy.ReportedPending: "reported.pending", policy.ReportedAccepted: "reported.accepted",
	policy.ReportedAcceptedBehalf: "reported.accepted_behalf", policy.ReportedDeclined: "reported.declined",
	policy.ReportedDeclinedBehalf: "reported.declined_behalf", policy.ReportedPartial: "reported.partial",
	policy.ReportedNotAsked: "reported.not_asked", policy.ReportedExpired: "reported.expired", policy.ReportedEnded: "reported.ended",
}

// ReportedKey is the message key of a word of the report.
func (l *Locale) ReportedKey(r policy.Reported) string { return reportedKeys[r] }

// Mark is the class that gives a word of the report its sign.
func (c ReportCell) Mark() Mark { return markOf(c.Reported) }

// Mark is the class that gives the overall word its sign.
func (l ReportLine) Mark() Mark { return markOf(l.Overall) }

func markOf(r policy.Reported) Mark {
	switch {
	case r.Accepted():
		return MarkAccepted
	case r.Declined():
		return MarkDeclined
	case r == policy.ReportedExpired:
		return MarkExpired
	case r == policy.ReportedNotAsked, r == policy.ReportedEnded:
		return "none"
	}
	return MarkPending
}

// Chooser makes a choice with a field name and the message key of its label.
func (p ReportPage) Chooser(name, label string, options []Option) Chooser {
	return Chooser{p.Locale, name, label, options}
}

// PersonPage shows everything that one person answered, with what may be answered for them.
type PersonPage struct {
	Page
	Name, Email, Site string
	Class             string // message key of what is no person; empty: a person
	LastLaunch        time.Time
	Standings         []PersonStanding
	Events            []PersonEvent // newest first
	Bad               string        // message key of what is wrong with a posted form
	Record            string        // address of everything that is stored about the person
	Visits            string        // address where the person's visits are ended; empty: not offered
	Back              string
}

// PersonStanding is where the person stands with one policy.
type PersonStanding struct {
	*Locale
	VersionID                 int64
	Name, Lang, Label         string
	Course                    string // the name of the course that it is for; empty: the site
	Reported                  policy.Reported
	Time                      time.Time
	Until                     time.Time // when the acceptance ends by itself, or ended; zero: it does not
	By, Note                  string
	Form                      *Form // nil: nothing can be answered
	Accept, Decline, Withdraw bool
	Typed                     string
}

// Mark is the class that gives the standing its sign.
func (s PersonStanding) Mark() Mark { return markOf(s.Reported) }

// PersonEvent is one act in the person's history.
type PersonEvent struct {
	EventLine
	Name, Revision string
	Course         string // the name of the course that it is for; empty: the site
}

// LogPage shows who did what as an administrator.
type LogPage struct {
	Page
	Action    string // address of the filter
	Who, What []Option
	Active    bool // something is filtered
	Entries   []LogEntry
	First     string // address of the first page; empty: this is it
	Next      string // address of the next page; empty: there is none
	CSV       string // address of the download with the filter
	// Signed is when the newest checkpoint of the log was signed; zero: never.
	Signed    time.Time
	Witnesses []Witness
}

// Witness is whoever outside is sent checkpoints.
type Witness struct {
	Name   string
	Sent   time.Time // when one last arrived; zero: never
	Failed bool      // the last try
}

// Chooser makes a choice with a field name and the message key of its label.
func (p LogPage) Chooser(name, label string, options []Option) Chooser {
	return Chooser{p.Locale, name, label, options}
}

// LogEntry is one act.
type LogEntry struct {
	Time                  time.Time
	Actor, Action, Object string
	Before, After, Detail string
}

// GrantsPage shows who has which right without being a site administrator, and gives rights.
type GrantsPage struct {
	Page
	Action, Text string
	Searched     bool
	Found        []Grantee
	People       []Grantee
	Sites        []SiteVisits
	Zone         ZoneForm
	Busy         BusyForm
	Addresses    AddressesForm
	Back         string
}

// ZoneForm is the form in which the institution's time zone is chosen.
type ZoneForm struct {
	Form    Form
	Typed   string
	Named   string   // the zone that counts; empty: none, then it is UTC
	Learned bool     // nobody chose that
	Known   []string // some to choose from
	Problem string   // message key
}

// BusyForm is the form with the times in which nothing new is to begin.
type BusyForm struct {
	Form    Form
	Typed   string
	Problem int // the line that is not understood; 0: all are
}

// AddressesForm is the form in which is chosen whether teachers see mail addresses.
type AddressesForm struct {
	Form Form
	Seen bool // as it is
}

// SiteVisits leads to where all visits of a site are ended.
type SiteVisits struct{ Name, End string }

// Grantee is a person with the rights that they have.
type Grantee struct {
	*Locale
	UserID            int64
	Name, Email, Site string
	Form              Form
	Powers            []Power
}

// Power is a right that can be ticked.
type Power struct {
	Value, Key string
	Has        bool
}
