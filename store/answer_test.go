package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

func TestAnswerIsRecordedWithEvidence(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		u := s.user("5 ") // a trailing space is part of an outside identifier
		v := s.load("site", draft(policy.Agree, text("ro", "reguli")))
		in := s.event(u, v, policy.Accepted)
		in.Note, in.Roles = "notă\r\n ", "a b "
		got := s.answer(in)
		if len(got) != 1 || got[0].ID == "" || got[0].Hash != got[0].Sum() || got[0].Standing != 1 || !got[0].Time.Equal(s.clock.now()) {
			t.Fatalf("recorded %+v", got)
		}
		stored, err := s.db.Event(t.Context(), u.ID, got[0].ID)
		s.must(err)
		if d := cmp.Diff(got[0], stored); d != "" {
			t.Errorf("the stored event differs from the returned one:\n%s", d)
		}
		if stored.Sum() != stored.Hash {
			t.Error("the stored event does not match its hash")
		}
		given, err := s.db.Answers(t.Context(), u.ID)
		s.must(err)
		want := []policy.Given{{VersionID: v.ID, MaterialID: v.MaterialID, Accepted: true, Lang: "ro", ActorID: u.ID, Note: in.Note, Time: s.clock.now().Truncate(time.Second)}}
		if d := cmp.Diff(want, given); d != "" {
			t.Errorf("answers:\n%s", d)
		}
		if _, err := s.db.Event(t.Context(), u.ID+1, got[0].ID); !errors.Is(err, policy.ErrNotFound) {
			t.Errorf("somebody else's event: %v", err)
		}
	})
}

func TestAnswerIsIdempotent(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		u := s.user("1")
		a := s.load("a", draft(policy.Agree, text("ro", "a")))
		b := s.load("b", draft(policy.Consent, text("ro", "b")))
		form := []policy.Event{s.event(u, a, policy.Accepted), s.event(u, b, policy.Accepted)}
		form[1].Presentation = form[0].Presentation
		tests := []struct {
			name     string
			events   func() []policy.Event
			recorded int
			total    int
		}{
			{"first", func() []policy.Event { return form }, 2, 2},
			{"double click: same form, new ids", func() []policy.Event { return form }, 0, 2},
			{"two tabs: another form, same answers", func() []policy.Event {
				return []policy.Event{s.event(u, a, policy.Accepted), s.event(u, b, policy.Accepted)}
			}, 0, 2},
			{"another answer is a new event", func() []policy.Event { return []policy.Event{s.event(u, b, policy.Withdrawn)} }, 1, 3},
			{"the old form again changes nothing", func() []policy.Event { return form }, 0, 3},
			{"and back", func() []policy.Event { return []policy.Event{s.event(u, b, policy.Accepted)} }, 1, 4},
		}
		for _, tt := range tests {
			if got := s.answer(tt.events()...); len(got) != tt.recorded {
				t.Errorf("%s: recorded %d, want %d", tt.name, len(got), tt.recorded)
			}
			if n := s.count(`SELECT COUNT(id) FROM acceptance_event`); n != tt.total {
				t.Errorf("%s: %d events, want %d", tt.name, n, tt.total)
			}
		}
		acts := s.count(`SELECT COUNT(id) FROM admin_log`)
		if b, err := s.db.Backlog(t.Context()); b.Evidence != 4+acts || err != nil {
			t.Errorf("%d events wait for the log, want 4, %v", b.Evidence-acts, err)
		}
		es, err := s.db.Events(t.Context(), u.ID)
		s.must(err)
		for i := 1; i < len(es); i++ {
			if es[i-1].VersionID == es[i].VersionID && !es[i-1].Time.After(es[i].Time) {
				t.Error("events about one version do not have an order in time, although the clock stood still")
			}
		}
		if _, err := s.db.VerifyEvidence(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// A commit whose answer was lost: the caller calls again with the same event, also when the version was
// published anew meanwhile.
func TestAnswerAgainAfterLostReply(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		u := s.user("1")
		v := s.load("a", draft(policy.Agree, text("ro", "a")))
		e := s.event(u, v, policy.Accepted)
		e.ID = s.id()
		first := s.answer(e)
		s.load("a", draft(policy.Agree, text("ro", "other")))
		if d := cmp.Diff(first, s.answer(e)); d != "" {
			t.Errorf("the second call tells something else:\n%s", d)
		}
	})
}

