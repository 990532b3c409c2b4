package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

func openReplica(t *testing.T, s *site) *store.DB {
	t.Helper()
	return storetest.Open(t, s.dsn, store.Options{Now: s.clock.now})
}

func TestAScoreIsTakenByOne(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		v := s.load("rules", draft(policy.Agree, text("ro", "reguli")))
		const people = 40
		for i := range people {
			s.answer(s.event(s.admit(graded(userNumber(i), "7")), v, policy.Accepted))
		}
		replica := openReplica(t, s)
		taken := make([][]store.Score, 6)
		for _, err := range parallel(len(taken), func(i int) error {
			db := s.db
			if i%2 == 1 {
				db = replica
			}
			var err error
			taken[i], err = db.TakeScores(t.Context(), people, people)
			return err
		}) {
			s.must(err)
		}
		by := map[string]int{}
		for _, list := range taken {
			for _, sc := range list {
				by[sc.Sub]++
			}
		}
		if len(by) != people {
			t.Errorf("%d scores were taken, want %d", len(by), people)
		}
		for sub, n := range by {
			if n != 1 {
				t.Errorf("%s was taken %d times", sub, n)
			}
		}
		if n := len(s.take()); n != 0 {
			t.Errorf("%d are taken again at once", n)
		}
		// Nobody reported back: they are due again, with a later time.
		s.clock.add(2 * time.Minute)
		late := s.take()
		if len(late) != people {
			t.Errorf("%d are due after the lease", len(late))
		}
		first := map[string]time.Time{}
		for _, list := range taken {
			for _, sc := range list {
				first[sc.Sub] = sc.Stamp
				s.must(s.db.ScoresSent(t.Context(), sc)) // too late: somebody else has it
			}
		}
		for _, sc := range late {
			if !sc.Stamp.After(first[sc.Sub]) {
				t.Errorf("%s: second time %v, first %v", sc.Sub, sc.Stamp, first[sc.Sub])
			}
		}
		if c, err := s.db.CountScores(t.Context(), s.institution); err != nil || c.Owed != people {
			t.Errorf("owed %+v, %v", c, err)
		}
		for _, sc := range late {
			s.must(s.db.ScoresSent(t.Context(), sc))
		}
		if c, err := s.db.CountScores(t.Context(), s.institution); err != nil || c != (store.ScoreCounts{}) {
			t.Errorf("in the end %+v, %v", c, err)
		}
	})
}

func TestTimesOfScoresAlwaysGrow(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		c := newCourse(s)
		var last time.Time
		for i := range 12 {
			c.clock.add(time.Millisecond)
			if i%2 == 0 {
				c.act(c.rules, policy.Accepted)
			} else {
				c.act(c.rules, policy.Withdrawn)
			}
			if i%5 == 4 {
				c.clock.add(-time.Hour) // a replica whose clock is wrong
			}
			c.clock.add(time.Millisecond)
			scores := c.take()
			if i%5 == 4 && len(scores) == 0 {
				c.clock.add(time.Hour)
				scores = c.take()
			}
			if len(scores) != 1 || scores[0].Full != (i%2 == 0) {
				t.Fatalf("step %d: %+v", i, scores)
			}
			if d := scores[0].Stamp.Sub(last); d < time.Second {
				t.Errorf("step %d: %v after the one before", i, d)
			}
			last = scores[0].Stamp
			s.must(s.db.ScoresSent(t.Context(), scores[0]))
		}
	})
}

// While a score is under way the answers change: whatever arrives, the last state follows it.
func TestAnswersChangeWhileAScoreIsUnderWay(t *testing.T) {
	for name, report := range map[string]func(s *site, sc store.Score) error{
		"it arrived":          func(s *site, sc store.Score) error { return s.db.ScoresSent(s.t.Context(), sc) },
		"it failed":           func(s *site, sc store.Score) error { return s.db.ScoreLate(s.t.Context(), sc, "unreachable", 0) },
		"it was refused":      func(s *site, sc store.Score) error { return s.db.ScoreDead(s.t.Context(), sc, "ungradable") },
		"nobody knows":        func(*site, store.Score) error { return nil },
		"known after another": nil,
	} {
		t.Run(name, func(t *testing.T) {
			eachSite(t, func(t *testing.T, s *site) {
				c := newCourse(s)
				c.act(c.rules, policy.Accepted)
				full := c.take()[0]
				c.act(c.rules, policy.Withdrawn)
				if report != nil {
					s.must(report(s, full))
				}
				none := c.take()
				if len(none) != 1 || none[0].Full || !none[0].Stamp.After(full.Stamp) {
					t.Fatalf("after it %+v", none)
				}
				if report == nil {
					s.must(s.db.ScoresSent(t.Context(), full)) // the slow one: it says nothing any more
				}
				s.must(s.db.ScoresSent(t.Context(), none[0]))
				s.clock.add(time.Hour)
				if got := c.owed(); len(got) != 0 {
					t.Errorf("still owed: %v", got)
				}
			})
		})
	}
}

