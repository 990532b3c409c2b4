package store_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
)

// batch is a reminder of today for the site's course.
func (s *site) batch() store.NoticeBatch {
	now := s.clock.now()
	return store.NoticeBatch{Step: now.Format(time.DateOnly), Lang: "ro", Link: "https://moodle.example/course/view.php?id=2", Due: now, Expires: now.Add(3 * oneDay)}
}

var reminding = store.AdminEntry{Action: "participants.remind", Actor: "Ana", Object: "ALG1"}

// order plans a reminder to people of the site's course, and fails if it cannot be planned.
func (s *site) order(subs ...string) {
	s.t.Helper()
	by := reminding
	by.InstitutionID = s.institution
	n, err := s.db.OrderNotices(s.t.Context(), by, s.batch(), s.roster(), subs)
	s.must(err)
	if n != len(subs) {
		s.t.Fatalf("%d notices planned for %d people", n, len(subs))
	}
}

// dueNotices are some that are due.
func (s *site) dueNotices(most int) []store.Notice {
	s.t.Helper()
	_, ns, err := s.db.DueNotices(s.t.Context(), s.platform.ID, most)
	s.must(err)
	return ns
}

// handed is a notice that this caller handed over.
func (s *site) handed(n store.Notice, before *store.Handing) *store.Handing {
	s.t.Helper()
	h, err := s.db.HandNoticeOver(s.t.Context(), n, before)
	s.must(err)
	if h == nil {
		s.t.Fatalf("the notice to %s is not for this caller", n.Sub)
	}
	return h
}

func (s *site) noticeCounts() store.NoticeCounts {
	s.t.Helper()
	_, c, err := s.db.LatestNotices(s.t.Context(), s.platform.ID, "2")
	s.must(err)
	return c
}

// course fills the list of participants.
func (s *site) listed(people int) []lti.Member {
	s.t.Helper()
	s.admit(graded("teacher", "7"))
	list := learners(people)
	s.must(s.fill(list, 0).Done(s.t.Context()))
	return list
}

// A course is reminded once a day, with an entry in the log, and nobody who is not in its list.
func TestACourseIsRemindedOnceForEachStep(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		list := s.listed(3)
		if _, _, err := s.db.LatestNotices(ctx, s.platform.ID, "2"); !errors.Is(err, policy.ErrNotFound) {
			t.Errorf("before: %v", err)
		}
		by := reminding
		by.InstitutionID = s.institution
		r := s.roster()
		if n, err := s.db.OrderNotices(ctx, by, s.batch(), r, []string{list[0].Sub, list[1].Sub, "nobody"}); err != nil || n != 2 {
			t.Errorf("%d planned, %v", n, err)
		}
		if _, err := s.db.OrderNotices(ctx, by, s.batch(), r, []string{list[2].Sub}); !errors.Is(err, policy.ErrConflict) {
			t.Errorf("again on the same day: %v", err)
		}
		s.clock.add(oneDay)
		if _, err := s.db.OrderNotices(ctx, by, s.batch(), r, []string{"nobody"}); !errors.Is(err, policy.ErrConflict) {
			t.Errorf("nobody of the list: %v", err)
		}
		if n, err := s.db.OrderNotices(ctx, by, s.batch(), r, []string{list[2].Sub}); err != nil || n != 1 {
			t.Errorf("on the next day: %d, %v", n, err)
		}
		b, c, err := s.db.LatestNotices(ctx, s.platform.ID, "2")
		s.must(err)
		if b.Step != s.batch().Step || c != (store.NoticeCounts{Waiting: 1}) || b.Lang != "ro" || !b.Due.Equal(s.clock.now()) {
			t.Errorf("latest %+v, %+v", b, c)
		}
		es, _, err := s.db.AdminLogPage(ctx, store.LogQuery{InstitutionID: s.institution, Action: "participants.remind", Limit: 10})
		s.must(err)
		if len(es) != 2 || es[1].Detail != `{"step":"`+s.clock.now().Add(-oneDay).Format(time.DateOnly)+`","people":2}` {
			t.Errorf("log %+v", es)
		}
	})
}

