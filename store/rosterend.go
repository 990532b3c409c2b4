package store

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
)

const (
	// A sweep looks at so many lists of members for whether anything names them, in steps of so many.
	generationsAtOnce = 200
	generationsStep   = 20
	// fillingKept is how long after its lease a fetch that was not heard of any more is given up.
	fillingKept = time.Hour
)

// walk is how far the sweep of members came.
type walk struct {
	mu    sync.Mutex
	after string // the last generation that was looked at; empty: begin again
}

// endRosters ends the lists that no teacher opened for long, and members that no roster names.
func (db *DB) endRosters(ctx context.Context) error {
	return errors.Join(db.endUnopened(ctx), db.endUnnamed(ctx))
}

// endUnopened takes their lists from courses whose participants nobody opened: to open them has the list fetched
// anew, so its age tells. A course whose platform is away still has its list if somebody tried.
func (db *DB) endUnopened(ctx context.Context) error {
	before := utc(db.now().Add(-rostersKept))
	for range sweepMost {
		var rows []struct {
			PlatformID string `db:"platformid"`
			ContextID  string `db:"contextid"`
			Generation string `db:"generation"`
			Stale      string `db:"stale"`
		}
		err := db.r.SelectContext(ctx, &rows, `
			SELECT platformid, contextid, generation, stale FROM lti_roster
			WHERE timefetched < ? AND (timefailed IS NULL OR timefailed < ?) ORDER BY timefetched LIMIT ?`, before, before, sweepBatch)
		if err != nil {
			return err
		}
		for _, r := range rows {
			ended := false
			err := db.redo(ctx, func(tx *Tx) error {
				var err error
				ended, err = one(tx.ExecContext(ctx, `
					UPDATE lti_roster SET generation = '', stale = '', members = 0, timefetched = NULL, timefailed = NULL, failure = ''
					WHERE platformid = ? AND contextid = ? AND generation = ? AND timefetched < ?`,
					r.PlatformID, r.ContextID, r.Generation, before))
				return err
			})
			if err != nil {
				return err
			}
			for _, g := range []string{r.Generation, r.Stale} {
				if ended && g != "" {
					if err := db.dropMembers(ctx, g); err != nil {
						return err
					}
				}
			}
		}
		if len(rows) < sweepBatch {
			return nil
		}
	}
	return nil
}

// endUnnamed deletes members that no roster names: what is left where a program ended between two steps. Each
// sweep looks at the next lists, so that after some sweeps all were looked at.
func (db *DB) endUnnamed(ctx context.Context) error {
	db.members.mu.Lock()
	defer db.members.mu.Unlock()
	for range generationsAtOnce / generationsStep {
		err := db.endUnnamedStep(ctx)
		if err != nil || db.members.after == "" {
			return err
		}
	}
	return nil
}

func (db *DB) endUnnamedStep(ctx context.Context) error {
	var generations []string
	for len(generations) < generationsStep {
		var next []string
		err := db.r.SelectContext(ctx, &next, `SELECT generation FROM lti_roster_member WHERE generation > ? ORDER BY generation LIMIT 1`, db.members.after)
		if err != nil {
			return err
		}
		if len(next) == 0 {
			db.members.after = ""
			break
		}
		db.members.after = next[0]
		generations = append(generations, next[0])
	}
	if len(generations) == 0 {
		return nil
	}
	if err := db.giveUpFilling(ctx, generations); err != nil {
		return err
	}
	query, args, err := sqlx.In(`
		SELECT generation FROM lti_roster WHERE generation IN (?)
		UNION ALL SELECT stale FROM lti_roster WHERE stale IN (?)
		UNION ALL SELECT filling FROM lti_roster WHERE filling IN (?)`, generations, generations, generations)
	if err != nil {
		return err
	}
	var named []string
	if err := db.r.SelectContext(ctx, &named, query, args...); err != nil {
		return err
	}
	known := make(map[string]bool, len(named))
	for _, g := range named {
		known[g] = true
	}
	for _, g := range generations {
		// A name is given before there are members, and never given again.
		if !known[g] {
			if err := db.dropMembers(ctx, g); err != nil {
				return err
			}
		}
	}
	return nil
}

// giveUpFilling takes the name from fetches that were not heard of for long. From then on they add nothing, see
// [RosterFill.Add].
func (db *DB) giveUpFilling(ctx context.Context, generations []string) error {
	query, args, err := sqlx.In(`SELECT filling, leaseduntil FROM lti_roster WHERE filling IN (?)`, generations)
	if err != nil {
		return err
	}
	var rows []struct {
		Filling string    `db:"filling"`
		Until   time.Time `db:"leaseduntil"`
	}
	if err := db.r.SelectContext(ctx, &rows, query, args...); err != nil {
		return err
	}
	for _, r := range rows {
		if now := utc(db.now()); leased(r.Until.Add(fillingKept), now, rosterLease+fillingKept) {
			continue
		}
		err := db.redo(ctx, func(tx *Tx) error {
			_, err := tx.ExecContext(ctx, `UPDATE lti_roster SET filling = '', leaseduntil = NULL WHERE filling = ? AND leaseduntil = ?`,
				r.Filling, utc(r.Until))
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
