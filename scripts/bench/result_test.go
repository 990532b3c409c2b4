package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const output = `goos: linux
BenchmarkVerify-2         	   20000	     60000 ns/op	   60000 cpu-ns/op	   16000 B/op	     200 allocs/op
BenchmarkVerify-2         	   20000	     62000 ns/op	   62000 cpu-ns/op	   16000 B/op	     200 allocs/op
BenchmarkVerify-2         	   20000	     99000 ns/op	   62000 cpu-ns/op	   16000 B/op	     200 allocs/op
BenchmarkRSA/2048-2       	   40000	     91000 ns/op	   31000 cpu-ns/op	     900 B/op	      10 allocs/op
BenchmarkAsked/5M/sqlite-2  	 4000	    990000 ns/op	   300000 cpu-ns/op	  300000 work-ns/op
BenchmarkAsked/5M/mariadb-2 	 4000	    990000 ns/op	   200000 cpu-ns/op	  450000 work-ns/op	  31 rows/op	  1 queries/op
BenchmarkAsked/10k/sqlite-2 	 4000	    100000 ns/op	   200000 cpu-ns/op	  200000 work-ns/op
BenchmarkAsked/10k/mariadb-2	 4000	    100000 ns/op	   200000 cpu-ns/op	  250000 work-ns/op	  30 rows/op	  1 queries/op
BenchmarkLaunchNothingPending/sqlite-2 	 500	   2000000 ns/op	   1500000 cpu-ns/op	   90000 B/op	     900 allocs/op
BenchmarkPage/sqlite-2 	 500	   2000000 ns/op	   1500000 cpu-ns/op	     200 status
BenchmarkPage/mariadb-2 	 500	   2000000 ns/op	   1500000 cpu-ns/op	     404 status
BenchmarkHalf/big/sqlite-2 	 500	   2000000 ns/op	   1500000 cpu-ns/op
BenchmarkHalf/big/mariadb-2 	 500	   2000000 ns/op	   1500000 cpu-ns/op	  1 queries/op
BenchmarkHalf/small/sqlite-2 	 500	   2000000 ns/op	   1500000 cpu-ns/op
BenchmarkHalf/small/mysql-2 	 500	   2000000 ns/op	   1500000 cpu-ns/op	  1 queries/op
PASS
ok  	ltipolicy/lti	3.1s
`

func TestMedians(t *testing.T) {
	got := medians(parse(output))
	want := []struct {
		name string
		ns   float64
	}{
		{"BenchmarkVerify", 62000},
		{"BenchmarkRSA/2048", 91000},
		{"BenchmarkAsked/5M/sqlite", 990000},
		{"BenchmarkAsked/5M/mariadb", 990000},
		{"BenchmarkAsked/10k/sqlite", 100000},
		{"BenchmarkAsked/10k/mariadb", 100000},
		{"BenchmarkLaunchNothingPending/sqlite", 2000000},
		{"BenchmarkPage/sqlite", 2000000},
		{"BenchmarkPage/mariadb", 2000000},
		{"BenchmarkHalf/big/sqlite", 2000000},
		{"BenchmarkHalf/big/mariadb", 2000000},
		{"BenchmarkHalf/small/sqlite", 2000000},
		{"BenchmarkHalf/small/mysql", 2000000},
	}
	if len(got) != len(want) {
		t.Fatalf("%d results, want %d", len(got), len(want))
	}
	for i, w := range want {
		if got[i].name != w.name || got[i].figures["ns/op"] != w.ns {
			t.Errorf("result %d: %s %v, want %s %v", i, got[i].name, got[i].figures["ns/op"], w.name, w.ns)
		}
	}
}

