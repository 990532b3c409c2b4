package download

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"
)

// endless is a download without an end, with so much patience for each part of it.
func endless(w http.ResponseWriter, patience time.Duration) error {
	out := newFile(w, "text/plain", "endless.txt")
	out.patience = patience
	for part := make([]byte, keptBytes); ; {
		if _, err := out.Write(part); err != nil {
			return err
		}
	}
}

// TestWhoTakesNothingOfADownloadIsCutOff: patience is for those who take what comes.
func TestWhoTakesNothingOfADownloadIsCutOff(t *testing.T) {
	ended := make(chan error, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		ended <- endless(w, 100*time.Millisecond)
	}))
	defer srv.Close()
	c, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close() //nolint:errcheck // the test is over
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("ended with %v", err)
	}
}
