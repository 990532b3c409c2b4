package demo

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
)

// desk is an administrator's browser at a policy that has an earlier version, an active one and a draft.
type desk struct {
	stage
	ctx            context.Context
	launch         string // address of the launch
	admin          store.Admin
	old, now, next policy.Version
}

func newDesk(t *testing.T) desk {
	t.Helper()
	k := desk{stage: startDemo(t), ctx: browser(t)}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	platforms, err := k.db.Platforms(t.Context())
	must(err)
	cvupt := platforms[slices.IndexFunc(platforms, func(p lti.Platform) bool { return p.Name == "CVUPT" })]
	k.admin = store.Admin{InstitutionID: cvupt.InstitutionID, Actor: "test"}
	texts := func(changed string) []policy.Text {
		return []policy.Text{
			{Lang: "ro", Name: "Regulament", Summary: "<p>Pe scurt.</p>", Content: policy.SafeHTML("<h2>Unu</h2><p>a</p><p>b</p><p>c</p><p>d</p><h2>Doi</h2><p>Textul este " + changed + " aici.</p><table><tr><th>x</th></tr><tr><td>" + changed + "</td></tr></table>")},
			{Lang: "en", Name: "Rules", Content: policy.SafeHTML("<p>The text is " + changed + ".</p>")},
		}
	}
	version := func(v policy.Version, changed string) policy.Version {
		v.Revision, v.ChangeNote, v.Contact, v.Texts = changed, "De ce "+changed, changed+"@upt.example", texts(changed)
		return v
	}
	_, id, err := k.db.CreatePolicy(t.Context(), k.admin, "regulament", version(policy.Version{Kind: policy.Agree}, "vechi"), []string{cvupt.ID})
	must(err)
	must(k.db.Publish(t.Context(), k.admin, store.Publication{VersionID: id, Edit: 1}))
	read := func(id int64) policy.Version {
		v, err := k.db.Version(t.Context(), k.admin.InstitutionID, id)
		must(err)
		return v
	}
	draft := func(changed string) policy.Version {
		id, err := k.db.NewDraft(t.Context(), k.admin, version(k.old, changed))
		must(err)
		return read(id)
	}
	k.old = read(id)
	k.now = draft("nou")
	must(k.db.Publish(t.Context(), k.admin, store.Publication{VersionID: k.now.ID, Edit: k.now.Edit}))
	k.next = draft("viitor")
	for _, who := range []string{"student", "admin"} { // somebody of whom the administrator can find something
		k.signIn(t, k.ctx, "cvupt", who)
		k.launch = k.relaunch(t, k.ctx, "cvupt")
	}
	return k
}

// open shows a page below the launch in a language.
func (k desk) open(t *testing.T, page, lang string) {
	t.Helper()
	join := "?"
	if strings.Contains(page, "?") {
		join = "&"
	}
	do(t, k.ctx, page, chromedp.Navigate(k.launch+page+join+"lang="+lang), waitFor(loaded+` && document.documentElement.lang === '`+lang+`'`))
}

func (k desk) versionPage(v policy.Version, page string) string {
	return fmt.Sprintf("admin/versions/%d%s", v.ID, page)
}

func (k desk) compare(text string) string {
	return fmt.Sprintf("admin/policies/%d/compare?old=%d&new=%d&text=%s", k.old.PolicyID, k.old.ID, k.next.ID, text)
}

// state is a page of the administrator's, with what is done there first.
type state struct {
	name, page, lang string
	then             []chromedp.Action[chromedp.Void]
}

