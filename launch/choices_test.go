package launch_test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
	"ltipolicy/store"
)

// named loads a consent that courses ask for, whose answers their teachers learn by name.
func (s *site) named(slug, name, words string) policy.Version {
	s.t.Helper()
	v := draft(policy.Consent, english(name, words))
	v.Courses, v.Visibility = true, policy.VisibleToTeachers
	return s.load(slug, v)
}

// chose are the people of a list of choices: those who have not agreed, and those who have.
func (v *view) chose() (no, yes []string) {
	lists := v.all("ul", "class=names")
	headings := texts(v.all("h2"))
	for _, h := range headings {
		var people []string
		if !strings.HasSuffix(h, ": 0") {
			people, lists = texts(descend(lists[0], "li")), lists[1:]
		}
		if strings.HasPrefix(h, "Has not agreed") {
			no = people
		} else {
			yes = people
		}
	}
	return no, yes
}

// TestTeachersSeeWhomTheyMayNotRecord: everybody is on the one side or the other, and no answer counts as no.
func TestTeachersSeeWhomTheyMayNotRecord(t *testing.T) {
	s := classroom(t)
	v := s.named("recording", "Recordings", "We record.")
	photos := s.coursePolicy("photos", "Photos", policy.Consent)
	here := s.asksFor("recording,photos", s.course)
	people := s.enrol("Ion Pop", "Dan Rus", "Eva Lup", "Mia Ene")
	answers := func(x ltitest.Person, a policy.Answer) (browser, string) {
		b := s.browser()
		page := s.enter(b, x, here).asks("Recordings", "Photos").
			has("The teachers of this course will see whether you chose yes or no, so that they can honour it. Not answering counts as no.")
		s.submit(b, page.answers(map[int64]policy.Answer{v.ID: a, photos.ID: policy.Accepted}))
		return b, strings.TrimSuffix(page.URL.Path, "pending") + "agreements"
	}
	answers(people[0], policy.Accepted)
	answers(people[1], policy.Declined)
	taker, agreements := answers(people[2], policy.Accepted)
	answers(s.learner, policy.Accepted)
	s.clock.pass(time.Minute)
	mine := s.get(taker, agreements).has("the teachers of the course, by name").has("no teacher by name")
	s.settle(taker, *mine.act(v.ID, policy.Withdrawn)).is(http.StatusOK, "")

	b := s.browser()
	list := s.get(b, "/l/"+s.lands(b, s.teacher, here)+"/participants").is(http.StatusOK, "").
		has("2 said yes").has("the number is not shown")
	page := list.URL.Path + "/choices/" + number(v.PolicyID)
	if got := len(list.all("a", "href="+page)); got != 1 {
		t.Errorf("%d links to the list of choices", got)
	}
	got := s.get(b, page).is(http.StatusOK, "").has("As of 1 September 2026, 08:01 UTC").has("Algoritmi și structuri de date Recordings").lacks("declined")
	no, yes := got.chose()
	if want := []string{"Mia Ene", "Eva Lup", "Ioana Pârvu", "Ana Popescu teacher", "Dan Rus"}; !slices.Equal(no, want) {
		t.Errorf("not to be recorded: %q, want %q", no, want)
	}
	if want := []string{"Ion Pop", "Ștefan Țăran"}; !slices.Equal(yes, want) {
		t.Errorf("may be recorded: %q, want %q", yes, want)
	}
	if e := s.logged("participants.choices"); !strings.Contains(e.Actor, "Ana Popescu") || e.Object != "CVUPT: Algoritmi și structuri de date" || e.Detail != "policy=recording" {
		t.Errorf("the log has %+v", e)
	}

	// As a table, with the same people and no more than the page says of them.
	file := s.get(b, page+"/list.csv").is(http.StatusOK, "")
	rows, err := csv.NewReader(strings.NewReader(string(file.Body))).ReadAll()
	s.must(err)
	if len(rows) != 8 || !slices.Equal(rows[0], []string{"Family name", "Given name", "Role", "Recordings", "As of"}) {
		t.Errorf("the file has %q", rows)
	}
	if !slices.Equal(rows[1], []string{"Ene", "Mia", "", "has not agreed", "2026-09-01 08:01:00"}) || !slices.Equal(rows[7], []string{"Țăran", "Ștefan", "", "has agreed", "2026-09-01 08:01:00"}) {
		t.Errorf("the file has %q", rows)
	}
	s.get(b, page+"/list.xlsx").is(http.StatusOK, "")
	entries, _, err := s.db.AdminLogPage(t.Context(), store.LogQuery{InstitutionID: s.institution, Limit: 100})
	s.must(err)
	var details []string
	for _, e := range entries {
		if e.Action == "participants.choices" {
			details = append(details, e.Detail)
		}
	}
	slices.Sort(details) // of one instant
	if want := []string{"format=csv&policy=recording", "format=xlsx&policy=recording", "policy=recording"}; !slices.Equal(details, want) {
		t.Errorf("logged %q, want %q", details, want)
	}

	// Nothing of it is on the list of participants or in its downloads.
	if strings.Contains(string(s.get(b, list.URL.Path+"/list.csv").Body), "Recordings") {
		t.Error("the list of participants has a free choice")
	}
	// A text of another material asks everybody anew, and until then nobody has agreed.
	s.named("recording", "Recordings", "We record and keep it.")
	if no, yes := s.get(b, page).chose(); len(no) != 7 || len(yes) != 0 {
		t.Errorf("who agreed to the older version counts: %q, %q", no, yes)
	}
}

