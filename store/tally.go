package store

import (
	"context"
	"log/slog"
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

// tallies keeps figures that take long to count, by a key that changes with everything but the answers. Its
// zero value is empty. What it returns is shared: nobody changes it.
type tallies[T any] struct {
	mu   sync.Mutex
	kept map[string]*tally[T]
}

type tally[T any] struct {
	figures  T
	done     time.Time
	took     time.Duration
	counting bool
}

func (t *tallies[T]) get(ctx context.Context, log *slog.Logger, key string, count func(context.Context) (T, error)) (T, error) {
	t.mu.Lock()
	kept := t.kept[key]
	now := time.Now() // how long things take on this machine, whatever the time is
	fresh := kept != nil && now.Sub(kept.done) < tallyAge
	again := fresh && !kept.counting && now.Sub(kept.done) > tallyShare*kept.took
	if again {
		kept.counting = true
	}
	t.mu.Unlock()
	if again {
		go func() {
			if _, err := t.count(context.WithoutCancel(ctx), key, count); err != nil {
				log.Warn("counting answers", "error", err)
			}
		}()
	}
	if fresh {
		return kept.figures, nil
	}
	return t.count(ctx, key, count)
}

func (t *tallies[T]) count(ctx context.Context, key string, count func(context.Context) (T, error)) (T, error) {
	start := time.Now()
	figures, err := count(ctx)
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.kept, key)
	if err != nil {
		return figures, err
	}
	if took := time.Since(start); took >= tallyDear {
		if t.kept == nil || len(t.kept) > 200 { // old keys
			t.kept = map[string]*tally[T]{}
		}
		t.kept[key] = &tally[T]{figures: figures, done: time.Now(), took: took}
	}
	return figures, nil
}
