package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Sight is a kind of thing that is seen of a platform.
type Sight string

// What is seen. Frames are counted by the day.
const (
	FrameCookies      Sight = "frame_cookies" // a launch in a frame that kept the tool's cookie
	FrameStorage      Sight = "frame_storage" // one that the platform's storage helped
	FrameLost         Sight = "frame_lost"    // one that needed a window of its own
	RefusedDeployment Sight = "deployment"    // a launch of a deployment that may not; the detail is which
	DoorHeard         Sight = "door"          // a question of the login plugin; the detail is its version
	DoorIdle          Sight = "door_idle"     // one of a plugin that its site does not have chosen
	CourseTold        Sight = "course"        // a launch that said when its course ends, or that it does not
	ConnectionChecked Sight = "checked"       // a check of the connection; the detail is its lines
)

const (
	sightingsKept = 30 * day
	sightingText  = 8 << 10 // characters of a detail
)

// daily reports whether it is counted by the day.
func (s Sight) daily() bool { return s == FrameCookies || s == FrameStorage || s == FrameLost }

// Sighting is how often something was seen, when last, and what then.
type Sighting struct {
	PlatformID string    `db:"platformid"`
	What       Sight     `db:"what"`
	Seen       int       `db:"seen"`
	Detail     string    `db:"detail"`
	Last       time.Time `db:"timelast"`
}

