package launch_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
	"ltipolicy/store"
)

// formTo finds the page's form that leads to an address with this ending.
func (v *view) formTo(suffix string) ltitest.Form {
	v.t.Helper()
	for _, f := range v.Forms() {
		if strings.HasSuffix(f.Action, suffix) {
			return f
		}
	}
	v.t.Fatalf("%s: no form to %q", v.URL.Path, suffix)
	return ltitest.Form{}
}

// asAdmin enters as the site administrator and returns the browser and the prefix of the launch's addresses.
func (s *site) asAdmin() (browser, string) {
	s.t.Helper()
	b := s.browser()
	id := s.launch(b, s.admin, s.window).leads("home")
	return b, "/l/" + id
}

func TestGrantedPersonReachesWhatWasGranted(t *testing.T) {
	s := asking(t)
	b := s.browser()
	s.launch(b, s.teacher, s.window)
	who := store.Admin{InstitutionID: s.institution, Actor: "test"}
	user := s.userOf(s.platform, s.teacher.ID)
	l := "/l/" + s.launch(b, s.teacher, s.window).leads("pending")
	s.get(b, l+"/admin").is(http.StatusForbidden, "forbidden")
	s.must(s.db.Grant(t.Context(), who, s.platform.ID, user, store.PowerReport))
	s.get(b, l+"/admin").is(http.StatusOK, "").has("House rules").lacks("New policy")
	s.get(b, l+"/admin/policies/new").is(http.StatusForbidden, "forbidden")
	s.must(s.db.Grant(t.Context(), who, s.platform.ID, user, store.PowerPolicies))
	s.get(b, l+"/admin").is(http.StatusOK, "").has("New policy")
	s.get(b, l+"/agreements").has("Policies of the site")
	s.must(s.db.Revoke(t.Context(), who, s.platform.ID, user, store.PowerPolicies))
	s.get(b, l+"/admin/policies/new").is(http.StatusForbidden, "forbidden")
}

func TestPoliciesListSaysWhatApplies(t *testing.T) {
	s := asking(t)
	b := s.browser()
	s.settle(b, s.enter(b, s.learner, s.window).acceptAll())
	s.load("second", policy.Version{Type: policy.TypePrivacy, Kind: policy.Acknowledge, Revision: "7", SortOrder: 20, Texts: []policy.Text{text("ro", "Confidențialitate", "Text.")}})
	a, l := s.asAdmin()
	home := s.get(a, l+"/home").is(http.StatusOK, "")
	home.has("House rules").has("Active").has("rules to be agreed to").has("Accepted: 1 of 1 (100 %)").has("on: CVUPT").
		has("Confidențialitate").has("to be read and confirmed").has("Version 7").has("missing: English").has("waiting for your own answer")
	names := func() []string { return texts(s.get(a, l+"/home").all("h2")) }
	if got := names(); !strings.HasPrefix(got[0], "House rules") {
		t.Fatalf("order %v", got)
	}
	f := home.formTo("/move")
	if f.Values.Get("move") != "down" {
		t.Fatalf("the first policy offers %v", f.Values)
	}
	s.settle(a, f).is(http.StatusOK, "").has("The order is changed.")
	if got := names(); !strings.HasPrefix(got[0], "Confidențialitate") {
		t.Errorf("order %v", got)
	}
	es, _, err := s.db.AdminLogPage(t.Context(), store.LogQuery{InstitutionID: s.institution, Limit: 100})
	s.must(err)
	if !slices.ContainsFunc(es, func(e store.AdminEntry) bool {
		return e.Action == "policy.move" && strings.HasPrefix(e.Actor, "Adela Root (")
	}) {
		t.Errorf("log %v", es)
	}
}

