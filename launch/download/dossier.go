package download

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// Dossier is what a record is made of.
type Dossier struct {
	store.User
	site, issuer string
	courses      []store.Enrolment
	events       []policy.Event
	texts        map[string]policy.Text       // by digest
	labels       map[string]string            // revisions, by digest
	names        map[string]store.NamedCourse // the courses for which something was answered, by id
}

// NewDossier collects everything about a person of a site, whose institution has the policies.
func NewDossier(ctx context.Context, db *store.DB, institutionID, site, issuer string, u store.User) (Dossier, error) {
	d := Dossier{User: u, site: site, issuer: issuer, texts: map[string]policy.Text{}, labels: map[string]string{}}
	var err error
	if d.courses, err = db.Enrolments(ctx, u.PlatformID, u.ID); err != nil {
		return d, err
	}
	if d.events, err = db.Events(ctx, u.ID); err != nil {
		return d, err
	}
	if d.names, err = db.CourseNames(ctx, u.PlatformID, policy.Scopes(d.events)); err != nil {
		return d, err
	}
	read := map[int64]bool{}
	for _, e := range d.events {
		if e.Digest == "" || read[e.VersionID] {
			continue
		}
		read[e.VersionID] = true
		v, err := db.Version(ctx, institutionID, e.VersionID)
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
func (d Dossier) shown() []string {
	var out []string
	for _, e := range d.events {
		if _, ok := d.texts[e.Digest]; ok && !slices.Contains(out, e.Digest) {
			out = append(out, e.Digest)
		}
	}
	return out
}

// Page fills the page that shows the record, which was made now.
func (d Dossier) Page(p templates.RecordPage, now time.Time) templates.RecordPage {
	p.Name, p.From, p.Made = cmp.Or(d.Name, d.Sub), d.site, now
	for _, f := range []struct{ key, value string }{
		{"download.address", d.Email}, {"report.username", d.Username}, {"report.idnumber", d.IDNumber}, {"record.sub", d.Sub},
	} {
		if f.value != "" {
			p.Facts = append(p.Facts, templates.RecordFact{Key: f.key, Value: f.value})
		}
	}
	p.First, p.Last = d.Created, d.LastLaunch
	for _, c := range d.courses {
		p.Courses = append(p.Courses, templates.RecordCourse{Title: cmp.Or(c.Title, c.Label, c.ID), Last: c.LastLaunch, End: c.End, Ended: policy.CourseEnded(c.End, now)})
	}
	numbers := map[string]int{}
	for i, digest := range d.shown() {
		numbers[digest] = i + 1
		p.Texts = append(p.Texts, templates.RecordText{Number: i + 1, Text: d.texts[digest], Revision: d.labels[digest], Digest: digest})
	}
	for _, e := range d.events {
		line := templates.RecordEvent{Locale: p.Locale, Event: e, Course: d.names[e.Scope].Name, Number: numbers[e.Digest]}
		if e.ActorID != 0 && e.ActorID != e.UserID {
			line.By = p.T("report.by.other")
		} else if !p.Own {
			line.By = p.Name
		}
		if line.Number > 0 {
			line.Receipt = p.Receipts + "/" + e.ID + "/receipt.json"
		}
		p.Events = append(p.Events, line)
	}
	return p
}
