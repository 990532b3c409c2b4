package templates

import (
	"time"

	"ltipolicy/policy"
	"ltipolicy/policy/lint"
)

// officePages are those of administrators.
var officePages = []row{
	{"adminlist", "", AdminListPage{}},
	{"adminpolicy", "", AdminPolicyPage{}},
	{"adminversion", "", AdminVersionPage{}},
	{"admincompare", "", AdminComparePage{}},
	{"adminconfirm", "", AdminConfirmPage{}},
	{"adminedit", "", EditPage{}},
	{"adminpublish", "", PublishPage{}},
	{"adminreport", "", ReportPage{}},
	{"adminperson", "", PersonPage{}},
	{"adminlog", "", LogPage{}},
	{"admingrants", "", GrantsPage{}},
	{"adminasked", "", AskedPage{}},
	{"adminfigures", "", FiguresPage{}},
	{"adminedit", "previewanswer", PreviewAnswer{}}, // for the editor's script
}

// AdminListPage is where an administrator starts: all policies with their versions.
type AdminListPage struct {
	Page
	Pending  int    // own policies still to be answered
	Answer   string // address where to answer them
	New      string // address where to make a policy; empty: not allowed
	Policies []AdminPolicy

	Connection *Connection // of the reader's own site; nil: not for this reader
}

// AdminPolicy is one policy of the list: what applies, or else what comes nearest to it, and its drafts.
type AdminPolicy struct {
	ID       int64
	Main     AdminVersion
	Drafts   []AdminVersion
	Sites    []string // names of the platforms on which it applies
	All      bool     // they are all of the institution's
	Courses  bool     // asked only in courses that ask for it
	Up, Down *Form    // nil at the ends of the order
	Versions string   // address of the page about all versions
	Figures  string   // address of the figures
	Count    int      // of the versions
}

// Stage is where a version is in its life. Each has a message "admin.stage.NAME".
type Stage string

// The stages: Moodle's three, the draft that waits for its day, and the one that could not begin on it.
const (
	StageDraft     Stage = "draft"
	StageScheduled Stage = "scheduled"
	StageFailed    Stage = "failed"
	StageAnnounced Stage = "announced" // a scheduled one that everybody reads already
	StageRetracted Stage = "retracted" // an announced one that was taken back
	StageActive    Stage = "active"
	StageArchived  Stage = "archived"
)

var stageKeys = map[Stage]string{
	StageDraft: "admin.stage.draft", StageScheduled: "admin.stage.scheduled", StageFailed: "admin.stage.failed",
	StageAnnounced: "admin.stage.announced", StageRetracted: "admin.stage.retracted",
	StageActive: "admin.stage.active", StageArchived: "admin.stage.archived",
}

// Key is the message key of the stage.
func (s Stage) Key() string { return stageKeys[s] }

// AdminVersion is a version as its administrators see it.
type AdminVersion struct {
	*Locale
	ID        int64
	Name      string
	Lang      string // of Name
	Settings  policy.Version
	Stage     Stage
	Label     string // revision
	Changed   time.Time
	From      time.Time      // when a scheduled one begins to apply by itself
	Planned   time.Time      // when a draft is meant to begin, if somebody publishes it
	Zone      *time.Location // in which From or Planned was meant; nil: the page's
	Minor     bool           // of a scheduled one
	Failure   string         // message key of why a scheduled one did not begin, and what to do
	Next      time.Time      // when that is tried again
	Count     AdminCount
	Languages []string // BCP 47, the primary one first
	Missing   []string // languages that other policies have

	View, Edit, Publish, Delete, Inactivate, Report string // addresses; empty: not offered
	Draft, Unschedule                               *Form
}

// Announced reports whether everybody reads it already.
func (v AdminVersion) Announced() bool { return v.Stage == StageAnnounced }

// Own reports whether it is answered on a page of its own.
func (v AdminVersion) Own() bool { return v.Settings.Style == policy.StyleOwnPage }

// Begins is when a scheduled version begins, or a draft is meant to, in the zone that was meant.
func (v AdminVersion) Begins() string {
	t := v.From
	if t.IsZero() {
		t = v.Planned
	}
	return v.meant(t)
}

// AnnouncedAt is when it is, or was, shown to everybody before it is in force; empty: not before.
func (v AdminVersion) AnnouncedAt() string { return v.set(v.Settings.AnnouncedFrom) }

// EnforcedAt is until when answers may be put off; empty: not at all.
func (v AdminVersion) EnforcedAt() string { return v.set(v.Settings.EnforcedFrom) }

func (v AdminVersion) set(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return v.meant(t)
}

// NextTry is when a scheduled version that could not begin is tried again.
func (v AdminVersion) NextTry() string { return v.meant(v.Next) }

func (v AdminVersion) meant(t time.Time) string {
	if v.Zone == nil {
		return v.DateTime(t)
	}
	return v.In(v.Zone).DateTime(t)
}

// AdminCount is how many people stand how with a version.
type AdminCount struct {
	Accepted, Declined, Expired, Asked int
	Ended                              int  // answered in courses that have ended since
	Shown                              bool // there is something to count
}

// Bar is the count as a picture.
func (c AdminCount) Bar() Bar {
	return Bar{Total: max(c.Asked, c.Accepted+c.Declined+c.Expired), Accepted: c.Accepted, Declined: c.Declined}
}

// Percent is the accepted share in whole percent, rounded down so that 100 means all.
func (c AdminCount) Percent() int {
	if c.Asked == 0 {
		return 0
	}
	return min(100, c.Accepted*100/c.Asked)
}

var adminKindKeys = map[policy.Kind]string{
	policy.Acknowledge: "admin.kind.acknowledge", policy.Agree: "admin.kind.agree",
	policy.Consent: "admin.kind.consent", policy.Inform: "admin.kind.inform",
}

// AdminKindKey is the message key of a kind in an administrator's words.
func (l *Locale) AdminKindKey(k policy.Kind) string { return adminKindKeys[k] }

// AdminPolicyPage shows all versions of a policy, newest first.
type AdminPolicyPage struct {
	Page
	Name     string
	Lang     string
	Versions []AdminVersion
	Figures  string   // address of the figures
	Compare  string   // address of the comparison
	Consents string   // address of the consents to research without the file's ending; empty: there are none to be had
	Old, New []Option // what to compare
	Back     string
}

// Chooser makes a choice with a field name and the message key of its label.
func (p AdminPolicyPage) Chooser(name, label string, options []Option) Chooser {
	return Chooser{p.Locale, name, label, options}
}

// AdminVersionPage shows a version as people see it.
type AdminVersionPage struct {
	Page
	Version  AdminVersion
	Texts    []policy.Text
	Findings []lint.Finding // of the texts
	Back     string
}

// AdminConfirmPage asks before something that cannot simply be undone.
type AdminConfirmPage struct {
	Page
	Heading string // message key
	Name    string
	Lang    string
	Label   string // of a version; empty: it is about none
	What    string // message key of what it means
	People  int    // whom it concerns; 0: not shown
	Form    Form
	Button  string // message key
	Back    string
}

// AdminKind is the message key of a kind in an administrator's words, empty for what is none.
func AdminKind(k policy.Kind) string { return adminKindKeys[k] }
