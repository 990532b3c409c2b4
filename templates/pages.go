package templates

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"ltipolicy/policy"
)

// row is a page: the template, a file html/NAME.html with the blocks "title" and "main"; which part of it is shown, if
// not the whole page; and the struct that it shows. A new page is a row, its struct, its file, and a fixture in the tests.
type row struct {
	name, part string
	view       View
}

// pages are all there are.
var pages = slices.Concat(learnerPages, officePages)

// learnerPages are those of learners, teachers and everybody.
var learnerPages = []row{
	{"pending", "", PendingPage{}},
	{"saved", "", SavedPage{}},
	{"agreements", "", AgreementsPage{}},
	{"event", "", EventTextPage{}},
	{"receipt", "", ReceiptPage{}},
	{"record", "", RecordPage{}},
	{"sheet", "", SheetPage{}},
	{"public", "", PublicPage{}},
	{"archive", "", ArchivePage{}},
	{"changed", "", ChangedPage{}},
	{"home", "", HomePage{}},
	{"error", "", ErrorPage{}},
	{"storage", "", StoragePage{}},
	{"register", "", RegisterPage{}},
	{"registered", "", RegisteredPage{}},
	{"leave", "", LeavePage{}},
	{"participants", "", ParticipantsPage{}},
	{"missing", "", MissingPage{}},
	{"choices", "", ChoicesPage{}},
	{"remind", "", RemindPage{}},
	{"select", "", SelectPage{}},
	{"handover", "", HandoverPage{}},
}

// parts are the files of html that pages share.
var parts = []string{"layout", "parts", "comparison", "adminparts", "adminlint", "adminpreview", "reading", "chart", "connection"}

// View is what a page shows: a struct that holds a Page and has a row in the table of pages.
type View interface{ common() Page }

// common makes a View of every struct that holds a Page.
func (p Page) common() Page { return p }

// Page is what every page has in common. Its promoted methods are those of [Locale]: T, N, Date and so on.
type Page struct {
	*Locale // language, plurals and time zone of the page; never nil

	Site      string // name of the platform or institution; empty before one is known
	Person    string // who is signed in, as the platform names them; empty if nobody or no name was sent
	RequestID string
	Framed    bool // shown inside a frame of the platform's page
	// Return is the address back to the platform; empty if it gave none. It opens in the whole window.
	Return    string
	Nav       []Link
	Flash     string     // key of a message about what was just done, such as "flash.saved"
	Languages []Language // the language switch; empty: not offered, see [Set.Languages]
	Counted   time.Time  // when the figures on the page were counted; zero: for the page
}

// Link is an entry of the navigation.
type Link struct {
	Key     string // message key, such as "nav.agreements"
	URL     string
	Current bool // this page
}

// Language is an entry of the language switch.
type Language struct {
	Tag     string // BCP 47
	Name    string // in the language itself
	URL     string
	Current bool
}

// Field is a hidden field of a form.
type Field struct{ Name, Value string }

// Form is where an answer goes: its address and the hidden fields (token, presentation, version …) that the
// caller wants back unchanged.
type Form struct {
	Action string
	Hidden []Field
}

// Item is one policy to answer: a card of [PendingPage]. Use [NewItem] to fill it from the domain.
type Item struct {
	VersionID int64
	Type      policy.Type
	Kind      policy.Kind
	Course    string // the name of the course that it is for; empty: the site
	Revision  string
	Date      policy.Day // since when the version applies; zero: not shown
	Text      policy.Text
	Minutes   int // reading time of the full text; summaries are counted apart
	Contact   Contact
	Validity  policy.Validity
	// Of what may be put off: until when; of an acceptance that ends soon: when, and of one that has ended; of what is not in
	// force yet: when it will be. Each is in the zone that was meant, and empty where it does not apply.
	PutOff, Renew, Ended, Coming string
	Free                         time.Time // what PutOff or Renew says, to compare by
	Named                        bool      // the teachers of the course learn the answer by name
	// Changes say what became different since the reader's own last answer; nil for a reader without one.
	Changes *Changes

	Choice policy.Answer // what the reader chose before, on a re-rendered form: Accepted, Declined or empty
	Error  string        // message key: what is wrong with the answer, such as "problem.required"
	Fresh  bool          // published while the reader was reading: look again
}

