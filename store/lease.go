package store

import (
	"context"
	"fmt"
	"time"
)

// takeLease makes the holder of token the one who does the named job for a while, unless somebody else is.
// A lease only saves work done twice: what the job writes must be safe without it, because clocks differ. One
// that ends later than it could if the clocks agreed roughly is nobody's: a clock that was wrong for a moment
// must not keep everybody from the job.
func (db *DB) takeLease(ctx context.Context, name, token string, d time.Duration) (bool, error) {
	got := false
	err := db.redo(ctx, func(tx *Tx) error {
		now := utc(db.now())
		var held []struct {
			Token string    `db:"token"`
			Until time.Time `db:"leaseduntil"`
		}
		if err := tx.SelectContext(ctx, &held, `SELECT token, leaseduntil FROM job_lease WHERE name = ?`, name); err != nil {
			return err
		}
		if len(held) == 0 {
			got = true
			_, err := tx.ExecContext(ctx, `INSERT INTO job_lease (name, token, leaseduntil) VALUES (?, ?, ?)`, name, token, now.Add(d))
			if duplicate(err) {
				return errAgain
			}
			return err
		}
		if got = held[0].Token == token || !leased(held[0].Until, now, d); !got {
			return nil
		}
		ok, err := one(tx.ExecContext(ctx, `
			UPDATE job_lease SET token = ?, leaseduntil = ? WHERE name = ? AND token = ?`,
			token, now.Add(d), name, held[0].Token))
		if err == nil && !ok {
			return errAgain
		}
		return err
	})
	if err != nil {
		return false, fmt.Errorf("taking the lease of %s: %w", name, err)
	}
	return got, nil
}

// leased reports whether a lease of length d that ends at until holds now.
func leased(until, now time.Time, d time.Duration) bool {
	return until.After(now) && !until.After(now.Add(2*d))
}

// dropWithin bounds giving back a lease when the work's own context has ended.
const dropWithin = 2 * time.Second

// giveBack is dropLease after whatever became of the work, also when ctx has ended.
func (db *DB) giveBack(ctx context.Context, name, token string) error {
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), dropWithin)
	defer cancel()
	return db.dropLease(late, name, token)
}

// dropLease lets others have the job at once, whatever their clocks say.
func (db *DB) dropLease(ctx context.Context, name, token string) error {
	err := db.redo(ctx, func(tx *Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE job_lease SET leaseduntil = ? WHERE name = ? AND token = ?`, time.Unix(0, 0).UTC(), name, token)
		return err
	})
	if err != nil {
		return fmt.Errorf("dropping the lease of %s: %w", name, err)
	}
	return nil
}