func TestAnswerNeedsTheVersionAsShown(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		u := s.user("1")
		keep := s.load("keep", draft(policy.Agree, text("ro", "keep")))
		v := s.load("a", draft(policy.Consent, text("ro", "a"), text("en", "a")))
		other := s.load("b", draft(policy.Agree, text("ro", "b")))
		_, _, err := s.db.LoadPolicy(t.Context(), s.institution, "b", draft(policy.Agree, text("ro", "b")), nil)
		s.must(err)
		stands := s.answer(s.event(u, v, policy.Accepted))
		v2 := s.load("a", draft(policy.Consent, text("ro", "a2"), text("en", "a2")))

		wrongText := s.event(u, v2, policy.Accepted)
		wrongText.Lang = "en"
		noText := s.event(u, v2, policy.Accepted)
		noText.Lang = "lt"
		wrongMaterial := s.event(u, v2, policy.Accepted)
		wrongMaterial.MaterialID++
		foreign := s.event(u, v2, policy.Accepted)
		foreign.InstitutionID = s.id()
		unknown := s.event(u, v2, policy.Accepted)
		unknown.VersionID = 999
		for _, tt := range []struct {
			name string
			e    policy.Event
			kind error
		}{
			{"replaced version", s.event(u, v, policy.Declined), policy.ErrConflict},
			{"text of another language", wrongText, policy.ErrConflict},
			{"language without a text", noText, policy.ErrConflict},
			{"policy that does not apply here", s.event(u, other, policy.Accepted), policy.ErrConflict},
			{"event that contradicts the version", wrongMaterial, policy.ErrInvalid},
			{"another institution's version", foreign, policy.ErrInvalid},
			{"unknown version", unknown, policy.ErrNotFound},
		} {
			_, err := s.db.Answer(t.Context(), []policy.Event{s.event(u, keep, policy.Accepted), tt.e})
			if !errors.Is(err, tt.kind) {
				t.Errorf("%s: %v", tt.name, err)
			}
			replaced, ok := errors.AsType[*store.Replaced](err)
			if tt.kind == policy.ErrConflict && (!ok || len(replaced.VersionIDs) != 1 || replaced.VersionIDs[0] != tt.e.VersionID) {
				t.Errorf("%s: the error does not name the version: %v", tt.name, err)
			}
			if n := s.count(`SELECT COUNT(id) FROM acceptance_event`); n != 1 {
				t.Fatalf("%s: something was written", tt.name)
			}
		}
		if got := s.answer(s.event(u, v, policy.Withdrawn)); len(got) != 1 || got[0].VersionID != stands[0].VersionID {
			t.Error("a consent to a replaced version cannot be withdrawn")
		}
	})
}

