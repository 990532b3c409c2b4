package store_test

import (
	"crypto/rand"
	"errors"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

// breaker is a clock and a source of randomness that has something happen when it is asked for the n-th time. Whatever
// the store does reads one or the other between its statements, in and before its transactions: these are the moments at
// which somebody else can come in.
type breaker struct {
	*clock
	mu   sync.Mutex
	left int // 0: nothing is to happen
	then func()
}

func (m *breaker) arm(n int, then func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.left, m.then = n, then
}

func (m *breaker) asked() {
	m.mu.Lock()
	then := func() {}
	if m.left > 0 {
		if m.left--; m.left == 0 {
			then = m.then
		}
	}
	m.mu.Unlock()
	then()
}

func (m *breaker) now() time.Time {
	m.asked()
	return m.clock.now()
}

func (m *breaker) Read(b []byte) (int, error) {
	m.asked()
	return rand.Read(b)
}

// inFlight is something that a person, or somebody for them, is at.
type inFlight struct {
	name string
	// ready makes it ready and returns it. begun, which it calls once, is when it has begun.
	ready   func(s *site, u store.User) func(begun func()) error
	refused []error // what it may be refused with
	// anew says that whoever is erased before it reads them comes as somebody new: nothing of it has the old id.
	anew bool
}

// Whoever is erased while they, or others for them, are at something leaves no trace: it was written before and is erased
// with the rest, or it is refused. Each act is broken into at each moment at which it asks for the time or for
// randomness.
func TestWhatIsInFlightWhileSomebodyIsErasedLeavesNoTrace(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		m := &breaker{clock: newClock()}
		s := newSite(t, dsn)
		erasing := storetest.Open(t, storetest.Eraser(dsn), store.Options{Now: m.clock.now})
		s.db, s.clock = storetest.Open(t, dsn, store.Options{Now: m.now, Rand: m}), m.clock
		v := s.load("v", draft(policy.Consent, text("ro", "a")))
		officer := s.user("officer")
		people := s.marked(300)
		for _, act := range s.inFlight(v, officer, people[len(people)-1]) {
			for moment := 1; ; moment++ {
				u := people[0]
				people = people[1:]
				do := act.ready(s, u)
				var erased sync.WaitGroup
				fired := false
				err := do(func() {
					m.arm(moment, func() {
						fired = true
						done := make(chan struct{})
						erased.Go(func() {
							defer close(done)
							d := store.Decision{ID: "d", Admin: store.Admin{InstitutionID: s.institution}}
							if e, err := erasing.Erase(t.Context(), d, []int64{u.ID}); err != nil || e.People != 1 {
								t.Errorf("%s, moment %d: erasing: %+v, %v", act.name, moment, e, err)
							}
						})
						select { // done, or waiting for what the act holds
						case <-done:
						case <-time.After(50 * time.Millisecond):
						}
					})
				})
				m.arm(0, nil)
				erased.Wait()
				ok := err == nil
				for _, kind := range act.refused {
					ok = ok || errors.Is(err, kind)
				}
				if !ok || !fired && err != nil {
					t.Errorf("%s, moment %d: %v", act.name, moment, err)
				}
				if !fired {
					break
				}
				if act.anew {
					u = store.User{ID: u.ID, Sub: "-", Name: "-", Email: "-", Username: "-", IDNumber: "-"}
				}
				for _, trace := range traces(s.dump(), []store.User{u}) {
					t.Errorf("%s, moment %d (%v): %s", act.name, moment, err, trace)
				}
			}
		}
		s.appendLog()
		if _, err := s.db.VerifyEvidence(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func (s *site) appendLog() {
	s.t.Helper()
	_, err := s.db.AppendLog(s.t.Context())
	s.must(err)
}

func (s *site) inFlight(v policy.Version, officer, other store.User) []inFlight {
	ctx := s.t.Context()
	session, absent := []error{policy.ErrSession}, []error{policy.ErrNotFound}
	acting := func(u store.User) store.Admin {
		return store.Admin{InstitutionID: s.institution, UserID: u.ID, Actor: u.Name + " (" + u.Sub + ", " + s.platform.Issuer + ")"}
	}
	answer := func(e policy.Event, begun func()) error {
		begun()
		_, err := s.db.Answer(ctx, []policy.Event{e})
		return err
	}
	visit := func(u store.User) store.Session {
		return store.Session{
			ID: s.id(), SecretHash: hashOf("x"), PlatformID: s.platform.ID, InstitutionID: s.institution, Sub: u.Sub, Name: u.Name,
			Created: s.clock.now(), Expires: s.clock.now().Add(time.Hour),
		}.Of(u)
	}
	launch := func(m *lti.Message, begun func()) error {
		begun()
		a, err := s.db.Admit(ctx, m, s.platform)
		if err != nil {
			return err
		}
		return s.db.CreateSession(ctx, visit(a.User))
	}
	look := func(a store.Admin, about int64, begun func()) error {
		begun()
		return s.db.LogAct(ctx, store.AdminEntry{
			InstitutionID: a.InstitutionID, ActorID: a.UserID, Actor: a.Actor, Action: "acceptances.person", Object: "somebody", About: []int64{about},
		})
	}
	return []inFlight{
		{name: "a first answer", refused: session, ready: func(s *site, u store.User) func(func()) error {
			return func(begun func()) error { return answer(s.event(u, v, policy.Accepted), begun) }
		}},
		{name: "a withdrawal", refused: session, ready: func(s *site, u store.User) func(func()) error {
			s.answer(s.event(u, v, policy.Accepted))
			return func(begun func()) error { return answer(s.event(u, v, policy.Withdrawn), begun) }
		}},
		{name: "an answer for a course", refused: session, ready: func(s *site, u store.User) func(func()) error {
			there := s.loadForCourses("there", draft(policy.Consent, text("ro", "c")))
			s.admit(in("2", "77", "who asks", "there"))
			return func(begun func()) error { return answer(s.eventIn("2", u, there, policy.Accepted), begun) }
		}},
		{name: "an answer that an officer gives for them", refused: absent, ready: func(s *site, u store.User) func(func()) error {
			return func(begun func()) error {
				begun()
				_, err := s.db.AnswerFor(ctx, acting(officer), store.Behalf{
					Platform: s.platform, UserIDs: []int64{u.ID}, VersionIDs: []int64{v.ID}, Answer: policy.Accepted, Note: "note" + u.Sub,
					ActorID: officer.ID, ActorSub: officer.Sub,
				})
				return err
			}
		}},
		{name: "an answer that they give for somebody", refused: session, ready: func(s *site, u store.User) func(func()) error {
			e := s.event(other, v, policy.Accepted)
			if given, err := s.db.Answers(ctx, other.ID); err != nil || len(given) > 0 && given[0].Accepted {
				e = s.event(other, v, policy.Withdrawn)
			}
			e.ActorID, e.ActorSub = u.ID, u.Sub
			return func(begun func()) error { return answer(e, begun) }
		}},
		{name: "an answer from Moodle", refused: absent, ready: func(s *site, u store.User) func(func()) error {
			return func(begun func()) error {
				begun()
				_, err := s.db.ImportMoodleAnswers(ctx, s.platform, []store.MoodleAnswer{imported(u.ID%1000+1, u, v, true, s.clock.now())}, false)
				return err
			}
		}},
		{name: "a look at them", refused: absent, ready: func(s *site, u store.User) func(func()) error {
			return func(begun func()) error { return look(acting(officer), u.ID, begun) }
		}},
		{name: "a look of theirs", refused: session, ready: func(s *site, u store.User) func(func()) error {
			return func(begun func()) error { return look(acting(u), other.ID, begun) }
		}},
		{name: "a right that they get", refused: absent, ready: func(s *site, u store.User) func(func()) error {
			return func(begun func()) error {
				begun()
				return s.db.Grant(ctx, acting(officer), s.platform.ID, u.ID, store.PowerReport)
			}
		}},
		{name: "a draft of theirs", refused: session, ready: func(s *site, u store.User) func(func()) error {
			return func(begun func()) error {
				begun()
				next := v
				next.Texts = []policy.Text{text("ro", "b")}
				_, err := s.db.NewDraft(ctx, acting(u), next)
				return err
			}
		}},
		{name: "a version of theirs that is to wait", refused: session, ready: func(s *site, u store.User) func(func()) error {
			d := s.draftOf(v)
			return func(begun func()) error {
				begun()
				err := s.db.Publish(ctx, acting(u), store.Publication{VersionID: d.ID, Edit: d.Edit, At: s.clock.now().Add(time.Hour)})
				if err == nil {
					s.must(s.db.Unschedule(ctx, acting(officer), d.ID))
				}
				return err
			}
		}},
		{name: "what they type", refused: session, ready: func(s *site, u store.User) func(func()) error {
			return func(begun func()) error {
				begun()
				return s.db.KeepTyping(ctx, acting(u), store.Typing{Page: s.id(), Form: url.Values{"name": {u.Name}}}, "")
			}
		}},
		{name: "an image of theirs", refused: session, ready: func(s *site, u store.User) func(func()) error {
			i := grey(s.t, byte(u.ID))
			return func(begun func()) error { begun(); return s.db.AddImages(ctx, acting(u), []policy.Image{i}) }
		}},
		{name: "a launch into another course", refused: session, anew: true, ready: func(s *site, u store.User) func(func()) error {
			m := graded(u.Sub, "8")
			m.Context.ID = "3"
			return func(begun func()) error { return launch(m, begun) }
		}},
		{name: "a launch that brings nothing new", refused: session, anew: true, ready: func(s *site, u store.User) func(func()) error {
			s.admit(message(u.Sub, rand.Text()))
			return func(begun func()) error { return launch(message(u.Sub, rand.Text()), begun) }
		}},
		{name: "a session", refused: session, ready: func(s *site, u store.User) func(func()) error {
			ses := visit(u)
			return func(begun func()) error { begun(); return s.db.CreateSession(ctx, ses) }
		}},
		{name: "a score", ready: func(s *site, u store.User) func(func()) error {
			m := graded(u.Sub, "9")
			s.admit(m)
			scores, err := s.db.TakeScores(ctx, 100, 100)
			s.must(err)
			return func(begun func()) error { begun(); return s.db.ScoresSent(ctx, scores...) }
		}},
		{name: "notices", refused: []error{policy.ErrConflict}, ready: func(s *site, u store.User) func(func()) error {
			s.admit(graded("officer", "9"))
			s.must(s.fill([]lti.Member{{Sub: u.Sub, Name: u.Name, Email: u.Email}}, 0).Done(ctx))
			r := s.roster()
			return func(begun func()) error {
				begun()
				b := s.batch()
				b.Step = s.id()[9:] // each time another
				_, err := s.db.OrderNotices(ctx, store.AdminEntry{InstitutionID: s.institution, Action: "participants.remind"}, b, r, []string{u.Sub})
				return err
			}
		}},
		{name: "a list of participants", refused: []error{policy.ErrConflict}, ready: func(s *site, u store.User) func(func()) error {
			m := graded("officer", "9")
			s.admit(m)
			f, err := s.db.FillRoster(ctx, s.platform.ID, "2", 0)
			s.must(err)
			return func(begun func()) error {
				begun()
				if err := f.Add(ctx, []lti.Member{{Sub: u.Sub, Name: u.Name, Email: u.Email}}); err != nil {
					return err
				}
				return f.Done(ctx)
			}
		}},
	}
}

// triedBy says for each table in which people stand which of these acts writes there.
var triedBy = map[string]string{
	"acceptance_event": "a first answer", "person_secret": "a first answer", "tool_policy_acceptances": "a withdrawal", "course_acceptance": "an answer for a course",
	"admin_log": "a look of theirs", "admin_log_person": "a look at them", "admin_grant": "a right that they get",
	"tool_policy_versions": "a draft of theirs", "policy_schedule": "a version of theirs that is to wait", "policy_image": "an image of theirs",
	"policy_autosave": "what they type", "lti_user": "a launch into another course", "lti_membership": "a launch into another course",
	"outbox": "a score", "notice": "notices", "lti_session": "a session", "lti_door_launch": "a session", "lti_roster_member": "a list of participants",
}

// Where somebody may stand, an act that writes there is broken into.
func TestEveryTableOfAPersonIsWrittenInFlight(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		acts := map[string]bool{}
		for _, act := range s.inFlight(policy.Version{}, store.User{}, store.User{}) {
			acts[act.name] = true
		}
		for column, becomes := range personal {
			table, _, _ := strings.Cut(column, ".")
			if !strings.HasPrefix(becomes, "kept") && !acts[triedBy[table]] {
				t.Errorf("%s: no act of inFlight writes there: whoever is erased meanwhile may be left in it", table)
			}
		}
	})
}
