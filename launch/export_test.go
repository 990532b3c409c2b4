package launch

import (
	"context"
	"net/http"

	"ltipolicy/lti"
)

// KeepAttempt puts a login attempt of the test's own into a browser: recorded launches answer recorded states.
func (s *Server) KeepAttempt(w http.ResponseWriter, r *http.Request, a lti.Attempt) error {
	return s.rooms.entry.keepAttempt(w, r, a)
}

// SubHash is what the log calls a person.
func (s *Server) SubHash(platformID, sub string) string { return s.frame.SubHash(platformID, sub) }

// FetchLists has the lists that teachers wait for fetched by f.
func (s *Server) FetchLists(f func(ctx context.Context, platformID, contextID string) error) {
	s.rooms.teacher.refreshNow = f
}
