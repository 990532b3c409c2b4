package courier

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
)

const (
	// FreshFor is how old a roster may be before a teacher's visit has it fetched again.
	FreshFor = 5 * time.Minute

	queueLength = 256              // rosters of a platform that wait to be fetched
	fetchers    = 8                // rosters fetched at once
	ofPlatform  = 2                // of them from one platform, so that a slow one starves no other
	againAfter  = time.Minute      // a failure is not repeated at each visit
	sameMoment  = 10 * time.Second // a roster that two people ask for is fetched once
	pageMembers = 500              // members a page that platforms are asked for
	flushAt     = 250              // members written at once
	fetchWithin = 30 * time.Minute
)

// course names a course of a platform.
type course struct{ platformID, contextID string }

// wanted is a roster that somebody asked for.
type wanted struct {
	course
	age   time.Duration // a roster as young as this is good enough
	begun bool          // it is being fetched
	done  chan struct{} // closed when it is there, or err says why not
	err   error
}

// rosters are those that were asked for and are not there yet. They are this process's own: if it ends, the next
// visit asks again.
type rosters struct {
	left    sync.Once
	stopped chan struct{} // closed: nobody fetches any more

	mu    sync.Mutex
	asked []*wanted // in the order in which they were asked for
}

func newRosters() *rosters { return &rosters{stopped: make(chan struct{})} }

// leave tells those who wait that nobody fetches any more.
func (r *rosters) leave(context.Context) error {
	r.left.Do(func() { close(r.stopped) })
	return nil
}

// want adds a course, unless it is there. It is nil if too many of its platform wait.
func (r *rosters) want(at course, age time.Duration) *wanted {
	r.mu.Lock()
	defer r.mu.Unlock()
	waiting := 0
	for _, x := range r.asked {
		if x.course == at {
			x.age = min(x.age, age)
			return x
		}
		if x.platformID == at.platformID {
			waiting++
		}
	}
	if waiting >= queueLength {
		return nil
	}
	x := &wanted{course: at, age: age, done: make(chan struct{})}
	r.asked = append(r.asked, x)
	return x
}

// next begins the one that waits longest and may begin; nil: there is none. age is what is good enough for it.
func (r *rosters) next() (x *wanted, age time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	busy := map[string]int{}
	for _, x := range r.asked {
		if x.begun {
			busy[x.platformID]++
		}
	}
	for _, x := range r.asked {
		if !x.begun && busy[x.platformID] < ofPlatform {
			x.begun = true
			return x, x.age
		}
	}
	return nil, 0
}

// end tells those who wait how it went.
func (r *rosters) end(x *wanted, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked = slices.DeleteFunc(r.asked, func(y *wanted) bool { return y == x })
	x.err = err
	close(x.done)
}

// want has a course's roster fetched as soon as may be. It is nil if too many of its platform wait.
func (w *Worker) want(at course, age time.Duration) *wanted {
	r := w.rosters.want(at, age)
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
	w.want(course{r.PlatformID, r.ContextID}, FreshFor) // if too many wait the next visit asks again
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

// fetchRoster fetches the roster that waits longest, and tells those who wait for it. It is one of some hands that do so
// at once. What a platform does wrong is no failure of ours.
func (w *Worker) fetchRoster(ctx context.Context) error {
	r, age := w.rosters.next()
	if r == nil {
		return nil
	}
	w.Wake(Rosters)       // another hand, for the next one
	defer w.Wake(Rosters) // for what waited for this platform
	err := safely(func() error { return w.refresh(ctx, r.course, age) })
	name, _, _ := code(err)
	if doubtful(name) && ctx.Err() == nil {
		w.doubt(ctx, r.platformID) // before those who wait are sent to the page that has the cause
	}
	w.rosters.end(r, err)
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
	err = safely(func() error { return w.fill(call, p, at.contextID, fill) })
	if err == nil {
		return nil
	}
	name, _, _ := code(err)
	// Also when the program stops: the next one need not wait for the lease.
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return fmt.Errorf("fetching a roster: %w", errors.Join(err, fill.Failed(late, name)))
}

// fill replaces a roster by what its platform says, page by page.
func (w *Worker) fill(ctx context.Context, p lti.Platform, courseID string, fill *store.RosterFill) error {
	var part []lti.Member
	flush := func() error {
		err := fill.Add(ctx, part)
		part = part[:0]
		return err
	}
	odd, err := w.tool.Members(ctx, p, fill.URL, lti.MembersQuery{Limit: pageMembers}, func(m lti.Member) error {
		if part = append(part, m); len(part) < flushAt {
			return nil
		}
		return flush()
	})
	if err == nil {
		err = flush()
	}
	if err == nil {
		err = fill.Done(ctx)
	}
	if odd > 0 {
		w.log.Warn("members of a roster passed over: they have no id that a launch could name", "platform", p.ID, "course", courseID, "members", odd)
	}
	return err
}
