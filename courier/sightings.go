package courier

import (
	"context"
	"sync"
	"time"

	"ltipolicy/store"
)

const (
	mostSightings = 10_000 // kinds of things of platforms between two times they are written down
	seenWithin    = 5 * time.Second
)

// sightings are what this process saw and did not write down yet, so that no launch waits for it.
type sightings struct {
	mu  sync.Mutex
	all map[sightingKey]store.Sighting
}

type sightingKey struct {
	platformID string
	what       store.Sight
}

// Saw notes that something was seen of a platform now. It costs no query; the job writes it down within a minute.
func (w *Worker) Saw(platformID string, what store.Sight, detail string) {
	s := &w.seen
	s.mu.Lock()
	defer s.mu.Unlock()
	k := sightingKey{platformID, what}
	have, ok := s.all[k]
	if !ok && len(s.all) >= mostSightings {
		return
	}
	if s.all == nil {
		s.all = map[sightingKey]store.Sighting{}
	}
	s.all[k] = store.Sighting{PlatformID: platformID, What: what, Seen: have.Seen + 1, Detail: detail, Last: w.now()}
}

// writeSightings writes down what was seen; what could not be written is kept for the next time.
func (w *Worker) writeSightings(ctx context.Context) error {
	s := &w.seen
	s.mu.Lock()
	taken := s.all
	s.all = nil
	s.mu.Unlock()
	if len(taken) == 0 {
		return nil
	}
	list := make([]store.Sighting, 0, len(taken))
	for _, x := range taken {
		list = append(list, x)
	}
	err := w.store.Saw(ctx, list...)
	if err == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, x := range taken {
		if newer, ok := s.all[k]; ok {
			newer.Seen += x.Seen
			x = newer
		}
		if s.all == nil {
			s.all = map[sightingKey]store.Sighting{}
		}
		s.all[k] = x
	}
	return err
}

// leaveSightings writes down what is left when the program stops.
func (w *Worker) leaveSightings(ctx context.Context) error {
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), seenWithin)
	defer cancel()
	return w.writeSightings(late)
}
