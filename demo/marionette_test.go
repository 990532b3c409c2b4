package demo

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// marionette is Firefox's own protocol beneath WebDriver: JSON arrays with their length in front over one TCP
// connection. Nothing but Firefox itself is needed.
type marionette struct {
	conn     net.Conn
	patience time.Duration // for an answer
	in       *bufio.Reader
	last     int
}

// startFirefox runs a headless Firefox with a fresh profile, with more preferences than the test's own. It is
// skipped where there is none, unless LTIPOLICY_TEST_BROWSER says that it is required.
func startFirefox(t *testing.T, more ...string) *remote {
	t.Helper()
	path := installed(firefoxes)
	if path == "" {
		if os.Getenv("LTIPOLICY_TEST_BROWSER") == "required" {
			t.Fatal("no Firefox found, but LTIPOLICY_TEST_BROWSER=required")
		}
		t.Skip("no Firefox")
	}
	home := t.TempDir()
	profile := filepath.Join(home, "profile")
	if err := os.Mkdir(profile, 0o700); err != nil {
		t.Fatal(err)
	}
	// Any free port; and nobody is called at start.
	prefs := `user_pref("marionette.port", 0);
user_pref("network.proxy.type", 0);
user_pref("app.update.enabled", false);
user_pref("app.normandy.enabled", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("browser.safebrowsing.downloads.remote.enabled", false);
user_pref("dom.disable_open_during_load", false);
`
	if err := os.WriteFile(filepath.Join(profile, "user.js"), []byte(prefs+strings.Join(more, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, "--headless", "--marionette", "--no-remote", "--profile", profile)
	cmd.Env = append(os.Environ(), "HOME="+home, "MOZ_CRASHREPORTER_DISABLE=1")
	cmd.WaitDelay = 10 * time.Second
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	m := &marionette{patience: patience(t)}
	t.Cleanup(func() {
		if m.conn != nil {
			m.send("Marionette:Quit", map[string]any{"flags": []string{"eForceQuit"}}) //nolint:errcheck // it is killed otherwise
			m.conn.Close()                                                             //nolint:errcheck // the test is over
		}
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			cmd.Process.Kill() //nolint:errcheck // it ended by itself
			<-ended
		}
	})
	port := marionettePort(t, filepath.Join(profile, "MarionetteActivePort"), ended, &log)
	conn, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	m.conn, m.in = conn, bufio.NewReader(conn)
	if _, err := m.receive(); err != nil { // it says who it is
		t.Fatal(err)
	}
	f := &remote{t: t, wire: m}
	f.call("WebDriver:NewSession", nil)
	return f
}

// marionettePort waits for the file in which Firefox says where it listens.
func marionettePort(t *testing.T, file string, ended <-chan error, log *bytes.Buffer) string {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	late := time.After(patience(t))
	for {
		if b, err := os.ReadFile(file); err == nil && len(b) > 0 {
			return string(b)
		}
		select {
		case <-tick.C:
		case err := <-ended:
			t.Fatalf("Firefox ended: %v\n%s", err, log)
		case <-late:
			t.Fatal("Firefox does not start")
		}
	}
}

func (m *marionette) receive() (json.RawMessage, error) {
	length, err := m.in.ReadString(':')
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(strings.TrimSuffix(length, ":"))
	if err != nil {
		return nil, err
	}
	b := make([]byte, n)
	_, err = io.ReadFull(m.in, b)
	return b, err
}

// send makes one call and returns its result, or the browser's error.
func (m *marionette) send(command string, params map[string]any) (json.RawMessage, error) {
	m.last++
	b, err := json.Marshal([]any{0, m.last, command, params})
	if err != nil {
		return nil, err
	}
	m.conn.SetDeadline(time.Now().Add(m.patience)) //nolint:errcheck // a hanging browser only
	if _, err := fmt.Fprintf(m.conn, "%d:%s", len(b), b); err != nil {
		return nil, err
	}
	b, err = m.receive()
	if err != nil {
		return nil, err
	}
	var answer []json.RawMessage
	if err := json.Unmarshal(b, &answer); err != nil || len(answer) != 4 {
		return nil, fmt.Errorf("answer %s: %w", b, err)
	}
	if problem := string(answer[2]); problem != "null" {
		return nil, errors.New(problem[:min(len(problem), 300)])
	}
	return answer[3], nil
}
