package web

import (
	"net/http"

	"ltipolicy/policy"
)

// sameOrigin refuses forms that another site sends in a reader's name. Exempt are the addresses that a
// platform posts to by design; what protects them is the state, the nonce and the signature.
func (f *Frame) sameOrigin(routes *Routes) middleware {
	c := http.NewCrossOriginProtection()
	for _, r := range routes.all {
		if r.FromPlatforms {
			c.AddInsecureBypassPattern(r.Pattern)
		}
	}
	c.SetDenyHandler(f.Page(func(http.ResponseWriter, *http.Request) error {
		return policy.E(policy.ErrForbidden, "csrf")
	}))
	return c.Handler
}