// PendingPage shows what is still to be answered. A policy with a page of its own comes alone, with its
// position among them in Step and Steps.
type PendingPage struct {
	Page
	Form        Form
	Items       []Item
	Step, Steps int    // "1 of 3"; Steps 0 or 1: not shown
	Problem     string // message key of a problem with the form as a whole, such as "problem.republished"
	// HeldUp says that the reader comes further only after answering; false for site admins, who are reminded.
	HeldUp bool
	// Later is the address of "not now"; empty: no such link.
	Later string
	// Door says that the reader is logging in: Later leads to what it means not to accept.
	Door bool
	// Early says that nothing needs to be answered yet: the policies are announced.
	Early bool
}

// PutOff is until when the reader may go on without answering anything; empty: something holds them up, or nothing ever does.
func (p PendingPage) PutOff() string {
	until, free := "", time.Time{}
	for _, i := range p.Items {
		if i.Kind != policy.Acknowledge && i.Kind != policy.Agree {
			continue
		}
		waits := cmp.Or(i.PutOff, i.Renew)
		if waits == "" {
			return ""
		}
		if until == "" || i.Free.Before(free) {
			until, free = waits, i.Free
		}
	}
	return until
}

// Waits reports whether the form can be sent without an answer to the item.
func (i Item) Waits() bool { return i.PutOff != "" || i.Renew != "" || i.Coming != "" }

// Heading is the page's name.
func (p PendingPage) Heading() string {
	switch {
	case p.Early:
		return p.T("pending.heading.early")
	case !slices.ContainsFunc(p.Items, func(i Item) bool { return i.Renew == "" }):
		return p.T("pending.heading.renew")
	}
	return p.N("pending.heading", len(p.Items))
}

// LeadKey is the message key of what the page wants.
func (p PendingPage) LeadKey() string {
	switch {
	case p.Early:
		return "pending.lead.early"
	case !p.HeldUp:
		return "pending.lead.free"
	case p.PutOff() != "":
		return "pending.lead.putoff"
	}
	return "pending.lead"
}

// SavedPage says that answers were recorded, and leads back to the course.
type SavedPage struct {
	Page
	Count      int    // answers saved by this form
	Left       int    // policies still to be answered
	Gone       bool   // some of what was answered is asked no more, and was not saved
	Next       string // address of the remaining ones, if any
	Agreements string // address of My agreements
	Receipts   []AnswerReceipt
}

// AnswerReceipt is where the receipt of an answer is: the page to read and to print, and the file.
type AnswerReceipt struct{ Name, Lang, Page, File string }

// Standing is the state of a person's relation to a policy or version, as My agreements shows it.
type Standing string

// The standings. Each has a message "standing.NAME", worded by kind for accepted.
const (
	StandingAccepted  Standing = "accepted"
	StandingDeclined  Standing = "declined"
	StandingWithdrawn Standing = "withdrawn"
	StandingExpired   Standing = "expired"  // accepted for a time that is over
	StandingEnded     Standing = "ended"    // answered in a course that has ended since
	StandingPending   Standing = "pending"  // asked, not answered
	StandingInformed  Standing = "informed" // nothing to answer
	StandingNone      Standing = "none"     // not asked of this reader
)

// AgreementsPage is My agreements: everything that the reader was asked and answered.
type AgreementsPage struct {
	Page
	Pending  int    // policies still to be answered
	Renewals int    // acceptances that end soon
	Answer   string // address where to answer and to renew them
	Coming   []Coming
	Policies []Agreement
	Record   string // address of everything that is stored about the reader
}

// Coming is a version that is announced.
type Coming struct {
	Name, Lang string
	Revision   string
	Course     string // the name of the course that it is for; empty: the site
	From       string // when it will be in force
	Note       string // why it changes, in its author's words
	Minor      bool   // there is nothing to answer
	Done       bool   // the reader has answered
	Answer     string // address where to answer; empty: there is nothing to
	Address    string // its lasting address; empty: it has none
}

// ComingList is what is announced, for the pages that show it.
type ComingList struct {
	*Locale
	Launched bool // within a launch: links out of it open a window of their own
	Coming   []Coming
}

// Wrap is what is announced, for its part of the page.
func (p AgreementsPage) Wrap() ComingList { return ComingList{p.Locale, len(p.Nav) > 0, p.Coming} }

// Wrap is what is announced, for its part of the page.
func (p PublicPage) Wrap() ComingList { return ComingList{p.Locale, len(p.Nav) > 0, p.Coming} }

