package courier

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"ltipolicy/connection"
	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
)

// What a check costs a site: its description, its key set, two token requests, and a page of one person of some courses.
// Whoever looks at pages, and however often: a site is checked once in a minute at most, by all replicas together.
const (
	checkWithin   = 40 * time.Second
	checkPause    = time.Minute
	checksWaiting = 100
	checkers      = 2
	coursesTried  = 3
	framesOf      = 7 * 24 * time.Hour

	// ConnectionFresh is how old a table may be before a page has it made again.
	ConnectionFresh = time.Hour
)

// Connection is how a site and the tool reach each other, as last seen.
type Connection struct {
	Lines []connection.Line
	Time  time.Time // zero: never
}

// ReadConnection returns the last table of a platform.
func ReadConnection(ctx context.Context, db *store.DB, platformID string) (Connection, error) {
	seen, err := db.Sightings(ctx, platformID, time.Time{})
	if err != nil {
		return Connection{}, err
	}
	last, ok := seen[store.ConnectionChecked]
	if !ok {
		return Connection{}, nil
	}
	c := Connection{Time: last.Last}
	if err := json.Unmarshal([]byte(last.Detail), &c.Lines); err != nil {
		return Connection{}, nil // of another version of the program; it is made again
	}
	return c, nil
}

// CheckConnection looks at everything between a platform and the tool now, and keeps the table. It takes 40 seconds at
// most, and calls the platform some eight times.
func CheckConnection(ctx context.Context, db *store.DB, tool *lti.Tool, platformID string, now func() time.Time) (Connection, error) {
	late, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	f, err := seen(late, db, tool, platformID, now())
	if err != nil {
		return Connection{}, fmt.Errorf("checking the connection of platform %s: %w", platformID, err)
	}
	c := Connection{Lines: connection.Judge(f), Time: now()}
	text, err := json.Marshal(c.Lines)
	if err != nil {
		return c, fmt.Errorf("writing a connection's table: %w", err)
	}
	return c, db.Saw(ctx, store.Sighting{PlatformID: platformID, What: store.ConnectionChecked, Seen: 1, Detail: string(text), Last: c.Time})
}

// seen asks the platform and the database.
func seen(ctx context.Context, db *store.DB, tool *lti.Tool, platformID string, now time.Time) (connection.Facts, error) {
	p, err := db.Platform(ctx, platformID)
	if err != nil {
		return connection.Facts{}, err
	}
	f := connection.Facts{Now: now, Platform: p, KeySet: tool.JWKSURI()}
	if err := known(ctx, db, &f); err != nil {
		return f, err
	}
	f.Issuer, _ = tool.LookAtSite(ctx, p)
	f.Keys = tool.LookAtKeys(ctx, p)
	if f.Token, err = tool.LookAtToken(ctx, p); err != nil {
		return f, err
	}
	if f.Token.Broken {
		f.Host, f.Own = tool.Addresses(ctx), tool.LookAtOwnKeys(ctx)
	}
	f.Roster, err = lookAtRoster(ctx, db, tool, p)
	return f, err
}

// known reads what was seen before.
func known(ctx context.Context, db *store.DB, f *connection.Facts) error {
	id := f.Platform.ID
	all, err := db.Sightings(ctx, id, f.Now.Add(-framesOf))
	if err != nil {
		return err
	}
	f.Frames = connection.Frames{Cookies: all[store.FrameCookies].Seen, Storage: all[store.FrameStorage].Seen, Lost: all[store.FrameLost].Seen}
	refused := all[store.RefusedDeployment]
	f.Refusal = connection.Refusal{Deployment: refused.Detail, When: refused.Last}
	heard, err := db.Sightings(ctx, id, time.Time{})
	if err != nil {
		return err
	}
	f.Door = connection.Door{Heard: heard[store.DoorHeard].Last, Version: heard[store.DoorHeard].Detail}
	switch _, err := db.Door(ctx, id); {
	case err == nil:
		f.Door.Declared = true
	case !errors.Is(err, policy.ErrNotFound):
		return err
	}
	s, err := db.ScoresOf(ctx, id)
	f.Score = connection.Score{Activities: s.Activities, Dead: s.Dead, Owed: s.Oldest, Code: s.Failure}
	return err
}

