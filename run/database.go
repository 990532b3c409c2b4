package run

import (
	"context"
	"errors"
	"fmt"
	"io"

	"ltipolicy/store"
)

// Database is where the data are, and where the keys are that seal what is secret of them.
type Database struct {
	Address string // as store.Open takes it
	KeyFile string // empty: beside the file of a SQLite database
}

// Open opens a database that is there and whose schema the program can work with, with the keys that it was sealed
// with; anything else is an error that says what to do. It makes and changes nothing.
func (d Database) Open(ctx context.Context, o store.Options) (*store.DB, error) {
	keys, noKeys := d.keys(o.Rand)
	if _, missing := errors.AsType[*missingKeyError](noKeys); noKeys != nil && !missing {
		return nil, noKeys
	}
	o.Create, o.Keys = false, keys
	db, err := store.Open(ctx, d.Address, o)
	if err != nil {
		return nil, err
	}
	s, err := db.Schema(ctx)
	if err == nil {
		err = s.Err()
	}
	if err == nil {
		err = noKeys // there is something that they are needed for
	}
	if err == nil {
		err = db.CheckKeys(ctx)
	}
	if err != nil {
		db.Close() //nolint:errcheck // the first error tells more
		return nil, fmt.Errorf("opening %s: %w", db, err)
	}
	return db, nil
}

// Migrate opens a database, if need be makes it and a key file beside it, and brings its schema up to date. It returns
// what was done, a line for each migration, also with an error. A server's database is migrated without a key file,
// too: then what needs a secret fails.
func (d Database) Migrate(ctx context.Context, o store.Options) (_ *store.DB, did []string, _ error) {
	o.Create = true
	keys, err := d.keysMade(ctx, o)
	if err != nil {
		return nil, nil, err
	}
	o.Keys = keys
	db, err := store.Open(ctx, d.Address, o)
	if err != nil {
		return nil, nil, err
	}
	did, err = db.Migrate(ctx)
	if err == nil && keys != nil {
		err = db.CheckKeys(ctx)
	}
	if err != nil {
		db.Close() //nolint:errcheck // the first error tells more
		return nil, did, err
	}
	return db, did, nil
}

// openMigrated is [Database.Migrate] for who goes on to serve, and so needs the keys.
func (d Database) openMigrated(ctx context.Context, o store.Options, progress io.Writer) (*store.DB, error) {
	if _, err := d.keyFile(); err != nil {
		return nil, err
	}
	db, did, err := d.Migrate(ctx, o)
	for _, name := range did {
		fmt.Fprintln(progress, "migrated:", name)
	}
	return db, err
}
