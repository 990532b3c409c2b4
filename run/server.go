package run

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
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

// Until serves until the context ends, calls stopping while it serves on, then lets the requests in flight finish.
// It returns nil after such an end, and the error of serve if that ends by itself.
func Until(ctx context.Context, srv *http.Server, stopping func(), serve func() error) error {
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
