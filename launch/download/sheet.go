package download

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"ltipolicy/policy"
	"ltipolicy/policy/research"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// Sheet is the record sheet of one consent to research: who consented to what, when and how, what they were told, and when
// it ended.
type Sheet struct {
	given             policy.ConsentGiven
	who               store.User
	institution, site string
	issuer            string
	course            store.NamedCourse // nameless: the site
	contact           string
	name              string // of the policy, in the language that was read
	parts             research.Parts
}

// Sheeted reports whether an answer to a version has a record sheet.
func Sheeted(v policy.Version, e policy.Event) bool {
	return v.Form == policy.FormResearch && (e.Answer == policy.Accepted || e.Answer == policy.Renewed)
}

// NewSheet is the record sheet of a consent that a person of a site gave, whose institution has the policies.
// policy.ErrNotFound: the answer is another one, or its text is not known.
func NewSheet(ctx context.Context, db *store.DB, institutionID, site, issuer string, u store.User, eventID string) (Sheet, error) {
	s := Sheet{who: u, site: site, issuer: issuer}
	events, err := db.Events(ctx, u.ID)
	if err != nil {
		return s, err
	}
	all := policy.ConsentsGiven(events)
	i := slices.IndexFunc(all, func(c policy.ConsentGiven) bool { return c.ID == eventID })
	if i < 0 {
		return s, policy.E(policy.ErrNotFound, "").Because(errors.New("no consent of this person"))
	}
	s.given = all[i]
	v, err := db.Version(ctx, institutionID, s.given.VersionID)
	if err != nil {
		return s, fmt.Errorf("reading version %d: %w", s.given.VersionID, err)
	}
	text, ok := v.In(s.given.Lang)
	if !Sheeted(v, s.given.Event) || !ok || text.Digest() != s.given.Digest {
		return s, policy.E(policy.ErrNotFound, "").Because(errors.New("no consent to research with a text that is known"))
	}
	s.contact, s.name, s.parts = v.Contact, text.Name, research.Split(text.Content)
	institution, err := db.Institution(ctx, institutionID)
	if err != nil {
		return s, err
	}
	names, err := db.CourseNames(ctx, u.PlatformID, policy.Scopes([]policy.Event{s.given.Event}))
	s.institution, s.course = institution.Name, names[s.given.Scope]
	return s, err
}

// Page fills the page that shows the sheet, as of a time. by is who acted for the person, in the reader's words; empty:
// the reader.
func (s Sheet) Page(p templates.SheetPage, by string, now time.Time) templates.SheetPage {
	p.Event, p.Ended, p.By, p.Course = s.given.Event, s.given.Ended, by, s.course.Name
	if end := s.course.End; policy.CourseEnded(end, now) && (s.given.Until.IsZero() || end.Before(s.given.Until)) {
		p.CourseEnd = end
	} else {
		p.Expired = s.given.Expired(now)
	}
	p.Who, p.Sub, p.Institution, p.From, p.Contact = s.who.Name, s.who.Sub, s.institution, s.site, templates.Contact(s.contact)
	for i, part := range s.parts.Items {
		p.Items = append(p.Items, templates.SheetItem{Number: i + 1, Heading: part.Heading, Text: policy.Text{Lang: s.given.Lang, Content: part.Text}})
	}
	return p
}

// OnBehalf reports whether somebody else acted for the person, and who that is on their platform; empty: nobody says.
func (s Sheet) OnBehalf() (sub string, other bool) {
	return s.given.ActorSub, s.given.ActorID != 0 && s.given.ActorID != s.given.UserID
}

