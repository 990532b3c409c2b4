//go:build linux || darwin || freebsd

package storetest

import (
	"context"
	"database/sql"
	"fmt"
	"io"
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
func start(e Engine, m maker, logs []string) (*server, error) {
	s, args, err := install(e, m)
	if err != nil {
		return nil, err
	}
	if logs == nil {
		logs = []string{"--skip-log-bin"}
	}
	more := append([]string{"--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0", "--max-connections=500"}, logs...)
	s.pipe, err = run(s, e, m, args, more...)
	return s, err
}

// install makes a data folder, and says with which arguments programs find it.
func install(e Engine, m maker) (s *server, args []string, err error) {
	dir, err := folder(e.Name)
	if err != nil {
		return nil, nil, err
	}
	args = []string{"--no-defaults", "--datadir=" + filepath.Join(dir, "data")}
	if base := filepath.Dir(e.Bin); exists(filepath.Join(base, "share")) {
		args = append(args, "--basedir="+base)
	}
	if os.Geteuid() == 0 {
		args = append(args, "--user=root")
	}
	all := append(append([]string{}, args...), m.install[1:]...)
	if out, err := exec.Command(program(e.Bin, m.install[0]), all...).CombinedOutput(); err != nil {
		os.RemoveAll(dir) //nolint:errcheck // a temporary folder
		return nil, nil, fmt.Errorf("making %s's data folder: %w\n%s", e.Name, err, out)
	}
	return &server{socket: filepath.Join(dir, "socket")}, args, nil
}

// run starts a server and waits until it answers. It ends, and its folder goes, when the pipe is closed.
func run(s *server, e Engine, m maker, args []string, more ...string) (io.WriteCloser, error) {
	dir := filepath.Dir(s.socket)
	args = append(append([]string{"-c", keeper, "keeper", program(e.Bin, m.server)}, args...),
		"--skip-networking", "--socket="+s.socket, "--pid-file="+pidFile(s),
		// Of its own: a MariaDB that starts clears the folder of the temporary tables of every other one.
		"--tmpdir="+dir,
		// What survives the machine is no concern, so nothing waits for the disk.
		"--innodb-buffer-pool-size="+pool(), "--performance-schema=OFF")
	cmd := exec.Command("/bin/sh", append(append(args, m.args...), more...)...)
	cmd.Env = append(os.Environ(), "DIR="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt at the keyboard is not for the keeper
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	if err := await(s.socket); err != nil {
		log, _ := os.ReadFile(filepath.Join(dir, "log")) //nolint:errcheck // the first error counts
		pipe.Close()                                     //nolint:errcheck // the first error counts
		return nil, fmt.Errorf("%s does not start: %w\n%s", e.Name, err, log)
	}
	return pipe, nil
}

func pidFile(s *server) string { return filepath.Join(filepath.Dir(s.socket), "pid") }

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
