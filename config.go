package main

import (
	"context"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strings"

	"ltipolicy/run"
	"ltipolicy/store"
)

// flags is a command's flag set that also reads the environment.
type flags struct {
	*flag.FlagSet
	w    world
	name string
	args string
}

func newFlags(w world, name, args string) *flags {
	f := &flags{FlagSet: flag.NewFlagSet(name, flag.ContinueOnError), w: w, name: name, args: args}
	f.SetOutput(w.stderr)
	f.Usage = func() {} // parse prints it, where the reader expects it
	return f
}

// parse reads the environment, then the arguments, which win. It wants exactly as many arguments after the
// flags as the command's args has words.
func (f *flags) parse(args []string) error {
	var bad error
	f.VisitAll(func(fl *flag.Flag) {
		name := "LTIPOLICY_" + strings.ToUpper(strings.ReplaceAll(fl.Name, "-", "_"))
		if v := f.w.getenv(name); v != "" {
			if err := f.Set(fl.Name, v); err != nil && bad == nil {
				bad = usageError{fmt.Sprintf("%s: %v", name, err)}
			}
		}
	})
	if bad != nil {
		return bad
	}
	f.SetOutput(discard{})
	err := f.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(f.w.stdout, "Usage: ltipolicy %s\n\n", strings.TrimSpace(f.name+" [flags] "+f.args))
		f.SetOutput(f.w.stdout)
		f.PrintDefaults()
		return err
	}
	if err != nil {
		return usageError{err.Error()}
	}
	if want := len(strings.Fields(f.args)); f.NArg() != want {
		return usageError{fmt.Sprintf("%d arguments, want %d", f.NArg(), want)}
	}
	return nil
}

type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }

// database adds the flags that say where the data are, and the keys of what is secret of them.
func (f *flags) database() *run.Database {
	d := &run.Database{}
	f.StringVar(&d.Address, "database", "sqlite:ltipolicy.db", "`sqlite:FILE` or mysql:USER:PASS@tcp(HOST:PORT)/NAME")
	f.StringVar(&d.KeyFile, "secret-key-file", "", "`file` with the key that seals what the database keeps secret (default: FILE.key beside sqlite:FILE)")
	return d
}

// open opens a database that is there and whose schema the program can work with. It makes and changes nothing:
// only migrate, demo and a serve that was told so do.
func open(ctx context.Context, w world, database run.Database) (*store.DB, error) {
	return database.Open(ctx, store.Options{Now: w.now, Rand: w.rand})
}

// publicURL checks the tool's public address. Moodle and every browser ask for https; plain http is only for
// a host that is this machine.
func publicURL(base, listen string) (string, error) {
	if base == "" {
		host, _, err := net.SplitHostPort(listen)
		if err != nil || !loopback(host) {
			return "", usageError{"-base-url is needed: the public https address of the tool"}
		}
		base = "http://" + listen
	}
	u, err := url.Parse(strings.TrimSuffix(base, "/"))
	if err != nil || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.User != nil {
		return "", usageError{fmt.Sprintf("-base-url %q: want https://HOST[:PORT]", base)}
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return "", usageError{fmt.Sprintf("-base-url %q: want https", base)}
	}
	return u.String(), nil
}

// networks reads a list of networks; a single address is a network, too.
func networks(list string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for part := range strings.SplitSeq(list, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		p, err := netip.ParsePrefix(part)
		if err != nil {
			a, err := netip.ParseAddr(part)
			if err != nil {
				return nil, usageError{fmt.Sprintf("-trusted-proxies: %q is neither a network nor an address", part)}
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// sessionKey reads the key that signs cookies and forms; nil if none is given.
func sessionKey(given, file string) ([]byte, error) {
	if file != "" {
		if given != "" {
			return nil, usageError{"-session-key and -session-key-file: one of the two"}
		}
		b, err := run.ReadPrivate(file)
		if err != nil {
			return nil, fmt.Errorf("reading the session key: %w", err)
		}
		given = strings.TrimSpace(string(b))
	}
	if given == "" {
		return nil, nil
	}
	key, err := base64.StdEncoding.DecodeString(given)
	if err != nil || len(key) != 64 {
		return nil, usageError{"-session-key: want 64 bytes in base64"}
	}
	return key, nil
}

// logger writes text where a person reads it and JSON where a machine does.
func logger(w world, asJSON bool) *slog.Logger {
	if asJSON {
		return slog.New(slog.NewJSONHandler(w.stderr, nil))
	}
	return slog.New(slog.NewTextHandler(w.stderr, nil))
}
