package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

func learners(n int) []lti.Member {
	list := make([]lti.Member, 0, n)
	for i := range n {
		list = append(list, lti.Member{
			Sub: fmt.Sprint(i), Name: fmt.Sprint("Learner ", i), Email: fmt.Sprintf("l%d@example.test", i),
			Roles: lti.ParseRoles([]string{"Learner"}),
		})
	}
	return list
}

func (s *site) fill(members []lti.Member, age time.Duration) *store.RosterFill {
	s.t.Helper()
	f, err := s.db.FillRoster(s.t.Context(), s.platform.ID, "2", age)
	s.must(err)
	if f == nil {
		s.t.Fatal("somebody is at it")
	}
	s.must(f.Add(s.t.Context(), members))
	return f
}

func (s *site) roster() store.Roster {
	s.t.Helper()
	r, err := s.db.Roster(s.t.Context(), s.platform.ID, "2")
	s.must(err)
	return r
}

func (s *site) participants(r store.Roster) []policy.Participant {
	s.t.Helper()
	var list []policy.Participant
	s.must(s.db.EachParticipant(s.t.Context(), r, nil, func(p policy.Participant, _ []policy.Given) error {
		list = append(list, p)
		return nil
	}))
	return list
}

func TestARosterIsReplacedWhole(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		if _, err := s.db.Roster(t.Context(), s.platform.ID, "2"); !errors.Is(err, policy.ErrNotFound) {
			t.Errorf("a course that nobody launched from: %v", err)
		}
		s.user("5")
		if _, err := s.db.FillRoster(t.Context(), s.platform.ID, "2", 0); !errors.Is(err, policy.ErrNotFound) {
			t.Errorf("a platform without rosters: %v", err)
		}
		if got := s.participants(s.roster()); len(got) != 1 || got[0].Sub != "5" {
			t.Errorf("without a roster: %+v", got)
		}
		s.admit(graded("5", "7"))
		r := s.roster()
		if r.URL != "https://moodle.example/memberships/2" || !r.Fetched.IsZero() || r.Title != "Chimie" {
			t.Errorf("before: %+v", r)
		}
		members := append(learners(600), lti.Member{Sub: "1", Name: "again"},
			lti.Member{Sub: "gone", Status: "Inactive"}, lti.Member{Sub: "t", Name: "Ana", Roles: lti.ParseRoles([]string{"Instructor"})})
		f := s.fill(members, 0)
		if r := s.roster(); !r.Refreshing || !r.Fetched.IsZero() || len(s.participants(r)) != 1 {
			t.Errorf("meanwhile: %+v", r)
		}
		if other, err := openReplica(t, s).FillRoster(t.Context(), s.platform.ID, "2", 0); other != nil || err != nil {
			t.Errorf("a second replica fetches it too: %v", err)
		}
		s.must(f.Done(t.Context()))
		r = s.roster()
		list := s.participants(r)
		if r.Members != 601 || !r.Fetched.Equal(s.clock.now()) || r.Refreshing || len(list) != 601 {
			t.Fatalf("after: %+v, %d participants", r, len(list))
		}
		for i, p := range list[:600] {
			if p.Sub != fmt.Sprint(i) || p.Name != fmt.Sprint("Learner ", i) || p.Teacher {
				t.Fatalf("participant %d is %+v", i, p)
			}
		}
		if !list[600].Teacher || list[5].UserID == 0 || list[6].UserID != 0 {
			t.Errorf("participants %+v, %+v, %+v", list[5], list[6], list[600])
		}

		// Young enough, then older than asked for.
		s.clock.add(time.Minute)
		if f, err := s.db.FillRoster(t.Context(), s.platform.ID, "2", 5*time.Minute); f != nil || err != nil {
			t.Errorf("a young one is fetched again: %v", err)
		}
		s.clock.add(5 * time.Minute)
		f = s.fill(learners(10), 5*time.Minute)
		s.must(f.Failed(t.Context(), "unreachable"))
		now := s.roster()
		if now.Failure != "unreachable" || !now.Failed.Equal(s.clock.now()) || !now.Fetched.Equal(r.Fetched) || len(s.participants(now)) != 601 {
			t.Errorf("after a failure: %+v", now)
		}

		// Who reads while it is replaced reads the old one to its end; replaced twice, they are told.
		s.must(s.fill(learners(20), 0).Done(t.Context()))
		if n := len(s.participants(r)); n != 601 {
			t.Errorf("a reader of the old roster got %d", n)
		}
		if r := s.roster(); r.Failure != "" || !r.Failed.IsZero() || r.Members != 20 {
			t.Errorf("after the next: %+v", r)
		}
		s.must(s.fill(learners(30), 0).Done(t.Context()))
		err := s.db.EachParticipant(t.Context(), r, nil, func(policy.Participant, []policy.Given) error { return nil })
		if !errors.Is(err, policy.ErrConflict) {
			t.Errorf("a reader of the one before that: %v", err)
		}
		if n := s.count(`SELECT COUNT(sub) FROM lti_roster_member`); n != 50 {
			t.Errorf("%d members are kept, want this roster's 30 and the last one's 20", n)
		}
	})
}

