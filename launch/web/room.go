package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/semaphore"

	"ltipolicy/policy"
)

// What the bodies of requests take of the process's memory. A form that was read stands there several times: as it came,
// and taken apart.
const (
	formFactor = 3
	// maxForms bounds the long forms, above maxBody, that are in memory at once, in bytes; maxFormsEach those of one
	// institution, or of one address among strangers.
	maxForms     = 2 * maxFormsEach
	maxFormsEach = formFactor * maxDraft
	// maxFormsWait is how many may wait for their turn; maxFormsWaitEach how many of one payer, or one could take all the
	// places.
	maxFormsWait     = 100
	maxFormsWaitEach = 8
	// maxBodies bounds the bodies that one address sends at once, long and short: a campus whose people all launch at
	// once has 2,000 of them, and 15 of the longest.
	maxBodies = 16 << 20
)

// room lets long forms into memory, in the order in which they came, and of each payer only so much at once: who sends
// many waits for the own ones.
type room struct {
	all     *semaphore.Weighted
	waiting atomic.Int32

	mu    sync.Mutex
	payer map[string]*share
}

// share is what one payer has.
type share struct {
	room *semaphore.Weighted
	used int // by so many requests, waiting ones among them
}

func newRoom() *room {
	return &room{all: semaphore.NewWeighted(maxForms), payer: map[string]*share{}}
}

var errFormsWait = errors.New("too many long forms wait already")

// enter waits for room for so many bytes, within ctx. leave gives it back.
func (m *room) enter(ctx context.Context, payer string, bytes int64) (leave func(), err error) {
	busy := func(err error) (func(), error) {
		return nil, policy.E(policy.ErrUnavailable, "busy").Because(fmt.Errorf("waiting for room for a long form: %w", err))
	}
	defer m.waiting.Add(-1)
	if m.waiting.Add(1) > maxFormsWait {
		return busy(errFormsWait)
	}
	own, used := m.shareOf(payer)
	if used > maxFormsWaitEach {
		m.give(payer, own)
		return busy(errFormsWait)
	}
	if err := own.room.Acquire(ctx, bytes); err != nil {
		m.give(payer, own)
		return busy(err)
	}
	if err := m.all.Acquire(ctx, bytes); err != nil {
		own.room.Release(bytes)
		m.give(payer, own)
		return busy(err)
	}
	return func() {
		m.all.Release(bytes)
		own.room.Release(bytes)
		m.give(payer, own)
	}, nil
}

// shareOf counts one more that uses a payer's share.
func (m *room) shareOf(payer string) (s *share, used int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s = m.payer[payer]
	if s == nil {
		s = &share{room: semaphore.NewWeighted(maxFormsEach)}
		m.payer[payer] = s
	}
	s.used++
	return s, s.used
}

func (m *room) give(payer string, s *share) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s.used--; s.used == 0 {
		delete(m.payer, payer)
	}
}

// long is how much of a request's body is to be counted, 0 if it is no longer than anybody's.
func long(r *http.Request) int64 {
	n := r.ContentLength
	if n < 0 || n > maxDraft {
		n = maxDraft
	}
	if n <= maxBody {
		return 0
	}
	return n * formFactor
}

// bodies counts what each address is sending.
type bodies struct {
	mu  sync.Mutex
	now map[string]int64
}

// take counts a body that may have so many bytes, unless the address sends too much already.
func (b *bodies) take(who string, bytes int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.now[who] > 0 && b.now[who]+bytes > maxBodies {
		return false
	}
	b.now[who] += bytes
	return true
}

func (b *bodies) give(who string, bytes int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.now[who] -= bytes; b.now[who] <= 0 {
		delete(b.now, who)
	}
}
