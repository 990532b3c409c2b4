package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
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

	was outboxRow
}

// TakeScores takes up to limit scores that are due, for the caller to send, and gives each its timestamp.
// Whatever becomes of the caller: a score that is not reported back with [DB.ScoreSent], [DB.ScoreLate] or
// [DB.ScoreDead] is due again after two minutes. A score that nobody owes any more is passed over. No two
// callers, of whatever replica, take the same score at once. Scores of the platforms without are left alone.
func (db *DB) TakeScores(ctx context.Context, limit int, without ...string) ([]Score, error) {
	query, args := outboxQuery+`o.due <= ?`, []any{utc(db.now())}
	if len(without) > 0 {
		query += ` AND o.platformid NOT IN (?` + strings.Repeat(", ?", len(without)-1) + `)`
		for _, id := range without {
			args = append(args, id)
		}
	}
	var rows []outboxRow
	err := db.r.SelectContext(ctx, &rows, query+` ORDER BY o.due LIMIT ?`, append(args, limit)...)
	if err != nil {
		return nil, fmt.Errorf("reading the outbox: %w", unavailable(err))
	}
	var scores []Score
	for _, o := range rows {
		s, taken, err := db.takeScore(ctx, o)
		if err != nil {
			return scores, fmt.Errorf("taking a score: %w", err)
		}
		if taken {
			scores = append(scores, s)
		}
	}
	return scores, nil
}

func (db *DB) takeScore(ctx context.Context, at outboxRow) (s Score, taken bool, err error) {
	err = db.tx(ctx, func(tx *Tx) error {
		taken = false
		row, there, err := outboxAt(ctx, tx, at)
		now := utc(db.now())
		if err != nil || !there || !row.Due.Valid || row.Due.Time.After(now) {
			return err
		}
		ok, err := passed(ctx, tx, row, now)
		if err != nil {
			return err
		}
		o := row.settle(ok, false, now)
		if !o.owed() {
			return putOrAgain(ctx, tx, row, o, now)
		}
		stamp := now
		if o.Stamp.Valid && stamp.Before(o.Stamp.Time.Add(stampStep)) {
			stamp = o.Stamp.Time.Add(stampStep)
		}
		o.Stamp = sql.NullTime{Time: stamp, Valid: true}
		o.Sent = scoreUnknown
		o.Due = sql.NullTime{Time: now.Add(scoreLease), Valid: true}
		o.Attempts++
		if taken, err = o.put(ctx, tx, now); err != nil || !taken {
			return err // somebody else took or changed it: it is theirs, or due again
		}
		o.Revision++
		s = scoreOf(o)
		return nil
	})
	return s, taken, err
}

func scoreOf(o outboxRow) Score {
	return Score{
		PlatformID: o.PlatformID, ContextID: o.ContextID, ResourceLinkID: o.ResourceLinkID, UserID: o.UserID, Sub: o.Sub,
		LineItem: o.LineItem, Full: o.Wanted == scoreFull, Stamp: timeOf(o.Stamp), Attempts: o.Attempts,
		Owed: timeOf(o.OwedSince), Failure: o.Failure, was: o,
	}
}

// ScoreSent reports that the platform has the score, or a newer one. If the learner's answers changed
// meanwhile, the new state is due at once.
func (db *DB) ScoreSent(ctx context.Context, s Score) error {
	return db.reported(ctx, s, func(o outboxRow, now time.Time) (outboxRow, error) {
		o.Sent, o.Attempts, o.Failure = s.was.Wanted, 0, ""
		o.Due, o.OwedSince = sql.NullTime{}, sql.NullTime{}
		if o.owed() {
			o.Due, o.OwedSince = sql.NullTime{Time: now, Valid: true}, sql.NullTime{Time: now, Valid: true}
		}
		return o, nil
	})
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
	var b [8]byte
	if _, err := io.ReadFull(db.rand, b[:]); err != nil {
		return 0, fmt.Errorf("reading randomness: %w", err)
	}
	return d/2 + time.Duration(binary.BigEndian.Uint64(b[:])%uint64(d/2)), nil
}

// ScoreCounts counts the outbox of an institution.
type ScoreCounts struct {
	Owed   int       `db:"owed"`
	Dead   int       `db:"dead"`
	Oldest time.Time `db:"-"` // since when the longest owed living score is; zero if there is none
}

// CountScores counts what an institution's platforms are owed.
func (db *DB) CountScores(ctx context.Context, institutionID string) (ScoreCounts, error) {
	var n ScoreCounts
	err := db.r.GetContext(ctx, &n, `
		SELECT COALESCE(SUM(CASE WHEN o.dead = 0 AND o.lineitem <> '' AND o.wanted <> o.sent THEN 1 ELSE 0 END), 0) AS owed,
			COALESCE(SUM(o.dead), 0) AS dead
		FROM outbox o JOIN lti_platform p ON p.id = o.platformid
		WHERE p.institutionid = ? AND (o.due IS NOT NULL OR o.dead = 1)`, institutionID)
	if err != nil {
		return n, fmt.Errorf("counting the outbox: %w", unavailable(err))
	}
	var since []sql.NullTime
	err = db.r.SelectContext(ctx, &since, `
		SELECT o.owedsince FROM outbox o JOIN lti_platform p ON p.id = o.platformid
		WHERE p.institutionid = ? AND o.due IS NOT NULL AND o.owedsince IS NOT NULL ORDER BY o.owedsince LIMIT 1`, institutionID)
	if err != nil {
		return n, fmt.Errorf("counting the outbox: %w", unavailable(err))
	}
	if len(since) > 0 {
		n.Oldest = timeOf(since[0])
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
	scores := make([]Score, 0, len(rows))
	for _, o := range rows {
		scores = append(scores, scoreOf(o))
	}
	return scores, nil
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
				ok, err := passed(ctx, tx, row, now)
				if err != nil {
					return err
				}
				o := row.settle(ok, true, now)
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
