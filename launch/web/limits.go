package web

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"ltipolicy/lti"
)

// maxBody bounds the body of every request that is no launch and brings no policy.
const maxBody = 256 << 10

// maxLaunch bounds the body of a launch: a token, the state, and what our own page adds to them.
const maxLaunch = lti.MaxToken + 64<<10

// maxDraft bounds the body of the forms in which administrators write: a policy in all its languages. Nothing
// reads it before the session and the right are known.
const maxDraft = 8 << 20

// freeBody is how long a body may be that costs no more than the connection on which it comes. A form and a launch are
// shorter.
const freeBody = 16 << 10

// limitBody bounds the body before anything reads it, and how much of long ones somebody sends at once: a visit, or an
// address without one.
func (f *Frame) limitBody(routes *Routes) middleware {
	most := map[string]int64{}
	for _, r := range routes.all {
		switch {
		case r.Uploads:
			most[r.Pattern] = maxDraft
		case r.Pattern == LaunchPattern:
			most[r.Pattern] = maxLaunch
		default:
			most[r.Pattern] = maxBody
		}
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, pattern := routes.mux.Handler(r)
			most := cmp.Or(most[pattern], maxBody)
			bytes := r.ContentLength
			if bytes < 0 || bytes > most {
				bytes = most
			}
			if who := f.limits.client(r); who != "" && bytes > freeBody {
				if visit := f.visitOf(r); visit != "" {
					who = "visit " + visit
				}
				if !f.sending.take(who, bytes) {
					f.overLimit(w, r, "bodies", time.Second)
					return
				}
				defer f.sending.give(who, bytes)
			}
			r.Body = http.MaxBytesReader(w, r.Body, most)
			next.ServeHTTP(w, r)
		})
	}
}

// requestTime is how long a request may wait for others, unless Limits say otherwise.
const requestTime = 10 * time.Second

// timed bounds how long a handler waits for the database or for a platform: the reader gets a page that says so
// instead of nothing.
func (f *Frame) timed(r *http.Request, route Route) (*http.Request, context.CancelFunc) {
	if route.File {
		return r, func() {}
	}
	most := f.patience
	if route.Uploads || route.Slow {
		most *= 3
	}
	ctx, cancel := context.WithTimeout(r.Context(), most)
	return r.WithContext(ctx), cancel
}
