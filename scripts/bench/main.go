// Command bench runs the benchmarks that the project's promises rest on and
// prints their figures and the ratios between them.
//
// A ratio is promised, not a time: both sides of a ratio are measured in the
// same run on the same machine. It exits 1 if a ratio is over its limit or if a
// benchmark that a ratio needs did not run.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
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
	{"./launch", "^(BenchmarkLaunchNothingPending|BenchmarkFirstLaunch|BenchmarkForm|BenchmarkParticipants)", 1},
	{"./launch", "^BenchmarkMillions", 1},
}

// ratios are the promises. A name matches a benchmark without its -CPUS suffix.
var ratios = []ratio{
	{"verifying an id_token / bare crypto/rsa", "BenchmarkVerify", "BenchmarkRSA", 3.0},
	{"a launch while two million scores drain / without, processor time", "BenchmarkMillions/LaunchDraining", "BenchmarkMillions/Launch", 1.2},
	{"pending query, 5 million answers / 10 thousand", "BenchmarkAsked/5M", "BenchmarkAsked/10k", 1.5},
}

type ratio struct {
	name       string
	over, base string
	limit      float64
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
	kept, err := printRatios(stdout, all, ratios)
	return kept, errors.Join(failed, err)
}
