package courier

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
)

const (
	roundEvery  = 2 * time.Second // how long a score waits that another replica's reader caused
	queueLength = 256             // rosters waiting to be fetched
	fetchers    = 3               // rosters fetched at once
)

// What a publication costs everybody at once is spread over time, so that neither launches nor a Moodle feel it.
// A learner who opens the activity or answers does not wait for it: that score is worked out with the launch or
// the answer, and goes first.
//
// Measured with two million people and 50 launches a second (docs/performance.md): at these bounds a launch costs
// 14 % more processor time, all of the draining counted. Two million scores are worked out in 5.6 hours by one
// replica, and sent in 11.
const (
	checkBatch  = 100 // learners whose scores are worked out again at once
	checkRate   = 1   // such batches a second, in each replica
	checkBurst  = 10  // and as many at once after a rest: a course's publication is over in a moment
	backlogRate = 50  // scores of publications sent a second, by all replicas together
)

// Config is what a Courier needs.
type Config struct {
	Store *store.DB
	Tool  *lti.Tool
	Now   func() time.Time // nil: time.Now
	Log   *slog.Logger     // nil: nothing is logged
	// Jitter is a number from 0 to 1 that spreads calls of a platform that was away; nil: random.
	Jitter func() float64
}

// Courier calls platforms in the background. It is safe for concurrent use, and any number of replicas may
// have one on the same database.
type Courier struct {
	store  *store.DB
	tool   *lti.Tool
	now    func() time.Time
	log    *slog.Logger
	jitter func() float64

	wake    chan struct{}
	rosters chan course

	mu      sync.Mutex
	outages map[string]outage // by platform
	waiting map[course]bool

	checks, backlog *rate.Limiter
}

// course names a course of a platform.
type course struct{ platformID, contextID string }

// New makes a Courier. It does nothing before [Courier.Run].
func New(c Config) *Courier {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Jitter == nil {
		c.Jitter = rand.Float64
	}
	return &Courier{
		store: c.Store, tool: c.Tool, now: c.Now, log: c.Log, jitter: c.Jitter,
		wake: make(chan struct{}, 1), rosters: make(chan course, queueLength),
		outages: map[string]outage{}, waiting: map[course]bool{},
		checks: rate.NewLimiter(checkRate, checkBurst),
		// At most what comes together between two rounds.
		backlog: rate.NewLimiter(backlogRate, int(backlogRate*roundEvery/time.Second)),
	}
}

// Run delivers scores and fetches rosters until the context ends, and returns when what was under way has
// ended too.
func (c *Courier) Run(ctx context.Context) {
	var wg sync.WaitGroup
	for range fetchers {
		wg.Go(func() { c.fetch(ctx) })
	}
	every := time.NewTicker(roundEvery)
	defer every.Stop()
	for ctx.Err() == nil {
		if _, err := c.Round(ctx); err != nil && ctx.Err() == nil {
			c.log.Error("background", "work", "scores", "error", err.Error())
		}
		select {
		case <-ctx.Done():
		case <-c.wake:
		case <-every.C:
		}
	}
	wg.Wait()
}

// Wake has the scores looked at now, after something was written that may owe one. It never blocks.
func (c *Courier) Wake() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// Round does all that is due now, as far as it may go at once: it works out again what has changed and sends what
// is owed. It returns how many scores reached their platform.
func (c *Courier) Round(ctx context.Context) (int, error) {
	sent, delivering := 0, true
	var failed error
	for checking := true; checking && ctx.Err() == nil; {
		checking = c.checks.AllowN(c.now(), 1)
		if checking {
			did, err := c.store.CheckGates(ctx, checkBatch)
			failed = errors.Join(failed, err)
			checking = !did.Done && err == nil
		}
		for left := true; left && delivering && ctx.Err() == nil; {
			var n int
			var err error
			n, left, err = c.deliver(ctx)
			sent += n
			failed = errors.Join(failed, err)
			delivering = err == nil
		}
	}
	return sent, failed
}

// outage is a platform that did not answer, and when to try again.
type outage struct {
	until time.Time
	times int
}

const (
	firstOutage   = 5 * time.Second
	longestOutage = 2 * time.Minute
)

// away returns the platforms that are left alone for now.
func (c *Courier) away() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var ids []string
	for id, o := range c.outages {
		if o.until.After(c.now()) {
			ids = append(ids, id)
		}
	}
	return ids
}

// lost keeps everybody from a platform for a while that doubles each time.
func (c *Courier) lost(platformID string, least time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	o := c.outages[platformID]
	if o.until.After(c.now()) {
		return // another call of the same time failed too
	}
	pause := min(firstOutage<<min(o.times, 10), longestOutage)
	pause = max(least, pause/2+time.Duration(c.jitter()*float64(pause/2)))
	c.outages[platformID] = outage{until: c.now().Add(pause), times: o.times + 1}
}

// back ends a platform's outage.
func (c *Courier) back(platformID string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.outages, platformID)
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
