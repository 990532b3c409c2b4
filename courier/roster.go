package courier

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ltipolicy/lti"
	"ltipolicy/store"
)

const (
	// FreshFor is how old a roster may be before a teacher's visit has it fetched again.
	FreshFor = 5 * time.Minute

	againAfter  = time.Minute      // a failure is not repeated at each visit
	sameMoment  = 10 * time.Second // a roster that two people ask for is fetched once
	pageMembers = 500              // members a page that platforms are asked for
	flushAt     = 250              // members written at once
	fetchWithin = 30 * time.Minute
)

// RefreshSoon has a course's roster fetched in the background if it is older than [FreshFor] and its platform
// offers one. It never blocks; the page shows what is known until then.
func (c *Courier) RefreshSoon(r store.Roster) {
	now := c.now()
	if r.URL == "" || r.Refreshing || now.Sub(r.Fetched) < FreshFor || now.Sub(r.Failed) < againAfter {
		return
	}
	at := course{r.PlatformID, r.ContextID}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.waiting[at] {
		return
	}
	select {
	case c.rosters <- at:
		c.waiting[at] = true
	default: // the next visit asks again
	}
}

// fetch fetches rosters that were asked for, until the context ends.
func (c *Courier) fetch(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case at := <-c.rosters:
			err := c.refresh(ctx, at, FreshFor)
			c.mu.Lock()
			delete(c.waiting, at)
			c.mu.Unlock()
			if err != nil && ctx.Err() == nil {
				c.log.Warn("roster not fetched", "platform", at.platformID, "error", err.Error())
			}
		}
	}
}

// RefreshRoster fetches a course's roster now, all pages, and replaces the last one only when it has arrived
// whole. It returns nil without doing anything if somebody else is at it or has just been. On failure the last
// roster stays, and when and why it failed stands beside it. If the platform offers no roster it is
// policy.ErrNotFound.
func (c *Courier) RefreshRoster(ctx context.Context, platformID, contextID string) error {
	return c.refresh(ctx, course{platformID, contextID}, sameMoment)
}

func (c *Courier) refresh(ctx context.Context, at course, age time.Duration) error {
	p, err := c.store.Destination(ctx, at.platformID)
	if err != nil {
		return fmt.Errorf("fetching a roster: %w", err)
	}
	fill, err := c.store.FillRoster(ctx, at.platformID, at.contextID, age)
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
	err = c.tool.Members(call, p, fill.URL, lti.MembersQuery{Limit: pageMembers}, func(m lti.Member) error {
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
	// Also when the program stops or the reader goes away: the next one need not wait for the lease.
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return fmt.Errorf("fetching a roster: %w", errors.Join(err, fill.Failed(late, name)))
}
