package store_test

import (
	"crypto/rand"
	"errors"
	"slices"
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

// reserve makes an invitation and reserves it for a platform; it returns the platform's id to be.
func (s *site) reserve(token, issuer, clientID string) string {
	s.t.Helper()
	s.must(s.db.CreateInvitation(s.t.Context(), hashOf(token), s.invitation()))
	r, err := s.db.Reserve(s.t.Context(), hashOf(token), store.Applicant{Issuer: issuer, ClientID: clientID})
	s.must(err)
	return r.PlatformID
}

func TestInvitationServesThePlatformThatBegan(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		hash := hashOf("token")
		s.must(s.db.CreateInvitation(t.Context(), hash, s.invitation()))
		inv, err := s.db.Invitation(t.Context(), hash)
		s.must(err)
		if inv.Institution != "CVUPT" || inv.Used || inv.InstitutionID != s.institution {
			t.Errorf("invitation %+v", inv)
		}
		var won atomic.Int32
		for i, err := range parallel(8, func(i int) error {
			_, err := s.db.Reserve(t.Context(), hash, store.Applicant{Issuer: "https://new" + userNumber(i) + ".example", ClientID: "c"})
			if err == nil {
				won.Add(1)
			}
			return err
		}) {
			if err != nil && !errors.Is(err, policy.ErrNotFound) {
				t.Errorf("call %d: %v", i, err)
			}
		}
		inv, err = s.db.Invitation(t.Context(), hash)
		s.must(err)
		if won.Load() != 1 || inv.PlatformID == "" || inv.Used {
			t.Fatalf("%d won, invitation %+v", won.Load(), inv)
		}
		// Whoever has it may begin again, as the same platform, also a while after its end; nobody else may.
		again := store.Applicant{Issuer: inv.Issuer, ClientID: inv.ClientID}
		for range 2 {
			r, err := s.db.Reserve(t.Context(), hash, again)
			if err != nil || r.PlatformID != inv.PlatformID || !r.Again || !r.Begun || r.Known != nil || r.Done {
				t.Errorf("begun again: %+v, %v", r, err)
			}
			s.clock.add(2 * time.Hour)
		}
		if _, err := s.db.Reserve(t.Context(), hash, store.Applicant{Issuer: "https://other.example"}); !errors.Is(err, policy.ErrNotFound) {
			t.Errorf("somebody else: %v", err)
		}
		p := platformFor(inv.PlatformID, "", inv.Issuer, "c")
		for _, bad := range []lti.Platform{platformFor(s.id(), "", inv.Issuer, "c"), platformFor(inv.PlatformID, "", "https://other.example", "c")} {
			if _, err := s.db.Register(t.Context(), hash, bad, ""); !errors.Is(err, policy.ErrNotFound) {
				t.Errorf("what was not reserved: %v", err)
			}
		}
		for range 2 {
			got, err := s.db.Register(t.Context(), hash, p, p.Issuer+"/door")
			p.InstitutionID = s.institution
			if d := cmp.Diff(p, got); err != nil || d != "" {
				t.Errorf("%v, registered:\n%s", err, d)
			}
		}
		if d, err := s.db.Door(t.Context(), p.ID); err != nil || d.AuthURL != p.Issuer+"/door" || d.State.Serial == 0 {
			t.Errorf("door %+v, %v", d, err)
		}
		// It is used: the same registration is done, one that tells the tool anew goes on, another tool of a platform
		// that nobody has come by takes its place, and nothing else does.
		if r, err := s.db.Registering(t.Context(), hash, again); err != nil || !r.Done {
			t.Errorf("the same again: %+v, %v", r, err)
		}
		if r, err := s.db.Reserve(t.Context(), hash, store.Applicant{Issuer: p.Issuer, ClientID: "c", Update: true}); err != nil || r.Done || r.PlatformID != p.ID || r.Known == nil {
			t.Errorf("an update: %+v, %v", r, err)
		}
		second := store.Applicant{Issuer: p.Issuer, ClientID: "d"}
		if r, err := s.db.Reserve(t.Context(), hash, second); err != nil || r.PlatformID != p.ID || r.Known == nil {
			t.Errorf("another tool: %+v, %v", r, err)
		}
		_, err = s.db.Admit(t.Context(), message("1", "n"), p)
		s.must(err)
		if _, err := s.db.Reserve(t.Context(), hash, second); !errors.Is(err, policy.ErrConflict) {
			t.Errorf("another tool of a platform with people: %v", err)
		}
		if _, err := s.db.Reserve(t.Context(), hash, store.Applicant{Issuer: "https://other.example", ClientID: "c"}); !errors.Is(err, policy.ErrNotFound) {
			t.Errorf("somebody else: %v", err)
		}
	})
}

