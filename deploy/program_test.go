// Package deploy is how the tool is delivered: the Caddyfile that stands in front of two replicas, and tests that run
// the built program as an operator does: the composition, an update, a backup, a migration that breaks off, processes
// that are killed.
package deploy

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	// All that the program is made of, so that go keeps no result of these tests when it has changed.
	_ "ltipolicy/demo"
	"ltipolicy/store/storetest"
)

// Exit statuses of the program.
const (
	exitOK     = 0
	exitFailed = 1
)

// folder is where the program is built.
var folder string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if folder, err = os.MkdirTemp("", "ltipolicy-program-"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(folder) //nolint:errcheck // a temporary folder
		if err := os.WriteFile(keyFile(), []byte(storetest.KeyFile), 0o600); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return m.Run()
	}())
}

// keyFile is the key file of all databases here.
func keyFile() string { return filepath.Join(folder, "secret.key") }

// build makes the program that is delivered, watched for races if the tests are; buildPlain makes it as it is delivered.
var (
	build      = sync.OnceValues(func() (string, error) { return buildTo("ltipolicy", raced) })
	buildPlain = sync.OnceValues(func() (string, error) { return buildTo("ltipolicy-plain", false) })
)

func buildTo(name string, race bool) (string, error) {
	if _, err := os.ReadDir(".."); err != nil { // go notices a change of main, too
		return "", err
	}
	file := filepath.Join(folder, name)
	args := []string{"build", "-o", file}
	if race {
		args = append(args, "-race")
	}
	cmd := exec.Command("go", append(args, ".")...)
	cmd.Dir = ".."
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return file, nil
}

// built is the program's file.
func built(t *testing.T) string {
	t.Helper()
	return fileOf(t, build)
}

// plain is the file of the program without the race detector, which multiplies the memory that it takes.
func plain(t *testing.T) string {
	t.Helper()
	return fileOf(t, buildPlain)
}

func fileOf(t *testing.T, build func() (string, error)) string {
	t.Helper()
	file, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// program is the program in a process of its own, not started yet, without settings of this machine.
func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	return process(t, built(t), args...)
}

func process(t *testing.T, file string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), file, args...)
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "LTIPOLICY_") })
	cmd.Env = append(cmd.Env, "LTIPOLICY_SECRET_KEY_FILE="+keyFile())
	return cmd
}

// serving starts `serve` of a program's file with a database and waits until it listens, at the address that is returned. The process
// is killed when the test ends, if not before.
func serving(t *testing.T, file, dsn string, args ...string) (_ *os.Process, address string) {
	t.Helper()
	cmd := process(t, file, append([]string{"serve", "-listen", "127.0.0.1:0", "-base-url", "https://" + toolHost, "-database", dsn}, args...)...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill() //nolint:errcheck // it may have been killed already
		cmd.Wait()         //nolint:errcheck // killed
	})
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		var line struct{ Msg, Address string }
		if json.Unmarshal(lines.Bytes(), &line) != nil || line.Msg != "serving" {
			continue
		}
		go func() {
			for lines.Scan() { // keeps the pipe empty
			}
		}()
		return cmd.Process, line.Address
	}
	t.Fatalf("the tool did not start: %v", lines.Err())
	return nil, ""
}
