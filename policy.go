package main

import (
	"context"
	"os"

	"ltipolicy/transfer"
)

func policyLoad(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "policy load", "DIR")
	database := f.database()
	institution := f.String("institution", "", "`name` of the institution; made if it is new")
	if err := f.parse(args); err != nil {
		return err
	}
	if *institution == "" {
		return usageError{"-institution is needed"}
	}
	db, err := open(ctx, w, *database)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // everything is committed
	id, err := db.EnsureInstitution(ctx, *institution)
	if err != nil {
		return err
	}
	return transfer.Load(ctx, db, id, os.DirFS(f.Arg(0)), w.stdout, w.stderr)
}

func policySave(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "policy save", "DIR")
	database := f.database()
	institution := f.String("institution", "", "`name` of the institution")
	if err := f.parse(args); err != nil {
		return err
	}
	if *institution == "" {
		return usageError{"-institution is needed"}
	}
	db, err := open(ctx, w, *database)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // nothing is written any more
	i, err := db.InstitutionByName(ctx, *institution)
	if err != nil {
		return err
	}
	return transfer.Save(ctx, db, i.ID, f.Arg(0), w.stdout, w.stderr)
}
