package courier

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"ltipolicy/lti"
	"ltipolicy/store"
)

const (
	batch   = 24 // scores taken at once
	senders = 4  // of them to one platform at once
	// sendWithin bounds one score, so that a whole batch is done before its scores are due again.
	sendWithin = 15 * time.Second
	// reportWithin bounds writing down what arrived.
	reportWithin = 10 * time.Second
	// closedFor is how long the scores of a platform rest that is not active.
	closedFor = 15 * time.Minute
)

// What a publication costs everybody at once is spread over time, so that neither launches nor a Moodle feel it.
// A learner who opens the activity or answers does not wait for it: that score is worked out with the launch or
// the answer, and goes first.
//
// Measured with two million people and 50 launches a second (docs/performance.md): at these bounds a launch costs
// 14 % more processor time, all of the draining counted. Two million scores are worked out in 5.6 hours by one
// replica, and sent in 11.
const (
	roundEvery  = 2 * time.Second // how long a score waits that another replica's reader caused
	checkBatch  = 100             // learners whose scores are worked out again at once
	checkRate   = 1               // such batches a second, in each replica
	checkBurst  = 10              // and as many at once after a rest: a course's publication is over in a moment
	backlogRate = 50              // scores of publications sent a second, by all replicas together
)

func (w *Worker) scores(ctx context.Context) error {
	_, err := w.round(ctx)
	return err
}

// round does all that is due now, as far as it may go at once: it works out again what has changed and sends what
// is owed. It returns how many scores reached their platform.
func (w *Worker) round(ctx context.Context) (int, error) {
	sent, delivering := 0, true
	var failed error
	for checking := true; checking && ctx.Err() == nil; {
		checking = w.checks.AllowN(w.now(), 1)
		if checking {
			did, err := w.store.CheckGates(ctx, checkBatch)
			failed = errors.Join(failed, err)
			checking = !did.Done && err == nil
		}
		for left := true; left && delivering && ctx.Err() == nil; {
			var n int
			var err error
			n, left, err = w.deliver(ctx)
			sent += n
			failed = errors.Join(failed, err)
			delivering = err == nil
		}
	}
	return sent, failed
}

// deliver takes a batch of scores and sends it. left says that there may be more. Of publications' scores it sends
// as many as may be sent now, but does not begin with fewer than a batch.
func (w *Worker) deliver(ctx context.Context) (sent int, left bool, err error) {
	now, backlog := w.now(), 0
	if w.backlog.TokensAt(now) >= batch {
		backlog = batch
	}
	scores, err := w.store.TakeScores(ctx, batch, backlog, w.away()...)
	for _, s := range scores {
		if s.Waited {
			w.backlog.AllowN(now, 1)
		}
	}
	if len(scores) == 0 {
		return 0, false, err
	}
	byPlatform := map[string][]store.Score{}
	for _, s := range scores {
		byPlatform[s.PlatformID] = append(byPlatform[s.PlatformID], s)
	}
	var (
		wg sync.WaitGroup
		mu sync.Mutex
	)
	for id, list := range byPlatform {
		wg.Go(func() {
			n := 0
			failed := safely(func() (err error) {
				n, err = w.deliverTo(ctx, id, list)
				return err
			})
			mu.Lock()
			defer mu.Unlock()
			sent += n
			err = errors.Join(err, failed)
		})
	}
	wg.Wait()
	return sent, true, err
}

func (w *Worker) deliverTo(ctx context.Context, platformID string, scores []store.Score) (int, error) {
	p, err := w.store.Destination(ctx, platformID)
	if err != nil {
		name, _, _ := code(err)
		for _, s := range scores {
			err = errors.Join(err, w.store.ScoreLate(ctx, s, name, closedFor))
		}
		return 0, fmt.Errorf("finding where scores go: %w", err)
	}
	var (
		wg      sync.WaitGroup
		mu      sync.Mutex
		arrived []store.Score
		failed  error
	)
	queue := make(chan store.Score, len(scores))
	for _, s := range scores {
		queue <- s
	}
	close(queue)
	sent := 0
	for range min(senders, len(scores)) {
		wg.Go(func() {
			for s := range queue {
				var there, ok bool
				err := safely(func() (err error) {
					there, ok, err = w.send(ctx, p, s)
					return err
				})
				mu.Lock()
				if there {
					arrived = append(arrived, s)
				}
				if ok {
					sent++
				}
				failed = errors.Join(failed, err)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	// Also when the program is told to stop, so that they are not all sent once more.
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), reportWithin)
	defer cancel()
	return sent, errors.Join(failed, w.store.ScoresSent(late, arrived...))
}

// send sends one score, and writes down what became of it unless the platform has it, or a newer one: there. If the
// program ends before that is written down, the score is sent again later, with a later time. ok: it was this one.
func (w *Worker) send(ctx context.Context, p lti.Platform, s store.Score) (there, ok bool, err error) {
	if w.isAway(p.ID) { // a score of the same batch found out
		return false, false, w.store.ScoreLate(ctx, s, string(lti.ServiceUnreachable), 0)
	}
	call, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	err = w.tool.SendScore(call, p, s.LineItem, lti.Score{Sub: s.Sub, Full: s.Full, Time: s.Stamp})
	if err == nil {
		w.back(p.ID)
		return true, true, nil
	}
	if ctx.Err() != nil {
		return false, false, nil // stopping; the score is due again soon
	}
	name, temporary, after := code(err)
	w.log.Warn("score not delivered", "platform", p.ID, "code", name, "attempts", s.Attempts, "error", err.Error())
	if doubtful(name) {
		w.doubt(ctx, p.ID)
	}
	switch {
	case name == string(lti.ServiceStale):
		w.back(p.ID)
		return true, false, nil
	case temporary:
		w.lost(p.ID, after)
		return false, false, w.store.ScoreLate(ctx, s, name, after)
	default:
		w.back(p.ID)
		return false, false, w.store.ScoreDead(ctx, s, name)
	}
}
