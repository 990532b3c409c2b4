package launch

import (
	"net/http"

	"ltipolicy/lti"
)

// KeepAttempt puts a login attempt of the test's own into a browser: recorded launches answer recorded states.
func (s *Server) KeepAttempt(w http.ResponseWriter, r *http.Request, a lti.Attempt) error {
	return s.rooms.entry.keepAttempt(w, r, a)
}

// SubHash is what the log calls a person.
func (s *Server) SubHash(platformID, sub string) string { return s.frame.SubHash(platformID, sub) }
