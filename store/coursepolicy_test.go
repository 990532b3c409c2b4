package store_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

// in is a launch of an activity of a course that asks for policies.
func in(contextID, link, sub, policies string) *lti.Message {
	m := graded(sub, link)
	m.Context.ID = contextID
	m.Custom = map[string]string{"policies": policies}
	return m
}

func (s *site) loadForCourses(slug string, v policy.Version) policy.Version {
	s.t.Helper()
	v.Courses = true
	return s.load(slug, v)
}

// asked is what a person is asked in a course, by policy id.
func (s *site) asked(contextID string, userID int64) []int64 {
	s.t.Helper()
	asked, err := s.db.Asked(s.t.Context(), s.platform.ID, contextID, userID)
	s.must(err)
	var ids []int64
	for _, a := range policy.PendingAsked(asked, policy.Person{}.At(s.clock.now())) {
		ids = append(ids, a.PolicyID)
	}
	active, err := s.db.ActiveVersions(s.t.Context(), s.platform.ID, contextID)
	s.must(err)
	if len(active) != len(asked) {
		s.t.Errorf("%d active versions, %d asked", len(active), len(asked))
	}
	return ids
}

// eventIn is an answer for a course, from there.
func (s *site) eventIn(contextID string, u store.User, v policy.Version, a policy.Answer) policy.Event {
	e := s.event(u, v, a)
	e.Scope, e.ContextID = contextID, contextID
	return e
}

// TestEachCourseAsksForItself: what was answered in one course says nothing in another, and what is withdrawn there leaves
// it as it was. Moodle's table, whose key knows no courses, has the latest.
func TestEachCourseAsksForItself(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		image := s.loadForCourses("image", draft(policy.Consent, text("ro", "imagine")))
		var us []store.User
		for _, sub := range []string{"5", "6", "7", "8", "9", "10"} {
			us = append(us, s.admit(in("2", "7", sub, "image")))
			s.admit(in("3", "8", sub, ""))
			s.answer(s.eventIn("2", us[len(us)-1], image, policy.Accepted))
			s.clock.add(time.Minute)
		}
		// A second course begins to ask.
		s.admit(in("3", "8", "5", "image"))
		told := func(course string) (said policy.ColumnSummary, n int, known bool) {
			t.Helper()
			columns, err := s.db.RosterColumns(t.Context(), s.platform.ID, course)
			s.must(err)
			roster := policy.NewRoster(columns, s.clock.now())
			r, err := s.db.Roster(t.Context(), s.platform.ID, course)
			s.must(err)
			s.must(s.db.EachParticipant(t.Context(), r, columns, func(p policy.Participant, given []policy.Given) error {
				roster.Add(p, given)
				return nil
			}))
			said = roster.Summary().Columns[0]
			n, known = said.Consented()
			return said, n, known
		}
		if _, n, known := told("3"); known || n != 0 {
			t.Errorf("of course 3, where nobody was asked yet, %d consents are told", n)
		}
		for _, u := range us {
			if got := s.asked("3", u.ID); len(got) != 1 {
				t.Errorf("person %s is asked %v in course 3", u.Sub, got)
			}
			if got := s.asked("2", u.ID); len(got) != 0 {
				t.Errorf("person %s is asked %v in course 2 again", u.Sub, got)
			}
		}
		s.wantNames("missing", store.ReportQuery{Status: store.ReportPending}, namesOf(us)...)
		s.wantNames("missing in course 2", store.ReportQuery{Status: store.ReportPending, PlatformIDs: []string{s.platform.ID}, ContextID: "2"})
		// They say no there, but for one; then the first takes back what was given in the other.
		for _, u := range us[1:] {
			s.answer(s.eventIn("3", u, image, policy.Declined))
		}
		s.answer(s.eventIn("3", us[0], image, policy.Accepted))
		s.clock.add(time.Minute)
		s.answer(s.eventIn("2", us[0], image, policy.Withdrawn))
		for course, want := range map[string]map[string]bool{"2": {"5": false, "6": true, "10": true}, "3": {"5": true, "6": false, "10": false}} {
			for _, u := range us {
				given, err := s.db.Answers(t.Context(), u.ID)
				s.must(err)
				g := policy.Latest(policy.InScope(given, course), image.ID, image.MaterialID)
				if w, is := want[u.Sub]; is && (g == nil || g.Accepted != w) {
					t.Errorf("person %s in course %s: %+v, want accepted: %v", u.Sub, course, g, w)
				}
			}
		}
		s.wantNames("said yes wherever they are asked", store.ReportQuery{Status: store.ReportAccepted})
		s.wantNames("said yes in course 3", store.ReportQuery{Status: store.ReportAccepted, PlatformIDs: []string{s.platform.ID}, ContextID: "3"}, us[0].Name)
		if n := s.count(`SELECT status FROM tool_policy_acceptances WHERE userid = ?`, us[0].ID); n != 0 {
			t.Errorf("Moodle's row of who withdrew last says %d", n)
		}
		_, err := s.db.VerifyEvidence(t.Context())
		s.must(err)
		// Both tables are made from the events.
		s.exec(`DELETE FROM course_acceptance WHERE userid = ?`, us[0].ID)
		s.exec(`UPDATE course_acceptance SET status = 1 - status WHERE userid = ?`, us[1].ID)
		if n, err := s.db.RebuildAcceptances(t.Context()); err != nil || n != 4 {
			t.Errorf("%d rows were mended, %v", n, err)
		}
	})
}

