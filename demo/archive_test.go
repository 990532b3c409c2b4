package demo

import (
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"ltipolicy/lti"
)

// TestArchiveForEverybody reads a policy's past as anybody: from the list to its lasting page, an earlier version, what
// changed since, the version of a day, in Romanian and within a frame.
func TestArchiveForEverybody(t *testing.T) {
	days := &calendar{now: time.Now}
	days.turn(time.Now().Add(-published))
	d := startDemoOn(t, days)
	small, _, err := pastOf(t.Context(), days, d.db, d.sites)
	if err != nil || len(small) != 1 {
		t.Fatalf("%d courses with a past, %v", len(small), err)
	}
	if err := small[0].write(t.Context()); err != nil {
		t.Fatal(err)
	}
	days.turn(time.Time{})
	ctx := browser(t)
	all, err := d.db.Platforms(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	site := all[slices.IndexFunc(all, func(p lti.Platform) bool { return p.Name == "CVUPT" })]
	shown := waitFor(`document.readyState === 'complete' && document.querySelector('main') !== null`)
	open := func(address string) { do(t, ctx, address, chromedp.Navigate(address), shown) }
	link := func(selector string) string {
		t.Helper()
		return see[string](t, ctx, `document.querySelector(`+"`"+selector+"`"+`).href`)
	}
	open(d.tool("/" + site.ID + "/policies?lang=en"))
	open(link(`article a[href^="/policies/"]`))
	inspect(t, ctx, "lasting page")
	lasting := see[string](t, ctx, `location.href`)
	if n := see[int](t, ctx, `document.querySelectorAll('.versions > li').length`); n < 3 {
		t.Fatalf("%d versions, want three with a past", n)
	}
	open(lasting + "?lang=ro")
	inspect(t, ctx, "lasting page in Romanian")
	do(t, ctx, "asking for a day", script(`document.querySelector('input[type=date]').value = '2018-06-01'; document.querySelector('input[type=date]').form.requestSubmit()`),
		waitFor(`/\/\d+\?lang=ro$/.test(location.href)`), shown)
	inspect(t, ctx, "earlier version")
	open(lasting + "?on=2000-01-01")
	inspect(t, ctx, "no version that day")
	open(lasting)
	do(t, ctx, "comparing", script(`document.querySelector('form[action$="/compare"]').requestSubmit()`), waitFor(`location.pathname.endsWith('/compare')`), shown)
	inspect(t, ctx, "versions compared")
	if n := see[int](t, ctx, `document.querySelectorAll('ins, del').length`); n == 0 {
		t.Error("the comparison marks nothing")
	}
}
