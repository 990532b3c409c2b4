package store_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

// serverSays is an error as the driver gives it, inside another.
func serverSays(number uint16, message string) error {
	return fmt.Errorf("doing something: %w", &mysql.MySQLError{Number: number, Message: message})
}

func TestWhatIsDoneAboutAFailure(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want string
	}{
		{serverSays(1213, ""), "conflict"}, {serverSays(1205, ""), "conflict"}, {serverSays(1020, ""), "conflict"},
		{serverSays(1317, ""), "conflict"}, {serverSays(3101, ""), "conflict"}, {serverSays(8022, ""), "conflict"},
		{serverSays(9007, ""), "conflict"}, {serverSays(1105, "Information schema is changed"), "conflict"}, {store.ErrAgain, "conflict"},
		{serverSays(1040, ""), "away"}, {serverSays(1203, ""), "away"}, {serverSays(1226, ""), "away"}, {serverSays(1047, ""), "away"},
		{serverSays(1180, ""), "away"}, {serverSays(1053, ""), "away"}, {serverSays(1836, ""), "away"},
		{serverSays(1290, "The MySQL server is running with the --super-read-only option so it cannot execute this statement"), "away"},
		{serverSays(1290, "The MariaDB server is running with the --read_only=1 option so it cannot execute this statement"), "away"},
		{mysql.ErrInvalidConn, "away"}, {driver.ErrBadConn, "away"}, {&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, "away"},
		{serverSays(1021, ""), "no room"}, {serverSays(1114, ""), "no room"}, {serverSays(1030, "Got error 28 from storage engine"), "no room"},
		{serverSays(1290, "The server is running with the --secure-file-priv option"), "refused"}, {serverSays(1105, "other"), "refused"},
		{serverSays(1062, ""), "refused"}, {serverSays(1064, ""), "refused"}, {context.Canceled, "refused"},
		{context.DeadlineExceeded, "refused"}, {policy.ErrConflict, "refused"}, {nil, "refused"},
	} {
		if got := store.FaultOf(tt.err); got != tt.want {
			t.Errorf("%v: %s, want %s", tt.err, got, tt.want)
		}
	}
}

func TestConflictsAreTriedAgainWithGrowingPausesUntilPatienceEnds(t *testing.T) {
	var pauses []time.Duration
	var together time.Duration
	db := storetest.New(t, store.Options{Now: newClock().now, Patience: time.Second, Sleep: func(_ context.Context, d time.Duration) error {
		pauses, together = append(pauses, d), together+d
		return nil
	}})
	tries := 0
	err := db.InTx(t.Context(), func(tx *store.Tx) error {
		tries++
		_, err := tx.ExecContext(t.Context(), `INSERT INTO secret (name, value) VALUES ('x', 'x')`)
		return errors.Join(store.ErrAgain, err)
	})
	if tries != len(pauses)+1 || !errors.Is(err, policy.ErrUnavailable) {
		t.Errorf("%d tries, %d pauses, %v", tries, len(pauses), err)
	}
	if n := len(pauses); n == 0 || together < time.Second || together-pauses[n-1] >= time.Second {
		t.Errorf("given up after %v of waiting in %v, want a second of it", together, pauses)
	}
	for i, p := range pauses {
		if p < 0 || p >= min(10*time.Millisecond<<min(i, 10), 500*time.Millisecond) {
			t.Errorf("pause %d is %v", i, p)
		}
	}
}

func TestTxRollsBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		write := func(tx *store.Tx) {
			if _, err := tx.ExecContext(t.Context(), `INSERT INTO secret (name, value) VALUES ('x', 'x')`); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.InTx(t.Context(), func(tx *store.Tx) error { write(tx); return policy.ErrInvalid }); !errors.Is(err, policy.ErrInvalid) {
			t.Errorf("error: %v", err)
		}
		func() {
			defer func() { recover() }() //nolint:errcheck // the panic is the test's own
			db.InTx(t.Context(), func(tx *store.Tx) error { write(tx); panic("x") })
		}()
		ctx, cancel := context.WithCancel(t.Context())
		if err := db.InTx(ctx, func(tx *store.Tx) error { write(tx); cancel(); return nil }); err == nil {
			t.Error("committed after its context ended")
		}
		var n int
		if err := db.SQL().GetContext(t.Context(), &n, `SELECT COUNT(name) FROM secret`); err != nil || n != 0 {
			t.Errorf("%d rows stayed, %v", n, err)
		}
	})
}

// Two rows changed in opposite order: on MariaDB one of the two is a deadlock's victim and runs again, on
// SQLite the writers queue. The first tries of both meet on purpose.
func TestDeadlockIsTriedAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for _, name := range []string{"a", "b"} {
			if _, err := db.SQL().ExecContext(t.Context(), `INSERT INTO secret (name, value) VALUES (?, '0')`, name); err != nil {
				t.Fatal(err)
			}
		}
		var runs atomic.Int32
		var met sync.WaitGroup
		met.Add(2)
		for i, err := range parallel(2, func(i int) error {
			first := true
			return db.InTx(t.Context(), func(tx *store.Tx) error {
				runs.Add(1)
				for k, name := range []string{"ab", "ba"}[i] {
					if _, err := tx.ExecContext(t.Context(), `UPDATE secret SET value = ? WHERE name = ?`, fmt.Sprint(i), string(name)); err != nil {
						return err
					}
					if db.IsMySQL() && first && k == 0 {
						first = false
						met.Done()
						met.Wait()
					}
				}
				return nil
			})
		}) {
			if err != nil {
				t.Errorf("transaction %d: %v", i, err)
			}
		}
		if n := runs.Load(); db.IsMySQL() && n < 3 {
			t.Errorf("%d runs: there was no deadlock to try again", n)
		}
	})
}
