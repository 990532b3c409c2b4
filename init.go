package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"ltipolicy/config"
	"ltipolicy/setup"
	"ltipolicy/store"
)

// initialise sets up a tool that is new. Without any address of the tool it asks for what it needs, if somebody is at a
// terminal.
func initialise(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "init", "")
	f.ToFile()
	s := f.settings()
	admin := f.String("admin-database", "", "`mysql:ADMIN:PASS@tcp(HOST:PORT)/NAME`: make the database NAME and its accounts on a server, as its administrator, "+
		"who is remembered nowhere; best given as LTIPOLICY_ADMIN_DATABASE")
	if err := f.parse(args); err != nil {
		return err
	}
	file, err := f.Named()
	if err != nil {
		return err
	}
	in := bufio.NewReader(w.stdin)
	fromDefault := func(name string) bool { return f.Origin(name) == (config.Origin{}) }
	if w.terminal && s.base == "" { // whoever says that knows what they want
		s.base = w.ask(in, "The public address of the tool, https://…", "")
		if s.institution == "" {
			s.institution = w.ask(in, "The name of the institution", "")
		}
		if fromDefault("database") && *admin == "" {
			if answer := w.ask(in, "The database: a file, or a server by its administrator's address, mysql:ADMIN:PASS@tcp(HOST:PORT)/NAME", "a file"); strings.HasPrefix(answer, "mysql:") {
				*admin = answer
			}
		}
	}
	if s.base == "" {
		return usageError{"-base-url is needed: the public https address of the tool"}
	}
	if s.base, err = publicURL(s.base); err != nil {
		return err
	}
	if err := s.complete(); err != nil {
		return err
	}
	given := map[string]string{"base-url": s.base}
	if s.institution != "" {
		given["institution"] = s.institution
	}
	known := flag.NewFlagSet("", flag.ContinueOnError)
	new(settings).declare(known)
	known.VisitAll(func(fl *flag.Flag) {
		if at := f.Origin(fl.Name); at != (config.Origin{}) && at.File == "" && at.Secret == "" && fl.Name != "base-url" && fl.Name != "institution" {
			given[fl.Name] = f.Lookup(fl.Name).Value.String()
		}
	})
	plan := setup.Plan{
		Settings: file, Database: s.Database, Admin: *admin, Institution: s.institution,
		Options: store.Options{Now: w.now, Rand: w.rand}, Random: w.rand, Out: w.stdout,
	}
	if err := planDatabase(&plan, given, fromDefault("database") && fromDefault("database-file")); err != nil {
		return err
	}
	plan.Text, plan.Mode = config.Text(known, given)
	if err := setup.Make(ctx, plan); err != nil {
		return err
	}
	fmt.Fprintf(w.stdout, "\nKeep a copy of the key file where no copy of the database is.\nNext: \"ltipolicy serve\", with a proxy in front that shows %s as %s; then \"ltipolicy platform invite\".\n", s.Listen, s.base)
	return nil
}

// planDatabase says where the database will be, and what the file of settings says of it.
func planDatabase(p *setup.Plan, given map[string]string, unnamed bool) error {
	folder := filepath.Dir(p.Settings)
	served := filepath.Join(folder, setup.ServeFile)
	_, missing := os.Stat(served)
	if p.Admin == "" && unnamed && missing == nil { // an earlier run made it, and did not come to its end
		address, err := os.ReadFile(served)
		if err != nil {
			return err
		}
		p.Database.Address = strings.TrimSpace(string(address))
	}
	switch file, is := strings.CutPrefix(p.Database.Address, "sqlite:"); {
	case p.Admin != "":
		if !unnamed && is {
			return usageError{"-admin-database makes the database: -database says another"}
		}
		p.Database.Address = ""
		fallthrough
	case unnamed && missing == nil:
		delete(given, "database")
		given["database-file"] = setup.ServeFile
		if p.Database.KeyFile == "" {
			given["secret-key-file"] = setup.KeyFile
		}
	case !is:
		if p.Database.KeyFile == "" {
			given["secret-key-file"] = setup.KeyFile
		}
	case unnamed:
		given["database"] = p.Database.Address
		p.Database.Address = "sqlite:" + filepath.Join(folder, file)
	default:
		abs, err := filepath.Abs(file)
		if err != nil {
			return err
		}
		p.Database.Address = "sqlite:" + abs
		given["database"] = p.Database.Address
	}
	return nil
}

// ask asks a person, who may press return for what is usual.
func (w world) ask(in *bufio.Reader, question, usual string) string {
	if usual != "" {
		question += " [" + usual + "]"
	}
	fmt.Fprint(w.stdout, question+": ")
	line, err := in.ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) || strings.TrimSpace(line) == "" {
		return usual
	}
	return strings.TrimSpace(line)
}