func namesOf(us []store.User) []string {
	var names []string
	for _, u := range us {
		names = append(names, u.Name)
	}
	return names
}

func TestACoursePolicyIsAskedOnlyWhereAnActivityAsksForIt(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		site := s.load("rules", draft(policy.Agree, text("ro", "reguli")))
		image := s.loadForCourses("image-release", draft(policy.Agree, text("ro", "imagine")))
		honour := s.loadForCourses("honour-code", draft(policy.Agree, text("ro", "onoare")))
		if !image.Courses || site.Courses {
			t.Fatalf("stored as %v, %v", image.Courses, site.Courses)
		}
		u := s.admit(in("2", "7", "5", "image-release, rules, unknown"))
		s.admit(in("3", "8", "5", ""))
		for contextID, want := range map[string][]int64{
			"2": {site.PolicyID, image.PolicyID}, "3": {site.PolicyID}, "": {site.PolicyID}, "4": {site.PolicyID},
		} {
			if got := s.asked(contextID, u.ID); !slices.Equal(got, want) {
				t.Errorf("course %q: asked %v, want %v", contextID, got, want)
			}
		}

		// The course's own one is answered there, and nowhere else.
		if _, err := s.db.Answer(t.Context(), []policy.Event{s.eventIn("3", u, image, policy.Accepted)}); !errors.Is(err, policy.ErrConflict) {
			t.Errorf("answered for another course: %v", err)
		}
		for what, e := range map[string]policy.Event{
			"for no course": s.event(u, image, policy.Accepted), "the site's for a course": s.eventIn("2", u, site, policy.Accepted),
		} {
			if _, err := s.db.Answer(t.Context(), []policy.Event{e}); !errors.Is(err, policy.ErrInvalid) {
				t.Errorf("answered %s: %v", what, err)
			}
		}
		s.answer(s.event(u, site, policy.Accepted))
		if got := s.owed(); !slices.Equal(got, []string{"8 5 full"}) {
			t.Errorf("after the site's: owed %v", got)
		}
		s.answer(s.eventIn("2", u, image, policy.Accepted))
		if got := s.owed(); !slices.Equal(got, []string{"7 5 full"}) {
			t.Errorf("after the course's: owed %v", got)
		}

		// A second activity asks for one more; a teacher opened it.
		m := in("2", "9", "90", "honour-code,image-release")
		m.Roles = lti.ParseRoles([]string{"Instructor"})
		s.admit(m)
		if got := s.asked("2", u.ID); !slices.Equal(got, []int64{honour.PolicyID}) {
			t.Errorf("then asked %v", got)
		}
		if got := s.owed(); !slices.Equal(got, []string{"7 5 none"}) {
			t.Errorf("then owed %v", got)
		}
		offered, err := s.db.CoursePolicies(t.Context(), s.platform.ID, "2")
		s.must(err)
		want := []store.CoursePolicy{{Slug: "image-release", Version: image, Asked: true}, {Slug: "honour-code", Version: honour, Asked: true}}
		if d := cmp.Diff(want, offered); d != "" {
			t.Errorf("offered:\n%s", d)
		}
		// The copied course has other activities with the same parameters.
		s.admit(in("5", "20", "6", "honour-code"))
		if got := s.asked("5", 0); !slices.Equal(got, []int64{site.PolicyID, honour.PolicyID}) {
			t.Errorf("in the copy asked %v", got)
		}
		// It asks for less, and then the activity belongs to another course.
		s.admit(in("2", "9", "90", ""))
		if got := s.owed(); !slices.Equal(got, []string{"7 5 full"}) {
			t.Errorf("asking for less: owed %v", got)
		}
		s.admit(in("3", "7", "5", "image-release"))
		if got := s.asked("2", 0); !slices.Equal(got, []int64{site.PolicyID}) {
			t.Errorf("moved away: asked %v", got)
		}
		// Released for the whole site, it is everybody's.
		s.load("honour-code", draft(policy.Agree, text("ro", "onoare")))
		if got := s.asked("", 0); !slices.Equal(got, []int64{site.PolicyID, honour.PolicyID}) {
			t.Errorf("for the whole site: asked %v", got)
		}
		if got := s.owed(); !slices.Equal(got, []string{"7 5 none", "8 5 none"}) {
			t.Errorf("for the whole site: owed %v", got)
		}
	})
}

