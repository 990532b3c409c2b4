//go:build linux || darwin || freebsd

package storetest

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	_ "github.com/go-sql-driver/mysql" // registers the driver "mysql"
)

const canStart = true

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

// start makes a data folder and starts a server on it, without a binary log unless logs asks for one.
func start(e Engine, m maker, logs []string) (s *server, err error) {
	dir, err := folder(e.Name)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			os.RemoveAll(dir) //nolint:errcheck // a temporary folder
		}
	}()
	args := []string{"--no-defaults", "--datadir=" + filepath.Join(dir, "data")}
	if base := filepath.Dir(e.Bin); exists(filepath.Join(base, "share")) {
		args = append(args, "--basedir="+base)
	}
	if os.Geteuid() == 0 {
		args = append(args, "--user=root")
	}
	install := append(append([]string{}, args...), m.install[1:]...)
	if out, err := exec.Command(program(e.Bin, m.install[0]), install...).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("making %s's data folder: %w\n%s", e.Name, err, out)
	}
	s = &server{socket: filepath.Join(dir, "socket")}
	args = append(append([]string{"-c", keeper, "keeper", program(e.Bin, m.server)}, args...),
		"--skip-networking", "--socket="+s.socket, "--pid-file="+filepath.Join(dir, "pid"),
		// What survives the process is no concern, so nothing waits for the disk.
		"--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0", "--innodb-buffer-pool-size="+pool(),
		"--performance-schema=OFF", "--max-connections=500")
	if logs == nil {
		logs = []string{"--skip-log-bin"}
	}
	args = append(args, m.args...)
	cmd := exec.Command("/bin/sh", append(args, logs...)...)
	cmd.Env = append(os.Environ(), "DIR="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt at the keyboard is not for the keeper
	if s.pipe, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	if err := await(s.socket); err != nil {
		log, _ := os.ReadFile(filepath.Join(dir, "log")) //nolint:errcheck // the first error counts
		return nil, fmt.Errorf("%s does not start: %w\n%s", e.Name, err, log)
	}
	return s, nil
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// program is a server's program in bin, or, as some distributions split them up, in PATH.
func program(bin, name string) string {
	if file := filepath.Join(bin, name); exists(file) {
		return file
	}
	return name
}

// folder makes a temporary folder, in memory where there is room: a new database is many small files.
func folder(name string) (string, error) {
	const memory, room = "/dev/shm", 1 << 30
	pattern := "ltipolicy-" + name + "-"
	var fs syscall.Statfs_t
	if !large() && syscall.Statfs(memory, &fs) == nil && uint64(fs.Bavail)*uint64(fs.Bsize) > room {
		if dir, err := os.MkdirTemp(memory, pattern); err == nil {
			return dir, nil
		}
	}
	dir, err := os.MkdirTemp("", pattern)
	if err == nil && len(dir) > 80 { // a socket's path has room for about 100 bytes
		os.RemoveAll(dir) //nolint:errcheck // a temporary folder
		dir, err = os.MkdirTemp("/tmp", pattern)
	}
	return dir, err
}

// large reports whether the large benchmark runs, which fills a server as one in use is filled.
func large() bool { return os.Getenv("LTIPOLICY_BENCH_LARGE") != "" }

// pool is the server's memory for pages: little for tests; enough for the large benchmark's tables, as a
// server in use has, because it is not the disk that is measured.
func pool() string {
	if large() {
		return "2G"
	}
	return "64M"
}

func await(socket string) error {
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
			return err
		case <-tick.C:
		}
	}
}
