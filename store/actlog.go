package store

import (
	"context"
	"fmt"
)

// LogAct writes an entry of its own into the admin log: somebody looked at what not everybody may see, or did
// something that changes no table of ours. ID and Time are filled in.
func (db *DB) LogAct(ctx context.Context, e AdminEntry) error {
	err := db.tx(ctx, func(tx *Tx) error { return db.logAdmin(ctx, tx, e) })
	if err != nil {
		return fmt.Errorf("logging %s: %w", e.Action, err)
	}
	return nil
}
