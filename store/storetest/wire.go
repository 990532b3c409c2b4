package storetest

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/go-sql-driver/mysql"
)

// Fate says what becomes of a statement that a [Wire] loses.
type Fate int

// The fates. Whoever sent the statement sees the same after Before, During and After: a connection that ended.
const (
	Before Fate = iota + 1 // the connection is cut before the server sees the statement
	During                 // it is cut while the server is at it: either may be first
	After                  // it is cut when the server has done it and answered; nobody hears the answer
	Hang                   // the server never sees it, and the connection stays until the test ends: nothing is heard any more
)

func (f Fate) String() string { return [...]string{"", "before", "during", "after", "hanging"}[f] }

// Statement is one that a store sent.
type Statement struct {
	Text string
	// InTransaction says that it ran between BEGIN and COMMIT on its connection.
	InTransaction bool
}

// Writes reports whether the statement changes rows.
func (s Statement) Writes() bool {
	for _, verb := range []string{"INSERT", "UPDATE", "DELETE", "REPLACE"} {
		if s.begins(verb) {
			return true
		}
	}
	return false
}

// Commits reports whether the statement makes something last: COMMIT, or a write outside a transaction.
func (s Statement) Commits() bool { return s.begins("COMMIT") || s.Writes() && !s.InTransaction }

func (s Statement) begins(verb string) bool {
	text := strings.TrimSpace(s.Text)
	return len(text) >= len(verb) && strings.EqualFold(text[:len(verb)], verb)
}

// Wire lies between a store and a server of MySQL's kind and loses what a test wants lost. All of its methods
// are safe for concurrent use.
type Wire struct {
	dsn string

	asked atomic.Int64

	mu     sync.Mutex
	sent   []Statement
	cuts   []*cut
	hung   []net.Conn
	closed int // dials that are still refused; negative: all
	dead   bool
}

// cut is one loss to come.
type cut struct {
	fate   Fate
	left   int // statements that match, before the one that is lost
	which  func(Statement) bool
	answer []byte // instead of the server's, on a connection that stays; nil: the connection is cut
	last   bool   // nothing goes through after it
}

// wires numbers the networks that are registered with the driver.
var wires atomic.Int64

// NewWire lays a wire to the database of an address, until the test ends. [Wire.DSN] is the other end.
func NewWire(t testing.TB, dsn string) *Wire {
	t.Helper()
	c, err := mysql.ParseDSN(strings.TrimPrefix(dsn, "mysql:"))
	if err != nil {
		t.Fatalf("laying a wire: %v", err)
	}
	w, network, address := &Wire{}, c.Net, c.Addr
	c.Net = fmt.Sprintf("wire%d", wires.Add(1))
	c.TLSConfig = "false" // or nobody could read along
	w.dsn = "mysql:" + c.FormatDSN()
	mysql.RegisterDialContext(c.Net, func(ctx context.Context, _ string) (net.Conn, error) {
		if w.refused() {
			return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
		}
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &tapped{Conn: conn, wire: w}, nil
	})
	t.Cleanup(func() {
		mysql.DeregisterDialContext(c.Net)
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, conn := range w.hung {
			conn.Close() //nolint:errcheck // so that the server gives up what it holds, and the database can be dropped
		}
	})
	return w
}

// DSN is the address for [store.Open].
func (w *Wire) DSN() string { return w.dsn }

// Lose lets the k-th statement from now on that matches, counted from 1, meet its fate. It is lost once.
func (w *Wire) Lose(fate Fate, k int, which func(Statement) bool) {
	w.add(&cut{fate: fate, left: k - 1, which: which})
}

// Kill is Lose, and nothing goes through after that statement, as if the process that sent it had been killed
// then. Refuse(0) ends that.
func (w *Wire) Kill(fate Fate, k int, which func(Statement) bool) {
	w.add(&cut{fate: fate, left: k - 1, which: which, last: true})
}

