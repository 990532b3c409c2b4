//go:build linux

package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// galera is a Galera cluster of MariaDB.
type galera struct {
	dir   string
	nodes []*node
	ports [][]int // of each node: SQL, group, incremental and full state transfer
}

const galeraProvider = "/usr/lib/libgalera_smm.so"

//go:embed handover.sh
var handover []byte

// newGalera prepares three data folders with the same content.
func newGalera(ctx context.Context, dir string) (cluster, error) {
	g := &galera{dir: dir}
	if err := os.MkdirAll(g.scripts(), 0o755); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(g.scripts(), "wsrep_sst_handover"), handover, 0o755); err != nil {
		return nil, err
	}
	for i := range 3 {
		p, err := ports(4)
		if err != nil {
			return nil, err
		}
		n, err := newNode(dir, fmt.Sprintf("node%d", i+1), p[0])
		if err != nil {
			return nil, err
		}
		g.nodes, g.ports = append(g.nodes, n), append(g.ports, p)
	}
	first := g.nodes[0]
	install := []string{"--no-defaults", "--datadir=" + first.dir, "--auth-root-authentication-method=normal", "--skip-test-db"}
	if os.Geteuid() == 0 {
		install = append(install, "--user=root")
	}
	out, err := exec.CommandContext(ctx, "mariadb-install-db", install...).CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("mariadb-install-db: %w\n%s", err, out)
	}
	// One start alone gives the data their place in the cluster's history: the copies then need no full transfer.
	if err := g.first(ctx); err != nil {
		return nil, err
	}
	first.process.stop(30 * time.Second)
	for _, n := range g.nodes[1:] {
		if out, err := exec.CommandContext(ctx, "cp", "-r", first.dir, n.dir).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("copying a data folder: %w\n%s", err, out)
		}
		for _, own := range []string{"gvwstate.dat", "galera.cache"} {
			os.Remove(filepath.Join(n.dir, own)) //nolint:errcheck // it need not be there
		}
	}
	return g, nil
}

func (g *galera) scripts() string { return filepath.Join(g.dir, "bin") }

func (g *galera) title() string    { return "Galera" }
func (g *galera) members() []*node { return g.nodes }

func (g *galera) start(ctx context.Context) error {
	if err := g.first(ctx); err != nil {
		return err
	}
	for i := 1; i < len(g.nodes); i++ {
		if err := g.boot(i, false); err != nil {
			return err
		}
	}
	return nil
}

// first starts the node that makes the cluster.
func (g *galera) first(ctx context.Context) error {
	if err := g.boot(0, true); err != nil {
		return err
	}
	n := g.nodes[0]
	err := await(ctx, time.Minute, func() bool { return g.synced(ctx, 0) || !n.running() })
	if err != nil || !n.running() {
		b, _ := os.ReadFile(n.dir + ".log") //nolint:errcheck // the first error counts
		return fmt.Errorf("the first node does not start: %v\n%s", err, b[max(0, len(b)-2000):])
	}
	return nil
}

// revive starts a node that was killed, as the service of a distribution does: it first reads from the data
// where the node stopped.
func (g *galera) revive(_ context.Context, i int) error {
	cmd := exec.Command("mariadbd", append(g.options(i), "--wsrep-recover")...)
	cmd.SysProcAttr = attributes()
	out, _ := cmd.CombinedOutput() //nolint:errcheck // what counts is the position
	found := recovered.FindSubmatch(out)
	if found == nil {
		return fmt.Errorf("%s has no position to go on from:\n%s", g.nodes[i].name, out)
	}
	return g.boot(i, false, "--wsrep-start-position="+string(found[1]))
}

var recovered = regexp.MustCompile(`Recovered position: (\S+)`)

func (g *galera) options(i int) []string {
	n, p := g.nodes[i], g.ports[i]
	var peers []string
	for _, p := range g.ports {
		peers = append(peers, address(p[1]))
	}
	return []string{
		"--no-defaults", "--user=root", "--datadir=" + n.dir, "--socket=" + n.dir + ".sock", "--pid-file=" + n.dir + ".pid",
		"--bind-address=127.0.0.1", "--port=" + strconv.Itoa(n.port), "--skip-name-resolve",
		// A server that starts deletes what it takes for leftovers, of others too.
		"--tmpdir=" + n.dir,
		"--innodb-buffer-pool-size=48M", "--innodb-log-file-size=32M", "--performance-schema=OFF", "--max-connections=100",
		// As Galera's manual asks.
		"--binlog-format=ROW", "--default-storage-engine=InnoDB", "--innodb-autoinc-lock-mode=2",
		// The other nodes have what this one loses with its machine.
		"--innodb-flush-log-at-trx-commit=2",
		"--wsrep-on=ON", "--wsrep-provider=" + galeraProvider, "--wsrep-cluster-name=trial", "--wsrep-node-name=" + n.name,
		"--wsrep-cluster-address=gcomm://" + strings.Join(peers, ","),
		"--wsrep-node-address=" + address(p[1]), "--wsrep-sst-method=handover", "--wsrep-sst-receive-address=" + address(p[3]),
		fmt.Sprintf("--wsrep-provider-options=gmcast.listen_addr=tcp://%s;ist.recv_addr=%s;gcache.size=64M", address(p[1]), address(p[2])),
	}
}

func (g *galera) boot(i int, alone bool, more ...string) error {
	args := g.options(i)
	if alone {
		args = append(args, "--wsrep-new-cluster")
	}
	var err error
	n := g.nodes[i]
	n.process, err = launch(n.dir+".log", []string{"PATH=" + g.scripts() + ":" + os.Getenv("PATH")},
		"mariadbd", append(args, more...)...)
	return err
}

// synced is what a proxy's check asks: does the node belong to the part with the majority, with all of its data?
func (g *galera) synced(ctx context.Context, i int) bool {
	return g.nodes[i].status(ctx, "wsrep_ready") == "ON" && g.nodes[i].status(ctx, "wsrep_local_state") == "4"
}

func (g *galera) whole(ctx context.Context) bool {
	for i, n := range g.nodes {
		if !n.running() || !g.synced(ctx, i) || n.status(ctx, "wsrep_cluster_size") != strconv.Itoa(len(g.nodes)) {
			return false
		}
	}
	return true
}

// writes asks what a proxy's check asks a node.
func (g *galera) writes(ctx context.Context, i int) bool { return g.synced(ctx, i) }

func (g *galera) version(ctx context.Context) string {
	v, err := g.nodes[0].ask(ctx, "SELECT VERSION()")
	if err != nil {
		return "unknown"
	}
	v, _, _ = strings.Cut(v, "-")
	return "MariaDB " + v + ", Galera " + g.nodes[0].status(ctx, "wsrep_provider_version")
}

func (g *galera) close() { closeAll(g.nodes) }

func closeAll(nodes []*node) {
	for _, n := range nodes {
		n.process.kill()
		n.db.Close() //nolint:errcheck // the server is gone
	}
}
