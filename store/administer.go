package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"ltipolicy/policy"
)

// Login is an account with its password.
type Login struct {
	Account
	Password string
}

// Administrator makes a database and its accounts on a server, connected as somebody who may.
type Administrator struct {
	db       *DB
	Database string // the name of the database that the address names, which need not be there
}

// Administer connects to a server with an administrator's address, as [Open] takes it.
func Administer(ctx context.Context, dsn string, o Options) (*Administrator, error) {
	_, before, database, parameters, err := splitAddress(dsn)
	if err != nil {
		return nil, err
	}
	// The database is made later; this one is on every server.
	db, err := Open(ctx, "mysql:"+before+"/information_schema"+parameters, o)
	if err != nil {
		return nil, err
	}
	return &Administrator{db, database}, nil
}

// Close ends the connection.
func (a *Administrator) Close() error { return a.db.Close() }

// Make makes the database and the accounts that are not there, and lets the owner migrate. An account that is there
// keeps its password. It may be called again.
func (a *Administrator) Make(ctx context.Context, owner Login, others ...Login) error {
	statements := []string{"CREATE DATABASE IF NOT EXISTS " + name(a.Database) + " CHARACTER SET utf8mb4"}
	for _, l := range append([]Login{owner}, others...) {
		statements = append(statements, fmt.Sprintf("CREATE USER IF NOT EXISTS %s IDENTIFIED BY %s", l.Account, quoted(l.Password)))
	}
	return a.run(ctx, append(statements, OwnerGrants(a.Database, owner.Account)...))
}

// Grant gives the accounts that serve and erase their rights on the tables that are there. It may be called again.
func (a *Administrator) Grant(ctx context.Context, serves, erases Account) error {
	return a.run(ctx, append(ServeGrants(a.Database, serves), EraseGrants(a.Database, erases)...))
}

func (a *Administrator) run(ctx context.Context, statements []string) error {
	for _, s := range statements {
		if _, err := a.db.w.ExecContext(ctx, s); err != nil {
			what, _, _ := strings.Cut(s, " IDENTIFIED BY ") // no password in an error
			return fmt.Errorf("%s: %w", what, unavailable(err))
		}
	}
	return nil
}

// AddressFor is a server's address with another account in it.
func AddressFor(dsn string, l Login) (string, error) {
	rest, _, database, parameters, err := splitAddress(dsn)
	if err != nil {
		return "", err
	}
	return "mysql:" + l.User + ":" + l.Password + "@" + rest + "/" + database + parameters, nil
}

// splitAddress takes an address apart: the server; the same with the account before it; the database's name; the
// parameters with their question mark.
func splitAddress(dsn string) (server, before, database, parameters string, err error) {
	rest, is := strings.CutPrefix(dsn, "mysql:")
	end := strings.LastIndex(rest, ")")
	if !is || end < 0 || !strings.HasPrefix(rest[end+1:], "/") {
		return "", "", "", "", policy.E(policy.ErrInvalid, "").Because(errors.New("database: want mysql:USER:PASS@tcp(HOST:PORT)/NAME"))
	}
	before = rest[:end+1]
	database, query, has := strings.Cut(rest[end+2:], "?")
	if has {
		parameters = "?" + query
	}
	if database == "" {
		return "", "", "", "", policy.E(policy.ErrInvalid, "").Because(errors.New("database address: no database name"))
	}
	return before[strings.LastIndex(before, "@")+1:], before, database, parameters, nil
}
