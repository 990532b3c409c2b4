// Package setup makes a tool ready for its first start: the database, its accounts, its key file and the file of
// settings. It owns the order in which that happens, so that it can be broken off anywhere and run again.
//
// It does not own what the settings are (package main), nor how they are read (config).
//
// Start reading at [Make].
package setup

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"ltipolicy/run"
	"ltipolicy/store"
)

// The files with the addresses of a server's accounts, beside the file of settings.
const (
	ServeFile = "database.address" // of serve and all other commands
	OwnerFile = "owner.address"    // of migrate
	EraseFile = "eraser.address"   // of person erase and key reseal
	KeyFile   = "secret.key"
)

// Plan is what is to be there in the end.
type Plan struct {
	Settings    string // the file of settings
	Text        string // what is written to it if it is not there
	Mode        fs.FileMode
	Database    run.Database // with the account that serves; the address may be empty if Admin says it
	Admin       string       // address of a server's administrator; empty: the database and its accounts are there, or it is a file
	Institution string       // made if it is not there; empty: none

	Options store.Options
	Random  io.Reader
	Out     io.Writer // one line for each thing that was made or found
}

// Make makes what is not there yet of a plan and changes nothing that is there. What it cannot finish, it goes on with
// when it is called again: the file of settings comes last, and no file is ever half written.
func Make(ctx context.Context, p Plan) error {
	folder := filepath.Dir(p.Settings)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("making the folder of the settings: %w", err)
	}
	server := !strings.HasPrefix(p.Database.Address, "sqlite:")
	if server {
		if p.Database.KeyFile == "" {
			p.Database.KeyFile = filepath.Join(folder, KeyFile)
		}
		if err := run.MakeKeyFile(p.Database.KeyFile, p.Random); err != nil {
			return err
		}
	}
	owner := p.Database
	grant := func() error { return nil }
	if p.Admin != "" {
		admin, err := store.Administer(ctx, p.Admin, p.Options)
		if err != nil {
			return fmt.Errorf("as the server's administrator: %w", err)
		}
		defer admin.Close() //nolint:errcheck // every statement is checked
		var logins [3]store.Login
		for i, a := range []struct{ file, user string }{{OwnerFile, "ltipolicy_owner"}, {ServeFile, "ltipolicy"}, {EraseFile, "ltipolicy_eraser"}} {
			if logins[i], err = p.login(filepath.Join(folder, a.file), a.user); err != nil {
				return err
			}
		}
		if err := admin.Make(ctx, logins[0], logins[1:]...); err != nil {
			return fmt.Errorf("as the server's administrator: %w", err)
		}
		fmt.Fprintf(p.Out, "database %s, with the accounts %s, %s and %s\n", admin.Database, logins[0].Account, logins[1].Account, logins[2].Account)
		grant = func() error { return admin.Grant(ctx, logins[1].Account, logins[2].Account) }
		if p.Database.Address, err = address(filepath.Join(folder, ServeFile)); err != nil {
			return err
		}
	}
	if server {
		if at, err := address(filepath.Join(folder, OwnerFile)); err == nil {
			owner.Address = at
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	owner.KeyFile = p.Database.KeyFile
	if err := p.migrate(ctx, owner); err != nil {
		return err
	}
	if err := grant(); err != nil {
		return fmt.Errorf("as the server's administrator: %w", err)
	}
	if err := p.found(ctx); err != nil {
		return err
	}
	if err := p.keep(p.Settings, p.Text, p.Mode); err != nil {
		return err
	}
	return nil
}

func (p Plan) migrate(ctx context.Context, owner run.Database) error {
	db, did, err := owner.Migrate(ctx, p.Options)
	if err != nil && p.Admin != "" {
		return fmt.Errorf("%w\n%s", err, "If its account was there before, with another password: drop it, or write its address into the file above, and run this again.")
	}
	if err != nil {
		return err
	}
	if len(did) > 0 {
		fmt.Fprintf(p.Out, "%s: schema made, %d steps\n", db, len(did))
	} else {
		fmt.Fprintf(p.Out, "%s: up to date\n", db)
	}
	return db.Close()
}

// found opens the database as serve will, and founds the institution.
func (p Plan) found(ctx context.Context) error {
	db, err := p.Database.Open(ctx, p.Options)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // everything is committed
	if p.Institution == "" {
		return nil
	}
	if _, err := db.EnsureInstitution(ctx, p.Institution); err != nil {
		return err
	}
	fmt.Fprintf(p.Out, "institution %s\n", p.Institution)
	return nil
}

// login is an account whose address is in a file; with a password of its own if there is no such file yet.
func (p Plan) login(file, user string) (store.Login, error) {
	l := store.Login{Account: store.Account{User: user, Host: "%"}}
	var raw [24]byte
	if _, err := io.ReadFull(p.Random, raw[:]); err != nil {
		return l, fmt.Errorf("making a password: %w", err)
	}
	// The end is for servers that want a letter of every kind.
	l.Password = base64.RawURLEncoding.EncodeToString(raw[:]) + "-aA0"
	at, err := store.AddressFor(p.Admin, l)
	if err != nil {
		return l, err
	}
	if err := p.keep(file, at+"\n", 0o600); err != nil {
		return l, err
	}
	if at, err = address(file); err != nil {
		return l, err
	}
	rest, _ := strings.CutPrefix(at, "mysql:")
	end := strings.LastIndex(rest, ")")
	account, _, ok := cutLast(rest[:max(end, 0)], "@")
	if l.User, l.Password, _ = strings.Cut(account, ":"); !ok {
		return l, fmt.Errorf("%s holds no address of an account", file)
	}
	return l, nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// address is what a file holds that only its owner and group can read.
func address(file string) (string, error) {
	b, err := run.ReadPrivate(file)
	if err != nil {
		return "", fmt.Errorf("reading an address: %w", err)
	}
	return strings.TrimSpace(string(b)), nil
}

// keep writes a file, whole or not at all, unless there is one.
func (p Plan) keep(file, text string, mode fs.FileMode) error {
	made, err := run.WriteNew(file, text, mode)
	if err != nil {
		return err
	}
	if made {
		fmt.Fprintln(p.Out, "made", file)
	} else {
		fmt.Fprintln(p.Out, "there already, unchanged:", file)
	}
	return nil
}
