package run

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// listening serves h on a loopback address with the program's own bounds, made short, until the test ends.
func listening(t *testing.T, h http.Handler, p patience) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := patientServer(h, slog.New(slog.DiscardHandler), p)
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	t.Cleanup(func() {
		srv.Close() //nolint:errcheck // the test is over
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

// say opens a connection and writes; what comes back until the server closes it is the answer. The deadline is
// far beyond every bound of the tests, so that a server without bounds fails instead of hanging.
func say(t *testing.T, address, text string) string {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close() //nolint:errcheck // read to the end
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, text); err != nil {
		return "" // cut off while writing
	}
	b, err := io.ReadAll(c)
	if errors.Is(err, context.DeadlineExceeded) || err != nil && strings.Contains(err.Error(), "timeout") {
		t.Fatalf("the server still waits; it said %q", b)
	}
	return string(b)
}

func drain(w http.ResponseWriter, r *http.Request) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		w.WriteHeader(http.StatusRequestTimeout)
	}
}

const long = 10 * time.Minute

// TestSlowClientsAreCutOff: each of the ways to hold a connection without end has its bound. Only the one
// under test is short.
func TestSlowClientsAreCutOff(t *testing.T) {
	short := 50 * time.Millisecond
	for name, c := range map[string]struct {
		patience patience
		sent     string
		want     string
	}{
		"a header that never ends":      {patience{short, long, long, long}, "GET / HTTP/1.1\r\nHost: x\r\nX-A: ", ""},
		"nothing at all":                {patience{short, long, long, short}, "", ""},
		"a body that never comes":       {patience{long, short, long, long}, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nConnection: close\r\n\r\nid_token=", "408"},
		"a chunk that never ends":       {patience{long, short, long, long}, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nff\r\nid", "408"},
		"a connection kept for nothing": {patience{long, long, long, short}, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "200"},
	} {
		t.Run(name, func(t *testing.T) {
			got := say(t, listening(t, http.HandlerFunc(drain), c.patience), c.sent)
			if !strings.HasPrefix(strings.TrimPrefix(got, "HTTP/1.1 "), c.want) {
				t.Errorf("the server said %q", got)
			}
		})
	}
}

// TestSlowReaderIsCutOff: who asks for a page and does not take it holds a handler no longer than the bound.
func TestSlowReaderIsCutOff(t *testing.T) {
	ended := make(chan error, 1)
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		page := make([]byte, 1<<20)
		for {
			if _, err := w.Write(page); err != nil {
				ended <- err
				return
			}
		}
	})
	address := listening(t, h, patience{long, long, 100 * time.Millisecond, long})
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close() //nolint:errcheck // the test is over
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil {
		t.Error("no error")
	}
}

func TestHeadersAreBounded(t *testing.T) {
	called := false
	address := listening(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }), patience{long, long, long, long})
	for name, sent := range map[string]string{
		"one long header":  "GET / HTTP/1.1\r\nHost: x\r\nCookie: " + strings.Repeat("x", 64<<10) + "\r\n\r\n",
		"many headers":     "GET / HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("X-A: "+strings.Repeat("x", 100)+"\r\n", 1000) + "\r\n",
		"a long address":   "GET /" + strings.Repeat("x", 64<<10) + " HTTP/1.1\r\nHost: x\r\n\r\n",
		"two lengths":      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
		"two hosts":        "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
		"no host":          "GET / HTTP/1.1\r\n\r\n",
		"a broken header":  "GET / HTTP/1.1\r\nHost: x\r\nA b\r\n\r\n",
		"another language": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
	} {
		got := say(t, address, sent)
		if got != "" && !strings.HasPrefix(got, "HTTP/1.1 4") {
			t.Errorf("%s: %.60q", name, got)
		}
	}
	if called {
		t.Error("a handler saw one of them")
	}
}

// TestBoundsOfTheProgram: the bounds that the program really uses.
func TestBoundsOfTheProgram(t *testing.T) {
	s := Server(http.NotFoundHandler(), slog.New(slog.DiscardHandler))
	for name, d := range map[string]time.Duration{"header": s.ReadHeaderTimeout, "read": s.ReadTimeout, "write": s.WriteTimeout, "idle": s.IdleTimeout} {
		if d <= 0 || d > 2*time.Minute {
			t.Errorf("%s: %v", name, d)
		}
	}
	if s.MaxHeaderBytes <= 0 || s.MaxHeaderBytes > 64<<10 {
		t.Errorf("header of %d bytes", s.MaxHeaderBytes)
	}
}

