package run

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"ltipolicy/courier"
	"ltipolicy/courier/post"
	"ltipolicy/launch"
	"ltipolicy/lti"
	"ltipolicy/store"
)

// Settings are what an operator decides about a tool that serves.
type Settings struct {
	Listen          string // address
	MetricsListen   string // address of /metrics; empty: there is none
	BaseURL         string // public address without trailing slash
	Database        Database
	Migrate         bool // bring the schema up to date first, as is always done with SQLite
	Connections     int  // to the database server, at most
	Patience        time.Duration
	CertFile        string // chain of certificates, if no proxy does TLS
	KeyFile         string // its key
	PrivateNetworks bool   // Moodle sites may live at private addresses
	Proxies         []netip.Prefix
	SessionKey      []byte         // 64 bytes; nil: made once and kept in the database
	Witnesses       []string       // outside, see courier.NewReceiver
	Mail            post.Server    // how mails leave; zero: they do not
	MailHours       courier.Hours  // in which people are reminded
	MailsPerMinute  int            // to the people of one site, at most; 0: no bound
	Contact         launch.Contact // of who finds a hole
	Drain           time.Duration  // how long to serve on when told to stop, while /readyz says no

	Now      func() time.Time
	Rand     io.Reader
	Log      *slog.Logger
	Progress io.Writer // what was done to the schema
}

// Serve is the tool from its start to its end: until the context ends, or until it cannot serve. Requests in flight
// get their answer, unless they take longer than half a minute. The work between requests goes on for as long as
// anything is served, and has ended before the database is closed.
func Serve(ctx context.Context, s Settings) error {
	db, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // nothing is written any more
	client := lti.NewClient(s.PrivateNetworks)
	var receivers []courier.Receiver
	for _, name := range s.Witnesses {
		r, err := courier.NewReceiver(name, client, s.Mail)
		if err != nil {
			return err
		}
		receivers = append(receivers, r)
	}
	t, err := New(ctx, Config{
		Store: db, BaseURL: s.BaseURL, SessionKey: s.SessionKey, Client: client, Receivers: receivers,
		Limits: launch.Limits{Proxies: s.Proxies, Request: s.Patience}, Contact: s.Contact, Now: s.Now, Rand: s.Rand, Log: s.Log,
		Mails: courier.Mails{Server: s.Mail, Hours: s.MailHours, PerMinute: s.MailsPerMinute},
	})
	if err != nil {
		return err
	}
	if s.MetricsListen != "" {
		m, err := net.Listen("tcp", s.MetricsListen)
		if err != nil {
			return err
		}
		watched := Server(t.Web.Metrics(), s.Log)
		defer watched.Close() //nolint:errcheck // the program ends
		go watched.Serve(m)   //nolint:errcheck // ends with the program
	}
	l, err := net.Listen("tcp", s.Listen)
	if err != nil {
		return err
	}
	srv := Server(t.Web.Handler(), s.Log)
	s.Log.Info("serving", "address", l.Addr().String(), "base_url", s.BaseURL)
	stopping := func() {
		t.Web.Leave()
		if s.Drain > 0 {
			s.Log.Info("stopping", "drain", s.Drain.String())
			time.Sleep(s.Drain)
		}
	}
	return Until(ctx, srv, t.Run, stopping, func() error {
		if s.CertFile != "" {
			return srv.ServeTLS(l, s.CertFile, s.KeyFile)
		}
		return srv.Serve(l)
	})
}

func (s Settings) open(ctx context.Context) (*store.DB, error) {
	o := store.Options{MaxOpen: s.Connections, Patience: s.Patience, Logger: s.Log, Now: s.Now, Rand: s.Rand}
	if s.Migrate || s.Database.sqliteFile() != "" {
		return s.Database.openMigrated(ctx, o, s.Progress)
	}
	db, err := s.Database.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := db.MayServe(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}
