package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"

	"ltipolicy/store"
)

func migrate(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "migrate", "")
	database := f.database()
	grants := f.Bool("print-grants", false, "print the statements that give a server's accounts their rights, and do nothing else")
	of := f.String("grants-database", "", "with -print-grants: the database's `name` (default: that of -database, else ltipolicy)")
	owner := f.String("grants-owner", "ltipolicy_owner@%", "with -print-grants: the `account` that migrates")
	serves := f.String("grants-serve", "ltipolicy@%", "with -print-grants: the `account` that serves, also that of all other commands")
	erases := f.String("grants-erase", "ltipolicy_eraser@%", "with -print-grants: the `account` of person erase and key reseal")
	if err := f.parse(args); err != nil {
		return err
	}
	if *grants {
		return printGrants(w.stdout, cmp.Or(*of, databaseName(database.Address), "ltipolicy"), account(*owner), account(*serves), account(*erases))
	}
	database.announce(w)
	db, applied, err := database.Migrate(ctx, store.Options{Now: w.now, Rand: w.rand})
	for _, name := range applied {
		fmt.Fprintln(w.stdout, "applied", name)
	}
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // nothing is written any more
	switch s, err := db.Schema(ctx); {
	case err != nil:
		return err
	case s.Newer():
		fmt.Fprintf(w.stdout, "nothing done: the schema is of version %d, newer than this program's %d, which can still work with it\n", s.Have, s.Want)
	case len(applied) == 0:
		fmt.Fprintln(w.stdout, "up to date")
	}
	return nil
}

// databaseName is the name in a server's address, empty for SQLite.
func databaseName(database string) string {
	rest, server := strings.CutPrefix(database, "mysql:")
	if !server {
		return ""
	}
	rest = rest[strings.LastIndex(rest, ")")+1:]
	name, _, _ := strings.Cut(strings.TrimPrefix(rest, "/"), "?")
	return name
}

// account reads USER or USER@HOST.
func account(s string) store.Account {
	user, host, _ := strings.Cut(s, "@")
	return store.Account{User: user, Host: cmp.Or(host, "%")}
}

func printGrants(out io.Writer, database string, owner, serves, erases store.Account) error {
	_, err := fmt.Fprintf(out, `-- What the accounts of %[1]s may do, for an administrator of the server to run. Make the accounts before:
--   CREATE USER %[2]s IDENTIFIED BY '...';
--   CREATE USER %[3]s IDENTIFIED BY '...';
--   CREATE USER %[4]s IDENTIFIED BY '...';
-- Running it again does no harm. It takes nothing away: if an account may do more, begin with
--   REVOKE ALL PRIVILEGES, GRANT OPTION FROM %[3]s;

-- The account of "ltipolicy migrate". This one before the first migrate.
%[5]s
-- The account of "ltipolicy serve" and of every other command. These after migrate, because they name its tables, and
-- again after one that made a table.
%[6]s
-- The account of "ltipolicy person erase" and "ltipolicy key reseal", which only whoever erases knows.
%[7]s`, database, owner, serves, erases, lines(store.OwnerGrants(database, owner)), lines(store.ServeGrants(database, serves)),
		lines(store.EraseGrants(database, erases)))
	return err
}

func lines(statements []string) string { return strings.Join(statements, ";\n") + ";\n" }
