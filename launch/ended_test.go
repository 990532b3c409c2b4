package launch_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"ltipolicy/courier"
	"ltipolicy/lti"
	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
	"ltipolicy/store"
)

// particular is a classroom whose Moodle tells what a registration asks for.
func particular(t testing.TB) *site {
	s := classroom(t)
	s.tool.Custom = lti.AskedParameters()
	s.moodle.AddTool(s.tool)
	return s
}

// ends gives the site's course an end, and has Moodle tell it: the teacher opens the activity.
func (s *site) ends(c ltitest.Course, at time.Time, a ltitest.Activity) {
	s.t.Helper()
	c.End = at
	s.moodle.AddCourse(c)
	s.launch(s.browser(), s.teacher, a)
}

// list is what a teacher sees of the course of an activity.
func (s *site) list(a ltitest.Activity) *view {
	s.t.Helper()
	b := s.browser()
	return s.get(b, "/l/"+s.lands(b, s.teacher, a)+"/participants").is(http.StatusOK, "")
}

// TestACourseThatEndedAsksNobodyOnAnyPage: who has not answered is let past what only the course asked, what was answered
// shows as ended wherever it is told, a consent can still be taken back, and a new end makes the course ask again.
func TestACourseThatEndedAsksNobodyOnAnyPage(t *testing.T) {
	s := particular(t)
	rules := s.load("rules", draft(policy.Agree, english("House rules", "Be kind.")))
	honour, photos := s.coursePolicy("honour", "Honour code", policy.Agree), s.coursePolicy("photos", "Photos", policy.Consent)
	a := s.asksFor("honour,photos", s.course)
	late := s.enrol("Eva Lup")[0]
	s.ends(s.course, s.clock.now().Add(time.Hour), a)

	b := s.browser()
	page := s.enter(b, s.learner, a).asks("House rules", "Honour code", "Photos")
	s.settle(b, page.answers(map[int64]policy.Answer{rules.ID: policy.Accepted, honour.ID: policy.Accepted, photos.ID: policy.Accepted})).backInMoodle()
	// One opens the page and is slow.
	slow := s.browser()
	open := s.enter(slow, s.other, a).asks("House rules", "RO Honour code", "RO Photos")
	s.clock.pass(time.Hour)
	s.submit(slow, open.answers(map[int64]policy.Answer{rules.ID: policy.Accepted, honour.ID: policy.Accepted, photos.ID: policy.Declined}))
	if got := s.events(s.other.ID); len(got) != 1 || got[0].VersionID != rules.ID {
		t.Errorf("after the end was recorded: %+v", got)
	}
	s.enter(s.browser(), late, a).asks("House rules")

	// The teacher.
	list := s.list(a).has("This course ended on").lacks("This course was made from another one").lacks("said yes").has("Ended; answers kept: 1")
	if got, want := list.standing("Ștefan Țăran"), []string{"Accepted", "Ended"}; !slices.Equal(got, want) {
		t.Errorf("who had answered is shown as %q, want %q", got, want)
	}
	if got, want := list.standing("Eva Lup"), []string{"Not answered", ""}; !slices.Equal(got, want) {
		t.Errorf("who had not is shown as %q, want %q", got, want)
	}
	if got, want := list.groups(), []string{"Not accepted yet: 1", "Accepted: 2"}; !slices.Equal(got, want) {
		t.Errorf("groups %q, want %q", got, want)
	}
	if marks := list.all("span", "class=mark mark-declined"); len(marks) > 0 {
		t.Errorf("%d marks say that somebody declined", len(marks))
	}

	// The office.
	office := s.browser()
	at := "/l/" + s.lands(office, s.admin, a)
	report := s.get(office, at+"/admin/report?policy="+number(honour.PolicyID)).is(http.StatusOK, "").has("Ended with the course").has("not asked").lacks("Pending 1")
	report.has("Ended with their course: 1")
	s.get(office, at+"/admin/report?policy="+number(honour.PolicyID)+"&status=pending").is(http.StatusOK, "").lacks("Eva").lacks("Țăran")
	s.get(office, at+"/admin/people/"+s.platform.ID+"/"+number(s.userOf(s.platform, s.learner.ID))).is(http.StatusOK, "").
		has("Honour code").has("Ended with the course").lacks("Declined")

	// The learner, who takes the consent back.
	id := s.launchID(b, s.learner)
	if got, want := s.standings(b, id), []string{"Agreed", "Ended with the course", "Ended with the course"}; !slices.Equal(sorted(got), sorted(want)) {
		t.Errorf("My agreements: %q, want %q", got, want)
	}
	mine := s.get(b, "/l/"+id+"/agreements").has("This course ended on")
	if mine.act(honour.ID, policy.Withdrawn) != nil || mine.act(honour.ID, policy.Accepted) != nil {
		t.Error("an agreement can be acted on")
	}
	after := s.settle(b, *mine.act(photos.ID, policy.Withdrawn)).is(http.StatusOK, "").has("Withdrawn")
	if after.act(photos.ID, policy.Accepted) != nil {
		t.Error("a consent can be given to a course that has ended")
	}
	s.get(b, "/l/"+id+"/agreements/record").is(http.StatusOK, "").has("ended on")

	// The course goes on after all. Nobody had to do anything but open it.
	s.ends(s.course, s.clock.now().Add(24*time.Hour), a)
	s.enter(s.browser(), s.other, a).asks("RO Honour code", "RO Photos")
	s.enter(s.browser(), late, a).asks("House rules", "Honour code", "Photos")
	s.list(a).lacks("This course ended on")
	s.intact(len(s.events(s.learner.ID)) + len(s.events(s.other.ID)))
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }

