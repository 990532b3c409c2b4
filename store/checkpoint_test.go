package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/tlog"

	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

// checkpointAges makes a log with a checkpoint after each event, created so long ago, and hands some of them out. The
// first covers the acts before it, too.
func (s *site) checkpointAges(given []int, ages ...time.Duration) (held []string) {
	s.t.Helper()
	v := s.load("a", draft(policy.Agree, text("ro", "a")))
	now := s.clock.now().Truncate(24 * time.Hour).Add(500*24*time.Hour + 12*time.Hour + 30*time.Minute) // half past noon
	at := func(ago time.Duration) { s.clock.add(now.Add(-ago).Sub(s.clock.now())) }
	for i, age := range ages {
		at(age)
		s.answer(s.event(s.user(userNumber(i)), v, policy.Accepted))
		_, err := s.db.AppendLog(s.t.Context())
		s.must(err)
		if slices.Contains(given, i+1) {
			signed, _, err := s.db.Checkpoint(s.t.Context())
			s.must(err)
			held = append(held, signed)
		}
	}
	at(0)
	return held
}

// checkpoints are how many events each checkpoint covers.
func (s *site) checkpoints() []int {
	s.t.Helper()
	var sizes []int
	s.must(s.db.SQL().SelectContext(s.t.Context(), &sizes, `SELECT size - (SELECT COUNT(id) FROM admin_log) FROM evidence_checkpoint ORDER BY size`))
	return sizes
}

func TestCheckpointsAreThinned(t *testing.T) {
	const hour, minute = time.Hour, time.Minute
	for _, tt := range []struct {
		name  string
		given []int // by size
		ages  []time.Duration
		want  []int // sizes
	}{
		{"the last day is kept whole", nil, []time.Duration{23*hour + 30*minute, 23*hour + 29*minute, 2 * minute, minute}, []int{1, 2, 3, 4}},
		{"then the first of each hour", nil, []time.Duration{
			26*hour + 15*minute, 26*hour + 10*minute, 26*hour + 5*minute, // from 10 to 11 o'clock the day before
			25*hour + 15*minute, 25*hour + 10*minute,
			minute,
		}, []int{1, 4, 6}},
		{"for ever", nil, []time.Duration{400*24*hour + 20*minute, 400*24*hour + 10*minute, 400*24*hour - hour, minute}, []int{1, 3, 4}},
		{"those that were given out stay", []int{2, 4}, []time.Duration{
			20*24*hour + 25*minute, 20*24*hour + 20*minute, 20*24*hour + 15*minute, 20*24*hour + 10*minute, 20*24*hour + 5*minute, minute,
		}, []int{1, 2, 4, 6}},
		{"the newest stays for ever", nil, []time.Duration{400*24*hour + 3*minute, 400*24*hour + 2*minute, 400*24*hour + minute}, []int{1, 3}},
		{"the newest stays though a clock made it look older", nil, []time.Duration{400*24*hour + 2*minute, 400*24*hour + minute, 400*24*hour + 3*minute}, []int{1, 3}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			eachSite(t, func(t *testing.T, s *site) {
				held := s.checkpointAges(tt.given, tt.ages...)
				for range 2 {
					s.must(s.db.Sweep(t.Context()))
					if d := gocmp.Diff(tt.want, s.checkpoints()); d != "" {
						t.Errorf("left:\n%s", d)
					}
				}
				if n, err := s.db.VerifyEvidence(t.Context(), held...); int(n.Events) != len(tt.ages) || err != nil {
					t.Errorf("%d events, %v", n, err)
				}
			})
		})
	}
}

// A thinned log proves what a whole one does: each checkpoint that is left is over everything before it, and so is
// each that was given out, whether the log still has it or not.
func TestThinnedCheckpointsStillProve(t *testing.T) {
	var ages []time.Duration
	for i := range 30 {
		ages = append(ages, 20*24*time.Hour-time.Duration(i)*time.Minute) // the oldest first
	}
	eachSite(t, func(t *testing.T, s *site) {
		held := s.checkpointAges([]int{9}, ages...)
		var lost string
		s.must(s.db.SQL().GetContext(t.Context(), &lost, `SELECT note FROM evidence_checkpoint WHERE size = 5 + (SELECT COUNT(id) FROM admin_log)`))
		s.must(s.db.Sweep(t.Context()))
		if d := gocmp.Diff([]int{1, 9, 30}, s.checkpoints()); d != "" {
			t.Errorf("left:\n%s", d)
		}
		if n, err := s.db.VerifyEvidence(t.Context(), append(held, lost)...); n.Events != 30 || err != nil {
			t.Errorf("%d events, %v", n, err)
		}
		// An early event that is changed, with everything that is computed from it, meets what is left.
		s.rewrite(3)
		for _, held := range [][]string{nil, held, {lost}} {
			_, err := s.db.VerifyEvidence(t.Context(), held...)
			b, ok := errors.AsType[*store.Break](err)
			if !ok || !strings.Contains(b.What, "not those of the signed checkpoint") {
				t.Errorf("a rewritten log: %v", err)
			}
		}
	})
}

