package run

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// stopWithin is how long a stop waits for requests in flight.
const stopWithin = 30 * time.Second

// Server bounds what a client may take: header and body are small, and a slow one is cut off.
func Server(h http.Handler, log *slog.Logger) *http.Server {
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

// Until serves until the context ends, calls stopping while it serves on, then lets the requests in flight finish. What
// is not finished after half a minute is cut off, and that is an error. work is done beside it all: its context ends
// when nobody can ask for anything any more, and Until returns after it. The error of serve is returned if that ends
// by itself, and nil after an end in which everything was finished.
func Until(ctx context.Context, srv *http.Server, work func(context.Context), stopping func(), serve func() error) error {
	var working sync.WaitGroup
	defer working.Wait()
	lasting, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	working.Go(func() { work(lasting) })
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
		return fmt.Errorf("stopping with requests in flight: %w", errors.Join(err, srv.Close()))
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
