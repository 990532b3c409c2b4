package store_test

import (
	"testing"

	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
)

// Moodle asks its site administrators nothing at login, whatever handles its policies: they are no people who will be
// asked, as long as they administer.
func TestSiteAdministratorsAreCountedApart(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		_, _, err := s.db.LoadPolicy(t.Context(), s.institution, "rules", draft(policy.Agree, text("ro", "a")), []string{s.platform.ID})
		s.must(err)
		as := func(m *lti.Message, roles ...string) *lti.Message {
			m.Roles = lti.ParseRoles(roles)
			return m
		}
		class := func(m *lti.Message) string { return s.admit(m).Class }
		asked := func() (n int) {
			t.Helper()
			s.db.ForgetCounts()
			active, err := s.db.ActiveVersions(t.Context(), s.platform.ID, "")
			s.must(err)
			reach, err := s.db.Reach(t.Context(), s.institution, active[0], []string{s.platform.ID}, false)
			s.must(err)
			return reach[0].People
		}
		s.admit(graded("5", "7"))
		before := asked()
		if got := class(as(graded("2", "7"), "Instructor", adminRole)); got != "admin" {
			t.Errorf("class %q", got)
		}
		if got := asked(); got != before {
			t.Errorf("%d are asked, and without the administrator %d", got, before)
		}
		if rows := s.report(store.ReportQuery{Class: "admin"}).Rows; len(rows) != 1 {
			t.Errorf("%d administrators", len(rows))
		}
		// Through a login door nobody arrives with a role.
		door := func() *lti.Message {
			m := as(graded("2", ""), "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Other")
			m.Context, m.AGS, m.NRPS = lti.Context{}, lti.AGS{}, lti.NRPS{}
			return m
		}
		if got := class(door()); got != "admin" {
			t.Errorf("after a launch at login: class %q", got)
		}
		_, err = s.db.MarkAccounts(t.Context(), s.platform.ID, []lti.Account{{Sub: "2", Is: lti.AccountActive}})
		s.must(err)
		if got := class(door()); got != "admin" {
			t.Errorf("after the news that the account can be used: class %q", got)
		}
		if got := class(as(graded("2", "7"), learnerRole)); got != "" {
			t.Errorf("who administers no more: class %q", got)
		}
		if got := asked(); got != before+1 {
			t.Errorf("%d are asked, want one more than %d", got, before)
		}
	})
}
