package courier_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ltipolicy/courier"
	"ltipolicy/lti"
	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
	"ltipolicy/store"
)

func (s *site) roster() store.Roster {
	s.t.Helper()
	r, err := s.db.Roster(s.t.Context(), s.platform.ID, fmt.Sprint(s.course.ID))
	s.must(err)
	return r
}

func (s *site) refresh() error {
	return s.c.Refresh(s.t.Context(), s.platform.ID, fmt.Sprint(s.course.ID))
}

// fold counts the course as its teacher sees it.
func (s *site) fold() policy.RosterSummary {
	s.t.Helper()
	r := s.roster()
	columns, err := s.db.RosterColumns(s.t.Context(), r.PlatformID, r.ContextID)
	s.must(err)
	f := policy.NewRoster(columns, s.clock.now())
	s.must(s.db.EachParticipant(s.t.Context(), r, columns, func(p policy.Participant, g []policy.Given) error {
		f.Add(p, g)
		return nil
	}))
	return f.Summary()
}

// members answers for the platform's roster service and counts its calls.
func (s *site) members(f func(w http.ResponseWriter, r *http.Request, call int) bool) *atomic.Int32 {
	var calls atomic.Int32
	s.during(func(w http.ResponseWriter, r *http.Request) bool {
		return strings.HasSuffix(r.URL.Path, "/memberships") && f(w, r, int(calls.Add(1)))
	})
	return &calls
}

func TestARosterIsFetchedAndCounted(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		learners := s.enrol(1200, ltitest.Student)
		teacher, tutor := s.enrol(1, ltitest.EditingTeacher)[0], s.enrol(1, ltitest.NonEditingTeacher)[0]
		s.moodle.Suspend(s.course.ID, learners[7].ID)
		s.launch(teacher)
		s.launch(tutor)
		for _, x := range learners[:3] {
			s.answer(s.launch(x), policy.Accepted)
		}
		pages := s.members(func(http.ResponseWriter, *http.Request, int) bool { return false })
		s.must(s.refresh())
		r := s.roster()
		if r.Members != 1201 || !r.Fetched.Equal(s.clock.now()) || r.Failure != "" || pages.Load() != 3 {
			t.Errorf("%+v after %d pages", r, pages.Load())
		}
		got := s.fold()
		if got.Learners != 1199 || got.Complete != 3 || got.Teachers != 2 || got.Unseen != 1196 || got.Columns[0].Accepted != 3 {
			t.Errorf("counted %+v", got)
		}
		// Asked for again at once, it is not fetched again.
		s.must(s.refresh())
		if pages.Load() != 3 {
			t.Errorf("%d pages", pages.Load())
		}
		s.clock.add(time.Minute)
		s.moodle.Unenrol(s.course.ID, learners[0].ID)
		s.must(s.refresh())
		if got := s.fold(); got.Learners != 1198 || got.Complete != 2 {
			t.Errorf("after somebody left: %+v", got)
		}
	})
}

func TestAFailureKeepsTheLastRoster(t *testing.T) {
	for name, tt := range map[string]struct {
		serve func(w http.ResponseWriter, r *http.Request, call int) bool
		want  string
	}{
		"fails at page 7": {func(w http.ResponseWriter, r *http.Request, call int) bool {
			if call == 7 {
				w.WriteHeader(http.StatusInternalServerError)
				return true
			}
			w.Header().Set("Link", fmt.Sprintf("<http://%s%s?limit=1&from=%d>; rel=\"next\"", r.Host, r.URL.Path, call))
			fmt.Fprintf(w, `{"members":[{"user_id":"%d"}]}`, 5000+call)
			return true
		}, "unreachable"},
		"401 always": {func(w http.ResponseWriter, _ *http.Request, _ int) bool {
			w.WriteHeader(http.StatusUnauthorized)
			return true
		}, "unauthorized"},
		"nonsense": {func(w http.ResponseWriter, _ *http.Request, _ int) bool {
			_, _ = io.WriteString(w, "<html>maintenance</html>")
			return true
		}, "nonsense"},
		"course gone": {func(w http.ResponseWriter, _ *http.Request, _ int) bool {
			w.WriteHeader(http.StatusNotFound)
			return true
		}, "gone"},
		"cut off": {func(w http.ResponseWriter, _ *http.Request, _ int) bool {
			_, _ = io.WriteString(w, `{"members":[`+strings.Repeat(`{"user_id":"1"},`, 600))
			return true
		}, "nonsense"},
	} {
		t.Run(name, func(t *testing.T) {
			eachSite(t, func(t *testing.T, s *site) {
				s.launch(s.enrol(20, ltitest.Student)[0])
				s.must(s.refresh())
				before := s.roster()
				s.clock.add(time.Hour)
				s.members(tt.serve)
				if err := s.refresh(); err == nil {
					t.Fatal("no error")
				}
				r := s.roster()
				if r.Failure != tt.want || !r.Failed.Equal(s.clock.now()) || !r.Fetched.Equal(before.Fetched) || r.Members != 20 || r.Refreshing {
					t.Errorf("%+v", r)
				}
				if got := s.fold(); got.Learners != 20 {
					t.Errorf("counted %+v", got)
				}
				s.clock.add(time.Minute)
				s.members(func(http.ResponseWriter, *http.Request, int) bool { return false })
				if err := s.refresh(); err != nil || s.roster().Failure != "" {
					t.Errorf("afterwards: %v, %+v", err, s.roster())
				}
			})
		})
	}
}

