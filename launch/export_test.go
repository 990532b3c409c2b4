package launch

import (
	"bufio"
	"bytes"
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

// XMLText is how a download writes a text into XML.
func XMLText(s string, most int) string {
	var b bytes.Buffer
	w := bufio.NewWriter(&b)
	writeXML(w, s, most)
	w.Flush() //nolint:errcheck // a buffer takes everything
	return b.String()
}

// Endless is a download without an end, with so much patience for each part of it.
func Endless(w http.ResponseWriter, patience time.Duration) error {
	out := newLate(w, "text/plain", "endless.txt")
	out.patience = patience
	for part := make([]byte, lateBuffer); ; {
		if _, err := out.Write(part); err != nil {
			return err
		}
	}
}

// BucketsAfter is how many addresses a limit remembers after n different ones.
func BucketsAfter(n int) int {
	b := newBuckets(Rate{PerSecond: 1, Burst: 10})
	at := time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)
	for i := range n {
		b.take(strconv.Itoa(i), at)
	}
	return len(b.list)
}