// A promise goes by its own unit, never by the time that something took, and is one for each database.
func TestPromises(t *testing.T) {
	tests := []struct {
		name string
		p    promise
		kept bool
		want []string
	}{
		{"kept", promise{"p", "BenchmarkVerify", "BenchmarkRSA", own, 2.0, 0}, true, []string{"p 2.00 2.0 kept"}},
		{"over", promise{"p", "BenchmarkVerify", "BenchmarkRSA", own, 1.9, 0}, false, []string{"p 2.00 1.9 OVER"}},
		{"missing", promise{"p", "BenchmarkNone", "BenchmarkRSA", own, 1.9, 0}, false, []string{"p - 1.9 MISSING: BenchmarkNone"}},
		{"missing whole", promise{"p", "BenchmarkNone", one, own, 1.9, 0}, false, []string{"p - 1.9 MISSING: BenchmarkNone"}},
		{"nothing to compare with", promise{"p", "BenchmarkVerify", "BenchmarkNone", own, 1.9, 0}, false, []string{"p - 1.9 MISSING: BenchmarkNone"}},
		{"each database", promise{"p", "BenchmarkAsked/5M/*", "BenchmarkAsked/10k/*", work, 1.5, 0}, false, []string{"p mariadb 1.80 1.5 OVER", "p sqlite 1.50 1.5 kept"}},
		{"rows, which only a server tells", promise{"p", "BenchmarkAsked/5M/*", "BenchmarkAsked/10k/*", rows, 1.1, 0}, true, []string{"p mariadb 1.03 1.1 kept"}},
		{"by itself", promise{"p", "BenchmarkLaunchNothingPending/*", millisecond, own, 1.5, 0}, true, []string{"p sqlite 1.50 1.5 kept"}},
		{"one side of one database is missing", promise{"p", "BenchmarkHalf/big/*", "BenchmarkHalf/small/*", own, 1.5, 0}, false, []string{
			"p mariadb - 1.5 MISSING: BenchmarkHalf/small/mariadb", "p mysql - 1.5 MISSING: BenchmarkHalf/big/mysql", "p sqlite 1.00 1.5 kept"}},
		{"a figure of a server is missing", promise{"p", "BenchmarkHalf/big/*", one, rows, 1.5, 0}, false, []string{"p mariadb - 1.5 MISSING: rows/op of BenchmarkHalf/big/mariadb"}},
		{"an answer that is none", promise{"p", "BenchmarkPage/*", millisecond, own, 2.0, 200}, false, []string{"p mariadb 1.50 2.0 STATUS 404, not 200", "p sqlite 1.50 2.0 kept"}},
		{"an answer that nobody told", promise{"p", "BenchmarkLaunchNothingPending/*", millisecond, own, 2.0, 200}, false, []string{"p sqlite - 2.0 MISSING: status of BenchmarkLaunchNothingPending/sqlite"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			kept, err := printPromises(&out, medians(parse(output)), []promise{tt.p})
			if err != nil {
				t.Fatal(err)
			}
			var lines []string
			for _, line := range strings.Split(strings.TrimSpace(out.String()), "\n")[1:] {
				lines = append(lines, strings.Join(strings.Fields(line), " "))
			}
			if diff := cmp.Diff(tt.want, lines); diff != "" {
				t.Error(diff)
			}
			if kept != tt.kept {
				t.Errorf("kept %v, want %v", kept, tt.kept)
			}
		})
	}
}

// Without a server nobody can say what it read.
func TestPromisesOfServersNeedOne(t *testing.T) {
	var results []result
	for _, r := range medians(parse(output)) {
		if r.figures[queries] == 0 {
			results = append(results, r)
		}
	}
	var out strings.Builder
	if kept, err := printPromises(&out, results, []promise{{"p", "BenchmarkAsked/5M/*", "BenchmarkAsked/10k/*", rows, 1.1, 0}}); err != nil || !kept {
		t.Errorf("kept %v, %v\n%s", kept, err, out.String())
	}
}

func TestResultsShowOtherUnits(t *testing.T) {
	var out strings.Builder
	if err := printResults(&out, medians(parse(output))); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "cpu 1500.0 µs  LaunchNothingPending/sqlite") {
		t.Errorf("no CPU time in\n%s", out.String())
	}
}

// An answer that failed costs less than a page.
func TestThePublicPageIsAPage(t *testing.T) {
	found := false
	for _, p := range promises {
		if strings.HasPrefix(p.over, "BenchmarkStrangers/") {
			found = true
			if p.status != 200 {
				t.Errorf("%s: status %d counts", p.name, p.status)
			}
		}
	}
	if !found {
		t.Error("nothing is promised of the public page")
	}
}
