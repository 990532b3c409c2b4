package store_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

// Fifty launches with one nonce on two replicas: exactly one comes in.
func TestNonceServesOnce(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		replica := storetest.Open(t, s.dsn, store.Options{Now: s.clock.now})
		won := 0
		for i, err := range parallel(50, func(i int) error {
			db := s.db
			if i%2 == 1 {
				db = replica
			}
			_, err := db.Admit(t.Context(), message("5", "nonce"), s.platform)
			return err
		}) {
			switch {
			case err == nil:
				won++
			case lti.CodeOf(err) != lti.NonceReplayed:
				t.Errorf("launch %d: %v", i, err)
			}
		}
		if won != 1 {
			t.Errorf("%d launches came in, want 1", won)
		}
		other := s.addPlatform("https://other.example", "c")
		if _, err := s.db.Admit(t.Context(), message("5", "nonce"), other); err != nil {
			t.Errorf("another platform's nonce: %v", err)
		}
	})
}

func TestAdmitRecordsWhoAndWhere(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		u := s.user("5")
		want := store.User{
			ID: u.ID, PlatformID: s.platform.ID, Sub: "5", Name: "Ștefan Țăran", GivenName: "Ștefan", FamilyName: "Țăran",
			Email: "s@example.test", Username: "stefan", Lang: "ro", Created: s.clock.now(), LastLaunch: s.clock.now(),
		}
		stored, err := s.db.User(t.Context(), s.platform.ID, u.ID)
		s.must(err)
		if d := cmp.Diff(want, stored, cmp.AllowUnexported(want)); d != "" || u != want {
			t.Errorf("user:\n%s", d)
		}
		if _, err := s.db.User(t.Context(), s.id(), u.ID); !errors.Is(err, policy.ErrNotFound) {
			t.Errorf("through another platform: %v", err)
		}
		for _, sub := range []string{"5 ", "05", "A", "a"} {
			if v := s.user(sub); v.ID == u.ID {
				t.Errorf("%q is taken for \"5\"", sub)
			}
		}

		s.clock.add(time.Minute)
		if again := s.user("5"); again != want {
			t.Errorf("a launch soon after wrote again: %+v", again)
		}
		m := message("5", "changed")
		m.Person.Name, m.Person.Email, m.Context.Title = "Stefan", "", "Chimie II"
		m.Roles = lti.ParseRoles([]string{"http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"})
		got, err := s.db.Admit(t.Context(), m, s.platform)
		s.must(err)
		if got.Name != "Stefan" || got.Email != "s@example.test" || !got.LastLaunch.Equal(s.clock.now()) {
			t.Errorf("after a change: %+v", got)
		}
		for query, n := range map[string]int{
			`SELECT COUNT(contextid) FROM lti_context WHERE title = 'Chimie II'`:      1,
			`SELECT COUNT(userid) FROM lti_membership`:                                5,
			`SELECT COUNT(userid) FROM lti_membership WHERE roles LIKE '%Instructor'`: 1,
			`SELECT COUNT(id) FROM lti_user`:                                          5,
		} {
			if got := s.count(query); got != n {
				t.Errorf("%s: %d, want %d", query, got, n)
			}
		}
		s.clock.add(time.Hour)
		if got := s.user("5"); !got.LastLaunch.Equal(s.clock.now()) {
			t.Errorf("last launch %v after an hour", got.LastLaunch)
		}
	})
}

func TestAdmitAnonymousRecordsNobody(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		u, err := s.db.Admit(t.Context(), message("", "n"), s.platform)
		if err != nil || u.User != (store.User{}) {
			t.Errorf("user %+v, %v", u, err)
		}
		if n := s.count(`SELECT COUNT(id) FROM lti_user`); n != 0 {
			t.Errorf("%d users", n)
		}
		if _, err := s.db.Admit(t.Context(), message("", "n"), s.platform); lti.CodeOf(err) != lti.NonceReplayed {
			t.Errorf("again: %v", err)
		}
	})
}

func TestAdmitRefusesIdentifiersOverTheLimit(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		long := strings.Repeat("x", 256)
		for name, change := range map[string]func(*lti.Message){
			"sub": func(m *lti.Message) { m.Sub = long }, "context": func(m *lti.Message) { m.Context.ID = long },
			"resource link": func(m *lti.Message) { m.ResourceLink.ID = long },
		} {
			m := message("1", name)
			change(m)
			if _, err := s.db.Admit(t.Context(), m, s.platform); lti.CodeOf(err) != lti.ClaimInvalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		m := message(long[:255], "n")
		m.Person.Name, m.Context.Title = strings.Repeat("ș", 300), "\xff"
		u, err := s.db.Admit(t.Context(), m, s.platform)
		if err != nil || u.Name != strings.Repeat("ș", 255) {
			t.Errorf("text of people is cut, not refused: %v", err)
		}
	})
}

