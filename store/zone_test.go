package store_test

import (
	"crypto/sha256"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ltipolicy/policy"
	"ltipolicy/store"
)

// TestZoneIsLearnedOnceAndChosenForGood: what a site sends counts once, while nobody chose; the log has it all, and whoever
// reads the institution, a visit, a launch or what anybody sees reads the zone with it.
func TestZoneIsLearnedOnceAndChosenForGood(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		v, by := visits{s}, store.Admin{InstitutionID: s.institution, Actor: "Ana"}
		visit := v.begin(s.user("7"))
		is := func(want store.Zone) {
			t.Helper()
			i, err := s.db.Institution(t.Context(), s.institution)
			s.must(err)
			sum := sha256.Sum256([]byte(visit))
			ses, err := s.db.Session(t.Context(), visit, sum[:])
			s.must(err)
			shown, err := s.db.Shown(t.Context(), s.platform.ID)
			s.must(err)
			a, err := s.db.Admit(t.Context(), message("7", s.id()), s.platform)
			s.must(err)
			for what, got := range map[string]store.Zone{"institution": i.Zone, "visit": ses.Zone, "anybody": shown.Zone, "launch": a.Zone} {
				if got != want {
					t.Errorf("%s: %+v, want %+v", what, got, want)
				}
			}
		}
		learn := func(name string) { t.Helper(); s.must(s.db.LearnZone(t.Context(), s.platform, name)) }
		is(store.Zone{})
		for _, nothing := range []string{"", "99", "$Person.address.timezone", "Europe/Nowhere", "Local", "EST"} {
			learn(nothing)
		}
		is(store.Zone{})
		learn("Europe/Vilnius")
		learn("Europe/Bucharest")
		is(store.Zone{Name: "Europe/Vilnius", Learned: true})
		for range 2 {
			s.must(s.db.SetZone(t.Context(), by, "Europe/Vilnius"))
		}
		is(store.Zone{Name: "Europe/Vilnius"})
		learn("Europe/Bucharest")
		for _, wrong := range []string{"", "Local", "europe bucharest", "~Europe/Bucharest"} {
			if err := s.db.SetZone(t.Context(), by, wrong); !errors.Is(err, policy.ErrInvalid) {
				t.Errorf("%q: %v", wrong, err)
			}
		}
		if err := s.db.SetZone(t.Context(), store.Admin{InstitutionID: "other"}, "UTC"); !errors.Is(err, policy.ErrNotFound) {
			t.Errorf("an institution that is not there: %v", err)
		}
		is(store.Zone{Name: "Europe/Vilnius"})
		s.must(s.db.SetZone(t.Context(), by, "UTC"))
		is(store.Zone{Name: "UTC"})

		entries, _, err := s.db.AdminLogPage(t.Context(), store.LogQuery{InstitutionID: s.institution, Action: "institution.zone", Limit: 10})
		s.must(err)
		var got []string
		for _, e := range entries {
			got = append(got, e.Actor+" "+e.Object+" "+e.Detail)
		}
		want := []string{
			`Ana CVUPT {"before":{"zone":"Europe/Vilnius"},"after":{"zone":"UTC"}}`,
			`Ana CVUPT {"before":{"zone":"Europe/Vilnius","learned":true},"after":{"zone":"Europe/Vilnius"}}`,
			`https://moodle.example CVUPT {"before":{"zone":""},"after":{"zone":"Europe/Vilnius","learned":true}}`,
		}
		slices.Sort(got) // they are of one moment
		slices.Sort(want)
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("the log (-want +got):\n%s", d)
		}
		if _, err := s.db.VerifyEvidence(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
