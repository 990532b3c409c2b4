package store_test

import (
	"crypto/sha256"
	"errors"
	"testing"
	"time"

	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

// visits are those of one test, by their secrets.
type visits struct{ *site }

func (v visits) begin(u store.User, edit ...func(*store.Session)) string {
	v.t.Helper()
	id, err := v.db.NewID()
	v.must(err)
	sum := sha256.Sum256([]byte(id))
	s := store.Session{
		ID: id, SecretHash: sum[:], PlatformID: v.platform.ID, InstitutionID: v.institution, Sub: u.Sub, ContextID: "2",
		Created: v.clock.now(), Expires: v.clock.now().Add(time.Hour),
	}.Of(u)
	for _, e := range edit {
		e(&s)
	}
	v.must(v.db.CreateSession(v.t.Context(), s))
	return id
}

func (v visits) alive(db *store.DB, id string) bool {
	v.t.Helper()
	sum := sha256.Sum256([]byte(id))
	_, err := db.Session(v.t.Context(), id, sum[:])
	if err != nil && !errors.Is(err, policy.ErrSession) {
		v.t.Fatal(err)
	}
	return err == nil
}

// TestDisablingEndsVisitsForGood: a site that is activated again begins with none, and nobody begins one in between.
func TestDisablingEndsVisitsForGood(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		v := visits{newSite(t, dsn)}
		u := v.user("7")
		visit, nobodys := v.begin(u), v.begin(store.User{})
		v.must(v.db.SetPlatformStatus(t.Context(), v.platform.ID, lti.Disabled))
		sum := sha256.Sum256([]byte("late"))
		late := store.Session{ID: "late", SecretHash: sum[:], PlatformID: v.platform.ID, Created: v.clock.now(), Expires: v.clock.now().Add(time.Hour)}.Of(u)
		if err := v.db.CreateSession(t.Context(), late); !errors.Is(err, policy.ErrSession) {
			t.Errorf("a visit of a site that is disabled began: %v", err)
		}
		v.must(v.db.SetPlatformStatus(t.Context(), v.platform.ID, lti.Active))
		if v.alive(v.db, visit) || v.alive(v.db, nobodys) {
			t.Error("a visit of before came back")
		}
		if fresh := v.begin(u); !v.alive(v.db, fresh) {
			t.Error("no visit begins any more")
		}
	})
}

// TestVisitsEndOnDemand: of a person, of a site, of everybody; at once in every replica, and whoever asks may stay.
func TestVisitsEndOnDemand(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		v := visits{newSite(t, dsn)}
		replica := storetest.Open(t, dsn, store.Options{Now: v.clock.now})
		one, two := v.user("7"), v.user("8")
		by := store.Admin{InstitutionID: v.institution, UserID: two.ID, Actor: "Two"}
		for name, c := range map[string]struct {
			of             store.Visits
			stays          bool
			one, two, none bool
		}{
			"of a person":                  {store.Visits{PlatformID: v.platform.ID, UserID: one.ID}, false, false, true, true},
			"of a site":                    {store.Visits{PlatformID: v.platform.ID}, false, false, false, false},
			"of a site but the one's":      {store.Visits{PlatformID: v.platform.ID}, true, false, true, false},
			"of the person who asks, else": {store.Visits{PlatformID: v.platform.ID, UserID: two.ID}, true, true, true, true},
			"of everybody":                 {store.Visits{}, false, false, false, false},
		} {
			a, b, nobodys := v.begin(one), v.begin(two), v.begin(store.User{})
			but := ""
			if c.stays {
				but = b
			}
			v.must(v.db.EndVisits(t.Context(), by, c.of, but))
			for _, db := range []*store.DB{v.db, replica} {
				if got := [3]bool{v.alive(db, a), v.alive(db, b), v.alive(db, nobodys)}; got != [3]bool{c.one, c.two, c.none} {
					t.Errorf("%s: alive %v", name, got)
				}
			}
		}
		dead := v.begin(two)
		v.must(v.db.EndVisits(t.Context(), by, store.Visits{PlatformID: v.platform.ID, UserID: two.ID}, ""))
		v.must(v.db.EndVisits(t.Context(), by, store.Visits{PlatformID: v.platform.ID}, dead))
		if v.alive(v.db, dead) {
			t.Error("a visit that ended before came back, because its owner ended those of others")
		}
		entries, _, err := v.db.AdminLogPage(t.Context(), store.LogQuery{InstitutionID: v.institution, Action: "session.end", Limit: 10})
		v.must(err)
		if len(entries) != 7 || entries[0].Actor != "Two" {
			t.Errorf("%d entries of the log, %+v", len(entries), entries)
		}
		for name, of := range map[string]store.Visits{"another site": {PlatformID: "x"}, "another person": {PlatformID: v.platform.ID, UserID: 9999}} {
			if err := v.db.EndVisits(t.Context(), by, of, ""); !errors.Is(err, policy.ErrNotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := v.db.EndVisits(t.Context(), store.Admin{InstitutionID: "other"}, store.Visits{PlatformID: v.platform.ID}, ""); !errors.Is(err, policy.ErrNotFound) {
			t.Errorf("another institution's: %v", err)
		}
	})
}

// TestVisitsEndWithTheRegistrationTheyCameBy: where another key or client counts for a site from now on, or the site is active
// again, what was opened before is over. A name changes nothing for those inside.
func TestVisitsEndWithTheRegistrationTheyCameBy(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*lti.Platform)
		before lti.Status
		ends   bool
	}{
		"nothing":    {func(*lti.Platform) {}, lti.Active, false},
		"its name":   {func(p *lti.Platform) { p.Name = "another" }, lti.Active, false},
		"its keys":   {func(p *lti.Platform) { p.JWKSURL += "/moved" }, lti.Active, true},
		"its client": {func(p *lti.Platform) { p.ClientID += "x" }, lti.Active, true},
		"its status": {func(*lti.Platform) {}, lti.Disabled, true},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.EachDSN(t, func(t *testing.T, dsn string) {
				v := visits{newSite(t, dsn)}
				visit := v.begin(v.user("7"))
				v.must(v.db.SetPlatformStatus(t.Context(), v.platform.ID, c.before))
				i := v.invitation()
				i.Name, i.Activates = v.platform.Name, true
				v.must(v.db.CreateInvitation(t.Context(), hashOf("anew"), i))
				_, err := v.db.Reserve(t.Context(), hashOf("anew"), store.Applicant{Issuer: v.platform.Issuer, ClientID: v.platform.ClientID, Update: true})
				v.must(err)
				p, err := v.db.Platform(t.Context(), v.platform.ID)
				v.must(err)
				c.change(&p)
				_, err = v.db.Register(t.Context(), hashOf("anew"), p, "")
				v.must(err)
				if got := !v.alive(v.db, visit); got != c.ends {
					t.Errorf("ended: %v, want %v", got, c.ends)
				}
			})
		})
	}
}
