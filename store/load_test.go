package store_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

func TestLoadPolicyStoresAllOfIt(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		v := draft(policy.Consent, text("sr-Cyrl", "политика 🙂"), text("en", strings.Repeat("long ", 100_000)), text("ro", "c"))
		v.Type, v.Audience, v.Style, v.SortOrder = policy.TypeOther, policy.AudienceLoggedIn, policy.StyleOwnPage, 3
		v.Revision, v.ChangeNote, v.EffectiveFrom = "nr. 5 / 2026", "prima", s.clock.now().Add(time.Hour)
		got := s.load("cookies", v)
		want := v
		want.ID, want.PolicyID, want.MaterialID, want.Current = got.ID, got.PolicyID, got.ID, true
		want.TimeCreated, want.TimeModified = s.clock.now().Truncate(time.Second), s.clock.now().Truncate(time.Second)
		want.ActiveFrom = s.clock.now()
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("stored version:\n%s", d)
		}
		active, err := s.db.ActiveVersions(t.Context(), s.platform.ID, "")
		if d := cmp.Diff([]policy.Version{got}, active); err != nil || d != "" {
			t.Errorf("active versions: %v\n%s", err, d)
		}
		if n := s.count(`SELECT COUNT(id) FROM tool_policy_versions WHERE optional = 1 AND contentformat = 1 AND agreementstyle = 1`); n != 1 {
			t.Error("Moodle's columns do not say what the version says")
		}
		ps, err := s.db.Policies(t.Context(), s.institution)
		if d := cmp.Diff([]policy.Policy{{ID: got.PolicyID, InstitutionID: s.institution, Slug: "cookies", SortOrder: 3, CurrentVersionID: got.ID}}, ps); err != nil || d != "" {
			t.Errorf("policies: %v\n%s", err, d)
		}
	})
}

func TestLoadPolicyMakesVersionsWhereItMust(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		base := func() policy.Version { return draft(policy.Agree, text("ro", "a"), text("en", "a")) }
		for _, tt := range []struct {
			name              string
			change            func(*policy.Version)
			changed, material bool
		}{
			{"nothing", func(*policy.Version) {}, false, false},
			{"order", func(v *policy.Version) { v.SortOrder = 99 }, false, false},
			{"content", func(v *policy.Version) { v.Texts[0] = text("ro", "b") }, true, true},
			{"name", func(v *policy.Version) { v.Texts[0].Name = "x" }, true, true},
			{"a translation's content", func(v *policy.Version) { v.Texts[1] = text("en", "b") }, true, true},
			{"a translation less", func(v *policy.Version) { v.Texts = v.Texts[:1] }, true, true},
			{"primary language", func(v *policy.Version) { v.Texts[0], v.Texts[1] = v.Texts[1], v.Texts[0] }, true, true},
			{"kind", func(v *policy.Version) { v.Kind = policy.Consent }, true, true},
			{"a translation more", func(v *policy.Version) { v.Texts = append(v.Texts, text("lt", "a")) }, true, false},
			{"revision", func(v *policy.Version) { v.Revision = "2" }, true, false},
			{"audience", func(v *policy.Version) { v.Audience = policy.AudienceLoggedIn }, true, false},
			{"zone of the date", func(v *policy.Version) { v.EffectiveFrom, v.Zone = s.clock.now().Add(time.Hour), "Europe/Vilnius" }, true, false},
			{"date", func(v *policy.Version) { v.EffectiveFrom = s.clock.now().Add(time.Hour + time.Nanosecond) }, true, false},
		} {
			first := s.load(tt.name, base())
			next := base()
			tt.change(&next)
			did, id, err := s.db.LoadPolicy(t.Context(), s.institution, tt.name, next, []string{s.platform.ID})
			s.must(err)
			now, err := s.db.Version(t.Context(), s.institution, id)
			s.must(err)
			old, err := s.db.Version(t.Context(), s.institution, first.ID)
			s.must(err)
			if (did == store.LoadedVersion) != tt.changed || (id != first.ID) != tt.changed || (now.MaterialID != first.MaterialID) != tt.material {
				t.Errorf("%s: changed %v, version %d→%d, material %d→%d", tt.name, did, first.ID, id, first.MaterialID, now.MaterialID)
			}
			if now.Status() != policy.Active || tt.changed && old.Status() != policy.Archived {
				t.Errorf("%s: status %v, the old one's %v", tt.name, now.Status(), old.Status())
			}
			if d := cmp.Diff(first.Texts, old.Texts); d != "" {
				t.Errorf("%s: the old text changed:\n%s", tt.name, d)
			}
			if again, _, err := s.db.LoadPolicy(t.Context(), s.institution, tt.name, next, []string{s.platform.ID}); again != store.LoadedNothing || err != nil {
				t.Errorf("%s: loading the same again made a version (%v)", tt.name, err)
			}
		}
	})
}

