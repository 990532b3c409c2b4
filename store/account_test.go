package store_test

import (
	"database/sql"
	"strings"
	"testing"

	"ltipolicy/policy"
	"ltipolicy/store/storetest"
)

// TestLeastAccountsSuffice uses the two accounts of docs/deploy.md: one that migrates, and one for the tool at
// work, which cannot change the schema.
func TestLeastAccountsSuffice(t *testing.T) {
	storetest.EachEmpty(t, func(t *testing.T, dsn string) {
		if strings.HasPrefix(dsn, "sqlite:") {
			return // has no accounts
		}
		root, err := sql.Open("mysql", storetest.DriverDSN(dsn))
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close() //nolint:errcheck // the test is over
		database := dsn[strings.LastIndex(dsn, "/")+1:]
		account := func(user, rights string) string {
			for _, statement := range []string{
				"DROP USER IF EXISTS '" + user + "'@'localhost'",
				"CREATE USER '" + user + "'@'localhost' IDENTIFIED BY ''",
				"GRANT " + rights + " ON " + database + ".* TO '" + user + "'@'localhost'",
			} {
				if _, err := root.ExecContext(t.Context(), statement); err != nil {
					t.Fatalf("%s: %v", statement, err)
				}
			}
			return strings.Replace(dsn, "root@", user+"@", 1)
		}
		owner := account("owner", "SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX, DROP")
		worker := account("worker", "SELECT, INSERT, UPDATE, DELETE")
		if _, err := storetest.Open(t, worker).Migrate(t.Context()); err == nil {
			t.Error("the tool's account made the schema")
		}
		if _, err := storetest.Open(t, owner).Migrate(t.Context()); err != nil {
			t.Fatalf("the owner cannot migrate: %v", err)
		}
		s := newSite(t, worker)
		v := s.load("rules", draft(policy.Agree, text("ro", "Reguli")))
		s.answer(s.event(s.user("7"), v, policy.Accepted))
		if _, err := s.db.AppendLog(t.Context()); err != nil {
			t.Errorf("adding to the log: %v", err)
		}
		if _, err := s.db.VerifyEvidence(t.Context()); err != nil {
			t.Errorf("verifying: %v", err)
		}
		s.must(s.db.Sweep(t.Context()))
	})
}
