package launch

import (
	"bytes"
	"cmp"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"ltipolicy/launch/web"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/templates"
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
	Course       string    `json:"course" xml:"course"`
	Text         string    `json:"text" xml:"text"` // digest of one of the texts; empty: none is known
	Hash         string    `json:"hash" xml:"hash"` // of the whole event, as it stands in the evidence log
}

type recordText struct {
	Digest   string `json:"digest" xml:"digest,attr"`
	Policy   string `json:"policy" xml:"policy"`
	Version  string `json:"version" xml:"version"`
	Language string `json:"language" xml:"language"`
	Summary  string `json:"summary" xml:"summary"` // HTML, as the full text is
	Content  string `json:"content" xml:"content"`
}

// dossier is what a record is made of.
type dossier struct {
	store.User
	site, issuer string
	courses      []store.Enrolment
	events       []policy.Event
	texts        map[string]policy.Text // by digest
	labels       map[string]string      // revisions, by digest
}

// dossier collects everything about a person.
func (s *Server) dossier(r *http.Request, institutionID, site, issuer string, u store.User) (dossier, error) {
	d := dossier{User: u, site: site, issuer: issuer, texts: map[string]policy.Text{}, labels: map[string]string{}}
	var err error
	if d.courses, err = s.store.Enrolments(r.Context(), u.PlatformID, u.ID); err != nil {
		return d, err
	}
	if d.events, err = s.store.Events(r.Context(), u.ID); err != nil {
		return d, err
	}
	read := map[int64]bool{}
	for _, e := range d.events {
		if e.Digest == "" || read[e.VersionID] {
			continue
		}
		read[e.VersionID] = true
		v, err := s.store.Version(r.Context(), institutionID, e.VersionID)
		if err != nil {
			return d, fmt.Errorf("reading version %d: %w", e.VersionID, err)
		}
		for _, t := range v.Texts {
			d.texts[t.Digest()], d.labels[t.Digest()] = t, v.Revision
		}
	}
	return d, nil
}

// shown are the digests of the texts that the events are about, in the events' order.
func (d dossier) shown() []string {
	var out []string
	for _, e := range d.events {
		if _, ok := d.texts[e.Digest]; ok && !slices.Contains(out, e.Digest) {
			out = append(out, e.Digest)
		}
	}
	return out
}

func (d dossier) record(now time.Time) dataRecord {
	out := dataRecord{
		Made: now.UTC().Truncate(time.Second), Site: recordSite{d.site, d.issuer},
		Person: recordPerson{
			ID: d.Sub, Name: d.Name, GivenName: d.GivenName, FamilyName: d.FamilyName, Email: d.Email, Username: d.Username,
			IDNumber: d.IDNumber, Language: d.Lang, FirstSeen: d.Created, LastSeen: d.LastLaunch,
		},
		Courses: []recordCourse{}, Events: []recordEvent{}, Texts: []recordText{},
	}
	for _, c := range d.courses {
		out.Courses = append(out.Courses, recordCourse{c.ID, c.Label, c.Title, strings.Fields(c.Roles), c.LastLaunch})
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
			Language: e.Lang, PageLanguage: e.UILang, Statement: e.Statement, Button: e.Button, Course: e.ContextID, Text: text, Hash: e.Hash,
		})
	}
	for _, digest := range d.shown() {
		t := d.texts[digest]
		out.Texts = append(out.Texts, recordText{digest, t.Name, d.labels[digest], t.Lang, string(t.Summary), string(t.Content)})
	}
	return out
}

// ownDossier is that of the reader; there is none of a guest.
func (s *Server) ownDossier(r *http.Request, ses store.Session) (dossier, error) {
	if ses.Guest || ses.UserID == 0 {
		return dossier{}, policy.E(policy.ErrForbidden, "")
	}
	u, err := s.store.User(r.Context(), ses.PlatformID, ses.UserID)
	if err != nil {
		return dossier{}, err
	}
	return s.dossier(r, ses.InstitutionID, ses.Site, ses.Issuer, u)
}

// ownRecord shows a reader everything that is stored about them, to read and to print.
func (s *Server) ownRecord(w http.ResponseWriter, r *http.Request, ses store.Session) error {
	d, err := s.ownDossier(r, ses)
	if err != nil {
		return err
	}
	return s.recordPage(w, r, d, templates.RecordPage{
		Page: s.Base(r, ses), Own: true, Back: web.At(ses, "agreements"), JSON: web.At(ses, "agreements/record.json"), XML: web.At(ses, "agreements/record.xml"),
	})
}

