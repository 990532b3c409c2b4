package demo

import (
	"maps"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"ltipolicy/launch/launchtest"
	"ltipolicy/launch/web"
	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
)

// elsewhere are the routes whose pages an administrator does not come to by an address alone, with the tests that
// put them before axe-core.
var elsewhere = map[string]string{
	"GET /lti/login":                                                 "TestRareStatesForEverybody", // as all pages of errors
	"GET /lti/login/{platform}":                                      "TestRareStatesForEverybody",
	"GET /lti/login/{platform}/door":                                 "TestRareStatesForEverybody",
	"GET /lti/launch":                                                "TestRareStatesForEverybody",
	"GET /lti/register":                                              "TestRegistrationPagesForEverybody",
	"GET /lti/registered":                                            "TestRegistrationPagesForEverybody",
	"GET /l/{launch}/door":                                           "TestEveryStateForEverybody", // the sites of the demo have no login door
	"GET /l/{launch}/agreements/{event}/sheet":                       "TestTemplatesForEverybody",  // only a consent to research has one
	"GET /l/{launch}/admin/people/{site}/{user}/{event}/sheet":       "TestTemplatesForEverybody",
	"GET /l/{launch}/select":                                         "TestTeachersPagesForEverybody",
	"GET /l/{launch}/participants/choices/{policy}":                  "TestListOfWhomNotToRecordForEverybody", // a course of the demo asks for it
	"GET /l/{launch}/courses/{course}/participants/choices/{policy}": "TestListOfWhomNotToRecordForEverybody",
	"GET /{$}": "TestRareStatesForEverybody",
	"/":        "TestRareStatesForEverybody",
}

// TestEveryRouteForEverybody opens every address of the tool that shows a page, as a site administrator, who may see
// them all: axe-core finds nothing, and nothing runs over the side of a narrow window.
func TestEveryRouteForEverybody(t *testing.T) {
	d := startDemo(t)
	ctx := browser(t)
	d.signIn(t, ctx, "cvupt", "admin")
	launch := d.relaunch(t, ctx, "cvupt")
	do(t, ctx, "answering", chromedp.Navigate(launch+"pending"), waitFor(loaded), script(tickAll),
		click(`form[method=post] button[type=submit]`), waitFor(`location.search.includes('saved=') && `+loaded))
	shown, failed := map[string]bool{}, map[string]string{}
	for _, values := range d.places(t, path.Base(launch)) {
		for _, r := range launchtest.Addresses(t, d.routes, values, isPage) {
			if shown[r.Pattern] {
				continue
			}
			address := r.Path
			if strings.HasSuffix(r.Pattern, "/compare") {
				address += "?old=" + values["version"] + "&new=" + values["version"]
			}
			do(t, ctx, r.Pattern, chromedp.Navigate(d.tool(address)), waitFor(`document.readyState === 'complete'`))
			if see[string](t, ctx, `document.contentType`) != "text/html" {
				shown[r.Pattern] = true
				continue
			}
			if code := see[string](t, ctx, errorCode); code != "" {
				failed[r.Pattern] = code
				continue
			}
			shown[r.Pattern] = true
			clean(t, ctx, r.Pattern)
			look{name: "narrow", width: 320, height: 256, scale: 1}.wear(t, ctx)
			if over := see[int](t, ctx, `document.scrollingElement.scrollWidth - innerWidth`); over > 0 {
				t.Errorf("%s: %d pixels over the side\n%s", r.Pattern, over, picture(t, ctx))
			}
			looks[0].wear(t, ctx)
		}
	}
	for pattern, code := range failed {
		if _, known := elsewhere[pattern]; !shown[pattern] && !known {
			t.Errorf("%s shows only the page of an error, %s: give its address what it needs in places, or name in elsewhere the test that opens it", pattern, code)
		}
	}
	for pattern := range elsewhere {
		if shown[pattern] || failed[pattern] == "" {
			t.Errorf("%s has no place in elsewhere: it is no route, or shows its page here", pattern)
		}
	}
}

// isPage lets through what a browser opens as a page: no form to send, and nothing that is a file.
func isPage(r web.Route) bool {
	method, address, ok := strings.Cut(r.Pattern, " ")
	return !ok || method == http.MethodGet && path.Ext(address) == "" && !strings.HasPrefix(address, "/static/") && !strings.HasPrefix(address, "/images/")
}

// places are the values of addresses at CVUPT in a launch whose person has answered: with a version that applies, and
// with a draft.
func (d stage) places(t *testing.T, launch string) []map[string]string {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	all, err := d.db.Platforms(t.Context())
	must(err)
	site := all[slices.IndexFunc(all, func(p lti.Platform) bool { return p.Name == "CVUPT" })]
	versions, err := d.db.VersionNames(t.Context(), site.InstitutionID)
	must(err)
	i := slices.IndexFunc(versions, func(v policy.Version) bool { return v.Status() == policy.Active && v.Asks() && !v.Courses })
	active, err := d.db.Version(t.Context(), site.InstitutionID, versions[i].ID)
	must(err)
	draft, err := d.db.NewDraft(t.Context(), store.Admin{InstitutionID: site.InstitutionID, Actor: "test"}, active)
	must(err)
	people, err := d.db.Report(t.Context(), store.ReportQuery{InstitutionID: site.InstitutionID, PlatformIDs: []string{site.ID}, Status: store.ReportAccepted, Class: "admin", Limit: 1000})
	must(err)
	slugs, err := d.db.Slugs(t.Context(), site.ID)
	must(err)
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	values := map[string]string{
		"launch": launch, "platform": site.ID, "site": site.ID, "course": "2",
		"policy": number(active.PolicyID), "version": number(active.ID), "slug": slugs[active.PolicyID],
	}
	for _, row := range people.Rows {
		events, err := d.db.Events(t.Context(), row.User.ID)
		must(err)
		if i := slices.IndexFunc(events, func(e policy.Event) bool { return e.LaunchID == launch }); i >= 0 {
			values["user"], values["event"] = number(row.User.ID), events[i].ID
		}
	}
	if values["user"] == "" {
		t.Fatalf("none of %d people has answered in the launch", len(people.Rows))
	}
	drafted := maps.Clone(values)
	drafted["version"] = number(draft)
	return []map[string]string{values, drafted}
}
