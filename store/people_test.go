package store_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ltipolicy/store"
)

// What the rules look at in a person is read by every query that reads people for them: a column that one of them leaves
// out is zero there, and the rule answers otherwise than elsewhere.
func TestEveryReaderOfPeopleReadsWhatTheRuleLooksAt(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		u := s.admit(graded("5", "7"))
		// A person in whom nothing that the rules look at is empty. Of a new column, give it a value here.
		s.exec(`UPDATE lti_user SET class = 'test', timeerased = ? WHERE id = ?`, s.clock.now(), u.ID)
		readers := []struct {
			name string
			read func() ([]any, error)
		}{
			{"User", func() ([]any, error) { u, err := s.db.User(ctx, s.platform.ID, u.ID); return []any{u}, err }},
			{"Admit", func() ([]any, error) { return []any{s.admit(graded("5", "8"))}, nil }},
			{"Report", func() ([]any, error) { return []any{s.report(store.ReportQuery{Class: "test"}).Rows[0].User}, nil }},
			{"Session", func() ([]any, error) {
				ses := s.session()
				ses.UserID = u.ID
				s.must(s.db.CreateSession(ctx, ses))
				ses, err := s.db.Session(ctx, ses.ID, hashOf("secret"))
				return []any{ses, store.Session{}.Of(s.admit(graded("5", "8")))}, err
			}},
			{"scores", func() ([]any, error) { return store.Outbox(ctx, s.db, u.ID) }},
			{"EachParticipant, of those who launched", func() ([]any, error) { return store.Participants(ctx, s.db, s.roster()) }},
			{"EachParticipant, of a list", func() ([]any, error) { // from now on the course has one
				s.must(s.fill(learners(9)[5:6], 0).Done(ctx))
				return store.Participants(ctx, s.db, s.roster())
			}},
		}
		for _, reader := range readers {
			rows, err := reader.read()
			s.must(err)
			if len(rows) == 0 {
				t.Errorf("%s reads nobody", reader.name)
			}
			for _, row := range rows {
				read, p := store.PersonIn(row)
				for _, left := range zero(read) {
					t.Errorf("%s leaves out %s: read personColumns there", reader.name, left)
				}
				for _, left := range zero(p) {
					if left != "Guest" && left != "Admin" { // a test account is neither
						t.Errorf("%s: policy.Person.%s is empty: fill it in personRow.Person", reader.name, left)
					}
				}
			}
		}
	})
}

// zero are the fields of a struct that hold nothing.
func zero(row any) (names []string) {
	v := reflect.ValueOf(row)
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			names = append(names, v.Type().Field(i).Name)
		}
	}
	return names
}

// A person for the rules comes from what was read of somebody, so that no fact is left out; elsewhere stand those who
// are nobody in particular.
func TestPeopleForTheRulesComeFromTheirRow(t *testing.T) {
	// The one place; who answers for others; all members of a platform.
	nobody := []string{"store/user.go", "store/behalf.go", "store/gatecheck.go"}
	literal := regexp.MustCompile(`policy\.Person\{`)
	err := filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		b, err := os.ReadFile(path)
		name := filepath.ToSlash(strings.TrimPrefix(path, ".."+string(filepath.Separator)))
		if err == nil && literal.Match(b) && !slices.Contains(nobody, name) {
			t.Errorf("%s makes a person of its own for the rules: read personColumns into a personRow (CONTRIBUTING.md, How to add a rule)", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
