package launch_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
	"ltipolicy/store"
)

// revising is a site where the learner accepted the house rules, and the publish dialog of their next version.
func revising(t *testing.T) (s *site, b browser, here string) {
	s, b, l := answered(t)
	edit := s.settle(b, s.get(b, l+"/home").formTo("/draft"))
	return s, b, strings.TrimSuffix(edit.URL.Path, "/edit")
}

func TestPublishDialogNamesPeopleAndCourses(t *testing.T) {
	s, b, here := revising(t)
	s.launch(s.framed(), s.learner, s.embedded) // its score is open to him
	dialog := s.get(b, here+"/publish").is(http.StatusOK, "").has("2 people will be asked.").has("Ștefan Țăran").has("Ioana Pârvu").
		has("Algoritmi și structuri de date – open now for 1 person").has("1 course with a score stays closed")
	if links := dialog.all("a", "href="+here+"/asked?change=minor"); len(links) != 1 {
		t.Errorf("%d links to who is asked with a minor change", len(links))
	}
	list := s.get(b, here+"/asked").is(http.StatusOK, "").has("2 people will be asked.").has("Ștefan Țăran")
	if n := len(list.all("th", "scope=row")); n != 2 {
		t.Errorf("%d people, want 2", n)
	}
	s.get(b, here+"/asked?change=minor").has("1 person will be asked.").has("Ioana Pârvu").lacks("Ștefan Țăran")
	s.get(b, here+"/asked?site="+s.platform.ID).has("CVUPT: 2 people will be asked.")
	s.get(b, here+"/asked?site=nowhere&id=x&after=%00").is(http.StatusOK, "")
	log := s.get(b, strings.Split(here, "/admin/")[0]+"/admin/log")
	log.has("asked.view")
}

func TestPublishDialogListsManyPeopleInPages(t *testing.T) {
	s, b, here := revising(t)
	for i := range 120 {
		x := s.moodle.AddPerson(ltitest.Person{Username: fmt.Sprintf("p%d", i), FirstName: "Zoe", LastName: fmt.Sprintf("Nr%03d", i), Lang: "en"})
		s.moodle.Enrol(s.course.ID, x.ID, ltitest.Student)
		s.launch(s.browser(), x, s.window)
	}
	s.get(b, here+"/publish").has("and 102 more").has("122 people will be asked.")
	seen := map[string]bool{}
	page, pages := s.get(b, here+"/asked?site="+s.platform.ID), 0
	for ; ; pages++ {
		for _, name := range texts(page.all("th", "scope=row")) {
			if seen[name] {
				t.Errorf("%s stands on two pages", name)
			}
			seen[name] = true
		}
		next := page.all("a", "rel=next")
		if len(next) == 0 {
			break
		}
		address, _ := attribute(next[0], "href")
		page = s.get(b, address).is(http.StatusOK, "").has("First page")
	}
	if len(seen) != 122 || pages != 1 {
		t.Errorf("%d people on %d pages, want 122 on 2", len(seen), pages+1)
	}
}

func TestPoliciesRightAloneShowsNumbersWithoutNames(t *testing.T) {
	s, _, here := revising(t)
	b := s.browser()
	l := "/l/" + s.launch(b, s.teacher, s.window).leads("pending")
	who := store.Admin{InstitutionID: s.institution, Actor: "test"}
	s.must(s.db.Grant(t.Context(), who, s.platform.ID, s.userOf(s.platform, s.teacher.ID), store.PowerPolicies))
	here = l + here[strings.Index(here, "/admin/"):]
	s.get(b, here+"/publish").is(http.StatusOK, "").has("3 people will be asked.").lacks("Ștefan Țăran").lacks("Their names")
	s.get(b, here+"/asked").is(http.StatusForbidden, "forbidden")
}

