package web

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// LaunchPattern is the route that launches come to: the redirect_uri that platforms know.
const LaunchPattern = "POST /lti/launch"

// record collects what the one log line of a request says. A request is served by one goroutine, but a
// handler may start others.
type record struct {
	mu       sync.Mutex
	id       string
	code     string
	meant    bool
	platform string
	advice   string
	attrs    []any
}

type recordKey struct{}

func recordOf(ctx context.Context) *record {
	rec, _ := ctx.Value(recordKey{}).(*record)
	return rec
}

// Note adds attributes to the request's log line. Callers never add a token, a name or an address.
func Note(ctx context.Context, attrs ...any) {
	rec := recordOf(ctx)
	if rec == nil {
		return
	}
	rec.mu.Lock()
	defer rec.mu.Unlock()
	for i := 0; i+1 < len(attrs); i += 2 {
		if attrs[i] == "platform" {
			if rec.platform, _ = attrs[i+1].(string); rec.platform == "" {
				continue
			}
		}
		rec.attrs = append(rec.attrs, attrs[i], attrs[i+1])
	}
}

// Outcome sets the code of the request's log line: "ok" unless something was refused or failed.
func Outcome(ctx context.Context, code string) {
	if rec := recordOf(ctx); rec != nil {
		rec.mu.Lock()
		rec.code = code
		rec.mu.Unlock()
	}
}

// Meant says that the answer is as it should be, whatever its status: the line is no error.
func Meant(ctx context.Context) {
	if rec := recordOf(ctx); rec != nil {
		rec.mu.Lock()
		rec.meant = true
		rec.mu.Unlock()
	}
}

func requestID(ctx context.Context) string {
	if rec := recordOf(ctx); rec != nil {
		return rec.id
	}
	return ""
}

// platformNoted returns the platform that the request turned out to concern, for the links of an error page.
func platformNoted(ctx context.Context) string {
	rec := recordOf(ctx)
	if rec == nil {
		return ""
	}
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return rec.platform
}

// statusWriter remembers the status for the log line.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// logRequest gives each request an id, answers it in the header X-Request-Id, and writes one log line when
// it is done: for a launch that is the record of who was let in or why not. The path is logged as its
// pattern, because addresses hold launch ids.
func (f *Frame) logRequest(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := f.Now()
		id, err := f.NewID()
		if err != nil {
			id = "none" // without randomness nothing works; the page still says so
		}
		rec := &record{id: id, code: "ok"}
		w.Header().Set("X-Request-Id", id)
		sw := &statusWriter{ResponseWriter: w}
		r = r.WithContext(context.WithValue(r.Context(), recordKey{}, rec))
		next.ServeHTTP(sw, r)

		level := slog.LevelInfo
		switch {
		case rec.meant:
		case sw.status >= 500:
			level = slog.LevelError
		case rec.code != "ok":
			level = slog.LevelWarn
		}
		message := "request"
		if r.Pattern == LaunchPattern {
			message = "launch"
		}
		rec.mu.Lock()
		defer rec.mu.Unlock()
		took := f.Now().Sub(start)
		f.metrics.request(r.Pattern, rec.code, took)
		attrs := append([]any{
			"request", rec.id, "route", r.Pattern, "status", sw.status, "code", rec.code,
			"took", took.Round(time.Microsecond).String(),
		}, rec.attrs...)
		f.Log.Log(r.Context(), level, message, attrs...)
	})
}
