package store_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
)

// until is a launch of an activity that says when its course ends.
func until(m *lti.Message, end string) *lti.Message {
	m.Custom["ltipolicy_end"] = end
	return m
}

// What a Moodle 5.1 said of its courses, in every case that was recorded, is what is known of them afterwards.
func TestWhatMoodleSaysOfItsCoursesIsKept(t *testing.T) {
	end := time.Date(2027, 2, 14, 21, 59, 0, 0, time.UTC)
	want := map[string]struct {
		end    time.Time
		copied bool
	}{
		"by-hand-empty-person": {end, false}, "by-hand-two-groups": {end, false}, "by-hand-restored-course": {end, true},
		"dynamic-empty-person": {}, "dynamic-empty-person-dated-course": {end, false}, "dynamic-two-groups": {end, false},
		"dynamic-restored-course": {end, true}, "dynamic-with-activity-parameters": {end, false},
	}
	files, err := filepath.Glob("../testdata/moodle-5.1/custom-parameters/*.json")
	if err != nil || len(files) != len(want) {
		t.Fatalf("%d recordings, %v", len(files), err)
	}
	eachSite(t, func(t *testing.T, s *site) {
		for _, file := range files {
			name := strings.TrimSuffix(filepath.Base(file), ".json")
			b, err := os.ReadFile(file)
			s.must(err)
			var rec struct {
				Claims struct {
					Custom map[string]string `json:"https://purl.imsglobal.org/spec/lti/claim/custom"`
				} `json:"id_token_claims"`
			}
			s.must(json.Unmarshal(b, &rec))
			// A course that is known, with the opposite of what is said.
			m := in(name, "7", "5", "")
			m.Custom["ltipolicy_end"], m.Custom["ltipolicy_history"] = "2030-01-01T00:00:00+00:00", "4"
			if want[name].copied {
				m.Custom["ltipolicy_history"] = ""
			}
			s.admit(m)
			m = in(name, "7", "5", "")
			for ours, theirs := range map[string]string{"ltipolicy_end": "end", "ltipolicy_history": "history"} {
				v, said := rec.Claims.Custom[theirs]
				if !said {
					t.Fatalf("%s says nothing of %s", name, theirs)
				}
				m.Custom[ours] = v
			}
			s.admit(m)
			r, err := s.db.Roster(t.Context(), s.platform.ID, name)
			s.must(err)
			if !r.CourseEnd.Equal(want[name].end) || r.Copied != want[name].copied {
				t.Errorf("%s: ends %v, copied %v; want %+v", name, r.CourseEnd, r.Copied, want[name])
			}
		}
	})
}

// The end of a course moves no score, as [policy.GateOf] says: none is sent for who never answered, and none is taken
// away from who had it, also when another version is published that nobody can answer there any more. When the course is
// given a new end, all is as the answers say.
func TestTheEndOfACourseMovesNoScore(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		d := draft(policy.Agree, text("ro", "onoare"))
		honour := s.loadForCourses("honour", d)
		end := s.clock.now().Add(time.Hour).Format(time.RFC3339)
		launch := func(sub string) store.User { return s.admit(until(in("2", "7", sub, "honour"), end)) }
		yes, no := launch("5"), launch("6")
		s.answer(s.eventIn("2", yes, honour, policy.Accepted))
		owed := func(when string, want ...string) {
			t.Helper()
			if got := s.owed(); !slices.Equal(got, want) {
				t.Errorf("%s: owed %v, want %v", when, got, want)
			}
		}
		owed("while the course goes on", "7 5 full")
		s.clock.add(2 * time.Hour)
		launch("5")
		launch("6")
		owed("when it has ended")
		if got := s.asked("2", no.ID); len(got) != 1 { // the rows say it still: it is the viewer who is in an ended course
			t.Errorf("the course asks %v", got)
		}
		rules := s.load("rules", draft(policy.Agree, text("ro", "reguli")))
		owed("the site asks for more", "7 5 none")
		s.answer(s.event(yes, rules, policy.Accepted), s.event(no, rules, policy.Accepted))
		owed("and is answered", "7 5 full")
		d.Texts[0].Content = "<p>altele</p>"
		s.loadForCourses("honour", d)
		s.clock.add(2 * time.Minute)
		launch("5")
		launch("6")
		owed("the course's policy is another one now")
		end = s.clock.now().Add(time.Hour).Format(time.RFC3339)
		launch("6")
		owed("the course has a new end", "7 5 none")
	})
}

