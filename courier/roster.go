package courier

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
)

const (
	// FreshFor is how old a roster may be before a teacher's visit has it fetched again.
	FreshFor = 5 * time.Minute

	queueLength = 256              // rosters waiting to be fetched
	fetchers    = 8                // rosters fetched at once
	againAfter  = time.Minute      // a failure is not repeated at each visit
	sameMoment  = 10 * time.Second // a roster that two people ask for is fetched once
	pageMembers = 500              // members a page that platforms are asked for
	flushAt     = 250              // members written at once
	fetchWithin = 30 * time.Minute
)

// course names a course of a platform.
type course struct{ platformID, contextID string }

// wanted is a roster that somebody asked for. Its fields are the queue's until done is closed.
type wanted struct {
	course
	age  time.Duration // a roster as young as this is good enough
	done chan struct{}
	err  error
}

// rosters are those that were asked for and are not there yet. They are this process's own: if it ends, the next
// visit asks again.
type rosters struct {
	queue   chan *wanted
	stopped chan struct{} // closed: nobody fetches any more
	stop    func()

	mu      sync.Mutex
	waiting map[course]*wanted
}

func newRosters() rosters {
	stopped := make(chan struct{})
	return rosters{
		queue: make(chan *wanted, queueLength), waiting: map[course]*wanted{},
		stopped: stopped, stop: sync.OnceFunc(func() { close(stopped) }),
	}
}

// want puts a course into the queue, unless it is there. It is nil if the queue is full.
func (w *Worker) want(at course, age time.Duration) *wanted {
	w.rosters.mu.Lock()
	defer w.rosters.mu.Unlock()
	r := w.rosters.waiting[at]
	if r == nil {
		r = &wanted{course: at, age: age, done: make(chan struct{})}
		select {
		case w.rosters.queue <- r:
			w.rosters.waiting[at] = r
		default:
			return nil
		}
	}
	r.age = min(r.age, age)
	w.Wake(Rosters)
	return r
}

// RefreshSoon has a course's roster fetched between requests if it is older than [FreshFor] and its platform offers
// one. It never blocks; the page shows what is known until then.
func (w *Worker) RefreshSoon(r store.Roster) {
	now := w.now()
	if r.URL == "" || r.Refreshing || now.Sub(r.Fetched) < FreshFor || now.Sub(r.Failed) < againAfter {
		return
	}
	w.want(course{r.PlatformID, r.ContextID}, FreshFor) // if the queue is full the next visit asks again
}

// RefreshRoster has a course's roster fetched now and waits for it, no longer than ctx says; the fetching goes on all
// the same. It is nil, too, if another replica is at it or somebody has just been. If it failed, when and why stands
// beside the last roster, which stays. If the platform offers no roster it is policy.ErrNotFound; if the worker is
// stopping or has too much to do, policy.ErrUnavailable.
func (w *Worker) RefreshRoster(ctx context.Context, platformID, contextID string) error {
	r := w.want(course{platformID, contextID}, sameMoment)
	if r == nil {
		return policy.E(policy.ErrUnavailable, "").Because(errors.New("too many rosters are waiting to be fetched"))
	}
	select {
	case <-r.done:
		return r.err
	case <-w.rosters.stopped:
		return policy.E(policy.ErrUnavailable, "").Because(errors.New("no roster is fetched any more: the worker is stopping"))
	case <-ctx.Done():
		return fmt.Errorf("waiting for a roster: %w", ctx.Err())
	}
}

// fetchRosters fetches what waits, and what comes meanwhile, some at once: one of a slow platform keeps no others
// waiting. What a platform does wrong is no failure of ours.
func (w *Worker) fetchRosters(ctx context.Context) error {
	var failed error
	ended := make(chan error)
	for running := 0; ; {
		queue := w.rosters.queue
		if running == fetchers || ctx.Err() != nil {
			queue = nil
		}
		if running == 0 {
			select {
			case r := <-queue:
				running++
				go func() { ended <- safely(func() error { return w.fetch(ctx, r) }) }()
			default:
				return failed
			}
			continue
		}
		select {
		case r := <-queue:
			running++
			go func() { ended <- safely(func() error { return w.fetch(ctx, r) }) }()
		case err := <-ended:
			running--
			failed = errors.Join(failed, err)
		}
	}
}

// fetch fetches a roster and tells those who wait for it. It returns what is ours to mend.
func (w *Worker) fetch(ctx context.Context, r *wanted) (ours error) {
	w.rosters.mu.Lock()
	age := r.age
	w.rosters.mu.Unlock()
	err := w.refresh(ctx, r.course, age)
	w.rosters.mu.Lock()
	delete(w.rosters.waiting, r.course)
	w.rosters.mu.Unlock()
	r.err = err
	close(r.done)
	name, _, _ := code(err)
	switch {
	case err == nil || ctx.Err() != nil:
		return nil
	case name == "internal" && !errors.Is(err, policy.ErrNotFound):
		return err
	}
	w.log.Warn("roster not fetched", "platform", r.platformID, "error", err.Error())
	return nil
}

// refresh fetches a course's roster, all pages, and replaces the last one only when it has arrived whole. It returns
// nil without doing anything if somebody else is at it, or if the last one is no older than age.
func (w *Worker) refresh(ctx context.Context, at course, age time.Duration) error {
	p, err := w.store.Destination(ctx, at.platformID)
	if err != nil {
		return fmt.Errorf("fetching a roster: %w", err)
	}
	fill, err := w.store.FillRoster(ctx, at.platformID, at.contextID, age)
	if err != nil || fill == nil {
		return err
	}
	call, cancel := context.WithTimeout(ctx, fetchWithin)
	defer cancel()
	var part []lti.Member
	flush := func() error {
		err := fill.Add(call, part)
		part = part[:0]
		return err
	}
	err = w.tool.Members(call, p, fill.URL, lti.MembersQuery{Limit: pageMembers}, func(m lti.Member) error {
		if part = append(part, m); len(part) < flushAt {
			return nil
		}
		return flush()
	})
	if err == nil {
		err = flush()
	}
	if err == nil {
		err = fill.Done(call)
	}
	if err == nil {
		return nil
	}
	name, _, _ := code(err)
	// Also when the program stops: the next one need not wait for the lease.
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return fmt.Errorf("fetching a roster: %w", errors.Join(err, fill.Failed(late, name)))
}
