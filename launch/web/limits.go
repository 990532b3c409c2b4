package web

import (
	"context"
	"net/http"
	"path"
	"strings"
	"time"
)

// maxBody bounds every request body. The largest genuine one is a launch: an id_token of at most 64 KiB.
const maxBody = 256 << 10

// maxDraft bounds the body of the forms in which administrators write: a policy in all its languages. Nothing
// reads it before the session and the right are known.
const maxDraft = 8 << 20

// limitBody bounds the body before anything reads it.
func (f *Frame) limitBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		most := int64(maxBody)
		if strings.HasPrefix(r.URL.Path, "/l/") && strings.Contains(r.URL.Path, "/admin/") {
			most = maxDraft
		}
		r.Body = http.MaxBytesReader(w, r.Body, most)
		next.ServeHTTP(w, r)
	})
}

// requestTime is how long a request may wait for others, unless Limits say otherwise.
const requestTime = 10 * time.Second

// timed bounds how long a handler waits for the database or for a platform: the reader gets a page that says so
// instead of nothing. Files to take along take as long as it takes to send them. What administrators post may be
// long on its way here, and a registration asks the platform twice: three times as long.
func (f *Frame) timed(r *http.Request) (*http.Request, context.CancelFunc) {
	if path.Ext(r.URL.Path) != "" {
		return r, func() {}
	}
	most := f.patience
	if r.Method == http.MethodPost && (strings.Contains(r.URL.Path, "/admin/") || r.URL.Path == "/lti/register") {
		most *= 3
	}
	ctx, cancel := context.WithTimeout(r.Context(), most)
	return r.WithContext(ctx), cancel
}
