package launch

import (
	"context"
	"errors"
	"net/http"
	"time"

	"ltipolicy/launch/web"
	"ltipolicy/policy"
)

// healthz says that the process is alive, and nothing more: a database that is away must not get every
// replica restarted.
func (s *Server) healthz(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Write([]byte("ok\n")) //nolint:errcheck // the reader went away
}

// Leave makes readyz say no from now on, while everything is still served: the proxy in front sends new requests
// to other replicas before this one stops to listen.
func (s *Server) Leave() { s.leaving.Store(true) }

// readyz says whether this replica can serve launches: database reachable, the schema one that this program can work with, keys present.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	err := errors.New("told to stop")
	if !s.leaving.Load() {
		err = s.store.Ready(ctx)
	}
	if err != nil {
		web.Note(r.Context(), "error", err.Error())
		web.Outcome(r.Context(), "unavailable")
		web.Later(w)
		w.WriteHeader(http.StatusServiceUnavailable)
		w.Write([]byte("not ready\n")) //nolint:errcheck // the reader went away
		return
	}
	w.Write([]byte("ready\n")) //nolint:errcheck // the reader went away
}

// static serves a style or script. Its address holds a hash of the content, so browsers may keep it.
func (s *Server) static(w http.ResponseWriter, r *http.Request) error {
	content, contentType, ok := s.Pages.StaticFile(r.URL.Path)
	if !ok {
		return policy.E(policy.ErrNotFound, "")
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	_, err := w.Write(content)
	if err != nil {
		web.Note(r.Context(), "error", err.Error())
	}
	return nil
}

func (s *Server) notFound(http.ResponseWriter, *http.Request) error {
	return policy.E(policy.ErrNotFound, "")
}