func TestADeepLinkingRequestIsAnsweredOnce(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		want := lti.DeepLinking{ReturnURL: "https://moodle.example/return?a=1&b=ș", AcceptTypes: []string{"ltiResourceLink"}, AcceptMultiple: true, Data: "x"}
		id := s.id()
		s.must(s.db.KeepDeepLink(t.Context(), id, want, s.clock.now().Add(time.Hour)))
		got, err := s.db.DeepLink(t.Context(), id)
		if d := cmp.Diff(want, got); err != nil || d != "" {
			t.Errorf("%v\n%s", err, d)
		}
		won := 0
		for _, err := range parallel(8, func(int) error {
			_, err := s.db.UseDeepLink(t.Context(), id)
			return err
		}) {
			switch {
			case err == nil:
				won++
			case !errors.Is(err, policy.ErrConflict):
				t.Error(err)
			}
		}
		if won != 1 {
			t.Errorf("answered %d times", won)
		}
		if _, err := s.db.DeepLink(t.Context(), id); !errors.Is(err, policy.ErrNotFound) {
			t.Errorf("shown again: %v", err)
		}
		s.clock.add(2 * time.Hour)
		s.must(s.db.Sweep(t.Context()))
		if n := s.count(`SELECT COUNT(sessionid) FROM lti_deep_link`); n != 0 {
			t.Errorf("%d are kept", n)
		}
	})
}

// What was counted before a policy was asked in courses only, and is kept because counting takes long, is not told any more.
func TestKeptFiguresAreNotToldOfAnotherScope(t *testing.T) {
	s := newSite(t, storetest.SQLite(t))
	s.db = storetest.Open(t, s.dsn, store.Options{Now: func() time.Time {
		s.clock.add(time.Second) // all takes long
		return s.clock.now()
	}})
	d := draft(policy.Agree, text("ro", "a"))
	v := s.load("rules", d)
	s.enters(s.platform, "1", "7")
	asked := func() (int, bool) {
		n, counted, err := s.db.Counts(t.Context(), s.institution)
		s.must(err)
		return n[v.ID].Asked, !counted.IsZero()
	}
	if n, _ := asked(); n != 1 {
		t.Fatalf("%d are asked", n)
	}
	if n, kept := asked(); n != 1 || !kept {
		t.Fatalf("%d are asked, kept: %v", n, kept)
	}
	d.Courses = true
	if v = s.load("rules", d); !v.Courses {
		t.Fatalf("stored as %+v", v)
	}
	if n, _ := asked(); n != 0 {
		t.Errorf("%d are asked, in courses of which none asks for it", n)
	}
}

// TestWhatACourseAskedOnceIsToldStill: an activity that asks no more takes no answer out of counts, figures and report.
func TestWhatACourseAskedOnceIsToldStill(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		d := draft(policy.Consent, text("ro", "imagine"))
		image := s.loadForCourses("image", d)
		yes, no := s.admit(in("2", "7", "5", "image")), s.admit(in("2", "7", "6", "image"))
		s.answer(s.eventIn("2", yes, image, policy.Accepted), s.eventIn("2", no, image, policy.Declined))
		s.admit(in("2", "7", "5", ""))
		told := func(when string, q store.ReportQuery) {
			t.Helper()
			counts, _, err := s.db.Counts(t.Context(), s.institution)
			s.must(err)
			if got, want := counts[image.ID], (store.Count{Accepted: 1, Declined: 1}); got != want {
				t.Errorf("%s: counted %+v, want %+v", when, got, want)
			}
			f := s.figures(image.PolicyID)
			if len(f.Materials) == 0 || len(f.Materials[0].Days) != 1 || f.Materials[0].Days[0].Accepted != 1 {
				t.Errorf("%s: figures %+v", when, f.Materials)
			}
			for _, course := range []string{"", "2"} {
				q.ContextID, q.PlatformIDs = course, []string{s.platform.ID}
				for status, u := range map[store.ReportStatus]store.User{store.ReportAccepted: yes, store.ReportDeclined: no} {
					q.Status = status
					s.wantNames(when+", "+string(status)+" in "+course, q, u.Name)
				}
			}
		}
		told("asked no more", store.ReportQuery{PolicyID: image.PolicyID})
		d.Texts[0].Content = "<p>altele</p>"
		s.loadForCourses("image", d)
		told("archived", store.ReportQuery{VersionID: image.ID})
	})
}

