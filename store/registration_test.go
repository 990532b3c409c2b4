package store_test

import (
	"crypto/rand"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

func generateKey() (lti.Key, error) { return lti.GenerateKey(rand.Reader, time.Now()) }

func TestInstitutionIsMadeOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ids := make([]string, 8)
		for _, err := range parallel(len(ids), func(i int) error {
			var err error
			ids[i], err = db.EnsureInstitution(t.Context(), " ВСУ „Черноризец Храбър” ")
			return err
		}) {
			if err != nil {
				t.Error(err)
			}
		}
		all, err := db.Institutions(t.Context())
		if err != nil || len(all) != 1 || all[0].Name != "ВСУ „Черноризец Храбър”" {
			t.Fatalf("institutions %v, %v", all, err)
		}
		for _, id := range ids {
			if id != all[0].ID {
				t.Errorf("id %s, want %s", id, all[0].ID)
			}
		}
		if _, err := db.EnsureInstitution(t.Context(), " "); !errors.Is(err, policy.ErrInvalid) {
			t.Errorf("empty name: %v", err)
		}
	})
}

func TestPlatformIsKnownByIssuerAndClient(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		p := platformFor(s.id(), s.institution, "https://moodle.example", "Client-1") // differs in case only
		p.Deployments = []string{"b", "a", "a "}
		p.Anonymous = true
		s.must(s.db.AddPlatform(t.Context(), p))
		p.Deployments = []string{"a", "a ", "b"}
		for name, get := range map[string]func() (lti.Platform, error){
			"id":     func() (lti.Platform, error) { return s.db.Platform(t.Context(), p.ID) },
			"client": func() (lti.Platform, error) { return s.db.PlatformByClient(t.Context(), p.Issuer, p.ClientID) },
		} {
			got, err := get()
			s.must(err)
			if d := cmp.Diff(p, got); d != "" {
				t.Errorf("by %s:\n%s", name, d)
			}
		}
		for _, c := range [][2]string{{"https://moodle.example ", "Client-1"}, {"https://moodle.example", "Client-1 "}, {"https://MOODLE.example", "Client-1"}} {
			if _, err := s.db.PlatformByClient(t.Context(), c[0], c[1]); !errors.Is(err, policy.ErrNotFound) {
				t.Errorf("%q: %v", c, err)
			}
		}
		for name, f := range map[string]func() ([]lti.Platform, error){
			"issuer":      func() ([]lti.Platform, error) { return s.db.PlatformsByIssuer(t.Context(), p.Issuer) },
			"institution": func() ([]lti.Platform, error) { return s.db.PlatformsOf(t.Context(), s.institution) },
			"all":         func() ([]lti.Platform, error) { return s.db.Platforms(t.Context()) },
		} {
			if ps, err := f(); err != nil || len(ps) != 2 {
				t.Errorf("by %s: %d, %v", name, len(ps), err)
			}
		}
		twin := platformFor(s.id(), s.institution, p.Issuer, p.ClientID)
		if err := s.db.AddPlatform(t.Context(), twin); !errors.Is(err, policy.ErrConflict) {
			t.Errorf("same issuer and client again: %v", err)
		}
		for name, change := range map[string]func(*lti.Platform){
			"institution": func(p *lti.Platform) { p.InstitutionID = s.id() }, "issuer": func(p *lti.Platform) { p.Issuer = strings.Repeat("x", 256) },
			"status": func(p *lti.Platform) { p.Status = "" }, "deployment": func(p *lti.Platform) { p.Deployments = []string{""} },
		} {
			bad := platformFor(s.id(), s.institution, "https://other.example", "c")
			change(&bad)
			if err := s.db.AddPlatform(t.Context(), bad); !errors.Is(err, policy.ErrInvalid) {
				t.Errorf("bad %s: %v", name, err)
			}
		}
		s.must(s.db.SetPlatformStatus(t.Context(), p.ID, lti.Disabled))
		s.must(s.db.SetPlatformStatus(t.Context(), p.ID, lti.Disabled))
		if got, _ := s.db.Platform(t.Context(), p.ID); got.Status != lti.Disabled {
			t.Errorf("status %q", got.Status)
		}
		if err := s.db.SetPlatformStatus(t.Context(), s.id(), lti.Active); !errors.Is(err, policy.ErrNotFound) {
			t.Errorf("unknown platform: %v", err)
		}
		log, _, err := s.db.AdminLogPage(t.Context(), store.LogQuery{InstitutionID: s.institution, Limit: 10})
		if err != nil || len(log) != 4 { // institution, two platforms, one change of status
			t.Errorf("admin log %v, %v", log, err)
		}
	})
}

