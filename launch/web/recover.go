package web

import (
	"fmt"
	"net/http"
	"runtime/debug"

	"ltipolicy/store"
)

// safely calls a handler. Its panic is an error like any other, so that the page knows what the page of an error knows;
// the log line gets the stack.
func safely(r *http.Request, h func() error) (err error) {
	defer func() {
		switch v := recover(); v {
		case nil:
		case http.ErrAbortHandler:
			panic(v)
		default:
			Note(r.Context(), "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	return h()
}

// recoverPanic is the last wall: it makes the general error page of a panic outside of the handlers, and of one in the
// page of an error.
func (f *Frame) recoverPanic(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := safely(r, func() error {
			next.ServeHTTP(w, r)
			return nil
		})
		if err != nil {
			f.fail(w, r, store.Session{}, err)
		}
	})
}
