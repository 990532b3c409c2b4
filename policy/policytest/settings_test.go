package policytest

import (
	"slices"
	"testing"

	"ltipolicy/policy"
)

func TestEverySettingHasAnotherValue(t *testing.T) {
	var names []string
	for _, s := range Settings(t) {
		v := Version()
		if s.Change(&v); policy.SameSettings(v, Version()) {
			t.Errorf("%s has the same value again", s.Field)
		}
		names = append(names, s.Field)
	}
	for _, name := range []string{"Kind", "Courses", "EffectiveFrom", "Contact"} {
		if !slices.Contains(names, name) {
			t.Errorf("%s is a setting, and not among %v", name, names)
		}
	}
	for _, name := range []string{"ID", "Edit", "Texts", "Images", "TimeCreated"} {
		if slices.Contains(names, name) {
			t.Errorf("nobody chooses %s", name)
		}
	}
}
