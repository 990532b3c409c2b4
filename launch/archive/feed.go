package archive

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"ltipolicy/launch/web"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// maxEntries is how many changes a feed tells of, the newest ones.
const maxEntries = 100

// feed is an Atom feed (RFC 4287).
type feed struct {
	XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
	Lang    string   `xml:"http://www.w3.org/XML/1998/namespace lang,attr"`
	ID      string   `xml:"id"`
	Title   string   `xml:"title"`
	Updated string   `xml:"updated"`
	Author  string   `xml:"author>name"`
	Links   []link   `xml:"link"`
	Entries []entry  `xml:"entry"`
}

type link struct {
	Rel  string `xml:"rel,attr"`
	Type string `xml:"type,attr"`
	Href string `xml:"href,attr"`
}

type entry struct {
	ID      string  `xml:"id"`
	Title   string  `xml:"title"`
	Updated string  `xml:"updated"`
	Links   []link  `xml:"link"`
	Summary summary `xml:"summary"`

	at time.Time
}

type summary struct {
	Lang string `xml:"http://www.w3.org/XML/1998/namespace lang,attr,omitempty"`
	Text string `xml:",chardata"`
}

const (
	atom = "application/atom+xml"
	html = "text/html"
)

// policyFeed is the changes of one policy.
func (a *Archive) policyFeed(w http.ResponseWriter, r *http.Request) error {
	p, err := a.place(r)
	if err != nil {
		return err
	}
	p.dress(a, r, nil)
	return a.send(w, r, p.name("feed"), p.now, p.again(a), func(context.Context) (*web.Thing, error) {
		at := Address(p.platform, p.of.Slug)
		return a.atom(feed{
			ID: urn(p.platform, "policy", p.of.ID), Title: p.of.Last().Primary().Name, Links: a.links(at+"/changes.atom", at),
			Entries: a.entries(p.base.Locale, p.platform, p.of),
		}, p.base)
	})
}

// platformFeed is the changes of all policies of a platform.
func (a *Archive) platformFeed(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("platform")
	again := func(ctx context.Context) (store.Archive, error) { return checked(a.store.Archives(ctx, id)) }
	now, err := again(r.Context())
	if err != nil {
		return err
	}
	base := a.Base(a.Bare(r, nil), store.Session{})
	base.Site = now.Site
	name := strings.Join([]string{"feeds", id, base.Tag(), now.Mark, now.Site}, "\n")
	return a.send(w, r, name, now, again, func(context.Context) (*web.Thing, error) {
		f := feed{ID: urn(id, "platform", 0), Title: base.T("feed.title"), Links: a.links(Feed(id), list(id))}
		for _, of := range now.Policies {
			f.Entries = append(f.Entries, a.entries(base.Locale, id, of)...)
		}
		return a.atom(f, base)
	})
}

// entries are the changes of a policy: a version was announced, came into force, or ended without another in its place.
func (a *Archive) entries(l *templates.Locale, platform string, of store.ArchivedPolicy) []entry {
	called := labels(of.All(), l)
	at := Address(platform, of.Slug)
	var out []entry
	for _, q := range of.All() {
		if q.AnnouncedFrom.IsZero() {
			continue
		}
		e := entry{
			ID: urn(platform, "announcement", q.ID), Title: l.T("feed.announced", "Name", q.Primary().Name, "Version", called[q.ID]),
			at: q.AnnouncedFrom, Links: []link{{"alternate", html, a.BaseURL + at + "/" + decimal(q.ID)}},
			Summary: summary{Text: l.T("archive.announced", "Date", l.Day(q.DayOf(q.EffectiveFrom)))},
		}
		if q.ChangeNote != "" {
			e.Summary = summary{q.Primary().Lang, q.ChangeNote}
		}
		out = append(out, e)
	}
	for i, q := range of.Periods {
		e := entry{
			ID: urn(platform, "version", q.ID), Title: l.T("feed.version", "Name", q.Primary().Name, "Version", called[q.ID]), at: q.From,
			Links: []link{{"alternate", html, a.BaseURL + at + "/" + decimal(q.ID)}}, Summary: summary{Text: l.T("feed.first")},
		}
		if i > 0 {
			before := of.Periods[i-1]
			e.Summary.Text = l.T("feed.replaces", "Version", called[before.ID])
			e.Links = append(e.Links, link{"related", html, a.BaseURL + at + "/compare?" + comparing(before.ID, q.ID).Encode()})
		}
		if q.ChangeNote != "" {
			e.Summary = summary{q.Primary().Lang, q.ChangeNote}
		}
		out = append(out, e)
		if ended(of.Periods, i) {
			out = append(out, entry{
				ID: urn(platform, "end", q.ID), Title: l.T("feed.ended", "Name", q.Primary().Name), at: q.Until,
				Links: []link{{"alternate", html, a.BaseURL + at}}, Summary: summary{Text: l.T("archive.ended", "Date", l.Day(q.UntilDay()))},
			})
		}
	}
	return out
}

// ended reports whether nothing was in force after a period.
func ended(ps []policy.Period, i int) bool {
	return !ps[i].Until.IsZero() && (i == len(ps)-1 || ps[i+1].From.After(ps[i].Until))
}

func (a *Archive) links(self, of string) []link {
	return []link{{"self", atom, a.BaseURL + self}, {"alternate", html, a.BaseURL + of}}
}

// atom writes a feed with its newest entries.
func (a *Archive) atom(f feed, base templates.Page) (*web.Thing, error) {
	slices.SortStableFunc(f.Entries, func(x, y entry) int { return cmp.Or(y.at.Compare(x.at), cmp.Compare(x.ID, y.ID)) })
	f.Entries = f.Entries[:min(len(f.Entries), maxEntries)]
	f.Lang, f.Author, f.Updated = base.Tag(), base.Site, base.Machine(time.Unix(0, 0)) // nothing has changed yet
	for i := range f.Entries {
		f.Entries[i].Updated = base.Machine(f.Entries[i].at)
	}
	if len(f.Entries) > 0 {
		f.Updated = f.Entries[0].Updated
	}
	b := bytes.NewBufferString(xml.Header)
	if err := xml.NewEncoder(b).Encode(f); err != nil {
		return nil, fmt.Errorf("writing a feed: %w", err)
	}
	return web.NewThing(atom+"; charset=utf-8", b.Bytes()), nil
}

// urn is an id that stays whatever the tool's address is: a UUID of version 8 (RFC 9562), the SHA-256 of what it names.
func urn(platform, what string, id int64) string {
	b := sha256.Sum256([]byte(platform + "\n" + what + "\n" + decimal(id)))
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}
