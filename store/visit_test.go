package store_test

import (
	"strings"
	"testing"

	"ltipolicy/lti"
)

// Whatever a second launch tells anew is stored, also when it is the only thing that changed.
func TestEachChangeOfALaunchIsStored(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*lti.Message)
		query  string
	}{
		"name":   {func(m *lti.Message) { m.Person.Name = "N" }, `SELECT COUNT(id) FROM lti_user WHERE name = 'N'`},
		"course": {func(m *lti.Message) { m.Context.Label = "N" }, `SELECT COUNT(contextid) FROM lti_context WHERE label = 'N'`},
		"role": {func(m *lti.Message) { m.Roles = lti.ParseRoles([]string{"urn:N"}) },
			`SELECT COUNT(userid) FROM lti_membership WHERE roles = 'urn:N'`},
		"roster": {func(m *lti.Message) { m.NRPS.MembershipsURL = "https://moodle.example/n" },
			`SELECT COUNT(contextid) FROM lti_context WHERE rosterurl = 'https://moodle.example/n'`},
		"line item": {func(m *lti.Message) { m.AGS = graded("5", "7").AGS },
			`SELECT COUNT(contextid) FROM lti_line_item WHERE url LIKE 'https%'`},
		"policies": {func(m *lti.Message) { m.Custom = map[string]string{"policies": "n"} },
			`SELECT COUNT(contextid) FROM lti_link_policy WHERE slug = 'n'`},
		"end": {func(m *lti.Message) { m.Custom = map[string]string{"ltipolicy_end": "2030-01-01T00:00:00Z"} },
			`SELECT COUNT(contextid) FROM lti_context WHERE timeend IS NOT NULL`},
		"copy": {func(m *lti.Message) { m.Custom = map[string]string{"ltipolicy_history": "4,5"} },
			`SELECT COUNT(contextid) FROM lti_context WHERE copied = 1`},
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
