//go:build linux

// Command compare measures what a launch costs from outside: this commit's tool beside ltijs, the usual library for
// such tools, both on one MariaDB, both asked by one stand-in for Moodle, in turns, in one run. It prints the processor
// time of each process by /proc, how often the database was asked, and the ratio.
//
// A launch is a learner's who has nothing left to answer, because that was answered before the first turn: the login that Moodle begins, the id_token, and what follows
// until the browser is back at Moodle. ltijs, whose application here does nothing but send the browser back, needs
// a request more for that than the tool; it is also measured without that request, though nobody is served then.
//
// Arguments name more programs to measure beside, such as before=/tmp/ltipolicy-before. ltijs comes from npm into a
// folder of its own, once. The database is a server of its own with data in a temporary folder; no other is touched.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"
)

// options are what whoever measures may choose.
type options struct {
	rounds, launches, people, atOnce int
	ltijs                            bool
	others                           []string // NAME=FILE
}

func main() {
	var o options
	flag.IntVar(&o.rounds, "rounds", 7, "how often each takes its turn")
	flag.IntVar(&o.launches, "launches", 300, "launches in a turn")
	flag.IntVar(&o.people, "people", 50, "who launch")
	flag.IntVar(&o.atOnce, "at-once", 2, "people at a time")
	flag.BoolVar(&o.ltijs, "ltijs", true, "measure ltijs too; it needs node and npm")
	flag.Parse()
	o.others = flag.Args()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := compare(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

func compare(ctx context.Context, o options) error {
	dir, err := workFolder()
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	db, err := startDatabase(ctx, filepath.Join(dir, "mariadb"))
	if err != nil {
		return err
	}
	defer db.kill()
	m, err := newMoodle(o.people)
	if err != nil {
		return err
	}
	defer m.srv.Close()

	now := filepath.Join(dir, "ltipolicy")
	if out, err := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", now, ".").CombinedOutput(); err != nil {
		return fmt.Errorf("building the tool: %w\n%s", err, out)
	}
	var all []*subject
	defer func() {
		for _, s := range all {
			s.kill()
		}
	}()
	for _, program := range append([]string{"now=" + now}, o.others...) {
		name, file, ok := strings.Cut(program, "=")
		if !ok {
			return fmt.Errorf("%q: want NAME=FILE", program)
		}
		if file, err = filepath.Abs(file); err != nil { // it is started in another folder
			return err
		}
		s, err := startTool(ctx, filepath.Join(dir, name), name, file, db, m)
		if err != nil {
			return err
		}
		all = append(all, s)
	}
	if o.ltijs {
		s, err := startLtijs(ctx, filepath.Join(dir, "ltijs"), db, m)
		if err != nil {
			return err
		}
		short := *s
		short.name, short.short = "ltijs, without its last request", true
		all = append(all, &short, s)
	}
	for _, s := range all { // what happens once: connections, keys, people
		if err := m.launches(ctx, s, 2*o.people, o.atOnce, warming); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	for round := range o.rounds {
		for i := range all {
			s := all[(i+round)%len(all)]
			if err := measure(ctx, m, db, s, o); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
		}
	}
	return report(o, all)
}

// figures are what one launch took in one turn.
type figures struct {
	user, system time.Duration // of the process
	database     time.Duration // of the server
	statements   float64
}

func (f figures) processor() time.Duration { return f.user + f.system }

func measure(ctx context.Context, m *moodle, db *database, s *subject, o options) error {
	statements, err := db.statements(ctx)
	if err != nil {
		return err
	}
	u, k, err := spent(s.pid())
	if err != nil {
		return err
	}
	du, dk, err := spent(db.pid())
	if err != nil {
		return err
	}
	if err := m.launches(ctx, s, o.launches, o.atOnce, measured); err != nil {
		return err
	}
	u2, k2, err := spent(s.pid())
	if err != nil {
		return err
	}
	du2, dk2, err := spent(db.pid())
	if err != nil {
		return err
	}
	after, err := db.statements(ctx)
	if err != nil {
		return err
	}
	n := time.Duration(o.launches)
	s.turns = append(s.turns, figures{
		user: (u2 - u) / n, system: (k2 - k) / n, database: (du2 - du + dk2 - dk) / n,
		statements: float64(after-statements-1) / float64(o.launches), // one is the question itself
	})
	return nil
}

func report(o options, all []*subject) error {
	fmt.Printf("a launch with nothing pending: %d turns of %d launches each, %d at a time; medians, least to most\n\n", o.rounds, o.launches, o.atOnce)
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "program\tprocessor time\t\tuser\tsystem\tits database\tstatements\tltijs takes")
	theirs := all[max(0, len(all)-2):]
	for _, s := range all {
		least, middle, most := spread(s, figures.processor)
		_, user, _ := spread(s, func(f figures) time.Duration { return f.user })
		_, system, _ := spread(s, func(f figures) time.Duration { return f.system })
		_, server, _ := spread(s, func(f figures) time.Duration { return f.database })
		_, asked, _ := spread(s, func(f figures) float64 { return f.statements })
		ratio := ""
		if o.ltijs && !slices.Contains(theirs, s) {
			_, short, _ := spread(theirs[0], figures.processor)
			_, whole, _ := spread(theirs[1], figures.processor)
			ratio = fmt.Sprintf("%.1f to %.1f times as much", float64(short)/float64(middle), float64(whole)/float64(middle))
		}
		fmt.Fprintf(t, "%s\t%s\t%s to %s\t%s\t%s\t%s\t%.2f\t%s\n", s.name, ms(middle), ms(least), ms(most), ms(user), ms(system), ms(server), asked, ratio)
	}
	return t.Flush()
}

// spread is the least, the median and the most of the turns.
func spread[T int64 | float64 | time.Duration](s *subject, of func(figures) T) (least, middle, most T) {
	var vs []T
	for _, f := range s.turns {
		vs = append(vs, of(f))
	}
	slices.Sort(vs)
	return vs[0], (vs[(len(vs)-1)/2] + vs[len(vs)/2]) / 2, vs[len(vs)-1]
}

func ms(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d)/1e6) }

// workFolder is in memory where there is such a folder: it is not the disk that is looked at.
func workFolder() (string, error) {
	base := "/dev/shm"
	if info, err := os.Stat(base); err != nil || !info.IsDir() {
		base = ""
	}
	return os.MkdirTemp(base, "ltipolicy-compare-")
}

// outside is the environment for what is measured: without the settings of whoever measures, and with a file of settings in
// which nothing stands, because a program of ours looks for one here and in /etc otherwise.
func outside(dir string) ([]string, error) {
	file := filepath.Join(dir, "nothing.toml")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		return nil, err
	}
	env := slices.DeleteFunc(os.Environ(), func(line string) bool {
		return strings.HasPrefix(line, "LTIPOLICY_") || strings.HasPrefix(line, "CREDENTIALS_DIRECTORY=")
	})
	return append(env, "LTIPOLICY_CONFIG="+file), nil
}

var errLate = errors.New("it took too long")

// await asks again and again until the answer is yes.
func await(ctx context.Context, within time.Duration, yes func() bool) error {
	late := time.Now().Add(within)
	for !yes() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if time.Now().After(late) {
			return errLate
		}
		time.Sleep(100 * time.Millisecond)
	}
	return nil
}
