package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"ltipolicy/lti"
	"ltipolicy/policy"
)

const (
	scoreLease   = 2 * time.Minute  // longer than a score takes to be sent, retries and all
	firstPause   = 5 * time.Second  // before the second attempt; doubled with each one more
	longestPause = 10 * time.Minute // between two attempts
	giveUpAfter  = 14 * 24 * time.Hour
	stampStep    = time.Second // platforms may keep whole seconds and refuse an equal one
	addressMax   = 2000        // of a service's address

	countMost    = 100_000 // scores: counting two million takes seconds
	backlogJob   = "scores of publications"
	backlogLease = 30 * time.Second // who takes them keeps doing it, until it has taken none for so long
)

// Score is a score on its way to a platform, or one that could not be delivered.
type Score struct {
	PlatformID     string
	ContextID      string
	ResourceLinkID string
	UserID         int64
	Sub            string
	LineItem       string
	Full           bool      // 1 of 1; otherwise the score is taken back
	Stamp          time.Time // the score's time; later than that of every earlier one for this learner and activity
	Attempts       int
	Owed           time.Time // since when
	Failure        string    // of the last attempt, a code
	Waited         bool      // a publication made it due, see [DB.TakeScores]

	was outboxRow
}

// TakeScores takes up to limit scores that are due, for the caller to send, and gives each its timestamp: first
// those that learners' own acts made due, then, up to backlog of them, those of publications. The latter are taken
// by one replica at a time, so that what it bounds is bounded.
//
// Whatever becomes of the caller: a score that is not reported back with [DB.ScoresSent], [DB.ScoreLate] or
// [DB.ScoreDead] is due again after two minutes. A score that nobody owes any more is passed over. No two
// callers, of whatever replica, take the same score at once. Scores of the platforms without are left alone.
func (db *DB) TakeScores(ctx context.Context, limit, backlog int, without ...string) ([]Score, error) {
	now := utc(db.now())
	places, err := db.duePlaces(ctx, now, without)
	if err != nil {
		return nil, fmt.Errorf("looking for scores that are due: %w", unavailable(err))
	}
	var scores []Score
	take := func(p duePlace, waits bool, most int) error {
		taken, err := db.takeScores(ctx, p.PlatformID, waits, most)
		if err != nil {
			return fmt.Errorf("taking scores: %w", err)
		}
		scores = append(scores, taken...)
		return nil
	}
	for _, p := range places {
		if most := limit - len(scores); p.Own && most > 0 {
			if err := take(p, false, most); err != nil {
				return scores, err
			}
		}
	}
	places = slices.DeleteFunc(places, func(p duePlace) bool { return !p.Waiting })
	if backlog = min(backlog, limit-len(scores)); backlog <= 0 || len(places) == 0 {
		return scores, nil
	}
	mine, err := db.takeLease(ctx, backlogJob, db.id, backlogLease)
	if err != nil || !mine {
		return scores, err
	}
	for i, p := range db.inTurn(places) {
		// The same for each platform, and what one does not need for those after it.
		most := (backlog + len(places) - i - 1) / (len(places) - i)
		before := len(scores)
		if most > 0 {
			if err := take(p, true, most); err != nil {
				return scores, err
			}
			db.lastTurn.Store(p.PlatformID)
		}
		backlog -= len(scores) - before
	}
	return scores, nil
}

// LeaveBacklog lets another replica take the scores of publications at once. To be called by who has taken scores and
// takes no more. It takes two seconds at most, also when the context has ended.
func (db *DB) LeaveBacklog(ctx context.Context) error { return db.giveBack(ctx, backlogJob, db.id) }

// inTurn begins with the platform after the one whose turn was last: of more platforms than scores that may be sent
// at once, none waits for all that others owe.
func (db *DB) inTurn(places []duePlace) []duePlace {
	slices.SortFunc(places, func(a, b duePlace) int { return strings.Compare(a.PlatformID, b.PlatformID) })
	last, _ := db.lastTurn.Load().(string)
	first := slices.IndexFunc(places, func(p duePlace) bool { return p.PlatformID > last })
	if first < 0 {
		return places
	}
	return slices.Concat(places[first:], places[:first])
}

// duePlace is a platform with something due.
type duePlace struct {
	PlatformID string `db:"id"`
	Own        bool   `db:"own"`
	Waiting    bool   `db:"waiting"`
}

