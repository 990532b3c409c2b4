package store_test

import (
	"testing"

	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
)

// Nobody waits for the answer of somebody whose account is gone: they are in no list, no count and no figure but those
// of their own class. Who was deleted and made again is another person, and the only one in the list.
func TestWhoIsGoneIsInNoListAndNoFigure(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		_, id, err := s.db.LoadPolicy(ctx, s.institution, "rules", draft(policy.Agree, text("ro", "a")), []string{s.platform.ID})
		s.must(err)
		v, err := s.db.Version(ctx, s.institution, id)
		s.must(err)
		s.enters(s.platform, "stays", "2")
		for _, sub := range []string{"first", "locked"} {
			u := s.enters(s.platform, sub, "2")
			s.answerAt(u, s.platform, v, policy.Accepted, day(2))
		}
		s.enters(s.platform, "again", "2")
		counted := func() (people, pending, listed, accepted int) {
			t.Helper()
			reach, err := s.db.Reach(ctx, s.institution, v, []string{s.platform.ID}, false)
			s.must(err)
			r := s.report(store.ReportQuery{})
			members, err := store.Participants(ctx, s.db, s.roster())
			s.must(err)
			f, err := s.db.Figures(ctx, s.institution, v.PolicyID)
			s.must(err)
			if len(r.Rows) != len(members) {
				t.Errorf("%d in the report, %d in the course", len(r.Rows), len(members))
			}
			return reach[0].People, reach[0].Asked, len(r.Rows), f.Sites[0].Accepted
		}
		want := func(what string, people, listed, accepted int) {
			t.Helper()
			if p, a, l, acc := counted(); p != people || a != people || l != listed || acc != accepted {
				t.Errorf("%s: %d people, %d asked, %d listed, %d accepted; want %d, %d, %d", what, p, a, l, acc, people, listed, accepted)
			}
		}
		mark := func(sub string, is lti.AccountState) {
			t.Helper()
			n, err := s.db.MarkAccounts(ctx, s.platform.ID, []lti.Account{{Sub: sub, Is: is}})
			s.must(err)
			if n != 1 {
				t.Errorf("%s %s: %d marked", sub, is, n)
			}
		}
		want("all there", 4, 4, 2)
		mark("first", lti.AccountDeleted)
		want("one deleted, and made again as another", 3, 3, 1)
		mark("locked", lti.AccountSuspended)
		want("one suspended", 2, 2, 0)
		for class, name := range map[string]string{"deleted": "first", "suspended": "locked"} {
			if rows := s.report(store.ReportQuery{Class: class}).Rows; len(rows) != 1 || rows[0].User.Sub != name {
				t.Errorf("class %s: %v", class, rows)
			}
		}
		mark("locked", lti.AccountActive)
		want("the suspended one back", 3, 3, 1)
		mark("locked", lti.AccountSuspended)
		s.enters(s.platform, "locked", "2")
		want("back by a launch, before the news of it", 3, 3, 1)
	})
}
