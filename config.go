package main

import (
	"context"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"ltipolicy/config"
	"ltipolicy/courier"
	"ltipolicy/run"
	"ltipolicy/store"
)

// flags is a command's flag set that also reads the environment and, if the command has settings, their file.
type flags struct {
	*config.Flags
	w    world
	name string
	args string
}

func newFlags(w world, name, args string) *flags {
	return &flags{config.NewFlags(name, config.Outside{
		Getenv: w.getenv, Places: w.places, ReadSecret: run.ReadPrivate, Warn: w.stderr,
		Settings: func(f *flag.FlagSet) { new(settings).declare(f) },
	}), w, name, args}
}

// parse reads the arguments, the environment and the file of settings; what comes first wins. It wants exactly as many
// arguments after the flags as the command's args has words.
func (f *flags) parse(args []string) error {
	err := f.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(f.w.stdout, "Usage: ltipolicy %s\n\n", strings.TrimSpace(f.name+" [flags] "+f.args))
		f.SetOutput(f.w.stdout)
		f.PrintDefaults()
		return err
	}
	if wrong, ok := errors.AsType[config.UsageError](err); ok {
		return usageError{wrong.Text}
	}
	if err != nil {
		return err
	}
	if want := len(strings.Fields(f.args)); f.NArg() != want {
		return usageError{fmt.Sprintf("%d arguments, want %d", f.NArg(), want)}
	}
	return nil
}

// settings are what an operator decides once for every command: the flags of serve, of which other commands have some,
// and the institution. A file of settings may hold all of them.
type settings struct {
	run.Settings
	base, trusted, session, witnesses, institution string
	hours                                          string // in which people are reminded
	contacts, tongues, rules                       string // of who finds a hole
}

func (s *settings) declare(f *flag.FlagSet) {
	declareBase(f, &s.base)
	declareInstitution(f, &s.institution)
	declareDatabase(f, &s.Database)
	f.StringVar(&s.Listen, "listen", "127.0.0.1:8080", "`address` to listen on")
	f.StringVar(&s.trusted, "trusted-proxies", "", "`addresses` of the proxies in front, with commas between, whose X-Forwarded-For is believed; of a network, everybody in it is")
	declarePrivate(f, &s.PrivateNetworks)
	f.StringVar(&s.CertFile, "tls-cert", "", "`file` with the certificate chain, if no proxy does TLS")
	f.StringVar(&s.Settings.KeyFile, "tls-key", "", "`file` with the certificate's key")
	f.IntVar(&s.Connections, "database-connections", 20, "connections to the database server at most")
	f.DurationVar(&s.Patience, "request-timeout", 10*time.Second, "how `long` a request waits for the database and for Moodle, at most")
	f.BoolVar(&s.Migrate, "migrate", false, "bring the schema up to date first, as is always done with SQLite")
	f.DurationVar(&s.Drain, "drain", 0, "how `long` to serve on when told to stop, while /readyz says no, so that a proxy sends nothing new")
	f.StringVar(&s.MetricsListen, "metrics-listen", "", "`address` for /metrics (default: none)")
	f.StringVar(&s.witnesses, "witness", "", "who keeps the evidence log's checkpoints, with commas between: `file:/PATH`, https://…, mailto:ADDRESS")
	f.StringVar(&s.Mail.Address, "mail-server", "", "`smtp://USER:PASSWORD@HOST:PORT` or smtps://…, for reminders and for mails to witnesses")
	f.String("mail-server-file", "", "`file` with what -mail-server says")
	f.StringVar(&s.Mail.From, "mail-from", "", "`address` that mails come from")
	f.StringVar(&s.hours, "mail-hours", "07:00-20:00", "`hours` of the day in which people are reminded by mail, in their institution's time zone")
	f.IntVar(&s.MailsPerMinute, "mail-rate", 300, "mails a minute to the people of one site, at most")
	f.StringVar(&s.contacts, "security-contact", "", "whom to tell of a security hole here, for /.well-known/security.txt, with commas between: `mailto:ADDRESS`, https://…")
	f.StringVar(&s.tongues, "security-languages", "en", "with -security-contact: `tags` of the languages that are understood there, with commas between")
	f.StringVar(&s.rules, "security-policy", "", "with -security-contact: https `address` of what finders may expect")
	f.StringVar(&s.session, "session-key", "", "64 bytes in base64 (default: made once and kept sealed in the database)")
	f.String("session-key-file", "", "`file` with what -session-key says")
}

