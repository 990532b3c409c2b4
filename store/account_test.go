package store_test

import (
	"database/sql"
	"os"
	"regexp"
	"strings"
	"testing"

	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

var accountLines = regexp.MustCompile("(?s)\n### Accounts\n.*?```sql\n(.*?)```")

// documentedAccounts makes the accounts of docs/deploy.md in the way it says there, for one database. address gives
// the database's address for one of them.
func documentedAccounts(t *testing.T, dsn string) (address func(user string) string) {
	t.Helper()
	b, err := os.ReadFile("../docs/deploy.md")
	if err != nil {
		t.Fatal(err)
	}
	lines := accountLines.FindSubmatch(b)
	if lines == nil {
		t.Fatal("docs/deploy.md has no lines that make the accounts")
	}
	root, err := sql.Open("mysql", storetest.DriverDSN(dsn))
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close() //nolint:errcheck // the statements are checked
	database := dsn[strings.LastIndex(dsn, "/")+1:]
	// The tests' servers know nobody by an address.
	statements := strings.NewReplacer("ltipolicy.*", database+".*", "'%'", "'localhost'", "'...'", "''").Replace(string(lines[1]))
	statements = "DROP USER IF EXISTS 'ltipolicy_owner'@'localhost', 'ltipolicy'@'localhost';\n" + statements
	for statement := range strings.Lines(statements) {
		if _, err := root.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	return func(user string) string { return strings.Replace(dsn, "root@", user+"@", 1) }
}

// TestLeastAccountsSuffice uses the two accounts of docs/deploy.md as they stand there: one that migrates, also what
// an interrupted migration left, and one for the tool at work, which cannot change the schema.
func TestLeastAccountsSuffice(t *testing.T) {
	for _, e := range storetest.Servers(t) {
		t.Run(e.Name, func(t *testing.T) {
			dsn := e.Empty(t)
			address := documentedAccounts(t, dsn)
			owner, worker := address("ltipolicy_owner"), address("ltipolicy")
			if _, err := storetest.Open(t, worker).Migrate(t.Context()); err == nil {
				t.Error("the tool's account made the schema")
			}
			open := func(dsn string) *store.DB { // as a program that knows a migration of each kind that makes something
				db := storetest.Open(t, dsn, store.Options{Sleep: noSleep})
				for _, m := range later[:3] {
					db.AddMigration(m.name, m.texts...)
				}
				return db
			}
			wire := storetest.NewWire(t, owner)
			for _, kind := range []string{"CREATE TABLE", "ADD COLUMN", "ADD KEY"} {
				met := 0
				wire.Kill(storetest.After, 1, func(s storetest.Statement) bool {
					is := isStep(s) && strings.Contains(s.Text, kind)
					if is {
						met++
					}
					return is
				})
				if _, err := open(wire.DSN()).Migrate(t.Context()); err == nil || met != 1 {
					t.Fatalf("%s was not killed: %v", kind, err)
				}
				wire.Refuse(0)
				wire.Sent()
				leaseEnds(t, storetest.Open(t, dsn))
			}
			if _, err := open(owner).Migrate(t.Context()); err != nil {
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
}
