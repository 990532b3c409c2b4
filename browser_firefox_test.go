package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
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

// firefox is a headless Firefox, driven over Marionette: its own protocol beneath WebDriver, JSON arrays with
// their length in front over one TCP connection. Nothing but Firefox itself is needed.
type firefox struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
	last int
}

// startFirefox runs a Firefox with a fresh profile, with more preferences than the test's own. It is skipped where there is none, unless
// LTIPOLICY_TEST_BROWSER says that it is required.
func startFirefox(t *testing.T, more ...string) *firefox {
	t.Helper()
	path, err := exec.LookPath("firefox-esr")
	if err != nil {
		path, err = exec.LookPath("firefox")
	}
	if err != nil {
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
	f := &firefox{t: t}
	t.Cleanup(func() {
		if f.conn != nil {
			f.send("Marionette:Quit", map[string]any{"flags": []string{"eForceQuit"}}) //nolint:errcheck // it is killed otherwise
			f.conn.Close()                                                             //nolint:errcheck // the test is over
		}
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			cmd.Process.Kill() //nolint:errcheck // it ended by itself
			<-ended
		}
	})
	port := f.port(filepath.Join(profile, "MarionetteActivePort"), ended, &log)
	if f.conn, err = net.Dial("tcp", "127.0.0.1:"+port); err != nil {
		t.Fatal(err)
	}
	f.in = bufio.NewReader(f.conn)
	if _, err := f.receive(); err != nil { // it says who it is
		t.Fatal(err)
	}
	f.call("WebDriver:NewSession", nil)
	return f
}

// port waits for the file in which Firefox says where it listens.
func (f *firefox) port(file string, ended <-chan error, log *bytes.Buffer) string {
	f.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	late := time.After(time.Minute)
	for {
		if b, err := os.ReadFile(file); err == nil && len(b) > 0 {
			return string(b)
		}
		select {
		case <-tick.C:
		case err := <-ended:
			f.t.Fatalf("Firefox ended: %v\n%s", err, log)
		case <-late:
			f.t.Fatal("Firefox does not start")
		}
	}
}

func (f *firefox) receive() (json.RawMessage, error) {
	length, err := f.in.ReadString(':')
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(strings.TrimSuffix(length, ":"))
	if err != nil {
		return nil, err
	}
	b := make([]byte, n)
	_, err = io.ReadFull(f.in, b)
	return b, err
}

// send makes one call and returns its result, or the browser's error.
func (f *firefox) send(command string, params map[string]any) (json.RawMessage, error) {
	f.last++
	b, err := json.Marshal([]any{0, f.last, command, params})
	if err != nil {
		return nil, err
	}
	f.conn.SetDeadline(time.Now().Add(time.Minute)) //nolint:errcheck // a hanging browser only
	if _, err := fmt.Fprintf(f.conn, "%d:%s", len(b), b); err != nil {
		return nil, err
	}
	b, err = f.receive()
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

func (f *firefox) call(command string, params map[string]any) json.RawMessage {
	f.t.Helper()
	r, err := f.send(command, params)
	if err != nil {
		f.t.Fatalf("%s %v: %v\n%s", command, params, err, f.picture())
	}
	return r
}

func (f *firefox) picture() string {
	r, err := f.send("WebDriver:TakeScreenshot", map[string]any{"full": false})
	var shot struct{ Value string }
	if err != nil || json.Unmarshal(r, &shot) != nil {
		return "no picture"
	}
	b, err := base64.StdEncoding.DecodeString(shot.Value)
	file := filepath.Join(f.t.ArtifactDir(), "failed.png")
	if err != nil || os.WriteFile(file, b, 0o600) != nil {
		return "no picture"
	}
	return "picture: " + file
}

func (f *firefox) open(address string) {
	f.t.Helper()
	f.call("WebDriver:Navigate", map[string]any{"url": address})
}

// evaluate runs a script's body where the browser stands: in the page, or in a frame that was entered.
func (f *firefox) evaluate(source string) (string, error) {
	r, err := f.send("WebDriver:ExecuteScript", map[string]any{"script": "return String((() => { " + source + " })())", "args": []any{}, "newSandbox": true})
	var v struct{ Value string }
	if err == nil {
		err = json.Unmarshal(r, &v)
	}
	return v.Value, err
}

// until waits for a condition, over any number of navigations; find prepares each try.
func (f *firefox) until(what, condition string, find ...func()) {
	f.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	late := time.After(30 * time.Second)
	for {
		for _, find := range find {
			find()
		}
		got, err := f.evaluate("return " + condition)
		if err == nil && got == "true" {
			return
		}
		select {
		case <-tick.C:
		case <-late:
			f.t.Fatalf("%s: never so: %s (%s, %v)\n%s", what, condition, got, err, f.picture())
		}
	}
}

// click presses the element as the mouse does.
func (f *firefox) click(selector string) {
	f.t.Helper()
	r := f.call("WebDriver:FindElement", map[string]any{"using": "css selector", "value": selector})
	var found struct{ Value map[string]string }
	if err := json.Unmarshal(r, &found); err != nil {
		f.t.Fatal(err)
	}
	for _, id := range found.Value {
		f.call("WebDriver:ElementClick", map[string]any{"id": id})
	}
}

// leave and frame choose where scripts and clicks go: the whole page, or the frame in it. Errors show in what
// follows, because a frame may not be there yet.
func (f *firefox) leave() { f.send("WebDriver:SwitchToFrame", map[string]any{"id": nil}) } //nolint:errcheck // see above

func (f *firefox) frame() {
	f.leave()
	r, err := f.send("WebDriver:FindElement", map[string]any{"using": "css selector", "value": "iframe"})
	var found struct{ Value map[string]string }
	if err != nil || json.Unmarshal(r, &found) != nil {
		return
	}
	for _, id := range found.Value {
		f.send("WebDriver:SwitchToFrame", map[string]any{"element": id}) //nolint:errcheck // see above
	}
}

// window goes to the newest window.
func (f *firefox) window() {
	r, err := f.send("WebDriver:GetWindowHandles", nil)
	var handles []string
	if err != nil || json.Unmarshal(r, &handles) != nil || len(handles) == 0 {
		return
	}
	f.send("WebDriver:SwitchToWindow", map[string]any{"handle": handles[len(handles)-1], "focus": true}) //nolint:errcheck // see above
}