// Of two who have the same letter ready, one may send its end. What was handed over is never sent again by itself.
func TestANoticeIsHandedOverOnce(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		list := s.listed(4)
		s.order(list[0].Sub, list[1].Sub, list[2].Sub, list[3].Sub)
		mine := s.dueNotices(10)
		theirs := s.dueNotices(10)
		if len(mine) != 4 || !slices.Equal(mine, theirs) {
			t.Fatalf("%+v, %+v", mine, theirs)
		}
		first := s.handed(mine[0], nil)
		if h, err := s.db.HandNoticeOver(ctx, theirs[0], nil); err != nil || h != nil {
			t.Errorf("the second got %+v, %v", h, err)
		}
		second := s.handed(mine[1], first) // and the first was taken
		if c := s.noticeCounts(); c != (store.NoticeCounts{Waiting: 3, Sent: 1}) {
			t.Errorf("%+v", c)
		}
		s.must(s.db.NoticeLate(ctx, mine[1], second, "450 4.7.1")) // refused for now after all
		if h, err := s.db.HandNoticeOver(ctx, mine[2], &store.Handing{Notice: theirs[0]}); err != nil || h == nil {
			t.Errorf("with one before that somebody else sent: %+v, %v", h, err)
		}
		if got := s.dueNotices(10); len(got) != 1 || got[0] != mine[3] {
			t.Errorf("due now: %+v", got)
		}
		s.clock.add(2 * time.Minute)
		got := s.dueNotices(10)
		slices.SortFunc(got, func(a, b store.Notice) int { return a.Tries - b.Tries })
		if len(got) != 2 || got[1].Sub != mine[1].Sub || got[1].Tries != 1 {
			t.Errorf("due later: %+v", got)
		}
		s.must(s.db.NoticeFailed(ctx, got[1], nil, "550 5.1.1"))
		s.must(s.db.PointlessNotices(ctx, "answered", got[0]))
		// The third one's sender was killed: nobody knows what became of it.
		if sites, err := s.db.NoticeSites(ctx); err != nil || len(sites) != 0 {
			t.Errorf("sites %v, %v", sites, err)
		}
		s.clock.add(time.Hour)
		if sites, err := s.db.NoticeSites(ctx); err != nil || !slices.Equal(sites, []string{s.platform.ID}) {
			t.Errorf("sites %v, %v", sites, err)
		}
		s.must(s.db.GiveUpNotices(ctx, s.platform.ID))
		if got := s.dueNotices(10); len(got) != 0 {
			t.Errorf("due in the end: %+v", got)
		}
		if c := s.noticeCounts(); c != (store.NoticeCounts{Sent: 1, Failed: 2, Pointless: 1}) {
			t.Errorf("in the end %+v", c)
		}
		told, err := s.db.Reminded(ctx, s.platform.ID, "2", []string{mine[0].Sub, mine[1].Sub, mine[2].Sub, mine[3].Sub})
		s.must(err)
		if told[mine[0].Sub].Sent.IsZero() || told[mine[1].Sub].Code != "550 5.1.1" || told[mine[2].Sub].Code != store.NoticeUnsure || len(told) != 3 {
			t.Errorf("reminded %+v", told)
		}
	})
}

// What is read just before sending is what the list of participants says of these people, and no more of them.
func TestSomeParticipantsAreThoseOfTheList(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		v := s.load("a", draft(policy.Agree, text("ro", "a")))
		list := s.listed(6)
		answered := s.admit(in("2", "7", list[0].Sub, "x"))
		s.answer(s.event(answered, v, policy.Accepted))
		s.admit(in("2", "7", list[1].Sub, "x"))
		if n, err := s.db.MarkAccounts(ctx, s.platform.ID, []lti.Account{{Sub: list[1].Sub, Is: lti.AccountSuspended}}); err != nil || n != 1 {
			t.Fatalf("%d, %v", n, err)
		}
		columns, err := s.db.RosterColumns(ctx, s.platform.ID, "2")
		s.must(err)
		asked := []string{list[0].Sub, list[1].Sub, list[2].Sub, "left"}
		for _, r := range []store.Roster{s.roster(), {PlatformID: s.platform.ID, ContextID: "2"}} {
			all, some := map[string]string{}, map[string]string{}
			into := func(m map[string]string) func(policy.Participant, []policy.Given) error {
				return func(p policy.Participant, given []policy.Given) error {
					if slices.Contains(asked, p.Sub) {
						m[p.Sub] = fmt.Sprintf("%+v %+v", p, given)
					}
					return nil
				}
			}
			s.must(s.db.EachParticipant(ctx, r, columns, into(all)))
			s.must(s.db.SomeParticipants(ctx, r, columns, asked, into(some)))
			if len(all) == 0 || fmt.Sprint(all) != fmt.Sprint(some) || all[list[1].Sub] != "" {
				t.Errorf("all %v\nsome %v", all, some)
			}
		}
	})
}

// notices is what the worker and the page of a teacher read and write.
func (s *site) notices() error {
	ctx := s.t.Context()
	if err := s.fill(learners(5), 0).Done(ctx); err != nil {
		return err
	}
	var subs []string
	for _, x := range learners(5) {
		subs = append(subs, x.Sub)
	}
	s.order(subs...)
	if _, err := s.db.NoticeSites(ctx); err != nil {
		return err
	}
	ns := s.dueNotices(10)
	second := s.handed(ns[1], s.handed(ns[0], nil))
	columns, err := s.db.RosterColumns(ctx, s.platform.ID, "2")
	if err != nil {
		return err
	}
	for _, err := range []error{
		s.db.NoticeLate(ctx, ns[1], second, "450"), s.db.NoticeFailed(ctx, ns[2], nil, "550"), s.db.PointlessNotices(ctx, "left", ns[3]),
		s.db.UndeliverableNotices(ctx, "no_address", ns[4]), s.db.GiveUpNotices(ctx, s.platform.ID),
		s.db.SomeParticipants(ctx, s.roster(), columns, subs, func(policy.Participant, []policy.Given) error { return nil }),
		s.db.SomeParticipants(ctx, store.Roster{PlatformID: s.platform.ID, ContextID: "2"}, columns, subs, func(policy.Participant, []policy.Given) error { return nil }),
	} {
		if err != nil {
			return err
		}
	}
	s.noticeCounts()
	_, err = s.db.Reminded(ctx, s.platform.ID, "2", subs)
	return err
}