// behalfOf is an act of an officer for people, to one version.
func (s *site) behalfOf(v policy.Version, a policy.Answer, us ...store.User) store.Behalf {
	boss := s.admit(in("4", "9", "99", ""))
	b := store.Behalf{Platform: s.platform, VersionIDs: []int64{v.ID}, Answer: a, ActorID: boss.ID, ActorSub: boss.Sub, Presentation: "page"}
	for _, u := range us {
		b.UserIDs = append(b.UserIDs, u.ID)
	}
	return b
}

// TestOneAnswerIsTakenBackForSomebody: of what stands for a course beside what stands for none, each is taken back by itself.
func TestOneAnswerIsTakenBackForSomebody(t *testing.T) {
	for _, scope := range []string{"2", ""} {
		eachSite(t, func(t *testing.T, s *site) {
			d := draft(policy.Consent, text("ro", "imagine"))
			first := s.loadForCourses("image", d)
			u := s.admit(in("2", "7", "5", "image"))
			_, err := s.db.ImportMoodleAnswers(t.Context(), s.platform, []store.MoodleAnswer{imported(1, u, first, true, s.clock.now().Add(-time.Hour))}, false)
			s.must(err)
			d.Revision = "1.1"
			minor := s.loadForCourses("image", d)
			s.answer(s.eventIn("2", u, minor, policy.Accepted))
			s.clock.add(time.Minute)
			b := s.behalfOf(minor, policy.Withdrawn, u)
			b.Scope = &scope
			_, err = s.db.AnswerFor(t.Context(), store.Admin{InstitutionID: s.institution, UserID: b.ActorID}, b)
			s.must(err)
			given, err := s.db.Answers(t.Context(), u.ID)
			s.must(err)
			for _, g := range given {
				if g.Accepted == (g.Scope == scope) {
					t.Errorf("withdrawn for %q: the answer for %q is accepted: %v", scope, g.Scope, g.Accepted)
				}
			}
		})
	}
}

// TestAnswersForSomebodyAreBoundedByCourses: who is in very many courses is no way around the bound of one act.
func TestAnswersForSomebodyAreBoundedByCourses(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		image := s.loadForCourses("image", draft(policy.Consent, text("ro", "imagine")))
		var us []store.User
		for _, sub := range []string{"5", "6"} {
			for course := range 501 {
				s.exec(`INSERT INTO lti_membership (platformid, contextid, userid, roles, lastlaunch) VALUES (?, ?, ?, '', ?)`,
					s.platform.ID, fmt.Sprint("c", course), s.user(sub).ID, s.clock.now())
			}
			us = append(us, s.user(sub))
		}
		for course := range 501 {
			s.exec(`INSERT INTO lti_link_policy (platformid, resourcelinkid, contextid, slug) VALUES (?, ?, ?, 'image')`,
				s.platform.ID, fmt.Sprint("l", course), fmt.Sprint("c", course))
		}
		a := store.Admin{InstitutionID: s.institution}
		if done, err := s.db.AnswerFor(t.Context(), a, s.behalfOf(image, policy.Accepted, us...)); !errors.Is(err, policy.ErrTooLarge) || len(done.Recorded) > 0 {
			t.Errorf("%d recorded, %v", len(done.Recorded), err)
		}
		done, err := s.db.AnswerFor(t.Context(), a, s.behalfOf(image, policy.Accepted, us[0]))
		if err != nil || len(done.Recorded) != 501 {
			t.Errorf("%d recorded, %v", len(done.Recorded), err)
		}
	})
}

// TestSomebodyIsAnsweredForWhereTheyAreAsked: a course that asks no more keeps nobody from being answered for in another,
// one course alone can be meant, and whom nobody asks nothing is recorded for.
func TestSomebodyIsAnsweredForWhereTheyAreAsked(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		image := s.loadForCourses("image", draft(policy.Consent, text("ro", "imagine")))
		u := s.admit(in("2", "7", "5", "image"))
		s.admit(in("3", "8", "5", "image"))
		w := s.admit(in("3", "8", "6", "image"))
		s.admit(in("6", "30", "5", "image"))
		other := s.admit(in("5", "20", "7", ""))
		s.answer(s.eventIn("2", u, image, policy.Declined))
		s.admit(in("2", "7", "5", "")) // course 2 asks no more
		a := store.Admin{InstitutionID: s.institution}
		b := s.behalfOf(image, policy.Accepted, u, w, other)
		b.Course = "3"
		done, err := s.db.AnswerFor(t.Context(), a, b)
		if err != nil || len(done.Recorded) != 2 || done.NotAsked != 1 || done.Recorded[0].Scope != "3" || done.Recorded[1].Scope != "3" {
			t.Errorf("in course 3: %+v, %v", done, err)
		}
		b.Course = ""
		if done, err = s.db.AnswerFor(t.Context(), a, b); err != nil || len(done.Recorded) != 1 || done.Recorded[0].Scope != "6" || done.Same != 2 {
			t.Errorf("wherever they are asked: %+v, %v", done, err)
		}
	})
}