// Whoever loads a policy is told what became of it, also where no version was made.
func TestLoadPolicySaysWhatItDid(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		v := draft(policy.Agree, text("ro", "reguli"))
		v.SortOrder = 10
		here := []string{s.platform.ID}
		for _, step := range []struct {
			name      string
			change    func()
			platforms []string
			want      store.Loaded
		}{
			{"new", func() {}, here, store.LoadedVersion},
			{"the same", func() {}, here, store.LoadedNothing},
			{"no site", func() {}, nil, store.LoadedPlace},
			{"the site again", func() {}, here, store.LoadedPlace},
			{"for courses", func() { v.Courses = true }, here, store.LoadedVersion},
			{"another place", func() { v.SortOrder = 20 }, here, store.LoadedPlace},
			{"the same again", func() {}, here, store.LoadedNothing},
			{"another text", func() { v.Texts[0].Content = "<p>altele</p>" }, nil, store.LoadedVersion},
		} {
			step.change()
			if did, _, err := s.db.LoadPolicy(t.Context(), s.institution, "rules", v, step.platforms); did != step.want || err != nil {
				t.Errorf("%s: %s, %v, want %s", step.name, did, err, step.want)
			}
		}
	})
}

func TestLoadPolicyAtOnceMakesOneVersion(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		for _, content := range []string{"a", "b"} {
			for i, err := range parallel(6, func(int) error {
				_, _, err := s.db.LoadPolicy(t.Context(), s.institution, "x", draft(policy.Agree, text("ro", content)), []string{s.platform.ID})
				return err
			}) {
				if err != nil {
					t.Errorf("call %d: %v", i, err)
				}
			}
		}
		if p, v := s.count(`SELECT COUNT(id) FROM tool_policy`), s.count(`SELECT COUNT(id) FROM tool_policy_versions`); p != 1 || v != 2 {
			t.Errorf("%d policies, %d versions", p, v)
		}
	})
}

func TestLoadPolicyRefuses(t *testing.T) {
	s := newSite(t, storetest.SQLite(t))
	other, err := s.db.EnsureInstitution(t.Context(), "KTU")
	s.must(err)
	foreign := platformFor(s.id(), other, "https://ktu.example", "c")
	s.must(s.db.AddPlatform(t.Context(), foreign))
	for name, tt := range map[string]struct {
		v         policy.Version
		platforms []string
	}{
		"no text":            {draft(policy.Agree), nil},
		"a language twice":   {draft(policy.Agree, text("ro", "a"), text("ro", "b")), nil},
		"no kind":            {draft("", text("ro", "a")), nil},
		"no language":        {draft(policy.Agree, text("", "a")), nil},
		"a foreign platform": {draft(policy.Agree, text("ro", "a")), []string{foreign.ID}},
	} {
		if _, _, err := s.db.LoadPolicy(t.Context(), s.institution, "x", tt.v, tt.platforms); !errors.Is(err, policy.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := s.db.LoadPolicy(t.Context(), s.id(), "x", draft(policy.Agree, text("ro", "a")), nil); !errors.Is(err, policy.ErrNotFound) {
		t.Errorf("unknown institution: %v", err)
	}
	if n := s.count(`SELECT COUNT(id) FROM tool_policy`); n != 0 {
		t.Errorf("%d policies were made", n)
	}
	v := s.load("x", draft(policy.Agree, text("ro", "a")))
	if _, err := s.db.Version(t.Context(), other, v.ID); !errors.Is(err, policy.ErrNotFound) {
		t.Errorf("another institution reads the version: %v", err)
	}
	if vs, err := s.db.ActiveVersions(t.Context(), foreign.ID, ""); err != nil || len(vs) != 0 {
		t.Errorf("another institution is asked: %v, %v", vs, err)
	}
}

func TestAskedDecidesALaunch(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		a := s.load("a", draft(policy.Agree, text("ro", "a")))
		b := s.load("b", draft(policy.Consent, text("ro", "b")))
		u, other := s.user("1"), s.user("2")
		pending := func(u store.User) []int64 {
			t.Helper()
			asked, err := s.db.Asked(t.Context(), s.platform.ID, "", u.ID)
			s.must(err)
			active, err := s.db.ActiveVersions(t.Context(), s.platform.ID, "")
			s.must(err)
			given, err := s.db.Answers(t.Context(), u.ID)
			s.must(err)
			var want []policy.Asked
			for _, v := range active {
				want = append(want, policy.Ask(v, given, ""))
			}
			if d := cmp.Diff(want, asked); d != "" {
				t.Errorf("Asked differs from what the versions and answers give:\n%s", d)
			}
			var ids []int64
			for _, p := range policy.PendingAsked(asked, policy.Person{}.At(s.clock.now())) {
				ids = append(ids, p.VersionID)
			}
			return ids
		}
		expect := func(name string, u store.User, want ...int64) {
			t.Helper()
			if d := cmp.Diff(want, pending(u)); d != "" {
				t.Errorf("%s, pending:\n%s", name, d)
			}
		}
		expect("nothing answered", u, a.ID, b.ID)
		s.answer(s.event(u, a, policy.Accepted), s.event(u, b, policy.Declined))
		expect("all answered", u)
		expect("somebody else", other, a.ID, b.ID)
		expect("nobody", store.User{}, a.ID, b.ID)

		minor := draft(policy.Agree, text("ro", "a"))
		minor.Revision = "1a"
		a = s.load("a", minor)
		expect("after a minor change", u)
		s.clock.add(time.Second)
		s.answer(s.event(u, b, policy.Accepted))
		a = s.load("a", draft(policy.Agree, text("ro", "a2")))
		expect("after a material change", u, a.ID)
		_, _, err := s.db.LoadPolicy(t.Context(), s.institution, "a", draft(policy.Agree, text("ro", "a2")), nil)
		s.must(err)
		expect("after it stopped applying", u)
	})
}
