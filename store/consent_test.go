package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ltipolicy/policy"
	"ltipolicy/policy/research"
	"ltipolicy/store"
)

// study is a consent to research in two languages, without an item in the second if that is named.
func study(without research.Item) policy.Version {
	v := draft(policy.Consent, text("en", "Study"), text("ro", "Studiu"))
	v.Form = policy.FormResearch
	for i := range v.Texts {
		for _, item := range research.Items() {
			words := "Words."
			if i == 1 && item == without {
				words = ""
			}
			v.Texts[i].Content += policy.SafeHTML(fmt.Sprintf(`<h3 id="s-%s"><a id="s-research-%[1]s"></a>%[1]s</h3><p>%s</p>`, item, words))
		}
	}
	return v
}

// Nothing publishes a consent to research with an item missing: not at once, not for a day, not from files, not as a minor
// change. It is kept as a draft.
func TestResearchIsNotPublishedWithAnItemMissing(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		o := newOffice(s)
		here := []string{s.platform.ID}
		refused := func(what string, err error) {
			t.Helper()
			if !errors.Is(err, policy.ErrInvalid) || err == nil || !strings.Contains(err.Error(), "ro: storage") {
				t.Errorf("%s: %v", what, err)
			}
		}
		_, id, err := s.db.CreatePolicy(t.Context(), o.admin, "study", study(research.Storage), here)
		s.must(err)
		v, err := s.db.Version(t.Context(), s.institution, id)
		s.must(err)
		if v.Form != policy.FormResearch || v.Status() != policy.Draft {
			t.Fatalf("stored %+v", v.Settings())
		}
		refused("at once", s.db.Publish(t.Context(), o.admin, store.Publication{VersionID: id, Edit: v.Edit}))
		refused("on a day", s.db.Publish(t.Context(), o.admin, store.Publication{VersionID: id, Edit: v.Edit, At: s.clock.now().Add(24 * time.Hour)}))
		_, _, err = s.db.LoadPolicy(t.Context(), s.institution, "files", study(research.Storage), here)
		refused("from files", err)
		next := study("")
		next.ID, next.PolicyID, next.Edit = v.ID, v.PolicyID, v.Edit
		edit, err := s.db.SaveDraft(t.Context(), o.admin, next, here)
		s.must(err)
		s.must(s.db.Publish(t.Context(), o.admin, store.Publication{VersionID: id, Edit: edit}))
		lacking := study(research.Storage)
		lacking.PolicyID = v.PolicyID
		minor, err := s.db.NewDraft(t.Context(), o.admin, lacking)
		s.must(err)
		refused("as a minor change", s.db.Publish(t.Context(), o.admin, store.Publication{VersionID: minor, Edit: 1, Minor: true}))
		wrong := study("")
		wrong.Kind = policy.Agree
		if _, _, err := s.db.CreatePolicy(t.Context(), o.admin, "wrong", wrong, here); !errors.Is(err, policy.ErrInvalid) {
			t.Errorf("rules about research: %v", err)
		}
	})
}

// Each consent is told with its person and its end, also of more people than are read at once, and no refusal.
func TestEachConsentToldOnce(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		v := s.load("study", study(""))
		const people = 203
		want := 0
		for i := range people {
			u := s.user(fmt.Sprint("p", i))
			answers := []policy.Answer{policy.Accepted}
			switch i % 10 {
			case 0:
				answers = []policy.Answer{policy.Declined}
			case 1:
				answers = []policy.Answer{policy.Accepted, policy.Withdrawn, policy.Accepted}
			}
			for _, a := range answers {
				s.clock.add(time.Second)
				s.answerAt(u, s.platform, v, a, s.clock.now())
				if a == policy.Accepted {
					want++
				}
			}
		}
		var ids []string
		ended, last := 0, int64(0)
		s.must(s.db.EachConsent(t.Context(), []int64{v.ID}, func(u store.User, given []policy.ConsentGiven) error {
			if u.ID <= last {
				t.Errorf("person %d after %d", u.ID, last)
			}
			last = u.ID
			for _, g := range given {
				ids = append(ids, g.ID)
				if g.UserID != u.ID || g.Answer != policy.Accepted {
					t.Errorf("of %d: %+v", u.ID, g)
				}
				if !g.Ended.IsZero() {
					ended++
				}
			}
			return nil
		}))
		slices.Sort(ids)
		if len(slices.Compact(ids)) != want || len(ids) != want || ended != (people+8)/10 {
			t.Errorf("%d consents of which %d ended, want %d and %d", len(ids), ended, want, (people+8)/10)
		}
		s.must(s.db.EachConsent(t.Context(), nil, func(store.User, []policy.ConsentGiven) error { return errors.New("called") }))
	})
}
