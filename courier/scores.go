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

// deliver takes a batch of scores and sends it. left says that there may be more. Of publications' scores it sends
// as many as may be sent now, but does not begin with fewer than a batch.
func (c *Courier) deliver(ctx context.Context) (sent int, left bool, err error) {
	now, backlog := c.now(), 0
	if c.backlog.TokensAt(now) >= batch {
		backlog = batch
	}
	scores, err := c.store.TakeScores(ctx, batch, backlog, c.away()...)
	for _, s := range scores {
		if s.Waited {
			c.backlog.AllowN(now, 1)
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
			n, failed := c.deliverTo(ctx, id, list)
			mu.Lock()
			defer mu.Unlock()
			sent += n
			err = errors.Join(err, failed)
		})
	}
	wg.Wait()
	return sent, true, err
}

func (c *Courier) deliverTo(ctx context.Context, platformID string, scores []store.Score) (int, error) {
	p, err := c.store.Destination(ctx, platformID)
	if err != nil {
		name, _, _ := code(err)
		for _, s := range scores {
			err = errors.Join(err, c.store.ScoreLate(ctx, s, name, closedFor))
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
				there, ok, err := c.send(ctx, p, s)
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
	return sent, errors.Join(failed, c.store.ScoresSent(late, arrived...))
}

// send sends one score, and writes down what became of it unless the platform has it, or a newer one: there. If the
// program ends before that is written down, the score is sent again later, with a later time. ok: it was this one.
func (c *Courier) send(ctx context.Context, p lti.Platform, s store.Score) (there, ok bool, err error) {
	if c.isAway(p.ID) { // a score of the same batch found out
		return false, false, c.store.ScoreLate(ctx, s, string(lti.ServiceUnreachable), 0)
	}
	call, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	err = c.tool.SendScore(call, p, s.LineItem, lti.Score{Sub: s.Sub, Full: s.Full, Time: s.Stamp})
	if err == nil {
		c.back(p.ID)
		return true, true, nil
	}
	if ctx.Err() != nil {
		return false, false, nil // stopping; the score is due again soon
	}
	name, temporary, after := code(err)
	c.log.Warn("score not delivered", "platform", p.ID, "code", name, "attempts", s.Attempts, "error", err.Error())
	switch {
	case name == string(lti.ServiceStale):
		c.back(p.ID)
		return true, false, nil
	case temporary:
		c.lost(p.ID, after)
		return false, false, c.store.ScoreLate(ctx, s, name, after)
	default:
		c.back(p.ID)
		return false, false, c.store.ScoreDead(ctx, s, name)
	}
}

func (c *Courier) isAway(platformID string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.outages[platformID].until.After(c.now())
}
