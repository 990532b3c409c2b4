package demo

import (
	"context"
	"crypto/rsa"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"ltipolicy/courier"
	"ltipolicy/run"
	"ltipolicy/store"
)

// Settings are what whoever starts the demo decides, and what it gets from outside.
type Settings struct {
	Listen string // a loopback address, because the demo lets anybody in as anybody
	Data   string // folder for the database; empty: a temporary one, removed at the end

	Now  func() time.Time
	Rand io.Reader
	// SiteKey is what all sites sign with; nil: each makes a key of its own.
	SiteKey *rsa.PrivateKey
	Mails   courier.Mails // how people are reminded; zero: they are not
	Log     *slog.Logger
	Out     io.Writer // is told the address to open
}

// Serve is the demo from its start to its end: until the context ends, or until it cannot serve. A folder that was used
// before keeps what was answered in it.
func Serve(ctx context.Context, s Settings) error {
	dir := s.Data
	if dir == "" {
		temporary, err := os.MkdirTemp("", "ltipolicy-demo-")
		if err != nil {
			return err
		}
		dir = temporary
		defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	} else if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	l, err := net.Listen("tcp", s.Listen)
	if err != nil {
		return err
	}
	port := l.Addr().(*net.TCPAddr).Port
	days := &calendar{now: s.Now}
	days.turn(s.Now().Add(-published))
	db, _, err := run.Database{Address: "sqlite:" + filepath.Join(dir, "ltipolicy.db")}.Migrate(ctx, store.Options{Now: days.Now})
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // nothing is written any more
	w, err := newWorld(ctx, s, db, port)
	if err != nil {
		return err
	}
	later, err := remember(ctx, days, db, w.sites)
	if err != nil {
		return err
	}
	work := func(ctx context.Context) {
		var all sync.WaitGroup
		defer all.Wait()
		all.Go(func() { w.tool.Run(ctx) })
		all.Go(func() {
			if err := later(ctx); err != nil && ctx.Err() == nil {
				s.Log.Error("background", "work", "demo", "error", err.Error())
			}
		})
	}
	fmt.Fprintf(s.Out, "Open http://localhost:%d/\n", port)
	srv := run.Server(w.web, s.Log)
	return run.Until(ctx, srv, work, func() {}, func() error { return srv.Serve(l) })
}
