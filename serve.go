package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"

	"ltipolicy/demo"
	"ltipolicy/run"
)

func serve(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "serve", "")
	s := f.settings()
	if err := f.parse(args); err != nil {
		return err
	}
	if err := s.complete(); err != nil {
		return err
	}
	database{&s.Database, f}.announce(w)
	return run.Serve(ctx, s.Settings)
}

// demonstrate reads no file of settings: it needs nothing and touches nothing that is there.
func demonstrate(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "demo", "")
	listen := f.String("listen", "127.0.0.1:8080", "loopback `address` to listen on")
	data := f.String("data", "", "`folder` for the database (default: a temporary one, removed at the end)")
	if err := f.parse(args); err != nil {
		return err
	}
	host, _, err := net.SplitHostPort(*listen)
	if err != nil || !loopback(host) {
		return usageError{fmt.Sprintf("-listen %q: the demo lets anybody in as anybody, so it needs a loopback address", *listen)}
	}
	return demo.Serve(ctx, demo.Settings{Listen: *listen, Data: *data, Now: w.now, Rand: w.rand, Log: logger(w, false), Out: w.stdout})
}

// logger writes text where a person reads it and JSON where a machine does.
func logger(w world, asJSON bool) *slog.Logger {
	if asJSON {
		return slog.New(slog.NewJSONHandler(w.stderr, nil))
	}
	return slog.New(slog.NewTextHandler(w.stderr, nil))
}
