package main

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestSlowestAreListed: ten tests, the slowest first, each with its subtests.
func TestSlowestAreListed(t *testing.T) {
	var in, out bytes.Buffer
	for i := range 12 {
		for _, name := range []string{fmt.Sprintf("Test%02d", i), fmt.Sprintf("Test%02d/part", i)} {
			fmt.Fprintf(&in, `{"Action":"run","Package":"p","Test":%q}`+"\n", name)
			fmt.Fprintf(&in, `{"Action":"pass","Package":"p","Test":%q,"Elapsed":%d.25}`+"\n", name, i)
		}
	}
	r := newReport(&out)
	if err := errors.Join(r.read(&in), r.close()); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out.String(), "\n")
	if len(lines) != 12 || lines[0] != "slow\t11.2s\tp\tTest11" || lines[9] != "slow\t2.2s\tp\tTest02" || lines[10] != "24 passed, 0 failed, 0 skipped" {
		t.Errorf("printed:\n%s", &out)
	}
}

func TestReport(t *testing.T) {
	const (
		start = `{"Action":"output","Package":"p","Output":"-test.shuffle 42\n"}` + "\n" +
			`{"Action":"run","Package":"p","Test":"TestA"}` + "\n" +
			`{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}` + "\n" +
			`{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:1: details\n"}` + "\n"
		passed = `{"Action":"pass","Package":"p","Test":"TestA"}` + "\n"
		ok     = `{"Action":"output","Package":"p","Output":"PASS\n"}` + "\n" +
			`{"Action":"output","Package":"p","Output":"ok  \tp\t0.1s\n"}` + "\n" +
			`{"Action":"pass","Package":"p"}` + "\n"
		bad = `{"Action":"output","Package":"p","Output":"FAIL\n"}` + "\n" +
			`{"Action":"output","Package":"p","Output":"FAIL\tp\t0.1s\n"}` + "\n" +
			`{"Action":"fail","Package":"p"}` + "\n"
	)
	tests := []struct {
		name, in, out, err string
	}{
		{
			name: "a passed test's words are not shown",
			in:   start + passed + ok,
			out:  "ok  \tp\t0.1s\n1 passed, 0 failed, 0 skipped\n",
		},
		{
			name: "a failed test's words stand before its package's last line",
			in:   start + `{"Action":"fail","Package":"p","Test":"TestA"}` + "\n" + bad,
			out:  "    a_test.go:1: details\n-test.shuffle 42\nFAIL\nFAIL\tp\t0.1s\n0 passed, 1 failed, 0 skipped\n",
			err:  "failed tests: 1",
		},
		{
			name: "a skipped test fails a run that go test calls ok",
			in:   start + passed + `{"Action":"skip","Package":"p","Test":"TestB/mariadb"}` + "\n" + ok,
			out:  "ok  \tp\t0.1s\nSKIPPED\tp\tTestB/mariadb\n1 passed, 0 failed, 1 skipped\n",
			err:  "skipped tests: 1; every test must run here",
		},
		{
			name: "a package without tests is no skipped test",
			in: start + passed + ok + `{"Action":"output","Package":"q","Output":"?   \tq\t[no test files]\n"}` + "\n" +
				`{"Action":"skip","Package":"q"}` + "\n",
			out: "ok  \tp\t0.1s\n?   \tq\t[no test files]\n1 passed, 0 failed, 0 skipped\n",
		},
		{
			name: "a test that never ended, by a panic or a time-out, is shown and has failed",
			in:   start + `{"Action":"run","Package":"p","Test":"TestB"}` + "\n" + `{"Action":"pass","Package":"p","Test":"TestB"}` + "\n" + bad,
			out:  "    a_test.go:1: details\n-test.shuffle 42\nFAIL\nFAIL\tp\t0.1s\nNEVER ENDED\tp\tTestA\n1 passed, 1 failed, 0 skipped\n",
			err:  "failed tests: 1",
		},
		{
			name: "so is one whose package never ended, because go itself was ended",
			in:   `{"Action":"start","Package":"p"}` + "\n" + start + `{"Action":"start","Package":"q"}` + "\n",
			out:  "    a_test.go:1: details\nNEVER ENDED\tp\tTestA\nBROKEN\tq\n0 passed, 2 failed, 0 skipped\n",
			err:  "failed tests: 2",
		},
		{
			name: "a package that ends with an error after its tests has failed",
			in:   start + passed + bad,
			out:  "-test.shuffle 42\nFAIL\nFAIL\tp\t0.1s\nBROKEN\tp\n1 passed, 1 failed, 0 skipped\n",
			err:  "failed tests: 1",
		},
		{
			name: "what the compiler says is shown, and what it refuses has failed",
			in: `{"ImportPath":"p","Action":"build-output","Output":"p.go:1:1: undefined: x\n"}` + "\n" +
				`{"Action":"start","Package":"p"}` + "\n" + `{"Action":"output","Package":"p","Output":"FAIL\tp [build failed]\n"}` + "\n" +
				`{"Action":"fail","Package":"p","FailedBuild":"p"}` + "\n",
			out: "p.go:1:1: undefined: x\nFAIL\tp [build failed]\nBROKEN\tp\n0 passed, 1 failed, 0 skipped\n",
			err: "failed tests: 1",
		},
		{
			name: "nothing ran",
			out:  "0 passed, 0 failed, 0 skipped\n",
			err:  "no test ran",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			r := newReport(&out)
			if err := r.read(strings.NewReader(tt.in)); err != nil {
				t.Fatal(err)
			}
			message := ""
			if err := r.close(); err != nil {
				message = err.Error()
			}
			if out.String() != tt.out {
				t.Errorf("printed:\n%s\nwant:\n%s", out.String(), tt.out)
			}
			if message != tt.err {
				t.Errorf("error %q, want %q", message, tt.err)
			}
		})
	}
}
