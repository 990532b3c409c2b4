package store_test

import (
	"strings"
	"testing"

	"ltipolicy/lti"
	"ltipolicy/store/storetest"
)

// A launch that brings nothing new asks the database little: the platform, what is known of the launch, the
// learner's score, the nonce, what is scheduled, and what is asked. A server counts; the reading of its count is
// one more.
func TestKnownLaunchIsSixStatements(t *testing.T) {
	storetest.EachServer(t, testKnownLaunchIsSixStatements)
}

func testKnownLaunchIsSixStatements(t *testing.T, dsn string) {
	s := newSite(t, dsn)
	launch := func(nonce string) {
		t.Helper()
		p, err := s.db.Platform(t.Context(), s.platform.ID)
		s.must(err)
		m := message("5", nonce)
		m.Custom = map[string]string{"policies": "honour safety"}
		u, err := s.db.Admit(t.Context(), m, p)
		s.must(err)
		_, err = s.db.Asked(t.Context(), p.ID, m.Context.ID, u.ID)
		s.must(err)
	}
	asked := func() int {
		var name string
		var n int
		s.must(s.db.SQL().QueryRowxContext(t.Context(), `SHOW GLOBAL STATUS LIKE 'Questions'`).Scan(&name, &n))
		return n
	}
	launch("first")
	before := asked()
	launch("second")
	if n := asked() - before - 1; n != 6 {
		t.Errorf("%d statements, want 6", n)
	}
}

// Whatever a second launch tells anew is stored, also when it is the only thing that changed.
func TestEachChangeOfALaunchIsStored(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*lti.Message)
		query  string
	}{
		"name":     {func(m *lti.Message) { m.Person.Name = "N" }, `SELECT COUNT(id) FROM lti_user WHERE name = 'N'`},
		"course":   {func(m *lti.Message) { m.Context.Label = "N" }, `SELECT COUNT(contextid) FROM lti_context WHERE label = 'N'`},
		"activity": {func(m *lti.Message) { m.ResourceLink.Title = "N" }, `SELECT COUNT(contextid) FROM lti_resource_link WHERE title = 'N'`},
		"role": {func(m *lti.Message) { m.Roles = lti.ParseRoles([]string{"urn:N"}) },
			`SELECT COUNT(userid) FROM lti_membership WHERE roles = 'urn:N'`},
		"roster": {func(m *lti.Message) { m.NRPS.MembershipsURL = "https://moodle.example/n" },
			`SELECT COUNT(contextid) FROM lti_roster WHERE url = 'https://moodle.example/n'`},
		"line item": {func(m *lti.Message) { m.AGS = graded("5", "7").AGS },
			`SELECT COUNT(contextid) FROM lti_line_item WHERE url LIKE 'https%'`},
		"policies": {func(m *lti.Message) { m.Custom = map[string]string{"policies": "n"} },
			`SELECT COUNT(contextid) FROM lti_link_policy WHERE slug = 'n'`},
		"another course": {func(m *lti.Message) { m.Context.ID = "3" },
			`SELECT COUNT(contextid) FROM lti_membership WHERE contextid = '3'`},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			eachSite(t, func(t *testing.T, s *site) {
				s.admit(message("5", "first"))
				if n := s.count(tt.query); n != 0 {
					t.Fatalf("%d before", n)
				}
				m := message("5", "second")
				tt.change(m)
				s.admit(m)
				if n := s.count(tt.query); n != 1 {
					t.Errorf("%d after, want 1", n)
				}
			})
		})
	}
}
