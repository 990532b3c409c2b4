package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

const (
	// tallyDear is how long counting takes before its result is kept.
	tallyDear = 50 * time.Millisecond
	// tallyAge is how old a kept result may be. It is counted anew long before, when somebody looks, see
	// [DB.Recount].
	tallyAge = 10 * time.Minute
	// tallyShare bounds the share of time that is spent on counting to one part in so many.
	tallyShare = 20
)

// tallies keeps figures that take long to count, by a key that changes with everything but the answers. Its
// zero value is empty. What it returns is shared: nobody changes it. Under a clock that stands still nothing takes long.
type tallies[T any] struct {
	mu   sync.Mutex
	kept map[string]*tally[T]
}

type tally[T any] struct {
	figures T
	at      time.Time // when they were counted
	took    time.Duration
	count   func(context.Context) (T, error) // as whoever looked last has it
	wanted  bool                             // somebody looked when it was old enough to be counted anew
}

// get returns what is kept, with when it was counted, and notes that it was looked at. What is not kept is counted for
// the caller; then the time is zero.
func (t *tallies[T]) get(ctx context.Context, now func() time.Time, key string, count func(context.Context) (T, error)) (T, time.Time, error) {
	t.mu.Lock()
	kept := t.kept[key]
	since := time.Duration(0)
	if kept != nil {
		since = now().Sub(kept.at)
	}
	fresh := kept != nil && since >= 0 && since < tallyAge
	if fresh && since > (tallyShare+1)*kept.took {
		kept.wanted, kept.count = true, count
	}
	t.mu.Unlock()
	if fresh {
		return kept.figures, kept.at, nil
	}
	figures, err := t.count(ctx, now, key, count)
	return figures, time.Time{}, err
}

func (t *tallies[T]) count(ctx context.Context, now func() time.Time, key string, count func(context.Context) (T, error)) (T, error) {
	at := now()
	figures, err := count(ctx)
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.kept, key)
	if err != nil {
		return figures, err
	}
	if took := now().Sub(at); took >= tallyDear {
		if t.kept == nil || len(t.kept) > 200 { // old keys
			t.kept = map[string]*tally[T]{}
		}
		t.kept[key] = &tally[T]{figures: figures, at: at, took: took, count: count}
	}
	return figures, nil
}

// recount counts anew what somebody looked at.
func (t *tallies[T]) recount(ctx context.Context, now func() time.Time) error {
	t.mu.Lock()
	wanted := map[string]func(context.Context) (T, error){}
	for key, kept := range t.kept {
		if kept.wanted {
			wanted[key] = kept.count
		}
	}
	t.mu.Unlock()
	var failed []error
	for key, count := range wanted {
		if _, err := t.count(ctx, now, key, count); err != nil {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// Recount counts anew those of the figures this process keeps, see [DB.Counts] and [DB.Figures], that somebody
// looked at and that are not young any more. What cannot be counted is not kept any longer: whoever looks next has it
// counted.
func (db *DB) Recount(ctx context.Context) error {
	if err := errors.Join(db.counts.recount(ctx, db.now), db.figures.recount(ctx, db.now)); err != nil {
		return fmt.Errorf("counting answers anew: %w", unavailable(err))
	}
	return nil
}
