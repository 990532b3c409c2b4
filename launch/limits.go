package launch

import (
	"net/http"

	"ltipolicy/policy"
)

// maxBody bounds every request body. The largest genuine one is a launch: an id_token of at most 64 KiB.
const maxBody = 256 << 10

// limitBody bounds the body and refuses text that is not what it claims to be before any handler reads it.
func (s *Server) limitBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}

// parseForm reads a posted form. Too long is ErrTooLarge by its own type, malformed is ErrInvalid.
func parseForm(r *http.Request) error {
	err := r.ParseForm()
	if err == nil {
		return nil
	}
	if _, code, _ := classify(err); code == "too_large" {
		return err
	}
	return policy.E(policy.ErrInvalid, "").Because(err)
}