// sheetFile is the sheet in the form in which it is taken along; docs/report.md describes it.
type sheetFile struct {
	XMLName      xml.Name    `json:"-" xml:"sheet"`
	Made         time.Time   `json:"made" xml:"made,attr"`
	Institution  string      `json:"institution" xml:"institution"`
	Site         recordSite  `json:"site" xml:"site"`
	Person       sheetPerson `json:"person" xml:"person"`
	By           string      `json:"by" xml:"by"` // "self" or "other"
	Note         string      `json:"note" xml:"note"`
	Policy       string      `json:"policy" xml:"policy"`
	Version      string      `json:"version" xml:"version"`
	For          sheetCourse `json:"for" xml:"for"` // empty: the site
	Given        time.Time   `json:"given" xml:"given"`
	Withdrawn    *time.Time  `json:"withdrawn" xml:"withdrawn,omitempty"` // none: it was not, while it counted
	Until        *time.Time  `json:"until" xml:"until,omitempty"`         // when it ends by itself, or ended; none: it does not
	Language     string      `json:"language" xml:"language"`
	PageLanguage string      `json:"page_language" xml:"page_language"`
	Statement    string      `json:"statement" xml:"statement"`
	Button       string      `json:"button" xml:"button"`
	Items        []sheetItem `json:"items" xml:"items>item"`
	Contact      string      `json:"contact" xml:"contact"`
	Text         string      `json:"text" xml:"text"`   // digest of the whole text
	Event        string      `json:"event" xml:"event"` // of the receipt
	Hash         string      `json:"hash" xml:"hash"`
}

type sheetPerson struct {
	ID   string `json:"id" xml:"id"`
	Name string `json:"name" xml:"name"`
}

type sheetCourse struct {
	Number string `json:"number" xml:"number"`
	Title  string `json:"title" xml:"title"`
	// Ends is from when on nothing that only the course asked stands any more; nil: no end is known.
	Ends *time.Time `json:"ends" xml:"ends,omitempty"`
}

type sheetItem struct {
	Item    string `json:"item" xml:"name,attr"`
	Heading string `json:"heading" xml:"heading"`
	Text    string `json:"text" xml:"text"` // HTML
}

func (s Sheet) file(now time.Time) sheetFile {
	e := s.given
	out := sheetFile{
		Made: now.UTC().Truncate(time.Second), Institution: s.institution, Site: recordSite{s.site, s.issuer}, Person: sheetPerson{s.who.Sub, s.who.Name},
		By: "self", Note: e.Note, Policy: e.PolicyName, Version: e.Revision, For: sheetCourse{e.Scope, s.course.Name, known(s.course.End)}, Given: e.Time, Language: e.Lang,
		PageLanguage: e.UILang, Statement: e.Statement, Button: e.Button, Contact: s.contact, Text: e.Digest, Event: e.ID, Hash: e.Hash,
	}
	if _, other := s.OnBehalf(); other {
		out.By = "other"
	}
	out.Withdrawn, out.Until = known(e.Ended), known(e.Until)
	for i, item := range research.Items() {
		part := s.parts.Items[i]
		out.Items = append(out.Items, sheetItem{string(item), part.Heading, string(part.Text)})
	}
	return out
}

// SheetFormat is a form in which a sheet can be taken along.
type SheetFormat struct {
	Ending string // of the file's name
	kind   string // content type
	write  func(io.Writer, sheetFile) error
}

// SheetJSON is an object.
var SheetJSON = SheetFormat{"json", "application/json", func(w io.Writer, f sheetFile) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "\t")
	return e.Encode(f)
}}

// SheetXML is a document.
var SheetXML = SheetFormat{"xml", "application/xml", func(w io.Writer, f sheetFile) error {
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "\t")
	return e.Encode(f)
}}

// Send writes the sheet as a file, which is named after the answer. It returns the file, for what it had begun to send.
func (s Sheet) Send(w http.ResponseWriter, f SheetFormat, now time.Time) (*File, error) {
	out := newFile(w, f.kind, "sheet-"+s.given.ID+"."+f.Ending)
	err := f.write(out, s.file(now))
	if err == nil {
		err = out.flush()
	}
	return out, err
}
