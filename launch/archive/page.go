package archive

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"ltipolicy/launch/web"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// place is one policy's archive as one reader sees it.
type place struct {
	platform string
	now      store.Archive
	of       store.ArchivedPolicy
	base     templates.Page
	lang     string // the query that keeps the language that the reader chose; empty: none was chosen
}

// place finds the policy of an address.
func (a *Archive) place(r *http.Request) (place, error) {
	p := place{platform: r.PathValue("platform")}
	var err error
	if p.now, err = a.shown(r.Context(), p.platform, r.PathValue("slug")); err != nil {
		return p, err
	}
	p.of = p.now.Policies[0]
	return p, nil
}

// dress makes what every page has in common, what is kept and what is made. What the page depends on beside the reader's language stands in q.
func (p *place) dress(a *Archive, r *http.Request, q url.Values) {
	p.base = a.Base(a.Bare(r, q), store.Session{})
	p.base.Site = p.now.Site
	p.lang = a.Bare(r, nil).URL.RawQuery
}

// at is an address below the policy's, in the reader's language.
func (p place) at(below string) string {
	address := Address(p.platform, p.of.Slug) + below
	switch {
	case p.lang == "":
		return address
	case strings.Contains(below, "?"):
		return address + "&" + p.lang
	}
	return address + "?" + p.lang
}

// hidden keeps the reader's language in forms, which drop the query of their address.
func (p place) hidden() []templates.Field {
	field, value, chosen := strings.Cut(p.lang, "=")
	if !chosen {
		return nil
	}
	return []templates.Field{{Name: field, Value: value}}
}

// name is that of a page on the shelf.
func (p place) name(of ...string) string {
	return strings.Join(append(of, p.platform, p.of.Slug, p.base.Tag(), p.lang, strconv.FormatBool(p.base.Framed), p.now.Mark, p.now.Site), "\n")
}

// labels name the versions for people. One without a name is called after the day from which on it was in force.
func labels(ps []policy.Period, l *templates.Locale) map[int64]string {
	vs := make([]policy.Version, len(ps))
	for i, p := range ps {
		vs[i] = p.Version
		vs[i].TimeCreated = p.From.In(p.Location())
	}
	return policy.RevisionLabels(vs, func(t time.Time) string { return l.Day(policy.DayOf(t)) })
}

// versions are all that anybody can read, the newest first, and before them what was announced.
func (p place) versions() []templates.ArchivedVersion {
	l := p.base.Locale
	all := p.of.All()
	called := labels(all, l)
	var vs []templates.ArchivedVersion
	for i, q := range all {
		v := templates.ArchivedVersion{
			Locale: l, ID: q.ID, Label: called[q.ID], From: q.FromDay(), Until: q.UntilDay(), Digest: p.of.Digests[q.ID],
			Note: q.ChangeNote, Lang: q.Primary().Lang, Address: p.at("/" + decimal(q.ID)),
		}
		switch {
		case q.Announced:
			v.Stage = templates.StageAnnounced
		case q.Retracted():
			v.Stage = templates.StageRetracted
		case q.Until.IsZero():
			v.Stage = templates.StageActive
		}
		if before := min(i, len(p.of.Periods)) - 1; before >= 0 {
			v.Changes = p.at("/compare?" + comparing(p.of.Periods[before].ID, q.ID).Encode())
		}
		vs = append(vs, v)
	}
	slices.Reverse(vs)
	return vs
}

func comparing(old, now int64) url.Values {
	return url.Values{"old": {decimal(old)}, "new": {decimal(now)}}
}

// page is what all pages of the policy have in common, without a text.
func (p place) page() templates.ArchivePage {
	last := p.of.Last()
	_, in := p.of.InForce()
	out := templates.ArchivePage{
		Page: p.base, Name: last.Primary().Name, Lang: last.Primary().Lang, Address: p.at(""), Hidden: p.hidden(),
		Versions: p.versions(), Compare: Address(p.platform, p.of.Slug) + "/compare", Feed: p.at("/changes.atom"), List: list(p.platform),
	}
	if p.lang != "" {
		out.List += "?" + p.lang
	}
	if !in && len(p.of.Periods) > 0 {
		out.Ended = last.UntilDay()
	}
	if next, is := p.of.Announced(); is {
		out.Coming, out.ComingAddress = next.FromDay(), p.at("/"+decimal(next.ID))
	}
	return out
}

// policy is the lasting page of a policy: the version in force, and what was in force before it. With a day in the query it
// leads to the version of that day.
func (a *Archive) policy(w http.ResponseWriter, r *http.Request) error {
	p, err := a.place(r)
	if err != nil {
		return err
	}
	p.dress(a, r, nil)
	if on := strings.TrimSpace(r.URL.Query().Get("on")); on != "" {
		return a.onDay(w, r, p, on)
	}
	if last, in := p.of.InForce(); in || len(p.of.Periods) == 0 {
		if !in {
			last = p.of.Last()
		}
		return a.text(w, r, p, last)
	}
	return a.send(w, r, p.name("ended"), p.now, p.again(a), func(context.Context) (*web.Thing, error) { return a.thing(p.page()) })
}

