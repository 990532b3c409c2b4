package launch

import (
	"net/http"
	"strconv"
	"time"

	"ltipolicy/lti"
)

// KeepAttempt puts a login attempt of the test's own into a browser: recorded launches answer recorded states.
func (s *Server) KeepAttempt(w http.ResponseWriter, r *http.Request, a lti.Attempt) error {
	return s.keepAttempt(w, r, a)
}

// SubHash is what the log calls a person.
func (s *Server) SubHash(platformID, sub string) string { return s.subHash(platformID, sub) }

// ClientOf is the address that limits count a request for.
func ClientOf(l Limits, r *http.Request) string { return newLimiter(l).client(r) }

// BucketsAfter is how many addresses a limit remembers after n different ones.
func BucketsAfter(n int) int {
	b := newBuckets(Rate{PerSecond: 1, Burst: 10})
	at := time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)
	for i := range n {
		b.take(strconv.Itoa(i), at)
	}
	return len(b.list)
}
