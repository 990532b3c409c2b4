//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// group is MySQL with Group Replication, as InnoDB Cluster runs it.
type group struct {
	dir   string
	bin   string // mysqld
	multi bool   // every member takes writes
	nodes []*node
	ports []int // of each node: the group's own
}

// newGroup prepares three data folders with the same content.
func newGroup(ctx context.Context, dir string, multi bool) (cluster, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	g := &group{dir: dir, bin: findMySQL(), multi: multi}
	for i := range 3 {
		p, err := ports(2)
		if err != nil {
			return nil, err
		}
		n, err := newNode(dir, fmt.Sprintf("node%d", i+1), p[0])
		if err != nil {
			return nil, err
		}
		g.nodes, g.ports = append(g.nodes, n), append(g.ports, p[1])
	}
	seed := g.nodes[0].dir
	statements := filepath.Join(dir, "seed.sql")
	err := os.WriteFile(statements, []byte("CREATE USER 'root'@'127.0.0.1' IDENTIFIED BY '';\n"+
		"GRANT ALL ON *.* TO 'root'@'127.0.0.1' WITH GRANT OPTION;\n"+
		"CREATE USER 'repl'@'%' IDENTIFIED BY 'repl';\n"+
		"GRANT REPLICATION SLAVE, BACKUP_ADMIN, CONNECTION_ADMIN ON *.* TO 'repl'@'%';\n"), 0o600)
	if err != nil {
		return nil, err
	}
	out, err := exec.CommandContext(ctx, g.bin, "--no-defaults", "--user=root", "--initialize-insecure", "--datadir="+seed,
		"--secure-file-priv=", "--skip-log-bin", "--innodb-flush-method=nosync", "--init-file="+statements).CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("mysqld --initialize-insecure: %w\n%s", err, out)
	}
	// Each server makes a name of its own.
	if err := os.Remove(filepath.Join(seed, "auto.cnf")); err != nil {
		return nil, err
	}
	for _, n := range g.nodes[1:] {
		if out, err := exec.CommandContext(ctx, "cp", "-r", seed, n.dir).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("copying a data folder: %w\n%s", err, out)
		}
	}
	return g, nil
}

// findMySQL is the server that scripts/engine fetched, or the one in PATH.
func findMySQL() string {
	cache := os.Getenv("LTIPOLICY_ENGINES")
	if base, err := os.UserCacheDir(); cache == "" && err == nil {
		cache = filepath.Join(base, "ltipolicy")
	}
	if fetched := filepath.Join(cache, "mysql", "bin", "mysqld"); exec.Command(fetched, "--version").Run() == nil {
		return fetched
	}
	return "mysqld"
}

func (g *group) title() string {
	if g.multi {
		return "Group Replication, multi-primary"
	}
	return "Group Replication, single-primary"
}

func (g *group) members() []*node { return g.nodes }

func (g *group) boot(i int, joins bool) error {
	n := g.nodes[i]
	var seeds []string
	for _, p := range g.ports {
		seeds = append(seeds, address(p))
	}
	on := map[bool]string{true: "ON", false: "OFF"}
	var err error
	n.process, err = launch(n.dir+".log", nil, g.bin, "--no-defaults", "--user=root", "--datadir="+n.dir,
		"--socket="+n.dir+".sock", "--pid-file="+n.dir+".pid", "--mysqlx=OFF", "--secure-file-priv=", "--tmpdir="+n.dir,
		"--bind-address=127.0.0.1", "--port="+strconv.Itoa(n.port), "--skip-name-resolve",
		"--innodb-buffer-pool-size=48M", "--innodb-redo-log-capacity=32M", "--max-connections=100", "--table-open-cache=400",
		"--performance-schema-instrument=%=OFF",
		// The other members have what this one loses with its machine.
		"--innodb-flush-log-at-trx-commit=2", "--sync-binlog=0",
		"--server-id="+strconv.Itoa(i+1), "--gtid-mode=ON", "--enforce-gtid-consistency=ON", "--log-bin="+filepath.Join(n.dir, "binlog"),
		"--report-host=127.0.0.1", "--report-port="+strconv.Itoa(n.port),
		"--plugin-load-add=group_replication.so", "--group-replication-group-name=6f9619ff-8b86-4d11-b42d-00c04fc964ff",
		"--group-replication-local-address="+address(g.ports[i]), "--group-replication-group-seeds="+strings.Join(seeds, ","),
		// A member that does not answer for five seconds is out at once: with MySQL's own five seconds more,
		// requests in flight end before there is a new primary.
		"--group-replication-member-expel-timeout=0",
		"--group-replication-start-on-boot="+on[joins], "--group-replication-recovery-get-public-key=ON",
		"--group-replication-single-primary-mode="+on[!g.multi], "--group-replication-enforce-update-everywhere-checks="+on[g.multi])
	return err
}

func (g *group) start(ctx context.Context) error {
	for i, n := range g.nodes {
		if err := g.boot(i, false); err != nil {
			return err
		}
		err := await(ctx, time.Minute, func() bool { return n.db.PingContext(ctx) == nil || !n.running() })
		if err != nil || !n.running() {
			b, _ := os.ReadFile(n.dir + ".log") //nolint:errcheck // the first error counts
			return fmt.Errorf("%s does not start: %v\n%s", n.name, err, b[max(0, len(b)-2000):])
		}
		join := []string{
			"SET SQL_LOG_BIN = 0",
			"CHANGE REPLICATION SOURCE TO SOURCE_USER = 'repl', SOURCE_PASSWORD = 'repl' FOR CHANNEL 'group_replication_recovery'",
			"SET SQL_LOG_BIN = 1",
			"START GROUP_REPLICATION",
		}
		if i == 0 {
			join = append([]string{"SET GLOBAL group_replication_bootstrap_group = ON"}, append(join, "SET GLOBAL group_replication_bootstrap_group = OFF")...)
		}
		if err := n.do(ctx, join...); err != nil {
			return err
		}
	}
	return nil
}

// revive starts a member that was killed. It joins by itself.
func (g *group) revive(_ context.Context, i int) error { return g.boot(i, true) }

const membership = `SELECT CONCAT(MEMBER_STATE, ' ', MEMBER_ROLE, ' ',
	(SELECT COUNT(*) FROM performance_schema.replication_group_members WHERE MEMBER_STATE = 'ONLINE'), ' ',
	(SELECT COUNT(*) FROM performance_schema.replication_group_members))
FROM performance_schema.replication_group_members WHERE MEMBER_ID = @@server_uuid`

func (g *group) whole(ctx context.Context) bool {
	for _, n := range g.nodes {
		if v, err := n.ask(ctx, membership); !n.running() || err != nil || !strings.HasPrefix(v, "ONLINE") || !strings.HasSuffix(v, "3 3") {
			return false
		}
	}
	return true
}

// writes asks what MySQL Router asks: is the member a primary of the part with the majority?
func (g *group) writes(ctx context.Context, i int) bool {
	v, err := g.nodes[i].ask(ctx, membership)
	var state, role string
	var online, members int
	if err == nil {
		_, err = fmt.Sscan(v, &state, &role, &online, &members)
	}
	return err == nil && state == "ONLINE" && role == "PRIMARY" && 2*online > members
}

func (g *group) version(ctx context.Context) string {
	v, err := g.nodes[0].ask(ctx, "SELECT VERSION()")
	if err != nil {
		return "unknown"
	}
	return "MySQL " + v
}

func (g *group) close() { closeAll(g.nodes) }
