//go:build linux || darwin || freebsd

package storetest

import (
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Private is a server of one test alone, whose settings the test may change and which it may kill. It goes away
// when the test ends.
type Private struct {
	// Root is a connection of the server's administrator to the database. It has one connection at a time, and
	// is made anew after the server was.
	Root *sql.DB

	t      testing.TB
	server *server
	engine Engine
	maker  maker
	args   []string
	pipes  []io.Closer
	name   string // of the database
}

// Private starts a server with a migrated database, and with an account that has no rights but on that database,
// as a tool's account should be. What it commits survives [Private.Kill]. Making it takes some seconds, so a test
// should do much with one.
func (e Engine) Private(t testing.TB, settings ...string) *Private {
	t.Helper()
	m, ok := makerOf(e.Name)
	if !ok {
		t.Fatalf("%s is no server", e.Name)
	}
	s, args, err := install(e, m)
	if err != nil {
		t.Fatal(err)
	}
	p := &Private{t: t, server: s, engine: e, maker: m, args: args, name: "private"}
	p.args = append(p.args, settings...)
	t.Cleanup(func() {
		if p.Root != nil {
			p.Root.Close() //nolint:errcheck // the test is over
		}
		p.signal(syscall.SIGCONT)
		for _, pipe := range p.pipes {
			pipe.Close() //nolint:errcheck // it is what ends the server
		}
		os.RemoveAll(filepath.Dir(s.socket)) //nolint:errcheck // its keeper does the same
	})
	p.Start()
	for _, statement := range []string{
		"CREATE DATABASE " + p.name + " CHARACTER SET utf8mb4",
		"CREATE USER tool@localhost",
		"GRANT ALL ON " + p.name + ".* TO tool@localhost",
	} {
		if err := s.exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	if err := migrate(p.DSN()); err != nil {
		t.Fatalf("migrating the test database: %v", err)
	}
	if p.Root, err = sql.Open("mysql", s.address(p.name)); err != nil {
		t.Fatal(err)
	}
	p.Root.SetMaxOpenConns(1)
	return p
}

// DSN is the database's address with the account that has few rights.
func (p *Private) DSN() string {
	return "mysql:" + strings.Replace(p.server.address(p.name), "root@", "tool@", 1)
}

// Exec runs a statement as the administrator, or fails the test.
func (p *Private) Exec(query string, args ...any) {
	p.t.Helper()
	if _, err := p.Root.Exec(query, args...); err != nil {
		p.t.Fatalf("%s: %v", query, err)
	}
}

// Start starts the server again, with more settings if there are any, and waits until it answers.
func (p *Private) Start(settings ...string) {
	p.t.Helper()
	// Everything that was committed is with the operating system.
	pipe, err := run(p.server, p.engine, p.maker, p.args, append(settings, "--innodb-flush-log-at-trx-commit=2", "--skip-log-bin")...)
	if err != nil {
		p.t.Fatal(err)
	}
	p.pipes = append(p.pipes, pipe)
}

// Kill is kill -9. It returns when the server is gone.
func (p *Private) Kill() {
	p.t.Helper()
	p.signal(syscall.SIGKILL)
	p.gone()
}

// Stop stops the server as an operator would. It returns when the server is gone.
func (p *Private) Stop() {
	p.t.Helper()
	p.signal(syscall.SIGTERM)
	p.gone()
}

func (p *Private) gone() {
	p.t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		c, err := net.Dial("unix", p.server.socket)
		if err != nil {
			break // its sockets closed with it
		}
		c.Close() //nolint:errcheck // it was no more than a question
		if time.Now().After(deadline) {
			p.t.Fatal("the server does not die")
		}
	}
	os.Remove(pidFile(p.server)) //nolint:errcheck // the next one writes it anew
}

// Pause stops the server's process as it is: whoever asks it something hears nothing.
func (p *Private) Pause() {
	if pid := p.signal(syscall.SIGSTOP); pid > 0 {
		p.standsStill(pid)
	}
}

// standsStill waits until every thread of the process has stopped: on a busy machine one may answer yet for a
// while. Where the system does not tell, it does not wait.
func (p *Private) standsStill(pid int) {
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(time.Millisecond) {
		states, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
		if !slices.ContainsFunc(states, func(file string) bool {
			b, err := os.ReadFile(file)
			_, after, ok := strings.Cut(string(b), ") ") // after the thread's name stands its state
			return err == nil && ok && !strings.HasPrefix(after, "T")
		}) {
			return
		}
	}
	p.t.Error("the server does not stand still")
}

// Resume ends [Private.Pause].
func (p *Private) Resume() { p.signal(syscall.SIGCONT) }

// signal sends the server a signal and returns its process; 0 if there is none.
func (p *Private) signal(s syscall.Signal) int {
	b, err := os.ReadFile(pidFile(p.server))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err == nil {
		err = syscall.Kill(pid, s)
	}
	if err != nil && !errors.Is(err, syscall.ESRCH) {
		p.t.Errorf("sending the server a signal: %v", err)
	}
	return pid
}
