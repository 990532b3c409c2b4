package launch

import (
	"net/http"

	"ltipolicy/policy"
)

// sameOrigin refuses forms that another site sends in a reader's name. Exempt are the addresses that a
// platform posts to by design; what protects them is the state, the nonce and the signature.
func (s *Server) sameOrigin(next http.Handler) http.Handler {
	c := http.NewCrossOriginProtection()
	for _, pattern := range []string{"POST /lti/login", "POST /lti/login/{platform}", "POST /lti/login/{platform}/door", launchPattern} {
		c.AddInsecureBypassPattern(pattern)
	}
	c.SetDenyHandler(s.page(func(w http.ResponseWriter, r *http.Request) error {
		return policy.E(policy.ErrForbidden, "csrf")
	}))
	return c.Handler(next)
}
