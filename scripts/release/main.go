// Command release makes what is given out of a commit: for each architecture an archive with the program, a Debian
// package and an SBOM in CycloneDX, and SHA256SUMS over all of them.
//
// It makes everything twice, in two fresh clones: in folders of other names, with another umask, time zone and home, and
// once with what this machine compiled before, once without. The release is what both times came out the same, to the
// byte; anything else is an error. So whoever has the commit and the same version of Go can check a release by making it.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	out := flag.String("out", "dist", "`folder` for the release, which must not be there yet")
	architectures := flag.String("arch", "amd64,arm64", "`architectures`, with commas between")
	flag.Parse()
	err := release(ctx, *out, strings.Split(*architectures, ","))
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// circumstances are what must not matter.
type circumstances struct {
	folder string // below the temporary one
	umask  int
	zone   string
	fresh  bool // nothing was compiled before
}

var tries = []circumstances{
	{folder: "one", umask: 0o022, zone: "UTC"},
	{folder: "another/with a longer name", umask: 0o077, zone: "Pacific/Kiritimati", fresh: true},
}

// release makes the folder out of the commit that is checked out here.
func release(ctx context.Context, out string, architectures []string) error {
	if changed, err := output(ctx, ".", nil, "git", "status", "--porcelain"); err != nil || changed != "" {
		return errors.Join(err, fmt.Errorf("a release is made of a commit, and this differs from it:\n%s", changed))
	}
	if err := os.Mkdir(out, 0o755); err != nil {
		return fmt.Errorf("making the folder of the release: %w", err)
	}
	temporary, err := os.MkdirTemp("", "release")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temporary) //nolint:errcheck // only temporary files are left
	goes, err := output(ctx, ".", nil, "go", "env", "GOMODCACHE", "GOCACHE", "GOPROXY", "GOSUMDB")
	if err != nil {
		return err
	}
	machine := strings.Split(goes, "\n")
	var sums [][]byte
	var made []string
	for _, c := range tries {
		at := filepath.Join(temporary, c.folder)
		fmt.Fprintf(os.Stderr, "release: in %s, umask %03o, %s\n", at, c.umask, c.zone)
		before := syscall.Umask(c.umask)
		compiled := machine[1]
		if c.fresh {
			compiled = filepath.Join(at, "cache")
		}
		b, err := build(ctx, at, architectures, compiled, []string{
			"PATH=" + os.Getenv("PATH"), "HOME=" + filepath.Join(at, "home"), "TZ=" + c.zone, "LC_ALL=C", "GOMAXPROCS=" + os.Getenv("GOMAXPROCS"),
			"GOMODCACHE=" + machine[0], "GOCACHE=" + machine[1], "GOPROXY=" + machine[2], "GOSUMDB=" + machine[3],
		})
		syscall.Umask(before)
		if err != nil {
			return err
		}
		sums, made = append(sums, b), append(made, filepath.Join(at, "out"))
	}
	if !bytes.Equal(sums[0], sums[1]) {
		return fmt.Errorf("two builds of one commit differ:\n%s\n%s", sums[0], sums[1])
	}
	if err := os.CopyFS(out, os.DirFS(made[0])); err != nil {
		return fmt.Errorf("writing the release: %w", err)
	}
	fmt.Printf("%s", sums[0])
	return nil
}

// tool runs one of the tools of .tools/go.mod.
func tool(ctx context.Context, folder string, environment []string, args ...string) (string, error) {
	return output(ctx, folder, environment, "go", append([]string{"tool", "-modfile=.tools/go.mod"}, args...)...)
}

// output runs a program in a folder, with an environment (nil: this one), and returns what it prints, trimmed.
func output(ctx context.Context, folder string, environment []string, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = folder, environment
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s%s", name, strings.Join(args, " "), err, out, stderr.String())
	}
	return strings.TrimSpace(string(out)), nil
}
