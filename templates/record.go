package templates

import (
	"fmt"
	"time"

	"ltipolicy/policy"
)

// RecordPage is everything that is stored about one person, to read and to print.
type RecordPage struct {
	Page
	Own         bool // the reader's own
	Name        string
	From        string // name of the platform
	Made        time.Time
	Facts       []RecordFact
	First, Last time.Time // when the person was first and last here
	Courses     []RecordCourse
	Events      []RecordEvent // newest first
	Receipts    string        // address above those of the answers' receipts
	Texts       []RecordText
	JSON, XML   string // addresses of the downloads
	Back        string
}

// RecordFact is something that the platform told about the person.
type RecordFact struct{ Key, Value string }

// RecordCourse is a course in which the person was here.
type RecordCourse struct {
	Title string
	Last  time.Time
	End   time.Time // zero: no end is known
	Ended bool
}

// RecordEvent is one act of answering.
type RecordEvent struct {
	*Locale
	Event  policy.Event
	Course string // the name of the course that the answer is for; empty: the site
	By     string // who acted; empty: the reader
	Number int    // of the text on the page; 0: none is known
	// Receipt is the address of the answer's receipt; empty: there is none, because no text of it is known.
	Receipt string
}

// RecordText is a text that the person was shown.
type RecordText struct {
	Number   int
	Text     policy.Text
	Revision string
	Digest   string
}

// ID is the text's own on the page.
func (t RecordText) ID() string { return fmt.Sprint("text-", t.Number) }

// SheetPage is the record sheet of a consent to research, to read and to print.
type SheetPage struct {
	Page
	Own               bool // the reader's own
	Event             policy.Event
	By                string    // who acted for the person; empty: the reader
	Course            string    // the name of the course that the consent is for; empty: the site
	Ended             time.Time // when it was withdrawn; zero: it was not
	Expired           bool      // it was not, and the time is over for which it counted
	CourseEnd         time.Time // of its course, which has ended before that; zero: it has not, or it is for the site
	Who, Sub          string
	Institution, From string // From: name of the platform
	Contact           Contact
	Items             []SheetItem
	JSON, XML         string // addresses of the downloads
	Exact             string // address of the whole text
	Back              string
}

// Number is that of the text among several; here it is the only one.
func (p SheetPage) Number() int { return 0 }

// SheetItem is something that the person was told.
type SheetItem struct {
	Number  int
	Heading string
	Text    policy.Text // in the language that was read; nothing but content
}

// ID is the item's own on the page.
func (i SheetItem) ID() string { return fmt.Sprint("item-", i.Number) }
