package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"ltipolicy/policy"
	"ltipolicy/policy/research"
)

// schedule lets a draft wait for its day. The edit grows as if it had been saved: an editor that is open in
// another window cannot save over what was decided, nor this over what is being saved.
func (db *DB) schedule(ctx context.Context, tx *Tx, a Admin, p Publication, v, old policy.Version, slug string, before any) error {
	ok, err := one(tx.ExecContext(ctx, `
		UPDATE `+db.open(draftDetail)+` SET effectivefrom = ?, enforcedfrom = ?, announcedfrom = ?, zone = ?, changenote = ?, edit = ?
		WHERE versionid = ? AND edit = ?`,
		timeOrNull(v.EffectiveFrom), timeOrNull(v.EnforcedFrom), timeOrNull(v.AnnouncedFrom), zoneOf(v), v.ChangeNote, v.Edit+1, v.ID, v.Edit))
	if err == nil && !ok {
		err = errAgain
	}
	if err != nil {
		return err
	}
	s := scheduleRow{
		PolicyID: v.PolicyID, VersionID: v.ID, EffectiveFrom: v.EffectiveFrom, Minor: p.Minor, Actor: clip(a.Actor, 255),
		Edit: v.Edit + 1, Replaces: old.ID,
	}
	if p.Minor {
		s.Material = old.MaterialID
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO policy_schedule (policyid, versionid, effectivefrom, minor, actor, edit, replaces) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		s.PolicyID, s.VersionID, s.EffectiveFrom, s.Minor, s.Actor, s.Edit, s.Replaces)
	if duplicate(err) {
		return errAgain
	}
	if err != nil {
		return err
	}
	after := loggedOf(v)
	after.Scheduled = true
	if err := db.logChange(ctx, tx, a, "version.schedule", slug, before, after); err != nil {
		return err
	}
	switch {
	case v.AnnouncedFrom.IsZero():
		return nil
	case v.AnnouncedFrom.After(db.now()):
		return owe(ctx, tx, v.PolicyID, v.ID, stepAnnounce, v.AnnouncedFrom)
	}
	return db.announce(ctx, tx, a, v, s.material(), slug)
}

// endSchedule lets nothing of the policy wait any more, and reports whether the version did.
func endSchedule(ctx context.Context, tx *Tx, policyID, versionID int64) (bool, error) {
	return one(tx.ExecContext(ctx, `DELETE FROM policy_schedule WHERE policyid = ? AND versionid = ?`, policyID, versionID))
}

// Unschedule makes a version that waits an ordinary draft again; its days stay as a plan. One that was announced already
// is archived instead, because people could read and answer it. policy.ErrNotFound: it does not wait, or it has begun.
func (db *DB) Unschedule(ctx context.Context, a Admin, versionID int64) error {
	err := db.tx(ctx, func(tx *Tx) error {
		v, slug, err := turnOf(ctx, tx, a.InstitutionID, versionID)
		if err != nil {
			return err
		}
		ok, err := endSchedule(ctx, tx, v.PolicyID, v.ID)
		if err == nil && !ok && !v.Announced { // a program of before ends an announced one's schedule, and nothing else
			err = missing("scheduled version", sql.ErrNoRows)
		}
		if err == nil {
			_, err = tx.ExecContext(ctx, `DELETE FROM policy_step WHERE versionid = ?`, v.ID)
		}
		if err != nil {
			return err
		}
		if v.Announced {
			return db.retract(ctx, tx, a, v, slug)
		}
		before := loggedOf(v)
		before.Scheduled = true
		return db.logChange(ctx, tx, a, "version.unschedule", slug, before, logOf(v))
	})
	if err != nil {
		return fmt.Errorf("unscheduling: %w", err)
	}
	return nil
}

// ScheduleFailure is why a version did not begin on its day.
type ScheduleFailure string

// The failures. Only the last two may mend by themselves.
const (
	FailedOvertaken   ScheduleFailure = "overtaken"   // a minor change, and another version is active than it was compared with
	FailedEdited      ScheduleFailure = "edited"      // the draft is not what was scheduled
	FailedEmpty       ScheduleFailure = "empty"       // a text has no words
	FailedKind        ScheduleFailure = "kind"        // a minor change, and the active version asks for another kind of answer
	FailedUnavailable ScheduleFailure = "unavailable" // the database could not do it
	FailedOther       ScheduleFailure = "other"       // the program's log says what
)

