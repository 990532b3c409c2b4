//go:build linux

package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"time"
)

// router stands for what is between the tool and the servers in production: MySQL Router, HAProxy, MaxScale or a
// virtual address. It leads every connection to one node, asks all nodes each second whether they can write, and
// after two refusals takes the next that can and cuts the connections to the old one. With a fixed node
// it leads there for good, as an address without a proxy does.
//
// It reads along what servers answer, and counts the errors.
type router struct {
	l      net.Listener
	addrs  []string
	writes func(ctx context.Context, i int) bool
	cancel context.CancelFunc

	mu     sync.Mutex
	now    int // -1: nobody can write
	fixed  bool
	held   map[net.Conn]int // the tool's ends, with the node they lead to
	errors map[string]int
}

const (
	checkEvery = time.Second
	refusals   = 2
)

// newRouter leads to the node fixed, or, if that is negative, to whichever can write.
func newRouter(nodes []*node, fixed int, writes func(ctx context.Context, i int) bool) (*router, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &router{l: l, now: fixed, fixed: fixed >= 0, writes: writes, cancel: cancel, held: map[net.Conn]int{}, errors: map[string]int{}}
	for _, n := range nodes {
		r.addrs = append(r.addrs, address(n.port))
	}
	if !r.fixed {
		r.choose(r.check(ctx))
		go r.watch(ctx)
	}
	go r.accept()
	return r, nil
}

func (r *router) address() string { return r.l.Addr().String() }

func (r *router) close() {
	r.cancel()
	r.l.Close() //nolint:errcheck // nobody listens any more
	r.mu.Lock()
	defer r.mu.Unlock()
	for c := range r.held {
		c.Close() //nolint:errcheck // cut
	}
}

// seen takes the errors that were counted since the last call.
func (r *router) seen() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := r.errors
	r.errors = map[string]int{}
	return out
}

func (r *router) current() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

func (r *router) check(ctx context.Context) []bool {
	can := make([]bool, len(r.addrs))
	var wg sync.WaitGroup
	for i := range r.addrs {
		wg.Go(func() { can[i] = r.writes(ctx, i) })
	}
	wg.Wait()
	return can
}

func (r *router) watch(ctx context.Context) {
	tick := time.NewTicker(checkEvery)
	defer tick.Stop()
	refused := 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		can := r.check(ctx)
		if now := r.current(); now >= 0 && can[now] {
			refused = 0
			continue
		}
		if refused++; refused < refusals && r.current() >= 0 {
			continue
		}
		r.choose(can)
	}
}

// choose takes the first node that can write, and cuts what leads elsewhere.
func (r *router) choose(can []bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = slices.Index(can, true)
	for c, to := range r.held {
		if to != r.now {
			c.Close() //nolint:errcheck // cut
		}
	}
}

func (r *router) accept() {
	for {
		c, err := r.l.Accept()
		if err != nil {
			return
		}
		go r.lead(c)
	}
}

func (r *router) lead(c net.Conn) {
	defer c.Close() //nolint:errcheck // one side closed already
	r.mu.Lock()
	to := r.now
	r.held[c] = to
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		delete(r.held, c)
		r.mu.Unlock()
	}()
	if to < 0 {
		r.count("no node to connect to")
		return
	}
	s, err := net.DialTimeout("tcp", r.addrs[to], 5*time.Second)
	if err != nil {
		r.count("connection refused")
		return
	}
	go func() {
		io.Copy(s, c) //nolint:errcheck // one side closed
		s.Close()     //nolint:errcheck // so that the other direction ends too
	}()
	r.readAlong(c, s)
	s.Close() //nolint:errcheck // nothing more comes
}

// readAlong passes a server's packets on. An answer that begins with 0xff is an error; its number follows.
func (r *router) readAlong(c io.Writer, s io.Reader) {
	in := bufio.NewReaderSize(s, 32<<10)
	for {
		head, err := in.Peek(4)
		if err != nil {
			return
		}
		size := 4 + (int(head[0]) | int(head[1])<<8 | int(head[2])<<16)
		if size > 13 && size < 4096 {
			if p, err := in.Peek(size); err == nil && p[4] == 0xff {
				r.count(describe(p[4:]))
			}
		}
		if _, err := io.CopyN(c, in, int64(size)); err != nil {
			return
		}
	}
}

func describe(p []byte) string {
	number, text := binary.LittleEndian.Uint16(p[1:]), string(p[3:])
	if len(text) > 6 && text[0] == '#' {
		text = text[6:]
	}
	if number == 1062 {
		// What the store asks for by unique keys is no fault.
		return ""
	}
	text, _, _ = strings.Cut(text, "\n")
	if len(text) > 90 {
		text = text[:90] + "…"
	}
	return fmt.Sprintf("%d %s", number, text)
}

func (r *router) count(what string) {
	if what == "" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errors[what]++
}
