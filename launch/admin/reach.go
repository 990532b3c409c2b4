package admin

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// namedFirst is how many people and courses of each site the publish dialog names.
const namedFirst = 20

// reach says whom publishing concerns, by site; named, also the people and courses that come first.
func (o *Office) reach(ctx context.Context, a administrator, v policy.Version, sites []string, minor, named bool) ([]templates.Reach, error) {
	list, err := o.store.Reach(ctx, a.ses.InstitutionID, v, sites, minor)
	if err != nil {
		return nil, err
	}
	platforms, err := o.store.PlatformsOf(ctx, a.ses.InstitutionID)
	if err != nil {
		return nil, err
	}
	names := siteNames(platforms)
	slices.SortFunc(list, func(x, y store.ReachPlatform) int {
		return cmp.Or(cmp.Compare(names[x.PlatformID], names[y.PlatformID]), cmp.Compare(x.PlatformID, y.PlatformID))
	})
	var out []templates.Reach
	for _, x := range list {
		site := templates.Reach{
			Site: names[x.PlatformID], People: x.People, Asked: x.Asked, Courses: x.Courses, List: askedPage(a, v, x.PlatformID, minor),
		}
		if named {
			if site.Names, err = o.namesOfAsked(ctx, a, v, x, minor); err != nil {
				return nil, err
			}
			if site.Closing, err = o.closingCourses(ctx, a, v, x); err != nil {
				return nil, err
			}
		}
		out = append(out, site)
	}
	return out, nil
}

// namesOfAsked are for those who may see the report.
func (o *Office) namesOfAsked(ctx context.Context, a administrator, v policy.Version, x store.ReachPlatform, minor bool) ([]string, error) {
	if x.Asked == 0 || !a.can(store.PowerReport) {
		return nil, nil
	}
	p, err := o.store.ReachPeople(ctx, a.ses.InstitutionID, v, []string{x.PlatformID}, minor, store.ReportKey{}, namedFirst)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, row := range p.Rows {
		names = append(names, row.User.Name)
	}
	return names, nil
}

func (o *Office) closingCourses(ctx context.Context, a administrator, v policy.Version, x store.ReachPlatform) ([]templates.ClosingCourse, error) {
	if x.Courses == 0 {
		return nil, nil
	}
	list, err := o.store.ClosingCourses(ctx, a.ses.InstitutionID, v, x.PlatformID, namedFirst)
	if err != nil {
		return nil, err
	}
	var out []templates.ClosingCourse
	for _, c := range list {
		out = append(out, templates.ClosingCourse{Title: c.Title, Open: c.Open})
	}
	return out, nil
}

// askedPage is the address of the list of who will be asked, on one site or on all of them.
func askedPage(a administrator, v policy.Version, site string, minor bool) string {
	q := url.Values{}
	if site != "" {
		q.Set("site", site)
	}
	if minor {
		q.Set("change", changeMinor)
	}
	page := a.at("admin/versions/" + decimal(v.ID) + "/asked")
	if len(q) > 0 {
		page += "?" + q.Encode()
	}
	return page
}

// asked lists who will be asked when the draft of the address is published.
func (o *Office) asked(w http.ResponseWriter, r *http.Request, a administrator) error {
	v, err := o.editable(r, a)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	minor := q.Get("change") == changeMinor
	p := templates.AskedPage{
		Page: a.base, Name: v.Primary().Name, Lang: v.Primary().Lang, Label: v.label, Minor: minor, All: askedPage(a, v.Version, "", minor),
		Back: a.at("admin/versions/" + decimal(v.ID) + "/publish"),
	}
	platforms, err := o.store.PlatformsOf(r.Context(), a.ses.InstitutionID)
	if err != nil {
		return err
	}
	names := siteNames(platforms)
	site, sites := "", v.then.Platforms
	for _, id := range sites {
		if id == q.Get("site") {
			site, sites, p.Site = id, []string{id}, names[id]
			break
		}
	}
	reach, err := o.reach(r.Context(), a, v.Version, sites, minor, false)
	if err != nil {
		return err
	}
	p.Total = templates.Asked(reach)
	after := store.ReportKey{Name: q.Get("after")}
	after.ID, _ = strconv.ParseInt(q.Get("id"), 10, 64) //nolint:errcheck // 0: from the start
	found, err := o.store.ReachPeople(r.Context(), a.ses.InstitutionID, v.Version, sites, minor, after, reportLimit)
	if err != nil {
		return err
	}
	if err := o.looked(r.Context(), a, "asked.view", p.Name, q.Encode()); err != nil {
		return err
	}
	for _, row := range found.Rows {
		p.People = append(p.People, templates.AskedPerson{
			Name: row.User.Name, Email: row.User.Email, Site: names[row.User.PlatformID], URL: a.at(personPage(row.User)),
		})
	}
	here := askedPage(a, v.Version, site, minor)
	if after.ID != 0 {
		p.First = here
	}
	if found.More {
		join := "?"
		if strings.Contains(here, "?") {
			join = "&"
		}
		p.Next = here + join + url.Values{"after": {found.Next.Name}, "id": {decimal(found.Next.ID)}}.Encode()
	}
	o.Render(w, r, http.StatusOK, p)
	return nil
}

// The fields in which the publish dialog's form says what it showed.
const (
	basisField    = "basis"
	materialField = "asked.material"
	minorField    = "asked.minor"
)

// basis is what publishing the draft rests on, as the form carries it.
func (v addressed) basis() string {
	b := v.restsOn()
	return fmt.Sprintf("%d %t %s, until then %t %s", b.Active,
		b.Then.Courses, strings.Join(b.Then.Platforms, " "), b.Now.Courses, strings.Join(b.Now.Platforms, " "))
}

// restsOn is what publishing the draft rests on beside the draft itself: what it replaces and where it applies.
func (v addressed) restsOn() *store.Basis {
	old, _ := v.active()
	return &store.Basis{Active: old.ID, Then: v.then, Now: v.now}
}

// replaces reports whether a material change asks people again who answered the version before.
func (v addressed) replaces() bool {
	_, ok := v.active()
	return ok && v.Asks() && v.Audience != policy.AudienceGuests
}

// mayBeMinor reports whether people who answered the version before need not be asked again: the draft replaces
// one that asks the same.
func (v addressed) mayBeMinor() bool {
	old, ok := v.active()
	return ok && old.SameQuestion(v.Version)
}

// sameMeaning reports whether publishing still means what the form showed, with the numbers shown and now.
func (o *Office) sameMeaning(ctx context.Context, a administrator, v addressed, q url.Values, minor bool) (same bool, was, now int, err error) {
	field := materialField
	if minor {
		field = minorField
	}
	was, _ = strconv.Atoi(q.Get(field)) //nolint:errcheck // 0: nobody was said to be asked
	reach, err := o.reach(ctx, a, v.Version, v.then.Platforms, minor, false)
	if err != nil {
		return false, 0, 0, err
	}
	now = templates.Asked(reach)
	return q.Get(basisField) == v.basis() && !differ(was, now), was, now, nil
}

// differ reports whether a number of people became another one for somebody who decides by it: some learners
// who came or went while the page was read are not.
func differ(was, now int) bool {
	d := max(was-now, now-was)
	return d > 5 && 10*d > was
}
