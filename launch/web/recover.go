package web

import (
	"fmt"
	"net/http"
	"runtime/debug"

	"ltipolicy/store"
)

// recoverPanic turns a panic into the general error page; the log line gets the stack.
func (f *Frame) recoverPanic(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if v == http.ErrAbortHandler {
				panic(v)
			}
			Note(r.Context(), "stack", string(debug.Stack()))
			f.fail(w, r, store.Session{}, fmt.Errorf("panic: %v", v))
		}()
		next.ServeHTTP(w, r)
	})
}
