package web

import "net/http"

// middleware wraps a handler.
type middleware func(http.Handler) http.Handler

// Handler serves the routes. What stands around them all, outermost first:
//
//   - logRequest: everything that follows has a request id and ends in one log line
//   - headers: even a refused request carries the security headers
//   - recoverPanic: inside the log, so that a panic is a logged page
//   - limitBody: before anything reads a body
//   - limitRate: before any handler works; it may have to read a launch's body
//   - sameOrigin: before any handler that changes something
func (f *Frame) Handler(routes *Routes) http.Handler {
	return chain(routes.mux, f.logRequest, f.headers, f.recoverPanic, f.limitBody(routes), f.limitRate(routes), f.sameOrigin(routes))
}

// chain applies middleware, the first outermost.
func chain(h http.Handler, ms ...middleware) http.Handler {
	for i := len(ms) - 1; i >= 0; i-- {
		h = ms[i](h)
	}
	return h
}
