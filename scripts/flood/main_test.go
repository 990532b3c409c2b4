//go:build linux

package main

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func newTestScene(t *testing.T) *scene {
	s, err := newScene()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.end)
	return s
}

// The p-th part of the launches took no longer than at(p).
func TestPercentiles(t *testing.T) {
	r := result{}
	for i := range 200 {
		r.took = append(r.took, time.Duration(i+1))
	}
	for p, want := range map[float64]time.Duration{.5: 100, .95: 190, .99: 198, .999: 200, 1: 200, 0: 1} {
		if got := r.at(p); got != want {
			t.Errorf("%v of 200 is the %dth, want the %dth", p, got, want)
		}
	}
	if got := (result{}).at(.99); got != 0 {
		t.Errorf("of none: %v", got)
	}
	if got := (result{took: []time.Duration{7}}).at(.5); got != 7 {
		t.Errorf("of one: %v", got)
	}
}

func TestOnlyKindsThatThereAre(t *testing.T) {
	all := []flood{{name: "nothing"}, {name: "bad launches with one login"}, {name: "logins"}}
	for only, want := range map[string]int{"": 3, "login": 2, "nothing": 1} {
		if got, err := chosen(all, only); err != nil || len(got) != want {
			t.Errorf("%q: %d kinds, %v", only, len(got), err)
		}
	}
	_, err := chosen(all, "lgoins")
	if err == nil || !strings.Contains(err.Error(), "lgoins") || !strings.Contains(err.Error(), "bad launches with one login, logins") {
		t.Errorf("a typo: %v", err)
	}
}

// What a flood shows counts only if the stranger was answered, and if somebody launched.
func TestVerdict(t *testing.T) {
	fast := make([]time.Duration, 200)
	slow := append(make([]time.Duration, 197), time.Second, time.Second, time.Second)
	for name, tt := range map[string]struct {
		r    result
		good bool
	}{
		"nothing sent":            {result{took: fast}, true},
		"answered":                {result{took: fast, sent: 10, got: map[int]int{200: 10}}, true},
		"refused, which is meant": {result{took: fast, sent: 10, got: map[int]int{429: 10}}, true},
		"some without answer":     {result{took: fast, sent: 10, got: map[int]int{429: 1, 0: 9}}, true},
		"never answered":          {result{took: fast, sent: 10, got: map[int]int{0: 10}}, false},
		"nothing was sent":        {result{took: fast, got: map[int]int{}, flooded: true}, false},
		"somebody was refused":    {result{took: fast, refused: 1}, false},
		"nobody came":             {result{}, false},
		"three of 200 are slow":   {result{took: slow}, false},
	} {
		if why := tt.r.verdict(300 * time.Millisecond); (why == "") != tt.good {
			t.Errorf("%s: %q", name, why)
		}
	}
}

// A tool that answers nobody is no tool to measure, and one that does not answer holds nobody up for ever.
func TestWarmUpFails(t *testing.T) {
	s := newTestScene(t)
	tool := httptest.NewServer(http.NotFoundHandler())
	s.at = tool.Listener.Addr().String()
	if err := s.warmUp(t.Context()); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("a tool that knows nothing: %v", err)
	}
	tool.Close()
	if err := s.warmUp(t.Context()); err == nil {
		t.Error("no tool: no error")
	}
}

// Why the stranger had no answer is said.
func TestNoAnswerIsSaid(t *testing.T) {
	s := newTestScene(t)
	closed := httptest.NewServer(http.NotFoundHandler())
	s.at = closed.Listener.Addr().String()
	closed.Close()
	f := flood{"images", func() (func(int) (int, error), error) {
		return func(int) (int, error) { return s.send(http.MethodGet, "/images", nil, nil) }, nil
	}}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r, err := s.under(ctx, f, options{requests: 3, during: time.Millisecond, pace: 1, connections: 1})
	if err != nil || r.got[0] != 3 || len(r.unanswered) == 0 || !strings.Contains(r.unanswered[0], "refused") {
		t.Errorf("%v, %v, %v", r.got, r.unanswered, err)
	}
	if got := statuses(r.got); got != "no answer: 3" {
		t.Errorf("%q", got)
	}
}

// A program that says nothing is not waited for beyond its time.
func TestStartEnds(t *testing.T) {
	s := newTestScene(t)
	if err := s.serveWithin(50*time.Millisecond, "sleep", "60"); !errors.Is(err, errLate) {
		t.Errorf("%v", err)
	}
}

// What stands in the environment or in a file of the folder is somebody's own service, not the one that is flooded.
func TestNothingOfOutsideIsFlooded(t *testing.T) {
	t.Setenv("LTIPOLICY_DRAIN", "1h")
	t.Setenv("CREDENTIALS_DIRECTORY", "/srv/own")
	env, err := outside(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range env {
		if name, _, _ := strings.Cut(line, "="); strings.HasPrefix(name, "LTIPOLICY_") && name != "LTIPOLICY_CONFIG" || name == "CREDENTIALS_DIRECTORY" {
			t.Errorf("%s comes through", line)
		}
	}
}