func TestARosterWhoseFetcherDiedIsTakenOver(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		s.admit(graded("5", "7"))
		dead := s.fill(learners(300), 0)
		s.clock.add(time.Minute)
		s.must(dead.Add(t.Context(), learners(310)[300:])) // renews the lease
		s.clock.add(90 * time.Second)
		if f, err := s.db.FillRoster(t.Context(), s.platform.ID, "2", 0); f != nil || err != nil {
			t.Errorf("taken over too early: %v", err)
		}
		s.clock.add(time.Minute)
		f := s.fill(learners(20), 0)
		for name, err := range map[string]error{"add": dead.Add(t.Context(), learners(1)), "done": dead.Done(t.Context())} {
			if !errors.Is(err, policy.ErrConflict) {
				t.Errorf("%s by the one before: %v", name, err)
			}
		}
		s.must(dead.Failed(t.Context(), "unreachable"))
		s.must(f.Done(t.Context()))
		if r := s.roster(); r.Members != 20 || r.Failure != "" || s.count(`SELECT COUNT(sub) FROM lti_roster_member`) != 20 {
			t.Errorf("%+v", r)
		}
	})
}

// Nothing is asked of a guest, so that a teacher does not wait for one.
func TestGuestIsNoParticipant(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		s.load("rules", draft(policy.Agree, text("ro", "reguli")))
		for _, sub := range []string{"1", "guest"} {
			m := graded(sub, "7")
			if sub == "guest" {
				m.Roles = lti.ParseRoles([]string{guestRole})
			}
			s.admit(m)
		}
		columns, err := s.db.RosterColumns(t.Context(), s.platform.ID, "2")
		s.must(err)
		listed := func() (subs []string) {
			s.must(s.db.EachParticipant(t.Context(), s.roster(), columns, func(p policy.Participant, _ []policy.Given) error {
				subs = append(subs, p.Sub)
				return nil
			}))
			return subs
		}
		if got := listed(); !slices.Equal(got, []string{"1"}) {
			t.Errorf("of those who launched: %v", got)
		}
		f := s.fill(nil, 0)
		s.must(f.Add(t.Context(), []lti.Member{{Sub: "1"}, {Sub: "guest"}, {Sub: "never"}}))
		s.must(f.Done(t.Context()))
		if got := listed(); !slices.Equal(got, []string{"1", "never"}) {
			t.Errorf("of the platform's list: %v", got)
		}
	})
}

