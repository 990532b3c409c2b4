package main

import (
	"context"
	"fmt"

	"ltipolicy/store"
)

func migrate(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "migrate", "")
	database := f.database()
	if err := f.parse(args); err != nil {
		return err
	}
	db, applied, err := database.Migrate(ctx, store.Options{Now: w.now, Rand: w.rand})
	for _, name := range applied {
		fmt.Fprintln(w.stdout, "applied", name)
	}
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // nothing is written any more
	switch s, err := db.Schema(ctx); {
	case err != nil:
		return err
	case s.Newer():
		fmt.Fprintf(w.stdout, "nothing done: the schema is of version %d, newer than this program's %d, which can still work with it\n", s.Have, s.Want)
	case len(applied) == 0:
		fmt.Fprintln(w.stdout, "up to date")
	}
	return nil
}
