package courier

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"ltipolicy/lti"
	"ltipolicy/store"
)

// Config is what a Worker needs.
type Config struct {
	Store *store.DB
	Tool  *lti.Tool
	Now   func() time.Time // nil: time.Now
	Log   *slog.Logger     // nil: nothing is logged
	// Jitter is a number from 0 to 1 that spreads calls of a platform that was away; nil: random.
	Jitter func() float64
	// Receivers are outside and are sent checkpoints.
	Receivers []Receiver
	// Mails is how people are written to; the zero value: they are not.
	Mails Mails
}

// Worker does the jobs of the table. It is safe for concurrent use, and any number of replicas may have one on the
// same database.
type Worker struct {
	store  *store.DB
	tool   *lti.Tool
	now    func() time.Time
	log    *slog.Logger
	jitter func() float64

	receivers []Receiver
	mails     *mailer

	jobs   []*job
	ledger *ledger

	outages  outages
	rosters  *rosters
	checkups checks
	seen     sightings

	checks, backlog *rate.Limiter
}

// New makes a Worker. It does nothing before [Worker.Run] or [Worker.Do].
func New(c Config) *Worker {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Jitter == nil {
		c.Jitter = rand.Float64
	}
	w := &Worker{
		store: c.Store, tool: c.Tool, now: c.Now, log: c.Log, jitter: c.Jitter, receivers: c.Receivers,
		mails:   &mailer{Mails: c.Mails},
		rosters: newRosters(),
		checks:  rate.NewLimiter(checkRate, checkBurst),
		// At most what comes together between two rounds.
		backlog: rate.NewLimiter(backlogRate, int(backlogRate*roundEvery/time.Second)),
	}
	w.setJobs(w.table())
	return w
}

func (w *Worker) setJobs(jobs []*job) {
	w.jobs, w.ledger = jobs, newLedger(jobs)
	for _, j := range jobs {
		j.wake = make(chan struct{}, 1)
	}
}

// Run does every job, or only the named ones: each at once, then in its period and whenever it is woken, all of them
// beside each other. It goes on until the context ends, and returns when what was under way has ended too: by then it
// does not use the database any more, and another replica may do each job at once. Only what was being sent or worked
// out just then, some scores, rests until its own two minutes are over.
func (w *Worker) Run(ctx context.Context, only ...Name) {
	var wg sync.WaitGroup
	for _, j := range w.jobs {
		if j.among(only) {
			for range max(1, j.hands) {
				wg.Go(func() { w.keep(ctx, j) })
			}
		}
	}
	wg.Wait()
	for _, j := range w.jobs {
		if j.leave == nil || !j.among(only) {
			continue
		}
		if err := j.leave(ctx); err != nil {
			w.log.Warn("lease not given back", "job", j.name, "error", err.Error())
		}
	}
}

func (w *Worker) keep(ctx context.Context, j *job) {
	tick := time.NewTicker(j.every)
	defer tick.Stop()
	for ctx.Err() == nil {
		w.do(ctx, j) //nolint:errcheck // logged and counted
		select {
		case <-ctx.Done():
		case <-j.wake:
		case <-tick.C:
		}
	}
}

// Wake has a job done now, or once more if it is at work, after something that it should not wait its period for.
// It never blocks.
func (w *Worker) Wake(name Name) {
	if j := w.job(name); j != nil {
		select {
		case j.wake <- struct{}{}:
		default:
		}
	}
}

// Do does a job once, now, whatever its period says, and returns why it failed.
func (w *Worker) Do(ctx context.Context, name Name) error {
	j := w.job(name)
	if j == nil {
		return fmt.Errorf("no job is called %q", name)
	}
	return w.do(ctx, j)
}

func (w *Worker) job(name Name) *job {
	for _, j := range w.jobs {
		if j.name == name {
			return j
		}
	}
	return nil
}

// do does a job and writes down how it went. What breaks off because the program stops is no failure.
func (w *Worker) do(ctx context.Context, j *job) error {
	began := w.now()
	err := safely(func() error { return j.run(ctx) })
	if err != nil && ctx.Err() != nil {
		return err
	}
	now := w.now()
	w.ledger.write(j.name, now, now.Sub(began), err)
	j.complaints.tell(w.log, j.name, now, err)
	return err
}

// safely makes an error of a panic, in each goroutine of a job: the other jobs and the requests go on.
func safely(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return f()
}