// A site that has lost its tokens, or drops the role, or shortens its pages, still gives the whole roster.
func TestAnOddMoodleGivesAWholeRoster(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		s.launch(s.enrol(30, ltitest.Student)[0])
		s.members(func(_ http.ResponseWriter, r *http.Request, call int) bool {
			if call == 2 {
				s.moodle.RevokeTokens()
			}
			q := r.URL.Query()
			q.Set("limit", "7")
			r.URL.RawQuery = q.Encode()
			return false
		})
		s.must(s.refresh())
		if r := s.roster(); r.Members != 30 {
			t.Errorf("%+v", r)
		}
	})
}

func TestOneReplicaFetchesARoster(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		s.launch(s.enrol(40, ltitest.Student)[0])
		fetching, others := make(chan struct{}), make(chan struct{})
		calls := s.members(func(http.ResponseWriter, *http.Request, int) bool {
			close(fetching)
			<-others
			return false
		})
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := s.refresh(); err != nil {
				t.Error(err)
			}
		})
		<-fetching
		if r := s.roster(); !r.Refreshing {
			t.Errorf("%+v", r)
		}
		for range 3 {
			if err := s.replica().Refresh(t.Context(), s.platform.ID, fmt.Sprint(s.course.ID)); err != nil {
				t.Error(err)
			}
		}
		close(others)
		wg.Wait()
		if r := s.roster(); calls.Load() != 1 || r.Members != 40 || r.Refreshing {
			t.Errorf("%d calls, %+v", calls.Load(), r)
		}
	})
}

func TestAVisitHasAnOldRosterFetched(t *testing.T) {
	s := newSite(t, storetestSQLite(t))
	s.launch(s.enrol(5, ltitest.Student)[0])
	calls := s.members(func(http.ResponseWriter, *http.Request, int) bool { return false })
	fetched := func(want int32) {
		t.Helper()
		s.must(s.c.Do(t.Context(), courier.Rosters))
		if n := calls.Load(); n != want {
			t.Errorf("fetched %d times, want %d", n, want)
		}
	}
	s.c.RefreshSoon(s.roster())
	s.c.RefreshSoon(s.roster()) // the same one waits already
	fetched(1)
	fresh := s.roster()
	s.c.RefreshSoon(fresh) // young
	fresh.Fetched, fresh.Failed = time.Time{}, s.clock.now()
	s.c.RefreshSoon(fresh) // failed just now
	fresh.Failed, fresh.URL = time.Time{}, ""
	s.c.RefreshSoon(fresh) // not offered
	fetched(1)
	s.clock.add(6 * time.Minute)
	s.c.RefreshSoon(s.roster())
	fetched(2)
}

