package store_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
)

const doorURL = "https://moodle.example/local/ltipolicy/gate.php?step=auth"

func TestDoorBelongsToItsPlatform(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		if _, err := s.db.Door(t.Context(), s.platform.ID); !errors.Is(err, policy.ErrNotFound) {
			t.Errorf("a door before there is one: %v", err)
		}
		for _, bad := range []string{"https://other.example/gate.php", "http://moodle.example/gate.php", "gate.php"} {
			if err := s.db.SetDoor(t.Context(), s.platform.ID, bad); !errors.Is(err, policy.ErrInvalid) {
				t.Errorf("%s: %v", bad, err)
			}
		}
		if err := s.db.SetDoor(t.Context(), "nobody", doorURL); !errors.Is(err, policy.ErrNotFound) {
			t.Errorf("an unknown platform: %v", err)
		}
		s.must(s.db.SetDoor(t.Context(), s.platform.ID, doorURL))
		d, err := s.db.Door(t.Context(), s.platform.ID)
		s.must(err)
		if d.AuthURL != doorURL || d.State.Serial == 0 || d.State.Hash != (policy.Demand{}).Hash() {
			t.Errorf("door %+v", d)
		}
		s.must(s.db.SetPlatformStatus(t.Context(), s.platform.ID, lti.Disabled))
		if ds, err := s.db.Doors(t.Context()); err != nil || len(ds) != 0 {
			t.Errorf("doors of a disabled platform: %v, %v", ds, err)
		}
		s.must(s.db.SetDoor(t.Context(), s.platform.ID, ""))
		if _, err := s.db.Door(t.Context(), s.platform.ID); !errors.Is(err, policy.ErrNotFound) {
			t.Errorf("a door after it was taken away: %v", err)
		}
	})
}

func TestDoorStateGrowsOnlyWithNews(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		s.must(s.db.SetDoor(t.Context(), s.platform.ID, doorURL))
		save := func(d policy.Demand) lti.DoorState {
			t.Helper()
			before, err := s.db.Door(t.Context(), s.platform.ID)
			s.must(err)
			news, err := s.db.SaveDoorState(t.Context(), before, d)
			s.must(err)
			after, err := s.db.Door(t.Context(), s.platform.ID)
			s.must(err)
			if news != (after.State.Serial != before.State.Serial) {
				t.Errorf("news %v: %+v after %+v", news, after, before)
			}
			return after.State
		}
		owed := func() []store.Door {
			t.Helper()
			ds, err := s.db.OwedNotices(t.Context(), 10)
			s.must(err)
			return ds
		}
		first := save(policy.Demand{1, 2})
		if first.Serial < s.clock.now().UnixMilli() || !slices.Equal(first.Versions, []int64{1, 2}) || first.Hash != (policy.Demand{1, 2}).Hash() {
			t.Errorf("state %+v", first)
		}
		if again := save(policy.Demand{1, 2}); again.Serial != first.Serial {
			t.Errorf("the same state got serial %d after %d", again.Serial, first.Serial)
		}
		d := owed()
		if len(d) != 1 || d[0].State.Serial != first.Serial || !slices.Equal(d[0].State.Versions, []int64{1, 2}) {
			t.Fatalf("owed %+v", d)
		}
		s.must(s.db.NoticePostponed(t.Context(), d[0], s.clock.now().Add(time.Minute)))
		if d := owed(); len(d) != 0 {
			t.Errorf("owed before its time: %+v", d)
		}
		s.clock.add(time.Minute)
		if d := owed(); len(d) != 1 || d[0].Tries != 1 {
			t.Errorf("owed at its time: %+v", d)
		}
		second := save(policy.Demand{1}) // the clock of this replica may be behind
		if second.Serial <= first.Serial {
			t.Errorf("serial %d after %d", second.Serial, first.Serial)
		}
		s.must(s.db.NoticeDelivered(t.Context(), s.platform.ID, first.Serial))
		if d := owed(); len(d) != 1 || d[0].Tries != 0 {
			t.Errorf("the delivery of the first state settled the second: %+v", d)
		}
		s.must(s.db.NoticeDelivered(t.Context(), s.platform.ID, second.Serial))
		s.must(s.db.NoticeDelivered(t.Context(), s.platform.ID, first.Serial))
		if d := owed(); len(d) != 0 {
			t.Errorf("owed after delivery: %+v", d)
		}
		// Another replica, which read what is asked before, comes too late.
		late, err := s.db.Door(t.Context(), s.platform.ID)
		s.must(err)
		third := save(policy.Demand{1, 2, 3})
		news, err := s.db.SaveDoorState(t.Context(), late, policy.Demand{2})
		s.must(err)
		if d, err := s.db.Door(t.Context(), s.platform.ID); news || err != nil || d.State.Serial != third.Serial {
			t.Errorf("what was read before is recorded after: %v, %+v, %v", news, d, err)
		}
		s.must(s.db.NoticeDelivered(t.Context(), s.platform.ID, third.Serial))
		s.must(s.db.SetDoor(t.Context(), s.platform.ID, doorURL+"&new=1"))
		if d := owed(); len(d) != 1 {
			t.Error("a new plugin is told nothing")
		}
	})
}

func TestDoorLaunchLivesAsLongAsItsSession(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		l := store.DoorLaunch{SessionID: s.id(), Nonce: "n", Contact: "Întreabă", Expires: s.clock.now().Add(time.Hour)}
		s.must(s.db.AddDoorLaunch(t.Context(), l))
		got, ok, err := s.db.DoorLaunch(t.Context(), l.SessionID)
		s.must(err)
		if !ok || got.Nonce != "n" || got.Contact != "Întreabă" {
			t.Errorf("%v %+v", ok, got)
		}
		if _, ok, err := s.db.DoorLaunch(t.Context(), s.id()); ok || err != nil {
			t.Errorf("another session: %v, %v", ok, err)
		}
		s.clock.add(time.Hour + time.Second)
		if _, ok, err := s.db.DoorLaunch(t.Context(), l.SessionID); ok || err != nil {
			t.Errorf("after its end: %v, %v", ok, err)
		}
		s.must(s.db.Sweep(t.Context()))
		s.clock.add(-time.Hour)
		if _, ok, err := s.db.DoorLaunch(t.Context(), l.SessionID); ok || err != nil {
			t.Errorf("after the sweep: %v, %v", ok, err)
		}
		if err := s.db.AddDoorLaunch(t.Context(), store.DoorLaunch{SessionID: "x"}); !errors.Is(err, policy.ErrInvalid) {
			t.Errorf("without nonce: %v", err)
		}
	})
}

// A platform and its door come together or not at all.
func TestPlatformIsAddedWithItsDoor(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		ctx, p := t.Context(), platformFor(s.id(), s.institution, s.platform.Issuer, "2")
		for _, bad := range []string{"https://elsewhere.example/gate", "not an address"} {
			if err := s.db.AddPlatformWithDoor(ctx, p, bad); !errors.Is(err, policy.ErrInvalid) {
				t.Errorf("%q: %v", bad, err)
			}
		}
		if _, err := s.db.Platform(ctx, p.ID); !errors.Is(err, policy.ErrNotFound) {
			t.Errorf("half of it stayed: %v", err)
		}
		s.must(s.db.AddPlatformWithDoor(ctx, p, doorURL))
		if d, err := s.db.Door(ctx, p.ID); err != nil || d.AuthURL != doorURL {
			t.Errorf("%+v, %v", d, err)
		}
	})
}
