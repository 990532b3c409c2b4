package launch_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"ltipolicy/policy"
	"ltipolicy/store"
)

// TestFiguresAreThoseOfTheReport goes through a policy's life and looks at its figures; each bar leads to as many
// people as are missing.
func TestFiguresAreThoseOfTheReport(t *testing.T) {
	s := asking(t)
	b, l := s.asAdmin()
	version := s.get(b, l+"/home").versionID()
	v, err := s.db.Version(t.Context(), s.institution, version)
	s.must(err)
	page := l + "/admin/policies/" + number(v.PolicyID) + "/figures"
	for _, from := range []string{"/home", "/admin/policies/" + number(v.PolicyID), "/admin/report"} {
		if n := len(s.get(b, l+from).all("a", "href="+page)); n != 1 {
			t.Errorf("%s leads to the figures %d times", from, n)
		}
	}
	s.get(b, page).is(http.StatusOK, "").has("Figures").has("House rules").has("Accepted: 0").has("Site administrators").has("Nobody has accepted yet.").lacks("Show as a table")

	s.accepts(s.learner)
	s.launch(s.browser(), s.other, s.window)
	s.get(b, page).has("Accepted: 1 of 2 (50 %)").has("1 person has accepted, today.")
	s.clock.pass(26 * time.Hour)
	b, l = s.asAdmin()
	page = l + "/admin/policies/" + number(v.PolicyID) + "/figures"
	got := s.get(b, page).is(http.StatusOK, "").has("Show as a table").has("since 1 September 2026").has("asked now: 2").
		has("one site only, CVUPT").has("no list: only who opened it")
	course := got.all("table")[1]
	if text := texts(descend(course, "td"))[2]; !strings.Contains(text, "1") {
		t.Errorf("missing in the course: %q", text)
	}
	href, _ := attribute(descend(course, "a")[0], "href")
	report := s.get(b, href).is(http.StatusOK, "").has("Ioana Pârvu").lacks("Ștefan Țăran")
	if n := len(report.all("th", "scope=row")); n != 1 {
		t.Errorf("%d people are missing in the report", n)
	}

	// Scheduled, replaced, inactive.
	a := store.Admin{InstitutionID: s.institution, Actor: "test"}
	next := draft(policy.Agree, english("House rules", "Be kind, always."))
	next.PolicyID, next.Revision = v.PolicyID, "2"
	id, err := s.db.NewDraft(t.Context(), a, next)
	s.must(err)
	s.must(s.db.Publish(t.Context(), a, store.Publication{VersionID: id, Edit: 1, At: s.clock.now().Add(48 * time.Hour)}))
	s.get(b, page).has("Version 2 begins to apply on 4 September 2026.")
	s.must(s.db.Unschedule(t.Context(), a, id))
	s.must(s.db.Publish(t.Context(), a, store.Publication{VersionID: id, Edit: 2}))
	s.get(b, page).has("Accepted: 0 of 2 (0 %)").has("from 1 September 2026 until 2 September 2026").has("since 2 September 2026")
	s.must(s.db.Inactivate(t.Context(), a, id))
	s.get(b, page).has("No version is active").has("end of 2").lacks("By site").lacks("since 2 September")
}

// Somebody with the right over policies alone sees no way into the report.
func TestFiguresLeadOnlyWhereOneMayGo(t *testing.T) {
	s, _, _ := answered(t)
	b := s.browser()
	s.launch(b, s.teacher, s.window)
	who := store.Admin{InstitutionID: s.institution, Actor: "test"}
	s.must(s.db.Grant(t.Context(), who, s.platform.ID, s.userOf(s.platform, s.teacher.ID), store.PowerPolicies))
	l := "/l/" + s.launch(b, s.teacher, s.window).leads("pending")
	href := ""
	for _, a := range s.get(b, l+"/admin").all("a") {
		if h, _ := attribute(a, "href"); strings.HasSuffix(h, "/figures") {
			href = h
		}
	}
	got := s.get(b, href).is(http.StatusOK, "").has("By course").has("Accepted: 1 of")
	for _, a := range got.all("a") {
		if h, _ := attribute(a, "href"); strings.Contains(h, "/report") {
			t.Errorf("leads to %s", h)
		}
	}
}
