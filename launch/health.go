package launch

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"ltipolicy/launch/web"
	"ltipolicy/store"
)

// health tells operators and their programs how this process is.
type health struct {
	store   *store.DB
	leaving atomic.Bool
	asking  singleflight.Group
}

// healthz says that the process is alive, and nothing more: a database that is away must not get every
// replica restarted.
func (h *health) healthz(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Write([]byte("ok\n")) //nolint:errcheck // the reader went away
}

// ready asks the database, one question at a time: whoever asks meanwhile gets the same answer, because nobody limits how
// often this is asked.
func (h *health) ready(ctx context.Context, ask func(context.Context) error) error {
	_, err, _ := h.asking.Do("", func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		return nil, ask(ctx)
	})
	return err
}

// readyz says whether this replica can serve launches: database reachable, the schema one that this program can work
// with, keys present.
func (h *health) readyz(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if h.leaving.Load() {
		web.Outcome(r.Context(), "stopping")
		web.Meant(r.Context())
		notReady(w)
		return
	}
	if err := h.ready(r.Context(), h.store.Ready); err != nil {
		web.Note(r.Context(), "error", err.Error())
		web.Outcome(r.Context(), "unavailable")
		notReady(w)
		return
	}
	w.Write([]byte("ready\n")) //nolint:errcheck // the reader went away
}

func notReady(w http.ResponseWriter) {
	web.Later(w)
	w.WriteHeader(http.StatusServiceUnavailable)
	w.Write([]byte("not ready\n")) //nolint:errcheck // the reader went away
}
