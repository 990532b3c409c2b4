package store_test

import (
	"fmt"
	"testing"
	"time"

	"ltipolicy/policy"
	"ltipolicy/store"
)

// published is a site whose learners accepted everything, have their score, and owe it back because of a new
// version.
func published(s *site, people int) (users []store.User, v policy.Version) {
	s.t.Helper()
	v = s.load("rules", draft(policy.Agree, text("ro", "reguli")))
	for i := range people {
		u := s.admit(graded(userNumber(i), "7"))
		s.answer(s.event(u, v, policy.Accepted))
		users = append(users, u)
	}
	if n := len(s.owed()); n != people {
		s.t.Fatalf("%d full scores", n)
	}
	return users, s.load("rules", draft(policy.Agree, text("ro", "altele")))
}

func (s *site) takeSome(limit, backlog int) []store.Score {
	s.t.Helper()
	scores, err := s.db.TakeScores(s.t.Context(), limit, backlog)
	s.must(err)
	return scores
}

func TestScoresOfPublicationsWait(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		users, v := published(s, 12)
		s.checkGates()
		if n := len(s.takeSome(10, 0)); n != 0 {
			t.Errorf("%d are taken although none may be", n)
		}
		s.clock.add(time.Minute)
		s.admit(graded(users[3].Sub, "7")) // comes, and has not answered
		u := s.admit(graded("new", "7"))
		s.answer(s.event(u, v, policy.Accepted))
		var got []string
		for _, sc := range s.takeSome(10, 3) {
			got = append(got, fmt.Sprint(line(sc), " ", sc.Waited))
		}
		if len(got) != 5 || got[0] != "7 u3 none false" || got[1] != "7 new full false" || got[2] != "7 u0 none true" {
			t.Errorf("taken: %q", got)
		}
		if n := len(s.takeSome(10, 10)); n != 8 {
			t.Errorf("then %d, want the other 8", n)
		}
	})
}

func TestOneReplicaTakesPublicationsScores(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		published(s, 12)
		s.checkGates()
		other := openReplica(t, s)
		take := func(db *store.DB) int {
			scores, err := db.TakeScores(t.Context(), 4, 4)
			s.must(err)
			return len(scores)
		}
		if a, b, c := take(s.db), take(other), take(s.db); a != 4 || b != 0 || c != 4 {
			t.Errorf("%d, the other one %d, then %d", a, b, c)
		}
		s.clock.add(time.Minute)
		if n := take(other); n != 4 {
			t.Errorf("the first one is gone: the other takes %d", n)
		}
	})
}

func TestEachPlatformHasItsShare(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		second := &site{t: t, db: s.db, clock: s.clock, institution: s.institution, platform: s.addPlatform("https://other.example", "x")}
		published(s, 12)
		published(second, 6)
		// The second load moved the rules away from the first platform; both ask for this one.
		_, _, err := s.db.LoadPolicy(t.Context(), s.institution, "more", draft(policy.Agree, text("ro", "mai mult")), []string{s.platform.ID, second.platform.ID})
		s.must(err)
		s.checkGates()
		by := map[string]int{}
		for _, sc := range s.takeSome(10, 8) {
			by[sc.PlatformID]++
		}
		if by[s.platform.ID] != 4 || by[second.platform.ID] != 4 {
			t.Errorf("taken: %v", by)
		}
		by = map[string]int{}
		for _, sc := range s.takeSome(10, 8) {
			by[sc.PlatformID]++
		}
		if by[second.platform.ID] != 2 || len(by) != 2 {
			t.Errorf("then, when one has only two left: %v", by)
		}
	})
}

// More platforms than scores that may be sent at once: each has its turn, and nobody waits until all those before it
// are done.
func TestEachPlatformHasItsTurn(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		const platforms, people, backlog = 5, 3, 2
		var all []string
		for i := range platforms {
			one := &site{t: t, db: s.db, clock: s.clock, institution: s.institution, platform: s.addPlatform(fmt.Sprint("https://p", i, ".example"), "x")}
			published(one, people)
			all = append(all, one.platform.ID)
		}
		// Each load moved the rules away from the platform before; all ask for these.
		_, _, err := s.db.LoadPolicy(t.Context(), s.institution, "more", draft(policy.Agree, text("ro", "mai mult")), all)
		s.must(err)
		s.checkGates()
		by := map[string]int{}
		for range platforms {
			for _, sc := range s.takeSome(backlog, backlog) {
				by[sc.PlatformID]++
			}
		}
		for _, id := range all {
			if by[id] != backlog {
				t.Errorf("after a turn for each, taken: %v, want %d of each platform", by, backlog)
				break
			}
		}
	})
}

// Eight policies that are loaded one after the other, each of which asks for everybody to be looked at twice, cost
// one look at everybody, and one a minute later.
func TestManyPublicationsLookAtEverybodyOnce(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		const people = 30
		users, _ := published(s, people)
		for i := range 8 {
			s.load(fmt.Sprint("p", i), draft(policy.Agree, text("ro", "altele")))
			s.clock.add(time.Second)
		}
		looked := func() (n int) {
			for {
				did, err := s.db.CheckGates(t.Context(), 10)
				s.must(err)
				if n += did.Looked; did.Done {
					return n
				}
			}
		}
		if n := looked(); n != people {
			t.Errorf("%d looks at %d people", n, len(users))
		}
		s.clock.add(2 * time.Minute)
		if n := looked(); n != people {
			t.Errorf("later %d looks at %d people", n, len(users))
		}
	})
}

// Answers that come while everybody's score is worked out again are never overwritten by what was read before.
func TestAnswersWhileGatesAreChecked(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		const people = 60
		users, v := published(s, people)
		for _, err := range parallel(4, func(k int) error {
			if k < 2 {
				for {
					if did, err := s.db.CheckGates(t.Context(), 7); err != nil || did.Done {
						return err
					}
				}
			}
			for i := k; i < people; i += 4 { // every second person
				if _, err := s.db.Answer(t.Context(), []policy.Event{s.event(users[i], v, policy.Accepted)}); err != nil {
					return err
				}
			}
			return nil
		}) {
			s.must(err)
		}
		s.clock.add(5 * time.Minute) // whoever stopped in the middle is forgotten
		s.checkGates()
		for i, u := range users {
			want := 0
			if i%4 >= 2 {
				want = 1
			}
			if got := s.count(`SELECT wanted FROM outbox WHERE userid = ?`, u.ID); got != want {
				t.Errorf("person %d: wanted %d, want %d", i, got, want)
			}
		}
		if n := s.count(`SELECT COUNT(id) FROM gate_check`); n != 0 {
			t.Errorf("%d checks are left", n)
		}
	})
}
