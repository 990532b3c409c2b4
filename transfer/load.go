package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/policy/lint"
	"ltipolicy/policy/research"
	"ltipolicy/policy/source"
	"ltipolicy/store"
)

// Folder is a folder of policies that was read and checked whole. Nothing of it is stored yet.
type Folder struct {
	ready []prepared
}

type prepared struct {
	slug      string
	version   policy.Version
	platforms []string
}

// Load is [Prepare] and then [Folder.Store]. No loss is meant.
func Load(ctx context.Context, db *store.DB, institutionID string, dir fs.FS, out, oddities io.Writer) error {
	f, err := Prepare(ctx, db, institutionID, dir, nil, oddities)
	if err != nil {
		return err
	}
	return f.Store(ctx, db, institutionID, out)
}

// Prepare reads an institution's policies from the files of a folder, says what is odd about them on oddities, and
// checks all that can be known before anything is written: a text that is not what its file says ([source.Finding.Loss]) is an
// error, except in the policies whose slugs meant lists. An institution that is yet to be made has the id "", and no platforms.
func Prepare(ctx context.Context, db *store.DB, institutionID string, dir fs.FS, meant Meant, oddities io.Writer) (Folder, error) {
	sources, err := source.Read(dir)
	if err != nil {
		return Folder{}, err
	}
	passed, err := source.PassedOver(dir, sources)
	if err != nil {
		return Folder{}, err
	}
	if len(sources) == 0 {
		return Folder{}, nothingIn(dir, passed)
	}
	var slugs []string
	for _, src := range sources {
		slugs = append(slugs, src.Slug)
	}
	if err := meant.among(slugs, "the folder"); err != nil {
		return Folder{}, err
	}
	all, err := db.Platforms(ctx)
	if err != nil {
		return Folder{}, err
	}
	var f Folder
	var lossy []string
	for _, src := range sources {
		v, losses, err := checked(ctx, src, oddities)
		if err != nil {
			return Folder{}, fmt.Errorf("reading %s: %w", src.Slug, err)
		}
		if losses > 0 && !slices.Contains(meant, src.Slug) {
			lossy = append(lossy, src.Slug)
		}
		ids, err := named(all, institutionID, src.Platforms)
		if err != nil {
			return Folder{}, fmt.Errorf("reading %s: %w", src.Slug, err)
		}
		f.ready = append(f.ready, prepared{src.Slug, v, ids})
	}
	for _, p := range passed {
		fmt.Fprintf(oddities, "%s: passed over, %s\n", p.Name, p.Why)
	}
	if len(lossy) > 0 {
		return Folder{}, fmt.Errorf("nothing is stored: the lines with \"loss\" say what would not be published as the files have it; "+
			"mend the files, or say that it is meant with -with-losses %s", strings.Join(lossy, ","))
	}
	return f, nil
}

// checked makes a policy's version, one that can be stored, and prints what is odd about it. losses is how much of that is
// a loss.
func checked(ctx context.Context, src source.Policy, oddities io.Writer) (v policy.Version, losses int, err error) {
	v, findings, err := src.Version(ctx)
	if err != nil {
		return v, 0, err
	}
	if err := research.Whole(v); err != nil {
		return v, 0, err
	}
	if err := store.CheckPolicy(src.Slug, v); err != nil {
		return v, 0, err
	}
	for _, file := range slices.Sorted(maps.Keys(findings)) {
		for _, odd := range findings[file] {
			what := odd.Code
			if odd.Loss() {
				what = "loss: " + what
				losses++
			}
			fmt.Fprintf(oddities, "%s/%s:%d: %s %s\n", src.Slug, file, odd.Line, what, odd.Detail)
		}
	}
	remark(oddities, src, v)
	return v, losses, nil
}

// Store creates or updates the policies of the folder, and says on out what it did. Each policy is whole or as it was;
// one that is refused because a version waits for its day does not hold up the others.
func (f Folder) Store(ctx context.Context, db *store.DB, institutionID string, out io.Writer) error {
	refused := 0
	for i, p := range f.ready {
		did, id, err := db.LoadPolicy(ctx, institutionID, p.slug, p.version, p.platforms)
		if w, ok := errors.AsType[*store.Waiting](err); ok {
			refused++
			fmt.Fprintf(out, "%s: refused, %s\n", p.slug, waits(w))
			continue
		}
		if err != nil {
			for _, left := range f.ready[i:] {
				fmt.Fprintf(out, "%s: not stored\n", left.slug)
			}
			return fmt.Errorf("storing %s: %w", p.slug, err)
		}
		fmt.Fprintf(out, "%s: %s, version %d\n", p.slug, did, id)
	}
	if refused > 0 {
		return fmt.Errorf("%d of %d policies were refused; after their versions were taken back, load again", refused, len(f.ready))
	}
	return nil
}

// passedShown bounds how much of a folder without policies is named: it may be any folder.
const passedShown = 20

// nothingIn says that a folder holds no policy, what lies there instead, and what to do.
func nothingIn(dir fs.FS, passed []source.Passed) error {
	if file, ok := source.IsPolicyFolder(dir); ok {
		return fmt.Errorf("no policy found: this is itself a policy's folder, with %s: load the folder above it", file)
	}
	const want = "a policy is a folder with files such as ro.txt, en.md or en.html, and the folder around it is loaded"
	if len(passed) == 0 {
		return errors.New("no policy found: the folder is empty; " + want)
	}
	var lines strings.Builder
	for i, p := range passed {
		if i == passedShown {
			fmt.Fprintf(&lines, "\nand %d more", len(passed)-i)
			break
		}
		fmt.Fprintf(&lines, "\n%s: passed over, %s", p.Name, p.Why)
	}
	return fmt.Errorf("no policy found: %s%s", want, &lines)
}

// waits says what holds a change up, and what to do.
func waits(w *store.Waiting) string {
	return fmt.Sprintf("version %d waits to begin on %s: take it back first, on the administrators' page", w.VersionID, w.At.Format("2 January 2006, 15:04 MST"))
}

// remark prints what the linter says of a policy's texts, a line for each sentence.
func remark(w io.Writer, src source.Policy, v policy.Version) {
	files := map[string]string{}
	for _, t := range src.Texts {
		files[t.Lang] = src.Slug + "/" + t.Lang + "." + t.Format
	}
	for _, f := range lint.Version(v) {
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

// named returns the ids of an institution's platforms by name, label or id; all of them, also those to come, for no names
// at all. A name that two of them have is an error that says how each can be named.
func named(all []lti.Platform, institutionID string, names []string) ([]string, error) {
	if len(names) == 0 {
		return []string{store.Everywhere}, nil
	}
	own := slices.DeleteFunc(slices.Clone(all), func(p lti.Platform) bool { return p.InstitutionID != institutionID })
	labels := lti.Labels(own)
	var ids, missing []string
	for _, name := range names {
		var found, called []string
		for _, p := range own {
			switch name {
			case labels[p.ID], p.ID:
				found = append(found, p.ID)
			case p.Name:
				called = append(called, labels[p.ID])
			}
		}
		if len(called) > 1 {
			return nil, fmt.Errorf("%d platforms are named %s: say which, %s", len(called), name, strings.Join(called, " or "))
		}
		if len(found) == 0 {
			missing = append(missing, name)
		}
		ids = append(ids, found...)
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("no platform of the institution is named %s", strings.Join(missing, ", "))
	}
	return ids, nil
}
