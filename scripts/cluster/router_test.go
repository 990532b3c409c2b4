//go:build linux

package main

import (
	"bufio"
	"context"
	"io"
	"maps"
	"net"
	"testing"
)

// greeter is a server that says its name to whoever connects, and then what it hears.
func greeter(t *testing.T, name string) *node {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() }) //nolint:errcheck // the test is over
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				c.Write(packet(name)) //nolint:errcheck // the test notices
				io.Copy(c, c)         //nolint:errcheck // one side closed
				c.Close()             //nolint:errcheck // nothing more comes
			}()
		}
	}()
	return &node{port: l.Addr().(*net.TCPAddr).Port}
}

// packet is what MySQL's protocol makes of a payload.
func packet(payload string) []byte {
	return append([]byte{byte(len(payload)), byte(len(payload) >> 8), 0, 0}, payload...)
}

// connect returns a connection to the router and what the server behind it said first.
func connect(t *testing.T, r *router) (net.Conn, *bufio.Reader, string) {
	t.Helper()
	c, err := net.Dial("tcp", r.address())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() }) //nolint:errcheck // the test is over
	in := bufio.NewReader(c)
	said := make([]byte, len(packet("one")))
	if _, err := io.ReadFull(in, said); err != nil {
		t.Fatal(err)
	}
	return c, in, string(said[4:])
}

func TestRouterLeadsToTheWriterAndCutsTheOldOne(t *testing.T) {
	nodes := []*node{greeter(t, "one"), greeter(t, "two")}
	r, err := newRouter(nodes, -1, func(_ context.Context, i int) bool { return i == 0 })
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	_, old, said := connect(t, r)
	if said != "one" {
		t.Errorf("led to %q first", said)
	}
	r.choose([]bool{false, true})
	if _, err := old.ReadByte(); err == nil {
		t.Error("the connection to the old writer goes on")
	}
	if _, _, said := connect(t, r); said != "two" {
		t.Errorf("led to %q after the failover", said)
	}
}

func TestRouterCountsTheErrorsOfServers(t *testing.T) {
	r, err := newRouter([]*node{greeter(t, "one")}, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	c, in, _ := connect(t, r)
	for _, payload := range []string{
		"\xff\x17\x04#08S01WSREP has not yet prepared node for application use",
		"\xff\x26\x04#23000Duplicate entry '1' for key 'PRIMARY'", // what the store asks for by its keys
		"a row of a table",
	} {
		sent := packet(payload)
		if _, err := c.Write(sent); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(sent))
		if _, err := io.ReadFull(in, got); err != nil || string(got) != string(sent) {
			t.Fatalf("passed on %q, %v, want %q", got, err, sent)
		}
	}
	want := map[string]int{"1047 WSREP has not yet prepared node for application use": 1}
	if got := r.seen(); !maps.Equal(got, want) {
		t.Errorf("counted %v, want %v", got, want)
	}
}

func TestErrorsOfPeopleAreCountedByKind(t *testing.T) {
	for what, want := range map[string]string{
		"launching: your visit has ended": "launching: your visit has ended",
		"answering: no answer: opening /l/7f/pending: Post \"https://tool.example/l/7f/pending\": EOF": "answering: no answer: EOF",
	} {
		if got := plain(what); got != want {
			t.Errorf("plain(%q) = %q, want %q", what, got, want)
		}
	}
	row := result{kinds: map[string]int{}, errors: 2, books: books{evidence: "intact"}, goesOn: "yes"}
	if !row.good() {
		t.Error("errors that people saw during a fault are no failure of the run")
	}
	row.lost = 1
	if row.good() {
		t.Error("a lost answer is no failure")
	}
}
