package courier_test

import (
	"context"
	"database/sql"
	"net/http"
	"strings"
	"testing"
	"time"

	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
)

// A publication takes the score of everybody back. Moodle gets that little by little; whoever opens the activity or
// answers meanwhile does not wait.
func TestOwnActsGoBeforeAPublication(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		const people = 150
		list := s.enrol(people, ltitest.Student)
		for _, x := range list {
			s.answer(s.launch1(x), policy.Accepted)
		}
		if n := s.round(); n != people {
			t.Fatalf("%d scores of people's own acts at once, want all %d", n, people)
		}
		s.rules = s.load("reguli noi")
		first := s.round()
		if first < 50 || first > 100 {
			t.Errorf("%d scores of a publication at once, want two seconds' worth", first)
		}
		if n := s.round(); n != 0 {
			t.Errorf("%d more at the same moment", n)
		}
		var waiting []ltitest.Person
		for _, x := range list {
			if s.graded(x) {
				waiting = append(waiting, x)
			}
		}
		if len(waiting) != people-first {
			t.Fatalf("%d people wait, want %d", len(waiting), people-first)
		}
		comes, answers := waiting[0], waiting[1]
		s.launch1(comes)
		if n := s.round(); n != 1 || s.graded(comes) {
			t.Errorf("somebody opened the activity: %d sent, graded %v", n, s.graded(comes))
		}
		s.answer(s.launch1(answers), policy.Accepted)
		if n := s.round(); n != 0 || !s.graded(answers) {
			t.Errorf("somebody answered before their turn: %d sent, graded %v", n, s.graded(answers))
		}
		s.answer(s.launch1(comes), policy.Accepted)
		if n := s.round(); n != 1 || !s.graded(comes) {
			t.Errorf("somebody answered: %d sent, graded %v", n, s.graded(comes))
		}
		s.clock.add(time.Second)
		if n := s.round(); n == 0 || n > 54 {
			t.Errorf("%d a second later", n)
		}
		s.clock.add(2 * time.Minute)
		s.round()
		if n := s.counts(); n.Owed != 0 {
			t.Errorf("in the end %+v", n)
		}
		for _, x := range list {
			if s.graded(x) != (x.ID == comes.ID || x.ID == answers.ID) {
				t.Errorf("person %d: graded %v", x.ID, s.graded(x))
			}
		}
	})
}

// Two replicas together send no more of a publication's scores than one.
func TestReplicasShareWhatAPublicationMaySend(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		const people = 250 // more than the first replica comes to send
		for _, x := range s.enrol(people, ltitest.Student) {
			s.answer(s.launch1(x), policy.Accepted)
		}
		s.round()
		s.load("reguli noi")
		other := s.replica()
		if n := s.round(); n == 0 {
			t.Error("the first replica sends nothing")
		}
		for range 2 {
			if n, err := other.Round(t.Context()); n != 0 || err != nil {
				t.Errorf("the second replica sends %d, %v", n, err)
			}
			s.clock.add(time.Second)
			if n := s.round(); n == 0 {
				t.Error("the first replica sends nothing a second later")
			}
		}
		before := s.counts().Owed
		if before == 0 {
			t.Fatal("nothing is left for the second replica")
		}
		s.clock.add(time.Minute) // the first one is gone
		if n, err := other.Round(t.Context()); n != before || err != nil {
			t.Errorf("the second one alone sends %d of %d, %v", n, before, err)
		}
	})
}

// A replica that stops keeps no lease: another one goes on with a publication's scores at once.
func TestAWorkerThatStoppedHoldsNoLease(t *testing.T) {
	s := newSite(t, storetestSQLite(t))
	const people = 60 // more than a batch
	for _, x := range s.enrol(people, ltitest.Student) {
		s.answer(s.launch1(x), policy.Accepted)
	}
	s.round()
	s.load("reguli noi")
	ctx, stop := context.WithCancel(t.Context())
	s.during(func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/scores") {
			stop()
		}
		return false
	})
	s.c.Run(ctx)
	held := s.held()
	for name, until := range held {
		if until.After(s.clock.now()) {
			t.Errorf("the lease of %s is held until %v", name, until)
		}
	}
	if _, ok := held["scores of publications"]; !ok {
		t.Errorf("no lease for a publication's scores was ever taken: %v", held)
	}
	if n, err := s.replica().Round(t.Context()); n == 0 || err != nil {
		t.Errorf("another replica sends %d, %v", n, err)
	}
}

// held are the leases of jobs, with when they end.
func (s *site) held() map[string]time.Time {
	s.t.Helper()
	db, err := sql.Open("sqlite", "file:"+strings.TrimPrefix(s.dsn, "sqlite:"))
	s.must(err)
	defer db.Close() //nolint:errcheck // only read
	rows, err := db.QueryContext(s.t.Context(), `SELECT name, leaseduntil FROM job_lease`)
	s.must(err)
	defer rows.Close() //nolint:errcheck // read to the end
	held := map[string]time.Time{}
	for rows.Next() {
		var name string
		var until time.Time
		s.must(rows.Scan(&name, &until))
		held[name] = until
	}
	s.must(rows.Err())
	return held
}
