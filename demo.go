package main

import (
	"context"
	"fmt"
	"net"

	"ltipolicy/demo"
)

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
