package store_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
)

// What TestRandomHistoriesAgreeWithTheRule found, each as an example.

func (s *site) reported(q store.ReportQuery) map[string][]policy.Reported {
	s.t.Helper()
	out := map[string][]policy.Reported{}
	for _, r := range s.report(q).Rows {
		out[r.User.Name] = r.Reported()
	}
	return out
}

func (s *site) wantNames(what string, q store.ReportQuery, want ...string) {
	s.t.Helper()
	got := names(s.report(q))
	if len(got) != len(want) {
		s.t.Errorf("%s: %v, want %v", what, got, want)
		return
	}
	for i := range want {
		if got[i] != want[i] {
			s.t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
}

// Until its day a version asks nobody: not at a launch, and so neither in the report nor in any figure.
func TestWhatBeginsLaterIsAskedOfNobodyYet(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		d := draft(policy.Agree, text("ro", "a"))
		d.EffectiveFrom = s.clock.now().Add(time.Hour)
		v := s.load("later", d)
		s.crowd(s.platform, "Ana", "Ion")
		u := s.enters(s.platform, "1", "7") // named as message says
		agrees := func(when string, pending []string, said policy.Reported, asked int) {
			t.Helper()
			s.wantNames(when+", pending", store.ReportQuery{Status: store.ReportPending}, pending...)
			for name, r := range s.reported(store.ReportQuery{}) {
				if r[0] != said {
					t.Errorf("%s, %s: %v", when, name, r)
				}
			}
			counts, _, err := s.db.Counts(t.Context(), s.institution)
			s.must(err)
			if counts[v.ID].Asked != asked {
				t.Errorf("%s: %d are asked, want %d", when, counts[v.ID].Asked, asked)
			}
			f := s.figures(v.PolicyID)
			if f.Asked != asked || f.Sites[0].Asked != asked || (len(f.Courses) > 0) != (asked > 0) {
				t.Errorf("%s: figures %+v", when, f)
			}
			rows, err := s.db.Asked(t.Context(), s.platform.ID, "", u.ID)
			s.must(err)
			if left := policy.PendingAsked(rows, policy.Person{}.At(s.clock.now())); (len(left) > 0) != (asked > 0) {
				t.Errorf("%s: a launch leaves %v", when, left)
			}
		}
		agrees("before", nil, policy.ReportedNotAsked, 0)
		s.clock.add(time.Hour)
		agrees("from its day on", []string{"Ana", "Ion", "Ștefan Țăran"}, policy.ReportedPending, 3)
	})
}

// The report about one version says of those that ask nothing of members what the rule says.
func TestReportAboutAVersionThatAsksNothing(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		read := s.load("read", draft(policy.Inform, text("ro", "a")))
		d := draft(policy.Agree, text("ro", "b"))
		d.Audience = policy.AudienceGuests
		guests := s.load("guests", d)
		s.crowd(s.platform, "Ana")
		for _, v := range []policy.Version{read, guests} {
			s.wantNames(string(v.Kind), store.ReportQuery{VersionID: v.ID, Status: store.ReportPending})
			if r := s.reported(store.ReportQuery{VersionID: v.ID})["Ana"]; r[0] != policy.ReportedNotAsked {
				t.Errorf("version %d: %v", v.ID, r)
			}
		}
	})
}

// A guest is asked nothing, whatever is asked of others.
func TestReportOfGuestsSaysNotAsked(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		s.load("rules", draft(policy.Agree, text("ro", "a")))
		m := message("guest", s.id())
		m.Person, m.Roles = lti.Person{Name: "Guest"}, lti.ParseRoles([]string{guestRole})
		s.admit(m)
		s.wantNames("pending", store.ReportQuery{Class: "guest", Status: store.ReportPending})
		if r := s.reported(store.ReportQuery{Class: "guest"})["Guest"]; r[0] != policy.ReportedNotAsked {
			t.Errorf("%v", r)
		}
	})
}

// Who is asked nothing has not accepted everything, and neither has who declined what is not asked any more: the
// filter says what the line says.
func TestReportCallsAcceptedWhoAcceptedWhatThereWas(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		_, id, err := s.db.LoadPolicy(t.Context(), s.institution, "honour", draft(policy.Consent, text("ro", "a")), nil)
		s.must(err)
		honour, err := s.db.Version(t.Context(), s.institution, id)
		s.must(err)
		us := s.crowd(s.platform, "Ana", "Ion", "Oana")
		s.wantNames("nobody is asked", store.ReportQuery{Status: store.ReportAccepted})
		rules := s.load("rules", draft(policy.Agree, text("ro", "b")))
		s.answer(s.event(us[0], rules, policy.Accepted), s.event(us[1], rules, policy.Accepted))
		old := imported(1, us[1], honour, false, s.clock.now().Add(-time.Hour))
		_, err = s.db.ImportMoodleAnswers(t.Context(), s.platform, []store.MoodleAnswer{old}, false)
		s.must(err)
		s.wantNames("accepted", store.ReportQuery{Status: store.ReportAccepted}, "Ana")
		s.wantNames("declined", store.ReportQuery{Status: store.ReportDeclined}, "Ion")
		if r := policy.ReportAll(s.reported(store.ReportQuery{})["Ion"], false); r != policy.ReportedPartial {
			t.Errorf("Ion's line says %s", r)
		}
	})
}