func TestMaterialChangeNeedsItsReason(t *testing.T) {
	s, b, here := revising(t)
	f := s.get(b, here+"/publish").formTo("/publish")
	s.unchanged(func() {
		bad := s.submit(b, f).is(http.StatusUnprocessableEntity, "").has("A change of meaning needs a reason")
		if fields := bad.all("textarea", "name=note", "aria-invalid=true"); len(fields) != 1 {
			t.Errorf("%d fields are marked", len(fields))
		}
		f.Values.Set("note", strings.Repeat("x", 4001))
		s.submit(b, f).is(http.StatusUnprocessableEntity, "").has("An entry is too long.")
	})
	f.Values.Set("note", " Quiet hours\r\nfrom ten. ")
	s.settle(b, f).has("The version is active now.")
	learner := s.browser()
	s.enter(learner, s.learner, s.window).has("Quiet hours from ten.")

	// A minor change asks nobody again, so it needs no reason; what is written down is kept.
	edit := s.settle(b, s.get(b, here).formTo("/draft"))
	here = strings.TrimSuffix(edit.URL.Path, "/edit")
	f = s.get(b, here+"/publish").formTo("/publish")
	f.Values.Set("change", "minor")
	s.settle(b, f).has("The version is active now.")
}

func TestFirstVersionNeedsNoReason(t *testing.T) {
	s := newSite(t)
	b, l := s.asAdmin()
	f := s.get(b, l+"/admin/policies/new").formTo("/policies/new")
	f.Values.Set("name.0", "Rules")
	f.Values.Set("content.0", "<p>One.</p>")
	f.Values.Set("then", "publish")
	dialog := s.settle(b, f)
	if fields := dialog.all("textarea", "name=note"); len(fields) != 0 {
		t.Error("the dialog asks why, and nothing was there before")
	}
	s.settle(b, dialog.formTo("/publish")).has("The version is active now.")
}

// Where a policy is for all sites, the dialog says that it is also for those to come.
func TestPublishDialogSaysAllSitesInWords(t *testing.T) {
	const all = "All Moodle sites of the institution, also those registered later."
	s, b, here := revising(t)
	s.get(b, here+"/publish").lacks(all)
	f := s.get(b, here+"/edit").formTo("/edit")
	f.Values["site"] = []string{store.Everywhere}
	s.settle(b, f)
	s.get(b, here+"/publish").has(all).has("CVUPT: asked 2 of 2")
}

// The sites and courses of a draft are its own until it is published. The dialog says what changes then.
func TestPublishDialogSaysWhereThePolicyMoves(t *testing.T) {
	s, b, here := revising(t)
	l, _, _ := strings.Cut(here, "/admin/")
	f := s.get(b, here+"/edit").has("These are the draft's own sites and courses.").formTo("/edit")
	asked := func() int { return s.count(`SELECT COUNT(policyid) FROM policy_platform`) }
	before := asked()
	f.Values.Set("courses", "1")
	s.settle(b, f)
	f = s.get(b, here+"/edit").formTo("/edit")
	if got := f.Values.Get("courses"); got != "1" {
		t.Errorf("the editor shows courses as %q", got)
	}
	s.get(b, l+"/home").lacks("courses that ask for it")
	s.get(b, here+"/publish").has("It is asked elsewhere from then on").
		has("CVUPT: only in courses that ask for it. People whom it concerns: 0, until then 2.")
	f.Values.Del("courses")
	f.Values.Del("site")
	s.settle(b, f)
	if got := s.get(b, here+"/edit").formTo("/edit").Values["site"]; len(got) != 0 || asked() != before {
		t.Errorf("the editor shows the sites %v; policies apply on %d sites, before on %d", got, asked(), before)
	}
	f = s.get(b, here+"/publish").has("CVUPT: taken away. People who are not asked any more: 2.").formTo("/publish")
	f.Values.Set("note", "Why.")
	s.settle(b, f).has("The version is active now.")
	if asked() != before-1 {
		t.Errorf("policies apply on %d sites, before on %d", asked(), before)
	}
	s.get(b, l+"/admin/log").has("policy.platforms")
}

