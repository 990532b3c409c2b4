package demo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"
)

// webkit is WebKitGTK's small browser, driven over WebDriver: what Safari is made of, with Safari's rules for
// the cookies of other sites.
type webkit struct {
	session  string        // address of the driver's session
	patience time.Duration // for an answer
	display
}

// Safari keeps no cookie of another site in a frame unless the reader allows it; with lenient, WebKit does.
const (
	strict  = "--enable-itp"
	lenient = "--cookies-policy=always"
)

// startWebKit runs WebKit on a display of its own. It is skipped where there is none, unless
// LTIPOLICY_TEST_BROWSER says that it is required.
func startWebKit(t *testing.T, cookies string) (*remote, *webkit) {
	t.Helper()
	for _, program := range []string{"WebKitWebDriver", "Xvfb"} {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("LTIPOLICY_TEST_BROWSER") == "required" {
				t.Fatalf("no %s found, but LTIPOLICY_TEST_BROWSER=required", program)
			}
			t.Skip("no WebKit")
		}
	}
	home := t.TempDir()
	k := &webkit{display: startDisplay(t), patience: patience(t)}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(address)
	cmd := exec.Command("WebKitWebDriver", "--port="+port)
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_RUNTIME_DIR="+home, "XDG_CONFIG_HOME=", "XDG_CACHE_HOME=", "XDG_DATA_HOME=",
		fmt.Sprintf("DISPLAY=:%d", k.number), "WAYLAND_DISPLAY=", "GDK_BACKEND=x11", "GTK_A11Y=none", "NO_AT_BRIDGE=1", "LC_ALL=C.UTF-8")
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	attend(t, cmd)
	k.session = "http://" + address
	b := &remote{t: t, wire: k}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	late := time.After(patience(t))
	for {
		if _, err := k.request("GET", "/status", nil); err == nil {
			break
		}
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("WebKit's driver does not start\n%s", &log)
		}
	}
	r, err := k.request("POST", "/session", map[string]any{"capabilities": map[string]any{"alwaysMatch": map[string]any{
		"acceptInsecureCerts": true, "webkitgtk:browserOptions": map[string]any{"args": []string{"--automation", cookies}},
	}}})
	var session struct {
		Value struct{ SessionID string }
	}
	if err == nil {
		err = json.Unmarshal(r, &session)
	}
	if err != nil {
		t.Fatalf("WebKit does not start: %v\n%s", err, &log)
	}
	k.session += "/session/" + session.Value.SessionID
	t.Cleanup(func() { k.request("DELETE", "", nil) }) //nolint:errcheck // the driver ends it otherwise
	return b, k
}

func (k *webkit) request(method, path string, body any) (json.RawMessage, error) {
	var in io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		in = bytes.NewReader(b)
	}
	r, err := http.NewRequest(method, k.session+path, in)
	if err != nil {
		return nil, err
	}
	c := http.Client{Timeout: k.patience}
	res, err := c.Do(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close() //nolint:errcheck // read to the end
	b, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = errors.New(string(b[:min(len(b), 300)]))
	}
	return b, err
}

// element is the name of an element's id in WebDriver.
const element = "element-6066-11e4-a52e-4f735466cecf"

// send is the same command over HTTP.
func (k *webkit) send(command string, params map[string]any) (json.RawMessage, error) {
	switch command {
	case "WebDriver:Navigate":
		return k.request("POST", "/url", params)
	case "WebDriver:ExecuteScript":
		return k.request("POST", "/execute/sync", params)
	case "WebDriver:FindElement":
		return k.request("POST", "/element", params)
	case "WebDriver:ElementClick":
		return k.request("POST", fmt.Sprintf("/element/%s/click", params["id"]), map[string]any{})
	case "WebDriver:SwitchToFrame":
		if id, ok := params["element"]; ok {
			params = map[string]any{"id": map[string]any{element: id}}
		}
		return k.request("POST", "/frame", params)
	case "WebDriver:GetWindowHandle":
		return k.request("GET", "/window", nil)
	case "WebDriver:GetWindowHandles":
		r, err := k.request("GET", "/window/handles", nil)
		var handles struct{ Value json.RawMessage }
		if err == nil {
			err = json.Unmarshal(r, &handles)
		}
		return handles.Value, err
	case "WebDriver:SwitchToWindow":
		return k.request("POST", "/window", params)
	case "WebDriver:TakeScreenshot":
		return k.request("GET", "/screenshot", nil)
	}
	return nil, errors.New("not spoken by this test: " + command)
}

// allow answers the question that WebKit asks in a bar above the page: the bar's last button says yes.
func (k *webkit) allow(b *remote, ask func()) {
	b.t.Helper()
	number := func(expression string) int {
		b.t.Helper()
		v, err := b.evaluate("return " + expression)
		n, bad := strconv.Atoi(v)
		if err := errors.Join(err, bad); err != nil {
			b.t.Fatalf("%s: %v", expression, err)
		}
		return n
	}
	b.leave()
	height := number("innerHeight")
	b.frame()
	ask()
	b.until("the browser's question", fmt.Sprintf("innerHeight < %d - 20", height), b.leave)
	bar := height - number("innerHeight")
	k.click(b.t, number("outerWidth")-50, number("outerHeight - innerHeight")-bar/2)
}
