//go:build unix

package storetest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql" // registers the driver "mysql"
)

// programs are the parts of an installed MariaDB.
type programs struct{ server, install string }

// findMariaDB looks in PATH and where distributions keep servers, which ordinary users do not have in PATH.
var findMariaDB = sync.OnceValues(func() (programs, error) {
	find := func(names ...string) string {
		for _, name := range names {
			if p, err := exec.LookPath(name); err == nil {
				return p
			}
			for _, dir := range []string{"/usr/sbin", "/usr/libexec", "/usr/local/sbin", "/usr/local/bin", "/opt/homebrew/bin"} {
				if p, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
					return p
				}
			}
		}
		return ""
	}
	p := programs{server: find("mariadbd"), install: find("mariadb-install-db")}
	if p.server == "" || p.install == "" {
		return p, errors.New("MariaDB is not installed: apt-get install mariadb-server")
	}
	return p, nil
})

// keeper starts the server, and kills it and removes its folder as soon as the pipe on its standard input
// closes: that happens when the test process ends in whatever way, and needs no help from the tests.
const keeper = `
trap '' INT TERM HUP
"$@" >"$DIR/log" 2>&1 </dev/null &
server=$!
cat >/dev/null
kill -9 $server
wait $server 2>/dev/null
rm -rf "$DIR"
`

// running is a started server. It holds the writing end of the keeper's pipe, which must stay open until the
// process ends: let go, it would be closed by the garbage collector.
type running struct {
	socket string
	pipe   io.WriteCloser
}

// server starts MariaDB once.
var server = sync.OnceValues(func() (running, error) {
	var r running
	p, err := findMariaDB()
	if err != nil {
		return r, err
	}
	dir, err := os.MkdirTemp("", "ltipolicy-mariadb-")
	if err != nil {
		return r, err
	}
	if len(dir) > 80 { // a socket's path has room for about 100 bytes
		os.RemoveAll(dir) //nolint:errcheck // a temporary folder
		if dir, err = os.MkdirTemp("/tmp", "ltipolicy-mariadb-"); err != nil {
			return r, err
		}
	}
	args := []string{"--no-defaults", "--datadir=" + filepath.Join(dir, "data")}
	if os.Geteuid() == 0 {
		args = append(args, "--user=root")
	}
	out, err := exec.Command(p.install, append(args,
		"--auth-root-authentication-method=normal", "--skip-test-db")...).CombinedOutput()
	if err != nil {
		os.RemoveAll(dir) //nolint:errcheck // a temporary folder
		return r, fmt.Errorf("mariadb-install-db: %w\n%s", err, out)
	}
	r.socket = filepath.Join(dir, "socket")
	args = append([]string{"-c", keeper, "keeper", p.server}, append(args,
		"--skip-networking", "--socket="+r.socket, "--pid-file="+filepath.Join(dir, "pid"),
		// What survives the process is no concern, so nothing waits for the disk.
		"--debug-no-sync", "--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0", "--innodb-buffer-pool-size="+pool(),
		"--innodb-log-file-size=32M", "--skip-log-bin", "--performance-schema=OFF", "--max-connections=500")...)
	cmd := exec.Command("/bin/sh", args...)
	cmd.Env = append(os.Environ(), "DIR="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt at the keyboard is not for the keeper
	if r.pipe, err = cmd.StdinPipe(); err != nil {
		return r, err
	}
	if err := cmd.Start(); err != nil {
		return r, err
	}
	return r, awaitServer(dir, r.socket)
})

// pool is the server's memory for pages: little for tests; enough for the large benchmark's tables, as a
// server in use has, because it is not the disk that is measured.
func pool() string {
	if os.Getenv("LTIPOLICY_BENCH_LARGE") != "" {
		return "2G"
	}
	return "64M"
}

func awaitServer(dir, socket string) error {
	db, err := sql.Open("mysql", "root@unix("+socket+")/")
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // only a ping went through it
	deadline, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if err = db.PingContext(deadline); err == nil {
			return nil
		}
		select {
		case <-deadline.Done():
			log, _ := os.ReadFile(filepath.Join(dir, "log")) //nolint:errcheck // the first error counts
			return fmt.Errorf("MariaDB does not start: %w\n%s", err, log)
		case <-tick.C:
		}
	}
}

// EmptyMariaDB returns the address of a database without tables, which is dropped when the test ends.
func EmptyMariaDB(t testing.TB) string {
	t.Helper()
	r, err := server()
	if err != nil {
		t.Fatalf("starting MariaDB: %v", err)
	}
	var b [6]byte
	rand.Read(b[:]) //nolint:errcheck // it never fails
	name := "t_" + hex.EncodeToString(b[:])
	admin, err := sql.Open("mysql", "root@unix("+r.socket+")/")
	if err != nil {
		t.Fatalf("connecting to MariaDB: %v", err)
	}
	if _, err := admin.Exec("CREATE DATABASE " + name + " CHARACTER SET utf8mb4"); err != nil {
		t.Fatalf("creating the test database: %v", err)
	}
	t.Cleanup(func() {
		if _, err := admin.Exec("DROP DATABASE " + name); err != nil {
			t.Errorf("dropping the test database: %v", err)
		}
		admin.Close() //nolint:errcheck // the test is over
	})
	return "mysql:root@unix(" + r.socket + ")/" + name
}