// TestWholeLifeOfAPolicy goes through it with the forms of the pages alone.
func TestWholeLifeOfAPolicy(t *testing.T) {
	s := newSite(t)
	learner := s.browser()
	s.launch(learner, s.learner, s.window)
	b, l := s.asAdmin()
	s.get(b, l+"/home").has("There is no policy yet.")

	f := s.get(b, l+"/admin/policies/new").formTo("/policies/new")
	set := func(f ltitest.Form, pairs ...string) ltitest.Form {
		for i := 0; i < len(pairs); i += 2 {
			f.Values.Set(pairs[i], pairs[i+1])
		}
		return f
	}
	s.submit(b, f).is(http.StatusUnprocessableEntity, "").has("A text needs a name.")
	f = set(f, "lang.0", "ro", "name.0", "Regulament", "content.0", "<p>Fiți amabili.</p>", "revision", "1", "then", "stay")
	edit := s.settle(b, f).is(http.StatusOK, "").has("The draft is saved.")
	here := strings.TrimSuffix(edit.URL.Path, "/edit")

	// A translation comes in the empty text at the end; cleaning is shown before it is saved.
	f = set(edit.formTo("/edit"), "lang.1", "en", "name.1", "Rules", "content.1", `<p onclick="x()">Be kind.</p><script>x()</script>`, "then", "view")
	cleaned := s.submit(b, f).is(http.StatusUnprocessableEntity, "").has("The text was cleaned").has("Scripts were removed")
	f = set(cleaned.formTo("/edit"), "then", "view")
	view := s.settle(b, f).is(http.StatusOK, "").has("Fiți amabili.").has("Be kind.").has("As people see it on a phone")
	if len(view.all("article", "class=phone", "lang=ro")) != 1 {
		t.Error("no preview in Romanian")
	}

	dialog := s.get(b, here+"/publish").has("The policy is not active now.").has("1 person will be asked.").has("CVUPT: asked 1 of 1")
	s.settle(b, dialog.formTo("/publish")).is(http.StatusOK, "").has("The version is active now.")
	s.enter(learner, s.learner, s.window).asks("Rules") // his Moodle is English
	s.settle(learner, s.enter(learner, s.learner, s.window).acceptAll())

	// A minor change asks nobody who has answered.
	edit = s.settle(b, s.get(b, here).formTo("/draft")).is(http.StatusOK, "").has("Here is the new draft.")
	f = set(edit.formTo("/edit"), "content.0", "<p>Fiți foarte amabili.</p>", "revision", "2", "then", "publish")
	dialog = s.settle(b, f).has("Only 0 people who have not answered yet are still asked.").has("Version 2 is going to replace version 1")
	s.settle(b, set(dialog.formTo("/publish"), "change", "minor")).has("The version is active now.")
	s.enter(learner, s.learner, s.window).backInMoodle()

	// A material one asks all; the dialog's number is that of those who are pending then.
	home := s.get(b, l+"/home").has("Accepted: 1 of 1")
	edit = s.settle(b, home.formTo("/draft"))
	if got := edit.has("Main text").all("textarea", "name=content.0"); len(got) != 1 {
		t.Error("no field for the text")
	}
	second := strings.TrimSuffix(edit.URL.Path, "/edit")
	f = set(edit.formTo("/edit"), "content.0", "<p>Altceva.</p>", "revision", "3", "note", "Totul.", "then", "publish")
	dialog = s.settle(b, f).has("1 person will be asked.")

	// Scheduled, taken back, published.
	later := set(dialog.formTo("/publish"), "when", "later", "announced", "", "at", "2026-09-30T08:00", "zone", "Europe/Bucharest")
	s.submit(b, set(dialog.formTo("/publish"), "when", "later", "at", "2020-01-01T00:00", "zone", "UTC")).is(http.StatusUnprocessableEntity, "").has("still to come")
	home = s.settle(b, later).has("Scheduled").has("30 September 2026")
	s.get(b, second+"/edit")
	s.settle(b, home.formTo("/unschedule")).has("The version is a draft again.")
	s.get(b, l+"/home").has("planned for 30 September 2026, 08:00 EEST").lacks("will be active on")
	s.settle(b, set(s.get(b, second+"/publish").formTo("/publish"), "when", "now")).has("The version is active now.")
	s.enter(learner, s.learner, s.window).asks("Rules")
	pending, err := s.db.Report(t.Context(), store.ReportQuery{InstitutionID: s.institution, Status: store.ReportPending})
	s.must(err)
	if len(pending.Rows) != 1 {
		t.Errorf("%d people are pending, the dialog said 1", len(pending.Rows))
	}

	// All versions, compared; inactivated, restored, deleted.
	versions := s.get(b, l+"/admin/policies/"+policyOf(s, second)).has("Version 1").has("Version 2").has("Version 3").has("Totul.")
	cmp := versions.formTo("/compare")
	s.get(b, cmp.Action+"?"+cmp.Values.Encode()).is(http.StatusOK, "").has("from version 2 to version 3")
	s.settle(b, s.get(b, second+"/inactivate").has("It concerns 1 person.").formTo("/inactivate")).has("does not apply any more").has("Inactive")
	s.enter(learner, s.learner, s.window).backInMoodle()
	edit = s.settle(b, s.get(b, second).formTo("/draft")).has("Here is the new draft.")
	s.settle(b, s.get(b, strings.TrimSuffix(edit.URL.Path, "edit")+"delete").formTo("/delete")).has("The draft is deleted.")
	s.get(b, second+"/edit").is(http.StatusConflict, "conflict")
	s.intact(1)

	var actions []string
	es, _, err := s.db.AdminLogPage(t.Context(), store.LogQuery{InstitutionID: s.institution, Limit: 100})
	s.must(err)
	for _, e := range es {
		actions = append(actions, e.Action)
	}
	for _, want := range []string{"policy.create", "draft.save", "version.publish", "version.schedule", "version.unschedule", "version.inactivate", "draft.restore", "draft.delete"} {
		if !slices.Contains(actions, want) {
			t.Errorf("%s is not in the log: %v", want, actions)
		}
	}
}

