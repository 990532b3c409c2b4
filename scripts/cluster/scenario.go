//go:build linux

package main

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"ltipolicy/store"
)

// cluster is three database servers that hold the same data.
type cluster interface {
	title() string
	members() []*node
	start(ctx context.Context) error         // the whole cluster, from its data folders
	revive(ctx context.Context, i int) error // a node whose process was killed
	whole(ctx context.Context) bool          // all nodes are in and have all data
	writes(ctx context.Context, i int) bool  // what a router asks a node
	version(ctx context.Context) string      // of the servers
	close()
}

// layout says which nodes the two replicas write to.
type layout struct {
	name  string
	fixed []int // the node of each replica; nil: one writer, with failover
}

var (
	oneWriter = layout{"one, with failover", nil}
	oneNode   = layout{"one, without failover", []int{0, 0}}
	twoNodes  = layout{"two: a node for each replica", []int{0, 1}}
)

// scenario is one run: a layout, and what is done to the servers while people come.
type scenario struct {
	layout
	what string
	harm func(ctx context.Context, r *run) error
	heal func(ctx context.Context, r *run) error
}

func (s scenario) runsOn(l layout) bool { return s.layout.name == l.name }

// The times of a run.
const (
	before  = 4 * time.Second
	harmed  = 12 * time.Second
	after   = 8 * time.Second
	recover = 2 * time.Minute // how long the cluster may take to be whole again
)

// The writer is the node that replicas write to; with a node for each, the first replica's.
var scenarios = []scenario{
	{oneWriter, "nothing", nil, nil},
	{oneWriter, "kill -9 of the writer; started again", killNode(0), reviveNode(0)},
	{oneWriter, "SIGTERM of the writer; started again", endNode(0), reviveNode(0)},
	{oneWriter, "SIGSTOP of the writer; SIGCONT", signalNodes(syscall.SIGSTOP, 0), signalNodes(syscall.SIGCONT, 0)},
	{oneWriter, "kill -9 of another node; started again", killNode(2), reviveNode(2)},
	{oneWriter, "SIGSTOP of another node; SIGCONT", signalNodes(syscall.SIGSTOP, 2), signalNodes(syscall.SIGCONT, 2)},
	{oneWriter, "quorum lost: SIGSTOP of two; SIGCONT", signalNodes(syscall.SIGSTOP, 1, 2), signalNodes(syscall.SIGCONT, 1, 2)},
	{oneNode, "kill -9 of the writer; started again", killNode(0), reviveNode(0)},
	{twoNodes, "nothing", nil, nil},
	{twoNodes, "kill -9 of a writer; started again", killNode(0), reviveNode(0)},
	{twoNodes, "SIGSTOP of a writer; SIGCONT", signalNodes(syscall.SIGSTOP, 0), signalNodes(syscall.SIGCONT, 0)},
	{twoNodes, "quorum lost: SIGSTOP of two; SIGCONT", signalNodes(syscall.SIGSTOP, 1, 2), signalNodes(syscall.SIGCONT, 1, 2)},
}

// The faults count the nodes from the one that writes, or from the first replica's node.

func killNode(k int) func(context.Context, *run) error {
	return func(_ context.Context, r *run) error {
		r.node(k).process.kill()
		return nil
	}
}

func reviveNode(k int) func(context.Context, *run) error {
	return func(ctx context.Context, r *run) error { return r.cluster.revive(ctx, r.index(k)) }
}

func endNode(k int) func(context.Context, *run) error {
	return func(_ context.Context, r *run) error {
		r.node(k).process.stop(30 * time.Second)
		return nil
	}
}

func signalNodes(what syscall.Signal, ks ...int) func(context.Context, *run) error {
	return func(_ context.Context, r *run) error {
		for _, k := range ks {
			r.node(k).signal(what)
		}
		return nil
	}
}

// run is a scenario under way.
type run struct {
	cluster  cluster
	scenario scenario
	first    int // the node that was the writer at the start
}

func (r *run) index(k int) int  { return (r.first + k) % len(r.cluster.members()) }
func (r *run) node(k int) *node { return r.cluster.members()[r.index(k)] }

// result is a line of the table.
type result struct {
	engine, layout, what string
	people, errors       int
	kinds                map[string]int
	span, slowest        time.Duration
	books
	whole   bool // all nodes came back
	goesOn  string
	servers map[string]int // the errors they sent
	causes  map[string]int // what the replicas say of answers with 5xx
}

