package main

import (
	"context"
	"fmt"

	"ltipolicy/lti"
	"ltipolicy/store"
)

func keyRotate(ctx context.Context, w world, args []string) error {
	return withDatabase(ctx, w, "key rotate", args, func(db *store.DB) error {
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
	})
}