// TestChoicesAreForTheTeachersOfTheCourse, and only where the statement said so.
func TestChoicesAreForTheTeachersOfTheCourse(t *testing.T) {
	s := classroom(t)
	v := s.named("recording", "Recordings", "We record.")
	photos := s.coursePolicy("photos", "Photos", policy.Consent)
	rules := s.coursePolicy("rules", "Rules", policy.Agree)
	elsewhere := s.named("excursion", "Excursion", "We go out.")
	here := s.asksFor("recording,photos,rules", s.course)
	other := s.moodle.AddCourse(ltitest.Course{ShortName: "BD", FullName: "Baze de date"})
	s.moodle.Enrol(other.ID, s.other.ID, ltitest.EditingTeacher)
	there := s.asksFor("recording", other)
	at := func(b browser, x ltitest.Person, a ltitest.Activity) string {
		return "/l/" + s.lands(b, x, a) + "/participants/choices/"
	}
	teacher, learner, colleague, admin := s.browser(), s.browser(), s.browser(), s.browser()
	own := at(teacher, s.teacher, here)
	for _, ending := range []string{"", "/list.csv", "/list.xlsx"} {
		s.get(teacher, own+number(v.PolicyID)+ending).is(http.StatusOK, "")
		for name, id := range map[string]int64{"named to nobody": photos.PolicyID, "no free choice": rules.PolicyID, "not asked here": elsewhere.PolicyID, "none": 999} {
			if got := s.get(teacher, own+number(id)+ending); got.Status != http.StatusNotFound {
				t.Errorf("%s%s: %d", name, ending, got.Status)
			}
		}
		s.get(teacher, own+"x"+ending).is(http.StatusNotFound, "not_found")
		s.get(learner, at(learner, s.learner, here)+number(v.PolicyID)+ending).is(http.StatusForbidden, "forbidden").lacks("Recordings")
		beside := strings.Replace(at(colleague, s.other, there), "participants", "courses/"+number(s.course.ID)+"/participants", 1)
		s.get(colleague, beside+number(v.PolicyID)+ending).is(http.StatusForbidden, "forbidden")
		s.get(admin, strings.Replace(at(admin, s.admin, there), "participants", "courses/"+number(s.course.ID)+"/participants", 1)+number(v.PolicyID)+ending).
			is(http.StatusOK, "")
	}
}

// TestTheStatementSaysWhoSees: what is recorded with an answer says who learns it, in the reader's language, and nothing
// about teachers where they learn none by name.
func TestTheStatementSaysWhoSees(t *testing.T) {
	s := classroom(t)
	v := s.named("recording", "Recordings", "We record.")
	photos := s.coursePolicy("photos", "Photos", policy.Consent)
	here := s.asksFor("recording,photos", s.course)
	for x, sees := range map[ltitest.Person]string{s.learner: "The teachers of this course will see", s.other: "Profesorii acestui curs vor vedea"} {
		b := s.browser()
		page := s.enter(b, x, here)
		s.submit(b, page.answers(map[int64]policy.Answer{v.ID: policy.Declined, photos.ID: policy.Declined}))
		events, err := s.db.Events(t.Context(), s.userOf(s.platform, x.ID))
		s.must(err)
		if len(events) != 2 {
			t.Fatalf("%d events", len(events))
		}
		for _, e := range events {
			if told := strings.Contains(e.Statement, sees); told != (e.VersionID == v.ID) {
				t.Errorf("recorded: %q", e.Statement)
			}
			if e.VersionID == v.ID {
				s.get(b, strings.TrimSuffix(page.URL.Path, "pending")+"agreements/"+e.ID).is(http.StatusOK, "").has(sees)
			}
		}
	}
}

