package storetest_test

import (
	"slices"
	"testing"

	"ltipolicy/store/storetest"
)

// Making a database takes longer than most tests run: each that a test leaves as it was goes to another test, not
// only the first one of a server.
func TestDatabasesAreGivenToTheNextTest(t *testing.T) {
	for _, e := range storetest.Servers(t) {
		t.Run(e.Name, func(t *testing.T) {
			three := func() (given []string) {
				t.Run("a test", func(t *testing.T) {
					for range 3 {
						given = append(given, e.Migrated(t))
					}
				})
				slices.Sort(given)
				return given
			}
			if first, second := three(), three(); !slices.Equal(first, second) {
				t.Errorf("the first test had %q, the second %q", first, second)
			}
		})
	}
}