// Answer lets the server do the k-th statement that matches, and tells the store instead that it failed with an
// error of the server. The connection stays.
func (w *Wire) Answer(number uint16, message string, k int, which func(Statement) bool) {
	packet := binary.LittleEndian.AppendUint16([]byte{0, 0, 0, 1, 0xff}, number)
	packet = append(packet, "#HY000"+message...)
	packet[0] = byte(len(packet) - 4)
	w.add(&cut{fate: After, left: k - 1, which: which, answer: packet})
}

func (w *Wire) add(c *cut) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cuts = append(w.cuts, c)
}

// Refuse lets the next n attempts to connect fail as if nobody listened, or all of them if n is negative. 0 ends
// that.
func (w *Wire) Refuse(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = n
	w.dead = w.dead && n != 0
}

func (w *Wire) refused() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed == 0 {
		return false
	}
	if w.closed > 0 {
		w.closed--
	}
	return true
}

// Sent returns the statements since the last call of Sent, lost ones too, and forgets losses that did not come
// about.
func (w *Wire) Sent() []Statement {
	w.mu.Lock()
	defer w.mu.Unlock()
	sent := w.sent
	w.sent, w.cuts = nil, nil
	return sent
}

// RoundTrips is how often anything at all was sent to the server so far: statements, and what a driver asks by itself.
func (w *Wire) RoundTrips() int { return int(w.asked.Load()) }

// sending notes a statement and returns what is to happen to it, if anything.
func (w *Wire) sending(s Statement) *cut {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent = append(w.sent, s)
	if w.dead {
		return &cut{fate: Before}
	}
	for i, c := range w.cuts {
		if !c.which(s) {
			continue
		}
		if c.left > 0 {
			c.left--
			continue
		}
		w.cuts = append(w.cuts[:i:i], w.cuts[i+1:]...)
		if c.last {
			w.dead, w.closed = true, -1
		}
		return c
	}
	return nil
}

// tapped is one connection. The driver uses it from one goroutine at a time, and may close it from another.
type tapped struct {
	net.Conn
	wire   *Wire
	inside bool // a transaction
	deaf   *cut // the answer to come is lost
}

// Write sees whole packets: the driver writes each in one piece.
func (c *tapped) Write(b []byte) (int, error) {
	c.wire.asked.Add(1)
	const query = 3 // the command's number
	if len(b) < 5 || b[3] != 0 || b[4] != query {
		return c.Conn.Write(b)
	}
	s := Statement{Text: string(bytes.Clone(b[5:])), InTransaction: c.inside}
	switch {
	case s.begins("START TRANSACTION"), s.begins("BEGIN"):
		c.inside = true
	case s.begins("COMMIT"), s.begins("ROLLBACK"):
		c.inside = false
	}
	loss := c.wire.sending(s)
	if loss == nil {
		return c.Conn.Write(b)
	}
	// The sender learns of it when it waits for the answer, as with a real network.
	switch loss.fate {
	case Before:
		c.Close() //nolint:errcheck // it is what the test wants
		return len(b), nil
	case During:
		n, err := c.Conn.Write(b)
		c.Close() //nolint:errcheck // it is what the test wants
		return n, err
	case Hang:
		c.wire.mu.Lock()
		defer c.wire.mu.Unlock()
		c.wire.hung = append(c.wire.hung, c.Conn)
		return len(b), nil
	}
	c.deaf = loss
	return c.Conn.Write(b)
}

func (c *tapped) Read(b []byte) (int, error) {
	if c.deaf == nil {
		return c.Conn.Read(b)
	}
	if _, err := c.Conn.Read(make([]byte, 64<<10)); err != nil { // it is done when it is answered
		return 0, err
	}
	answer := c.deaf.answer
	c.deaf = nil
	if answer != nil {
		return copy(b, answer), nil
	}
	c.Close() //nolint:errcheck // it is what the test wants
	return 0, io.EOF
}
