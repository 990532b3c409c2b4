package demo

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
)

// A teacher presses the button in a browser, reads what will be sent, and sends it; the list says who was reminded. Each page
// is put before axe-core in every look.
func TestTeacherRemindsForEverybody(t *testing.T) {
	d := startDemo(t)
	ctx := browser(t)
	const loaded = `document.readyState === 'complete' && document.querySelector('main') !== null`
	d.signIn(t, ctx, "cvupt", "editingteacher")
	launch := d.relaunch(t, ctx, "cvupt")
	do(t, ctx, "participants", chromedp.Navigate(launch+"participants"), waitFor(loaded))
	people := see[int](t, ctx, `Number(document.querySelector('a[href$="/remind"]').textContent.match(/[0-9]+/)[0])`)
	if people < 10 {
		t.Fatalf("only %d are missing", people)
	}
	judge(t, ctx, ctx, "participants with the button")
	do(t, ctx, "pressing the button", click(`a[href$="/remind"]`), waitFor(`location.pathname.endsWith('/remind') && `+loaded))
	judge(t, ctx, ctx, "remind")
	if got := d.mails.Count(); got != 0 {
		t.Errorf("%d mails before anybody said so", got)
	}
	do(t, ctx, "sending", click(`main form button[type=submit]`), waitFor(`location.search === '?reminded=1' && `+loaded))
	judge(t, ctx, ctx, "reminded")
	told := fmt.Sprintf(`document.querySelectorAll('table.people th .aside').length === %d && !document.querySelector('.listhead + .meta').textContent.includes('·')`, min(people, 50))
	do(t, ctx, "waiting for the mails", waitFor(loaded+` && (`+told+` ? (clearTimeout(window.again), true) : (window.again ??= setTimeout(() => location.reload(), 500), false))`))
	judge(t, ctx, ctx, "reminded all")
	if got := d.mails.Count(); got != people {
		t.Errorf("%d mails for %d people", got, people)
	}
	if see[bool](t, ctx, `document.querySelector('a[href$="/remind"]') !== null`) {
		t.Error("the button is there again on the same day")
	}
	do(t, ctx, "on the same day", chromedp.Navigate(launch+"participants/remind"), waitFor(loaded))
	judge(t, ctx, ctx, "remind on the same day")
}