func TestAnswerRefusesWhatCannotBeReadBack(t *testing.T) {
	s := newSite(t, storetest.SQLite(t))
	u, v := s.user("1"), s.load("a", draft(policy.Agree, text("ro", "a")))
	for name, change := range map[string]func(*policy.Event){
		"answer":   func(e *policy.Event) { e.Answer = "maybe" },
		"nobody":   func(e *policy.Event) { e.UserID = 0 },
		"encoding": func(e *policy.Event) { e.Note = "\xff" },
		"length":   func(e *policy.Event) { e.ContextID = string(make([]byte, 256)) },
		"space":    func(e *policy.Event) { e.ID = "x " },
	} {
		e := s.event(u, v, policy.Accepted)
		change(&e)
		if _, err := s.db.Answer(t.Context(), []policy.Event{e}); !errors.Is(err, policy.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Clocks of replicas differ: the later act must also be the later event.
func TestEventsOrderAsTheyHappened(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		u, v := s.user("1"), s.load("a", draft(policy.Consent, text("ro", "a")))
		first := s.answer(s.event(u, v, policy.Accepted))
		s.clock.add(-time.Minute)
		second := s.answer(s.event(u, v, policy.Withdrawn))
		if want := first[0].Time.Add(time.Microsecond); !second[0].Time.Equal(want) {
			t.Errorf("withdrawn at %v, want %v", second[0].Time, want)
		}
		if n, err := s.db.RebuildAcceptances(t.Context()); n != 0 || err != nil {
			t.Errorf("the events do not give the table: %d rows, %v", n, err)
		}
	})
}

func TestSameFormAtOnceIsRecordedOnce(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		u := s.user("1")
		a := s.load("a", draft(policy.Agree, text("ro", "a")))
		b := s.load("b", draft(policy.Agree, text("ro", "b")))
		replica := storetest.Open(t, s.dsn, store.Options{Now: s.clock.now})
		form := []policy.Event{s.event(u, a, policy.Accepted), s.event(u, b, policy.Accepted)}
		form[1].Presentation = form[0].Presentation
		tabs := [][]policy.Event{form, {s.event(u, b, policy.Accepted), s.event(u, a, policy.Accepted)}}
		for i, err := range parallel(16, func(i int) error {
			db := s.db
			if i%2 == 1 {
				db = replica
			}
			_, err := db.Answer(t.Context(), tabs[i/2%2])
			return err
		}) {
			if err != nil {
				t.Errorf("call %d: %v", i, err)
			}
		}
		if n := s.count(`SELECT COUNT(id) FROM acceptance_event`); n != 2 {
			t.Errorf("%d events, want 2", n)
		}
		if _, err := s.db.VerifyEvidence(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// Publishing and answering at once: every answer is either to the version that was active when it was
// written, or refused; never half of a form.
func TestPublishingWhileReadersAnswer(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		v := s.load("a", draft(policy.Agree, text("ro", "first")))
		b := s.load("b", draft(policy.Agree, text("ro", "b")))
		var users []store.User
		for i := range 20 {
			users = append(users, s.user(userNumber(i)))
		}
		replica := storetest.Open(t, s.dsn, store.Options{Now: s.clock.now})
		errs := parallel(len(users)+1, func(i int) error {
			if i == len(users) {
				_, _, err := replica.LoadPolicy(t.Context(), s.institution, "a", draft(policy.Agree, text("ro", "second")), []string{s.platform.ID})
				return err
			}
			_, err := s.db.Answer(t.Context(), []policy.Event{s.event(users[i], v, policy.Accepted), s.event(users[i], b, policy.Accepted)})
			return err
		})
		refused := 0
		for i, err := range errs {
			switch {
			case errors.Is(err, policy.ErrConflict):
				refused++
			case err != nil:
				t.Errorf("call %d: %v", i, err)
			}
		}
		want := len(users) - refused
		if n := s.count(`SELECT COUNT(id) FROM acceptance_event WHERE versionid = ?`, v.ID); n != want {
			t.Errorf("%d answers to the first version, want %d", n, want)
		}
		if n := s.count(`SELECT COUNT(id) FROM acceptance_event WHERE versionid = ?`, b.ID); n != want {
			t.Errorf("half a form was written: %d answers to the other policy, want %d", n, want)
		}
		if _, err := s.db.Answer(t.Context(), []policy.Event{s.event(s.user("late"), v, policy.Accepted)}); !errors.Is(err, policy.ErrConflict) {
			t.Errorf("answering the replaced version: %v", err)
		}
	})
}
