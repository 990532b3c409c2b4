package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// beside are the files of the repository that go with the program.
var beside = []string{"CHANGELOG.md", "LICENSE", "README.md", "SECURITY.md", "docs/*.md"}

// archive writes a program and what goes with it as a compressed tar file with one folder, named as the file is. Nothing
// of it depends on who made the files when: the order is by name, the owner root, the time the given one.
func archive(file, program, source string, t time.Time) error {
	content := map[string]string{"ltipolicy": program} // name in the folder → file
	for _, pattern := range beside {
		found, err := filepath.Glob(filepath.Join(source, filepath.FromSlash(pattern)))
		if err != nil || len(found) == 0 {
			return fmt.Errorf("the repository has no %s", pattern)
		}
		for _, f := range found {
			content[path.Join(path.Dir(pattern), filepath.Base(f))] = f
		}
	}
	names := make([]string, 0, len(content))
	for name := range content {
		names = append(names, name)
	}
	slices.Sort(names)

	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return err
	}
	w := tar.NewWriter(z)
	top := strings.TrimSuffix(filepath.Base(file), ".tar.gz")
	for _, name := range names {
		b, err := os.ReadFile(content[name])
		if err != nil {
			return err
		}
		mode := int64(0o644)
		if name == "ltipolicy" {
			mode = 0o755
		}
		if err := w.WriteHeader(&tar.Header{
			Name: path.Join(top, name), Mode: mode, Size: int64(len(b)), ModTime: t, Uname: "root", Gname: "root", Format: tar.FormatUSTAR,
		}); err != nil {
			return fmt.Errorf("writing %s into the archive: %w", name, err)
		}
		if _, err := w.Write(b); err != nil {
			return fmt.Errorf("writing %s into the archive: %w", name, err)
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	return os.WriteFile(file, out.Bytes(), 0o644)
}