// duePlaces looks where something is due: two short looks for each platform, however much it is. Each names its
// platform, because a server plans a join with 2 million scores badly.
func (db *DB) duePlaces(ctx context.Context, now time.Time, without []string) (places []duePlace, err error) {
	var platforms []string
	if err := db.r.SelectContext(ctx, &platforms, platformsQuery); err != nil {
		return nil, err
	}
	platforms = slices.DeleteFunc(platforms, func(id string) bool { return slices.Contains(without, id) })
	for _, ids := range parts(platforms, 50) {
		var args []any
		for _, id := range ids {
			args = append(args, id, id, now, id, now)
		}
		var some []duePlace
		if err := db.r.SelectContext(ctx, &some, dueLook+strings.Repeat(` UNION ALL `+dueLook, len(ids)-1), args...); err != nil {
			return nil, err
		}
		places = append(places, some...)
	}
	return places, nil
}

const (
	platformsQuery = `SELECT id FROM lti_platform ORDER BY id`
	dueLook        = `SELECT ? AS id, EXISTS (` + dueOutbox + `0) AS own, EXISTS (` + dueOutbox + `1) AS waiting`
	dueOutbox      = `SELECT o.platformid FROM outbox o WHERE o.platformid = ? AND o.due <= ? AND o.waits = `
)

// takeScores takes what is due at a platform, all of it or, if somebody is quicker with a part, what is left then.
func (db *DB) takeScores(ctx context.Context, platformID string, waits bool, limit int) (scores []Score, err error) {
	err = db.tx(ctx, func(tx *Tx) error {
		scores = nil
		now := utc(db.now())
		var rows []outboxRow
		err := tx.SelectContext(ctx, &rows, outboxQuery+`o.platformid = ? AND o.waits = ? AND o.due <= ? ORDER BY o.due LIMIT ?`,
			platformID, waits, now, limit)
		if err != nil {
			return fmt.Errorf("reading the outbox: %w", err)
		}
		gates, err := gatesOf(ctx, tx, platformID, rows, now)
		if err != nil {
			return err
		}
		next := make([]outboxRow, len(rows))
		for i, row := range rows {
			o := row.settle(gates[i], false, now)
			if o.owed() {
				o = o.taken(now)
			}
			next[i] = o
		}
		stored, err := putMany(ctx, tx, rows, next, now)
		if err != nil {
			return err
		}
		if stored < len(next) { // somebody else took or changed one: it is theirs, or due again
			return errAgain
		}
		for _, o := range next {
			if o.owed() {
				o.Revision++
				scores = append(scores, scoreOf(o))
			}
		}
		return nil
	})
	return scores, err
}

// taken is an owed row on its way to the platform.
func (o outboxRow) taken(now time.Time) outboxRow {
	stamp := now
	if o.Stamp.Valid && stamp.Before(o.Stamp.Time.Add(stampStep)) {
		stamp = o.Stamp.Time.Add(stampStep)
	}
	o.Stamp = sql.NullTime{Time: stamp, Valid: true}
	o.Sent = scoreUnknown
	o.Due = sql.NullTime{Time: now.Add(scoreLease), Valid: true}
	o.Attempts++
	return o
}

func scoreOf(o outboxRow) Score {
	return Score{
		PlatformID: o.PlatformID, ContextID: o.ContextID, ResourceLinkID: o.ResourceLinkID, UserID: o.UserID, Sub: o.Sub,
		LineItem: o.LineItem, Full: o.Wanted == scoreFull, Stamp: timeOf(o.Stamp), Attempts: o.Attempts,
		Owed: timeOf(o.OwedSince), Failure: o.Failure, Waited: o.Waits, was: o,
	}
}

