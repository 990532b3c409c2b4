package demo

import (
	"os"
	"strconv"
	"testing"
	"time"
)

// patienceVariable multiplies how long the browser tests wait: 3 on a machine that is three times slower.
const patienceVariable = "LTIPOLICY_TEST_PATIENCE"

// patience is how long a browser may take for one step: to start, to answer, to show what is waited for. It is no
// measure of anything; a test that succeeds never waits so long.
func patience(t *testing.T) time.Duration {
	t.Helper()
	times := 1.0
	if s := os.Getenv(patienceVariable); s != "" {
		var err error
		if times, err = strconv.ParseFloat(s, 64); err != nil || times <= 0 {
			t.Fatalf("%s=%s: want a number above zero", patienceVariable, s)
		}
	}
	return time.Duration(times * float64(time.Minute))
}