// Agreement is one policy on My agreements.
type Agreement struct {
	PolicyID int64
	Name     string
	Lang     string    // of Name
	Course   string    // the name of the course that it is for; empty: the site
	Ended    time.Time // when that ended; zero: it has not
	Type     policy.Type
	Kind     policy.Kind
	Standing Standing
	Versions []AnsweredVersion // newest first; the first is the active one, if any is
}

// AnsweredVersion is one version of a policy with the reader's answer to it.
type AnsweredVersion struct {
	VersionID int64
	Revision  string
	Kind      policy.Kind
	Named     bool // the teachers of the course learn the answer by name
	Active    bool
	Standing  Standing
	Time      time.Time // of the latest answer; zero: none
	Until     time.Time // when it ends by itself, or ended; zero: it does not
	By        string    // who answered for the reader; empty: the reader
	Note      string
	Carried   string      // the version that was answered, where its answer counts for this one
	Text      string      // address of the text; empty: not to be seen
	Events    []EventLine // history, newest first
	// Withdraw and Again are the forms for withdrawing and for accepting (again); nil where not allowed.
	Withdraw, Again *Form
	Renew           string // address where to renew it; empty: not yet
}

// EventLine is one act in a version's history.
type EventLine struct {
	ID     string
	Time   time.Time
	Kind   policy.Kind
	Answer policy.Answer
	By     string // who acted for the reader; empty: the reader
	Lang   string // language of the text shown
	Note   string
	URL    string // the exact text behind the act; empty: none was shown
}

// EventTextPage shows the exact text behind one answer.
type EventTextPage struct {
	Page
	Event  policy.Event
	Course string // the name of the course that the answer is for; empty: the site
	By     string // who acted for the reader; empty: the reader
	Text   policy.Text
	// Intact reports whether Text.Digest equals Event.Digest; the page says so when it does not.
	Intact  bool
	Contact Contact // of the version
	Seen    string  // message key of who learns the answer by name; empty: it is no free choice
	Back    string  // address of My agreements
	// Receipt is the address of the answer's receipt, and Checkpoint that of the log's checkpoint, without "https://" drawn
	// on paper; empty: there is none.
	Receipt, Checkpoint string
	Sheet               string // address of its record sheet; empty: it has none
	// Other says that the answer is not the reader's own: Back is then the address of the person's page.
	Other bool
}

// Number is that of the text among several; here it is the only one.
func (p EventTextPage) Number() int { return 0 }

// PublicPage is the public list of active policies, as Moodle's viewall.php shows it.
type PublicPage struct {
	Page
	Policies []PublicPolicy
	Coming   []Coming
	// Notice is the key of a note above the list, such as "public.guest" or "public.anonymous"; may be empty.
	Notice string
	Feed   string // address of the changes of all policies; empty: not offered
}

// PublicPolicy is one active policy of [PublicPage]. Use [NewPublicPolicy] to fill it from the domain.
type PublicPolicy struct {
	PolicyID int64
	Type     policy.Type
	Audience policy.Audience
	Kind     policy.Kind
	Revision string
	Date     policy.Day
	Text     policy.Text
	Contact  Contact
	Address  string // that lasts: all versions of the policy
}

// ArchivePage is the lasting page of a policy, or of one of its versions: what was in force when.
type ArchivePage struct {
	Page
	Name, Lang string // of the policy, and its language
	Shown      *ArchivedText
	// Ended is the day on which the policy ended; zero: a version is in force.
	Ended policy.Day
	// Coming is the day on which the version comes into force that is announced, and where it is; zero: none is.
	Coming        policy.Day
	ComingAddress string
	// Notice is the key of why no text is shown for the day that was asked for, such as "archive.none"; may be empty.
	Notice  string
	On      string // the day that was asked for, as it was typed
	Address string // of the policy
	Hidden  []Field
	// Versions are those that are or were in force, the newest first.
	Versions []ArchivedVersion
	Compare  string // where two of them are compared
	Feed     string // address of the policy's changes
	List     string // address of the public list
}

// Earlier reports whether the version that is shown is in force no longer.
func (p ArchivePage) Earlier() bool {
	return p.Shown != nil && !p.Shown.Until.IsZero() && p.Shown.Stage == ""
}

// Announced reports whether the version that is shown is not in force yet.
func (p ArchivePage) Announced() bool { return p.Shown != nil && p.Shown.Stage == StageAnnounced }

// Retracted reports whether the version that is shown was announced and taken back.
func (p ArchivePage) Retracted() bool { return p.Shown != nil && p.Shown.Stage == StageRetracted }

