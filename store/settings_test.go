package store_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"ltipolicy/policy"
	"ltipolicy/policy/policytest"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

// Every setting of a version is kept by a draft, taken from files, and told by the log.
func TestEverySettingIsStoredComparedAndLogged(t *testing.T) {
	o := newOffice(newSite(t, storetest.SQLite(t)))
	here := []string{o.platform.ID}
	for _, setting := range policytest.Settings(t) {
		v := o.create(setting.Field, setting.Version())
		setting.Change(&v)
		chosen := v.Settings()
		got := o.chosen(v, here...)
		if !setting.Same(got, chosen) {
			t.Errorf("%s: a draft that is saved loses it: store/versionrow.go writes it in overwriteDraft and reads it by versionRow", setting.Field)
		}
		if before, after := o.saidOf(v); before == after {
			t.Errorf("%s: the log does not say that it was changed: put it into logged and loggedOf of store/versionrow.go\n%s", setting.Field, after)
		}
		if got := o.newDraft(v); !setting.Same(got, chosen) && setting.Field != "Courses" { // a copy is for where its policy applies
			t.Errorf("%s: a new draft loses it: store/versionrow.go writes it in insertVersion", setting.Field)
		}
		slug, next := "loaded-"+setting.Field, setting.Version()
		_, _, err := o.db.LoadPolicy(t.Context(), o.institution, slug, next, here)
		o.must(err)
		if again, _, err := o.db.LoadPolicy(t.Context(), o.institution, slug, next, here); again != store.LoadedNothing || err != nil {
			t.Fatalf("loading the same again does something (%v, %v): a setting is not read back by versionRow of store/versionrow.go\n%+v", again, err, next)
		}
		setting.Change(&next)
		did, id, err := o.db.LoadPolicy(t.Context(), o.institution, slug, next, here)
		o.must(err)
		if did != store.LoadedVersion {
			t.Errorf("%s: loading it changed does something else (%v): compare in store/load.go goes by policy.SameSettings", setting.Field, did)
		}
		if got := o.version(id); did == store.LoadedVersion && !setting.Same(got, next) {
			t.Errorf("%s: what is loaded loses it: store/versionrow.go writes it in insertVersion", setting.Field)
		}
	}
}

// saidOf is what the log says of the saving of a draft: the settings before and after it.
func (o *office) saidOf(v policy.Version) (before, after string) {
	o.t.Helper()
	log, _, err := o.db.AdminLogPage(o.t.Context(), store.LogQuery{InstitutionID: o.institution, Limit: 1000})
	o.must(err)
	for _, entry := range log {
		var said struct{ Before, After map[string]any }
		if entry.Action == "draft.save" && json.Unmarshal([]byte(entry.Detail), &said) == nil && said.After["version"] == float64(v.ID) {
			return fmt.Sprint(said.Before), fmt.Sprint(said.After)
		}
	}
	o.t.Fatalf("the log does not say that version %d was saved", v.ID)
	return "", ""
}