// ownRecordAs downloads it.
func (s *Server) ownRecordAs(f recordFormat) web.LaunchHandler {
	return func(w http.ResponseWriter, r *http.Request, ses store.Session) error {
		d, err := s.ownDossier(r, ses)
		if err != nil {
			return err
		}
		return s.sendRecord(w, r, d, f)
	}
}

// personRecord shows an administrator what a person may ask for.
func (s *Server) personRecord(w http.ResponseWriter, r *http.Request, a admin) error {
	d, here, err := s.personDossier(r, a, "page")
	if err != nil {
		return err
	}
	a.base.Person = "" // the page may be printed and handed over
	return s.recordPage(w, r, d, templates.RecordPage{
		Page: a.base, Back: a.at(here), JSON: a.at(here + "/record.json"), XML: a.at(here + "/record.xml"),
	})
}

// personRecordAs downloads it.
func (s *Server) personRecordAs(f recordFormat) func(http.ResponseWriter, *http.Request, admin) error {
	return func(w http.ResponseWriter, r *http.Request, a admin) error {
		d, _, err := s.personDossier(r, a, f.ending)
		if err != nil {
			return err
		}
		return s.sendRecord(w, r, d, f)
	}
}

func (s *Server) personDossier(r *http.Request, a admin, format string) (d dossier, page string, err error) {
	who, err := s.person(r, a)
	if err != nil {
		return d, "", err
	}
	if d, err = s.dossier(r, a.ses.InstitutionID, who.platform.Name, who.platform.Issuer, who.User); err != nil {
		return d, "", err
	}
	return d, personPage(who.User), s.looked(r.Context(), a, "acceptances.record", who.label(), "format="+format)
}

func (s *Server) recordPage(w http.ResponseWriter, r *http.Request, d dossier, p templates.RecordPage) error {
	p.Name, p.From, p.Made = cmp.Or(d.Name, d.Sub), d.site, s.Now()
	for _, f := range []struct{ key, value string }{
		{"download.address", d.Email}, {"report.username", d.Username}, {"report.idnumber", d.IDNumber}, {"record.sub", d.Sub},
	} {
		if f.value != "" {
			p.Facts = append(p.Facts, templates.RecordFact{Key: f.key, Value: f.value})
		}
	}
	p.First, p.Last = d.Created, d.LastLaunch
	for _, c := range d.courses {
		p.Courses = append(p.Courses, templates.RecordCourse{Title: cmp.Or(c.Title, c.Label, c.ID), Last: c.LastLaunch})
	}
	numbers := map[string]int{}
	for i, digest := range d.shown() {
		numbers[digest] = i + 1
		p.Texts = append(p.Texts, templates.RecordText{Number: i + 1, Text: d.texts[digest], Revision: d.labels[digest], Digest: digest})
	}
	for _, e := range d.events {
		line := templates.RecordEvent{Locale: p.Locale, Event: e, Number: numbers[e.Digest]}
		if e.ActorID != 0 && e.ActorID != e.UserID {
			line.By = p.T("report.by.other")
		} else if !p.Own {
			line.By = p.Name
		}
		p.Events = append(p.Events, line)
	}
	s.Render(w, r, http.StatusOK, func(b *bytes.Buffer) error { return s.Pages.Record(b, p) })
	return nil
}

// recordFormat is a form in which a record can be taken along.
type recordFormat struct {
	ending, kind string
	write        func(io.Writer, dataRecord) error
}

var (
	recordJSON = recordFormat{"json", "application/json", func(w io.Writer, rec dataRecord) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "\t")
		return e.Encode(rec)
	}}
	recordXML = recordFormat{"xml", "application/xml", func(w io.Writer, rec dataRecord) error {
		if _, err := io.WriteString(w, xml.Header); err != nil {
			return err
		}
		e := xml.NewEncoder(w)
		e.Indent("", "\t")
		return e.Encode(rec)
	}}
)

func (s *Server) sendRecord(w http.ResponseWriter, r *http.Request, d dossier, f recordFormat) error {
	out := newLate(w, f.kind, "agreements-"+s.Now().UTC().Format(time.DateOnly)+"."+f.ending)
	return s.ended(r, out, len(d.events), f.write(out, d.record(s.Now())))
}