// TestTheTimeComesToAVisit: a course ends while somebody is in it, and the clock alone tells.
func TestTheTimeComesToAVisit(t *testing.T) {
	s := particular(t)
	s.coursePolicy("honour", "Honour code", policy.Agree)
	a := s.asksFor("honour", s.course)
	s.ends(s.course, s.clock.now().Add(time.Minute), a)
	b := s.browser()
	page := s.enter(b, s.learner, a).asks("Honour code")
	s.unchanged(func() {
		s.clock.pass(time.Minute)
		p, err := b.Settle(b.Get(page.URL.String()))
		s.must(err)
		s.view(p).backInMoodle()
	})
}

// TestACopiedCourseAsksAnew: it is another course, whose participants answer for themselves there, and which tells nothing
// of the old one but that there was one.
func TestACopiedCourseAsksAnew(t *testing.T) {
	s := particular(t)
	honour, photos := s.coursePolicy("honour", "Honour code", policy.Agree), s.coursePolicy("photos", "Photos", policy.Consent)
	first := s.asksFor("honour,photos", s.course)
	people := append(s.enrol("Dan Rus", "Eva Lup", "Mia Ene", "Gil Bot", "Ada Nan"), s.learner)
	for _, x := range people {
		b := s.browser()
		page := s.enter(b, x, first).asks("Honour code", "Photos")
		s.submit(b, page.answers(map[int64]policy.Answer{honour.ID: policy.Accepted, photos.ID: policy.Accepted}))
	}
	s.list(first).has("6 said yes").lacks("made from another one")

	copied := s.moodle.AddCourse(ltitest.Course{ShortName: "ALG1_1", FullName: "Algoritmi, copie", History: []int64{s.course.ID}})
	again := s.asksFor("honour,photos", copied)
	for _, x := range people {
		s.moodle.Enrol(copied.ID, x.ID, ltitest.Student)
	}
	s.moodle.Enrol(copied.ID, s.teacher.ID, ltitest.Teacher)
	s.moodle.Unenrol(s.course.ID, s.learner.ID)

	list := s.list(again)
	list.has("This course was made from another one. Its participants are asked anew; answers given there do not count here.").
		has("Algoritmi, copie 0 of 6 have accepted").lacks("said yes").lacks("structuri de date")
	for _, x := range people {
		if got := list.standing(x.Name()); !slices.Equal(got, []string{"Not answered"}) {
			t.Errorf("%s is shown as %q", x.Name(), got)
		}
	}
	if n := strings.Count(list.Text(), "made from another one"); n != 1 {
		t.Errorf("said %d times", n)
	}
	b := s.browser()
	page := s.enter(b, s.learner, again).asks("Honour code", "Photos").has("For the course “Algoritmi, copie” only").lacks("structuri de date")
	s.submit(b, page.answers(map[int64]policy.Answer{honour.ID: policy.Accepted, photos.ID: policy.Declined}))
	s.list(again).has("1 of 6 has accepted")
	s.list(first).has("6 said yes").lacks("made from another one")

	// The old one ends, the copy goes on.
	s.ends(s.course, s.clock.now().Add(-time.Hour), first)
	s.enter(s.browser(), people[0], again).asks("Honour code", "Photos")
	s.list(again).lacks("This course ended on")
}

