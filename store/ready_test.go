package store_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

// Each replica writes that it lives, at most once a second however often it is asked.
func TestReadyWritesThatTheReplicaLives(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		s.must(s.db.EnsureKeys(t.Context(), generateKey))
		other := storetest.Open(t, s.dsn, store.Options{Now: s.clock.now})
		for _, db := range []*store.DB{s.db, s.db, other} {
			s.must(db.Ready(t.Context()))
		}
		if n := s.count(`SELECT COUNT(id) FROM replica`); n != 2 {
			t.Errorf("%d replicas live, want 2", n)
		}
		began := s.clock.now()
		marked := began.Add(-time.Hour)
		_, err := s.db.SQL().ExecContext(t.Context(), `UPDATE replica SET timeseen = ?`, marked)
		s.must(err)
		s.clock.add(time.Second - time.Millisecond)
		for range 3 {
			s.must(s.db.Ready(t.Context()))
		}
		if n := s.count(`SELECT COUNT(id) FROM replica WHERE timeseen = ?`, marked); n != 2 {
			t.Errorf("within a second a replica wrote again: %d of 2 rows are as they were", n)
		}
		s.clock.add(time.Minute)
		s.must(s.db.Ready(t.Context()))
		if n := s.count(`SELECT COUNT(id) FROM replica WHERE timeseen > ?`, began); n != 1 {
			t.Errorf("%d replicas were seen since, want 1", n)
		}
	})
}

// A database that answers and takes nothing is of no use: no answer could be recorded.
func TestReadyNeedsADatabaseThatTakesWrites(t *testing.T) {
	s := newSite(t, storetest.SQLite(t))
	s.must(s.db.EnsureKeys(t.Context(), generateKey))
	s.must(s.db.Ready(t.Context()))
	if _, err := s.db.SQL().ExecContext(t.Context(), `
		CREATE TRIGGER closed BEFORE UPDATE ON replica BEGIN SELECT RAISE(ABORT, 'the disk may only be read'); END`); err != nil {
		t.Fatal(err)
	}
	s.clock.add(2 * time.Second)
	if err := s.db.Ready(t.Context()); !errors.Is(err, policy.ErrUnavailable) || !strings.Contains(err.Error(), "takes no writes") {
		t.Errorf("ready: %v", err)
	}
}
