//go:build linux

package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/go-sql-driver/mysql"
)

// process is a program that runs beside this one and ends with it.
type process struct {
	cmd  *exec.Cmd
	gone chan struct{} // closed when the program has ended
	log  string
}

// launch starts a program in a folder, with nothing but env in its environment; its output goes to a file beside it.
func launch(dir string, env []string, name string, args ...string) (*process, error) {
	p := &process{cmd: exec.Command(name, args...), gone: make(chan struct{}), log: dir + ".log"}
	f, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // the program has a copy
	p.cmd.Stdout, p.cmd.Stderr, p.cmd.Dir, p.cmd.Env = f, f, dir, env
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	go func() {
		p.cmd.Wait() //nolint:errcheck // how it ended is in its log
		close(p.gone)
	}()
	return p, nil
}

func (p *process) pid() int { return p.cmd.Process.Pid }

func (p *process) running() bool {
	select {
	case <-p.gone:
		return false
	default:
		return true
	}
}

func (p *process) kill() {
	syscall.Kill(-p.pid(), syscall.SIGKILL) //nolint:errcheck // it may have ended
	<-p.gone
}

// answers waits until somebody listens at the port.
func (p *process) answers(ctx context.Context, port int) error {
	err := await(ctx, time.Minute, func() bool {
		c, err := net.Dial("tcp", address(port))
		if err == nil {
			c.Close() //nolint:errcheck // it was no more than a question
		}
		return err == nil || !p.running()
	})
	if err == nil && !p.running() {
		err = errors.New("it ended")
	}
	if err != nil {
		b, _ := os.ReadFile(p.log) //nolint:errcheck // the first error counts
		return fmt.Errorf("starting %s: %w\n%s", p.cmd.Path, err, b[max(0, len(b)-4000):])
	}
	return nil
}

// spent is the processor time of a process so far, in user and in system mode, to a hundredth of a second.
func spent(pid int) (user, system time.Duration, err error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, 0, err
	}
	_, after, _ := strings.Cut(string(b), ") ") // the program's name may hold anything
	fields := strings.Fields(after)
	if len(fields) < 13 {
		return 0, 0, fmt.Errorf("/proc/%d/stat: %q", pid, b)
	}
	var ticks [2]int64
	for i := range ticks {
		if ticks[i], err = strconv.ParseInt(fields[11+i], 10, 64); err != nil {
			return 0, 0, err
		}
	}
	const tick = 10 * time.Millisecond // USER_HZ, on every Linux
	return time.Duration(ticks[0]) * tick, time.Duration(ticks[1]) * tick, nil
}

func address(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }

// freePort is a port that nobody listens at.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close() //nolint:errcheck // it was no more than a question
	return l.Addr().(*net.TCPAddr).Port, nil
}

// database is a MariaDB of its own, with the settings that it comes with.
type database struct {
	*process
	port int
	root *sql.DB
}

func startDatabase(ctx context.Context, dir string) (*database, error) {
	install := []string{"--no-defaults", "--datadir=" + dir, "--auth-root-authentication-method=normal", "--skip-test-db"}
	serve := []string{"--no-defaults", "--datadir=" + dir, "--bind-address=127.0.0.1", "--socket=" + dir + ".sock", "--pid-file=" + dir + ".pid"}
	if os.Geteuid() == 0 {
		install, serve = append(install, "--user=root"), append(serve, "--user=root")
	}
	if out, err := exec.CommandContext(ctx, "mariadb-install-db", install...).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("mariadb-install-db: %w\n%s", err, out)
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	d := &database{port: port}
	if d.process, err = launch(dir, os.Environ(), "mariadbd", append(serve, fmt.Sprint("--port=", port))...); err != nil {
		return nil, err
	}
	if err := d.answers(ctx, port); err != nil {
		return nil, err
	}
	c := mysql.NewConfig()
	c.User, c.Net, c.Addr = "root", "tcp", address(port)
	connector, err := mysql.NewConnector(c)
	if err != nil {
		return nil, err
	}
	d.root = sql.OpenDB(connector)
	d.root.SetMaxOpenConns(1)
	return d, nil
}

func (d *database) create(ctx context.Context, name string) error {
	_, err := d.root.ExecContext(ctx, "CREATE DATABASE "+name+" CHARACTER SET utf8mb4")
	return err
}

// statements is how often the server was asked anything so far, preparing and closing statements included.
func (d *database) statements(ctx context.Context) (n int64, err error) {
	err = d.root.QueryRowContext(ctx, `SELECT SUM(CAST(VARIABLE_VALUE AS SIGNED)) FROM information_schema.GLOBAL_STATUS
		WHERE VARIABLE_NAME IN ('QUESTIONS', 'COM_STMT_PREPARE', 'COM_STMT_CLOSE', 'COM_STMT_RESET')`).Scan(&n)
	return n, err
}
