package store_test

import (
	"context"
	"crypto/rand"
	"testing"
	"time"

	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

// A replica that cannot go on lets another one append at once, whether the failure was the database's or its own
// end.
func TestFailedAppendingLeavesTheLogToOthers(t *testing.T) {
	for name, fail := range map[string]func(s *site, e policy.Event) error{
		"a batch fails": func(s *site, e policy.Event) error {
			s.exec(`UPDATE acceptance_event SET hash = 'x' WHERE id = ?`, e.ID)
			_, err := s.db.AppendLog(s.t.Context())
			s.exec(`UPDATE acceptance_event SET hash = ? WHERE id = ?`, e.Hash, e.ID)
			return err
		},
		"the program stops": func(s *site, _ policy.Event) error {
			ctx, stop := context.WithCancel(s.t.Context())
			defer stop()
			// The log's first checkpoint needs a key, whose making is the only time that 32 bytes are asked for.
			chance := readerFunc(func(p []byte) (int, error) {
				if len(p) == 32 {
					stop()
				}
				return rand.Read(p)
			})
			_, err := storetest.Open(s.t, s.dsn, store.Options{Now: s.clock.now, Rand: chance}).AppendLog(ctx)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachSite(t, func(t *testing.T, s *site) {
				e := s.withAnswers(1)[0]
				if err := fail(s, e); err == nil {
					t.Fatal("appending did not fail")
				}
				other := storetest.Open(t, s.dsn, store.Options{Now: s.clock.now})
				u := s.user("next")
				s.answer(s.event(u, s.load("c", draft(policy.Agree, text("ro", "c"))), policy.Accepted))
				if n, err := other.AppendLog(t.Context()); n == 0 || err != nil {
					t.Errorf("another replica appended %d events at once, %v", n, err)
				}
				if b, err := other.Backlog(t.Context()); b.Evidence != 0 || err != nil {
					t.Errorf("%d entries wait, %v", b.Evidence, err)
				}
			})
		})
	}
}

// A clock that was wrong when it took a lease keeps nobody from the job: neither the log nor a roster.
func TestLeaseOfAWrongClockIsNobodys(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		s.admit(graded("5", "7"))
		wrong := storetest.Open(t, s.dsn, store.Options{Now: func() time.Time { return s.clock.now().Add(365 * 24 * time.Hour) }})
		if got, err := wrong.TakeLease(t.Context(), "job", "wrong"); !got || err != nil {
			t.Fatalf("taken: %v, %v", got, err)
		}
		if got, err := s.db.TakeLease(t.Context(), "job", "right"); !got || err != nil {
			t.Errorf("after a wrong clock: %v, %v", got, err)
		}
		if fill, err := wrong.FillRoster(t.Context(), s.platform.ID, "2", 0); fill == nil || err != nil {
			t.Fatalf("filled: %v, %v", fill, err)
		}
		if fill, err := s.db.FillRoster(t.Context(), s.platform.ID, "2", 0); fill == nil || err != nil {
			t.Errorf("a roster after a wrong clock: %v, %v", fill, err)
		}
	})
}

// A lease that was given back is free at once for a replica whose clock is a little behind.
func TestDroppedLeaseIsFreeWhateverTheClocksSay(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		if got, err := s.db.TakeLease(t.Context(), "job", "a"); !got || err != nil {
			t.Fatalf("taken: %v, %v", got, err)
		}
		s.must(s.db.DropLease(t.Context(), "job", "a"))
		behind := storetest.Open(t, s.dsn, store.Options{Now: func() time.Time { return s.clock.now().Add(-time.Second) }})
		if got, err := behind.TakeLease(t.Context(), "job", "b"); !got || err != nil {
			t.Errorf("dropped, but not free: %v, %v", got, err)
		}
	})
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
