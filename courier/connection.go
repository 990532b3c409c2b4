package courier

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"ltipolicy/connection"
	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
)

// What a check costs a site: its description, its key set, two token requests, and a page of one person of some courses.
// Whoever looks at pages, and however often: a site is checked once in a minute at most, by all replicas together, and
// once in ten seconds while something is wrong.
const (
	checkWithin   = 40 * time.Second
	checkPause    = time.Minute
	mendPause     = 10 * time.Second // while something is wrong: somebody mends it and looks again
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
	f.Issuer, f.Onward = tool.LookAtSite(ctx, p)
	f.Keys = tool.LookAtKeys(ctx, p)
	if f.Token, err = tool.LookAtToken(ctx, p, f.Keys.Status != 0); err != nil {
		return f, err
	}
	if f.Token.Broken {
		f.Host, f.Site, f.Own = lti.Addresses(ctx, f.KeySet), lti.Addresses(ctx, p.TokenURL), tool.LookAtOwnKeys(ctx)
	}
	f.Roster, err = lookAtRoster(ctx, db, tool, p, slices.Contains(f.Token.Scopes, lti.ScopeNRPS))
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
	f.Door = connection.Door{Heard: heard[store.DoorHeard].Last, Version: heard[store.DoorHeard].Detail, Idle: heard[store.DoorIdle].Last}
	f.Courses.Told = heard[store.CourseTold].Last
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

// lookAtRoster asks for one person of one of the newest courses, if the tool may: of one that is gone or has no list it goes
// on to the next. What is told is of the first one that has a list, or of the one that came nearest to it.
func lookAtRoster(ctx context.Context, db *store.DB, tool *lti.Tool, p lti.Platform, may bool) (connection.Roster, error) {
	courses, err := db.NewestCourses(ctx, p.ID, coursesTried)
	if err != nil {
		return connection.Roster{}, err
	}
	var told connection.Roster
	for _, c := range courses {
		r := connection.Roster{Course: cmp.Or(c.Title, c.ContextID), Offered: c.URL != ""}
		if may && r.Offered {
			if err := oneOf(ctx, tool, p, c.URL, &r); err != nil {
				return r, err
			}
			if r.Code != lti.ServiceGone {
				return r, nil
			}
		}
		if told.Course == "" || r.Offered && !told.Offered {
			told = r
		}
	}
	return told, nil
}

// oneOf asks for one person of a list and notes what came of it.
func oneOf(ctx context.Context, tool *lti.Tool, p lti.Platform, address string, r *connection.Roster) error {
	_, err := tool.Members(ctx, p, address, lti.MembersQuery{Limit: 1}, func(m lti.Member) error {
		r.Nameless = m.Name == "" && m.FamilyName == ""
		return errEnough
	})
	failed, ok := errors.AsType[*lti.ServiceError](err)
	if !ok {
		if errors.Is(err, errEnough) {
			return nil
		}
		return err
	}
	r.Code = failed.Code
	if elsewhere, ok := errors.AsType[*lti.AddressError](err); ok {
		r.Host = elsewhere.Host
	}
	return nil
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
// [ReadConnection]; it may be what somebody else saw within the last minute, or the last ten seconds if something was wrong.
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
	last, err := ReadConnection(ctx, w.store, x.platformID)
	if err != nil {
		return err
	}
	pause := checkPause
	if connection.Bad(last.Lines) > 0 {
		pause = mendPause
	}
	mine, err := w.store.TakeCheck(ctx, x.platformID, w.now().Add(-pause))
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

// doubt has a platform's connection checked again if the last table says that all is well, because a call of the
// platform's services failed otherwise: an administrator who is told of it finds the cause on their page.
func (w *Worker) doubt(ctx context.Context, platformID string) {
	last, err := ReadConnection(ctx, w.store, platformID)
	if err != nil {
		return // the page asks
	}
	if connection.Bad(last.Lines) == 0 && w.now().Sub(last.Time) >= checkPause {
		w.CheckSoon(platformID)
	}
}

// doubtful are failures whose cause stands in the table, and which teachers are told to ask administrators about.
func doubtful(code string) bool {
	return code == string(lti.ServiceKeys) || code == string(lti.ServiceUnauthorized)
}
