package launch_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
	"ltipolicy/store"
)

const nobodyKnown = "A person who was erased"

// erase takes somebody away for good, and returns the id of who counts in their place.
func (s *site) erase(x ltitest.Person) (ghost int64) {
	s.t.Helper()
	s.clock.pass(time.Minute)
	d := store.Decision{ID: "2026-17", Admin: store.Admin{InstitutionID: s.institution}}
	done, err := s.db.Erase(s.t.Context(), d, []int64{s.userOf(s.platform, x.ID)})
	s.must(err)
	if done.People != 1 {
		s.t.Fatalf("erased %+v", done)
	}
	s.must(s.raw.QueryRowContext(s.t.Context(), `SELECT MAX(id) FROM lti_user WHERE timeerased IS NOT NULL`).Scan(&ghost))
	return ghost
}

// nameless asserts that a page or a file names nobody who was erased, be it by what stands in their place.
func (v *view) nameless() *view {
	v.t.Helper()
	if strings.Contains(string(v.Body), "erased:") {
		v.t.Errorf("%s has %s", v.URL, v.Body)
	}
	return v
}

// Who was erased counts as before, has no name and no page, is missing on no list, and is asked for nothing new.
func TestReportOfThoseWhoWereErased(t *testing.T) {
	s, b, l := answered(t)
	ghosts := []int64{s.erase(s.learner), s.erase(s.other)}
	report := s.get(b, l+"/admin/report").is(http.StatusOK, "").nameless().has("Accepted: 1 of 2 (50 %)").lacks("Ștefan").lacks("Ioana")
	people := report.people()
	if n := len(slices.DeleteFunc(people, func(p string) bool { return !strings.HasPrefix(p, nobodyKnown) })); n != 2 {
		t.Errorf("people %q", report.people())
	}
	s.get(b, l+"/admin/report?status=accepted").nameless().has(nobodyKnown)
	s.get(b, l+"/admin/report?status=pending").nameless().lacks(nobodyKnown)
	for _, file := range []string{"report.csv", "report.json", "report.xml"} {
		if got := string(s.get(b, l+"/admin/"+file).is(http.StatusOK, "").nameless().Body); strings.Count(got, nobodyKnown) != 2 {
			t.Errorf("%s: %s", file, got)
		}
	}
	for _, id := range ghosts {
		page := l + "/admin/people/" + s.platform.ID + "/" + number(id)
		if slices.ContainsFunc(report.all("a"), func(n *html.Node) bool { to, _ := attribute(n, "href"); return to == page }) {
			t.Errorf("a link to %s", page)
		}
		if slices.ContainsFunc(report.all("input", "name=user"), func(n *html.Node) bool { v, _ := attribute(n, "value"); return v == number(id) }) {
			t.Errorf("somebody can be answered for who was erased")
		}
		for _, more := range []string{"", "/record", "/record.json"} {
			s.get(b, page+more).is(http.StatusNotFound, "not_found")
		}
	}
	s.get(b, l+"/admin/grants?q=erased").nameless().lacks(nobodyKnown)

	s.load("more", draft(policy.Agree, english("More rules", "Be kinder.")))
	s.get(b, l+"/admin/report").is(http.StatusOK, "").nameless().has("Accepted: 0").has("Accepted: 1 of 2 (50 %)")
}

// A visit ends with the person: whatever is sent from it meets the page of a visit that ended.
func TestVisitEndsWithThePerson(t *testing.T) {
	s := asking(t)
	b := s.browser()
	f := s.enter(b, s.learner, s.window).acceptAll()
	s.erase(s.learner)
	s.submit(b, f).is(http.StatusUnauthorized, "no_session")
	if n := s.count(`SELECT COUNT(id) FROM acceptance_event`); n != 0 {
		t.Errorf("%d answers", n)
	}
}

// In a course somebody who was erased stands without a name, and among those who are missing not at all.
func TestCourseOfThoseWhoWereErased(t *testing.T) {
	s := classroom(t)
	s.load("rules", draft(policy.Agree, english("House rules", "Be kind.")))
	xs := s.enrol("Žana Ábel", "Elena Ionescu")
	s.accepts(s.learner)
	s.launch(s.browser(), xs[0], s.window)
	b := s.browser()
	s.accepts(s.teacher)
	page := s.enter(b, s.teacher, s.window).has("1 of 4 has accepted").URL.Path
	s.erase(s.learner)
	s.erase(xs[0])
	list := s.get(b, page).is(http.StatusOK, "").nameless().has("1 of 4 has accepted").lacks("Ștefan").lacks("Žana").lacks("No name was shared")
	if got, want := list.people(), []string{"Elena Ionescu", "Ioana Pârvu", nobodyKnown}; !slices.Equal(got, want) {
		t.Errorf("list %q, want %q", got, want)
	}
	if got := texts(list.tabs()); !slices.Equal(got, []string{"Everybody 3", "Not accepted yet 2", "Accepted 1"}) {
		t.Errorf("parts %q", got)
	}
	s.get(b, page+"/missing").nameless().lacks(nobodyKnown).has("Elena Ionescu").has("Ioana Pârvu")
	if got := string(s.get(b, page+"/list.csv").nameless().Body); strings.Count(got, nobodyKnown) != 1 {
		t.Errorf("download %s", got)
	}
	a, l := s.asAdmin()
	s.erase(s.teacher)
	s.get(a, l+"/admin/log").is(http.StatusOK, "").nameless().has(nobodyKnown).lacks("Ana Popescu")
}
