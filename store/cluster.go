package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync/atomic"

	"github.com/go-sql-driver/mysql"
)

// backend is what a connection leads to.
type backend struct {
	engine   string // MySQL 9.7.4, MariaDB 11.8.2
	topology string
	// setting is what a session needs on such a server so that who wrote at one node finds it at the next; "" if
	// it needs nothing, or the database's address says something else.
	setting string
}

func (b backend) String() string { return b.engine + ", " + b.topology }

// The settings that make a session read what others wrote before.
const (
	// Galera: reads, BEGIN (1), and UPDATE and DELETE by themselves (2) wait for what other nodes had committed.
	// An INSERT that comes too early conflicts at COMMIT and is run again.
	galeraWaits = "wsrep_sync_wait = 3"
	// Group Replication with several primaries: every transaction waits for those before it, wherever they were.
	// AFTER would make each write wait for the slowest member, which may hang.
	groupWaits = "group_replication_consistency = 'BEFORE'"
)

// showBackend needs no privilege, and is answered by a node without a quorum too.
const showBackend = `SHOW VARIABLES WHERE Variable_name IN ('version', 'wsrep_on',
	'group_replication_group_name', 'group_replication_single_primary_mode')`

// backendOf tells from a server's variables what it is. own are the session's settings that the database's address
// names: they stay as they are.
func backendOf(vars, own map[string]string) backend {
	version, _, _ := strings.Cut(vars["version"], "-")
	b := backend{engine: "MySQL " + version, topology: "one server"}
	if strings.Contains(vars["version"], "MariaDB") {
		b.engine = "MariaDB " + version
	}
	switch {
	case vars["wsrep_on"] == "ON":
		b.topology, b.setting = "Galera", galeraWaits
	case vars["group_replication_group_name"] == "":
	case vars["group_replication_single_primary_mode"] == "OFF":
		b.topology, b.setting = "Group Replication, several primaries", groupWaits
	default:
		// All of the tool's connections lead to the primary, and a new one catches up before it answers.
		b.topology = "Group Replication, one primary"
	}
	name, _, _ := strings.Cut(b.setting, " ")
	if _, set := own[name]; set {
		b.setting = ""
	}
	return b
}

// looking is a connector that looks where each new connection leads and gives the session the setting that it
// needs there: behind a proxy that may change from one connection to the next.
type looking struct {
	driver.Connector
	own  map[string]string
	log  *slog.Logger
	last atomic.Pointer[backend] // what the last connection led to
}

// Connect is the driver's, with the session's settings made.
func (l *looking) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := l.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	if err := l.prepare(ctx, conn); err != nil {
		conn.Close() //nolint:errcheck // the first error counts
		return nil, err
	}
	return conn, nil
}

// String is what the last connection led to, "" before the first.
func (l *looking) String() string {
	if b := l.last.Load(); b != nil {
		return b.String()
	}
	return ""
}

func (l *looking) prepare(ctx context.Context, conn driver.Conn) error {
	vars, err := variables(ctx, conn)
	if err != nil {
		return fmt.Errorf("asking the server what it is: %w", err)
	}
	b := backendOf(vars, l.own)
	last := l.last.Swap(&b)
	changed := last == nil || *last != b
	if changed {
		l.log.Info("database", "engine", b.engine, "topology", b.topology, "session", b.setting)
	}
	if b.setting == "" {
		return nil
	}
	_, err = conn.(driver.ExecerContext).ExecContext(ctx, "SET SESSION "+b.setting, nil)
	if refusal, ok := errors.AsType[*mysql.MySQLError](err); ok && faultOf(err) == refused {
		if changed {
			l.log.Warn("the database account may not set what its sessions need here: replicas at different nodes will not see at once what the others wrote",
				"error", refusal.Message, "to_run_as_administrator", "SET GLOBAL "+b.setting+" at every node, and in its configuration file")
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("setting %s: %w", b.setting, err)
	}
	return nil
}

// variables reads what showBackend asks for.
func variables(ctx context.Context, conn driver.Conn) (map[string]string, error) {
	rows, err := conn.(driver.QueryerContext).QueryContext(ctx, showBackend, nil)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // read to the end
	out, row := map[string]string{}, make([]driver.Value, len(rows.Columns()))
	for {
		switch err := rows.Next(row); {
		case errors.Is(err, io.EOF):
			return out, nil
		case err != nil:
			return nil, err
		}
		out[fmt.Sprintf("%s", row[0])] = fmt.Sprintf("%s", row[1])
	}
}
