package store

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"
)

const (
	// tallyDear is how long counting takes before its result is kept.
	tallyDear = 50 * time.Millisecond
	// tallyAge is how old a kept result may be. It is counted anew in the background long before, when
	// somebody looks.
	tallyAge = 10 * time.Minute
	// tallyShare bounds the share of time that is spent on counting to one part in so many.
	tallyShare = 20
)

// tallies keeps the figures of institutions whose answers take long to count. Its zero value is empty.
type tallies struct {
	mu   sync.Mutex
	kept map[string]*tally
}

type tally struct {
	counts   map[int64]Count
	done     time.Time
	took     time.Duration
	counting bool
}

// key changes when something is published or platforms come and go, so that a list never lacks a version.
func (s *reportScope) key() string {
	k := s.q.InstitutionID
	for _, c := range s.columns {
		k += fmt.Sprint(" ", c.VersionID, c.Counting, c.Platforms)
	}
	return k
}

func (t *tallies) get(ctx context.Context, db *DB, s *reportScope) (map[int64]Count, error) {
	key := s.key()
	t.mu.Lock()
	kept := t.kept[key]
	now := time.Now() // how long things take on this machine, whatever the time is
	fresh := kept != nil && now.Sub(kept.done) < tallyAge
	again := fresh && !kept.counting && now.Sub(kept.done) > tallyShare*kept.took
	if again {
		kept.counting = true
	}
	var counts map[int64]Count
	if fresh {
		counts = maps.Clone(kept.counts)
	}
	t.mu.Unlock()
	if again {
		go func() {
			if _, err := t.count(context.WithoutCancel(ctx), db, s, key); err != nil {
				db.log.Warn("counting answers", "error", err)
			}
		}()
	}
	if fresh {
		return counts, nil
	}
	return t.count(ctx, db, s, key)
}

func (t *tallies) count(ctx context.Context, db *DB, s *reportScope, key string) (map[int64]Count, error) {
	start := time.Now()
	counts, err := db.countAll(ctx, s)
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.kept, key)
	if err != nil {
		return nil, err
	}
	if took := time.Since(start); took >= tallyDear {
		if t.kept == nil || len(t.kept) > 200 { // old keys
			t.kept = map[string]*tally{}
		}
		t.kept[key] = &tally{counts: maps.Clone(counts), done: time.Now(), took: took}
	}
	return counts, nil
}
