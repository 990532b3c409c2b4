package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ltipolicy/store"
)

func TestLogPagesHoldEveryEntryOnce(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		other, err := s.db.EnsureInstitution(t.Context(), "Other")
		s.must(err)
		for i := range 25 {
			institution := s.institution
			if i%5 == 4 {
				institution = other
			}
			if i%3 == 0 {
				s.clock.add(time.Second) // several entries in one moment
			}
			s.must(s.db.LogAct(t.Context(), store.AdminEntry{
				InstitutionID: institution, Actor: []string{"Ana", "Șerban"}[i%2], Action: []string{"look", "draft.save"}[i/2%2], Object: fmt.Sprintf("%02d", i),
			}))
		}
		all := func(q store.LogQuery) string {
			q.InstitutionID, q.Limit = s.institution, 3
			var got, each []string
			var last time.Time
			for pages := 0; ; pages++ {
				es, more, err := s.db.AdminLogPage(t.Context(), q)
				s.must(err)
				for _, e := range es {
					if !last.IsZero() && e.Time.After(last) {
						t.Errorf("%v after %v", e.Time, last)
					}
					if last = e.Time; e.Actor == "Ana" || e.Actor == "Șerban" { // the fixture's own acts stand in the log, too
						got = append(got, e.Object)
					}
				}
				if !more {
					break
				}
				if q.Before = (store.LogKey{Time: es[2].Time, ID: es[2].ID}); pages > 30 {
					t.Fatal("the log does not end")
				}
			}
			q.Before = store.LogKey{}
			s.must(s.db.AdminLogEach(t.Context(), q, func(e store.AdminEntry) error { each = append(each, e.Object); return nil }))
			if !slices.Equal(got, slices.DeleteFunc(each, func(o string) bool { return len(o) > 2 })) {
				t.Errorf("pages %v, together %v", got, each)
			}
			slices.Sort(got) // within one moment there is no order
			return strings.Join(got, " ")
		}
		for want, q := range map[string]store.LogQuery{
			"00 01 02 03 05 06 07 08 10 11 12 13 15 16 17 18 20 21 22 23": {},
			"01 03 05 07 11 13 15 17 21 23":                               {Actor: "Șerban"},
			"00 01 05 08 12 13 16 17 20 21":                               {Action: "look"},
			"01 05 13 17 21":                                              {Actor: "Șerban", Action: "look"},
			"":                                                            {Actor: "Nobody"},
		} {
			if got := all(q); got != want {
				t.Errorf("%+v:\n%s, want\n%s", q, got, want)
			}
		}
		actors, actions, err := s.db.AdminLogFilters(t.Context(), s.institution)
		s.must(err)
		if !slices.Contains(actors, "Ana") || !slices.IsSorted(actors) || !slices.Contains(actions, "look") || len(slices.Compact(actions)) != len(actions) {
			t.Errorf("people %v, acts %v", actors, actions)
		}
	})
}
