package store_test

import (
	"testing"

	"ltipolicy/policy"
	"ltipolicy/store"
)

// A Moodle that was restored from a backup has an older version active again: here, too, it is that, and its figures
// are those of an active version.
func TestImportMakesAnArchivedVersionActiveAgain(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		p := o.fromMoodle()
		first, second := p, p
		first.Current = p.Versions[0].ID
		second.Versions = append(second.Versions, store.MoodleVersion{ID: 12, Version: named(policy.Agree, "Moodle", "2"), Name: "Moodle"})
		second.Current = 12
		var id int64
		for _, m := range []store.MoodlePolicy{first, second, first} {
			done, err := o.db.ImportMoodlePolicy(t.Context(), o.platform, m, false)
			o.must(err)
			if done.Activated != m.Current {
				t.Fatalf("%+v, and version %d of Moodle is active there", done, m.Current)
			}
			id = done.Versions[m.Current]
		}
		v, err := o.db.Version(t.Context(), o.institution, id)
		o.must(err)
		if v.Status() != policy.Active || v.Archived {
			t.Errorf("version %d is %v, archived %v", id, v.Status(), v.Archived)
		}
		counts, _, err := o.db.Counts(t.Context(), o.institution)
		o.must(err)
		if got, want := counts[id], (store.Count{Asked: len(o.people)}); got != want {
			t.Errorf("figures of the active version are %+v, not %+v", got, want)
		}
	})
}
