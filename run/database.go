package run

import (
	"context"
	"fmt"
	"io"

	"ltipolicy/store"
)

// Open opens a database that is there and whose schema the program can work with; anything else is an error that
// says what to do. It makes and changes nothing.
func Open(ctx context.Context, database string, o store.Options) (*store.DB, error) {
	o.Create = false
	db, err := store.Open(ctx, database, o)
	if err != nil {
		return nil, err
	}
	s, err := db.Schema(ctx)
	if err == nil {
		err = s.Err()
	}
	if err != nil {
		db.Close() //nolint:errcheck // the first error tells more
		return nil, fmt.Errorf("opening %s: %w", db, err)
	}
	return db, nil
}

// OpenMigrated opens a database, if need be makes it, and brings its schema up to date. What was done goes to
// progress, a line for each migration.
func OpenMigrated(ctx context.Context, database string, o store.Options, progress io.Writer) (*store.DB, error) {
	o.Create = true
	db, err := store.Open(ctx, database, o)
	if err != nil {
		return nil, err
	}
	applied, err := db.Migrate(ctx)
	for _, name := range applied {
		fmt.Fprintln(progress, "migrated:", name)
	}
	if err != nil {
		db.Close() //nolint:errcheck // the first error tells more
		return nil, err
	}
	return db, nil
}
