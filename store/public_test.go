package store_test

import (
	"errors"
	"testing"

	"ltipolicy/policy"
)

// TestIdentifiersAreComparedWhole: databases pass over spaces at the end, and refuse to look for what cannot be there.
func TestIdentifiersAreComparedWhole(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		visit := s.session()
		s.must(s.db.CreateSession(t.Context(), visit))
		user := s.user("7")
		event := s.answer(s.event(user, s.load("privacy", draft(policy.Agree, text("ro", "reguli"))), policy.Accepted))[0].ID
		for what, find := range map[string]func(end string) error{
			"a site":            func(end string) error { _, err := s.db.Platform(t.Context(), s.platform.ID+end); return err },
			"what a site shows": func(end string) error { _, err := s.db.Shown(t.Context(), s.platform.ID+end); return err },
			"a visit": func(end string) error {
				_, err := s.db.Session(t.Context(), visit.ID+end, visit.SecretHash)
				return err
			},
			"where a visit began": func(end string) error { _, _, err := s.db.SessionPlace(t.Context(), visit.ID+end); return err },
			"an event":            func(end string) error { _, err := s.db.Event(t.Context(), user.ID, event+end); return err },
		} {
			if err := find(""); err != nil {
				t.Errorf("%s: %v", what, err)
			}
			for _, end := range []string{" ", "  ", "\t", "\x00", "ș"} {
				if err := find(end); !errors.Is(err, policy.ErrNotFound) && !errors.Is(err, policy.ErrSession) {
					t.Errorf("%s, with %q behind its id: %v", what, end, err)
				}
			}
		}
	})
}
