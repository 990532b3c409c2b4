package store

import (
	"bytes"
	"context"
	"database/sql/driver"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
)

// fakeServer answers a new connection's questions as a server with these variables would. It is a connection, too.
type fakeServer struct {
	driver.Conn
	variables map[string]string
	forbids   bool // the account may set nothing
	did       []string
}

func (f *fakeServer) Connect(context.Context) (driver.Conn, error) { return f, nil }
func (f *fakeServer) Driver() driver.Driver                        { return nil }
func (f *fakeServer) Close() error                                 { return nil }

func (f *fakeServer) QueryContext(context.Context, string, []driver.NamedValue) (driver.Rows, error) {
	rows := &fakeRows{}
	for name, value := range f.variables {
		rows.rows = append(rows.rows, [2]string{name, value})
	}
	return rows, nil
}

func (f *fakeServer) ExecContext(_ context.Context, query string, _ []driver.NamedValue) (driver.Result, error) {
	f.did = append(f.did, query)
	if f.forbids {
		return nil, &mysql.MySQLError{Number: 1227, Message: "Access denied"}
	}
	return nil, nil
}

type fakeRows struct{ rows [][2]string }

func (r *fakeRows) Columns() []string { return []string{"Variable_name", "Value"} }
func (r *fakeRows) Close() error      { return nil }
func (r *fakeRows) Next(dest []driver.Value) error {
	if len(r.rows) == 0 {
		return io.EOF
	}
	dest[0], dest[1] = []byte(r.rows[0][0]), []byte(r.rows[0][1])
	r.rows = r.rows[1:]
	return nil
}

func TestSessionIsSetForTheServerThatItLeadsTo(t *testing.T) {
	const (
		galera = "SET SESSION wsrep_sync_wait = 3"
		group  = "SET SESSION group_replication_consistency = 'BEFORE'"
	)
	for name, c := range map[string]struct {
		variables, own map[string]string
		want           string // the statement; "" for none
		is             string
	}{
		"one MariaDB":           {variables: map[string]string{"version": "10.11.19-MariaDB-deb12u1", "wsrep_on": "OFF"}, is: "MariaDB 10.11.19, one server"},
		"one MySQL":             {variables: map[string]string{"version": "9.7.4"}, is: "MySQL 9.7.4, one server"},
		"Galera":                {variables: map[string]string{"version": "11.8.2-MariaDB", "wsrep_on": "ON"}, want: galera, is: "MariaDB 11.8.2, Galera"},
		"Galera, set otherwise": {variables: map[string]string{"version": "11.8.2-MariaDB", "wsrep_on": "ON"}, own: map[string]string{"wsrep_sync_wait": "0"}, is: "MariaDB 11.8.2, Galera"},
		"plugin without a group": {variables: map[string]string{"version": "9.7.4", "group_replication_group_name": "", "group_replication_single_primary_mode": "ON"},
			is: "MySQL 9.7.4, one server"},
		"one primary": {variables: map[string]string{"version": "9.7.4", "group_replication_group_name": "x", "group_replication_single_primary_mode": "ON"},
			is: "MySQL 9.7.4, Group Replication, one primary"},
		"several primaries": {variables: map[string]string{"version": "9.7.4", "group_replication_group_name": "x", "group_replication_single_primary_mode": "OFF"},
			want: group, is: "MySQL 9.7.4, Group Replication, several primaries"},
	} {
		t.Run(name, func(t *testing.T) {
			server := &fakeServer{variables: c.variables}
			l := &looking{Connector: server, own: c.own, log: slog.New(slog.DiscardHandler)}
			if _, err := l.Connect(t.Context()); err != nil {
				t.Fatal(err)
			}
			var want []string
			if c.want != "" {
				want = []string{c.want}
			}
			if !slices.Equal(server.did, want) {
				t.Errorf("the session did %q, want %q", server.did, want)
			}
			if got := l.String(); got != c.is {
				t.Errorf("the server is called %q, want %q", got, c.is)
			}
		})
	}
}

func TestAccountThatMayNotSetIsToldWhatToRun(t *testing.T) {
	var log bytes.Buffer
	server := &fakeServer{variables: map[string]string{"version": "11.8.2-MariaDB", "wsrep_on": "ON"}, forbids: true}
	l := &looking{Connector: server, log: slog.New(slog.NewTextHandler(&log, nil))}
	for range 3 {
		if _, err := l.Connect(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(log.String(), "SET GLOBAL wsrep_sync_wait = 3"); n != 1 {
		t.Errorf("the statement to run is named %d times, want once:\n%s", n, log.String())
	}
}
