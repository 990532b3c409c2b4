package main

import (
	"context"
	"strings"
	"time"

	"ltipolicy/run"
)

func serve(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "serve", "")
	s := run.Settings{Now: w.now, Rand: w.rand, Log: logger(w, true), Progress: w.stderr}
	f.StringVar(&s.Listen, "listen", "127.0.0.1:8080", "`address` to listen on")
	base := f.String("base-url", "", "public `URL` of the tool, https (default: http://LISTEN on a loopback address)")
	database := f.database()
	f.IntVar(&s.Connections, "database-connections", 20, "connections to the database server at most")
	f.DurationVar(&s.Patience, "request-timeout", 10*time.Second, "how `long` a request waits for the database and for Moodle, at most")
	f.BoolVar(&s.Migrate, "migrate", false, "bring the schema up to date first, as is always done with SQLite")
	f.StringVar(&s.MetricsListen, "metrics-listen", "", "`address` for /metrics (default: none)")
	f.StringVar(&s.CertFile, "tls-cert", "", "`file` with the certificate chain, if no proxy does TLS")
	f.StringVar(&s.KeyFile, "tls-key", "", "`file` with the certificate's key")
	f.BoolVar(&s.PrivateNetworks, "allow-private-networks", false, "let Moodle sites live at private addresses")
	trusted := f.String("trusted-proxies", "", "`networks` of the proxies in front, with commas between, whose X-Forwarded-For is believed")
	session := f.String("session-key", "", "64 bytes in base64 (default: made once and kept sealed in the database)")
	sessionFile := f.String("session-key-file", "", "`file` with what -session-key says, so that no list of processes shows it")
	witnesses := f.String("witness", "", "who keeps the evidence log's checkpoints, with commas between: `file:/PATH`, https://…, mailto:ADDRESS")
	f.StringVar(&s.Mail.Server, "mail-server", "", "`smtp://USER:PASSWORD@HOST:PORT` or smtps://…, for mails to witnesses")
	f.StringVar(&s.Mail.From, "mail-from", "", "`address` that mails come from")
	contacts := f.String("security-contact", "", "whom to tell of a security hole here, for /.well-known/security.txt, with commas between: `mailto:ADDRESS`, https://…")
	tongues := f.String("security-languages", "en", "with -security-contact: `tags` of the languages that are understood there, with commas between")
	rules := f.String("security-policy", "", "with -security-contact: https `address` of what finders may expect")
	f.DurationVar(&s.Drain, "drain", 0, "how `long` to serve on when told to stop, while /readyz says no, so that a proxy sends nothing new")
	if err := f.parse(args); err != nil {
		return err
	}
	s.Database = *database
	if *witnesses != "" {
		s.Witnesses = strings.Split(*witnesses, ",")
	}
	if (s.CertFile == "") != (s.KeyFile == "") {
		return usageError{"-tls-cert and -tls-key go together"}
	}
	var err error
	if s.BaseURL, err = publicURL(*base, s.Listen); err != nil {
		return err
	}
	if s.Proxies, err = networks(*trusted); err != nil {
		return err
	}
	if s.Contact, err = run.Contact(*contacts, *tongues, *rules); err != nil {
		return usageError{err.Error()}
	}
	if s.SessionKey, err = sessionKey(*session, *sessionFile); err != nil {
		return err
	}
	if s.Connections < 1 || s.Patience < time.Second {
		return usageError{"-database-connections: want 1 or more; -request-timeout: want a second or more"}
	}
	return run.Serve(ctx, s)
}
