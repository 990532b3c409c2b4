package store_test

import (
	"context"
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

// Whoever changes the tables behind the program's back is found, and the place is named.
func TestTamperingIsNamed(t *testing.T) {
	for _, tt := range []struct {
		name   string
		tamper func(s *site, es []policy.Event)
		event  int // index of the event that is named; -1: none
		what   string
	}{
		{"changed event", func(s *site, es []policy.Event) {
			s.exec(`UPDATE acceptance_event SET roles = 'x' WHERE id = ?`, es[3].ID)
		}, 3, "does not match its hash"},
		{"changed note", func(s *site, es []policy.Event) {
			s.exec(`UPDATE acceptance_event SET note = 'x' WHERE id = ?`, es[3].ID)
		}, 3, "note was changed"},
		{"changed event with its hash", func(s *site, es []policy.Event) { s.forge(es[3]) }, 3, "leaf is not the entry's hash"},
		{"changed event with hash and leaf", func(s *site, es []policy.Event) {
			s.exec(`UPDATE evidence_leaf SET hash = ? WHERE shard = ? AND number = ?`, s.forge(es[3]), es[3].Shard, es[3].Number)
		}, 3, "stored hash does not match the leaf"},
		{"deleted event", func(s *site, es []policy.Event) {
			s.exec(`DELETE FROM acceptance_event WHERE id = ?`, es[2].ID)
		}, -1, "the entry is missing"},
		{"changed event that waited", func(s *site, es []policy.Event) {
			s.exec(`UPDATE acceptance_event SET sub = 'x' WHERE id = ?`, es[6].ID)
		}, 6, "is not the person that the event names"},
		{"changed leaf", func(s *site, es []policy.Event) {
			s.exec(`UPDATE evidence_leaf SET hash = ? WHERE shard = ? AND number = ?`, hashOf("x"), es[1].Shard, es[1].Number)
		}, 1, "leaf is not the entry's hash"},
		{"deleted leaf", func(s *site, es []policy.Event) {
			s.exec(`DELETE FROM evidence_leaf WHERE idx = 2`)
		}, -1, "leaf is missing"},
		{"end of the log cut off", func(s *site, es []policy.Event) {
			s.exec(`DELETE FROM evidence_leaf WHERE idx >= 4`)
		}, -1, "cut off: a checkpoint covers 12 entries"},
		{"end cut off with its checkpoint", func(s *site, es []policy.Event) {
			s.exec(`DELETE FROM evidence_leaf WHERE idx >= 4`)
			s.exec(`DELETE FROM evidence_checkpoint WHERE size = 12`)
		}, -1, "cut off: a checkpoint kept outside covers 12 entries"},
		{"changed tree", func(s *site, es []policy.Event) {
			s.exec(`UPDATE evidence_hash SET hash = ? WHERE idx = 2`, hashOf("x"))
		}, 1, "stored hash does not match"},
		{"checkpoint of another log", func(s *site, es []policy.Event) {
			s.exec(`UPDATE evidence_checkpoint SET note = REPLACE(note, 'ltipolicy-evidence', 'x')`)
		}, -1, "not signed by this log"},
		{"changed answer", func(s *site, es []policy.Event) {
			s.exec(`UPDATE tool_policy_acceptances SET status = 1 - status WHERE userid = ? AND policyversionid = ?`, es[0].UserID, es[0].VersionID)
		}, 0, "is not the event's"},
		{"answer at another time", func(s *site, es []policy.Event) {
			s.exec(`UPDATE tool_policy_acceptances SET timemodified = timemodified + 1 WHERE userid = ? AND policyversionid = ?`, es[0].UserID, es[0].VersionID)
		}, 0, "is not the event's (timemodified)"},
		{"answer in another language", func(s *site, es []policy.Event) {
			s.exec(`UPDATE tool_policy_acceptances SET lang = 'xx' WHERE userid = ? AND policyversionid = ?`, es[0].UserID, es[0].VersionID)
		}, 0, "is not the event's (lang)"},
		{"answer of another person's hand", func(s *site, es []policy.Event) {
			s.exec(`UPDATE tool_policy_acceptances SET usermodified = usermodified + 1 WHERE userid = ? AND policyversionid = ?`, es[0].UserID, es[0].VersionID)
		}, 0, "is not the event's (usermodified)"},
		{"answer with another note", func(s *site, es []policy.Event) {
			s.exec(`UPDATE tool_policy_acceptances SET note = 'forged' WHERE userid = ? AND policyversionid = ?`, es[0].UserID, es[0].VersionID)
		}, 0, "is not the event's (note)"},
		{"deleted answer", func(s *site, es []policy.Event) {
			s.exec(`DELETE FROM tool_policy_acceptances WHERE userid = ? AND policyversionid = ?`, es[0].UserID, es[0].VersionID)
		}, 0, "is missing from tool_policy_acceptances"},
		{"invented answer", func(s *site, es []policy.Event) {
			s.exec(`INSERT INTO tool_policy_acceptances (policyversionid, userid, status, usermodified, timecreated, timemodified)
				VALUES (?, 99, 1, 99, 0, 0)`, es[0].VersionID)
		}, -1, "user 99 has an answer"},
		{"changed text", func(s *site, es []policy.Event) {
			s.exec(`UPDATE tool_policy_versions SET content = 'x' WHERE id = ?`, es[0].VersionID)
		}, -1, "is not the one that was published"},
		{"changed text with its digest", func(s *site, es []policy.Event) {
			v, err := s.db.Version(context.Background(), s.institution, es[0].VersionID)
			s.must(err)
			v.Texts[0].Content = "x"
			s.exec(`UPDATE tool_policy_versions SET content = 'x' WHERE id = ?`, v.ID)
			s.exec(`UPDATE policy_version_detail SET digest = ? WHERE versionid = ?`, v.Texts[0].Digest(), v.ID)
		}, 0, "is not the one that was shown"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			eachSite(t, func(t *testing.T, s *site) {
				es := s.withAnswers(3)
				_, err := s.db.AppendLog(t.Context())
				s.must(err)
				held, _, err := s.db.Checkpoint(t.Context())
				s.must(err)
				u := s.user("waits")
				es = append(es, s.answer(s.event(u, s.load("b", draft(policy.Consent, text("ro", "b"))), policy.Accepted))...)
				es = s.inLogOrder(es)
				tt.tamper(s, es)
				_, err = s.db.VerifyEvidence(t.Context(), held)
				b, ok := errors.AsType[*store.Break](err)
				if !ok || !strings.Contains(b.What, tt.what) {
					t.Fatalf("found: %v, want %q", err, tt.what)
				}
				if tt.event >= 0 && b.EventID != es[tt.event].ID {
					t.Errorf("named event %s, want %s", b.EventID, es[tt.event].ID)
				}
			})
		})
	}
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