func noWork(context.Context) {}

// pipe is a listener within the test, so that its clock can be the test's.
type pipe chan net.Conn

func (p pipe) Accept() (net.Conn, error) {
	if c, open := <-p; open {
		return c, nil
	}
	return nil, net.ErrClosed
}

func (p pipe) Close() error {
	close(p)
	return nil
}

func (p pipe) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// ask sends a request and waits until a handler is at it.
func (p pipe) ask(t *testing.T) {
	there, here := net.Pipe()
	p <- there
	if _, err := io.WriteString(here, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Error(err)
	}
	go io.Copy(io.Discard, here) //nolint:errcheck // it is cut off, or ends
	synctest.Wait()
}

// TestWorkGoesOnUntilTheLastAnswer: as long as somebody can ask for anything, also while the program drains, the work
// between requests goes on; when Until returns it has ended.
func TestWorkGoesOnUntilTheLastAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		working, ended, answered := true, false, false
		l := make(pipe)
		srv := Server(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			time.Sleep(20 * time.Second)
			answered = working
		}), slog.New(slog.DiscardHandler))
		work := func(ctx context.Context) {
			<-ctx.Done()
			working = false
			time.Sleep(time.Second) // gives back its lease
			ended = true
		}
		ctx, stop := context.WithCancel(t.Context())
		draining := func() {
			time.Sleep(5 * time.Second)
			if !working {
				t.Error("nothing is worked at while everything is served on")
			}
			l.ask(t)
		}
		stop()
		if err := Until(ctx, srv, work, draining, func() error { return srv.Serve(l) }); err != nil {
			t.Error(err)
		}
		if !answered || !ended {
			t.Errorf("the last request was answered with the work going on: %v; the work ended: %v", answered, ended)
		}
	})
}

// TestWhatDoesNotEndIsCutOff: a download of more than half a minute learns that the program stops, before the work ends
// and with it what handlers need.
func TestWhatDoesNotEndIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cut time.Duration
		l := make(pipe)
		ctx, stop := context.WithCancel(t.Context())
		var began time.Time
		srv := Server(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			stop()
			began = time.Now()
			select {
			case <-r.Context().Done():
			case <-time.After(time.Hour):
			}
			cut = time.Since(began)
		}), slog.New(slog.DiscardHandler))
		go l.ask(t)
		work := func(ctx context.Context) {
			<-ctx.Done()
			synctest.Wait()
			if cut != stopWithin {
				t.Errorf("when the work ended, the handler had been cut off after %v, want %v", cut, stopWithin)
			}
		}
		if err := Until(ctx, srv, work, func() {}, func() error { return srv.Serve(l) }); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

// TestStopFinishesWhatIsInFlight: a request that has begun gets its answer, a new one is not taken any more.
func TestStopFinishesWhatIsInFlight(t *testing.T) {
	begun, finish := make(chan struct{}), make(chan struct{})
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(begun)
		<-finish
		io.WriteString(w, "recorded") //nolint:errcheck // the test reads it
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	srv := Server(h, slog.New(slog.DiscardHandler))
	closing := make(chan struct{})
	srv.RegisterOnShutdown(func() { close(closing) })
	ended := make(chan error, 1)
	go func() { ended <- Until(ctx, srv, noWork, func() {}, func() error { return srv.Serve(l) }) }()

	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close() //nolint:errcheck // read to the end
	if _, err := io.WriteString(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	<-begun
	stop()
	<-closing
	select {
	case err := <-ended:
		t.Fatalf("stopped with a request in flight: %v", err)
	default:
	}
	if late, err := net.Dial("tcp", l.Addr().String()); err == nil {
		late.Close() //nolint:errcheck // only its being there counts
		t.Error("a new connection was taken while stopping")
	}
	close(finish)
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil || string(body) != "recorded" {
		t.Errorf("%q %v", body, err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestFailureToServeIsReported: without a listener there is nothing to wait for, and the work ends.
func TestFailureToServeIsReported(t *testing.T) {
	broken := errors.New("address in use")
	srv := Server(http.NotFoundHandler(), slog.New(slog.DiscardHandler))
	if err := Until(t.Context(), srv, func(ctx context.Context) { <-ctx.Done() }, func() {}, func() error { return broken }); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}
