//go:build linux

// Command cluster runs two replicas of the tool on clusters of three database servers, on loopback, and harms
// the servers while people launch and answer: kill -9, a server that hangs, a lost majority. It prints a
// table of what people saw, and exits 1 if an answer was lost or doubled, if the evidence is not intact, or
// if something did not go on by itself.
//
// It starts servers of its own, with data in a temporary folder, and touches no other.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"syscall"
	"time"
)

func main() {
	only := flag.String("only", "", "`regular expression`: only scenarios whose line matches")
	params := flag.String("params", "", "more `parameters` for the tool's database address, such as wsrep_sync_wait=0")
	keep := flag.Bool("keep", false, "leave the logs of the servers and of the tool")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	ok, err := measure(ctx, *only, *params, *keep)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "cluster:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

func measure(ctx context.Context, only, params string, keep bool) (bool, error) {
	wanted, err := regexp.Compile(only)
	if err != nil {
		return false, err
	}
	dir, err := workFolder()
	if err != nil {
		return false, err
	}
	if keep {
		fmt.Fprintln(os.Stderr, "logs:", logs(dir))
	} else {
		defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	}
	p, err := buildProgram(ctx, dir)
	if err != nil {
		return false, err
	}
	var table []string
	all, number := true, 0
	for _, e := range engines {
		var c cluster
		for _, s := range scenarios {
			if !slices.ContainsFunc(e.layouts, s.runsOn) || !wanted.MatchString(e.name+": "+s.layout.name+": "+s.what) {
				continue
			}
			number++
			if c == nil {
				if c, err = bringUp(ctx, filepath.Join(dir, fmt.Sprint(e.name, number)), e.make); err != nil {
					return false, err
				}
			}
			r, err := play(ctx, c, p, s, number, params)
			if err != nil {
				c.close()
				return false, fmt.Errorf("%s: %s: %s: %w", c.title(), s.layout.name, s.what, err)
			}
			fmt.Fprintln(os.Stderr, r.row())
			fmt.Fprint(os.Stderr, r.details())
			table = append(table, r.row())
			all = all && r.good()
			if !r.whole {
				c.close()
				c = nil
			}
		}
		if c != nil {
			c.close()
		}
	}
	if len(table) == 0 {
		return false, errors.New("no scenario matches")
	}
	fmt.Println(tableHead)
	for _, row := range table {
		fmt.Println(row)
	}
	return all, nil
}

// bringUp makes a cluster and waits until all its nodes are in.
func bringUp(ctx context.Context, dir string, make func(context.Context, string) (cluster, error)) (cluster, error) {
	c, err := make(ctx, dir)
	if err != nil {
		return nil, err
	}
	if err := c.start(ctx); err != nil {
		c.close()
		return nil, err
	}
	if err := await(ctx, 90*time.Second, func() bool { return c.whole(ctx) }); err != nil {
		c.close()
		return nil, fmt.Errorf("%s does not become whole: %w", c.title(), err)
	}
	fmt.Fprintf(os.Stderr, "%s: %s\n", c.title(), c.version(ctx))
	return c, nil
}

// engines are the kinds of clusters, with how the replicas may be laid out on each.
var engines = []struct {
	name    string
	layouts []layout
	make    func(ctx context.Context, dir string) (cluster, error)
}{
	{"galera", []layout{oneWriter, oneNode, twoNodes}, newGalera},
	{"single-primary", []layout{oneWriter}, func(ctx context.Context, dir string) (cluster, error) {
		return newGroup(ctx, dir, false)
	}},
	{"multi-primary", []layout{twoNodes}, func(ctx context.Context, dir string) (cluster, error) {
		return newGroup(ctx, dir, true)
	}},
}

// workFolder is in memory where there is such a folder: it is not the disk that is looked at.
func workFolder() (string, error) {
	base := "/dev/shm"
	if info, err := os.Stat(base); err != nil || !info.IsDir() {
		base = ""
	}
	return os.MkdirTemp(base, "ltipolicy-cluster-")
}