// ScoresSent reports that the platform has the scores, or newer ones. If a learner's answers changed meanwhile,
// the new state is due at once.
func (db *DB) ScoresSent(ctx context.Context, scores ...Score) error {
	if len(scores) == 0 {
		return nil
	}
	now := utc(db.now())
	old, o := make([]outboxRow, len(scores)), make([]outboxRow, len(scores))
	for i, s := range scores {
		old[i], o[i] = s.was, s.was.arrived(s, now)
	}
	stored := 0
	err := db.redo(ctx, func(tx *Tx) (err error) {
		stored, err = putMany(ctx, tx, old, o, now)
		return err
	})
	if err != nil {
		return fmt.Errorf("reporting scores: %w", err)
	}
	if stored == len(scores) {
		return nil
	}
	for _, s := range scores { // those that were stored just now are passed over
		err := db.reported(ctx, s, func(o outboxRow, now time.Time) (outboxRow, error) {
			o = o.arrived(s, now)
			o.Due = timeOrNull(now) // it changed on the way, and so may when it is to be looked at again
			return o, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// arrived is the row after the platform got the score.
func (o outboxRow) arrived(s Score, now time.Time) outboxRow {
	o.Sent, o.Attempts, o.Failure = s.was.Wanted, 0, ""
	if o.owed() {
		o.Due, o.OwedSince = sql.NullTime{Time: now, Valid: true}, sql.NullTime{Time: now, Valid: true}
	} else {
		o.Due, o.OwedSince, o.Waits = timeOrNull(s.was.next), sql.NullTime{}, false
	}
	return o
}

// ScoreLate reports that the platform could not be reached or did not take the score now. It is due again
// after a pause that grows with the attempts and is different for each score; wait is the least pause. After
// two weeks it is dead.
func (db *DB) ScoreLate(ctx context.Context, s Score, code string, wait time.Duration) error {
	pause, err := db.pause(s.Attempts)
	if err != nil {
		return err
	}
	return db.reported(ctx, s, func(o outboxRow, now time.Time) (outboxRow, error) {
		o.Failure = clip(code, 255)
		if o.Wanted == s.was.Wanted {
			o.Due = sql.NullTime{Time: now.Add(max(pause, wait)), Valid: true}
		}
		if o.OwedSince.Valid && now.Sub(o.OwedSince.Time) >= giveUpAfter {
			o.Dead, o.Due = true, sql.NullTime{}
		}
		return o, nil
	})
}

// ScoreDead reports that the platform refuses the score and would again. It rests among [DB.DeadScores] until
// the learner's answers change, the learner opens the activity again, or somebody calls [DB.RetryDeadScores].
func (db *DB) ScoreDead(ctx context.Context, s Score, code string) error {
	return db.reported(ctx, s, func(o outboxRow, _ time.Time) (outboxRow, error) {
		o.Failure = clip(code, 255)
		if o.Wanted == s.was.Wanted {
			o.Dead, o.Due = true, sql.NullTime{}
		}
		return o, nil
	})
}

// reported changes the row of a score that was taken, unless somebody took it since: then what became of this
// one says nothing any more.
func (db *DB) reported(ctx context.Context, s Score, f func(outboxRow, time.Time) (outboxRow, error)) error {
	err := db.tx(ctx, func(tx *Tx) error {
		row, there, err := outboxAt(ctx, tx, s.was)
		if err != nil || !there || row.LineItem != s.LineItem || !row.Stamp.Valid || !row.Stamp.Time.Equal(s.Stamp) || row.Sent != scoreUnknown {
			return err
		}
		now := utc(db.now())
		o, err := f(row, now)
		if err != nil {
			return err
		}
		stored, err := o.put(ctx, tx, now)
		if err == nil && !stored {
			return errAgain
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("reporting a score: %w", err)
	}
	return nil
}

// pause is the time before the next attempt: exponential, and a random half of it, so that a platform that
// comes back is not met by everybody at once.
func (db *DB) pause(attempts int) (time.Duration, error) {
	d := longestPause
	if attempts < 10 {
		d = min(firstPause<<max(attempts-1, 0), longestPause)
	}
	more, err := db.jitter(d / 2)
	return d/2 + more, err
}

// ScoreCounts counts the outbox of an institution.
type ScoreCounts struct {
	Owed   int // 100,000 means so many or more
	Dead   int
	Oldest time.Time // since when the longest owed living score is; zero if there is none
}

// CountScores counts what an institution's platforms are owed.
func (db *DB) CountScores(ctx context.Context, institutionID string) (ScoreCounts, error) {
	return db.countScores(ctx, ` AND o.platformid IN (SELECT p.id FROM lti_platform p WHERE p.institutionid = ?)`, institutionID)
}

// countScores counts what is owed, by an index that holds all it wants to know and nothing that was sent.
func (db *DB) countScores(ctx context.Context, of string, args ...any) (ScoreCounts, error) {
	var n ScoreCounts
	var since []time.Time
	err := db.r.GetContext(ctx, &n.Owed, `SELECT COUNT(c.owedsince) FROM (
		SELECT o.owedsince FROM outbox o WHERE o.dead = 0 AND o.owedsince IS NOT NULL`+of+` LIMIT ?) c`, append(slices.Clone(args), countMost)...)
	if err == nil {
		err = db.r.GetContext(ctx, &n.Dead, `SELECT COUNT(o.dead) FROM outbox o WHERE o.dead = 1`+of, args...)
	}
	if err == nil {
		err = db.r.SelectContext(ctx, &since, `
			SELECT o.owedsince FROM outbox o WHERE o.dead = 0 AND o.owedsince IS NOT NULL`+of+` ORDER BY o.owedsince LIMIT 1`, args...)
	}
	if err != nil {
		return n, fmt.Errorf("counting the outbox: %w", unavailable(err))
	}
	if len(since) > 0 {
		n.Oldest = since[0].UTC()
	}
	return n, nil
}

// DeadScores returns scores that could not be delivered, at most limit, the ones owed longest first.
func (db *DB) DeadScores(ctx context.Context, institutionID string, limit int) ([]Score, error) {
	var rows []outboxRow
	err := db.r.SelectContext(ctx, &rows, outboxQuery+`o.dead = 1 AND o.platformid IN
		(SELECT p.id FROM lti_platform p WHERE p.institutionid = ?)
		ORDER BY o.owedsince, o.platformid, o.resourcelinkid, o.userid LIMIT ?`, institutionID, limit)
	if err != nil {
		return nil, fmt.Errorf("reading the dead scores: %w", unavailable(err))
	}
	return scoresOf(rows), nil
}

// MissingScores returns scores that a platform refuses, and those whose last try failed, at most limit of each, the ones
// owed longest first.
func (db *DB) MissingScores(ctx context.Context, platformID string, limit int) ([]Score, error) {
	var rows []outboxRow
	for _, which := range []string{`o.dead = 1`, `o.dead = 0 AND o.owedsince IS NOT NULL AND LENGTH(o.failure) > 0`} {
		var some []outboxRow
		err := db.r.SelectContext(ctx, &some, outboxQuery+which+` AND o.platformid = ?
			ORDER BY o.owedsince, o.resourcelinkid, o.userid LIMIT ?`, platformID, limit)
		if err != nil {
			return nil, fmt.Errorf("reading the scores that a platform lacks: %w", unavailable(err))
		}
		rows = append(rows, some...)
	}
	return scoresOf(rows), nil
}

func scoresOf(rows []outboxRow) []Score {
	scores := make([]Score, 0, len(rows))
	for _, o := range rows {
		scores = append(scores, scoreOf(o))
	}
	return scores
}

// RetryDeadScores makes the institution's dead scores due again and returns how many it were.
func (db *DB) RetryDeadScores(ctx context.Context, institutionID string) (int, error) {
	n := 0
	for {
		dead, err := db.DeadScores(ctx, institutionID, 100)
		if err != nil || len(dead) == 0 {
			return n, err
		}
		for _, s := range dead {
			err := db.tx(ctx, func(tx *Tx) error {
				row, there, err := outboxAt(ctx, tx, s.was)
				if err != nil || !there || !row.Dead {
					return err
				}
				now := utc(db.now())
				gates, err := gatesOf(ctx, tx, row.PlatformID, []outboxRow{row}, now)
				if err != nil {
					return err
				}
				o := row.oneOfMany(gates[0], true, now)
				if o.owed() {
					o.OwedSince = sql.NullTime{Time: now, Valid: true}
				}
				return putOrAgain(ctx, tx, row, o, now)
			})
			if err != nil {
				return n, fmt.Errorf("trying a dead score again: %w", err)
			}
			n++
		}
	}
}

// Destination returns the platform to which scores go, or policy.ErrForbidden while it is not active.
func (db *DB) Destination(ctx context.Context, platformID string) (lti.Platform, error) {
	p, err := db.Platform(ctx, platformID)
	if err != nil {
		return p, err
	}
	if p.Status != lti.Active {
		return p, policy.E(policy.ErrForbidden, "").Because(errors.New("the platform is not active"))
	}
	return p, nil
}
