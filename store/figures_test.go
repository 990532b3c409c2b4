package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
)

// answerAt records the person's answer at a time.
func (s *site) answerAt(u store.User, p lti.Platform, v policy.Version, a policy.Answer, at time.Time) {
	s.t.Helper()
	e := s.event(u, v, a)
	e.PlatformID, e.Issuer, e.Time = p.ID, p.Issuer, at
	s.answer(e)
}

func (s *site) figures(policyID int64) store.Figures {
	s.t.Helper()
	f, err := s.db.Figures(s.t.Context(), s.institution, policyID)
	s.must(err)
	return f
}

// enters admits a person to a course.
func (s *site) enters(p lti.Platform, sub, course string) store.User {
	s.t.Helper()
	m := message(sub, s.id())
	m.Context = lti.Context{ID: course, Label: "C" + course, Title: "Course " + course}
	u, err := s.db.Admit(s.t.Context(), m, p)
	s.must(err)
	return u.User
}

func day(n int) time.Time { return time.Date(2026, 9, n, 0, 0, 0, 0, time.UTC) }

func TestFiguresCountPeopleByDaySiteAndCourse(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		twin := s.addPlatform("https://twin.example", "client-2")
		_, id, err := s.db.LoadPolicy(ctx, s.institution, "rules", draft(policy.Agree, text("ro", "a")), []string{s.platform.ID, twin.ID})
		s.must(err)
		v, err := s.db.Version(ctx, s.institution, id)
		s.must(err)
		if !v.ActiveFrom.Equal(s.clock.now().Truncate(time.Microsecond)) {
			t.Errorf("active from %v, loaded at %v", v.ActiveFrom, s.clock.now())
		}
		var us []store.User
		for _, sub := range []string{"1", "2", "3", "4"} {
			us = append(us, s.enters(s.platform, sub, "7"))
		}
		s.enters(s.platform, "1", "8")
		other := s.enters(twin, "1", "7")
		probe := s.enters(s.platform, "probe", "7")
		s.exec(`UPDATE lti_user SET class = 'test' WHERE id = ?`, probe.ID)
		s.answerAt(us[0], s.platform, v, policy.Accepted, day(2).Add(time.Second))
		s.answerAt(us[1], s.platform, v, policy.Accepted, day(2).Add(24*time.Hour-time.Second))
		s.answerAt(us[2], s.platform, v, policy.Accepted, day(3))
		s.answerAt(us[2], s.platform, v, policy.Withdrawn, day(5)) // counts on no day
		s.answerAt(other, twin, v, policy.Accepted, day(4))
		s.answerAt(probe, s.platform, v, policy.Accepted, day(4))

		want := store.Figures{
			Materials: []store.MaterialFigures{{MaterialID: v.MaterialID, Days: []store.DayCount{{Day: day(2), Accepted: 2}, {Day: day(4), Accepted: 3}}}},
			Asked:     5,
			Sites:     []store.SiteShare{{PlatformID: s.platform.ID, Accepted: 2, Asked: 4}, {PlatformID: twin.ID, Accepted: 1, Asked: 1}},
			Courses: []store.CourseShare{
				{Course: store.Course{PlatformID: s.platform.ID, ID: "7", Label: "C7", Title: "Course 7"}, Accepted: 2, Asked: 4},
				{Course: store.Course{PlatformID: twin.ID, ID: "7", Label: "C7", Title: "Course 7"}, Accepted: 1, Asked: 1},
				{Course: store.Course{PlatformID: s.platform.ID, ID: "8", Label: "C8", Title: "Course 8"}, Accepted: 1, Asked: 1},
			},
		}
		byNumber := func(f store.Figures) store.Figures { // equal shares stand by the platform's id, which is random
			slices.SortStableFunc(f.Courses, func(a, b store.CourseShare) int { return b.Asked - a.Asked })
			if n := len(f.Courses); f.Courses[n-1].ID == "7" {
				f.Courses[n-1], f.Courses[n-2] = f.Courses[n-2], f.Courses[n-1]
			}
			return f
		}
		if d := cmp.Diff(want, byNumber(s.figures(v.PolicyID))); d != "" {
			t.Error(d)
		}
		// They are those of the list of policies.
		counts, _, err := s.db.Counts(ctx, s.institution)
		s.must(err)
		if c := counts[v.ID]; c.Accepted != 3 || c.Asked != 5 {
			t.Errorf("the list says %+v", c)
		}

		// Somebody else's policy has none.
		evil, err := s.db.EnsureInstitution(ctx, "Elsewhere")
		s.must(err)
		if f, err := s.db.Figures(ctx, evil, v.PolicyID); err != nil || len(f.Materials)+len(f.Sites)+len(f.Courses)+f.Asked > 0 {
			t.Errorf("another institution sees %+v, %v", f, err)
		}
	})
}

