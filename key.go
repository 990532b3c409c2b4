package main

import (
	"context"
	"fmt"
	"io"

	"ltipolicy/lti"
	"ltipolicy/store"
)

// keyRotate replaces keys in good time: whatever was signed with them before stays good, but visits end with the
// session key.
func keyRotate(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "key rotate", "")
	database := f.database()
	of := f.String("of", "launch", "which key: `launch`, session or evidence")
	if err := f.parse(args); err != nil {
		return err
	}
	rotate := map[string]func(context.Context, world, *store.DB) error{
		"launch": rotateLaunch, "session": rotateSession, "evidence": rotateEvidence,
	}[*of]
	if rotate == nil {
		return usageError{fmt.Sprintf("-of %q: want launch, session or evidence", *of)}
	}
	db, err := open(ctx, w, *database)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // everything is committed
	return rotate(ctx, w, db)
}

func rotateLaunch(ctx context.Context, w world, db *store.DB) error {
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
	return listRing(ctx, w, db)
}

func listRing(ctx context.Context, w world, db *store.DB) error {
	ring, err := db.KeyRing(ctx)
	if err != nil {
		return err
	}
	for _, k := range ring {
		fmt.Fprintf(w.stdout, "%s\t%s\n", k.Use, k.KID)
	}
	return nil
}

func rotateSession(ctx context.Context, w world, db *store.DB) error {
	fresh, err := freshSession(w)
	if err != nil {
		return err
	}
	if err := db.RotateSessionKey(ctx, fresh); err != nil {
		return err
	}
	fmt.Fprintln(w.stdout, "session\tall visits have ended")
	return nil
}

func freshSession(w world) ([]byte, error) {
	fresh := make([]byte, 64)
	if _, err := io.ReadFull(w.rand, fresh); err != nil {
		return nil, fmt.Errorf("making a session key: %w", err)
	}
	return fresh, nil
}

func rotateEvidence(ctx context.Context, w world, db *store.DB) error {
	public, err := db.RotateLogKey(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(w.stdout, "evidence\t%s\n", public)
	return nil
}

// keyRevoke makes every key void after a leak.
func keyRevoke(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "key revoke", "")
	database := f.database()
	all := f.Bool("all", false, "yes, all of them: signing keys, session key and the evidence log's key; all visits end")
	if err := f.parse(args); err != nil {
		return err
	}
	if !*all {
		return usageError{"-all is needed: after a leak no key is worth anything"}
	}
	db, err := open(ctx, w, *database)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // everything is committed
	var ring [2]lti.Key
	for i := range ring {
		if ring[i], err = lti.GenerateKey(w.rand, w.now()); err != nil {
			return err
		}
	}
	session, err := freshSession(w)
	if err != nil {
		return err
	}
	void, err := db.RevokeKeys(ctx, ring[0], ring[1], session)
	if err != nil {
		return err
	}
	for _, kid := range void {
		fmt.Fprintf(w.stdout, "void\t%s\n", kid)
	}
	if err := listRing(ctx, w, db); err != nil {
		return err
	}
	public, err := db.LogKey(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(w.stdout, "evidence\t%s\nsession\tall visits have ended\n", public)
	return nil
}

// keyReseal makes a key of the key file unneeded that is not its first.
func keyReseal(ctx context.Context, w world, args []string) error {
	return withDatabase(ctx, w, "key reseal", args, func(db *store.DB) error {
		n, err := db.Reseal(ctx)
		if err != nil {
			return err
		}
		fmt.Fprintf(w.stdout, "%d secrets sealed anew; the first key of the key file is enough now\n", n)
		return nil
	})
}

// sessionEnd ends visits at once, at every replica.
func sessionEnd(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "session end", "")
	database := f.database()
	platform := f.String("platform", "", "`id` of the site whose visits end")
	sub := f.String("sub", "", "with -platform: only those of the person with this `id` there, as LTI's sub; Moodle's user id")
	all := f.Bool("everybody", false, "the visits of everybody at every site")
	if err := f.parse(args); err != nil {
		return err
	}
	if *all == (*platform != "") || *sub != "" && *platform == "" {
		return usageError{"want either -everybody, or -platform, which -sub may follow"}
	}
	db, err := open(ctx, w, *database)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // everything is committed
	var by store.Admin
	of, whose := store.Visits{PlatformID: *platform}, "all visits"
	if *platform != "" {
		p, err := db.Platform(ctx, *platform)
		if err != nil {
			return err
		}
		by.InstitutionID, whose = p.InstitutionID, "all visits of "+p.Name
	}
	if *sub != "" {
		u, err := db.UserBySub(ctx, *platform, *sub)
		if err != nil {
			return err
		}
		of.UserID, whose = u.ID, "the person's visits"
	}
	if err := db.EndVisits(ctx, by, of, ""); err != nil {
		return err
	}
	fmt.Fprintln(w.stdout, whose+" have ended")
	return nil
}