func declareBase(f *flag.FlagSet, base *string) {
	f.StringVar(base, "base-url", "", "public `URL` of the tool, https (serve: http://LISTEN on a loopback address, if nobody says)")
}

func declareInstitution(f *flag.FlagSet, name *string) {
	f.StringVar(name, "institution", "", "`name` of the institution")
}

func declarePrivate(f *flag.FlagSet, private *bool) {
	f.BoolVar(private, "allow-private-networks", false, "let Moodle sites live at private addresses")
}

func declareDatabase(f *flag.FlagSet, d *run.Database) {
	f.StringVar(&d.Address, "database", "sqlite:ltipolicy.db", "`sqlite:FILE` or mysql:USER:PASS@tcp(HOST:PORT)/NAME")
	f.String("database-file", "", "`file` with what -database says, so that no list of processes shows a password")
	f.StringVar(&d.KeyFile, "secret-key-file", "", "`file` with the key that seals what the database keeps secret (default: FILE.key beside sqlite:FILE)")
}

// settings adds every setting to the command.
func (f *flags) settings() *settings {
	s := &settings{Settings: run.Settings{Now: f.w.now, Rand: f.w.rand, Log: logger(f.w, true), Progress: f.w.stderr}}
	f.FromFile()
	s.declare(f.FlagSet)
	return s
}

// complete works out what serve needs, and refuses what cannot be meant.
func (s *settings) complete() (err error) {
	if s.witnesses != "" {
		s.Witnesses = strings.Split(s.witnesses, ",")
	}
	if (s.CertFile == "") != (s.Settings.KeyFile == "") {
		return usageError{"-tls-cert and -tls-key go together"}
	}
	if s.BaseURL, err = servedURL(s.base, s.Listen); err != nil {
		return err
	}
	if s.Proxies, err = networks(s.trusted); err != nil {
		return err
	}
	if s.Contact, err = run.Contact(s.contacts, s.tongues, s.rules); err != nil {
		return usageError{err.Error()}
	}
	if s.SessionKey, err = sessionKey(s.session); err != nil {
		return err
	}
	if s.MailHours, err = courier.ParseHours(s.hours); err != nil {
		return usageError{"-mail-hours: " + err.Error()}
	}
	if s.MailsPerMinute < 1 {
		return usageError{"-mail-rate: want 1 or more"}
	}
	if s.Mail.Known() {
		if err := s.Mail.Check(); err != nil {
			return usageError{"-mail-server, -mail-from: " + err.Error()}
		}
	}
	if s.Connections < 1 || s.Patience < time.Second {
		return usageError{"-database-connections: want 1 or more; -request-timeout: want a second or more"}
	}
	return nil
}

// database is where the data are, and who said so.
type database struct {
	*run.Database
	flags *flags
}

// database adds the flags that say where the data are, and the keys of what is secret of them.
func (f *flags) database() *database {
	d := &database{&run.Database{}, f}
	f.FromFile()
	declareDatabase(f.FlagSet, d.Database)
	return d
}

// institution adds the flag that names the institution.
func (f *flags) institution() *string {
	name := new(string)
	f.FromFile()
	declareInstitution(f.FlagSet, name)
	return name
}

// baseURL adds the flag with the tool's public address.
func (f *flags) baseURL() *string {
	base := new(string)
	f.FromFile()
	declareBase(f.FlagSet, base)
	return base
}

// private adds the flag that lets Moodle sites live at private addresses.
func (f *flags) private() *bool {
	private := new(bool)
	f.FromFile()
	declarePrivate(f.FlagSet, private)
	return private
}