// Moodle's roster calls a non-editing teacher a learner; their own launch does not.
func TestWhoLaunchedAsTeacherIsNoLearner(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		v := s.load("rules", draft(policy.Agree, text("ro", "reguli")))
		old := v
		s.load("choice", draft(policy.Consent, text("ro", "acord")))
		for sub, role := range map[string]string{
			"1": "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor",
			"2": "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner",
		} {
			m := graded(sub, "7")
			m.Roles = lti.ParseRoles([]string{role})
			u := s.admit(m)
			s.answer(s.event(u, v, policy.Accepted))
		}
		elsewhere := graded("3", "70") // a teacher of another course
		elsewhere.Context.ID = "9"
		elsewhere.Roles = lti.ParseRoles([]string{"Instructor"})
		s.admit(elsewhere)
		s.must(s.fill(learners(6), 0).Done(t.Context()))

		summary := func() policy.RosterSummary {
			columns, err := s.db.RosterColumns(t.Context(), s.platform.ID, "2")
			s.must(err)
			r := policy.NewRoster(columns, s.clock.now())
			s.must(s.db.EachParticipant(t.Context(), s.roster(), columns, func(p policy.Participant, g []policy.Given) error {
				r.Add(p, g)
				return nil
			}))
			sum := r.Summary()
			sum.Days = nil
			return sum
		}
		want := policy.RosterSummary{Learners: 5, Complete: 1, Unseen: 3, Teachers: 1, Columns: []policy.ColumnSummary{
			{Learners: 5, Accepted: 1, Pending: 4}, {Learners: 5},
		}}
		// The columns are in the policies' order, which is the same for both here: by id.
		columns, err := s.db.RosterColumns(t.Context(), s.platform.ID, "2")
		s.must(err)
		if len(columns) != 2 || columns[0].Slug != "rules" || columns[0].Course || len(columns[0].Earlier) != 0 {
			t.Fatalf("columns %+v", columns)
		}
		if d := cmp.Diff(want, summary(), cmp.AllowUnexported(policy.ColumnSummary{})); d != "" {
			t.Errorf("summary:\n%s", d)
		}
		s.load("rules", draft(policy.Agree, text("ro", "altele")))
		columns, err = s.db.RosterColumns(t.Context(), s.platform.ID, "2")
		s.must(err)
		if len(columns[0].Earlier) != 1 || columns[0].Earlier[0] != old.ID {
			t.Errorf("earlier versions %v", columns[0].Earlier)
		}
		if sum := summary(); sum.Columns[0].Older != 1 || sum.Columns[0].Pending != 4 || sum.Complete != 0 {
			t.Errorf("after a new version %+v", sum)
		}
	})
}

// Somebody who answered more versions than one packed text holds is read row by row.
func TestParticipantsWithVeryManyAnswers(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		v := s.load("rules", draft(policy.Agree, text("ro", "reguli")))
		many, few := s.admit(graded("1", "7")), s.admit(graded("2", "7"))
		s.answer(s.event(few, v, policy.Accepted))
		for range 60 { // each of another policy
			s.exec(`INSERT INTO tool_policy_acceptances (policyversionid, userid, status, usermodified, timecreated, timemodified)
				SELECT COALESCE(MAX(policyversionid), 0) + 1000000000, ?, 1, ?, 1788249600, 1788249600 FROM tool_policy_acceptances`, many.ID, many.ID)
		}
		s.answer(s.event(many, v, policy.Accepted))
		columns, err := s.db.RosterColumns(t.Context(), s.platform.ID, "2")
		s.must(err)
		db := s.db
		if db.IsMySQL() { // a server that cuts packed texts short
			more := "?"
			if strings.Contains(s.dsn, "?") {
				more = "&"
			}
			db = storetest.Open(t, s.dsn+more+"group_concat_max_len=150", store.Options{Now: s.clock.now})
		}
		n := 0
		s.must(db.EachParticipant(t.Context(), s.roster(), columns, func(p policy.Participant, g []policy.Given) error {
			if n++; len(g) != 1 || g[0].VersionID != v.ID || g[0].MaterialID != v.MaterialID || !g[0].Accepted || g[0].ActorID != p.UserID ||
				!g[0].Time.Equal(s.clock.now().Truncate(time.Second)) {
				t.Errorf("%s: %+v", p.Sub, g)
			}
			return nil
		}))
		if n != 2 {
			t.Errorf("%d participants", n)
		}
	})
}
