package main

import (
	"bytes"
	"strings"
	"testing"
)

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
			name: "a test that never ended is shown",
			in:   start + bad,
			out:  "    a_test.go:1: details\n-test.shuffle 42\nFAIL\nFAIL\tp\t0.1s\n0 passed, 0 failed, 0 skipped\n",
			err:  "no test ran",
		},
		{
			name: "what the compiler says is shown",
			in:   `{"ImportPath":"p","Action":"build-output","Output":"p.go:1:1: undefined: x\n"}` + "\n",
			out:  "p.go:1:1: undefined: x\n0 passed, 0 failed, 0 skipped\n",
			err:  "no test ran",
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
