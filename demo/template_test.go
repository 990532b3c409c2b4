package demo

import (
	"fmt"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"

	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/policy/research"
	"ltipolicy/policy/source"
	"ltipolicy/policy/template"
	"ltipolicy/store"
)

// TestTemplatesForEverybody begins a policy from a template, is refused to publish a consent to research with items
// missing, and looks at the record sheet of one that was given.
func TestTemplatesForEverybody(t *testing.T) {
	d := startDemo(t)
	ctx := browser(t)
	d.signIn(t, ctx, "cvupt", "admin")
	launch := d.relaunch(t, ctx, "cvupt")
	open := func(page, lang string) {
		do(t, ctx, page, chromedp.Navigate(launch+page), waitFor(loaded+` && document.documentElement.lang === '`+lang+`'`))
	}
	open("admin/policies/new?lang=en", "en")
	inspect(t, ctx, "template choice")
	open("admin/policies/new?template=recording&lang=lt", "lt")
	inspect(t, ctx, "template recording")
	open("admin/policies/new?template=research&lang=pt", "pt")
	inspect(t, ctx, "template research")
	do(t, ctx, "publishing", click(`button[value=publish]`), waitFor(loaded+` && location.pathname.endsWith('/publish')`))
	do(t, ctx, "publishing all the same", click(`main form .actions .button`), waitFor(loaded+` && document.querySelector('#problems') !== null`))
	inspect(t, ctx, "template refused")

	platforms, err := d.db.Platforms(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	cvupt := platforms[slices.IndexFunc(platforms, func(p lti.Platform) bool { return p.Name == "CVUPT" })]
	v, err := template.Version(t.Context(), template.Research, "en")
	if err != nil {
		t.Fatal(err)
	}
	v.Courses, v.Revision, v.Contact = false, "1", "dpo@upt.example"
	for i := range v.Texts {
		parts := research.Split(v.Texts[i].Content)
		for n, item := range research.Items() {
			if parts.Items[n].Text == "" {
				parts.Items[n] = research.Part{Heading: "About the " + string(item), Text: "<p>A study of how lectures are followed online, with the times at which parts of a recording were opened.</p>"}
			}
		}
		if v.Texts[i].Content, _, err = source.Sanitize(parts.Join()); err != nil {
			t.Fatal(err)
		}
	}
	_, id, err := d.db.LoadPolicy(t.Context(), cvupt.InstitutionID, "study", v, []string{cvupt.ID})
	if err != nil {
		t.Fatal(err)
	}
	open("pending?lang=en", "en")
	for range 2 { // the consent is on a page of its own
		do(t, ctx, "answering", script(tickAll), script(chooseAll), script(`window.before = true`), click(`form[method=post] button[type=submit]`),
			waitFor(`window.before === undefined && `+loaded))
	}
	event := d.consentTo(t, id)
	open("agreements/"+event.ID+"/sheet?lang=en", "en")
	inspect(t, ctx, "sheet own")
	open(fmt.Sprintf("admin/people/%s/%d/%s/sheet?lang=sr-Cyrl", cvupt.ID, event.UserID, event.ID), "sr-Cyrl")
	inspect(t, ctx, "sheet of a person")
	open(fmt.Sprintf("admin/policies/%d?lang=bg", event.PolicyID), "bg")
	inspect(t, ctx, "consents of a policy")
}

// consentTo is the one consent that was given to a version.
func (d stage) consentTo(t *testing.T, versionID int64) (one policy.ConsentGiven) {
	t.Helper()
	if err := d.db.EachConsent(t.Context(), []int64{versionID}, func(_ store.User, given []policy.ConsentGiven) error {
		one = given[0]
		return nil
	}); err != nil || one.ID == "" {
		t.Fatalf("no consent to version %d: %v", versionID, err)
	}
	return one
}
