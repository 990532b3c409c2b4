package launch_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
)

// asksFor is an activity with which a course asks for policies.
func (s *site) asksFor(policies string, c ltitest.Course) ltitest.Activity {
	return s.moodle.AddActivity(ltitest.Activity{
		CourseID: c.ID, Name: "Acorduri", TypeID: s.tool.TypeID, Container: ltitest.NewWindow, Custom: map[string]string{"policies": policies},
	})
}

// TestEachCourseAsksForItselfOnEveryPage: a consent that a second course asks for, too, is asked there, told there, and
// withdrawn there. Nothing of it shows in the first.
func TestEachCourseAsksForItselfOnEveryPage(t *testing.T) {
	s := classroom(t)
	v := s.coursePolicy("recording", "Recordings", policy.Consent)
	other := s.moodle.AddCourse(ltitest.Course{ShortName: "BD1", FullName: "Baze de date"})
	first, second := s.asksFor("recording", s.course), s.asksFor("recording", other)
	people := s.enrol("Ion Pop", "Dan Rus", "Eva Lup", "Mia Ene", "Gil Bot", "Ada Nan", "Leo Sas")
	for _, x := range people {
		s.moodle.Enrol(other.ID, x.ID, ltitest.Student)
	}
	s.moodle.Enrol(other.ID, s.teacher.ID, ltitest.Teacher)
	yes := func(x ltitest.Person, a ltitest.Activity) {
		b := s.browser()
		page := s.enter(b, x, a).asks("Recordings")
		s.submit(b, page.answers(map[int64]policy.Answer{v.ID: policy.Accepted}))
	}
	for _, x := range people[:6] {
		yes(x, first)
	}
	list := func(a ltitest.Activity) *view {
		teacher := s.browser()
		return s.get(teacher, "/l/"+s.lands(teacher, s.teacher, a)+"/participants").is(http.StatusOK, "")
	}
	list(first).has("6 said yes")
	list(second).has("Baze de date").lacks("said yes").has("the number is not shown")

	// Who said yes in the first is asked in the second, for it alone, and may say no there.
	b := s.browser()
	page := s.enter(b, people[0], second).asks("Recordings").has("For the course “Baze de date” only")
	s.submit(b, page.answers(map[int64]policy.Answer{v.ID: policy.Declined}))
	mine := s.get(b, strings.TrimSuffix(page.URL.Path, "pending")+"agreements").is(http.StatusOK, "")
	mine.has("For the course “Baze de date” only").has("For the course “Algoritmi și structuri de date” only")
	if cards := mine.all("section", "class=card"); len(cards) != 2 {
		t.Errorf("%d agreements, want one for each course", len(cards))
	}

	// Taking back what was given in the first, from the second.
	s.settle(b, *mine.act(v.ID, policy.Withdrawn)).is(http.StatusOK, "")
	given, err := s.db.Answers(t.Context(), s.userOf(s.platform, people[0].ID))
	s.must(err)
	said := map[string]bool{}
	for _, g := range given {
		said[g.Scope] = g.Accepted
	}
	if want := map[string]bool{fmt.Sprint(s.course.ID): false, fmt.Sprint(other.ID): false}; fmt.Sprint(said) != fmt.Sprint(want) {
		t.Errorf("stands %v, want %v", said, want)
	}
	list(first).has("5 said yes")
}

// TestReportOfOneCourseAnswersForThatCourse: whoever takes back an answer for people of a course, on the report that shows
// these alone, leaves what they answered in others.
func TestReportOfOneCourseAnswersForThatCourse(t *testing.T) {
	s := classroom(t)
	v := s.coursePolicy("recording", "Recordings", policy.Consent)
	other := s.moodle.AddCourse(ltitest.Course{ShortName: "BD1", FullName: "Baze de date"})
	first, second := s.asksFor("recording", s.course), s.asksFor("recording", other)
	p := s.enrol("Ion Pop")[0]
	s.moodle.Enrol(other.ID, p.ID, ltitest.Student)
	b := s.browser()
	for _, a := range []ltitest.Activity{first, second} {
		s.submit(b, s.enter(b, p, a).asks("Recordings").answers(map[int64]policy.Answer{v.ID: policy.Accepted}))
		s.clock.pass(time.Minute)
	}
	admin := s.browser()
	report := s.get(admin, "/l/"+s.lands(admin, s.admin, first)+"/admin/report?course=BD1&policy="+number(v.PolicyID))
	var f ltitest.Form
	for _, x := range report.Forms() {
		if strings.Contains(x.Action, "report?") && x.Values.Get("token") != "" {
			f = x
		}
	}
	f.Values["user"], f.Values["version"] = []string{number(s.userOf(s.platform, p.ID))}, []string{number(v.ID)}
	f.Values.Set("act", "withdrawn")
	s.settle(admin, f).is(http.StatusOK, "")
	given, err := s.db.Answers(t.Context(), s.userOf(s.platform, p.ID))
	s.must(err)
	for _, g := range given {
		if g.Accepted == (g.Scope == number(other.ID)) {
			t.Errorf("withdrawn in %d, and the answer in %s is accepted: %v", other.ID, g.Scope, g.Accepted)
		}
	}
}
