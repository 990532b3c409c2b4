package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// build clones the commit that is checked out here into a folder and makes its release there, in out. What is compiled
// is kept in the folder compiled. It returns SHA256SUMS.
func build(ctx context.Context, folder string, architectures []string, compiled string, environment []string) ([]byte, error) {
	source, out := filepath.Join(folder, "source"), filepath.Join(folder, "out")
	if err := os.MkdirAll(out, 0o755); err != nil {
		return nil, err
	}
	if _, err := output(ctx, ".", nil, "git", "clone", "--quiet", "--no-hardlinks", ".", source); err != nil {
		return nil, err
	}
	c, err := commitOf(ctx, source)
	if err != nil {
		return nil, err
	}
	for _, arch := range architectures {
		program := filepath.Join(folder, arch, "ltipolicy")
		target := append(slices.Clone(environment), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch, "GOAMD64=v1", "GOARM64=v8.0", "GOFLAGS=-mod=readonly", "GOCACHE="+compiled)
		if _, err := output(ctx, source, target, "go", "build", "-trimpath", "-buildvcs=true", "-ldflags=-s -w", "-o", program, "."); err != nil {
			return nil, err
		}
		info, err := buildinfo.ReadFile(program)
		if err != nil {
			return nil, fmt.Errorf("reading the version of the program: %w", err)
		}
		version := info.Main.Version
		name := filepath.Join(out, fmt.Sprintf("ltipolicy_%s_linux_%s", strings.TrimPrefix(version, "v"), arch))
		if err := archive(name+".tar.gz", program, source, c.time); err != nil {
			return nil, err
		}
		if err := components(ctx, name+".cdx.json", program, source, environment, c); err != nil {
			return nil, err
		}
		about := append(slices.Clone(environment),
			"ARCH="+arch, "VERSION="+debian(version), "MAINTAINER="+c.author, "PROGRAM="+program, "SOURCE_DATE_EPOCH="+strconv.FormatInt(c.time.Unix(), 10))
		if _, err := tool(ctx, source, about, "nfpm", "package", "--config", "deploy/debian/nfpm.yaml", "--packager", "deb", "--target", name+".deb"); err != nil {
			return nil, err
		}
	}
	return sums(out)
}

// commit is what a release takes from its commit.
type commit struct {
	hash   string
	time   time.Time
	author string // NAME <ADDRESS>
}

func commitOf(ctx context.Context, source string) (commit, error) {
	said, err := output(ctx, source, nil, "git", "log", "-1", "--format=%H%n%ct%n%an <%ae>")
	if err != nil {
		return commit{}, err
	}
	parts := strings.Split(said, "\n")
	seconds, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil || len(parts) != 3 {
		return commit{}, fmt.Errorf("the commit says %q", said)
	}
	return commit{parts[0], time.Unix(seconds, 0).UTC(), parts[2]}, nil
}

// debian is the version as dpkg orders it: what comes before 1.2.0 in Go, such as v1.2.0-rc.1 and the commits on the way
// there, comes before it there too.
func debian(version string) string {
	number, before, early := strings.Cut(strings.TrimPrefix(version, "v"), "-")
	if !early {
		return number
	}
	return number + "~" + strings.ReplaceAll(before, "-", ".")
}

// components writes the SBOM of a program: every module in it and Go's own library, with versions and digests. Its number
// and its time are the commit's, so that it is the same whenever it is made.
func components(ctx context.Context, file, program, source string, environment []string, c commit) error {
	made, err := tool(ctx, source, environment, "cyclonedx-gomod", "bin", "-json", "-std", "-notimestamp",
		"-serial", uuid.NewSHA1(uuid.NameSpaceURL, []byte(c.hash+" "+filepath.Base(file))).String(), program)
	if err != nil {
		return err
	}
	var bom map[string]any
	if err := json.Unmarshal([]byte(made), &bom); err != nil {
		return fmt.Errorf("reading the SBOM: %w", err)
	}
	about, ok := bom["metadata"].(map[string]any)
	if !ok {
		return fmt.Errorf("the SBOM says nothing of itself")
	}
	about["timestamp"] = c.time.Format(time.RFC3339)
	tools, _ := about["tools"].([]any)
	for _, t := range tools {
		if t, ok := t.(map[string]any); ok {
			delete(t, "hashes") // of the file that was compiled here, with this machine's folders in it
		}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(bom); err != nil {
		return err
	}
	return os.WriteFile(file, b.Bytes(), 0o644)
}

// sums writes SHA256SUMS of the files in a folder, and returns it.
func sums(folder string) ([]byte, error) {
	files, err := os.ReadDir(folder) // in order
	if err != nil {
		return nil, err
	}
	var list bytes.Buffer
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join(folder, f.Name()))
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&list, "%x  %s\n", sha256.Sum256(b), f.Name())
	}
	return list.Bytes(), os.WriteFile(filepath.Join(folder, "SHA256SUMS"), list.Bytes(), 0o644)
}
