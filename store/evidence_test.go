package store_test

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

// withAnswers makes a site with n people who answered two policies, and returns the events in the order of
// the log.
func (s *site) withAnswers(n int) []policy.Event {
	s.t.Helper()
	a := s.load("a", draft(policy.Agree, text("ro", "a"), text("en", "a")))
	b := s.load("b", draft(policy.Consent, text("ro", "b")))
	var es []policy.Event
	for i := range n {
		u := s.user(userNumber(i))
		es = append(es, s.answer(s.event(u, a, policy.Accepted), s.event(u, b, policy.Declined))...)
		s.clock.add(time.Millisecond)
	}
	return es
}

func TestEvidenceIsIntact(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		if n, err := s.db.VerifyEvidence(t.Context()); n.Events != 0 || err != nil {
			t.Errorf("empty: %d, %v", n, err)
		}
		if _, _, err := s.db.Checkpoint(t.Context()); !errors.Is(err, policy.ErrNotFound) {
			t.Errorf("checkpoint of an empty log: %v", err)
		}
		s.withAnswers(3)
		var held []string
		for round, size := range []int64{6, 7, 7, 260} {
			switch round {
			case 1:
				u := s.user("more")
				s.answer(s.event(u, s.load("a", draft(policy.Agree, text("ro", "a"), text("en", "a"))), policy.Accepted))
			case 3: // more than one batch
				b := s.load("b", draft(policy.Consent, text("ro", "b")))
				for _, u := range s.strangers(253) {
					s.answer(s.event(u, b, policy.Accepted))
				}
			}
			if n, err := s.db.VerifyEvidence(t.Context()); n.Events != size || err != nil {
				t.Errorf("round %d, with entries that wait: %d events, %v", round, n, err)
			}
			if _, err := s.db.AppendLog(t.Context()); err != nil {
				t.Fatal(err)
			}
			signed, key, err := s.db.Checkpoint(t.Context())
			s.must(err)
			v, err := note.NewVerifier(key)
			s.must(err)
			if _, err := note.Open([]byte(signed), note.VerifierList(v)); err != nil || !strings.Contains(signed, fmt.Sprintf("\n%d\n", size+int64(s.count(`SELECT COUNT(id) FROM admin_log`)))) {
				t.Errorf("checkpoint %q: %v", signed, err)
			}
			held = append(held, signed)
			if n, err := s.db.VerifyEvidence(t.Context(), held...); n.Events != size || err != nil {
				t.Errorf("round %d: %d events, %v", round, n, err)
			}
		}
		if n := s.count(`SELECT COUNT(size) FROM evidence_checkpoint`); n != 3 {
			t.Errorf("%d checkpoints for 3 sizes", n)
		}
	})
}

func TestReplicasAppendEachEventOnce(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		s.withAnswers(110)
		var total atomic.Int64
		dbs := []*store.DB{s.db, storetest.Open(t, s.dsn, store.Options{Now: s.clock.now})}
		for i, err := range parallel(4, func(i int) error {
			n, err := dbs[i%2].AppendLog(t.Context())
			total.Add(int64(n))
			return err
		}) {
			if err != nil {
				t.Errorf("call %d: %v", i, err)
			}
		}
		if _, err := s.db.AppendLog(t.Context()); err != nil {
			t.Error(err)
		}
		if n, acts := s.count(`SELECT COUNT(idx) FROM evidence_leaf`), s.count(`SELECT COUNT(id) FROM admin_log`); n != 220+acts {
			t.Errorf("%d leaves for 220 events and %d acts", n, acts)
		}
		if n, err := s.db.VerifyEvidence(t.Context()); n.Events != 220 || err != nil {
			t.Errorf("%d events, %v", n, err)
		}
	})
}

func TestLeaseIsOnesUntilItRunsOut(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		take := func(token string, want bool) {
			t.Helper()
			if got, err := s.db.TakeLease(t.Context(), "job", token); got != want || err != nil {
				t.Errorf("%s takes the lease: %v, %v", token, got, err)
			}
		}
		take("a", true)
		take("b", false)
		s.clock.add(59 * time.Second)
		take("a", true)
		s.clock.add(59 * time.Second)
		take("b", false)
		s.clock.add(time.Second)
		take("b", true)
		take("a", false)
		s.must(s.db.DropLease(t.Context(), "job", "a")) // not a's
		take("a", false)
		s.must(s.db.DropLease(t.Context(), "job", "b"))
		take("a", true)
	})
}