func scheduleFailure(err error) ScheduleFailure {
	if e, ok := errors.AsType[*policy.Error](err); ok {
		switch e.Key {
		case "admin.schedule_overtaken":
			return FailedOvertaken
		case "admin.draft_changed":
			return FailedEdited
		case "policy.text_empty", research.MissingKey:
			return FailedEmpty
		case "admin.not_minor":
			return FailedKind
		}
	}
	if errors.Is(err, policy.ErrUnavailable) {
		return FailedUnavailable
	}
	return FailedOther
}

// Scheduled is a version that waits for its day, or that did not begin on it.
type Scheduled struct {
	PolicyID  int64
	VersionID int64
	At        time.Time
	Minor     bool
	Actor     string
	// After a failure: what failed, when it was last tried, how often, and when it is tried again.
	Failure ScheduleFailure // empty: nothing failed
	Failed  time.Time
	Tries   int
	Next    time.Time
}

// scheduleRow is a row of policy_schedule.
type scheduleRow struct {
	PolicyID      int64        `db:"policyid"`
	VersionID     int64        `db:"versionid"`
	EffectiveFrom time.Time    `db:"effectivefrom"`
	Minor         bool         `db:"minor"`
	Actor         string       `db:"actor"`
	Edit          int64        `db:"edit"`     // of the draft that was scheduled
	Replaces      int64        `db:"replaces"` // the version that was active then, 0: none
	Material      int64        `db:"material"` // of that one, 0: none
	Tries         int          `db:"tries"`
	Failure       string       `db:"failure"`
	Failed        sql.NullTime `db:"failedat"`
	Next          sql.NullTime `db:"nexttry"`
}

const scheduleQuery = `
	SELECT s.policyid, s.versionid, s.effectivefrom, s.minor, s.actor, s.edit, s.replaces, s.tries, s.failure, s.failedat, s.nexttry,
		COALESCE((SELECT r.materialid FROM policy_version_detail r WHERE r.versionid = s.replaces), 0) AS material
	FROM policy_schedule s `

// material is the version whose answers count for the one that waits.
func (r scheduleRow) material() int64 {
	if r.Minor {
		return cmp.Or(r.Material, r.Replaces)
	}
	return r.VersionID
}

// Scheduled returns the institution's versions that wait, the earliest first.
func (db *DB) Scheduled(ctx context.Context, institutionID string) ([]Scheduled, error) {
	var rows []scheduleRow
	err := db.r.SelectContext(ctx, &rows, scheduleQuery+`
		JOIN policy_detail d ON d.policyid = s.policyid
		WHERE d.institutionid = ? ORDER BY s.effectivefrom, s.policyid`, institutionID)
	if err != nil {
		return nil, fmt.Errorf("reading what is scheduled: %w", unavailable(err))
	}
	var list []Scheduled
	for _, r := range rows {
		list = append(list, Scheduled{
			PolicyID: r.PolicyID, VersionID: r.VersionID, At: r.EffectiveFrom.UTC(), Minor: r.Minor, Actor: r.Actor,
			Failure: ScheduleFailure(r.Failure), Failed: timeOf(r.Failed), Tries: r.Tries, Next: timeOf(r.Next),
		})
	}
	return list, nil
}

// due is whose day has come, and who is not waiting for another try.
const due = `s.effectivefrom <= ? AND (s.nexttry IS NULL OR s.nexttry <= ?)`

// dueBatch bounds what is read of the queue at once, dueLost how many failures in a row may be lost before it is
// the database that fails.
const (
	dueBatch = 50
	dueLost  = 3
)

// dueQuery reads what fell due, in its order: of one moment what is announced first, and what is enforced last.
const dueQuery = `
	SELECT u.policyid, u.versionid, u.step FROM (
		SELECT * FROM (
			SELECT s.policyid, s.versionid, 'begin' AS step, s.effectivefrom AS due, 1 AS place
			FROM policy_schedule s WHERE ` + due + ` ORDER BY s.effectivefrom LIMIT ?) b
		UNION ALL
		SELECT * FROM (
			SELECT t.policyid, t.versionid, t.step, t.due, CASE WHEN t.step = 'announce' THEN 0 ELSE 2 END AS place
			FROM policy_step t WHERE t.due <= ? ORDER BY t.due LIMIT ?) c
	) u ORDER BY u.due, u.place, u.versionid`

