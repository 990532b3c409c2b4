package store_test

import (
	"os"
	"syscall"
	"testing"
	"time"

	"ltipolicy/policy"
	"ltipolicy/store"
)

func TestZZAppend(t *testing.T) {
	if os.Getenv("ZZ") == "" {
		return
	}
	eachSite(t, func(t *testing.T, s *site) {
		v := s.load("a", draft(policy.Agree, text("ro", "a")))
		w := s.load("b", draft(policy.Agree, text("ro", "a")))
		for i := range 400 {
			u := store.User{ID: int64(i + 1), Sub: userNumber(i)}
			s.answer(s.event(u, v, policy.Accepted), s.event(u, w, policy.Accepted))
		}
		var a, b syscall.Rusage
		syscall.Getrusage(0, &a)
		st := time.Now()
		n, err := s.db.AppendLog(t.Context())
		d := time.Since(st)
		syscall.Getrusage(0, &b)
		t.Log(n, err, d, time.Duration(b.Utime.Nano()+b.Stime.Nano()-a.Utime.Nano()-a.Stime.Nano()))
	})
}
