package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"ltipolicy/lti"
	"ltipolicy/policy"
)

const (
	rosterLease = 2 * time.Minute // renewed with each part of a roster that arrives
	rosterBatch = 250             // members written in one transaction
)

// Roster is what is known of a course's participants: the last whole list that its platform gave.
type Roster struct {
	PlatformID string
	ContextID  string
	Label      string
	Title      string
	URL        string    // of the platform's service; empty: it offers none for this course
	Members    int       // teachers too
	Fetched    time.Time // zero: never
	Failed     time.Time // of the last try, if it failed
	Failure    string    // why, a code
	Refreshing bool      // somebody is at it
	CourseEnd  time.Time // zero: the course does not end, or nothing is known of it
	Copied     bool      // the course was made from another one

	listed     bool // there is a row in lti_roster
	generation string
	filling    string
	stale      string
	lease      sql.NullTime
}

type rosterRow struct {
	Label      string         `db:"label"`
	Title      string         `db:"title"`
	URL        string         `db:"rosterurl"`
	Generation sql.NullString `db:"generation"`
	Filling    sql.NullString `db:"filling"`
	Stale      sql.NullString `db:"stale"`
	Lease      sql.NullTime   `db:"leaseduntil"`
	Members    sql.NullInt64  `db:"members"`
	Fetched    sql.NullTime   `db:"timefetched"`
	Failed     sql.NullTime   `db:"timefailed"`
	Failure    sql.NullString `db:"failure"`
	CourseEnd  sql.NullTime   `db:"timeend"`
	Copied     bool           `db:"copied"`
}

// Roster returns what is known of a course's roster. A course that nobody launched from is policy.ErrNotFound.
func (db *DB) Roster(ctx context.Context, platformID, contextID string) (Roster, error) {
	return rosterOf(ctx, db.r, platformID, contextID, db.now())
}

func rosterOf(ctx context.Context, q sqlx.QueryerContext, platformID, contextID string, now time.Time) (Roster, error) {
	var row rosterRow
	err := sqlx.GetContext(ctx, q, &row, `
		SELECT c.label, c.title, c.rosterurl, c.timeend, c.copied, r.generation, r.filling, r.stale, r.leaseduntil, r.members, r.timefetched, r.timefailed, r.failure
		FROM lti_context c
		LEFT JOIN lti_roster r ON r.platformid = c.platformid AND r.contextid = c.contextid
		WHERE c.platformid = ? AND c.contextid = ?`, platformID, contextID)
	if err != nil {
		return Roster{}, missing("course", err)
	}
	return Roster{
		PlatformID: platformID, ContextID: contextID, Label: row.Label, Title: row.Title, URL: row.URL,
		Members: int(row.Members.Int64), Fetched: timeOf(row.Fetched), Failed: timeOf(row.Failed), Failure: row.Failure.String, CourseEnd: timeOf(row.CourseEnd), Copied: row.Copied,
		Refreshing: row.Filling.String != "" && row.Lease.Valid && leased(row.Lease.Time, now, rosterLease),
		listed:     row.Generation.Valid, generation: row.Generation.String, filling: row.Filling.String, stale: row.Stale.String, lease: row.Lease,
	}, nil
}

// RosterFill is a roster that is being fetched. Only its holder writes to it.
type RosterFill struct {
	URL string

	db         *DB
	platformID string
	contextID  string
	id         string
	members    int
}