// dueRow is something that a version does at its time.
type dueRow struct {
	PolicyID  int64  `db:"policyid"`
	VersionID int64  `db:"versionid"`
	Step      string `db:"step"` // begin, or a step of policy_step
}

// ActivateDue does what the versions' calendars had waiting until now, in the order of its times: announces, makes
// active, enforces; and returns how much it was. Each is on its own: one that
// cannot begin is written down with the reason, see [Scheduled], and tried again after pauses that grow from a
// minute to an hour; the others go on. An error is the database's, never a schedule's. Replicas may do it at
// once: each thing is done by one of them, and the admin log has when it was due and when it was done. Somebody is asked
// as late as this is called after a version's moment, so it is to be called every second; it
// costs one look into two tables that are empty most of the time.
func (db *DB) ActivateDue(ctx context.Context) (int, error) {
	n, tried := 0, map[dueRow]bool{}
	var lost []error
	for {
		now := utc(db.now())
		var rows []dueRow
		if err := db.r.SelectContext(ctx, &rows, dueQuery, now, now, dueBatch, now, dueBatch); err != nil {
			return n, fmt.Errorf("looking for scheduled versions: %w", unavailable(err))
		}
		more := len(rows) >= dueBatch
		rows = slices.DeleteFunc(rows, func(d dueRow) bool { return tried[d] })
		for _, d := range rows {
			tried[d] = true
			done, err := db.doDue(ctx, d)
			if err != nil {
				lost = append(lost, fmt.Errorf("activating a scheduled version: %w", err))
			}
			if ctx.Err() != nil || len(lost) >= dueLost {
				return n, errors.Join(lost...)
			}
			if done {
				n, more = n+1, true // one that begins may have to be enforced at once
			}
		}
		if !more || len(rows) == 0 {
			return n, errors.Join(lost...)
		}
	}
}

// doDue does what is due. Whatever fails of a version that begins is written down.
func (db *DB) doDue(ctx context.Context, d dueRow) (bool, error) {
	if d.Step != "begin" {
		return db.takeStep(ctx, d)
	}
	done, err := db.activateDue(ctx, d.PolicyID)
	if err != nil && ctx.Err() == nil {
		err = db.postpone(ctx, d.PolicyID, err)
	}
	return done, err
}

// dueOf is the policy's schedule if it is due.
func (db *DB) dueOf(ctx context.Context, tx *Tx, policyID int64) (scheduleRow, bool, error) {
	now := utc(db.now())
	var rows []scheduleRow
	err := tx.SelectContext(ctx, &rows, scheduleQuery+`WHERE s.policyid = ? AND `+due, policyID, now, now)
	if err != nil || len(rows) == 0 {
		return scheduleRow{}, false, err
	}
	return rows[0], true, nil
}

func (db *DB) activateDue(ctx context.Context, policyID int64) (done bool, err error) {
	err = db.tx(ctx, func(tx *Tx) error {
		done = false
		var institution []string
		if err := tx.SelectContext(ctx, &institution, `SELECT institutionid FROM policy_detail WHERE policyid = ?`, policyID); err != nil {
			return err
		}
		if len(institution) == 0 {
			return db.endGone(ctx, tx, Admin{}, policyID, "")
		}
		slug, err := takeTurn(ctx, tx, institution[0], policyID)
		if err != nil {
			return err
		}
		s, there, err := db.dueOf(ctx, tx, policyID)
		if err != nil || !there {
			return err
		}
		a := Admin{InstitutionID: institution[0], Actor: s.Actor}
		v, err := institutionVersion(ctx, tx, institution[0], s.VersionID)
		if errors.Is(err, policy.ErrNotFound) || err == nil && v.Status() != policy.Draft {
			return db.endGone(ctx, tx, a, policyID, slug)
		}
		if err != nil {
			return err
		}
		a.UserID = v.UserModified
		done = true
		return db.begin(ctx, tx, a, s, v, slug)
	})
	return done && err == nil, err
}

