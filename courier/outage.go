package courier

import (
	"errors"
	"sync"
	"time"

	"ltipolicy/lti"
	"ltipolicy/policy"
)

const (
	firstOutage   = 5 * time.Second
	longestOutage = 2 * time.Minute
)

// outages are the platforms that did not answer, and when to try each again.
type outages struct {
	mu  sync.Mutex
	all map[string]outage
}

type outage struct {
	until time.Time
	times int
}

// away returns the platforms that are left alone for now.
func (w *Worker) away() []string {
	w.outages.mu.Lock()
	defer w.outages.mu.Unlock()
	var ids []string
	for id, o := range w.outages.all {
		if o.until.After(w.now()) {
			ids = append(ids, id)
		}
	}
	return ids
}

func (w *Worker) isAway(platformID string) bool {
	w.outages.mu.Lock()
	defer w.outages.mu.Unlock()
	return w.outages.all[platformID].until.After(w.now())
}

// lost keeps everybody from a platform for a while that doubles each time.
func (w *Worker) lost(platformID string, least time.Duration) {
	w.outages.mu.Lock()
	defer w.outages.mu.Unlock()
	o := w.outages.all[platformID]
	if o.until.After(w.now()) {
		return // another call of the same time failed too
	}
	pause := min(firstOutage<<min(o.times, 10), longestOutage)
	pause = max(least, pause/2+time.Duration(w.jitter()*float64(pause/2)))
	if w.outages.all == nil {
		w.outages.all = map[string]outage{}
	}
	w.outages.all[platformID] = outage{until: w.now().Add(pause), times: o.times + 1}
}

// back ends a platform's outage.
func (w *Worker) back(platformID string) {
	w.outages.mu.Lock()
	defer w.outages.mu.Unlock()
	delete(w.outages.all, platformID)
}

// code is what is kept about a failure.
func code(err error) (name string, temporary bool, after time.Duration) {
	if e, ok := errors.AsType[*lti.ServiceError](err); ok {
		return string(e.Code), e.Temporary(), e.After
	}
	if errors.Is(err, policy.ErrForbidden) {
		return "disabled", true, 0
	}
	return "internal", true, 0
}
