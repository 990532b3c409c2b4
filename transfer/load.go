package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
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
	return load(ctx, w.stdout, w.stderr, db, id, os.DirFS(f.Arg(0)))
}

// load creates or updates the policies of a folder, and says what it did on out and what is odd about the
// texts on oddities. It reads and checks everything before it writes anything. Each policy is whole or as it was;
// one that is refused because a version waits for its day does not hold up the others.
func load(ctx context.Context, out, oddities io.Writer, db *store.DB, institutionID string, dir fs.FS) error {
	sources, err := policy.ReadSources(dir)
	if err != nil {
		return err
	}
	all, err := db.Platforms(ctx)
	if err != nil {
		return err
	}
	type prepared struct {
		slug      string
		version   policy.Version
		platforms []string
	}
	var ready []prepared
	for _, src := range sources {
		v, findings, err := src.Version()
		if err != nil {
			return fmt.Errorf("reading %s: %w", src.Slug, err)
		}
		for _, file := range slices.Sorted(maps.Keys(findings)) {
			for _, odd := range findings[file] {
				fmt.Fprintf(oddities, "%s/%s:%d: %s %s\n", src.Slug, file, odd.Line, odd.Code, odd.Detail)
			}
		}
		remark(oddities, src, v)
		ids, err := named(all, institutionID, src.Platforms)
		if err != nil {
			return fmt.Errorf("reading %s: %w", src.Slug, err)
		}
		ready = append(ready, prepared{src.Slug, v, ids})
	}
	refused := 0
	for i, p := range ready {
		changed, id, err := db.LoadPolicy(ctx, institutionID, p.slug, p.version, p.platforms)
		if w, ok := errors.AsType[*store.Waiting](err); ok {
			refused++
			fmt.Fprintf(out, "%s: refused, %s\n", p.slug, waits(w))
			continue
		}
		if err != nil {
			for _, left := range ready[i:] {
				fmt.Fprintf(out, "%s: not stored\n", left.slug)
			}
			return fmt.Errorf("storing %s: %w", p.slug, err)
		}
		state := "unchanged"
		if changed {
			state = "stored"
		}
		fmt.Fprintf(out, "%s: %s, version %d\n", p.slug, state, id)
	}
	if refused > 0 {
		return fmt.Errorf("%d of %d policies were refused; after their versions were taken back, load again", refused, len(ready))
	}
	return nil
}

// waits says what holds a change up, and what to do.
func waits(w *store.Waiting) string {
	return fmt.Sprintf("version %d waits to begin on %s: take it back first, on the administrators' page", w.VersionID, w.At.Format("2 January 2006, 15:04 MST"))
}

// remark prints what the linter says of a policy's texts, a line for each sentence.
func remark(w io.Writer, src policy.Source, v policy.Version) {
	files := map[string]string{}
	for _, t := range src.Texts {
		files[t.Lang] = src.Slug + "/" + t.Lang + "." + t.Format
	}
	for _, f := range policy.Lint(v) {
		if len(f.Places) == 0 {
			fmt.Fprintf(w, "%s: %s\n", files[f.Lang], f.Rule)
		}
		for _, p := range f.Places {
			fmt.Fprintf(w, "%s: %s: %s\n", files[f.Lang], f.Rule, p.Text)
		}
		for _, p := range f.Against {
			fmt.Fprintf(w, "%s: %s, against that: %s\n", files[f.Lang], f.Rule, p.Text)
		}
	}
}

// named returns the ids of an institution's platforms by name; all of them for no names at all.
func named(all []lti.Platform, institutionID string, names []string) ([]string, error) {
	var ids []string
	missing := slices.Clone(names)
	for _, p := range all {
		if p.InstitutionID != institutionID || len(names) > 0 && !slices.Contains(names, p.Name) {
			continue
		}
		ids = append(ids, p.ID)
		missing = slices.DeleteFunc(missing, func(n string) bool { return n == p.Name })
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("no platform of the institution is named %s", strings.Join(missing, ", "))
	}
	return ids, nil
}

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
	n, err := db.VerifyEvidence(ctx, held...)
	if err != nil {
		return err
	}
	fmt.Fprintf(w.stdout, "%d events, intact\n", n)
	return nil
}

func evidenceCheckpoint(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "evidence checkpoint", "")
	database := f.database()
	if err := f.parse(args); err != nil {
		return err
	}
	db, err := open(ctx, w, *database)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // everything is committed
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
}