var errEnough = errors.New("one is enough")

// lookAtRoster asks for one person of a course that was opened lately; of one that is gone it goes on to the next.
func lookAtRoster(ctx context.Context, db *store.DB, tool *lti.Tool, p lti.Platform) (connection.Roster, error) {
	courses, err := db.NewestCourses(ctx, p.ID, coursesTried)
	var r connection.Roster
	for _, c := range courses {
		r = connection.Roster{Course: c.Title, Offered: c.URL != "", Asked: c.URL != ""}
		if r.Course == "" {
			r.Course = c.ContextID
		}
		if !r.Offered {
			continue
		}
		err := tool.Members(ctx, p, c.URL, lti.MembersQuery{Limit: 1}, func(m lti.Member) error {
			r.Nameless = m.Name == "" && m.FamilyName == ""
			return errEnough
		})
		if failed, ok := errors.AsType[*lti.ServiceError](err); ok {
			r.Code = failed.Code
		} else if err != nil && !errors.Is(err, errEnough) {
			return r, err
		}
		if r.Code != lti.ServiceGone {
			break
		}
	}
	return r, err
}

// checks are the platforms whose connection somebody wants to know, and those who wait for it.
type checks struct {
	mu    sync.Mutex
	asked []*wantedCheck
}

type wantedCheck struct {
	platformID string
	begun      bool
	done       chan struct{} // closed when it was looked at
}

func (c *checks) want(platformID string) *wantedCheck {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, x := range c.asked {
		if x.platformID == platformID {
			return x
		}
	}
	if len(c.asked) >= checksWaiting {
		return nil
	}
	x := &wantedCheck{platformID: platformID, done: make(chan struct{})}
	c.asked = append(c.asked, x)
	return x
}

func (c *checks) next() *wantedCheck {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, x := range c.asked {
		if !x.begun {
			x.begun = true
			return x
		}
	}
	return nil
}

func (c *checks) end(x *wantedCheck) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, y := range c.asked {
		if x == y {
			c.asked = append(c.asked[:i:i], c.asked[i+1:]...)
			break
		}
	}
	close(x.done)
}

// CheckSoon has a platform's connection checked between requests. It never blocks; if too many wait the next page asks
// again.
func (w *Worker) CheckSoon(platformID string) {
	if w.checkups.want(platformID) != nil {
		w.Wake(Connections)
	}
}

// CheckNow has a platform's connection checked and waits for it, no longer than ctx says. What was seen then is read with
// [ReadConnection]; it may be what somebody else saw within the last minute.
func (w *Worker) CheckNow(ctx context.Context, platformID string) {
	x := w.checkups.want(platformID)
	if x == nil {
		return
	}
	w.Wake(Connections)
	select {
	case <-x.done:
	case <-w.rosters.stopped:
	case <-ctx.Done():
	}
}

// checkConnection checks the connection of the platform that waits longest.
func (w *Worker) checkConnection(ctx context.Context) error {
	x := w.checkups.next()
	if x == nil {
		return nil
	}
	w.Wake(Connections)       // another hand, for the next one
	defer w.Wake(Connections) // for what came meanwhile
	defer w.checkups.end(x)
	mine, err := w.store.TakeCheck(ctx, x.platformID, w.now().Add(-checkPause))
	if err != nil || mine == "" {
		return err
	}
	if _, err = CheckConnection(ctx, w.store, w.tool, x.platformID, w.now); err == nil {
		return w.store.LeaveCheck(ctx, x.platformID, mine)
	}
	if errors.Is(err, policy.ErrNotFound) {
		return nil
	}
	return err
}
