package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

func commits(s storetest.Statement) bool { return strings.HasPrefix(s.Text, "COMMIT") }

func begins(text string) func(storetest.Statement) bool {
	return func(s storetest.Statement) bool { return strings.HasPrefix(strings.TrimSpace(s.Text), text) }
}

// add is a transaction that done twice is not done once.
func add(ctx context.Context, db *store.DB) error {
	id, err := db.NewID()
	if err != nil {
		return err
	}
	n := 0
	return db.InTx(ctx, func(tx *store.Tx) error {
		n++
		_, err := tx.ExecContext(ctx, `INSERT INTO secret (name, value) VALUES (?, 'x')`, fmt.Sprint(n, id))
		return err
	})
}

// added returns how many rows are there, and deletes them.
func added(t *testing.T, db *store.DB) int64 {
	t.Helper()
	res, err := db.SQL().ExecContext(t.Context(), `DELETE FROM secret`)
	if err != nil {
		t.Fatal(err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Whatever a transaction loses, and whatever is lost again while that is found out: it is done once.
func TestLostStatementsDoNotMakeATransactionHappenTwice(t *testing.T) {
	voids := func(s storetest.Statement) bool { return strings.Contains(s.Text, "'void'") }
	storetest.EachServer(t, func(t *testing.T, dsn string) {
		w := storetest.NewWire(t, dsn)
		db := storetest.Open(t, w.DSN(), store.Options{Sleep: noSleep})
		for _, tt := range []struct {
			name string
			lose func()
		}{
			{"the commit", func() {}},
			{"two commits", func() { w.Lose(storetest.Before, 1, commits) }},
			{"the commit and the question", func() { w.Lose(storetest.Before, 1, voids) }},
			{"the commit and the question's answer", func() { w.Lose(storetest.After, 1, voids) }},
			{"the commit, and then nobody listens", func() { w.Refuse(3) }},
			{"the commit and what the receipt says", func() { w.Lose(storetest.After, 1, begins("SELECT state")) }},
			{"the beginning", func() { w.Lose(storetest.After, 1, begins("START")) }},
			{"the receipt", func() { w.Lose(storetest.After, 1, begins("INSERT INTO tx_receipt")) }},
		} {
			for _, fate := range []storetest.Fate{storetest.Before, storetest.During, storetest.After} {
				w.Lose(fate, 1, commits)
				tt.lose()
				if err := add(t.Context(), db); err != nil {
					t.Errorf("%s, %s: %v", tt.name, fate, err)
				}
				w.Sent()
				w.Refuse(0)
				if n := added(t, db); n != 1 {
					t.Errorf("%s, %s: %d rows, want 1", tt.name, fate, n)
				}
			}
		}
	})
}

// If nobody can say what became of a COMMIT for as long as a call may take, it is not tried again, also if the
// server comes back a moment later.
func TestCommitThatNobodyKnowsOfIsNotRunAgain(t *testing.T) {
	storetest.EachServer(t, func(t *testing.T, dsn string) {
		w := storetest.NewWire(t, dsn)
		const patience = time.Second
		waited := time.Duration(0)
		db := storetest.Open(t, w.DSN(), store.Options{Patience: patience, Sleep: func(_ context.Context, d time.Duration) error {
			if waited >= patience { // that was the question's; now the whole transaction would be tried again
				w.Refuse(0)
			}
			waited += d
			return nil
		}})
		w.Lose(storetest.After, 1, commits)
		w.Refuse(-1)
		err := add(t.Context(), db)
		w.Refuse(0)
		if !errors.Is(err, policy.ErrUnavailable) || !strings.Contains(err.Error(), "what became of it is not known") {
			t.Errorf("error: %v", err)
		}
		if n := added(t, db); n != 1 {
			t.Errorf("%d rows, want 1", n)
		}
	})
}

// A server may say of a COMMIT that it failed, although it was done.
func TestCommitThatDoubtfullyFailedIsSettled(t *testing.T) {
	storetest.EachServer(t, func(t *testing.T, dsn string) {
		w := storetest.NewWire(t, dsn)
		db := storetest.Open(t, w.DSN(), store.Options{Sleep: noSleep})
		for _, number := range []uint16{1180, 1205, 1317, 1053, 1836, 2013} {
			w.Answer(number, "the server's words", 1, commits)
			if err := add(t.Context(), db); err != nil {
				t.Errorf("%d: %v", number, err)
			}
			if n := added(t, db); n != 1 {
				t.Errorf("%d: %d rows, want 1", number, n)
			}
		}
	})
}

// A server that is silent holds nobody for longer than a call may take, wherever it falls silent.
func TestSilentServerHoldsNobody(t *testing.T) {
	const patience = time.Second
	storetest.EachServer(t, func(t *testing.T, dsn string) {
		silences := []string{"START", "INSERT INTO tx_receipt", "INSERT INTO secret", "COMMIT", "ROLLBACK"}
		wires := make([]*storetest.Wire, len(silences))
		dbs := make([]*store.DB, len(silences))
		for i := range silences {
			wires[i] = storetest.NewWire(t, dsn)
			dbs[i] = storetest.Open(t, wires[i].DSN()+"&readTimeout=1m", store.Options{Patience: patience})
		}
		for i, err := range parallel(len(silences), func(i int) error {
			wires[i].Lose(storetest.Hang, 1, begins(silences[i]))
			began := time.Now()
			err := dbs[i].InTx(t.Context(), func(tx *store.Tx) error {
				_, err := tx.ExecContext(t.Context(), `INSERT INTO secret (name, value) VALUES (?, 'x')`, silences[i])
				if silences[i] == "ROLLBACK" && err == nil {
					err = policy.ErrForbidden
				}
				return err
			})
			if took := time.Since(began); took > 30*time.Second { // the driver alone would wait for a minute
				t.Errorf("%s: held for %v", silences[i], took)
			}
			return err
		}) {
			want := policy.ErrUnavailable
			if silences[i] == "ROLLBACK" {
				want = policy.ErrForbidden
			}
			if !errors.Is(err, want) {
				t.Errorf("%s: %v", silences[i], err)
			}
		}
	})
}
