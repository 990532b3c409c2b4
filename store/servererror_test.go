//go:build linux || darwin || freebsd

package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

// What real servers say when they cannot do what they are asked, and what becomes of people's acts then: what ends
// within a call's patience nobody notices, and what does not ends as policy.ErrUnavailable with the cause for the
// log, never as a "bad connection".
func TestWhatServersSay(t *testing.T) {
	for _, e := range storetest.Servers(t) {
		t.Run(e.Name, func(t *testing.T) {
			t.Parallel()
			p := e.Private(t, "--max-user-connections=400")
			kind, _, _ := strings.Cut(e.Name, "-")
			for _, tr := range troubles {
				if tr.on == "" || tr.on == kind {
					t.Run(tr.name, func(t *testing.T) { meet(t, p, tr) })
				}
			}
			t.Run("full table", func(t *testing.T) { fullTable(t, p) })
			t.Run("few connections", func(t *testing.T) { fewConnections(t, p) })
			t.Run("silent server", func(t *testing.T) { silentServer(t, p) })
			t.Run("killed and started again", func(t *testing.T) { killedServer(t, p) })
			if kind == "mariadb" { // MySQL does not start so
				t.Run("started for reading only", func(t *testing.T) { readOnlyServer(t, p) })
			}
		})
	}
}

// trouble is something that a server says for a while.
type trouble struct {
	name string
	on   string // the only maker of servers that says it; empty: both
	dsn  string // settings of the store's connections
	says string // a part of what it says; empty: that differs
	// begin makes the trouble and returns what ends it. From then on the store has no connection yet.
	begin func(v *victim) (end func())
	// do is the act that meets it; nil: add.
	do func(v *victim) error
	// ends says that it has an end by itself, so that nobody can wait in vain.
	ends bool
	// unready says that a server in this trouble answers and takes nothing: /readyz must see it.
	unready bool
}

// victim is a store on a private server.
type victim struct {
	t      *testing.T
	server *storetest.Private
	db     *store.DB
	said   *words
}

// words keeps what a store writes to its log.
type words struct {
	mu sync.Mutex
	b  strings.Builder
}

func (w *words) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.Write(b)
}

func (w *words) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.String()
}

func newVictim(t *testing.T, p *storetest.Private, settings string, o store.Options) *victim {
	t.Helper()
	v := &victim{t: t, server: p, said: &words{}}
	o.Logger = slog.New(slog.NewTextHandler(v.said, &slog.HandlerOptions{Level: slog.LevelDebug}))
	v.db = storetest.Open(t, p.DSN()+settings, o)
	p.Exec(`DELETE FROM secret`)
	return v
}

// meet lets an act meet a trouble that ends at the first pause, and one that does not end.
func meet(t *testing.T, p *storetest.Private, tr trouble) {
	do := tr.do
	if do == nil {
		do = func(v *victim) error { return add(v.t.Context(), v.db) }
	}
	var end func()
	v := newVictim(t, p, tr.dsn, store.Options{Patience: time.Minute, Sleep: func(ctx context.Context, _ time.Duration) error {
		if end != nil {
			end()
			end = nil
		}
		return ctx.Err()
	}})
	v.disconnect()
	end = tr.begin(v)
	if err := do(v); err != nil {
		t.Errorf("it ended, but: %v", err)
	}
	if end != nil && tr.says != "" {
		t.Error("nothing was tried again, so there was no trouble")
	}
	if end != nil {
		end()
		end = nil
	}
	if !strings.Contains(v.said.String(), tr.says) {
		t.Errorf("the log has no %q: %s", tr.says, v.said)
	}
	v.want(1)
	if tr.ends {
		return
	}

	v.db.Close() //nolint:errcheck // only so that it has no connection any more
	v = newVictim(t, p, tr.dsn, store.Options{Patience: time.Second, Sleep: noSleep})
	if err := v.db.EnsureKeys(t.Context(), generateKey); err != nil { // without them nothing is ready
		t.Fatal(err)
	}
	p.Exec(`DELETE FROM secret`)
	v.disconnect()
	stop := tr.begin(v)
	err := do(v)
	if tr.unready {
		ready := v.db.Ready(t.Context())
		if !errors.Is(ready, policy.ErrUnavailable) || !strings.Contains(ready.Error(), "takes no writes") || !strings.Contains(ready.Error(), tr.says) {
			t.Errorf("ready: %v", ready)
		}
	}
	stop()
	if ready := v.db.Ready(t.Context()); tr.unready && ready != nil {
		t.Errorf("afterwards: %v", ready)
	}
	if !errors.Is(err, policy.ErrUnavailable) || !strings.Contains(err.Error(), tr.says) || strings.Contains(err.Error(), "bad connection") {
		t.Errorf("it did not end: %v", err)
	}
	v.want(0)
}

