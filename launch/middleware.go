package launch

import "net/http"

// middleware wraps a handler.
type middleware func(http.Handler) http.Handler

// chain applies middleware, the first outermost.
func chain(h http.Handler, ms ...middleware) http.Handler {
	for i := len(ms) - 1; i >= 0; i-- {
		h = ms[i](h)
	}
	return h
}
