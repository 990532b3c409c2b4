package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"ltipolicy/config"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/transfer"
)

func policyLoad(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "policy load", "DIR")
	database := f.database()
	institution, fresh := f.institutionToBe()
	var meant transfer.Meant
	f.Var(&meant, "with-losses", "`policies`, by the names of their folders, to publish although their texts lose something; with commas between")
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
	id, err := institutionThere(ctx, db, *institution, *fresh)
	if err != nil {
		return err
	}
	if at, err := os.Stat(f.Arg(0)); err == nil && !at.IsDir() {
		return fmt.Errorf("%s is a file: want the folder in which the policies' folders lie", f.Arg(0))
	}
	folder, err := transfer.Prepare(ctx, db, id, os.DirFS(f.Arg(0)), meant, w.stderr)
	if err != nil {
		return fmt.Errorf("loading %s: %w", f.Arg(0), err)
	}
	if id == "" {
		if id, err = makeInstitution(ctx, w, db, *institution); err != nil {
			return err
		}
	}
	return folder.Store(ctx, db, id, w.stdout)
}

func policySave(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "policy save", "DIR")
	database := f.database()
	institution := f.institution()
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

// institutionToBe adds the flags that name an institution which may have to be made.
func (f *flags) institutionToBe() (name *string, fresh *bool) {
	return f.institution(), f.Bool("new", false, "make the institution; without it only the very first one is made")
}

// institutionThere is the institution's id, or "" for one that is to be made: only if that was said, or if it is the
// first. A slip of the pen would otherwise be an institution whose sites ask nothing.
func institutionThere(ctx context.Context, db *store.DB, name string, fresh bool) (string, error) {
	i, err := db.InstitutionByName(ctx, name)
	if err == nil || !errors.Is(err, policy.ErrNotFound) {
		return i.ID, err
	}
	all, err := db.Institutions(ctx)
	if err != nil {
		return "", err
	}
	if !fresh && len(all) > 0 {
		return "", unknownInstitution(name, all)
	}
	return "", nil
}

func makeInstitution(ctx context.Context, w world, db *store.DB, name string) (string, error) {
	id, err := db.EnsureInstitution(ctx, name)
	if err == nil {
		fmt.Fprintf(w.stderr, "made the institution %q\n", strings.TrimSpace(name))
	}
	return id, err
}

// institutionFor is the institution's id, as [institutionThere] says, and makes it where it is to be made.
func institutionFor(ctx context.Context, w world, db *store.DB, name string, fresh bool) (string, error) {
	id, err := institutionThere(ctx, db, name, fresh)
	if err != nil || id != "" {
		return id, err
	}
	return makeInstitution(ctx, w, db, name)
}

// namesShown bounds how many institutions are listed.
const namesShown = 10

// unknownInstitution says which institutions there are, the nearest name first.
func unknownInstitution(name string, all []store.Institution) error {
	names := make([]string, len(all))
	for n, i := range all {
		names[n] = i.Name
	}
	slices.SortStableFunc(names, func(a, b string) int { return config.Distance(a, name) - config.Distance(b, name) })
	there := strings.Join(names[:min(namesShown, len(names))], ", ")
	if len(names) > namesShown {
		there += fmt.Sprintf(" and %d more", len(names)-namesShown)
	}
	return fmt.Errorf("there is no institution %q. There is: %s. If you mean a new one, say so with -new", name, there)
}
