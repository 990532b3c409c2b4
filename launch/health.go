package launch

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"ltipolicy/launch/web"
	"ltipolicy/store"
)

// health tells operators and their programs how this process is.
type health struct {
	store   *store.DB
	leaving atomic.Bool
}

// healthz says that the process is alive, and nothing more: a database that is away must not get every
// replica restarted.
func (h *health) healthz(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Write([]byte("ok\n")) //nolint:errcheck // the reader went away
}

// readyz says whether this replica can serve launches: database reachable, the schema one that this program can work
// with, keys present.
func (h *health) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if h.leaving.Load() {
		web.Outcome(r.Context(), "stopping")
		web.Meant(r.Context())
		notReady(w)
		return
	}
	if err := h.store.Ready(ctx); err != nil {
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
