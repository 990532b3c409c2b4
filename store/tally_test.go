package store

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"ltipolicy/policy"
)

// What takes long to count is kept with its time. Who looks at it later has it counted anew by the worker, not by
// themselves, and no more often than counting takes of its share of time; what is too old they count.
func TestDearFiguresAreKeptAndCountedAnewByTheWorker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var kept tallies[int]
		counted, broken := 0, error(nil)
		count := func(context.Context) (int, error) {
			counted++
			time.Sleep(time.Second)
			return counted, broken
		}
		ctx, began := t.Context(), time.Now()
		want := func(what string, figure int, at time.Duration) {
			t.Helper()
			got, when, err := kept.get(ctx, time.Now, "key", count)
			if (err != nil) != (broken != nil) {
				t.Fatal(err)
			}
			if seen := when.Sub(began); got != figure || (at < 0) != when.IsZero() || at >= 0 && seen != at {
				t.Errorf("%s: %d, counted at %v, want %d at %v", what, got, when, figure, at)
			}
		}
		recount := func(most int) {
			t.Helper()
			before := counted
			err := kept.recount(ctx, time.Now)
			if (err != nil) != (broken != nil) || counted-before != most {
				t.Errorf("counted %d times, want %d, %v", counted-before, most, err)
			}
		}
		const fresh = time.Duration(-1)
		want("the first reader counts", 1, fresh)
		want("the second is told the same and when it was counted", 1, 0)
		recount(0)
		time.Sleep(21 * time.Second)
		recount(0) // nobody looked
		want("a reader later", 1, 0)
		recount(1)
		want("counted anew", 2, 22*time.Second)
		time.Sleep(11 * time.Minute)
		want("too old to be told", 3, fresh)
		time.Sleep(time.Minute)
		want("a reader later", 3, 11*time.Minute+23*time.Second)
		broken = errors.New("the database is away")
		recount(1)
		want("what could not be counted", 5, fresh)
		broken = nil
		recount(0) // nothing is kept
		want("again", 6, fresh)
	})
}

// What is counted anew is what the last reader asked for, not the first.
func TestFiguresAreCountedAnewAsLastAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var kept tallies[string]
		said := func(text string) func(context.Context) (string, error) {
			return func(context.Context) (string, error) { time.Sleep(time.Second); return text, nil }
		}
		see := func(text, want string) {
			t.Helper()
			if got, _, err := kept.get(t.Context(), time.Now, "key", said(text)); got != want || err != nil {
				t.Errorf("%q, %v, want %q", got, err, want)
			}
		}
		see("first", "first")
		time.Sleep(time.Minute)
		see("second", "first")
		if err := kept.recount(t.Context(), time.Now); err != nil {
			t.Error(err)
		}
		see("third", "second")
	})
}

// Figures are kept for exactly what was asked: whatever else counts otherwise has another key.
func TestTheKeyOfKeptFiguresHoldsAllThatTheyDependOn(t *testing.T) {
	day := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	scope := func() *reportScope {
		return &reportScope{q: ReportQuery{InstitutionID: "UPT"}, now: day, platforms: []string{"a"}, columns: []ReportColumn{{
			Asked: policy.Asked{VersionID: 1, Kind: policy.Agree, EffectiveFrom: day.Add(time.Hour)},
			Slug:  "rules", Platforms: []string{"a"}, Counting: []int64{1},
		}}}
	}
	for name, change := range map[string]func(*reportScope){
		"institution":         func(s *reportScope) { s.q.InstitutionID = "UVT" },
		"a platform more":     func(s *reportScope) { s.platforms = []string{"a", "b"} },
		"another version":     func(s *reportScope) { s.columns[0].VersionID = 2 },
		"one that counts":     func(s *reportScope) { s.columns[0].Counting = []int64{1, 2} },
		"applies elsewhere":   func(s *reportScope) { s.columns[0].Platforms = nil },
		"for courses":         func(s *reportScope) { s.columns[0].Courses = true },
		"its name in courses": func(s *reportScope) { s.columns[0].Slug = "rule" },
		"its day came":        func(s *reportScope) { s.now = day.Add(2 * time.Hour) },
	} {
		s := scope()
		if change(s); s.key() == scope().key() {
			t.Errorf("%s: the same key %q", name, s.key())
		}
	}
	later := scope()
	if later.now = day.Add(time.Minute); later.key() != scope().key() {
		t.Error("the key changes with the time alone, so that nothing is kept")
	}
}

// What is counted at once is never kept.
func TestCheapFiguresAreCountedEachTime(t *testing.T) {
	var kept tallies[int]
	counted := 0
	for i := range 3 {
		got, when, err := kept.get(t.Context(), time.Now, "key", func(context.Context) (int, error) { counted++; return counted, nil })
		if got != i+1 || !when.IsZero() || err != nil {
			t.Errorf("%d, %v, %v", got, when, err)
		}
	}
}