// want checks how many rows the act left, and takes them away.
func (v *victim) want(n int64) {
	v.t.Helper()
	res, err := v.server.Root.Exec(`DELETE FROM secret`)
	if err != nil {
		v.t.Fatal(err)
	}
	if got, err := res.RowsAffected(); got != n || err != nil {
		v.t.Errorf("%d rows, want %d, %v", got, n, err)
	}
}

// disconnect ends the store's connections, and waits until the server knows: what it decides about connections, it
// decides when they are made.
func (v *victim) disconnect() {
	v.t.Helper()
	v.db.SQL().SetMaxIdleConns(0)
	v.await(`SELECT COUNT(*) = 0 FROM information_schema.processlist WHERE user = 'tool'`)
	v.db.SQL().SetMaxIdleConns(20)
}

// await asks the server until it says yes.
func (v *victim) await(query string) {
	v.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		var yes bool
		if err := v.server.Root.QueryRow(query).Scan(&yes); err != nil {
			v.t.Error(err)
			return
		}
		if yes {
			return
		}
		if time.Now().After(deadline) {
			v.t.Errorf("in vain: %s", query)
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// crowd makes connections until the server refuses, or n, and returns what closes them.
func (v *victim) crowd(n int) (leave func()) {
	v.t.Helper()
	others, err := sql.Open("mysql", storetest.DriverDSN(v.server.DSN()))
	if err != nil {
		v.t.Fatal(err)
	}
	var conns []*sql.Conn
	for range n {
		c, err := others.Conn(v.t.Context())
		if err != nil {
			break
		}
		conns = append(conns, c)
	}
	return func() {
		others.Close() //nolint:errcheck // so that none of its connections is kept
		for _, c := range conns {
			c.Close() //nolint:errcheck // it was only there
		}
	}
}

// hold lets somebody else write the row that the act is about, without a COMMIT.
func (v *victim) hold() (let func()) {
	v.t.Helper()
	others, err := sql.Open("mysql", storetest.DriverDSN(v.server.DSN()))
	if err != nil {
		v.t.Fatal(err)
	}
	tx, err := others.Begin()
	if err == nil {
		_, err = tx.Exec(`INSERT INTO secret (name, value) VALUES ('held', 'x')`)
	}
	if err != nil {
		v.t.Fatal(err)
	}
	return func() {
		tx.Rollback()  //nolint:errcheck // it held something, no more
		others.Close() //nolint:errcheck // it held something, no more
	}
}

// take writes the row that somebody holds.
func take(v *victim) error {
	return v.db.InTx(v.t.Context(), func(tx *store.Tx) error {
		_, err := tx.ExecContext(v.t.Context(), `INSERT INTO secret (name, value) VALUES ('held', 'mine')`)
		return err
	})
}

// kill ends the statement that waits for the row, or its connection.
func kill(what string) func(v *victim) func() {
	return func(v *victim) func() {
		let := v.hold()
		killed := make(chan struct{})
		go func() {
			defer close(killed)
			v.await(`SELECT COUNT(*) = 1 FROM information_schema.processlist WHERE user = 'tool' AND info LIKE 'INSERT%mine%'`)
			var id int64
			err := v.server.Root.QueryRow(`SELECT id FROM information_schema.processlist WHERE user = 'tool' AND info LIKE 'INSERT%mine%'`).Scan(&id)
			if err == nil {
				_, err = v.server.Root.Exec(fmt.Sprint(what, " ", id))
			}
			if err != nil {
				v.t.Error(err)
			}
		}()
		return func() { <-killed; let() }
	}
}

// statements make a trouble, and end it.
func statements(begin, end string) func(v *victim) func() {
	run := func(v *victim, list string) {
		for _, s := range strings.Split(list, "; ") {
			v.server.Exec(s)
		}
	}
	return func(v *victim) func() {
		run(v, begin)
		return func() { run(v, end) }
	}
}

var troubles = []trouble{
	{name: "too many connections", says: "Error 1040", begin: func(v *victim) func() {
		v.server.Exec(`SET GLOBAL max_connections = 12`)
		leave := v.crowd(20)
		return func() { leave(); v.server.Exec(`SET GLOBAL max_connections = 200`) }
	}},
	{name: "too many connections of everybody", says: "Error 1203", begin: func(v *victim) func() {
		v.server.Exec(`SET GLOBAL max_user_connections = 1`)
		leave := v.crowd(2)
		return func() { leave(); v.server.Exec(`SET GLOBAL max_user_connections = 400`) }
	}},
	{name: "too many connections of the account", says: "Error 1226", begin: func(v *victim) func() {
		v.server.Exec(`ALTER USER tool@localhost WITH MAX_USER_CONNECTIONS 1`)
		leave := v.crowd(2)
		return func() { leave(); v.server.Exec(`ALTER USER tool@localhost WITH MAX_USER_CONNECTIONS 0`) }
	}},
	{name: "read only", says: "Error 1290", unready: true, begin: statements(`SET GLOBAL read_only = ON`, `SET GLOBAL read_only = OFF`)},
	{
		name: "read only for everybody", on: "mysql", says: "Error 1290", unready: true,
		begin: statements(`SET GLOBAL super_read_only = ON`, `SET GLOBAL super_read_only = OFF; SET GLOBAL read_only = OFF`),
	},
	{
		name: "read only transactions", says: "Error 1792", unready: true,
		begin: statements(`SET GLOBAL TRANSACTION READ ONLY`, `SET GLOBAL TRANSACTION READ WRITE`),
	},
	{name: "offline", on: "mysql", says: "Error 3032", begin: statements(`SET GLOBAL offline_mode = ON`, `SET GLOBAL offline_mode = OFF`)},
	{
		name: "a backup's lock", dsn: "?lock_wait_timeout=1", says: "Error 1205", ends: true,
		begin: statements(`FLUSH TABLES WITH READ LOCK`, `UNLOCK TABLES`),
	},
	{
		name: "a backup's lock at the end", dsn: "?lock_wait_timeout=1", says: "Error 1205", ends: true,
		begin: func(v *victim) func() { return func() { v.server.Exec(`UNLOCK TABLES`) } },
		do: func(v *victim) error {
			first := true
			return v.db.InTx(v.t.Context(), func(tx *store.Tx) error {
				_, err := tx.ExecContext(v.t.Context(), `INSERT INTO secret (name, value) VALUES (?, 'x')`, fmt.Sprint(first))
				if first {
					first = false
					v.server.Exec(`FLUSH TABLES WITH READ LOCK`)
				}
				return err
			})
		},
	},
	{
		name: "a lock", dsn: "?innodb_lock_wait_timeout=1", says: "Error 1205", ends: true,
		begin: (*victim).hold, do: take,
	},
	{name: "a killed query", says: "Error 1317", ends: true, begin: kill("KILL QUERY"), do: take},
	{name: "a killed connection", ends: true, begin: kill("KILL"), do: take},
	{
		name: "a row that changed", on: "mariadb", dsn: "?innodb_snapshot_isolation=1", says: "Error 1020", ends: true,
		begin: statements(`INSERT INTO secret (name, value) VALUES ('row', '1')`, `DO 0`),
		do: meanwhile(`UPDATE secret SET value = '2'`, func(v *victim, tx *store.Tx) error {
			_, err := tx.ExecContext(v.t.Context(), `UPDATE secret SET value = '3'`)
			return err
		}),
	},
	{
		name: "a table that changed", says: "Error 1412", ends: true,
		begin: statements(`DO 0`, `DO 0`),
		do: meanwhile(`ALTER TABLE tool_key FORCE`, func(v *victim, tx *store.Tx) error {
			var n int
			if err := tx.GetContext(v.t.Context(), &n, `SELECT COUNT(kid) FROM tool_key`); err != nil {
				return err
			}
			_, err := tx.ExecContext(v.t.Context(), `INSERT INTO secret (name, value) VALUES ('keys', ?)`, fmt.Sprint(n))
			return err
		}),
	},
	{name: "closed for having been idle", dsn: "?wait_timeout=1", ends: true, begin: func(v *victim) func() {
		if err := v.db.SQL().PingContext(v.t.Context()); err != nil {
			v.t.Error(err)
		}
		v.await(`SELECT COUNT(*) = 0 FROM information_schema.processlist WHERE user = 'tool'`)
		return func() {}
	}},
}

// meanwhile is a transaction that reads, and goes on after somebody changed something.
func meanwhile(change string, f func(v *victim, tx *store.Tx) error) func(v *victim) error {
	return func(v *victim) error {
		first := true
		return v.db.InTx(v.t.Context(), func(tx *store.Tx) error {
			var n int
			if err := tx.GetContext(v.t.Context(), &n, `SELECT COUNT(name) FROM secret`); err != nil {
				return err
			}
			if first {
				first = false
				v.server.Exec(change)
			}
			return f(v, tx)
		})
	}
}

// Waiting does not make room.
func fullTable(t *testing.T, p *storetest.Private) {
	v := newVictim(t, p, "", store.Options{Sleep: func(context.Context, time.Duration) error {
		t.Error("waited")
		return nil
	}})
	p.Exec(`SET SESSION max_heap_table_size = 16384`)
	p.Exec(`CREATE TABLE small (x CHAR(250)) ENGINE = MEMORY`)
	defer p.Exec(`DROP TABLE small`)
	err := v.db.InTx(t.Context(), func(tx *store.Tx) error {
		for {
			if _, err := tx.ExecContext(t.Context(), `INSERT INTO small (x) VALUES ('x')`); err != nil {
				return err
			}
		}
	})
	if !errors.Is(err, policy.ErrUnavailable) || !strings.Contains(err.Error(), "Error 1114") {
		t.Errorf("error: %v", err)
	}
}

// A server that has ten connections for a tool that would like to have twenty: people wait in turn.
func fewConnections(t *testing.T, p *storetest.Private) {
	const people = 205
	v := newVictim(t, p, "", store.Options{MaxOpen: 20, Patience: time.Minute})
	p.Exec(`ALTER USER tool@localhost WITH MAX_USER_CONNECTIONS 10`)
	defer p.Exec(`ALTER USER tool@localhost WITH MAX_USER_CONNECTIONS 0`)
	v.disconnect()
	for i, err := range parallel(people, func(int) error { return add(t.Context(), v.db) }) {
		if err != nil {
			t.Errorf("person %d: %v", i, err)
		}
	}
	if !strings.Contains(v.said.String(), "Error 1226") {
		t.Error("nobody had to wait")
	}
	v.want(people)
}

// A server that is stopped as it is, and whose host still answers for it.
func silentServer(t *testing.T, p *storetest.Private) {
	v := newVictim(t, p, "?readTimeout=1m", store.Options{Patience: time.Second})
	p.Pause()
	defer p.Resume()
	began := time.Now()
	if err := add(t.Context(), v.db); !errors.Is(err, policy.ErrUnavailable) {
		t.Errorf("writing: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := v.db.Institutions(ctx); !errors.Is(err, policy.ErrUnavailable) {
		t.Errorf("reading: %v", err)
	}
	if took := time.Since(began); took > 30*time.Second { // the driver alone would wait for a minute
		t.Errorf("it took %v", took)
	}
	p.Resume()
	if err := add(t.Context(), v.db); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	v.want(1)
}

// kill -9 while people write: nobody notices, and everything is there once.
func killedServer(t *testing.T, p *storetest.Private) {
	const people, each = 8, 40
	v := newVictim(t, p, "", store.Options{Patience: 5 * time.Minute})
	var done sync.WaitGroup
	half := make(chan struct{}, people)
	for range people {
		done.Go(func() {
			for i := range each {
				if err := add(t.Context(), v.db); err != nil {
					t.Errorf("writing: %v", err)
				}
				if i == each/2 {
					half <- struct{}{}
				}
			}
		})
	}
	impatient := storetest.Open(t, p.DSN(), store.Options{Patience: time.Second, Sleep: noSleep})
	<-half
	p.Kill()
	if err := add(t.Context(), impatient); !errors.Is(err, policy.ErrUnavailable) || !strings.Contains(err.Error(), "connect") {
		t.Errorf("without a server: %v", err)
	}
	p.Start()
	done.Wait()
	if !strings.Contains(v.said.String(), "tried again") {
		t.Error("nobody had to wait")
	}
	v.want(people * each)
}

// A server that was started over files which it may only read.
func readOnlyServer(t *testing.T, p *storetest.Private) {
	v := newVictim(t, p, "", store.Options{Patience: time.Second, Sleep: noSleep})
	p.Stop()
	p.Start("--innodb-read-only")
	if err := add(t.Context(), v.db); !errors.Is(err, policy.ErrUnavailable) || !strings.Contains(err.Error(), "read") {
		t.Errorf("error: %v", err)
	}
}