// begin makes a version active that waited, if it is what was scheduled.
func (db *DB) begin(ctx context.Context, tx *Tx, a Admin, s scheduleRow, v policy.Version, slug string) error {
	if s.Edit != v.Edit {
		return policy.E(policy.ErrConflict, "admin.draft_changed", v.ID).Because(fmt.Errorf("edit %d was scheduled, have %d", s.Edit, v.Edit))
	}
	old, err := currentVersion(ctx, tx, v.PolicyID)
	if err != nil {
		return err
	}
	if s.Minor && s.Replaces != old.ID {
		return policy.E(policy.ErrConflict, "admin.schedule_overtaken", v.ID).Because(
			fmt.Errorf("version %d was compared with %d, and %d is active", v.ID, s.Replaces, old.ID))
	}
	if err := publishable(v, old, s.Minor); err != nil {
		return err
	}
	to, _, err := draftScopes(ctx, tx, v)
	if err != nil {
		return err
	}
	ok, err := endSchedule(ctx, tx, v.PolicyID, v.ID)
	if err == nil && !ok {
		err = errAgain
	}
	if err != nil {
		return err
	}
	if err := db.makeActive(ctx, tx, a, v, old, to, s.Minor, "version.activate", slug); err != nil {
		return err
	}
	if late := v.EnforcedFrom; !late.IsZero() && !s.Minor && !late.After(db.now()) { // it begins late; the log says this, too
		return owe(ctx, tx, v.PolicyID, v.ID, stepEnforce, late)
	}
	return nil
}

// endGone ends a schedule of a version that is no draft any more, or of no policy at all: there is nothing left
// to begin, and nothing that anybody could put right. This program never leaves one.
func (db *DB) endGone(ctx context.Context, tx *Tx, a Admin, policyID int64, slug string) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM policy_schedule WHERE policyid = ?`, policyID); err != nil {
		return err
	}
	db.log.Warn("a schedule ended without its version", "policy", policyID)
	if a.InstitutionID == "" {
		return nil
	}
	return db.logChange(ctx, tx, a, "version.unschedule", slug, nil, nil)
}

// The pauses between two tries of a version that cannot begin.
const (
	dueFirstPause   = time.Minute
	dueLongestPause = time.Hour
)

func duePause(tries int) time.Duration {
	return min(dueLongestPause, dueFirstPause<<min(tries, 10))
}

// postpone writes down why a version did not begin and when it is tried again. What is new about it stands in
// the logs, once: the same failure, time and again, does not.
func (db *DB) postpone(ctx context.Context, policyID int64, cause error) error {
	failure := scheduleFailure(cause)
	fresh := false
	err := db.tx(ctx, func(tx *Tx) error {
		fresh = false
		s, there, err := db.dueOf(ctx, tx, policyID)
		if err != nil || !there { // it was taken back, or another replica has written the same down
			return err
		}
		now := utc(db.now())
		next := now.Add(duePause(s.Tries))
		ok, err := one(tx.ExecContext(ctx, `
			UPDATE policy_schedule SET tries = ?, failure = ?, failedat = ?, nexttry = ?
			WHERE policyid = ? AND versionid = ? AND tries = ?`,
			s.Tries+1, string(failure), now, next, policyID, s.VersionID, s.Tries))
		if err == nil && !ok {
			err = errAgain
		}
		if err != nil {
			return err
		}
		if fresh = s.Failure != string(failure); !fresh {
			return nil
		}
		return db.logFailure(ctx, tx, s, failure)
	})
	if err != nil {
		return errors.Join(cause, fmt.Errorf("postponing it: %w", err))
	}
	if fresh {
		db.log.Error("a scheduled version cannot begin", "policy", policyID, "failure", failure, "error", cause)
	}
	return nil
}

func (db *DB) logFailure(ctx context.Context, tx *Tx, s scheduleRow, failure ScheduleFailure) error {
	var row struct {
		InstitutionID string `db:"institutionid"`
		Slug          string `db:"slug"`
	}
	err := tx.GetContext(ctx, &row, `SELECT institutionid, slug FROM policy_detail WHERE policyid = ?`, s.PolicyID)
	if err != nil {
		return err
	}
	a := Admin{InstitutionID: row.InstitutionID, Actor: s.Actor}
	return db.logChange(ctx, tx, a, "version.activate_failed", row.Slug, nil,
		map[string]any{"version": s.VersionID, "effective_from": s.EffectiveFrom.UTC().Format(time.RFC3339), "failure": failure})
}
