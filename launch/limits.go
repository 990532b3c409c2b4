package launch

import (
	"net/http"
	"strings"

	"ltipolicy/policy"
)

// maxBody bounds every request body. The largest genuine one is a launch: an id_token of at most 64 KiB.
const maxBody = 256 << 10

// maxDraft bounds the body of the forms in which administrators write: a policy in all its languages. Nothing
// reads it before the session and the right are known.
const maxDraft = 8 << 20

// limitBody bounds the body before anything reads it.
func (s *Server) limitBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		most := int64(maxBody)
		if strings.HasPrefix(r.URL.Path, "/l/") && strings.Contains(r.URL.Path, "/admin/") {
			most = maxDraft
		}
		r.Body = http.MaxBytesReader(w, r.Body, most)
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
