package launch_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"testing"

	"ltipolicy/policy"
	"ltipolicy/policy/policytest"
	"ltipolicy/store"
)

// Every setting of a version can be typed, is kept while it is typed, is saved, and is seen by administrators.
func TestEverySettingIsTypedKeptSavedComparedAndShown(t *testing.T) {
	s := newSite(t)
	b, l := s.asAdmin()
	who := store.Admin{InstitutionID: s.institution, UserID: s.userOf(s.platform, s.admin.ID), Actor: "test"}
	policyID, id, err := s.db.CreatePolicy(t.Context(), who, "rules", policytest.Version(), []string{s.platform.ID})
	s.must(err)
	plain := policytest.Version()
	plain.PolicyID = policyID
	before, err := s.db.NewDraft(t.Context(), who, plain)
	s.must(err)
	after, err := s.db.NewDraft(t.Context(), who, plain)
	s.must(err)

	stored := func(id int64) policy.Version {
		v, err := s.db.Version(t.Context(), s.institution, id)
		s.must(err)
		return v
	}
	save := func(v policy.Version) {
		for _, v.ID = range []int64{id, after} {
			v.Edit = stored(v.ID).Edit
			_, err := s.db.SaveDraft(t.Context(), who, v, []string{s.platform.ID})
			s.must(err)
		}
	}
	draft := l + "/admin/versions/" + fmt.Sprint(id)
	compared := l + "/admin/policies/" + fmt.Sprint(policyID) + "/compare?" + url.Values{"old": {fmt.Sprint(before)}, "new": {fmt.Sprint(after)}}.Encode()
	shown := func() string { return s.get(b, draft).Text() + s.get(b, l+"/admin").Text() }
	typed := func() url.Values {
		q := s.get(b, draft+"/edit").formTo("/edit").Values
		for _, name := range []string{"edit", "page", "token"} {
			q.Del(name)
		}
		return q
	}

	for _, setting := range policytest.Settings(t) {
		next := setting.Version()
		save(next)
		differences, page, form := s.get(b, compared).Text(), shown(), typed()
		setting.Change(&next)
		save(next)
		if differences == s.get(b, compared).Text() {
			t.Errorf("%s: the comparison of two versions does not say that it differs: say it in differences of launch/admin/settings.go", setting.Field)
		}
		if page == shown() {
			t.Errorf("%s: no page shows it to administrators: templates/html/adminversion.html has it as .Version.Settings.%[1]s", setting.Field)
		}
		if reflect.DeepEqual(form, typed()) {
			t.Errorf("%s: the editor has no field that holds it: templates/html/adminedit.html has it as .Settings.%[1]s", setting.Field)
			continue
		}

		changed := s.get(b, draft+"/edit").formTo("/edit")
		save(setting.Version())
		changed.Values.Set("edit", fmt.Sprint(stored(id).Edit))
		if answer := s.submit(b, changed); answer.Status != http.StatusSeeOther || !setting.Same(stored(id), next) {
			t.Errorf("%s: what is typed into the editor is not saved (%d): read it in readSettings of launch/admin/settings.go", setting.Field, answer.Status)
			continue
		}
		save(setting.Version())
		changed.Values.Set("edit", fmt.Sprint(stored(id).Edit))
		s.typing(b, changed)
		if _, err := s.db.TypingOf(t.Context(), who, id); errors.Is(err, policy.ErrNotFound) {
			t.Errorf("%s: what is typed is not kept until it is saved: editForm.same in launch/admin/typing.go goes by policy.SameSettings", setting.Field)
		}
		s.must(s.db.ForgetTyping(t.Context(), who, id))
	}
}
