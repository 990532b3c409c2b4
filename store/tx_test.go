package store_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

func TestTransientErrorsAreTriedAgain(t *testing.T) {
	server := func(n uint16, msg string) error {
		return fmt.Errorf("x: %w", &mysql.MySQLError{Number: n, Message: msg})
	}
	for _, tt := range []struct {
		err  error
		want bool
	}{
		{server(1213, ""), true}, {server(1205, ""), true}, {server(1020, ""), true}, {server(1047, ""), true},
		{server(1317, ""), true}, {server(3101, ""), true}, {server(8022, ""), true}, {server(9007, ""), true},
		{server(1105, "Information schema is changed"), true}, {server(1105, "other"), false},
		{server(1062, ""), false}, {server(1064, ""), false}, {mysql.ErrInvalidConn, true}, {driver.ErrBadConn, true},
		{store.ErrAgain, true}, {context.Canceled, false}, {policy.ErrConflict, false},
	} {
		if got := store.Transient(tt.err); got != tt.want {
			t.Errorf("%v: transient %v, want %v", tt.err, got, tt.want)
		}
	}
}

func TestTxTriesAFewTimesWithGrowingPauses(t *testing.T) {
	var pauses []time.Duration
	db := storetest.New(t, store.Options{Sleep: func(_ context.Context, d time.Duration) error {
		pauses = append(pauses, d)
		return nil
	}})
	tries := 0
	err := db.InTx(t.Context(), func(tx *store.Tx) error {
		tries++
		_, err := tx.ExecContext(t.Context(), `INSERT INTO setting (name, value) VALUES ('x', 'x')`)
		return errors.Join(store.ErrAgain, err)
	})
	if tries != 5 || len(pauses) != 4 || !errors.Is(err, policy.ErrUnavailable) {
		t.Errorf("%d tries, %d pauses, %v", tries, len(pauses), err)
	}
	for i, p := range pauses {
		if p < 0 || p >= 10*time.Millisecond<<i {
			t.Errorf("pause %d is %v", i, p)
		}
	}
}

func TestTxRollsBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		write := func(tx *store.Tx) {
			if _, err := tx.ExecContext(t.Context(), `INSERT INTO setting (name, value) VALUES ('x', 'x')`); err != nil {
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
		if err := db.SQL().GetContext(t.Context(), &n, `SELECT COUNT(name) FROM setting`); err != nil || n != 0 {
			t.Errorf("%d rows stayed, %v", n, err)
		}
	})
}

// Two rows changed in opposite order: on MariaDB one of the two is a deadlock's victim and runs again, on
// SQLite the writers queue. The first tries of both meet on purpose.
func TestDeadlockIsTriedAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for _, name := range []string{"a", "b"} {
			if _, err := db.SQL().ExecContext(t.Context(), `INSERT INTO setting (name, value) VALUES (?, '0')`, name); err != nil {
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
					if _, err := tx.ExecContext(t.Context(), `UPDATE setting SET value = ? WHERE name = ?`, fmt.Sprint(i), string(name)); err != nil {
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