func (k desk) states() []state {
	press := func(button string) []chromedp.Action[chromedp.Void] {
		return []chromedp.Action[chromedp.Void]{click(button), waitFor(`document.readyState === 'complete' && document.querySelector('.note-bad') !== null`)}
	}
	empty := script(`document.querySelector('main [name=note]').value = ''`)
	return []state{
		{"all versions", fmt.Sprintf("admin/policies/%d", k.old.PolicyID), "ro", nil},
		{"compare", k.compare("ro"), "lt", nil},
		{"compare unfolded", k.compare("ro"), "bg", []chromedp.Action[chromedp.Void]{script(`document.querySelectorAll('main details').forEach(d => d.open = true)`)}},
		{"confirm delete", k.versionPage(k.next, "/delete"), "sr-Cyrl", nil},
		{"confirm inactivate", k.versionPage(k.now, "/inactivate"), "pt", nil},
		{"publish", k.versionPage(k.next, "/publish"), "en", []chromedp.Action[chromedp.Void]{script(`document.querySelectorAll('main details').forEach(d => d.open = true)`)}},
		{"asked", k.versionPage(k.next, "/asked"), "ro", nil},
		{"publish without a reason", k.versionPage(k.next, "/publish"), "lt", append([]chromedp.Action[chromedp.Void]{empty}, press("main form .actions .button")...)},
		{"publish what changed meanwhile", k.versionPage(k.next, "/publish"), "bg", append([]chromedp.Action[chromedp.Void]{script(`document.querySelector('main [name=basis]').value = 'x'`)}, press("main form .actions .button")...)},
		{"edit without a name", k.versionPage(k.next, "/edit"), "sr-Cyrl", append([]chromedp.Action[chromedp.Void]{script(`document.querySelector('[name="name.0"]').value = ''`)}, press("button[value=stay]")...)},
		{"edit what somebody else saved", k.versionPage(k.next, "/edit"), "pt", append([]chromedp.Action[chromedp.Void]{script(`document.querySelector('[name=edit]').value = '0'`)}, press("button[value=stay]")...)},
		{"log", "admin/log", "ro", nil},
		{"grants", "admin/grants?q=a", "lt", nil},
		{"report", "admin/report", "bg", nil},
		{"report of one version", fmt.Sprintf("admin/report?version=%d&status=pending", k.now.ID), "sr-Cyrl", nil},
		{"person", "admin/report", "pt", []chromedp.Action[chromedp.Void]{click("tbody th a"), waitFor(loaded + ` && location.pathname.includes('/people/')`)}},
	}
}

// TestEveryStateOfTheAdministratorsPages looks at each in every look, and walks through it with the Tab key.
func TestEveryStateOfTheAdministratorsPages(t *testing.T) {
	k := newDesk(t)
	for _, s := range k.states() {
		k.open(t, s.page, s.lang)
		do(t, k.ctx, s.name, s.then...)
		inspect(t, k.ctx, "state "+s.name)
		walk(t, k.ctx, s.name)
	}
}

// TestAdministratorsPagesInSixLanguages shows the longest of them in each language, wide and narrow.
func TestAdministratorsPagesInSixLanguages(t *testing.T) {
	k := newDesk(t)
	for _, lang := range []string{"en", "ro", "lt", "bg", "sr-Cyrl", "pt"} {
		for name, page := range map[string]string{"compare": k.compare("ro"), "compare in English": k.compare("en"), "publish": k.versionPage(k.next, "/publish")} {
			k.open(t, page, lang)
			clean(t, k.ctx, name+" in "+lang)
			for _, l := range []look{looks[0], looks[2]} {
				l.wear(t, k.ctx)
				if over := see[int](t, k.ctx, `document.scrollingElement.scrollWidth - innerWidth`); over > 0 {
					t.Errorf("%s in %s, %s: %d pixels over the side\n%s", name, lang, l.name, over, picture(t, k.ctx))
				}
			}
			looks[0].wear(t, k.ctx)
		}
	}
}

// TestComparisonFitsItsWidth: two columns where there is room, one where there is not and on paper.
func TestComparisonFitsItsWidth(t *testing.T) {
	k := newDesk(t)
	k.open(t, k.compare("ro"), "en")
	for _, c := range []struct {
		look
		columns bool
	}{
		{look{width: 1100, height: 900, scale: 1}, true},
		{look{width: 700, height: 900, scale: 1}, false},
		{look{width: 320, height: 640, scale: 1}, false},
		{look{width: 700, height: 900, scale: 1, media: "print"}, false},
		{look{width: 1100, height: 900, scale: 1, media: "print"}, true},
	} {
		c.wear(t, k.ctx)
		two := see[bool](t, k.ctx, `document.querySelector('.besides').checkVisibility()`)
		one := see[bool](t, k.ctx, `document.querySelector('.inline').checkVisibility()`)
		if two != c.columns || one == c.columns {
			t.Errorf("%d pixels %s: two columns %v, one %v", c.width, c.media, two, one)
		}
	}
}