// play runs a scenario on a cluster that is whole.
func play(ctx context.Context, c cluster, p *program, s scenario, number int, params string) (result, error) {
	r := &run{cluster: c, scenario: s}
	out := result{engine: c.title(), layout: s.layout.name, what: s.what, kinds: map[string]int{}, servers: map[string]int{}, causes: map[string]int{}}
	front, err := newRouter(c.members(), -1, c.writes)
	if err != nil {
		return out, err
	}
	defer front.close()
	r.first = max(front.current(), 0)
	if s.fixed != nil {
		r.first = s.fixed[0]
	}
	name := fmt.Sprintf("trial%d", number)
	migrates := fmt.Sprintf("mysql:owner:owner@tcp(%s)/%s?tls=false", front.address(), name)
	if err := r.node(0).do(ctx, accounts(name)...); err != nil {
		return out, err
	}
	if _, err := p.run(ctx, "migrate", "-database", migrates); err != nil {
		return out, err
	}
	if err := r.node(0).do(ctx, store.ServeGrants(name, serves)...); err != nil {
		return out, err
	}
	people, err := newSite(ctx, migrates)
	if err != nil {
		return out, err
	}
	defer people.srv.Close()
	roads := []*router{front}
	var replicas []*replica
	for i := range 2 {
		road := front
		if s.fixed != nil {
			if road, err = newRouter(c.members(), s.fixed[i], nil); err != nil {
				return out, err
			}
			defer road.close()
			roads = append(roads, road)
		}
		dsn := fmt.Sprintf("mysql:tool:tool@tcp(%s)/%s?tls=false", road.address(), name)
		if params != "" {
			dsn += "&" + params
		}
		tool, err := p.serve(ctx, fmt.Sprintf("%s-replica%d", name, i+1), dsn)
		if err != nil {
			return out, err
		}
		defer tool.stop(5 * time.Second)
		replicas = append(replicas, tool)
	}
	settings, err := readProxy("deploy/Caddyfile")
	if err != nil {
		return out, err
	}
	b := newBalancer(settings, p.trust, replicas...)
	defer b.close()
	for _, road := range roads {
		road.seen() // what setting up met is of no interest
	}

	l := startLoad(people, b)
	time.Sleep(before)
	if s.harm != nil {
		if err := s.harm(ctx, r); err != nil {
			return out, err
		}
	}
	time.Sleep(harmed)
	if s.heal != nil {
		if err := s.heal(ctx, r); err != nil {
			return out, err
		}
	}
	time.Sleep(after)
	whole := await(ctx, recover, func() bool { return c.whole(ctx) })
	l.end(20 * time.Second)
	out.goesOn = "yes"
	for _, tool := range replicas {
		tool.failures(out.causes)
	}
	if whole != nil || l.unserved > 0 {
		out.goesOn = fmt.Sprintf("no: whole %v, %d people not served", whole == nil, l.unserved)
	}
	for _, tool := range replicas {
		if !b.ready(ctx, tool) {
			out.goesOn = "no: a replica is not ready"
		}
	}
	out.take(l)
	for _, road := range roads {
		for what, n := range road.seen() {
			out.servers[what] += n
		}
	}
	out.whole = whole == nil
	// Once more what is not yet in the log, as the next of the tool's rounds would.
	out.evidence = verify(ctx, p, migrates)
	for i, n := range c.members() {
		if !out.whole && !c.writes(ctx, i) {
			continue
		}
		at, err := audit(ctx, n, name, l)
		if err != nil {
			return out, err
		}
		out.lost, out.doubled = max(out.lost, at.lost), max(out.doubled, at.doubled)
	}
	return out, nil
}

// The accounts of the database: one that migrates and one that serves.
var (
	owner  = store.Account{User: "owner", Host: "%"}
	serves = store.Account{User: "tool", Host: "%"}
)

// accounts makes a database and its two accounts, and lets the one that migrates in.
func accounts(database string) []string {
	return append([]string{
		"CREATE DATABASE " + database + " CHARACTER SET utf8mb4",
		"CREATE USER IF NOT EXISTS " + owner.String() + " IDENTIFIED BY 'owner'",
		"CREATE USER IF NOT EXISTS " + serves.String() + " IDENTIFIED BY 'tool'",
	}, store.OwnerGrants(database, owner)...)
}

// take counts what people saw.
func (r *result) take(l *load) {
	r.people, r.errors, r.slowest = l.people, len(l.saw), l.slowest
	if len(l.saw) == 0 {
		return
	}
	first, last := l.saw[0].at, l.saw[0].at
	for _, s := range l.saw {
		r.kinds[plain(s.what)]++
		if s.at.Before(first) {
			first = s.at
		}
		if s.at.After(last) {
			last = s.at
		}
	}
	r.span = last.Sub(first)
}

// plain leaves out of an error what differs between people.
func plain(what string) string {
	head, tail, found := strings.Cut(what, "no answer: ")
	if !found {
		return what
	}
	return head + "no answer" + tail[max(strings.LastIndex(tail, ": "), 0):]
}

// longest is how long a request may take: what the tool promises, and what this machine needs beside.
const longest = 12 * time.Second

// good says whether everything that is promised was kept.
func (r result) good() bool {
	return r.slowest <= longest && r.lost == 0 && r.doubled == 0 && r.evidence == "intact" && r.goesOn == "yes"
}

// row is the result as a line of a Markdown table.
func (r result) row() string {
	seconds := "0"
	if r.errors > 0 {
		seconds = fmt.Sprintf("%.1f", max(r.span.Seconds(), 0.1))
	}
	return fmt.Sprintf("| %s | %s | %s | %d | %d | %s | %.1f | %d | %d | %s | %s |",
		r.engine, r.layout, r.what, r.people, r.errors, seconds, r.slowest.Seconds(), r.lost, r.doubled, r.evidence, r.goesOn)
}

const tableHead = `| cluster | writer | what was done | people | errors they saw | for seconds | slowest request, s | answers lost | doubled | evidence | went on by itself |
|---|---|---|---|---|---|---|---|---|---|---|`

// details are the kinds of errors that people saw and that servers sent.
func (r result) details() string {
	var b strings.Builder
	list := func(title string, m map[string]int) {
		for _, k := range slices.Sorted(maps.Keys(m)) {
			fmt.Fprintf(&b, "    %s: %d × %s\n", title, m[k], k)
		}
	}
	list("people", r.kinds)
	list("servers", r.servers)
	list("replicas", r.causes)
	return b.String()
}

func logs(dir string) string { return filepath.Join(dir, "*.log") }
