package courier_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"ltipolicy/courier"
)

// Every job says what an operator must know of it, and docs/operations.md says the same: its row in the table is the
// one that the program would write.
func TestEveryJobIsIntroduced(t *testing.T) {
	docs, err := os.ReadFile("../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[courier.Name]bool{}
	for _, j := range courier.New(courier.Config{}).Table() {
		if j.Name == "" || seen[j.Name] || j.Does == "" || j.Every <= 0 || (j.Lease == "") == (j.Together == "") {
			t.Errorf("job %+v: want a name of its own, what it does, a period, and either a lease or why replicas may do it at once", j)
		}
		seen[j.Name] = true
		replicas := "together: " + j.Together
		if j.Lease != "" {
			replicas = "lease: " + j.Lease
		}
		row := fmt.Sprintf("| `%s` | %s | %s | %s |", j.Name, j.Does, courier.Period(j.Every), replicas)
		if !strings.Contains(string(docs), row+"\n") {
			t.Errorf("docs/operations.md lacks the row\n%s", row)
		}
	}
	for _, name := range []courier.Name{
		courier.Scores, courier.Rosters, courier.DoorStates, courier.DoorNotices, courier.Calendar, courier.Evidence, courier.Counts,
		courier.Sweeping, courier.Witnessing, courier.Notices,
	} {
		if !seen[name] {
			t.Errorf("job %q is not in the table", name)
		}
	}
	if rows := strings.Count(string(docs), "| lease: ") + strings.Count(string(docs), "| together: "); rows != len(seen) {
		t.Errorf("docs/operations.md has %d rows for %d jobs", rows, len(seen))
	}
}

// Every job of the table does its work on every kind of database, and its figures say so.
func TestEveryJobRunsByItsName(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		for _, j := range s.c.Table() {
			if err := s.c.Do(t.Context(), j.Name); err != nil {
				t.Errorf("%s: %v", j.Name, err)
			}
			for name, want := range map[string]float64{
				"runs_total": 1, "failures_total": 0, "success_timestamp_seconds": float64(s.clock.now().Unix()),
			} {
				if got := figure(t, s.c, name, j.Name); got != want {
					t.Errorf("%s of %s: %v, want %v", name, j.Name, got, want)
				}
			}
		}
		s.must(s.db.Close())
		for _, j := range s.c.Table() {
			err := s.c.Do(t.Context(), j.Name)
			// Nothing waits, or nobody outside is sent anything, so these ask for nothing.
			fails := j.Name != courier.Rosters && j.Name != courier.Counts && j.Name != courier.Witnessing &&
				j.Name != courier.Connections && j.Name != courier.Sightings && j.Name != courier.Notices
			if (err != nil) != fails || (figure(t, s.c, "failures_total", j.Name) == 1) != fails {
				t.Errorf("%s without a database: %v, %v failures", j.Name, err, figure(t, s.c, "failures_total", j.Name))
			}
		}
	})
	if err := courier.New(courier.Config{}).Do(t.Context(), "nothing"); err == nil {
		t.Error("a job that is not in the table was done")
	}
}

// figure is a figure of a job, as Prometheus gets it; -1 if there is none.
func figure(t *testing.T, w *courier.Worker, name string, job courier.Name) float64 {
	t.Helper()
	r := prometheus.NewPedanticRegistry()
	r.MustRegister(w)
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == "ltipolicy_job_"+name && len(m.GetLabel()) == 1 && m.GetLabel()[0].GetValue() == string(job) {
				return m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return -1
}

// A job runs at once, then in its period, and at once when it is woken, however often that is.
func TestJobsRunInTheirPeriodAndWhenWoken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var minutes, hours atomic.Int32
		w := courier.Doing(courier.Config{},
			courier.Line{Name: "minutes", Every: time.Minute, Run: func(context.Context) error { minutes.Add(1); return nil }},
			courier.Line{Name: "hours", Every: time.Hour, Run: func(context.Context) error { hours.Add(1); return nil }})
		ctx, stop := context.WithCancel(t.Context())
		go w.Run(ctx)
		for _, step := range []struct {
			after          time.Duration
			wake           []courier.Name
			minutes, hours int32
		}{
			{0, nil, 1, 1},
			{time.Minute, nil, 2, 1},
			{5 * time.Minute, nil, 7, 1},
			{time.Second, []courier.Name{"hours"}, 7, 2},
			{time.Second, []courier.Name{"minutes", "nobody"}, 8, 2},
			{54 * time.Minute, nil, 62, 3},
		} {
			time.Sleep(step.after)
			for _, name := range step.wake {
				w.Wake(name)
			}
			synctest.Wait()
			if minutes.Load() != step.minutes || hours.Load() != step.hours {
				t.Errorf("after %v more: %d and %d runs, want %d and %d", step.after, minutes.Load(), hours.Load(), step.minutes, step.hours)
			}
		}
		stop()
	})
}

