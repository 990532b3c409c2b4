package download

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"strings"
	"time"
)

// dataRecord is everything that is stored about one person, for the person: what the General Data Protection
// Regulation gives a right to (articles 15 and 20). It is about nobody else: whoever answered on the person's
// behalf is "other". Its form is described in docs/report.md.
type dataRecord struct {
	XMLName xml.Name       `json:"-" xml:"record"`
	Made    time.Time      `json:"made" xml:"made,attr"`
	Site    recordSite     `json:"site" xml:"site"`
	Person  recordPerson   `json:"person" xml:"person"`
	Courses []recordCourse `json:"courses" xml:"courses>course"`
	Events  []recordEvent  `json:"events" xml:"events>event"` // newest first
	Texts   []recordText   `json:"texts" xml:"texts>text"`
}

type recordSite struct {
	Name   string `json:"name" xml:"name"`
	Issuer string `json:"issuer" xml:"issuer"`
}

type recordPerson struct {
	ID         string    `json:"id" xml:"id"` // the platform's, its "sub"
	Name       string    `json:"name" xml:"name"`
	GivenName  string    `json:"given_name" xml:"given_name"`
	FamilyName string    `json:"family_name" xml:"family_name"`
	Email      string    `json:"email" xml:"email"`
	Username   string    `json:"username" xml:"username"`
	IDNumber   string    `json:"id_number" xml:"id_number"`
	Language   string    `json:"language" xml:"language"`
	FirstSeen  time.Time `json:"first_seen" xml:"first_seen"`
	LastSeen   time.Time `json:"last_seen" xml:"last_seen"`
}

type recordCourse struct {
	Number   string    `json:"number" xml:"number"`
	Label    string    `json:"label" xml:"label"`
	Title    string    `json:"title" xml:"title"`
	Roles    []string  `json:"roles" xml:"roles>role"`
	LastSeen time.Time `json:"last_seen" xml:"last_seen"`
	// Ends is from when on nothing that only the course asked stands any more; nil: no end is known.
	Ends *time.Time `json:"ends" xml:"ends,omitempty"`
}

type recordEvent struct {
	ID           string    `json:"id" xml:"id,attr"`
	Time         time.Time `json:"time" xml:"time"`
	Policy       string    `json:"policy" xml:"policy"`
	Version      string    `json:"version" xml:"version"`
	Kind         string    `json:"kind" xml:"kind"`
	Answer       string    `json:"answer" xml:"answer"`
	By           string    `json:"by" xml:"by"` // "self" or "other"
	Note         string    `json:"note" xml:"note"`
	Language     string    `json:"language" xml:"language"`           // of the text
	PageLanguage string    `json:"page_language" xml:"page_language"` // of the words around it
	Statement    string    `json:"statement" xml:"statement"`
	Button       string    `json:"button" xml:"button"`
	Course       string    `json:"course" xml:"course"` // from which it was answered
	For          string    `json:"for" xml:"for"`       // the course that the answer is for; empty: the site
	Text         string    `json:"text" xml:"text"`     // digest of one of the texts; empty: none is known
	Hash         string    `json:"hash" xml:"hash"`     // of the whole event, as it stands in the evidence log
}

type recordText struct {
	Digest   string `json:"digest" xml:"digest,attr"`
	Policy   string `json:"policy" xml:"policy"`
	Version  string `json:"version" xml:"version"`
	Language string `json:"language" xml:"language"`
	Summary  string `json:"summary" xml:"summary"` // HTML, as the full text is
	Content  string `json:"content" xml:"content"`
}

// record is the dossier in the form in which it is taken along.
func (d Dossier) record(now time.Time) dataRecord {
	out := dataRecord{
		Made: now.UTC().Truncate(time.Second), Site: recordSite{d.site, d.issuer},
		Person: recordPerson{
			ID: d.Sub, Name: d.Name, GivenName: d.GivenName, FamilyName: d.FamilyName, Email: d.Email, Username: d.Username,
			IDNumber: d.IDNumber, Language: d.Lang, FirstSeen: d.Created, LastSeen: d.LastLaunch,
		},
		Courses: []recordCourse{}, Events: []recordEvent{}, Texts: []recordText{},
	}
	for _, c := range d.courses {
		out.Courses = append(out.Courses, recordCourse{c.ID, c.Label, c.Title, strings.Fields(c.Roles), c.LastLaunch, known(c.End)})
	}
	for _, e := range d.events {
		by, text := "self", e.Digest
		if e.ActorID != 0 && e.ActorID != e.UserID {
			by = "other"
		}
		if _, ok := d.texts[text]; !ok {
			text = ""
		}
		out.Events = append(out.Events, recordEvent{
			ID: e.ID, Time: e.Time, Policy: e.PolicyName, Version: e.Revision, Kind: string(e.Kind), Answer: string(e.Answer), By: by, Note: e.Note,
			Language: e.Lang, PageLanguage: e.UILang, Statement: e.Statement, Button: e.Button, Course: e.ContextID, For: e.Scope, Text: text, Hash: e.Hash,
		})
	}
	for _, digest := range d.shown() {
		t := d.texts[digest]
		out.Texts = append(out.Texts, recordText{digest, t.Name, d.labels[digest], t.Lang, string(t.Summary), string(t.Content)})
	}
	return out
}

// RecordFormat is a form in which a record can be taken along.
type RecordFormat struct {
	Ending string // of the file's name
	kind   string // content type
	write  func(io.Writer, dataRecord) error
}

// RecordJSON is an object.
var RecordJSON = RecordFormat{"json", "application/json", func(w io.Writer, rec dataRecord) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "\t")
	return e.Encode(rec)
}}

// RecordXML is a document.
var RecordXML = RecordFormat{"xml", "application/xml", func(w io.Writer, rec dataRecord) error {
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "\t")
	return e.Encode(rec)
}}

// Send writes the record as a file, which is named after the day in now's zone. It returns the file, for what it had begun to send, and how many events it tells.
func (d Dossier) Send(w http.ResponseWriter, f RecordFormat, now time.Time) (out *File, events int, err error) {
	out = newFile(w, f.kind, "agreements-"+now.Format(time.DateOnly)+"."+f.Ending)
	if err = f.write(out, d.record(now)); err == nil {
		err = out.flush()
	}
	return out, len(d.events), err
}

// known is a time for a file, nil for none.
func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