func TestPausesGrowAndEnd(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		c := newCourse(s)
		c.act(c.rules, policy.Accepted)
		least := 2500 * time.Millisecond
		for i := range 14 {
			scores := c.take()
			if len(scores) != 1 || scores[0].Attempts != i+1 {
				t.Fatalf("attempt %d: %+v", i+1, scores)
			}
			s.must(s.db.ScoreLate(t.Context(), scores[0], "unreachable", 0))
			c.clock.add(least - time.Millisecond)
			if n := len(c.take()); n != 0 {
				t.Fatalf("attempt %d comes too early", i+2)
			}
			c.clock.add(least + 2*time.Millisecond)
			least = min(2*least, 5*time.Minute)
		}
		sc := c.take()[0]
		s.must(s.db.ScoreLate(t.Context(), sc, "unreachable", time.Hour))
		c.clock.add(59 * time.Minute)
		if n := len(c.take()); n != 0 {
			t.Error("the platform's own wish is not kept")
		}
		c.clock.add(15 * 24 * time.Hour)
		s.must(s.db.ScoreLate(t.Context(), c.take()[0], "unreachable", 0))
		if n, err := s.db.CountScores(t.Context(), s.institution); err != nil || n.Dead != 1 || n.Owed != 0 {
			t.Errorf("after two weeks %+v, %v", n, err)
		}
	})
}

// A score that could not be delivered is seen as such until it arrives.
func TestLateScoresAreSeen(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		c := newCourse(s)
		c.act(c.rules, policy.Accepted)
		missing := func(platform, want string) {
			t.Helper()
			list, err := s.db.MissingScores(t.Context(), platform, 10)
			got := ""
			for _, sc := range list {
				got += sc.Sub + " " + sc.Failure
			}
			if err != nil || got != want {
				t.Errorf("missing: %q, %v", got, err)
			}
		}
		missing(s.platform.ID, "")
		s.must(s.db.ScoreLate(t.Context(), c.take()[0], "unreachable", 0))
		missing(s.platform.ID, "5 unreachable")
		missing(s.id(), "")
		c.clock.add(time.Hour)
		s.must(s.db.ScoresSent(t.Context(), c.take()...))
		missing(s.platform.ID, "")
	})
}

func TestDeadScoresAreSeenAndComeBack(t *testing.T) {
	for name, revive := range map[string]func(c *course){
		"the learner opens it again": func(c *course) { c.admit(graded("5", "7")) },
		"somebody tries again": func(c *course) {
			if n, err := c.db.RetryDeadScores(c.t.Context(), c.institution); n != 1 || err != nil {
				c.t.Errorf("%d, %v", n, err)
			}
		},
		"the answers change twice": func(c *course) {
			c.act(c.rules, policy.Withdrawn)
			c.clock.add(time.Second)
			c.act(c.rules, policy.Accepted)
		},
		"the line item changes": func(c *course) {
			m := graded("77", "7")
			m.AGS.LineItem += "0"
			c.admit(m)
			c.checkGates()
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachSite(t, func(t *testing.T, s *site) {
				c := newCourse(s)
				c.act(c.rules, policy.Accepted)
				s.must(s.db.ScoreDead(t.Context(), c.take()[0], "ungradable"))
				dead, err := s.db.DeadScores(t.Context(), s.institution, 10)
				if err != nil || len(dead) != 1 || dead[0].Sub != "5" || dead[0].Failure != "ungradable" || dead[0].Attempts != 1 {
					t.Fatalf("dead: %+v, %v", dead, err)
				}
				if n, err := s.db.CountScores(t.Context(), s.institution); err != nil || n.Dead != 1 || n.Owed != 0 {
					t.Errorf("%+v, %v", n, err)
				}
				if missing, err := s.db.MissingScores(t.Context(), s.platform.ID, 10); err != nil || fmt.Sprint(missing) != fmt.Sprint(dead) {
					t.Errorf("missing: %+v, %v", missing, err)
				}
				if other, err := s.db.DeadScores(t.Context(), s.id(), 10); err != nil || len(other) != 0 {
					t.Errorf("another institution sees %v, %v", other, err)
				}
				c.clock.add(24 * time.Hour)
				if got := c.owed(); len(got) != 0 {
					t.Errorf("a dead score is sent: %v", got)
				}
				revive(c)
				if got := fmt.Sprint(c.owed()); got != "[7 5 full]" {
					t.Errorf("then owed %v", got)
				}
			})
		})
	}
}

func TestScoresOfAPlatformCanBeLeftAlone(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		c := newCourse(s)
		c.act(c.rules, policy.Accepted)
		if got, err := s.db.TakeScores(t.Context(), 10, 10, s.id(), s.platform.ID); err != nil || len(got) != 0 {
			t.Errorf("%v, %v", got, err)
		}
		if got, err := s.db.TakeScores(t.Context(), 10, 10, s.id()); err != nil || len(got) != 1 {
			t.Errorf("%v, %v", got, err)
		}
		if _, err := s.db.Destination(t.Context(), s.platform.ID); err != nil {
			t.Error(err)
		}
		s.must(s.db.SetPlatformStatus(t.Context(), s.platform.ID, "disabled"))
		if _, err := s.db.Destination(t.Context(), s.platform.ID); !errors.Is(err, policy.ErrForbidden) {
			t.Error(err)
		}
	})
}