// A job that takes long, fails or panics leaves the others alone, and a stop waits for what is under way.
func TestJobsLeaveEachOtherAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var good, bad atomic.Int32
		ended := false
		w := courier.Doing(courier.Config{},
			courier.Line{Name: "slow", Every: time.Second, Run: func(ctx context.Context) error {
				<-ctx.Done()
				time.Sleep(3 * time.Second) // gives back its lease
				ended = true
				return ctx.Err()
			}},
			courier.Line{Name: "bad", Every: time.Second, Run: func(context.Context) error { bad.Add(1); return errors.New("no") }},
			courier.Line{Name: "panics", Every: time.Second, Run: func(context.Context) error { panic("oh") }},
			courier.Line{Name: "good", Every: time.Second, Run: func(context.Context) error { good.Add(1); return nil }})
		ctx, stop := context.WithTimeout(t.Context(), 100*time.Second+time.Millisecond)
		defer stop()
		w.Run(ctx)
		if good.Load() != 101 || bad.Load() != 101 {
			t.Errorf("%d and %d runs in 100 seconds", good.Load(), bad.Load())
		}
		if !ended {
			t.Error("the worker did not wait for a job under way")
		}
		for job, want := range map[courier.Name]float64{"slow": 0, "bad": 101, "panics": 101, "good": 0} {
			if got := figure(t, w, "failures_total", job); got != want {
				t.Errorf("%v failures of %s, want %v", got, job, want)
			}
		}
	})
}

// Only the named jobs are done.
func TestOnlyNamedJobsRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var done []string
		line := func(name courier.Name) courier.Line {
			return courier.Line{Name: name, Every: time.Hour, Run: func(context.Context) error { done = append(done, string(name)); return nil }}
		}
		w := courier.Doing(courier.Config{}, line("a"), line("b"), line("c"))
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		w.Run(ctx, "b")
		if !slices.Equal(done, []string{"b"}) {
			t.Errorf("done: %v", done)
		}
	})
}

// The log hears of a failure once, with the job's name. A job that fails again and again, or every other time, is in
// it less and less, with how often it failed meanwhile, and once more when it works again.
func TestFailingJobDoesNotFillTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said strings.Builder
		fails := func(int) bool { return false }
		n := 0
		w := courier.Doing(courier.Config{Log: slog.New(slog.NewTextHandler(&said, nil))},
			courier.Line{Name: "ours", Every: time.Hour, Run: func(context.Context) error {
				if n++; fails(n) {
					return fmt.Errorf("it broke (%d)", n)
				}
				return nil
			}})
		lines := func(every time.Duration, times int) []string {
			said.Reset()
			for range times {
				w.Do(t.Context(), "ours") //nolint:errcheck // the log is looked at
				time.Sleep(every)
			}
			return strings.Split(strings.TrimSuffix(said.String(), "\n"), "\n")
		}
		has := func(line string, words ...string) {
			t.Helper()
			for _, word := range words {
				if !strings.Contains(line, word) {
					t.Errorf("%q lacks %q", line, word)
				}
			}
		}
		if got := lines(time.Second, 3); got[0] != "" {
			t.Errorf("nothing failed: %q", got)
		}
		fails = func(int) bool { return true }
		got := lines(time.Second, 3600)
		if len(got) != 9 { // after 0, 1, 3, 7, 15, 25, 35, 45, 55 minutes
			t.Fatalf("%d lines about an hour of failures: %q", len(got), got)
		}
		has(got[0], "level=ERROR", `msg="job failed"`, "job=ours", "failures=1 ", "it broke (4)")
		has(got[1], "failures=60 ")
		has(got[8], "failures=600 ")
		fails = func(int) bool { return false }
		got = lines(time.Second, 2000)
		if len(got) != 1 {
			t.Errorf("%d lines about its working again: %q", len(got), got)
		}
		has(got[0], "level=INFO", `msg="job works again"`, "job=ours")
		fails = func(n int) bool { return n%2 == 0 }
		if got = lines(time.Second, 3600); len(got) < 10 || len(got) > 130 {
			t.Errorf("%d lines about an hour of failing every other second", len(got))
		}
	})
}
