package store_test

import (
	"testing"
	"time"

	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

// One looks at a time; whoever comes within a minute of a look finds its table; and a look that came to nothing does not
// make the next one come at once.
func TestCheckOfAConnectionIsTakenInTurn(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		take := func(want bool) string {
			t.Helper()
			mine, err := s.db.TakeCheck(ctx, s.platform.ID, s.clock.now().Add(-time.Minute))
			s.must(err)
			if (mine != "") != want {
				t.Errorf("taken: %q", mine)
			}
			return mine
		}
		first := take(true)
		take(false) // it is under way, or came to nothing
		s.clock.add(61 * time.Second)
		second := take(true)
		s.must(s.db.LeaveCheck(ctx, s.platform.ID, first)) // late: it is the second one's turn by now
		take(false)
		s.must(s.db.Saw(ctx, store.Sighting{PlatformID: s.platform.ID, What: store.ConnectionChecked, Seen: 1, Detail: "[]", Last: s.clock.now()}))
		s.must(s.db.LeaveCheck(ctx, s.platform.ID, second))
		take(false) // there is a table
		s.clock.add(61 * time.Second)
		take(true)
	})
}

// Everybody writes what was seen in one order, whatever order it was seen in.
func TestSightingsAreWrittenInOneOrder(t *testing.T) {
	s := newSite(t, storetest.SQLite(t))
	var all []store.Sighting
	for _, platform := range []string{"c", "a", "d", "b"} {
		for _, what := range []store.Sight{store.FrameStorage, store.DoorHeard, store.FrameCookies} {
			all = append(all, store.Sighting{PlatformID: platform, What: what, Seen: 1, Last: s.clock.now()})
		}
	}
	s.must(s.db.Saw(t.Context(), all...))
	if n := s.count(`SELECT COUNT(a.id) FROM lti_sighting a JOIN lti_sighting b ON a.rowid < b.rowid WHERE a.platformid || a.what > b.platformid || b.what`); n != 0 {
		t.Errorf("%d pairs the other way round", n)
	}
}

// That a login plugin was heard once is remembered as long as its site: else one that fell silent would be taken for one that
// was never there.
func TestSightingOfALoginPluginStays(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		for _, what := range []store.Sight{store.DoorHeard, store.DoorIdle, store.FrameLost} {
			s.must(s.db.Saw(t.Context(), store.Sighting{PlatformID: s.platform.ID, What: what, Seen: 1, Last: s.clock.now()}))
		}
		s.clock.add(400 * oneDay)
		s.must(s.db.Sweep(t.Context()))
		seen, err := s.db.Sightings(t.Context(), s.platform.ID, time.Time{})
		s.must(err)
		if _, lost := seen[store.FrameLost]; lost || seen[store.DoorHeard].Last.IsZero() || seen[store.DoorIdle].Last.IsZero() {
			t.Errorf("%+v", seen)
		}
	})
}
