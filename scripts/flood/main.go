//go:build linux

// Command flood shows what people notice while a stranger floods the tool: it starts this commit's program on a database
// of its own, behind an address that it trusts as a proxy, and plays both sides. One client at one address sends 10,000
// requests of one kind in 20 seconds; learners, each at an address of their own, launch meanwhile from the very Moodle that
// the flood is about. For each kind it prints how many launches were refused, how long a launch took, and what the
// stranger got. It exits 1 if a launch was refused, if fewer than 99 of 100 ended within -within, or if the stranger was
// never answered: then nothing was flooded.
//
// A launch's time is that of its requests to the tool, from the login to the page that the learner sees, without the
// Moodle's own. The first line is without a flood, to compare with: everything runs on one machine, the stranger too.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// options are what whoever measures may choose.
type options struct {
	requests, pace, connections int
	during, within              time.Duration
	database                    string
	only                        string
}

func main() {
	var o options
	flag.IntVar(&o.requests, "requests", 10_000, "requests of a flood")
	flag.DurationVar(&o.during, "during", 20*time.Second, "how long a flood is")
	flag.IntVar(&o.pace, "pace", 10, "genuine launches a second")
	flag.IntVar(&o.connections, "connections", 64, "connections of the stranger")
	flag.DurationVar(&o.within, "within", 300*time.Millisecond, "in which 99 of 100 genuine launches end")
	flag.StringVar(&o.database, "database", "", "an empty database to use, as in -database of the program; SQLite if none is given")
	flag.StringVar(&o.only, "only", "", "the floods whose names hold this text")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	good, err := run(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "flood:", err)
	}
	if err != nil || !good {
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) (bool, error) {
	if o.requests < 1 || o.pace < 1 || o.connections < 1 || o.during < time.Second/time.Duration(max(1, o.pace)) {
		return false, errors.New("-requests, -pace and -connections are at least 1, and -during is long enough for a launch")
	}
	s, err := newScene()
	if err != nil {
		return false, err
	}
	defer s.end()
	floods, err := chosen(s.floods(), o.only)
	if err != nil {
		return false, err
	}
	if err := s.open(ctx, o.database); err != nil {
		return false, err
	}
	if err := s.warmUp(ctx); err != nil {
		return false, err
	}
	fmt.Printf("%d requests in %s from one client, %d genuine launches a second beside them\n\n", o.requests, o.during, o.pace)
	const columns = "%-30s  %8v  %7v  %9s  %9s  %9s  %9s  %-16s  %s\n" // a line as soon as it is known
	fmt.Printf(columns, "the stranger sends", "launches", "refused", "median", "95 %", "99 %", "longest", "sent", "got")
	good := true
	for _, f := range floods {
		r, err := s.under(ctx, f, o)
		if err != nil {
			return false, fmt.Errorf("%s: %w", f.name, err)
		}
		fmt.Printf(columns, f.name, len(r.took)+r.refused, r.refused, ms(r.at(.5)), ms(r.at(.95)), ms(r.at(.99)), ms(r.at(1)),
			fmt.Sprintf("%d in %.0f s", r.sent, r.wall.Seconds()), statuses(r.got))
		why := r.verdict(o.within)
		if why != "" {
			good = false
			fmt.Fprintln(os.Stderr, f.name+": "+why)
		}
		for _, why := range append(r.why, r.unanswered...) {
			fmt.Fprintln(os.Stderr, f.name+": "+why)
		}
	}
	return good, nil
}

// result is what was seen under one flood.
type result struct {
	took    []time.Duration // of the launches that came in, sorted
	refused int
	why     []string // of some that were refused

	flooded    bool // something was to be sent
	sent       int
	got        map[int]int // by status; 0: no answer
	unanswered []string    // why some had no answer
	wall       time.Duration
}

// at is a percentile: so large a part of the launches took no longer.
func (r result) at(p float64) time.Duration {
	if len(r.took) == 0 {
		return 0
	}
	nth := int(math.Ceil(p*float64(len(r.took)) - 1e-9)) // .99 of 200 is 198, though not in floating point
	return r.took[max(nth, 1)-1]
}

// verdict says what is wrong with what was seen; empty: nothing.
func (r result) verdict(within time.Duration) string {
	switch {
	case r.refused > 0:
		return fmt.Sprintf("%d launches were refused", r.refused)
	case len(r.took) == 0:
		return "nobody launched"
	case r.at(.99) > within:
		return fmt.Sprintf("of 100 launches fewer than 99 ended within %s", within)
	case (r.flooded || r.sent > 0) && r.sent == r.got[0]:
		return "the stranger was never answered, so nothing was flooded"
	}
	return ""
}

// some is how many reasons of a kind are said.
const some = 3

// under has the stranger flood and the learners launch at the same time, each at its own pace whatever the answers take.
func (s *scene) under(ctx context.Context, f flood, o options) (result, error) {
	r := result{got: map[int]int{}}
	send, err := f.begin()
	if err != nil {
		return r, err
	}
	var mu sync.Mutex
	var strangers, people sync.WaitGroup
	began := time.Now()
	r.flooded = send != nil
	if r.flooded {
		turns := make(chan int)
		for range o.connections {
			strangers.Go(func() {
				for i := range turns {
					status, err := send(i)
					mu.Lock()
					r.got[status]++
					r.sent++
					if err != nil && len(r.unanswered) < some {
						r.unanswered = append(r.unanswered, "no answer to the stranger: "+err.Error())
					}
					mu.Unlock()
				}
			})
		}
		strangers.Go(func() {
			defer close(turns)
			for i := range o.requests {
				if wait := time.Until(began.Add(time.Duration(i) * o.during / time.Duration(o.requests))); wait > 0 {
					time.Sleep(wait)
				}
				if ctx.Err() != nil {
					return
				}
				turns <- i
			}
		})
	}
	launches := int(o.during.Seconds() * float64(o.pace))
	for i := range launches {
		if wait := time.Until(began.Add(time.Duration(i) * time.Second / time.Duration(o.pace))); wait > 0 {
			time.Sleep(wait)
		}
		if ctx.Err() != nil {
			break
		}
		people.Go(func() {
			took, err := s.launch()
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				r.took = append(r.took, took)
				return
			}
			if r.refused++; len(r.why) < some {
				r.why = append(r.why, err.Error())
			}
		})
	}
	people.Wait()
	strangers.Wait()
	r.wall = time.Since(began)
	slices.Sort(r.took)
	return r, ctx.Err()
}

func ms(d time.Duration) string { return fmt.Sprintf("%.0f ms", float64(d)/1e6) }

func statuses(got map[int]int) string {
	var out []string
	for status, n := range got {
		name := fmt.Sprint(status)
		if status == 0 {
			name = "no answer"
		}
		out = append(out, fmt.Sprintf("%s: %d", name, n))
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}