// Saw adds to what was seen. Of two details the later one stays.
func (db *DB) Saw(ctx context.Context, all ...Sighting) error {
	// Everybody in the same order, so that of two who write the same rows at once one waits for the other.
	all = slices.SortedStableFunc(slices.Values(all), func(a, b Sighting) int {
		return cmp.Or(strings.Compare(a.PlatformID, b.PlatformID), cmp.Compare(a.What, b.What))
	})
	ids := make([]string, len(all))
	for i := range all {
		var err error
		if ids[i], err = db.NewID(); err != nil {
			return err
		}
	}
	err := db.tx(ctx, func(tx *Tx) error {
		for i, s := range all {
			if err := s.add(ctx, tx, ids[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("keeping what was seen: %w", err)
	}
	return nil
}

func (s Sighting) add(ctx context.Context, tx *Tx, id string) error {
	at, on := utc(s.Last), ""
	if s.What.daily() {
		on = at.Format(time.DateOnly)
	}
	detail := clip(s.Detail, sightingText)
	ok, err := one(tx.ExecContext(ctx, `
		UPDATE lti_sighting SET seen = seen + ?, detail = CASE WHEN timelast > ? THEN detail ELSE ? END, timelast = CASE WHEN timelast > ? THEN timelast ELSE ? END
		WHERE platformid = ? AND what = ? AND day = ?`, s.Seen, at, detail, at, at, s.PlatformID, string(s.What), on))
	if err != nil || ok {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO lti_sighting (id, platformid, what, day, seen, detail, timelast) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		id, s.PlatformID, string(s.What), on, s.Seen, detail, at)
	return saved("sighting", err)
}

// Sightings returns what was seen of a platform since a time, the days of each thing together.
func (db *DB) Sightings(ctx context.Context, platformID string, since time.Time) (map[Sight]Sighting, error) {
	var rows []Sighting
	if since.IsZero() {
		since = time.Unix(0, 0) // servers know no year 0
	}
	err := db.r.SelectContext(ctx, &rows, `
		SELECT platformid, what, seen, detail, timelast FROM lti_sighting WHERE platformid = ? AND timelast >= ?`, platformID, utc(since))
	if err != nil {
		return nil, fmt.Errorf("reading what was seen: %w", unavailable(err))
	}
	all := map[Sight]Sighting{}
	for _, r := range rows {
		have := all[r.What]
		r.Seen += have.Seen
		if r.Last = r.Last.UTC(); r.Last.Before(have.Last) {
			r.Detail, r.Last = have.Detail, have.Last
		}
		all[r.What] = r
	}
	return all, nil
}

// endSightings keeps when a plugin was last heard: else one that fell silent would count, after a while, as one that was
// never there.
func (db *DB) endSightings(ctx context.Context) error {
	return sweep[string](ctx, db, utc(db.now().Add(-sightingsKept)),
		`SELECT id FROM lti_sighting WHERE what NOT IN (?, ?) AND timelast < ? ORDER BY timelast LIMIT ?`,
		`DELETE FROM lti_sighting WHERE id IN (?) AND what NOT IN (?, ?) AND timelast < ?`, string(DoorHeard), string(DoorIdle))
}

// TakeCheck lets the caller check a platform's connection, unless somebody has since the time or is at it: mine is then
// empty. Whoever may ends with a sighting of kind [ConnectionChecked] and gives mine to [DB.LeaveCheck]; without that the
// next may after a minute.
func (db *DB) TakeCheck(ctx context.Context, platformID string, since time.Time) (mine string, err error) {
	token, err := db.NewID()
	if err != nil {
		return "", err
	}
	if got, err := db.takeLease(ctx, checkJob+platformID, token, connectionLease); err != nil || !got {
		return "", err
	}
	// Only now: whoever was at it a moment ago left their sighting before the lease.
	seen, err := db.Sightings(ctx, platformID, since)
	if err == nil && seen[ConnectionChecked].Last.IsZero() {
		return token, nil
	}
	return "", errors.Join(err, db.giveBack(ctx, checkJob+platformID, token))
}

// LeaveCheck lets the next one check a platform's connection, when the time comes.
func (db *DB) LeaveCheck(ctx context.Context, platformID, mine string) error {
	return db.giveBack(ctx, checkJob+platformID, mine)
}

const checkJob = "connection "

// connectionLease is longer than a check takes.
const connectionLease = time.Minute

// CourseService is a course and where its platform lists its participants; empty: it does not.
type CourseService struct {
	ContextID string `db:"contextid"`
	Label     string `db:"label"`
	Title     string `db:"title"`
	URL       string `db:"rosterurl"`
}

// NewestCourses returns the courses of a platform that were opened first last, at most limit.
func (db *DB) NewestCourses(ctx context.Context, platformID string, limit int) ([]CourseService, error) {
	var list []CourseService
	err := db.r.SelectContext(ctx, &list, `
		SELECT contextid, label, title, rosterurl FROM lti_context WHERE platformid = ? ORDER BY timecreated DESC, contextid LIMIT ?`, platformID, limit)
	if err != nil {
		return nil, fmt.Errorf("reading the newest courses: %w", unavailable(err))
	}
	return list, nil
}

// PlatformScores is how it stands with the scores of one platform.
type PlatformScores struct {
	Activities bool // it has one with a grade
	ScoreCounts
	Failure string // why the last try of the score that is owed longest failed
}

// ScoresOf counts the scores of a platform.
func (db *DB) ScoresOf(ctx context.Context, platformID string) (PlatformScores, error) {
	var s PlatformScores
	var items []string
	err := db.r.SelectContext(ctx, &items, `SELECT resourcelinkid FROM lti_line_item WHERE platformid = ? LIMIT 1`, platformID)
	if err == nil {
		s.Activities = len(items) > 0
		s.ScoreCounts, err = db.countScores(ctx, ` AND o.platformid = ?`, platformID)
	}
	if err == nil && !s.Oldest.IsZero() {
		var why []string
		err = db.r.SelectContext(ctx, &why, `
			SELECT failure FROM outbox WHERE dead = 0 AND owedsince = ? AND platformid = ? ORDER BY failure DESC LIMIT 1`, utc(s.Oldest), platformID)
		if len(why) > 0 {
			s.Failure = why[0]
		}
	}
	if err != nil {
		return s, fmt.Errorf("counting the scores of a platform: %w", unavailable(err))
	}
	return s, nil
}
