package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const output = `goos: linux
BenchmarkVerify-2         	   20000	     60000 ns/op	   16000 B/op	     200 allocs/op
BenchmarkVerify-2         	   20000	     62000 ns/op	   16000 B/op	     200 allocs/op
BenchmarkVerify-2         	   20000	     99000 ns/op	   16000 B/op	     200 allocs/op
BenchmarkRSA/2048-2       	   40000	     31000 ns/op	     900 B/op	      10 allocs/op
BenchmarkLaunchNothingPending/sqlite-2 	 500	   2000000 ns/op	   1500000 cpu-ns/op	   90000 B/op	     900 allocs/op
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
		{"BenchmarkRSA/2048", 31000},
		{"BenchmarkLaunchNothingPending/sqlite", 2000000},
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

func TestRatios(t *testing.T) {
	tests := []struct {
		name string
		p    ratio
		kept bool
		line string
	}{
		{"kept", ratio{"r", "BenchmarkVerify", "BenchmarkRSA", 2.0}, true, "r      2.00      2.0      kept"},
		{"over", ratio{"r", "BenchmarkVerify", "BenchmarkRSA", 1.9}, false, "r      2.00      1.9      OVER"},
		{"missing", ratio{"r", "BenchmarkAsked/5M", "BenchmarkRSA", 1.9}, false, "r      not measured  1.9      MISSING"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			kept, err := printRatios(&out, medians(parse(output)), []ratio{tt.p})
			if err != nil {
				t.Fatal(err)
			}
			lines := strings.Split(strings.TrimSpace(out.String()), "\n")
			if diff := cmp.Diff(tt.line, strings.TrimSpace(lines[len(lines)-1])); diff != "" {
				t.Error(diff)
			}
			if kept != tt.kept {
				t.Errorf("kept %v, want %v", kept, tt.kept)
			}
		})
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
