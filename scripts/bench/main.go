// Command bench runs the benchmarks that the project's promises rest on and
// prints their figures and what the project promises of them.
//
// It judges by what does not depend on what else the machine does: processor
// time of the program and of the database server, rows that the server read,
// statements. A ratio is promised where there is something to compare with: both
// sides come from the same run on the same machine. It exits 1 if a promise is
// not kept, if one of its sides was not measured on a database, or if an answer is
// not the one that it is about.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// suites are the benchmarks to run, one `go test` each. Those that need no
// preparation run several times, and the median counts: it steadies the ratio.
var suites = []struct {
	pkg, bench string
	runs       int
}{
	{"./lti", "^(BenchmarkVerify|BenchmarkRSA)$", 5},
	{"./store", "^BenchmarkAsked", 1},
	{"./store", "^(BenchmarkReport|BenchmarkFindCourses)", 1},
	{"./launch", "^(BenchmarkLaunchNothingPending|BenchmarkFirstLaunch|BenchmarkForm|BenchmarkParticipants|BenchmarkStrangers)", 1},
	{"./launch", "^BenchmarkMillions", 1},
}

// promises are what is judged. Names are of benchmarks without their -CPUS suffix; * stands for a kind of database, and
// each that was measured has to keep the promise.
var promises = []promise{
	{"verifying an id_token / bare crypto/rsa, processor time", "BenchmarkVerify", "BenchmarkRSA", own, 3.0, 0},
	{"a launch while two million scores drain / without, processor time", "BenchmarkMillions/LaunchDraining", "BenchmarkMillions/Launch", own, 1.2, 0},
	{"pending query, 5 million answers / 10 thousand, processor time of both sides", "BenchmarkAsked/5M/*", "BenchmarkAsked/10k/*", work, 1.5, 0},
	{"pending query, 5 million answers / 10 thousand, rows read", "BenchmarkAsked/5M/*", "BenchmarkAsked/10k/*", rows, 1.1, 0},
	{"the public page, milliseconds of the program's processor time", "BenchmarkStrangers/*/GET_/{platform}/policies", millisecond, own, 1.0, http.StatusOK},
	{"the public page, statements", "BenchmarkStrangers/*/GET_/{platform}/policies", one, queries, 1.1, http.StatusOK},
	{"a policy's lasting page, milliseconds of the program's processor time", "BenchmarkStrangers/*/GET_/policies/{platform}/{slug}", millisecond, own, 1.0, http.StatusOK},
	{"the download of 200,000 people, seconds of processor time of both sides", "BenchmarkReport/*/Download", second, work, 10, 0},
}

// What a promise goes by.
const (
	own     = "cpu-ns/op"  // processor time of the program, and of the benchmark in its process
	work    = "work-ns/op" // and of the database server
	rows    = "rows/op"    // that a server read; SQLite does not tell
	queries = "queries/op" // that a server was sent
)

// What stands in place of a benchmark to compare with.
const (
	one         = "1"
	millisecond = "1e6"
	second      = "1e9"
)

type promise struct {
	name       string
	over, base string
	unit       string
	limit      float64
	status     int // that each answer has to have; 0: nobody answers
}

func main() {
	count := flag.Int("count", 1, "how many times as many runs; the median counts")
	benchtime := flag.String("benchtime", "1s", "time of each run, as for go test")
	flag.Parse()
	ok, err := run(*count, *benchtime, os.Stdout, os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

// run measures everything, prints it and says whether all promises are kept.
// Benchmarks that fail are an error, after the figures of the others.
func run(count int, benchtime string, stdout, stderr io.Writer) (bool, error) {
	fmt.Fprintf(stdout, "%s, %d CPUs\n", runtime.Version(), runtime.NumCPU())
	var all []result
	var failed error
	for _, s := range suites {
		cmd := exec.Command("go", "test", "-run", "^$", "-bench", s.bench, "-benchmem", "-timeout", "60m",
			"-count", fmt.Sprint(s.runs*count), "-benchtime", benchtime, s.pkg)
		var out strings.Builder
		cmd.Stdout, cmd.Stderr = &out, stderr
		if err := cmd.Run(); err != nil {
			io.WriteString(stderr, out.String())
			failed = errors.Join(failed, fmt.Errorf("benchmarks of %s: %w", s.pkg, err))
		}
		all = append(all, parse(out.String())...)
	}
	all = medians(all)
	if err := printResults(stdout, all); err != nil {
		return false, err
	}
	kept, err := printPromises(stdout, all, promises)
	return kept, errors.Join(failed, err)
}
