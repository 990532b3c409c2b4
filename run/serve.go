package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"ltipolicy/launch"
	"ltipolicy/lti"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// How often the work in the background runs, and how long a stop waits for requests in flight.
const (
	sweepEvery = 5 * time.Minute
	logEvery   = 10 * time.Second
	stopWithin = 30 * time.Second
)

func serve(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "serve", "")
	listen := f.String("listen", "127.0.0.1:8080", "`address` to listen on")
	base := f.String("base-url", "", "public `URL` of the tool, https (default: http://LISTEN on a loopback address)")
	database := f.database()
	connections := f.Int("database-connections", 20, "connections to the database server at most")
	patience := f.Duration("request-timeout", 10*time.Second, "how `long` a request waits for the database and for Moodle, at most")
	change := f.Bool("migrate", false, "bring the schema up to date first, as is always done with SQLite")
	metrics := f.String("metrics-listen", "", "`address` for /metrics (default: none)")
	cert := f.String("tls-cert", "", "`file` with the certificate chain, if no proxy does TLS")
	key := f.String("tls-key", "", "`file` with the certificate's key")
	private := f.Bool("allow-private-networks", false, "let Moodle sites live at private addresses")
	trusted := f.String("trusted-proxies", "", "`networks` of the proxies in front, with commas between, whose X-Forwarded-For is believed")
	session := f.String("session-key", "", "64 bytes in base64 (default: made once and kept in the database)")
	drain := f.Duration("drain", 0, "how `long` to serve on when told to stop, while /readyz says no, so that a proxy sends nothing new")
	if err := f.parse(args); err != nil {
		return err
	}
	if (*cert == "") != (*key == "") {
		return usageError{"-tls-cert and -tls-key go together"}
	}
	public, err := publicURL(*base, *listen)
	if err != nil {
		return err
	}
	proxies, err := networks(*trusted)
	if err != nil {
		return err
	}
	if *connections < 1 || *patience < time.Second {
		return usageError{"-database-connections: want 1 or more; -request-timeout: want a second or more"}
	}
	opening := openWith
	if *change || strings.HasPrefix(*database, "sqlite:") {
		opening = openMigrated
	}
	log := logger(w, true)
	db, err := opening(ctx, w, *database, store.Options{MaxOpen: *connections, Patience: *patience, Logger: log})
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // nothing is written any more
	t, err := tool(ctx, w, db, log, public, *session, lti.NewClient(*private), launch.Limits{Proxies: proxies, Request: *patience})
	if err != nil {
		return err
	}
	if *metrics != "" {
		m, err := net.Listen("tcp", *metrics)
		if err != nil {
			return err
		}
		watched := server(t.Metrics(), log)
		defer watched.Close() //nolint:errcheck // the program ends
		go watched.Serve(m)   //nolint:errcheck // ends with the program
	}
	l, err := net.Listen("tcp", *listen)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	var jobs sync.WaitGroup
	defer jobs.Wait() // before the database is closed
	defer stop()
	jobs.Go(func() { background(ctx, db, log) })
	go t.Courier().Run(ctx)
	go tendDoors(ctx, t, log)
	srv := server(t.Handler(), log)
	log.Info("serving", "address", l.Addr().String(), "base_url", public)
	stopping := func() {
		t.Leave()
		if *drain > 0 {
			log.Info("stopping", "drain", drain.String())
			time.Sleep(*drain)
		}
	}
	return until(ctx, srv, stopping, func() error {
		if *cert != "" {
			return srv.ServeTLS(l, *cert, *key)
		}
		return srv.Serve(l)
	})
}

// tool wires the tool over an open database.
func tool(ctx context.Context, w world, db *store.DB, log *slog.Logger, public, session string, client *http.Client, limits launch.Limits) (*launch.Server, error) {
	key, err := sessionKey(ctx, w, db, session)
	if err != nil {
		return nil, err
	}
	if err := db.EnsureKeys(ctx, func() (lti.Key, error) { return lti.GenerateKey(w.rand, w.now()) }); err != nil {
		return nil, err
	}
	pages, err := templates.New()
	if err != nil {
		return nil, err
	}
	return launch.New(launch.Config{
		Store: db, Pages: pages, BaseURL: public, Key: key, Now: w.now, Rand: w.rand, Log: log,
		Limits: limits,
		Tool: lti.New(lti.Config{
			BaseURL: public, Now: w.now, Rand: w.rand, Client: client, Keys: db.KeyRing,
		}),
	})
}

// server bounds what a client may take: header and body are small, and a slow one is cut off.
func server(h http.Handler, log *slog.Logger) *http.Server {
	return patientServer(h, log, patience{
		header: 5 * time.Second, read: 20 * time.Second, write: 60 * time.Second, idle: 2 * time.Minute,
	})
}

// patience is how long a client may take: to send its header, to send everything, to take the answer, and to
// come back on the same connection.
type patience struct{ header, read, write, idle time.Duration }

func patientServer(h http.Handler, log *slog.Logger, p patience) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: p.header,
		ReadTimeout:       p.read,
		WriteTimeout:      p.write,
		IdleTimeout:       p.idle,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// until serves until the context ends, calls stopping while it serves on, then lets the requests in flight finish.
func until(ctx context.Context, srv *http.Server, stopping func(), serve func() error) error {
	failed := make(chan error, 1)
	go func() { failed <- serve() }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	stopping()
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	if err := srv.Shutdown(late); err != nil {
		return fmt.Errorf("stopping: %w", err)
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// background deletes what has expired, publishes what waited for its day and adds new events to the evidence log,
// until the context ends. Sweeping is apart: however much there is to delete, the log and the calendar go on. When it
// returns, this process has given back the lease of the log.
func background(ctx context.Context, db *store.DB, log *slog.Logger) {
	var jobs sync.WaitGroup
	jobs.Go(func() {
		every(ctx, sweepEvery, log, func() error {
			_, folding := db.FoldUsers(ctx)
			return errors.Join(db.Sweep(ctx), folding)
		})
	})
	jobs.Go(func() {
		every(ctx, logEvery, log, func() error {
			_, due := db.ActivateDue(ctx)
			_, err := db.AppendLog(ctx)
			return errors.Join(due, err)
		})
	})
	jobs.Wait()
}

// every does a job once in each period until the context ends.
func every(ctx context.Context, period time.Duration, log *slog.Logger, job func() error) {
	tick := time.NewTicker(period)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := job(); err != nil && ctx.Err() == nil {
				log.Error("background", "error", err.Error())
			}
		}
	}
}

func randomBytes(r io.Reader, n int) ([]byte, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, fmt.Errorf("reading randomness: %w", err)
	}
	return b, nil
}

func tokenHash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