// open opens a database that is there and whose schema the program can work with. It makes and changes nothing:
// only init, migrate, serve and demo do. An error says which database was meant, and who named it.
func open(ctx context.Context, w world, d database) (*store.DB, error) {
	db, err := d.Open(ctx, store.Options{Now: w.now, Rand: w.rand})
	if err != nil {
		return nil, fmt.Errorf("%w\n%s", err, d.meant())
	}
	return db, nil
}

// meant says which database the command meant, why, and what to do if it is another.
func (d database) meant() string {
	address := config.Blank(d.Address)
	if file, is := strings.CutPrefix(address, "sqlite:"); is {
		if abs, err := filepath.Abs(file); err == nil {
			address = "sqlite:" + abs
		}
	}
	if at := d.flags.Origin("database"); at != (config.Origin{}) {
		return fmt.Sprintf("The database is %s, by %s. If it is another, say so there, or by -database or -database-file.", address, at)
	}
	where := "no file of settings was found at " + strings.Join(d.flags.w.places, " or ")
	if f := d.flags.File(); f != nil {
		where = f.Name + " does not name one"
	}
	return fmt.Sprintf("The database is %s by default: neither -database nor %s is given, and %s.\n"+
		`"ltipolicy init" sets up a tool that is new; for one that is there, say which database it has, or run this where its ltipolicy.toml is.`,
		address, config.Env("database"), where)
}

// announce says that a database will be made, before a command makes one that is a file.
func (d database) announce(w world) {
	if file, is := strings.CutPrefix(d.Address, "sqlite:"); is {
		if _, err := os.Stat(file); err != nil {
			fmt.Fprintf(w.stderr, "a new database: there is no %s yet (%s)\n", d.Address, d.flags.Origin("database"))
		}
	}
}

// showConfig prints what is in force and where each value comes from.
func showConfig(_ context.Context, w world, args []string) error {
	f := newFlags(w, "config", "")
	s := f.settings()
	if err := f.parse(args); err != nil {
		return err
	}
	if file := f.File(); file != nil {
		fmt.Fprintf(w.stdout, "settings of %s\n\n", file.Name)
	} else {
		fmt.Fprintf(w.stdout, "no file of settings: looked for %s\n\n", strings.Join(w.places, " and "))
	}
	known := flag.NewFlagSet("", flag.ContinueOnError)
	new(settings).declare(known)
	t := tabwriter.NewWriter(w.stdout, 0, 4, 2, ' ', 0)
	known.VisitAll(func(fl *flag.Flag) {
		if plain, is := strings.CutSuffix(fl.Name, "-file"); is && known.Lookup(plain) != nil {
			return // told with the value that it holds
		}
		value := f.Lookup(fl.Name).Value.String()
		if config.Secret(known, fl.Name) {
			value = config.Blank(value)
		}
		if value == "" {
			value = "none"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\n", fl.Name, value, f.Origin(fl.Name))
	})
	if err := t.Flush(); err != nil {
		return err
	}
	return s.complete()
}

// servedURL is the public address of a tool that serves: without one, a loopback address that it listens on.
func servedURL(base, listen string) (string, error) {
	if base == "" {
		host, _, err := net.SplitHostPort(listen)
		if err != nil || !loopback(host) {
			return "", usageError{"-base-url is needed: the public https address of the tool"}
		}
		base = "http://" + listen
	}
	return publicURL(base)
}

// noBase is what a command says that would print an address and does not know the tool's own.
const noBase = "-base-url is needed: the public https address of the tool, also as " +
	"base-url in ltipolicy.toml; the one that serve was started with"

// knownURL is the tool's public address, or empty if nobody said it.
func knownURL(base string) (string, error) {
	if base == "" {
		return "", nil
	}
	return publicURL(base)
}

// publicURL checks the tool's public address. Moodle and every browser ask for https; plain http is only for
// a host that is this machine.
func publicURL(base string) (string, error) {
	if base == "" {
		return "", usageError{noBase}
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
func sessionKey(given string) ([]byte, error) {
	if given == "" {
		return nil, nil
	}
	key, err := base64.StdEncoding.DecodeString(given)
	if err != nil || len(key) != 64 {
		return nil, usageError{"-session-key: want 64 bytes in base64"}
	}
	return key, nil
}
