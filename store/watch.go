package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Backlog is the work that waits in the database, over all institutions.
type Backlog struct {
	Scores   int       // owed to platforms; 100,000 means so many or more
	Dead     int       // given up: somebody has to look
	Oldest   time.Time // since when the score owed longest is; zero if there is none
	Evidence int       // entries that are not in the evidence log yet
	Waiting  int       // versions that wait for their day
	Signed   time.Time // when the newest checkpoint was signed; zero if there is none
	Failed   int       // versions that did not begin on their day, see [DB.ActivateDue]: somebody has to look
}

// Backlog counts what waits. It reads only short indexes and small tables, and is meant for a look every few seconds.
func (db *DB) Backlog(ctx context.Context) (Backlog, error) {
	n, err := db.countScores(ctx, ``)
	if err != nil {
		return Backlog{}, err
	}
	b := Backlog{Scores: n.Owed, Dead: n.Dead, Oldest: n.Oldest}
	heads, err := headsOf(ctx, db.r)
	if err != nil {
		return b, fmt.Errorf("counting what is not in the evidence log: %w", unavailable(err))
	}
	b.Evidence = waiting(heads)
	var all int
	err = db.r.QueryRowxContext(ctx, `
		SELECT COUNT(policyid), COUNT(CASE WHEN LENGTH(failure) > 0 THEN 1 END) FROM policy_schedule`).Scan(&all, &b.Failed)
	if err != nil {
		return b, fmt.Errorf("counting what is scheduled: %w", unavailable(err))
	}
	b.Waiting = all - b.Failed
	var signed []time.Time
	if err := db.r.SelectContext(ctx, &signed, `SELECT timecreated FROM evidence_checkpoint ORDER BY size DESC LIMIT 1`); err != nil {
		return b, fmt.Errorf("reading the newest checkpoint: %w", unavailable(err))
	}
	if len(signed) > 0 {
		b.Signed = signed[0].UTC()
	}
	return b, nil
}

// Pools are the figures of the connection pools by name: one for a server; for SQLite, the writer's and the
// readers'.
func (db *DB) Pools() map[string]sql.DBStats {
	if db.mysql {
		return map[string]sql.DBStats{"all": db.w.Stats()}
	}
	return map[string]sql.DBStats{"write": db.w.Stats(), "read": db.r.Stats()}
}