func TestFiguresKeepVersionsApartAndMinorChangesTogether(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		a := store.Admin{InstitutionID: s.institution, Actor: "admin"}
		first := s.load("rules", draft(policy.Agree, text("ro", "a")))
		ana, ion, eva := s.user("1"), s.user("2"), s.user("3")
		s.answerAt(ana, s.platform, first, policy.Accepted, day(2))
		s.answerAt(ion, s.platform, first, policy.Accepted, day(2))
		publish := func(minor bool) policy.Version {
			t.Helper()
			s.clock.add(10 * 24 * time.Hour)
			v := draft(policy.Agree, text("ro", "a"))
			v.PolicyID = first.PolicyID
			id, err := s.db.NewDraft(ctx, a, v)
			s.must(err)
			s.must(s.db.Publish(ctx, a, store.Publication{VersionID: id, Edit: 1, Minor: minor}))
			v, err = s.db.Version(ctx, s.institution, id)
			s.must(err)
			if !v.ActiveFrom.Equal(s.clock.now().Truncate(time.Microsecond)) {
				t.Errorf("active from %v, published at %v", v.ActiveFrom, s.clock.now())
			}
			return v
		}
		minor := publish(true)
		s.answerAt(ion, s.platform, minor, policy.Accepted, day(12)) // once more: he counts once, by his last answer
		s.answerAt(eva, s.platform, minor, policy.Accepted, day(13))
		material := publish(false)
		s.answerAt(ana, s.platform, material, policy.Accepted, day(22))
		want := []store.MaterialFigures{
			{MaterialID: first.ID, Days: []store.DayCount{{Day: day(2), Accepted: 1}, {Day: day(12), Accepted: 2}, {Day: day(13), Accepted: 3}}},
			{MaterialID: material.ID, Days: []store.DayCount{{Day: day(22), Accepted: 1}}},
		}
		f := s.figures(first.PolicyID)
		if d := cmp.Diff(want, f.Materials); d != "" {
			t.Error(d)
		}
		if f.Asked != 3 || len(f.Sites) != 1 || f.Sites[0].Accepted != 1 || len(f.Courses) != 1 || f.Courses[0].Accepted != 1 || f.Courses[0].Asked != 3 {
			t.Errorf("asked %d, sites %+v, courses %+v", f.Asked, f.Sites, f.Courses)
		}
		s.must(s.db.Inactivate(ctx, a, material.ID))
		f = s.figures(first.PolicyID)
		if d := cmp.Diff(want, f.Materials); d != "" || f.Asked != 0 || len(f.Sites)+len(f.Courses) > 0 {
			t.Errorf("inactive: %+v\n%s", f, d)
		}
		// The draft that is made of an old version was never active.
		id, err := s.db.RestoreAsDraft(ctx, a, first.ID)
		s.must(err)
		if v, err := s.db.Version(ctx, s.institution, id); err != nil || !v.ActiveFrom.IsZero() {
			t.Errorf("a draft is active from %v, %v", v.ActiveFrom, err)
		}
	})
}

func TestFiguresOfACourseGoByItsListOfParticipants(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		v := s.load("rules", draft(policy.Agree, text("ro", "a")))
		s.admit(graded("6", "7")) // course 2 offers a list
		gone := s.enters(s.platform, "gone", "2")
		s.answerAt(gone, s.platform, v, policy.Accepted, day(2)) // has left the course since
		s.answerAt(s.user("1"), s.platform, v, policy.Accepted, day(2))
		probe := s.enters(s.platform, "2", "2")
		s.exec(`UPDATE lti_user SET class = 'test' WHERE id = ?`, probe.ID)
		s.admit(graded("6", "7"))
		s.must(s.fill(learners(4), 0).Done(t.Context()))
		there := s.roster()
		f := s.figures(v.PolicyID)
		if len(f.Courses) != 1 || f.Courses[0].Asked != 3 || f.Courses[0].Accepted != 1 || !f.Courses[0].Listed.Equal(there.Fetched) {
			t.Fatalf("courses %+v, the list is of %v", f.Courses, there.Fetched)
		}
	})
}

func TestFiguresOfAPolicyForCourses(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		d := draft(policy.Agree, text("ro", "a"))
		d.Courses = true
		v := s.load("honour", d)
		s.admit(in("7", "70", "1", "honour"))
		s.enters(s.platform, "2", "8")
		f := s.figures(v.PolicyID)
		if f.Asked != 1 || len(f.Courses) != 1 || f.Courses[0].ID != "7" || f.Courses[0].Asked != 1 {
			t.Errorf("%+v", f)
		}
	})
}

func TestFiguresOfAFreeChoiceAreNotByCourse(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		v := s.load("photos", draft(policy.Consent, text("ro", "a")))
		u := s.enters(s.platform, "1", "7")
		s.answerAt(u, s.platform, v, policy.Accepted, day(2))
		f := s.figures(v.PolicyID)
		if len(f.Courses) != 0 || f.Asked != 1 || len(f.Materials) != 1 || len(f.Sites) != 1 {
			t.Errorf("%+v", f)
		}
	})
}

func TestFiguresHoldTheCoursesWithTheMostMissing(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		v := s.load("rules", draft(policy.Agree, text("ro", "a")))
		for i := range 33 {
			s.enters(s.platform, "1", userNumber(100+i))
		}
		s.enters(s.platform, "2", userNumber(132))
		f := s.figures(v.PolicyID)
		if len(f.Courses) != 30 || f.More != 3 || f.Courses[0].ID != userNumber(132) || f.Courses[0].Asked != 2 {
			t.Errorf("%d courses and %d more, first %+v", len(f.Courses), f.More, f.Courses[0])
		}
	})
}
