// Command noskip runs `go test` with the given arguments and fails if a test
// failed, if a test was skipped, or if none ran.
//
// A skipped test is a promise that nobody checked: a database that was not
// there, a browser that did not start. `go test` calls that success. Standard
// output is what `go test` prints without -v, then the skipped tests, those that
// never ended (a panic, a time-out) and the packages that failed without a failed
// test, then the slowest tests, then one line "N passed, N failed, N skipped",
// in which all of that counts as failed.
package main

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "noskip:", err)
		os.Exit(1)
	}
}

func run(args []string, stdout, stderr io.Writer) error {
	cmd := exec.Command("go", append([]string{"test", "-json"}, args...)...)
	cmd.Stderr = stderr
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("starting go test: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting go test: %w", err)
	}
	r := newReport(stdout)
	readErr := r.read(pipe)
	waitErr := cmd.Wait()
	if readErr != nil {
		return fmt.Errorf("reading go test's output: %w", readErr)
	}
	if err := r.close(); err != nil {
		return err
	}
	if waitErr != nil {
		return fmt.Errorf("go test: %w", waitErr)
	}
	return nil
}

// event is one line of `go test -json`, see `go doc test2json`.
type event struct {
	Action     string
	Package    string
	ImportPath string
	Test       string
	Output     string
	Elapsed    float64 // seconds, of what has ended
}

type test struct{ pkg, name string }

// slowest is how many tests are listed with their time.
const slowest = 10

// timed is a test that has ended, with its subtests.
type timed struct {
	test
	seconds float64
}

// report follows the events of one run and prints what a person wants to read.
type report struct {
	w       io.Writer
	output  map[test]*bytes.Buffer // of tests still running, and of failed ones
	order   map[string][]test      // tests by package, as they started
	seeds   map[string]string      // of -shuffle, by package; wanted only after a failure
	begun   map[string]bool        // packages that have not ended
	failing map[string]bool        // packages with a failed test
	running map[test]bool
	skipped []test
	unended []test
	broken  []string // packages that failed without a failed test
	times   []timed
	passed  int
	failed  int
}

func newReport(w io.Writer) *report {
	return &report{
		w: w, output: map[test]*bytes.Buffer{}, order: map[string][]test{}, seeds: map[string]string{},
		begun: map[string]bool{}, failing: map[string]bool{}, running: map[test]bool{},
	}
}

func (r *report) read(in io.Reader) error {
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			r.line(line)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (r *report) line(line []byte) {
	var e event
	if json.Unmarshal(line, &e) != nil || e.Action == "" {
		// A test binary that writes past the testing package, or go's own words.
		r.w.Write(line)
		return
	}
	if e.Package == "" || e.Test == "" {
		r.packageEvent(e)
		return
	}
	t := test{e.Package, e.Test}
	switch e.Action {
	case "pass", "skip", "fail":
		delete(r.running, t)
		if !strings.Contains(t.name, "/") && e.Elapsed > 0 {
			r.times = append(r.times, timed{t, e.Elapsed})
		}
	}
	switch e.Action {
	case "run":
		r.running[t] = true
		r.order[t.pkg] = append(r.order[t.pkg], t)
		r.output[t] = new(bytes.Buffer)
	case "output":
		if b := r.output[t]; b != nil && !strings.HasPrefix(e.Output, "=== ") {
			b.WriteString(e.Output)
		}
	case "pass":
		r.passed++
		delete(r.output, t)
	case "skip":
		r.skipped = append(r.skipped, t)
		delete(r.output, t)
	case "fail":
		r.failed++
		r.failing[t.pkg] = true
	}
}

// packageEvent prints the package's own lines. What a failed package's tests
// wrote, and those that never ended (a panic, a time-out), is printed before the
// package's last line, as `go test` does.
func (r *report) packageEvent(e event) {
	switch e.Action {
	case "start":
		r.begun[e.Package] = true
	case "build-output":
		io.WriteString(r.w, e.Output)
	case "output":
		switch {
		case e.Output == "PASS\n":
			return
		case strings.HasPrefix(e.Output, "-test.shuffle "):
			r.seeds[e.Package] = e.Output
			return
		case strings.HasPrefix(e.Output, "FAIL\t"), e.Output == "FAIL\n":
			r.flush(e.Package)
			io.WriteString(r.w, r.seeds[e.Package])
			delete(r.seeds, e.Package)
		}
		io.WriteString(r.w, e.Output)
	case "fail", "pass", "skip":
		r.flush(e.Package)
		r.end(e.Package, e.Action == "fail")
	}
}

// end closes the books of a package.
func (r *report) end(pkg string, failed bool) {
	for _, t := range r.order[pkg] {
		if r.running[t] {
			r.unended = append(r.unended, t)
			r.failed++
			failed = false // it has its reason
		}
	}
	if failed && !r.failing[pkg] {
		r.broken = append(r.broken, pkg)
		r.failed++
	}
	delete(r.order, pkg)
	delete(r.begun, pkg)
}

func (r *report) flush(pkg string) {
	for _, t := range r.order[pkg] {
		if b := r.output[t]; b != nil {
			r.w.Write(b.Bytes())
			delete(r.output, t)
		}
	}
}

func (r *report) close() error {
	for _, pkg := range slices.Sorted(maps.Keys(r.begun)) { // go itself was ended
		r.flush(pkg)
		r.end(pkg, true)
	}
	for _, list := range []struct {
		word  string
		tests []test
	}{{"SKIPPED", r.skipped}, {"NEVER ENDED", r.unended}} {
		slices.SortFunc(list.tests, func(a, b test) int { return cmp.Or(cmp.Compare(a.pkg, b.pkg), cmp.Compare(a.name, b.name)) })
		for _, t := range list.tests {
			fmt.Fprintf(r.w, "%s\t%s\t%s\n", list.word, t.pkg, t.name)
		}
	}
	for _, pkg := range r.broken {
		fmt.Fprintf(r.w, "BROKEN\t%s\n", pkg)
	}
	slices.SortStableFunc(r.times, func(a, b timed) int { return cmp.Compare(b.seconds, a.seconds) })
	for _, t := range r.times[:min(slowest, len(r.times))] {
		fmt.Fprintf(r.w, "slow\t%.1fs\t%s\t%s\n", t.seconds, t.pkg, t.name)
	}
	fmt.Fprintf(r.w, "%d passed, %d failed, %d skipped\n", r.passed, r.failed, len(r.skipped))
	switch {
	case r.failed > 0:
		return fmt.Errorf("failed tests: %d", r.failed)
	case len(r.skipped) > 0:
		return fmt.Errorf("skipped tests: %d; every test must run here", len(r.skipped))
	case r.passed == 0:
		return errors.New("no test ran")
	}
	return nil
}