// Whoever needs the list now has the worker fetch it and waits. Two who ask at once get the same one.
func TestAReaderWaitsForARosterThatTheWorkerFetches(t *testing.T) {
	s := newSite(t, storetestSQLite(t))
	s.launch(s.enrol(5, ltitest.Student)[0])
	fetching, others := make(chan struct{}), make(chan struct{})
	calls := s.members(func(http.ResponseWriter, *http.Request, int) bool {
		close(fetching)
		<-others
		return false
	})
	s.background(courier.Rosters)
	ask := func(ctx context.Context) error {
		return s.c.RefreshRoster(ctx, s.platform.ID, fmt.Sprint(s.course.ID))
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := ask(t.Context()); err != nil || s.roster().Members != 5 {
			t.Errorf("%v, %+v", err, s.roster())
		}
	})
	<-fetching
	// A reader who goes away does not end the fetching.
	gone, leave := context.WithCancel(t.Context())
	leave()
	if err := ask(gone); !errors.Is(err, context.Canceled) {
		t.Errorf("a reader who went away: %v", err)
	}
	wg.Go(func() {
		if err := ask(t.Context()); err != nil {
			t.Error(err)
		}
	})
	close(others)
	wg.Wait()
	if n := calls.Load(); n != 1 {
		t.Errorf("fetched %d times", n)
	}
}

// Nobody waits for a worker that is not there any more.
func TestNobodyWaitsForAWorkerThatStopped(t *testing.T) {
	s := newSite(t, storetestSQLite(t))
	s.launch(s.enrol(1, ltitest.Student)[0])
	ctx, stop := context.WithCancel(t.Context())
	stop()
	s.c.Run(ctx)
	if err := s.c.RefreshRoster(t.Context(), s.platform.ID, fmt.Sprint(s.course.ID)); !errors.Is(err, policy.ErrUnavailable) {
		t.Error(err)
	}
}

// A roster that takes long keeps no other one waiting, and what a platform does wrong is no failure of the job.
func TestASlowRosterKeepsNoOtherWaiting(t *testing.T) {
	s := newSite(t, storetestSQLite(t))
	slow := s.enrol(1, ltitest.Student)[0]
	s.launch(slow)
	s.course = s.moodle.AddCourse(ltitest.Course{ShortName: "ALG2", FullName: "Algoritmi 2"})
	s.activity = s.moodle.AddActivity(ltitest.Activity{CourseID: s.course.ID, Name: "Acorduri 2", Grades: true})
	quick := s.roster
	s.launch(s.enrol(2, ltitest.Student)[0])
	begun, other := make(chan struct{}), make(chan struct{})
	s.members(func(w http.ResponseWriter, r *http.Request, call int) bool {
		if call == 1 {
			close(begun)
			<-other
		}
		if !strings.Contains(r.URL.Path, "/CourseSection/2/") {
			return false
		}
		w.WriteHeader(http.StatusNotFound)
		return true
	})
	s.background(courier.Rosters)
	s.c.RefreshSoon(store.Roster{PlatformID: s.platform.ID, ContextID: "2", URL: "known"})
	<-begun
	if err := s.c.RefreshRoster(t.Context(), s.platform.ID, fmt.Sprint(s.course.ID)); err != nil || quick().Members != 2 {
		t.Errorf("%v, %+v", err, quick())
	}
	close(other)
	if err := s.c.RefreshRoster(t.Context(), s.platform.ID, "2"); err == nil {
		t.Error("the course is gone, and nobody hears of it")
	}
	if n := figure(t, s.c, "failures_total", courier.Rosters); n != 0 {
		t.Errorf("a platform without the course is a failure of ours: %v", n)
	}
}

// road is the way to the platforms, with a test standing at it.
type road func(*http.Request)

func (f road) RoundTrip(r *http.Request) (*http.Response, error) {
	f(r)
	return http.DefaultTransport.RoundTrip(r)
}

// by makes a worker that calls platforms by this road, and begins to fetch rosters.
func (s *site) by(f road, log *slog.Logger) {
	s.tool = lti.New(lti.Config{BaseURL: s.server.URL, Now: s.clock.now, Client: &http.Client{Transport: f}, Keys: s.db.KeyRing})
	s.c = courier.New(courier.Config{Store: s.db, Tool: s.tool, Now: s.clock.now, Log: log})
	s.background(courier.Rosters)
}

// ask asks for a roster as a page does, only more patiently.
func (s *site) ask(platformID, contextID string) error {
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	return s.c.RefreshRoster(ctx, platformID, contextID)
}

