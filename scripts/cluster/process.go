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
	"path/filepath"
	"syscall"
	"time"

	"github.com/go-sql-driver/mysql"
)

// process is a program that runs beside this one and ends with it.
type process struct {
	cmd  *exec.Cmd
	gone chan struct{} // closed when the program has ended
}

// launch starts a program whose output goes to the end of a file.
func launch(log string, env []string, name string, args ...string) (*process, error) {
	f, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // the program has a copy
	p := &process{cmd: exec.Command(name, args...), gone: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr, p.cmd.Env = f, f, append(os.Environ(), env...)
	p.cmd.SysProcAttr = attributes()
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	go func() {
		p.cmd.Wait() //nolint:errcheck // how it ended is in its log
		close(p.gone)
	}()
	return p, nil
}

// attributes give a program a group of its own, because an interrupt at the keyboard is for this program, and
// end it with this one.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// signal sends one to the program and what it started. One that has ended already is fine.
func (p *process) signal(s syscall.Signal) {
	if p == nil {
		return
	}
	syscall.Kill(-p.cmd.Process.Pid, s) //nolint:errcheck // see above
}

// kill ends the program as kill -9 does.
func (p *process) kill() {
	if p == nil {
		return
	}
	p.signal(syscall.SIGKILL)
	<-p.gone
}

// stop asks the program to end, and kills it if it does not within the time.
func (p *process) stop(within time.Duration) {
	if p == nil {
		return
	}
	p.signal(syscall.SIGTERM)
	select {
	case <-p.gone:
	case <-time.After(within):
		p.kill()
	}
}

func (p *process) running() bool {
	if p == nil {
		return false
	}
	select {
	case <-p.gone:
		return false
	default:
		return true
	}
}

// node is one database server.
type node struct {
	name string
	dir  string
	port int
	*process
	db *sql.DB // asks the server about its state, with little patience
}

func newNode(dir, name string, port int) (*node, error) {
	c := mysql.NewConfig()
	c.User, c.Net, c.Addr, c.TLSConfig = "root", "tcp", address(port), "false"
	c.Timeout, c.ReadTimeout, c.WriteTimeout = time.Second, time.Second, time.Second
	c.Logger = quiet{}
	connector, err := mysql.NewConnector(c)
	if err != nil {
		return nil, err
	}
	n := &node{name: name, dir: filepath.Join(dir, name), port: port, db: sql.OpenDB(connector)}
	n.db.SetMaxOpenConns(2)
	return n, nil
}

type quiet struct{}

func (quiet) Print(...any) {}

// ask reads one value.
func (n *node) ask(ctx context.Context, query string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	var v string
	err := n.db.QueryRowContext(ctx, query).Scan(&v)
	return v, err
}

// status reads a status variable; what cannot be read is "".
func (n *node) status(ctx context.Context, name string) string {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	var v string
	if n.db.QueryRowContext(ctx, "SHOW STATUS LIKE '"+name+"'").Scan(new(string), &v) != nil {
		return ""
	}
	return v
}

// do runs statements with patience, one after the other.
func (n *node) do(ctx context.Context, statements ...string) error {
	c := mysql.NewConfig()
	c.User, c.Net, c.Addr, c.TLSConfig, c.Logger = "root", "tcp", address(n.port), "false", quiet{}
	connector, err := mysql.NewConnector(c)
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	defer db.Close() //nolint:errcheck // nothing is written any more
	db.SetMaxOpenConns(1)
	for _, s := range statements {
		if _, err := db.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("%s: %s: %w", n.name, s, err)
		}
	}
	return nil
}

func address(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }

// ports finds ports that nobody listens at.
func ports(n int) ([]int, error) {
	var out []int
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close() //nolint:errcheck // held until all are found, so that none is found twice
		out = append(out, l.Addr().(*net.TCPAddr).Port)
	}
	return out, nil
}

var errLate = errors.New("it took too long")

// await asks again and again until the answer is yes.
func await(ctx context.Context, within time.Duration, yes func() bool) error {
	late := time.Now().Add(within)
	for !yes() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if time.Now().After(late) {
			return errLate
		}
		time.Sleep(200 * time.Millisecond)
	}
	return nil
}
