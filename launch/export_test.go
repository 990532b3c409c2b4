package launch

import (
	"bufio"
	"bytes"
	"net/http"
	"time"

	"ltipolicy/lti"
)

// KeepAttempt puts a login attempt of the test's own into a browser: recorded launches answer recorded states.
func (s *Server) KeepAttempt(w http.ResponseWriter, r *http.Request, a lti.Attempt) error {
	return s.keepAttempt(w, r, a)
}

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