// inLogOrder sorts events as their leaves stand; those that wait come last.
func (s *site) inLogOrder(es []policy.Event) []policy.Event {
	s.t.Helper()
	var ids []string
	s.must(s.db.SQL().SelectContext(s.t.Context(), &ids, `SELECT e.id FROM evidence_leaf l JOIN acceptance_event e ON e.shard = l.shard AND e.number = l.number ORDER BY l.idx`))
	byID := map[string]policy.Event{}
	for _, e := range es {
		byID[e.ID] = e
	}
	var out []policy.Event
	for _, id := range ids {
		out = append(out, byID[id])
		delete(byID, id)
	}
	for _, e := range byID {
		out = append(out, e)
	}
	return out
}

// forge changes an event and makes its hash fit, and returns the hash.
func (s *site) forge(e policy.Event) []byte {
	s.t.Helper()
	e.Roles = "forged"
	s.exec(`UPDATE acceptance_event SET roles = ?, hash = ? WHERE id = ?`, e.Roles, e.Sum(), e.ID)
	var sum []byte
	_, err := fmt.Sscanf(e.Sum(), "%x", &sum)
	s.must(err)
	return sum
}

// A row that somebody forged shut a learner's gate: with the row, the score is what the events say again, and the log
// says whose it was.
func TestRebuildMendsScoresToo(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		v := o.active("site")
		u := o.admit(graded("u1", "7"))
		o.answer(o.event(u, v, policy.Accepted))
		wanted := func() int {
			t.Helper()
			return o.count(`SELECT wanted FROM outbox WHERE userid = ?`, u.ID)
		}
		if wanted() != 1 {
			t.Fatal("whoever accepted has no score")
		}
		o.exec(`UPDATE tool_policy_acceptances SET status = 0 WHERE userid = ?`, u.ID)
		o.admit(graded("u1", "7"))
		if wanted() != 0 {
			t.Fatal("a forged row does not count, and the test sees nothing")
		}
		if n, err := o.db.RebuildAcceptances(t.Context()); n != 1 || err != nil {
			t.Errorf("%d rows, %v", n, err)
		}
		if wanted() != 1 {
			t.Error("the gate stays shut")
		}
		if n := o.count(`SELECT COUNT(id) FROM admin_log WHERE action = 'evidence.rebuild' AND detail = ?`, fmt.Sprintf(`{"after":{"users":[%d]}}`, u.ID)); n != 1 {
			t.Errorf("%d entries in the log", n)
		}
	})
}

func TestRebuildGivesTheTableBack(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		es := s.withAnswers(40)
		table := func() string {
			t.Helper()
			var rows []string
			s.must(s.db.SQL().SelectContext(t.Context(), &rows, `
				SELECT lang FROM tool_policy_acceptances ORDER BY userid, policyversionid`))
			var n []int64
			s.must(s.db.SQL().SelectContext(t.Context(), &n, `
				SELECT userid * 1000000 + policyversionid * 10 + status + usermodified + timecreated + timemodified
				FROM tool_policy_acceptances ORDER BY userid, policyversionid`))
			return fmt.Sprint(rows, n)
		}
		before := table()
		if n, err := s.db.RebuildAcceptances(t.Context()); n != 0 || err != nil {
			t.Errorf("nothing to do: %d rows, %v", n, err)
		}
		s.exec(`UPDATE tool_policy_acceptances SET status = 1 - status WHERE userid = ?`, es[0].UserID)
		s.exec(`DELETE FROM tool_policy_acceptances WHERE userid = ?`, es[10].UserID)
		s.exec(`INSERT INTO tool_policy_acceptances (policyversionid, userid, status, usermodified, timecreated, timemodified) VALUES (99, 99, 1, 9, 0, 0)`)
		if n, err := s.db.RebuildAcceptances(t.Context()); n != 5 || err != nil {
			t.Errorf("%d rows, want 5, %v", n, err)
		}
		if table() != before {
			t.Error("the table is not what it was")
		}
		s.exec(`DELETE FROM tool_policy_acceptances`)
		if n, err := s.db.RebuildAcceptances(t.Context()); n != 80 || err != nil || table() != before {
			t.Errorf("from nothing: %d rows, %v", n, err)
		}
		if _, err := s.db.VerifyEvidence(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