// Many rosters of a site that does not answer leave the other sites theirs.
func TestASlowSiteStarvesNoOther(t *testing.T) {
	s := newSite(t, storetestSQLite(t))
	x := s.enrol(1, ltitest.Student)[0]
	tool := s.moodle.AddTool(ltitest.ToolAt(s.server.URL))
	s.moodle.AddActivity(ltitest.Activity{CourseID: s.course.ID, TypeID: tool.TypeID, Name: "Acorduri 2"})
	quick, err := s.moodle.Registration(tool.TypeID)
	s.must(err)
	quick.ID, quick.InstitutionID = "quick", s.institution
	s.must(s.db.AddPlatform(t.Context(), quick))
	known := func(p lti.Platform, contextID string, address func(string) string) {
		m := s.message(x)
		m.PlatformID, m.Context.ID, m.NRPS.MembershipsURL = p.ID, contextID, address(m.NRPS.MembershipsURL)
		_, err := s.db.Admit(t.Context(), m, p)
		s.must(err)
	}
	const slow = 20
	known(quick, "7", func(u string) string { return strings.Replace(u, "/bindings/1/", "/bindings/2/", 1) })
	for i := range slow {
		known(s.platform, fmt.Sprint(i), func(u string) string { return u + "?slow=1" })
	}
	begun, answer := make(chan struct{}, 10*slow), make(chan struct{})
	defer sync.OnceFunc(func() { close(answer) })()
	s.by(func(r *http.Request) {
		if r.URL.Query().Has("slow") {
			begun <- struct{}{}
			<-answer
		}
	}, nil)
	for i := range slow {
		s.c.RefreshSoon(store.Roster{PlatformID: s.platform.ID, ContextID: fmt.Sprint(i), URL: "known"})
	}
	<-begun
	if err := s.ask(quick.ID, "7"); err != nil {
		t.Errorf("a quick site beside a slow one: %v", err)
	}
	if r, err := s.db.Roster(t.Context(), quick.ID, "7"); err != nil || r.Members != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	answer <- struct{}{} // the first place that is free is for the next of the same site
	<-begun
	<-begun
}

// A fetch that panics is a failure like any other: who waits hears of it, it stands beside the list, the log has it
// while other lists are under way, and the next visit fetches the list.
func TestAPanicEndsOneFetchAlone(t *testing.T) {
	s := newSite(t, storetestSQLite(t))
	x := s.enrol(1, ltitest.Student)[0]
	s.launch1(x)
	other := s.message(x)
	other.Context.ID, other.NRPS.MembershipsURL = "slow", other.NRPS.MembershipsURL+"?slow=1"
	_, err := s.db.Admit(t.Context(), other, s.platform)
	s.must(err)
	begun, answer, told := make(chan struct{}), make(chan struct{}), make(chan string, 10)
	defer close(answer)
	fine := false
	s.by(func(r *http.Request) {
		switch {
		case r.URL.Query().Has("slow"):
			close(begun)
			<-answer
		case strings.HasSuffix(r.URL.Path, "/memberships") && !fine:
			panic("an answer that nobody thought of")
		}
	}, slog.New(slog.NewTextHandler(said(told), nil)))
	s.c.RefreshSoon(store.Roster{PlatformID: s.platform.ID, ContextID: "slow", URL: "known"})
	<-begun
	course := fmt.Sprint(s.course.ID)
	if err := s.ask(s.platform.ID, course); err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("who waited for it heard: %v", err)
	}
	if r := s.roster(); r.Failure == "" || r.Refreshing {
		t.Errorf("%+v", r)
	}
	select {
	case line := <-told:
		if !strings.Contains(line, `msg="job failed" job=rosters failures=1`) || !strings.Contains(line, "an answer that nobody thought of") {
			t.Errorf("the log says %q", line)
		}
	case <-time.After(time.Minute):
		t.Error("the log says nothing as long as another list is under way")
	}
	if n := figure(t, s.c, "failures_total", courier.Rosters); n != 1 {
		t.Errorf("%v failures counted", n)
	}
	fine = true
	if err := s.ask(s.platform.ID, course); err != nil || s.roster().Members != 1 {
		t.Errorf("asked again: %v, %+v", err, s.roster())
	}
}

// said is a log whose lines a test waits for.
type said chan<- string

func (s said) Write(b []byte) (int, error) {
	s <- string(b)
	return len(b), nil
}

func TestARosterOfAPlatformWithoutTheServiceIsNotFound(t *testing.T) {
	s := newSite(t, storetestSQLite(t))
	x := s.enrol(1, ltitest.Student)[0]
	m := s.message(x)
	m.NRPS.MembershipsURL = ""
	_, err := s.db.Admit(t.Context(), m, s.platform)
	s.must(err)
	if err := s.refresh(); !errors.Is(err, policy.ErrNotFound) {
		t.Error(err)
	}
}
