package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

// accounts makes the accounts of docs/deploy.md for one database, which has no tables yet. address gives the database's
// address for one of them; serve lets the account that serves in, when there are tables.
func accounts(t *testing.T, dsn string) (address func(user string) string, serve func()) {
	t.Helper()
	root, err := sql.Open("mysql", storetest.DriverDSN(dsn))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() }) //nolint:errcheck // the statements are checked
	run := func(statements ...string) {
		t.Helper()
		for _, statement := range statements {
			if _, err := root.ExecContext(context.WithoutCancel(t.Context()), statement); err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
		}
	}
	database := dsn[strings.LastIndex(dsn, "/")+1:]
	owner, serves := store.Account{User: "ltipolicy_owner", Host: "localhost"}, store.Account{User: "ltipolicy", Host: "localhost"}
	end := fmt.Sprintf("DROP USER IF EXISTS %s, %s", owner, serves)
	run(end, "CREATE USER "+owner.String(), "CREATE USER "+serves.String())
	t.Cleanup(func() { run(end) })
	run(store.OwnerGrants(database, owner)...)
	return func(user string) string { return strings.Replace(dsn, "root@", user+"@", 1) },
		func() { run(store.ServeGrants(database, serves)...) }
}

// TestLeastAccountsSuffice uses the two accounts that "migrate -print-grants" tells of: one that migrates, also what an
// interrupted migration left, and one for the tool at work, which cannot change the schema.
func TestLeastAccountsSuffice(t *testing.T) {
	for _, e := range storetest.Servers(t) {
		t.Run(e.Name, func(t *testing.T) {
			dsn := e.Empty(t)
			address, serve := accounts(t, dsn)
			owner, worker := address("ltipolicy_owner"), address("ltipolicy")
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
			serve()
			if _, err := open(worker).Migrate(t.Context()); err != nil {
				t.Errorf("with nothing to do the tool's account cannot say so: %v", err)
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