// FillRoster begins to replace a course's roster if the last whole one is at least as old as given, and nobody
// is at it; otherwise the result is nil. Of several replicas one gets it. The members that are known stay
// until [RosterFill.Done].
func (db *DB) FillRoster(ctx context.Context, platformID, contextID string, age time.Duration) (*RosterFill, error) {
	id, err := db.NewID()
	if err != nil {
		return nil, err
	}
	var fill *RosterFill
	var old []string
	err = db.tx(ctx, func(tx *Tx) error {
		fill, old = nil, nil
		now := utc(db.now())
		r, err := rosterOf(ctx, tx, platformID, contextID, now)
		if err != nil {
			return err
		}
		if r.URL == "" {
			return policy.E(policy.ErrNotFound, "").Because(errors.New("the platform offers no roster for the course"))
		}
		if r.Refreshing || !r.Fetched.IsZero() && now.Sub(r.Fetched) < age {
			return nil
		}
		if !r.listed {
			_, err := tx.ExecContext(ctx, `
				INSERT INTO lti_roster (platformid, contextid, generation, filling, stale, members, failure) VALUES (?, ?, '', '', '', 0, '')`,
				platformID, contextID)
			if err != nil {
				return saved("roster", err)
			}
		}
		ok, err := one(tx.ExecContext(ctx, `
			UPDATE lti_roster SET filling = ?, stale = '', leaseduntil = ? WHERE platformid = ? AND contextid = ? AND filling = ? AND generation = ?`,
			id, now.Add(rosterLease), platformID, contextID, r.filling, r.generation))
		if err != nil {
			return err
		}
		if !ok {
			return errAgain
		}
		fill = &RosterFill{URL: r.URL, db: db, platformID: platformID, contextID: contextID, id: id}
		for _, g := range []string{r.filling, r.stale} {
			if g != "" && g != id && g != r.generation {
				old = append(old, g)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("beginning to fetch a roster: %w", err)
	}
	for _, g := range old {
		if err := db.dropMembers(ctx, g); err != nil {
			return nil, err
		}
	}
	return fill, nil
}

// dropMembers deletes the members of a fetch that nothing names any more, in batches.
func (db *DB) dropMembers(ctx context.Context, generation string) error {
	for {
		var subs []string
		err := db.r.SelectContext(ctx, &subs, `SELECT sub FROM lti_roster_member WHERE generation = ? ORDER BY sub LIMIT ?`, generation, sweepBatch)
		if err != nil {
			return fmt.Errorf("deleting an old roster: %w", unavailable(err))
		}
		if len(subs) == 0 {
			return nil
		}
		query, args, err := sqlx.In(`DELETE FROM lti_roster_member WHERE generation = ? AND sub IN (?)`, generation, subs)
		if err != nil {
			return err
		}
		err = db.redo(ctx, func(tx *Tx) error {
			_, err := tx.ExecContext(ctx, query, args...)
			return err
		})
		if err != nil {
			return fmt.Errorf("deleting an old roster: %w", err)
		}
	}
}

// errTaken says that the lease ran out and somebody else fetches the roster.
var errTaken = policy.E(policy.ErrConflict, "").Because(errors.New("somebody else fetches the roster"))

// Add writes members. Those that are not active are passed over, and so is a person who came already: pages of
// a roster may overlap. It is policy.ErrConflict if somebody else has taken over.
func (f *RosterFill) Add(ctx context.Context, members []lti.Member) error {
	active := make([]lti.Member, 0, len(members))
	for _, m := range members {
		if m.Active() {
			active = append(active, m)
		}
	}
	for _, part := range parts(active, rosterBatch) {
		if err := f.add(ctx, part); err != nil {
			return fmt.Errorf("writing a roster: %w", err)
		}
	}
	return nil
}

func (f *RosterFill) add(ctx context.Context, members []lti.Member) error {
	added := 0
	err := f.db.tx(ctx, func(tx *Tx) error {
		added = 0
		if err := f.hold(ctx, tx); err != nil {
			return err
		}
		subs := make([]string, 0, len(members))
		for _, m := range members {
			subs = append(subs, m.Sub)
		}
		query, args, err := sqlx.In(`SELECT sub FROM lti_roster_member WHERE generation = ? AND sub IN (?)`, f.id, subs)
		if err != nil {
			return err
		}
		var there []string
		if err := tx.SelectContext(ctx, &there, query, args...); err != nil {
			return err
		}
		known := make(map[string]bool, len(there)+len(members))
		for _, s := range there {
			known[s] = true
		}
		values := make([]string, 0, len(members))
		args = nil
		for _, m := range members {
			if known[m.Sub] {
				continue
			}
			known[m.Sub] = true
			values = append(values, "(?, ?, ?, ?, ?, ?, ?, ?, ?)")
			args = append(args, f.id, m.Sub, f.members+added, m.Roles.Instructor() || m.Roles.Administrator(),
				clip(m.Name, 255), clip(m.GivenName, 255), clip(m.FamilyName, 255), clip(m.Email, 255), clip(m.IDNumber, 255))
			added++
		}
		if added == 0 {
			return nil
		}
		_, err = tx.ExecContext(ctx, `
			INSERT INTO lti_roster_member (generation, sub, position, teacher, name, givenname, familyname, email, idnumber)
			VALUES `+strings.Join(values, ", "), args...)
		return err
	})
	if err != nil {
		return err
	}
	f.members += added
	return nil
}

// hold renews the lease, or says that it is lost.
func (f *RosterFill) hold(ctx context.Context, tx *Tx) error {
	ok, err := one(tx.ExecContext(ctx, `UPDATE lti_roster SET leaseduntil = ? WHERE platformid = ? AND contextid = ? AND filling = ?`,
		utc(f.db.now()).Add(rosterLease), f.platformID, f.contextID, f.id))
	if err == nil && !ok {
		return errTaken
	}
	return err
}

// Done makes the members that were added the course's roster, all at once.
func (f *RosterFill) Done(ctx context.Context) error {
	err := f.db.tx(ctx, func(tx *Tx) error {
		var generation string
		err := tx.GetContext(ctx, &generation, `SELECT generation FROM lti_roster WHERE platformid = ? AND contextid = ?`, f.platformID, f.contextID)
		if err != nil {
			return missing("roster", err)
		}
		ok, err := one(tx.ExecContext(ctx, `
			UPDATE lti_roster SET generation = ?, stale = ?, filling = '', leaseduntil = NULL, members = ?, timefetched = ?,
				timefailed = NULL, failure = ''
			WHERE platformid = ? AND contextid = ? AND filling = ? AND generation = ?`,
			f.id, generation, f.members, utc(f.db.now()), f.platformID, f.contextID, f.id, generation))
		if err == nil && !ok {
			return errTaken
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("replacing a roster: %w", err)
	}
	return nil
}

// Failed gives up: the last whole roster stays, and why there is no newer one is kept beside it. What was
// added is deleted. It does nothing if somebody else has taken over.
func (f *RosterFill) Failed(ctx context.Context, code string) error {
	err := f.db.tx(ctx, func(tx *Tx) error {
		_, err := one(tx.ExecContext(ctx, `
			UPDATE lti_roster SET filling = '', leaseduntil = NULL, timefailed = ?, failure = ?
			WHERE platformid = ? AND contextid = ? AND filling = ?`,
			utc(f.db.now()), clip(code, 64), f.platformID, f.contextID, f.id))
		return err
	})
	if err != nil {
		return fmt.Errorf("giving up a roster: %w", err)
	}
	return f.db.dropMembers(ctx, f.id)
}
