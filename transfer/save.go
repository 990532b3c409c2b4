package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/policy/source"
	"ltipolicy/store"
)

// Save writes the active version of each of an institution's policies into a folder named by its slug below dir, with
// its images as files: what [Load] reads as unchanged. It says on out which ones, and on notes what it left out. It
// makes all files before it writes the first, does not touch a folder that is there, so that nobody's own files
// are lost, and leaves none behind where it fails. An institution without an active version is an error.
func Save(ctx context.Context, db *store.DB, institutionID, dir string, out, notes io.Writer) error {
	policies, err := db.Policies(ctx, institutionID)
	if err != nil {
		return err
	}
	all, err := db.Platforms(ctx)
	if err != nil {
		return err
	}
	applies, err := db.PolicyPlatforms(ctx, institutionID)
	if err != nil {
		return err
	}
	var folders []folder
	for _, p := range policies {
		if p.CurrentVersionID == 0 {
			fmt.Fprintf(notes, "%s: left out, no version is active\n", p.Slug)
			continue
		}
		v, err := db.Version(ctx, institutionID, p.CurrentVersionID)
		if err != nil {
			return err
		}
		src, err := withImageFiles(ctx, db, sourceOf(p, v))
		if err != nil {
			return err
		}
		if src.Platforms, err = namesOf(all, institutionID, applies[p.ID]); err != nil {
			return fmt.Errorf("%s: %w", p.Slug, err)
		}
		files, err := src.Files()
		if err != nil {
			return err
		}
		if _, err := os.Lstat(filepath.Join(dir, p.Slug)); !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("%s is there already", filepath.Join(dir, p.Slug))
		}
		folders = append(folders, folder{p.Slug, files})
	}
	if len(folders) == 0 {
		return errors.New("nothing to save: the institution has no policy with an active version")
	}
	if err := writeFolders(dir, folders); err != nil {
		return err
	}
	for _, f := range folders {
		fmt.Fprintln(out, f.slug)
	}
	return nil
}

// folder is a policy as files.
type folder struct {
	slug  string
	files map[string][]byte
}

// writeFolders makes all of the folders below dir, or takes back those that it made.
func writeFolders(dir string, folders []folder) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for i, f := range folders {
		if err := writeFolder(filepath.Join(dir, f.slug), f.files); err != nil {
			for _, made := range folders[:i] {
				err = errors.Join(err, os.RemoveAll(filepath.Join(dir, made.slug)))
			}
			return err
		}
	}
	return nil
}

// writeFolder makes one folder, which must not be there, whole or not at all.
func writeFolder(at string, files map[string][]byte) error {
	if err := os.Mkdir(at, 0o755); err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(at, name), content, 0o644); err != nil {
			return errors.Join(err, os.RemoveAll(at))
		}
	}
	return nil
}

// sourceOf is the inverse of [source.Policy.Version]. The texts are HTML, whatever they were made of.
func sourceOf(p policy.Policy, v policy.Version) source.Policy {
	src := source.Policy{Slug: p.Slug, Settings: v.Settings(), SortOrder: p.SortOrder}
	for _, t := range v.Texts {
		src.Texts = append(src.Texts, source.Text{
			Lang: t.Lang, Name: t.Name, Format: "html", Summary: string(t.Summary), Content: string(t.Content),
		})
	}
	return src
}

// namesOf names the platforms with these ids, so that no two are named alike; nil if they are all of the institution's,
// also those to come, because then the files say nothing.
func namesOf(all []lti.Platform, institutionID string, ids []string) ([]string, error) {
	if slices.Contains(ids, store.Everywhere) {
		return nil, nil
	}
	own := slices.DeleteFunc(slices.Clone(all), func(p lti.Platform) bool { return p.InstitutionID != institutionID })
	labels := lti.Labels(own)
	var names []string
	for _, p := range own {
		if slices.Contains(ids, p.ID) {
			names = append(names, labels[p.ID])
		}
	}
	if len(names) == 0 {
		return nil, errors.New("it applies on no platform, which files cannot say")
	}
	return names, nil
}