func TestInvitationServesOnce(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		hash := hashOf("token")
		s.must(s.db.CreateInvitation(t.Context(), s.institution, hash, s.clock.now().Add(time.Hour)))
		inv, err := s.db.Invitation(t.Context(), hash)
		s.must(err)
		if inv.Institution != "CVUPT" || inv.Used || inv.InstitutionID != s.institution {
			t.Errorf("invitation %+v", inv)
		}
		var won atomic.Int32
		for i, err := range parallel(8, func(i int) error {
			p := platformFor(s.id(), "", "https://new.example", userNumber(i))
			err := s.db.RedeemInvitation(t.Context(), hash, p)
			if err == nil {
				won.Add(1)
			}
			return err
		}) {
			if err != nil && !errors.Is(err, policy.ErrNotFound) {
				t.Errorf("call %d: %v", i, err)
			}
		}
		ps, err := s.db.PlatformsByIssuer(t.Context(), "https://new.example")
		if err != nil || won.Load() != 1 || len(ps) != 1 || ps[0].InstitutionID != s.institution {
			t.Errorf("%d won, platforms %v, %v", won.Load(), ps, err)
		}
		if inv, _ := s.db.Invitation(t.Context(), hash); !inv.Used || inv.PlatformID != ps[0].ID {
			t.Errorf("used invitation %+v", inv)
		}

		late := hashOf("late")
		s.must(s.db.CreateInvitation(t.Context(), s.institution, late, s.clock.now().Add(time.Hour)))
		taken := platformFor(s.id(), "", s.platform.Issuer, s.platform.ClientID)
		if err := s.db.RedeemInvitation(t.Context(), late, taken); !errors.Is(err, policy.ErrConflict) {
			t.Errorf("a platform that is registered already: %v", err)
		}
		if inv, _ := s.db.Invitation(t.Context(), late); inv.Used {
			t.Error("a failed registration used up the invitation")
		}
		s.clock.add(time.Hour)
		for name, h := range map[string][]byte{"expired": late, "unknown": hashOf("x")} {
			if err := s.db.RedeemInvitation(t.Context(), h, platformFor(s.id(), "", "https://x.example", "c")); !errors.Is(err, policy.ErrNotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestKeysRotate(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		db := storetest.Open(t, dsn, store.Options{Sleep: noSleep})
		for _, err := range parallel(3, func(int) error { return db.EnsureKeys(t.Context(), generateKey) }) {
			if err != nil {
				t.Error(err)
			}
		}
		before, err := db.KeyRing(t.Context())
		if err != nil || len(before) != 2 {
			t.Fatalf("%d keys, %v", len(before), err)
		}
		for range 3 {
			fresh, err := generateKey()
			if err != nil {
				t.Fatal(err)
			}
			if err := db.RotateKey(t.Context(), fresh); err != nil {
				t.Fatal(err)
			}
			after, err := db.KeyRing(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]lti.KeyUse{}
			for _, k := range before.Rotate(fresh) {
				want[k.KID] = k.Use
			}
			got := map[string]lti.KeyUse{}
			for _, k := range after {
				got[k.KID] = k.Use
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("ring:\n%s", d)
			}
			current, err := after.Current()
			if err != nil || !current.Private.Equal(keyOf(before.Rotate(fresh), current.KID).Private) {
				t.Errorf("the stored key is not the one given: %v", err)
			}
			before = after
		}
	})
}

func keyOf(r lti.KeyRing, kid string) lti.Key {
	for _, k := range r {
		if k.KID == kid {
			return k
		}
	}
	return lti.Key{}
}

func TestSecretIsMadeOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		values := make([]string, 8)
		for _, err := range parallel(len(values), func(i int) error {
			b, err := db.Secret(t.Context(), "session", func() ([]byte, error) { return []byte{0, 0xff, byte(i)}, nil })
			values[i] = string(b)
			return err
		}) {
			if err != nil {
				t.Error(err)
			}
		}
		for _, v := range values {
			if v != values[0] || len(v) != 3 {
				t.Errorf("secret %x, another caller got %x", v, values[0])
			}
		}
	})
}
