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

// pulse is this process's row in the table replica.
type pulse struct {
	mu   sync.Mutex
	id   string
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
	id, due, err := db.pulse.due(now, db.NewID)
	if err != nil || !due {
		return err
	}
	ok, err := one(db.exec(ctx, `UPDATE replica SET timeseen = ? WHERE id = ?`, now, id))
	if err == nil && !ok {
		_, err = db.exec(ctx, `INSERT INTO replica (id, timeseen) VALUES (?, ?)`, id, now)
	}
	if err != nil && !duplicate(err) && faultOf(err) != conflict { // whoever sees a conflict does write
		return err
	}
	db.pulse.mu.Lock()
	defer db.pulse.mu.Unlock()
	db.pulse.last = now
	return nil
}

// due returns the replica's id, made the first time, and whether it is time to write.
func (p *pulse) due(now time.Time, newID func() (string, error)) (id string, due bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.id == "" {
		if p.id, err = newID(); err != nil {
			return "", false, err
		}
	}
	since := now.Sub(p.last)
	return p.id, since < 0 || since >= beatEvery, nil
}