func TestManyFirstLaunchesAtOnce(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		ids := make([]int64, 30)
		for i, err := range parallel(len(ids), func(i int) error {
			u, err := s.db.Admit(t.Context(), message(userNumber(i%10), userNumber(i)+"n"), s.platform)
			ids[i] = u.ID
			return err
		}) {
			if err != nil {
				t.Errorf("launch %d: %v", i, err)
			}
		}
		for i := range ids {
			if ids[i] != ids[i%10] {
				t.Errorf("one person got the ids %d and %d", ids[i], ids[i%10])
			}
		}
	})
}

func (s *site) session() store.Session {
	return store.Session{
		ID: s.id(), SecretHash: hashOf("secret"), PlatformID: s.platform.ID, InstitutionID: s.institution,
		UserID: s.somebody(5), Sub: "5 ", Name: "Ștefan", Admin: true, Teacher: true, Guest: true, Framed: true,
		ContextID: "2", ContextTitle: "Chimie", ResourceLinkID: "7", DeploymentID: "1", Roles: "a b",
		ReturnURL: "https://moodle.example/return?x=1", Locale: "ro", UILang: "sr-Cyrl", Origin: "https://moodle.example", Target: "agreements", CMID: 7,
		Created: s.clock.now(), Expires: s.clock.now().Add(time.Hour),
	}
}

func TestSessionKeepsItsLanguageAndPlace(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		ses := s.session()
		s.must(s.db.CreateSession(t.Context(), ses))
		s.must(s.db.SetSessionLanguage(t.Context(), ses.ID, "lt"))
		s.must(s.db.SetSessionLanguage(t.Context(), s.id(), "lt")) // gone meanwhile: nothing to keep
		got, err := s.db.Session(t.Context(), ses.ID, hashOf("secret"))
		s.must(err)
		if got.UILang != "lt" {
			t.Errorf("language %q", got.UILang)
		}
		s.clock.add(2 * time.Hour) // expired, not yet swept
		platform, cmid, err := s.db.SessionPlace(t.Context(), ses.ID)
		if err != nil || platform != s.platform.ID || cmid != 7 {
			t.Errorf("place %s, %d, %v", platform, cmid, err)
		}
		s.must(s.db.Sweep(t.Context()))
		if _, _, err := s.db.SessionPlace(t.Context(), ses.ID); !errors.Is(err, policy.ErrNotFound) {
			t.Errorf("after the sweep: %v", err)
		}
	})
}

func TestSessionNeedsItsSecret(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		want := s.session()
		s.must(s.db.CreateSession(t.Context(), want))
		got, err := s.db.Session(t.Context(), want.ID, hashOf("secret"))
		s.must(err)
		want.Site, want.Issuer, want.LostAdmin = s.platform.Name, s.platform.Issuer, true // nobody launched as an administrator
		if d := cmp.Diff(want, got, cmp.AllowUnexported(want)); d != "" {
			t.Errorf("session:\n%s", d)
		}
		refused := func(name, id, secret string) {
			t.Helper()
			if got, err := s.db.Session(t.Context(), id, hashOf(secret)); !errors.Is(err, policy.ErrSession) || got.ID != "" {
				t.Errorf("%s: %v", name, err)
			}
		}
		refused("wrong secret", want.ID, "other")
		refused("unknown", s.id(), "secret")
		s.must(s.db.SetPlatformStatus(t.Context(), s.platform.ID, lti.Disabled))
		refused("disabled platform", want.ID, "secret")
		s.must(s.db.SetPlatformStatus(t.Context(), s.platform.ID, lti.Active))
		s.clock.add(time.Hour)
		refused("expired", want.ID, "secret")
		s.clock.add(-time.Hour)
		s.must(s.db.EndSession(t.Context(), want.ID))
		refused("ended", want.ID, "secret")
		s.must(s.db.EndSession(t.Context(), want.ID))
	})
}

func TestSweepDeletesOnlyTheExpired(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		old, young := s.session(), s.session()
		young.Expires = young.Expires.Add(time.Hour)
		s.must(s.db.CreateSession(t.Context(), old))
		s.must(s.db.CreateSession(t.Context(), young))
		s.must(s.db.InTx(t.Context(), func(tx *store.Tx) error {
			for i := range 1203 { // more than two batches
				_, err := tx.ExecContext(t.Context(), `INSERT INTO lti_nonce (hash, admission, expires) VALUES (?, '', ?)`,
					hashOf(userNumber(i)), s.clock.now().Add(time.Duration(i%3)*time.Hour))
				if err != nil {
					return err
				}
			}
			return nil
		}))
		s.clock.add(90 * time.Minute)
		s.must(s.db.Sweep(t.Context()))
		if n := s.count(`SELECT COUNT(hash) FROM lti_nonce`); n != 401 {
			t.Errorf("%d nonces left, want 401", n)
		}
		if n := s.count(`SELECT COUNT(id) FROM lti_session WHERE id = ?`, young.ID); n != 1 || s.count(`SELECT COUNT(id) FROM lti_session`) != 1 {
			t.Error("the wrong sessions are left")
		}
		if err := s.db.Sweep(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
