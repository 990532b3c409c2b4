package courier_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

// childEnv makes the test binary the tool's process that [TestPlatformAwayAndKilled] kills: its value is the
// address of the database, the tool's and the time.
const childEnv = "LTIPOLICY_COURIER_CHILD"

func TestMain(m *testing.M) {
	if work := os.Getenv(mailsEnv); work != "" {
		fmt.Fprintln(os.Stderr, mailingChild(work))
		os.Exit(1) // it is killed before it ends
	}
	if work := os.Getenv(childEnv); work != "" {
		fmt.Fprintln(os.Stderr, child(work))
		os.Exit(1) // it is killed before it ends
	}
	os.Exit(m.Run())
}

func child(work string) error {
	parts := strings.Split(work, "\n")
	if len(parts) != 3 {
		return errors.New("want database, address and time")
	}
	then, err := time.Parse(time.RFC3339Nano, parts[2])
	if err != nil {
		return err
	}
	now := func() time.Time { return then }
	db, err := store.Open(context.Background(), parts[0], store.Options{Now: now, Keys: storetest.Keys()})
	if err != nil {
		return err
	}
	_, c := newWorker(nil, db, parts[1], now)
	_, err = c.Round(context.Background())
	return err
}

func storetestSQLite(t *testing.T) string { return storetest.SQLite(t) }

// 300 owed scores, the platform away for ten minutes, answers that change meanwhile, and a kill -9 in the
// middle of the delivery: in the end Moodle holds exactly what the answers say.
func TestPlatformAwayAndKilled(t *testing.T) {
	const people, enough = 300, 50
	eachSite(t, func(t *testing.T, s *site) {
		s.away()
		list := s.enrol(people, ltitest.Student)
		users := make([]store.User, people)
		for i, x := range list {
			users[i] = s.launch1(x)
			s.answer(users[i], policy.Accepted)
		}
		for range 5 { // ten minutes
			s.clock.add(2 * time.Minute)
			if n := s.round(); n != 0 {
				t.Fatalf("%d scores reached a platform that is away", n)
			}
		}
		for i := 0; i < people; i += 10 {
			s.answer(users[i], policy.Withdrawn)
		}
		if n := s.counts(); n.Owed < people*9/10 || n.Dead != 0 || n.Oldest.After(s.clock.now().Add(-10*time.Minute)) {
			t.Errorf("after ten minutes owed %+v", n)
		}

		s.clock.add(15 * time.Minute)
		seen := &watched{last: map[string]time.Time{}}
		reached := make(chan struct{})
		s.during(func(_ http.ResponseWriter, r *http.Request) bool {
			if strings.HasSuffix(r.URL.Path, "/scores") {
				seen.see(r)
				if seen.count() == enough {
					close(reached)
				}
			}
			return false
		})
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), childEnv+"="+strings.Join([]string{s.dsn, s.server.URL, s.clock.now().Format(time.RFC3339Nano)}, "\n"))
		var complaint strings.Builder
		cmd.Stderr = &complaint
		s.must(cmd.Start())
		ended := make(chan struct{})
		go func() {
			cmd.Wait() //nolint:errcheck // it is killed
			close(ended)
		}()
		select {
		case <-reached:
		case <-ended:
			t.Fatalf("the child ended after %d scores: %s", seen.count(), complaint.String())
		}
		s.must(cmd.Process.Kill())
		<-ended
		left := s.counts().Owed
		t.Logf("killed after %d scores, %d still owed", seen.count(), left)
		if left == 0 {
			t.Fatal("the child was not killed in the middle")
		}
		// People go on meanwhile, those whose score was under way too.
		s.clock.add(16 * time.Minute)
		for i := 5; i < people; i += 10 {
			s.answer(users[i], policy.Withdrawn)
		}
		for s.counts().Owed > 0 && s.clock.now().Before(time.Date(2026, 9, 2, 0, 0, 0, 0, time.UTC)) {
			s.round()
			s.clock.add(time.Minute)
		}
		if n := s.counts(); n != (store.ScoreCounts{}) {
			t.Errorf("in the end %+v", n)
		}
		wrong := 0
		for i, x := range list {
			if s.graded(x) != (i%5 != 0) {
				wrong++
			}
		}
		if wrong > 0 {
			t.Errorf("%d of %d people have the wrong score", wrong, people)
		}
		if len(seen.bad) > 0 {
			t.Errorf("%d scores with times that do not grow: %s", len(seen.bad), seen.bad[0])
		}
	})
}

// launch1 admits a learner's launch without a token: signing a thousand takes long.
func (s *site) launch1(x ltitest.Person) store.User {
	s.t.Helper()
	u, err := s.db.Admit(s.t.Context(), s.message(x), s.platform)
	s.must(err)
	return u.User
}