// version is the lasting page of a version, in force or not.
func (a *Archive) version(w http.ResponseWriter, r *http.Request) error {
	p, err := a.place(r)
	if err != nil {
		return err
	}
	i := p.find(r.PathValue("version"))
	if i < 0 {
		return policy.E(policy.ErrNotFound, "")
	}
	p.dress(a, r, nil)
	return a.text(w, r, p, p.of.All()[i])
}

// find is the place among all versions of a version with an id as addresses write it; -1: there is none.
func (p place) find(id string) int {
	return slices.IndexFunc(p.of.All(), func(q policy.Period) bool { return decimal(q.ID) == id })
}

// again reads anew what a page of the policy is made of.
func (p place) again(a *Archive) func(context.Context) (store.Archive, error) {
	return func(ctx context.Context) (store.Archive, error) { return a.shown(ctx, p.platform, p.of.Slug) }
}

// text shows one version.
func (a *Archive) text(w http.ResponseWriter, r *http.Request, p place, q policy.Period) error {
	return a.send(w, r, p.name("version", decimal(q.ID)), p.now, p.again(a), func(ctx context.Context) (*web.Thing, error) {
		vs, err := a.whole(ctx, p, q.ID)
		if err != nil {
			return nil, err
		}
		page, of := p.page(), vs[q.ID]
		t := web.Readable(page.Locale, of)
		i := slices.IndexFunc(page.Versions, func(v templates.ArchivedVersion) bool { return v.ID == q.ID })
		page.Shown = templates.NewArchivedText(page.Versions[i], of, t)
		page.Shown.Lasting = a.BaseURL + Address(p.platform, p.of.Slug) + "/" + decimal(q.ID)
		page.Name, page.Lang = t.Name, t.Lang
		return a.thing(page)
	})
}

// whole reads versions of the policy with their texts.
func (a *Archive) whole(ctx context.Context, p place, ids ...int64) (map[int64]policy.Version, error) {
	vs, err := a.store.Versions(ctx, p.now.InstitutionID, ids)
	for _, id := range ids {
		if _, ok := vs[id]; err == nil && !ok {
			err = policy.E(policy.ErrNotFound, "")
		}
	}
	return vs, err
}

// onDay leads to the version that was in force on a day. Where none was, a page says so: it shows no text, so that it costs
// next to nothing and is not kept, for there are more days than one can keep.
func (a *Archive) onDay(w http.ResponseWriter, r *http.Request, p place, on string) error {
	page := p.page()
	page.On, page.Ended = on, policy.Day{}
	status := http.StatusOK
	last := p.of.Last()
	switch d, err := policy.ParseDay(on); {
	case err != nil:
		status, page.Notice, page.On = http.StatusUnprocessableEntity, "archive.wrong", ""
	case d.Compare(last.DayOf(a.Now())) > 0:
		page.Notice = "archive.future"
	default:
		if q, ok := policy.InForce(p.of.Periods, d); ok {
			return web.Redirect(w, r, p.at("/"+decimal(q.ID)))
		}
		page.Notice = "archive.none"
	}
	web.FrameAnywhere(w)
	a.Render(w, r, status, page)
	return nil
}

// compare shows how one version became another. The earlier one is the old one, whichever was chosen first.
func (a *Archive) compare(w http.ResponseWriter, r *http.Request) error {
	p, err := a.place(r)
	if err != nil {
		return err
	}
	asked := r.URL.Query()
	i, j := p.find(asked.Get("old")), p.find(asked.Get("new"))
	if i < 0 || j < 0 {
		return policy.E(policy.ErrNotFound, "")
	}
	everything := p.of.All()
	old, now, text := everything[min(i, j)].ID, everything[max(i, j)].ID, asked.Get("text")
	q := comparing(old, now)
	if text != "" {
		q.Set("text", text)
	}
	p.dress(a, r, q)
	return a.send(w, r, p.name("compare", decimal(old), decimal(now), text), p.now, p.again(a), func(ctx context.Context) (*web.Thing, error) {
		vs, err := a.whole(ctx, p, old, now)
		if err != nil {
			return nil, err
		}
		if text != "" && !slices.Contains(templates.ComparedLanguages(vs[old], vs[now]), text) {
			return nil, policy.E(policy.ErrNotFound, "") // or the shelf would hold a page for every word
		}
		var all []policy.Version
		for _, q := range everything {
			all = append(all, q.Version)
		}
		l := p.base.Locale
		c := templates.NewComparison(l, all, labels(everything, l), vs[old], vs[now], text)
		c.Action, c.Hidden = Address(p.platform, p.of.Slug)+"/compare", p.hidden()
		return a.thing(templates.ChangedPage{Page: p.base, Comparison: c, Back: p.at("")})
	})
}

// thing renders a page for the shelf.
func (a *Archive) thing(page templates.View) (*web.Thing, error) {
	var b bytes.Buffer
	if err := a.Pages.Render(&b, page); err != nil {
		return nil, err
	}
	return web.NewThing("text/html; charset=utf-8", b.Bytes()), nil
}
