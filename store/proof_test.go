package store_test

import (
	"errors"
	"path/filepath"
	"testing"

	"ltipolicy/evidence"
	"ltipolicy/policy"
)

var given = evidence.Receipt{Tool: "https://tool.example", Institution: "UPT", Site: "CVUPT", Person: "Ana", By: "Ana"}

// A receipt proves the answer: as a promise until the log has it, then with its place in the log.
func TestReceiptOfAnAnswer(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		es := s.withAnswers(3)
		key, err := s.db.LogKeys(t.Context())
		s.must(err)
		for _, logged := range []bool{false, true, true} {
			if logged {
				_, err := s.db.AppendLog(t.Context())
				s.must(err)
			}
			for _, e := range es {
				file, err := s.db.Receipt(t.Context(), e.UserID, e.ID, given)
				s.must(err)
				r, err := evidence.VerifyReceipt(file, key)
				if err != nil {
					t.Fatalf("logged %v: %v", logged, err)
				}
				if r.Answer.ID != e.ID || r.Opens.Sub != e.Sub || r.Person != "Ana" || (r.Log != nil) != logged || !r.Made.Equal(s.clock.now()) {
					t.Errorf("logged %v: %+v", logged, r)
				}
			}
		}
	})
}

// Only the person's own answers, and only those whose text is known.
func TestReceiptsOfNothing(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		es := s.withAnswers(2)
		for name, c := range map[string]struct {
			userID int64
			id     string
		}{
			"somebody else's": {es[0].UserID, es[2].ID},
			"no event":        {es[0].UserID, s.id()},
		} {
			if _, err := s.db.Receipt(t.Context(), c.userID, c.id, given); !errors.Is(err, policy.ErrNotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		s.exec(`DELETE FROM person_secret WHERE userid = ?`, es[0].UserID)
		if _, err := s.db.Receipt(t.Context(), es[0].UserID, es[0].ID, given); !errors.Is(err, policy.ErrNotFound) {
			t.Errorf("of somebody whose secret is gone: %v", err)
		}
	})
}

// A witness that is shown each update follows the log from its beginning, whichever checkpoints it missed.
func TestWitnessFollowsTheLog(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		if _, err := s.db.LogUpdate(t.Context(), 0); !errors.Is(err, policy.ErrNotFound) {
			t.Errorf("of an empty log: %v", err)
		}
		key, err := s.db.LogKey(t.Context())
		s.must(err)
		keys, err := evidence.ParseKeys(key)
		s.must(err)
		w := evidence.Witness{Dir: filepath.Join(t.TempDir(), "kept"), Keys: keys.Verifiers()}
		a := s.load("a", draft(policy.Agree, text("ro", "a")))
		people := s.strangers(20)
		size, acts := 0, s.count(`SELECT COUNT(id) FROM admin_log`)
		for _, step := range []struct {
			to    int
			shown bool
		}{{1, true}, {1, true}, {3, false}, {4, true}, {9, true}, {20, true}} {
			for ; size < step.to; size++ {
				s.answer(s.event(people[size], a, policy.Accepted))
			}
			_, err := s.db.AppendLog(t.Context())
			s.must(err)
			if !step.shown {
				continue
			}
			kept, _, err := w.Newest()
			s.must(err)
			u, err := s.db.LogUpdate(t.Context(), kept.Size)
			s.must(err)
			if c, err := w.Add(u); err != nil || c.Size != int64(size+acts) {
				t.Errorf("at %d: kept %d, %v", size, c.Size, err)
			}
		}
		for _, old := range []int64{-1, 21 + int64(acts)} {
			if _, err := s.db.LogUpdate(t.Context(), old); !errors.Is(err, policy.ErrInvalid) {
				t.Errorf("an update of %d: %v", old, err)
			}
		}
	})
}