// TestWhatIsSaidOfTheEndOfACourse: what Moodle says counts, nothing leaves it as it is, and nobody changes another site's.
func TestWhatIsSaidOfTheEndOfACourse(t *testing.T) {
	s := particular(t)
	s.coursePolicy("honour", "Honour code", policy.Agree)
	a := s.asksFor("honour", s.course)
	end := func() time.Time {
		r, err := s.db.Roster(t.Context(), s.platform.ID, number(s.course.ID))
		s.must(err)
		return r.CourseEnd
	}
	told := func() int {
		s.do(courier.Sightings)
		seen, err := s.db.Sightings(t.Context(), s.platform.ID, time.Time{})
		s.must(err)
		return seen[store.CourseTold].Seen
	}
	s.forge(s.browser(), s.learner, ltitest.Set(ltitest.ClaimCustom, map[string]any{"policies": "honour"}))
	if n := told(); n != 0 {
		t.Errorf("a Moodle that says nothing was heard %d times", n)
	}
	at := s.clock.now().Add(time.Hour).Truncate(time.Second)
	s.ends(s.course, at, a)
	if n := told(); n != 1 {
		t.Errorf("heard %d times", n)
	}
	if got := end(); !got.Equal(at) {
		t.Fatalf("ends %v, want %v", got, at)
	}
	says := func(custom map[string]string) time.Time {
		t.Helper()
		all := map[string]any{"policies": "honour"}
		for k, v := range custom {
			all[k] = v
		}
		s.forge(s.browser(), s.learner, ltitest.Set(ltitest.ClaimCustom, all))
		return end()
	}
	for name, custom := range map[string]map[string]string{
		"nothing": nil, "the variable": {"ltipolicy_end": "$CourseSection.timeFrame.end"}, "nonsense": {"ltipolicy_end": "soon"},
		"before all time": {"ltipolicy_end": "0001-01-01T00:00:00Z"}, "a beginning": {"ltipolicy_begin": "2020-01-01T00:00:00Z"},
	} {
		if got := says(custom); !got.Equal(at) {
			t.Errorf("%s: ends %v, want %v", name, got, at)
		}
	}
	if got := says(map[string]string{"ltipolicy_end": "2030-01-01T02:00:00+02:00"}); !got.Equal(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("in another zone: %v", got)
	}
	if got := says(map[string]string{"ltipolicy_end": ""}); !got.IsZero() {
		t.Errorf("no date: %v", got)
	}
	// Another site has a course with the same number.
	other, tool, p := s.addMoodle("https://other.example", "Other", s.institution)
	tool.Custom = lti.AskedParameters()
	other.AddTool(tool)
	c := other.AddCourse(ltitest.Course{ShortName: "X", FullName: "X", End: at})
	if c.ID != s.course.ID {
		t.Fatalf("course %d", c.ID)
	}
	x := other.AddPerson(ltitest.Person{Username: "x", FirstName: "X", LastName: "Y"})
	other.Enrol(c.ID, x.ID, ltitest.EditingTeacher)
	activity := other.AddActivity(ltitest.Activity{CourseID: c.ID, Name: "A", Container: ltitest.NewWindow})
	m, err := other.Claims(ltitest.Launch{PersonID: x.ID, CMID: activity.CMID})
	s.must(err)
	if custom, ok := m[ltitest.ClaimCustom].(map[string]any); !ok || custom["ltipolicy_end"] == "" {
		t.Fatalf("the other site says %v", m[ltitest.ClaimCustom])
	}
	_, err = s.db.Admit(t.Context(), &lti.Message{
		PlatformID: p.ID, DeploymentID: tool.DeploymentID(), Nonce: "n", Expires: s.clock.now().Add(time.Minute), Type: lti.ResourceLinkRequest, Sub: "9",
		Context: lti.Context{ID: number(c.ID)}, Custom: map[string]string{"ltipolicy_end": at.Format(time.RFC3339)},
	}, mustPlatform(s, p.ID))
	s.must(err)
	if got := end(); !got.IsZero() {
		t.Errorf("another site ended the course: %v", got)
	}
}

func mustPlatform(s *site, id string) lti.Platform {
	s.t.Helper()
	p, err := s.db.Platform(s.t.Context(), id)
	s.must(err)
	return p
}

// Whoever answers a course that ended meanwhile is told that nothing of it was recorded, and what the site asks is.
func TestAnswersToACourseThatEndedMeanwhileAreNotSwallowed(t *testing.T) {
	s := particular(t)
	site := s.load("rules", draft(policy.Agree, english("House rules", "Be kind.")))
	honour := s.coursePolicy("honour", "Honour code", policy.Agree)
	a := s.asksFor("honour", s.course)
	s.ends(s.course, s.clock.now().Add(time.Minute), a)
	b := s.browser()
	page := s.enter(b, s.learner, a).asks("House rules", "Honour code")
	s.clock.pass(time.Minute)
	s.settle(b, page.answers(map[int64]policy.Answer{site.ID: policy.Accepted, honour.ID: policy.Accepted})).is(http.StatusOK, "").
		has("Some of what you answered is not asked any more").has("House rules").lacks("Honour code")
	if es := s.events(s.learner.ID); len(es) != 1 || es[0].VersionID != site.ID {
		t.Errorf("recorded %+v", es)
	}
}
