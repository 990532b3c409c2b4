package main

import (
	"context"
	"fmt"

	"ltipolicy/lti"
)

func keyRotate(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "key rotate", "")
	database := f.database()
	if err := f.parse(args); err != nil {
		return err
	}
	db, err := open(ctx, w, *database)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // everything is committed
	if err := db.EnsureKeys(ctx, func() (lti.Key, error) { return lti.GenerateKey(w.rand, w.now()) }); err != nil {
		return err
	}
	fresh, err := lti.GenerateKey(w.rand, w.now())
	if err != nil {
		return err
	}
	if err := db.RotateKey(ctx, fresh); err != nil {
		return err
	}
	ring, err := db.KeyRing(ctx)
	if err != nil {
		return err
	}
	for _, k := range ring {
		fmt.Fprintf(w.stdout, "%s\t%s\n", k.Use, k.KID)
	}
	return nil
}
