package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"ltipolicy/store"
)

func evidenceVerify(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "evidence verify", "")
	database := f.database()
	kept := f.String("checkpoint", "", "`file` with a checkpoint that was kept outside the database")
	if err := f.parse(args); err != nil {
		return err
	}
	var held []string
	if *kept != "" {
		b, err := os.ReadFile(*kept)
		if err != nil {
			return err
		}
		held = append(held, string(b))
	}
	db, err := open(ctx, w, *database)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // nothing is written any more
	intact, err := db.VerifyEvidence(ctx, held...)
	if err != nil {
		return err
	}
	fmt.Fprintf(w.stdout, "%d events, intact\n", intact.Events)
	return nil
}

func evidenceRebuild(ctx context.Context, w world, args []string) error {
	return withDatabase(ctx, w, "evidence rebuild", args, func(db *store.DB) error {
		n, err := db.RebuildAcceptances(ctx)
		if err != nil {
			return err
		}
		fmt.Fprintf(w.stdout, "changed %d rows\n", n)
		return nil
	})
}

func evidenceCheckpoint(ctx context.Context, w world, args []string) error {
	return withDatabase(ctx, w, "evidence checkpoint", args, func(db *store.DB) error {
		if _, err := db.AppendLog(ctx); err != nil {
			return err
		}
		signed, key, err := db.Checkpoint(ctx)
		if err != nil {
			return err
		}
		fmt.Fprintln(w.stderr, "the key that verifies it:", key)
		_, err = io.WriteString(w.stdout, signed)
		return err
	})
}

// withDatabase does what a command does that takes no flags but the database's.
func withDatabase(ctx context.Context, w world, name string, args []string, do func(db *store.DB) error) error {
	f := newFlags(w, name, "")
	database := f.database()
	if err := f.parse(args); err != nil {
		return err
	}
	db, err := open(ctx, w, *database)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // everything is committed
	return do(db)
}