// Counts, report, figures and the publish dialog tell of what was answered in a course that ended that it ended, and ask
// nobody there.
func TestACourseThatEndedIsCountedApart(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		d := draft(policy.Agree, text("ro", "onoare"))
		honour := s.loadForCourses("honour", d)
		end := s.clock.now().Add(time.Hour).Format(time.RFC3339)
		us := map[string]store.User{}
		named := func(m *lti.Message) *lti.Message {
			m.Person = lti.Person{Name: "Person " + m.Sub}
			return m
		}
		for _, sub := range []string{"5", "6", "8"} {
			us[sub] = s.admit(until(named(in("2", "7", sub, "honour")), end))
		}
		s.admit(until(named(in("3", "9", "8", "honour")), "")) // who is in another course, too
		s.answer(s.eventIn("2", us["5"], honour, policy.Accepted), s.eventIn("2", us["8"], honour, policy.Accepted))
		count := func() store.Count {
			t.Helper()
			s.db.ForgetCounts()
			counts, _, err := s.db.Counts(t.Context(), s.institution)
			s.must(err)
			return counts[honour.ID]
		}
		if got, want := count(), (store.Count{Accepted: 1, Asked: 3}); got != want {
			t.Errorf("while the course goes on: %+v, want %+v", got, want)
		}
		s.clock.add(time.Hour)
		if got, want := count(), (store.Count{Ended: 1, Asked: 1}); got != want {
			t.Errorf("when it has ended: %+v, want %+v", got, want)
		}
		q := store.ReportQuery{PolicyID: honour.PolicyID}
		for sub, want := range map[string]policy.Reported{"5": policy.ReportedEnded, "6": policy.ReportedNotAsked, "8": policy.ReportedPending} {
			if got := s.reported(q)[us[sub].Name]; got[0] != want {
				t.Errorf("person %s is reported as %v, want %s", sub, got, want)
			}
		}
		for status, names := range map[store.ReportStatus][]string{
			store.ReportPending: {us["8"].Name}, store.ReportAccepted: nil, store.ReportDeclined: nil,
		} {
			q.Status = status
			s.wantNames(string(status), q, names...)
		}
		rules := s.load("rules", draft(policy.Agree, text("ro", "reguli")))
		s.answer(s.event(us["5"], rules, policy.Accepted), s.event(us["8"], rules, policy.Accepted))
		s.wantNames("accepted all that they are asked", store.ReportQuery{Status: store.ReportAccepted}, us["5"].Name)
		f := s.figures(honour.PolicyID)
		if m := f.Materials[0]; m.Ended != 1 || len(m.Days) > 0 || len(f.Courses) != 1 || f.Courses[0].ID != "3" {
			t.Errorf("figures %+v, courses %+v", m, f.Courses)
		}
		d.Texts[0].Content = "<p>altele</p>"
		d.PolicyID, d.Courses = honour.PolicyID, true
		reach, err := s.db.Reach(t.Context(), s.institution, d, []string{s.platform.ID}, false)
		s.must(err)
		if len(reach) != 1 || reach[0].People != 1 || reach[0].Asked != 1 || reach[0].Courses != 1 {
			t.Errorf("publishing would ask %+v", reach)
		}
		// Nobody can be answered for there, and what was answered can be taken back.
		a := store.Admin{InstitutionID: s.institution}
		done, err := s.db.AnswerFor(t.Context(), a, s.behalfOf(honour, policy.Accepted, us["6"]))
		if err != nil || len(done.Recorded) != 0 || done.NotAsked != 1 {
			t.Errorf("answered for: %+v, %v", done, err)
		}
		done, err = s.db.AnswerFor(t.Context(), a, s.behalfOf(honour, policy.Withdrawn, us["5"]))
		if err != nil || len(done.Recorded) != 1 {
			t.Errorf("taken back: %+v, %v", done, err)
		}
	})
}

// A launch knows when its course ends, also one that says it in another zone, or says nothing; and a session, what its
// course's last launch said.
func TestEachLaunchAndSessionKnowTheEndOfTheirCourse(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		at := s.clock.now().Add(time.Hour).Truncate(time.Microsecond)
		launch := func(m *lti.Message) store.Admission {
			t.Helper()
			a, err := s.db.Admit(t.Context(), m, s.platform)
			s.must(err)
			if !a.CourseEnd.Equal(at) {
				t.Errorf("the course ends at %v, want %v", a.CourseEnd, at)
			}
			return a
		}
		a := launch(until(in("2", "7", "5", ""), at.Format(time.RFC3339Nano)))
		launch(until(in("2", "7", "5", ""), at.In(time.FixedZone("EET", 7200)).Format(time.RFC3339Nano)))
		launch(in("2", "7", "5", ""))
		ses := store.Session{
			ID: s.id(), SecretHash: make([]byte, 32), PlatformID: s.platform.ID, InstitutionID: s.institution, ContextID: "2",
			Created: s.clock.now(), Expires: s.clock.now().Add(time.Hour),
		}.Of(a.User)
		s.must(s.db.CreateSession(t.Context(), ses))
		at = at.Add(time.Hour)
		launch(until(in("2", "7", "6", ""), at.Format(time.RFC3339Nano)))
		got, err := s.db.Session(t.Context(), ses.ID, ses.SecretHash)
		if err != nil || !got.CourseEnd.Equal(at) {
			t.Errorf("the session's course ends at %v, want %v: %v", got.CourseEnd, at, err)
		}
		if _, err := s.db.Roster(t.Context(), s.platform.ID, "4"); !errors.Is(err, policy.ErrNotFound) {
			t.Errorf("another course: %v", err)
		}
	})
}