// TestPublishingMeansWhatWasShown: when it means something else by the time the button is pressed, the page is
// shown again instead.
func TestPublishingMeansWhatWasShown(t *testing.T) {
	for name, c := range map[string]struct {
		meanwhile func(s *site, v policy.Version)
		refused   bool
	}{
		"nothing":  {func(*site, policy.Version) {}, false},
		"one more": {func(s *site, _ policy.Version) { s.launch(s.browser(), s.tutor, s.window) }, false},
		"another site": {func(s *site, v policy.Version) {
			_, err := s.raw.ExecContext(s.t.Context(), `DELETE FROM policy_platform WHERE policyid = ?`, v.PolicyID) // an earlier program
			s.must(err)
		}, true},
		"many more": {func(s *site, _ policy.Version) {
			for i := range 8 {
				x := s.moodle.AddPerson(ltitest.Person{Username: fmt.Sprintf("p%d", i), FirstName: "Zoe", LastName: "Z", Lang: "en"})
				s.moodle.Enrol(s.course.ID, x.ID, ltitest.Student)
				s.launch(s.browser(), x, s.window)
			}
		}, true},
		"a colleague published": {func(s *site, v policy.Version) {
			id, err := s.db.NewDraft(s.t.Context(), s.who(), v)
			s.must(err)
			s.must(s.db.Publish(s.t.Context(), s.who(), store.Publication{VersionID: id, Edit: 1}))
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			s, b, here := revising(t)
			f := s.get(b, here+"/publish").formTo("/publish")
			f.Values.Set("note", "Why.")
			parts := strings.Split(here, "/")
			var id int64
			fmt.Sscan(parts[len(parts)-1], &id) //nolint:errcheck // 0 is not found
			v, err := s.db.Version(t.Context(), s.institution, id)
			s.must(err)
			c.meanwhile(s, v)
			if !c.refused {
				s.settle(b, f).has("The version is active now.")
				return
			}
			var again *view
			s.unchanged(func() {
				again = s.submit(b, f).is(http.StatusConflict, "").has("what publishing means has changed").has("Why.")
			})
			// Whoever has seen the new numbers publishes with them.
			s.settle(b, again.formTo("/publish")).has("The version is active now.")
		})
	}
}

func TestMinorChangeOfAnotherKindIsRefused(t *testing.T) {
	s, b, here := revising(t)
	edit := s.get(b, here+"/edit").formTo("/edit")
	edit.Values.Set("kind", "consent")
	s.settle(b, edit)
	f := s.get(b, here+"/publish").has("It cannot be a minor change").formTo("/publish")
	f.Values.Set("change", "minor")
	s.unchanged(func() {
		s.submit(b, f).is(http.StatusUnprocessableEntity, "").has("This cannot be a minor change.")
	})
}

func (s *site) who() store.Admin { return store.Admin{InstitutionID: s.institution, Actor: "test"} }

// A version that could not begin on its day says so where its administrators look, with the reason and the way out.
func TestVersionThatCouldNotBeginSaysSo(t *testing.T) {
	s, b, here := revising(t)
	f := s.get(b, here+"/publish").formTo("/publish")
	f.Values.Set("when", "later")
	f.Values.Del("announced")
	f.Values.Set("at", "2026-10-26T00:00")
	f.Values.Set("zone", "Europe/Bucharest")
	f.Values.Set("note", "From the winter on.")
	s.settle(b, f).has("will be active on 26 October 2026, 00:00 EET")
	if _, err := s.raw.ExecContext(t.Context(), `UPDATE tool_policy_versions SET content = '' WHERE archived = 0 AND id NOT IN (SELECT currentversionid FROM tool_policy)`); err != nil {
		t.Fatal(err)
	}
	s.clock.set(time.Date(2026, 10, 25, 22, 0, 0, 0, time.UTC))
	_, err := s.db.ActivateDue(t.Context())
	s.must(err)
	b, l := s.asAdmin()
	here = l + here[strings.Index(here, "/admin/"):]
	for _, page := range []string{l + "/home", here} {
		s.get(b, page).is(http.StatusOK, "").has("one of its texts is empty").has("The next try is on 26 October 2026, 00:01 EET.")
	}
	home := s.get(b, l+"/home").has("was to be active on 26 October 2026, 00:00 EET").lacks("will be active on")
	s.settle(b, home.formTo("/unschedule")).has("The version is a draft again.").lacks("one of its texts is empty")
}