// TestANamedConsentIsNeverAGate: who says no goes on to the course like everybody else, and is full in its score.
func TestANamedConsentIsNeverAGate(t *testing.T) {
	s := classroom(t)
	v := s.named("recording", "Recordings", "We record.")
	here := s.asksFor("recording", s.course)
	for a, x := range map[policy.Answer]ltitest.Person{policy.Accepted: s.learner, policy.Declined: s.other} {
		b := s.browser()
		page := s.enter(b, x, here).asks("Recordings")
		to := s.submit(b, page.answers(map[int64]policy.Answer{v.ID: a})).Location()
		if !strings.HasPrefix(to, moodleOrigin) {
			t.Errorf("%s leads to %s", a, to)
		}
		if to := s.launch(s.browser(), x, here).Location(); !strings.HasPrefix(to, moodleOrigin) {
			t.Errorf("%s: the next launch leads to %s", a, to)
		}
		rows, err := s.db.Asked(t.Context(), s.platform.ID, fmt.Sprint(s.course.ID), s.userOf(s.platform, x.ID))
		s.must(err)
		if g := policy.GateOf(rows, policy.Person{}.At(s.clock.now())); !g.Open {
			t.Errorf("%s: the gate is closed", a)
		}
	}
}

// TestWhoLearnsAChoiceIsChosenInTheEditor: what may not be is refused with the reason, and a change of it is no minor one.
func TestWhoLearnsAChoiceIsChosenInTheEditor(t *testing.T) {
	s := newSite(t)
	b, l := s.asAdmin()
	set := func(f ltitest.Form, pairs ...string) ltitest.Form {
		for i := 0; i < len(pairs); i += 2 {
			f.Values.Set(pairs[i], pairs[i+1])
		}
		return f
	}
	f := set(s.get(b, l+"/admin/policies/new").formTo("/policies/new"), "lang.0", "en", "name.0", "Recordings", "content.0", "<p>We record.</p>", "then", "publish")
	for _, kind := range []policy.Kind{policy.Agree, policy.Consent} { // the second without courses
		s.submit(b, set(f, "kind", string(kind), "visibility", "teachers")).is(http.StatusUnprocessableEntity, "").
			has("Teachers may learn by name only a consent that courses ask for")
	}
	dialog := s.settle(b, set(f, "courses", "1")).is(http.StatusOK, "").has("will see by name who has agreed")
	s.settle(b, dialog.formTo("/publish")).has("The version is active now.")
	here := strings.TrimSuffix(dialog.URL.Path, "/publish")
	s.get(b, here).has("Who learns a choice by name: the teachers of the course")

	edit := s.settle(b, s.get(b, here).formTo("/draft"))
	dialog = s.settle(b, set(edit.formTo("/edit"), "visibility", "", "then", "publish")).is(http.StatusOK, "").
		has("It cannot be a minor change, because others learn the answers by name").lacks("will see by name")
	s.submit(b, set(dialog.formTo("/publish"), "change", "minor", "note", "Quieter.")).is(http.StatusUnprocessableEntity, "")
}

// TestHowLongAcceptancesCountIsNoMinorChange: the publish dialog does not offer what would be refused, and says why.
func TestHowLongAcceptancesCountIsNoMinorChange(t *testing.T) {
	s := newSite(t)
	b, l := s.asAdmin()
	f := s.get(b, l+"/admin/policies/new").formTo("/policies/new")
	for name, value := range map[string]string{"lang.0": "en", "name.0": "House rules", "content.0": "<p>Be kind.</p>", "validity": "P1Y", "then": "publish"} {
		f.Values.Set(name, value)
	}
	dialog := s.settle(b, f).is(http.StatusOK, "")
	s.settle(b, dialog.formTo("/publish")).has("The version is active now.")
	edit := s.settle(b, s.get(b, strings.TrimSuffix(dialog.URL.Path, "/publish")).formTo("/draft")).formTo("/edit")
	edit.Values.Set("validity", "P2Y")
	edit.Values.Set("then", "publish")
	s.settle(b, edit).is(http.StatusOK, "").has("It cannot be a minor change, because acceptances would count for another time")
}
