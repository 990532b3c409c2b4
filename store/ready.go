package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"ltipolicy/policy"
)

// beatEvery is how long a replica that could write is believed to be able to.
const beatEvery = time.Second

// pulse is when this process last wrote its row in the table replica.
type pulse struct {
	mu   sync.Mutex
	last time.Time
}

// Ready reports whether launches can be served: the database answers and takes what is written, the program can
// work with its schema (see [Schema.Err]), and there is a key to sign with. If not, it is policy.ErrUnavailable
// with the reason. It does not wait for a database that is away.
func (db *DB) Ready(ctx context.Context) error {
	s, err := db.Schema(ctx)
	if err != nil {
		return err
	}
	if err := s.Err(); err != nil {
		return err
	}
	var n int
	err = db.r.DB.GetContext(ctx, &n, `SELECT COUNT(kid) FROM tool_key WHERE keyuse = 'current'`)
	if err != nil {
		return fmt.Errorf("reading the signing keys: %w", unavailable(err))
	}
	if n != 1 {
		return policy.E(policy.ErrUnavailable, "").Because(errors.New("no current signing key"))
	}
	if err := db.beat(ctx); err != nil {
		return policy.E(policy.ErrUnavailable, "").Because(fmt.Errorf("the database takes no writes: %w", err))
	}
	return nil
}

// beat writes that this replica lives, unless it did a moment ago.
func (db *DB) beat(ctx context.Context) error {
	now := utc(db.now())
	if !db.pulse.due(now) {
		return nil
	}
	ok, err := one(db.exec(ctx, `UPDATE replica SET timeseen = ? WHERE id = ?`, now, db.id))
	if err == nil && !ok {
		_, err = db.exec(ctx, `INSERT INTO replica (id, timeseen) VALUES (?, ?)`, db.id, now)
	}
	if err != nil && !duplicate(err) && faultOf(err) != conflict { // whoever sees a conflict does write
		return err
	}
	db.pulse.mu.Lock()
	defer db.pulse.mu.Unlock()
	db.pulse.last = now
	return nil
}

// due reports whether it is time to write again.
func (p *pulse) due(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	since := now.Sub(p.last)
	return since < 0 || since >= beatEvery
}