// policyOf is the policy of the version in an address, as the link to all its versions says.
func policyOf(s *site, version string) string {
	s.t.Helper()
	parts := strings.Split(version, "/")
	var id int64
	s.must(s.raw.QueryRowContext(s.t.Context(), `SELECT policyid FROM tool_policy_versions WHERE id = ?`, parts[len(parts)-1]).Scan(&id))
	return number(id)
}

func TestTwoEditorsNeverOverwriteEachOtherSilently(t *testing.T) {
	s := newSite(t)
	b, l := s.asAdmin()
	f := s.get(b, l+"/admin/policies/new").formTo("/policies/new")
	f.Values.Set("name.0", "Rules")
	f.Values.Set("content.0", "<p>One.</p>")
	edit := s.settle(b, f)
	mine, theirs := edit.formTo("/edit"), edit.formTo("/edit")
	theirs.Values.Set("content.0", "<p>Theirs.</p>")
	s.settle(b, theirs).has("The draft is saved.")
	mine.Values.Set("content.0", "<p>Mine.</p>")
	var conflict *view
	s.unchanged(func() {
		conflict = s.submit(b, mine).is(http.StatusConflict, "").has("Somebody else saved this draft meanwhile").has("Theirs.").has("Mine.")
	})
	s.settle(b, conflict.formTo("/edit")).is(http.StatusOK, "").has("The draft is saved.").has("Mine.")
}

func TestScheduledVersionStartsAtItsLocalTime(t *testing.T) {
	s := asking(t)
	b, l := s.asAdmin()
	edit := s.settle(b, s.get(b, l+"/home").formTo("/draft"))
	here := strings.TrimSuffix(edit.URL.Path, "/edit")
	f := s.get(b, here+"/publish").formTo("/publish")
	f.Values.Set("when", "later")
	f.Values.Set("at", "2026-10-26T00:00") // a day after the clocks went back
	f.Values.Set("zone", "Europe/Bucharest")
	f.Values.Set("note", "From the winter on.")
	s.settle(b, f).has("will be active on 26 October 2026, 00:00 EET")
	at := time.Date(2026, 10, 25, 22, 0, 0, 0, time.UTC)
	s.clock.set(at.Add(-time.Second))
	n, err := s.db.ActivateDue(t.Context())
	s.must(err)
	s.clock.set(at)
	m, err := s.db.ActivateDue(t.Context())
	s.must(err)
	if n != 0 || m != 1 {
		t.Errorf("%d before, %d at the time", n, m)
	}
}

func TestLongPoliciesFitTheEditor(t *testing.T) {
	s := newSite(t)
	b, l := s.asAdmin()
	f := s.get(b, l+"/admin/policies/new").formTo("/policies/new")
	f.Values.Set("name.0", "Дълга политика")
	long := strings.Repeat("<p>Текст на политиката, който е дълъг.</p>", 5000)
	f.Values.Set("content.0", long)
	s.settle(b, f).is(http.StatusOK, "").has("The draft is saved.")
	f.Values.Set("content.0", strings.Repeat(long, 12))
	s.submit(b, f).is(http.StatusRequestEntityTooLarge, "too_large")
	stranger := s.browser()
	s.submit(stranger, f).is(http.StatusUnauthorized, "no_session")
}