// Choosers are the two versions to compare: the newest and the one before it, until somebody chooses others.
func (p ArchivePage) Choosers() []Chooser {
	options := func(selected int) (out []Option) {
		for i, v := range p.Versions {
			out = append(out, Option{Value: strconv.FormatInt(v.ID, 10), Label: v.Label, Selected: i == selected})
		}
		return out
	}
	return []Chooser{
		{Locale: p.Locale, Name: "old", Label: "admin.compare.old", Options: options(1)},
		{Locale: p.Locale, Name: "new", Label: "admin.compare.new", Options: options(0)},
	}
}

// ArchivedVersion is a version with its time.
type ArchivedVersion struct {
	*Locale
	ID          int64
	Label       string
	Stage       Stage      // active, announced, retracted, or empty for one of before
	From, Until policy.Day // Until is zero for the version in force and for what is announced
	Digest      string     // of the text in its own language
	Note, Lang  string     // the author's words on what changed, and their language
	Address     string     // of the version
	Changes     string     // where it is compared with the version before; empty: it is the first
}

// ArchivedText is a version with a text.
type ArchivedText struct {
	ArchivedVersion
	Type     policy.Type
	Audience policy.Audience
	Zone     string // in which the days are meant
	Text     policy.Text
	Digests  []TextDigest // of each language
	Contact  Contact
	Lasting  string // the version's address as one cites it, with host
}

// TextDigest is what identifies a text in a language.
type TextDigest struct{ Lang, Digest string }

// NewArchivedText shows a version in a text of its own. v is as the archive tells of it.
func NewArchivedText(v ArchivedVersion, of policy.Version, t policy.Text) *ArchivedText {
	a := &ArchivedText{
		ArchivedVersion: v, Type: of.Type, Audience: of.Audience, Zone: of.Location().String(), Text: t, Contact: Contact(of.Contact),
	}
	for _, t := range of.Texts {
		a.Digests = append(a.Digests, TextDigest{t.Lang, t.Digest()})
	}
	return a
}

// ChangedPage shows anybody how one version of a policy became another.
type ChangedPage struct {
	Page
	Comparison Comparison
	Back       string // address of the policy
}

// HomePage is where teachers land who came without a course.
type HomePage struct {
	Page
	Course     string
	Pending    int    // own policies still to be answered
	Answer     string // address where to answer them
	Agreements string
	Public     string
}

// ErrorPage says what happened and what to do. Codes without messages of their own are shown as "internal".
type ErrorPage struct {
	Page
	Code   string // such as "state_missing" or "not_found"; stands in data-error on main
	Detail string // the claim or parameter concerned; may be empty
	// Command is what the operator of the tool runs to mend it; may be empty.
	Command string
	// Reopen says that opening the activity again from the platform helps.
	Reopen bool
	// Window starts the launch again in a window of its own, for frames that keep no cookie; Again is the
	// activity's page in its course. At most one of them is set.
	Window, Again string
	Public        string // address of the public list; empty: no platform known
}

// StoragePage passes by itself: its script keeps a value in the storage of the platform that frames the tool
// and goes on to Next, or fetches it and sends Form with the value in the field "proof".
type StoragePage struct {
	Page
	Target string // lti_storage_target: "_parent" or the name of a frame beside this one
	Origin string // of the platform: who alone may receive the value and answer
	Key    string
	Value  string // to keep; empty: to fetch
	Next   string // where the page goes after keeping
	Form   *Form  // what is sent after fetching
}

// RegisterPage asks the site admin, inside Moodle's frame, to confirm a registration.
type RegisterPage struct {
	Page
	Form        Form
	Product     string // "moodle"
	Version     string
	Issuer      string
	Institution string
	Tool        string   // host name of this tool
	Asks        []string // message keys of what the tool asks for, such as "register.asks.name"
	Activates   bool     // the operator has said already that it may come in
	Renews      string   // name of the platform whose registration this renews; empty: it is a new one
	Twin        string   // name of another platform of the institution that is the same Moodle; empty: there is none
}

// RegisteredPage says what to do after a registration and closes Moodle's frame when asked.
type RegisteredPage struct {
	Page
	Issuer      string
	Institution string
	Activate    string // the operator's command that activates the platform; empty: it is active already
	Asks        []AskedName
	Connection  Connection
}

// AskedName names a policy that a site asks.
type AskedName struct{ Name, Lang string }
