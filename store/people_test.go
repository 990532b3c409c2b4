package store_test

import (
	"reflect"
	"slices"
	"testing"

	"ltipolicy/store"
)

// What the rule looks at in a person is read in each place that reads people: a fact that one of them leaves out is zero
// there, and the rule answers otherwise than elsewhere.
func TestEveryReaderOfPeopleReadsWhatTheRuleLooksAt(t *testing.T) {
	// What a reader cannot know, on purpose.
	unknown := map[string][]string{
		"User.Person":                {"Admin"}, // roles are a launch's
		"participantRow.participant": {"Admin"},
		"outboxRow.learner":          {"Admin", "Guest"}, // a score is a learner's
	}
	for reader, p := range store.PeopleAsRead() {
		v := reflect.ValueOf(p)
		for i := range v.NumField() {
			if name := v.Type().Field(i).Name; v.Field(i).IsZero() && !slices.Contains(unknown[reader], name) {
				t.Errorf("%s leaves out policy.Person.%s: read it there (CONTRIBUTING.md, How to add a rule)", reader, name)
			}
		}
	}
}
