package courier_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"ltipolicy/courier"
	"ltipolicy/lti"
	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
)

func TestACourseOpensAndCloses(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		next := s.moodle.AddActivity(ltitest.Activity{CourseID: s.course.ID, Name: "Tema 1", Page: true, After: s.activity.CMID})
		x := s.enrol(1, ltitest.Student)[0]
		u := s.launch(x)
		open := func(name string, want bool) {
			t.Helper()
			s.clock.add(time.Minute)
			s.round()
			if got := s.graded(x); got != want {
				t.Errorf("%s: graded %v", name, got)
			}
			state := ltitest.Incomplete
			if want {
				state = ltitest.CompletePass
			}
			if got := s.moodle.Completion(s.activity.CMID, x.ID); got != state {
				t.Errorf("%s: completion %d, want %d (the activity %d waits for it)", name, got, state, next.CMID)
			}
		}
		open("nothing answered", false)
		s.answer(u, policy.Accepted)
		open("accepted", true)
		s.answer(u, policy.Withdrawn)
		open("withdrawn", false)
		s.answer(u, policy.Accepted)
		open("accepted again", true)
		s.rules = s.load("reguli noi")
		open("a new version", false)
		s.answer(u, policy.Accepted)
		open("accepted too", true)
		if n := s.counts(); n.Owed != 0 || n.Dead != 0 {
			t.Errorf("left over: %+v", n)
		}
		if n := s.posted.Load(); n != 5 {
			t.Errorf("%d scores for 5 changes", n)
		}
	})
}

func TestAnAnswerIsSentInTheBackground(t *testing.T) {
	s := newSite(t, storetestSQLite(t))
	x := s.enrol(1, ltitest.Student)[0]
	arrived := make(chan struct{})
	s.during(func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/scores") {
			close(arrived)
		}
		return false
	})
	u := s.launch(x)
	s.background(courier.Scores)
	s.answer(u, policy.Accepted)
	s.c.Wake(courier.Scores)
	select {
	case <-arrived:
	case <-t.Context().Done():
	}
}

func TestWhatAPlatformRefusesRestsUntilItMayHelp(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		x := s.enrol(1, ltitest.Student)[0]
		u := s.launch(x)
		s.answer(u, policy.Accepted)
		s.moodle.Unenrol(s.course.ID, x.ID)
		s.round()
		dead, err := s.db.DeadScores(t.Context(), s.institution, 10)
		if err != nil || len(dead) != 1 || dead[0].Failure != string(lti.ServiceUngradable) {
			t.Fatalf("dead %+v, %v", dead, err)
		}
		s.clock.add(time.Hour)
		if s.round(); s.posted.Load() != 1 {
			t.Error("a refused score is sent again by itself")
		}
		s.moodle.Enrol(s.course.ID, x.ID, ltitest.Student)
		s.launch(x)
		if s.round(); !s.graded(x) || s.counts().Dead != 0 {
			t.Errorf("after a new launch: %+v", s.counts())
		}
	})
}

func TestNewerGradesStay(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		x := s.enrol(1, ltitest.Student)[0]
		u := s.launch(x)
		s.answer(u, policy.Accepted)
		s.during(func(w http.ResponseWriter, r *http.Request) bool {
			if strings.HasSuffix(r.URL.Path, "/scores") {
				w.WriteHeader(http.StatusConflict)
				return true
			}
			return false
		})
		s.round()
		if n := s.counts(); n.Owed != 0 || n.Dead != 0 {
			t.Errorf("a stale score is kept: %+v", n)
		}
	})
}

func TestALostTokenCostsNoScore(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		for i, x := range s.enrol(3, ltitest.Student) {
			s.answer(s.launch(x), policy.Accepted)
			s.moodle.RevokeTokens()
			if n := s.round(); n != 1 || !s.graded(x) {
				t.Errorf("score %d: %d sent", i, n)
			}
		}
	})
}

func TestADisabledPlatformIsLeftAlone(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		x := s.enrol(1, ltitest.Student)[0]
		s.answer(s.launch(x), policy.Accepted)
		s.must(s.db.SetPlatformStatus(t.Context(), s.platform.ID, lti.Disabled))
		if n, err := s.c.Round(t.Context()); n != 0 || err == nil {
			t.Errorf("%d sent, %v", n, err)
		}
		s.must(s.db.SetPlatformStatus(t.Context(), s.platform.ID, lti.Active))
		s.clock.add(20 * time.Minute)
		if s.round(); !s.graded(x) {
			t.Error("not sent when it is active again")
		}
	})
}

func TestSeveralReplicasSendEachScoreOnce(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		people := s.enrol(60, ltitest.Student)
		for _, x := range people {
			s.answer(s.launch(x), policy.Accepted)
		}
		all := []func() (int, error){
			func() (int, error) { return s.c.Round(t.Context()) },
		}
		for range 3 {
			c := s.replica()
			all = append(all, func() (int, error) { return c.Round(t.Context()) })
		}
		var wg sync.WaitGroup
		sent := make([]int, len(all))
		for i, round := range all {
			wg.Go(func() {
				var err error
				if sent[i], err = round(); err != nil {
					t.Errorf("replica %d: %v", i, err)
				}
			})
		}
		wg.Wait()
		total := 0
		for _, n := range sent {
			total += n
		}
		if n := int(s.posted.Load()); n != len(people) || total != len(people) {
			t.Errorf("%d posted, %v sent, want %d", n, sent, len(people))
		}
		for _, x := range people {
			if !s.graded(x) {
				t.Errorf("person %d has no score", x.ID)
			}
		}
	})
}

// watched reads the scores on their way and checks that times grow for each person.
type watched struct {
	mu   sync.Mutex
	last map[string]time.Time
	n    int
	bad  []string
}

func (w *watched) see(r *http.Request) {
	body, err := io.ReadAll(r.Body)
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	var sc struct {
		UserID    string    `json:"userId"`
		Timestamp time.Time `json:"timestamp"`
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.n++
	if err == nil {
		err = json.Unmarshal(body, &sc)
	}
	if err != nil {
		w.bad = append(w.bad, err.Error())
		return
	}
	if !sc.Timestamp.After(w.last[sc.UserID]) {
		w.bad = append(w.bad, fmt.Sprintf("person %s: %v after %v", sc.UserID, sc.Timestamp, w.last[sc.UserID]))
	}
	w.last[sc.UserID] = sc.Timestamp
}

func (w *watched) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.n
}
