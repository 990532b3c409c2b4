package store_test

import (
	"errors"
	"testing"
	"time"

	"ltipolicy/policy"
)

func TestBacklogCountsWhatWaits(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		u, v := s.user("1"), s.load("site", draft(policy.Agree, text("ro", "reguli")))
		_, err := s.db.AppendLog(t.Context()) // what set it up
		s.must(err)
		s.answer(s.event(u, v, policy.Accepted))
		got, err := s.db.Backlog(t.Context())
		s.must(err)
		if got.Evidence != 1 || got.Scores != 0 || got.Dead != 0 || !got.Oldest.IsZero() {
			t.Errorf("%+v", got)
		}
		_, err = s.db.AppendLog(t.Context())
		s.must(err)
		if got, err = s.db.Backlog(t.Context()); err != nil || got.Evidence != 0 {
			t.Errorf("%+v %v", got, err)
		}
		o := newOffice(s)
		good, bad := o.create("good", named(policy.Agree, "good", "v1")), o.create("bad", named(policy.Agree, "bad", "v1"))
		o.must(o.schedule(good, false, o.clock.now().Add(2*time.Hour)))
		o.must(o.schedule(bad, false, o.clock.now().Add(time.Hour)))
		o.spoil(bad)
		if got, err = s.db.Backlog(t.Context()); err != nil || got.Waiting != 2 || got.Failed != 0 {
			t.Errorf("before the day: %+v %v", got, err)
		}
		o.clock.add(time.Hour)
		_, err = s.db.ActivateDue(t.Context())
		s.must(err)
		if got, err = s.db.Backlog(t.Context()); err != nil || got.Waiting != 1 || got.Failed != 1 {
			t.Errorf("after the day: %+v %v", got, err)
		}
		open := 0
		for _, p := range s.db.Pools() {
			open += p.OpenConnections
		}
		if open == 0 {
			t.Error("no connection is open")
		}
		s.must(s.db.Close())
		if _, err := s.db.Backlog(t.Context()); !errors.Is(err, policy.ErrUnavailable) {
			t.Errorf("got %v", err)
		}
	})
}