// A minor change keeps the answers to its material, also over a version between that was for guests.
func TestReachKeepsAnswersOverAVersionForGuests(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		v := o.active("site") // the first person accepted
		next := named(policy.Agree, "site", "v2")
		next.PolicyID, next.Audience = v.PolicyID, policy.AudienceGuests
		o.publish(o.newDraft(next), true)
		next.Audience = policy.AudienceAll
		d := o.newDraft(next)
		reach, err := o.db.Reach(t.Context(), o.institution, d, []string{o.platform.ID}, true)
		o.must(err)
		list := o.reachList(d, []string{o.platform.ID}, true)
		if reach[0].Asked != 3 || len(list) != 3 {
			t.Errorf("%d are counted, %v listed, and one of four accepted", reach[0].Asked, list)
		}
		o.publish(d, true)
		if n := o.pending(); n != 3 {
			t.Errorf("%d are pending", n)
		}
	})
}

// Of two answers in one second the one to the active version counts. Once a minor change is active, neither is to it,
// and the dialog must say what counts then.
func TestReachCountsTheAnswerThatWillCount(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		v := o.active("site")
		next := named(policy.Agree, "site", "v2")
		next.PolicyID = v.PolicyID
		early, third := o.newDraft(next), o.newDraft(next)
		late := o.publish(o.newDraft(next), true)
		// In one second the second person accepts the version with the higher id, and takes back the one with the
		// lower id, which is active by then.
		at := o.clock.now().Truncate(time.Second)
		_, err := o.db.ImportMoodleAnswers(t.Context(), o.platform, []store.MoodleAnswer{imported(1, o.people[1], late, true, at)}, false)
		o.must(err)
		early = o.publish(early, true)
		_, err = o.db.ImportMoodleAnswers(t.Context(), o.platform, []store.MoodleAnswer{imported(2, o.people[1], early, false, at)}, false)
		o.must(err)
		if n := o.pending(); n != 3 {
			t.Errorf("%d are pending before", n)
		}
		reach, err := o.db.Reach(t.Context(), o.institution, third, []string{o.platform.ID}, true)
		o.must(err)
		list := o.reachList(third, []string{o.platform.ID}, true)
		o.publish(third, true)
		if n := o.pending(); reach[0].Asked != n || len(list) != n || n != 2 {
			t.Errorf("the dialog counted %d and listed %v, then %d are pending", reach[0].Asked, list, n)
		}
	})
}

// Where nobody is left to look at, working out scores ends there, also if courses ask for something.
func TestGateCheckOfNobodyIsDone(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		s.loadForCourses("honour", draft(policy.Agree, text("ro", "a"))) // it asks for the scores of the site, which has none
		s.checkGates()
		// A part that was as large as the rest leaves a part of nobody.
		s.admit(in("2", "7", "1", "honour"))
		s.clock.add(time.Hour)
		for range 10 {
			did, err := s.db.CheckGates(t.Context(), 1)
			s.must(err)
			if did.Done {
				return
			}
		}
		t.Error("it does not end")
	})
}

// The figures of a material hold the answers to all of its versions, as the rule counts them, also where one of them
// was for guests.
func TestFiguresKeepAnswersOverAVersionForGuests(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		v := o.active("site") // the first person accepted
		next := named(policy.Agree, "site", "v2")
		next.PolicyID, next.Audience = v.PolicyID, policy.AudienceGuests
		guests := o.publish(o.newDraft(next), true)
		_, err := o.db.ImportMoodleAnswers(t.Context(), o.platform, []store.MoodleAnswer{imported(1, o.people[1], guests, true, o.clock.now())}, false)
		o.must(err)
		next.Audience = policy.AudienceAll
		o.publish(o.newDraft(next), false)
		f := o.figures(v.PolicyID)
		if n := len(f.Materials); n != 2 || len(f.Materials[0].Days) != 1 || f.Materials[0].Days[0].Accepted != 2 {
			t.Errorf("%+v", f.Materials)
		}
	})
}

// TestWhatACourseAsksIsSaidOnce: that a course asks for a policy, and which of several answers counts, are conditions of
// askednow.go. Elsewhere stand the rows themselves: what an activity asked for is kept and listed.
func TestWhatACourseAsksIsSaidOnce(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	pieces := regexp.MustCompile(`(?s)EXISTS\s*\(\s*SELECT 1 FROM lti_link_policy|lti_membership m JOIN lti_link_policy|b\.timemodified > a\.timemodified|ORDER BY a\.timemodified DESC`)
	found := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all := pieces.FindAllString(string(b), -1)
		if file == "askednow.go" {
			found = len(all)
		} else if len(all) > 0 {
			t.Errorf("%s says %q: use a piece of askednow.go", file, all)
		}
	}
	if found != 4 {
		t.Errorf("%d pieces in askednow.go, want each once", found)
	}
}