// rewrite changes an event, its leaf, and the tree, as somebody would who knows the program but not its key.
func (s *site) rewrite(event int) {
	s.t.Helper()
	var ids []string
	s.must(s.db.SQL().SelectContext(s.t.Context(), &ids, `SELECT e.id FROM evidence_leaf l JOIN acceptance_event e ON e.shard = l.shard AND e.number = l.number ORDER BY l.idx`))
	var user int64
	s.must(s.db.SQL().GetContext(s.t.Context(), &user, `SELECT userid FROM acceptance_event WHERE id = ?`, ids[event]))
	e, err := s.db.Event(s.t.Context(), user, ids[event])
	s.must(err)
	s.exec(`UPDATE evidence_leaf SET hash = ? WHERE shard = ? AND number = ?`, s.forge(e), e.Shard, e.Number)
	s.regrow()
}

// regrow computes the tree anew from its leaves.
func (s *site) regrow() {
	s.t.Helper()
	s.exec(`DELETE FROM evidence_hash WHERE idx >= 0`)
	tree := map[int64]tlog.Hash{}
	for i := range s.count(`SELECT COUNT(idx) FROM evidence_leaf`) {
		var leaf struct {
			Shard  int    `db:"shard"`
			Number int64  `db:"number"`
			Hash   []byte `db:"hash"`
		}
		s.must(s.db.SQL().GetContext(s.t.Context(), &leaf, `SELECT shard, number, hash FROM evidence_leaf WHERE idx = ?`, i))
		hashes, err := tlog.StoredHashes(int64(i), store.LeafData(leaf.Shard, leaf.Number, leaf.Hash), tlog.HashReaderFunc(func(at []int64) ([]tlog.Hash, error) {
			var out []tlog.Hash
			for _, i := range at {
				out = append(out, tree[i])
			}
			return out, nil
		}))
		s.must(err)
		for j, h := range hashes {
			at := tlog.StoredHashIndex(0, int64(i)) + int64(j)
			tree[at] = h
			s.exec(`INSERT INTO evidence_hash (idx, hash) VALUES (?, ?)`, at, h[:])
		}
	}
}

// Giving out a checkpoint keeps it for ever.
func TestGivenCheckpointIsKept(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		s.withAnswers(1)
		if _, _, err := s.db.Checkpoint(t.Context()); !errors.Is(err, policy.ErrNotFound) {
			t.Errorf("of an empty log: %v", err)
		}
		_, err := s.db.AppendLog(t.Context())
		s.must(err)
		for range 2 {
			if _, _, err := s.db.Checkpoint(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if n := s.count(`SELECT COUNT(size) FROM evidence_checkpoint WHERE kept = 1`); n != 1 {
			t.Errorf("%d kept", n)
		}
	})
}

// A log that was never thinned is, however many there are; what is left costs nothing any more.
func TestThinningGoesThroughEveryCheckpoint(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		first := s.clock.now().UTC().Add(-20 * 24 * time.Hour)
		acts := s.count(`SELECT COUNT(id) FROM admin_log`)
		var want []int
		s.must(s.db.InTx(t.Context(), func(tx *store.Tx) error {
			for i := range 1500 {
				at := first.Add(time.Duration(i) * 10 * time.Minute)
				_, err := tx.ExecContext(t.Context(), `INSERT INTO evidence_checkpoint (size, note, timecreated, kept) VALUES (?, ?, ?, ?)`,
					i+1, fmt.Sprint(i), at, i%6 == 0)
				if err != nil {
					return err
				}
			}
			return nil
		}))
		for i := 0; i < 1500; i += 6 {
			want = append(want, i+1-acts)
		}
		want = append(want, 1500-acts)
		s.must(s.db.Sweep(t.Context()))
		if d := gocmp.Diff(want, s.checkpoints()); d != "" {
			t.Errorf("left:\n%s", d)
		}
		if !s.db.IsMySQL() {
			return // nobody can listen
		}
		wire := storetest.NewWire(t, s.dsn)
		s.must(storetest.Open(t, wire.DSN(), store.Options{Now: s.clock.now}).Sweep(t.Context()))
		for _, statement := range wire.Sent() {
			if statement.Writes() && strings.Contains(statement.Text, "checkpoint") {
				t.Errorf("sweeping once more sent %s", statement.Text)
			}
		}
	})
}