func TestInvitationThatIsNotGood(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		s.must(s.db.CreateInvitation(t.Context(), hashOf("late"), s.invitation()))
		elsewhere, err := s.db.EnsureInstitution(t.Context(), "Elsewhere")
		s.must(err)
		i := s.invitation()
		i.InstitutionID = elsewhere
		s.must(s.db.CreateInvitation(t.Context(), hashOf("elsewhere"), i))
		known := store.Applicant{Issuer: s.platform.Issuer, ClientID: s.platform.ClientID, Update: true}
		if _, err := s.db.Reserve(t.Context(), hashOf("elsewhere"), known); !errors.Is(err, policy.ErrConflict) {
			t.Errorf("another institution's platform: %v", err)
		}
		refused := store.Applicant{Issuer: "https://new.example", ClientID: "c"}
		r, err := s.db.Reserve(t.Context(), hashOf("elsewhere"), refused)
		s.must(err)
		s.must(s.db.Release(t.Context(), hashOf("elsewhere"), r.PlatformID))
		if r, err := s.db.Reserve(t.Context(), hashOf("elsewhere"), store.Applicant{Issuer: "https://third.example"}); err != nil || r.Begun {
			t.Errorf("after a refusal: %+v, %v", r, err)
		}
		s.clock.add(time.Hour)
		for name, h := range map[string][]byte{"expired": hashOf("late"), "unknown": hashOf("x")} {
			for _, a := range []store.Applicant{known, refused} {
				if _, err := s.db.Reserve(t.Context(), h, a); !errors.Is(err, policy.ErrNotFound) {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
		s.clock.add(reservedFor)
		if _, err := s.db.Reserve(t.Context(), hashOf("elsewhere"), store.Applicant{Issuer: "https://third.example"}); !errors.Is(err, policy.ErrNotFound) {
			t.Errorf("a day after its end: %v", err)
		}
	})
}

const reservedFor = 24 * time.Hour

// A registration that is renewed leaves what people have and what somebody chose.
func TestRegistrationIsRenewed(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		s.must(s.db.SetDoor(t.Context(), s.platform.ID, s.platform.Issuer+"/elsewhere"))
		before, err := s.db.Platform(t.Context(), s.platform.ID)
		s.must(err)
		id := s.reserve("token", s.platform.Issuer, s.platform.ClientID)
		if id != s.platform.ID {
			t.Fatalf("reserved %s, want %s", id, s.platform.ID)
		}
		p := platformFor(id, "", s.platform.Issuer, s.platform.ClientID)
		p.Name, p.Status, p.Deployments, p.JWKSURL = "host.example", lti.Pending, []string{"9"}, p.Issuer+"/keys"
		got, err := s.db.Register(t.Context(), hashOf("token"), p, p.Issuer+"/door")
		want := before
		want.JWKSURL, want.Deployments = p.JWKSURL, append(append([]string{}, before.Deployments...), "9")
		if d := cmp.Diff(want, got); err != nil || d != "" {
			t.Errorf("%v, renewed:\n%s", err, d)
		}
		if d, err := s.db.Door(t.Context(), id); err != nil || d.AuthURL != s.platform.Issuer+"/elsewhere" {
			t.Errorf("door %+v, %v", d, err)
		}
		// An operator's word in the invitation counts.
		s.must(s.db.SetPlatformStatus(t.Context(), id, lti.Disabled))
		i := s.invitation()
		i.Name, i.Activates = "CVUPT", true
		s.must(s.db.CreateInvitation(t.Context(), hashOf("named"), i))
		_, err = s.db.Reserve(t.Context(), hashOf("named"), store.Applicant{Issuer: p.Issuer, ClientID: p.ClientID, Update: true})
		s.must(err)
		if got, err = s.db.Register(t.Context(), hashOf("named"), p, ""); err != nil || got.Name != "CVUPT" || got.Status != lti.Active {
			t.Errorf("renewed as %+v, %v", got, err)
		}
	})
}

func TestFirstDeploymentIsTheOnlyOneThatComesByItself(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		p := platformFor(s.id(), s.institution, "https://new.example", "c")
		p.Deployments = nil
		s.must(s.db.AddPlatform(t.Context(), p))
		for _, d := range []string{"1", "1", "2"} {
			s.must(s.db.FirstDeployment(t.Context(), p.ID, d))
		}
		got, err := s.db.Platform(t.Context(), p.ID)
		s.must(err)
		if d := cmp.Diff([]string{"1"}, got.Deployments); d != "" {
			t.Error(d)
		}
		s.must(s.db.AllowDeployment(t.Context(), p.ID, "2"))
		if got, err = s.db.Platform(t.Context(), p.ID); err != nil || !slices.Contains(got.Deployments, "2") {
			t.Errorf("%v, %v", got.Deployments, err)
		}
		if err := s.db.AllowDeployment(t.Context(), s.id(), "2"); !errors.Is(err, policy.ErrNotFound) {
			t.Errorf("unknown platform: %v", err)
		}
		if err := s.db.AllowDeployment(t.Context(), p.ID, ""); !errors.Is(err, policy.ErrInvalid) {
			t.Errorf("no deployment: %v", err)
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
