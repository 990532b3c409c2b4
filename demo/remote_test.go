package demo

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// remote is a browser of its own, driven from outside with the commands of WebDriver.
type remote struct {
	t *testing.T
	wire
	first string // window
}

// wire carries one command, named as in Marionette, and brings back its result or the browser's error.
type wire interface {
	send(command string, params map[string]any) (json.RawMessage, error)
}

func (b *remote) call(command string, params map[string]any) json.RawMessage {
	b.t.Helper()
	r, err := b.send(command, params)
	if err != nil {
		b.t.Fatalf("%s %v: %v\n%s", command, params, err, b.picture())
	}
	return r
}

func (b *remote) picture() string {
	r, err := b.send("WebDriver:TakeScreenshot", map[string]any{"full": false})
	var shot struct{ Value string }
	if err != nil || json.Unmarshal(r, &shot) != nil {
		return "no picture"
	}
	png, err := base64.StdEncoding.DecodeString(shot.Value)
	file := filepath.Join(b.t.ArtifactDir(), "failed.png")
	if err != nil || os.WriteFile(file, png, 0o600) != nil {
		return "no picture"
	}
	return "picture: " + file
}

func (b *remote) open(address string) {
	b.t.Helper()
	b.call("WebDriver:Navigate", map[string]any{"url": address})
}

// evaluate runs a script's body where the browser stands: in the page, or in a frame that was entered.
func (b *remote) evaluate(source string) (string, error) {
	r, err := b.send("WebDriver:ExecuteScript", map[string]any{"script": "return String((() => { " + source + " })())", "args": []any{}, "newSandbox": true})
	var v struct{ Value string }
	if err == nil {
		err = json.Unmarshal(r, &v)
	}
	return v.Value, err
}

// until waits for a condition, over any number of navigations; find prepares each try.
func (b *remote) until(what, condition string, find ...func()) {
	b.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	late := time.After(patience(b.t))
	for {
		for _, find := range find {
			find()
		}
		got, err := b.evaluate("return " + condition)
		if err == nil && got == "true" {
			return
		}
		select {
		case <-tick.C:
		case <-late:
			at, _ := b.evaluate(`return location.href + ' ' + document.body.innerText.slice(0, 300)`)
			b.t.Fatalf("%s: never so: %s (%s, %v) at %s\n%s", what, condition, got, err, at, b.picture())
		}
	}
}

// unmarked holds on every page but the one that was marked: who comes back to the same address is there then.
const unmarked = `!('before' in document.documentElement.dataset)`

func (b *remote) mark() {
	b.t.Helper()
	if _, err := b.evaluate(`document.documentElement.dataset.before = ''`); err != nil {
		b.t.Fatal(err)
	}
}

// click presses the element as the mouse does.
func (b *remote) click(selector string) {
	b.t.Helper()
	r := b.call("WebDriver:FindElement", map[string]any{"using": "css selector", "value": selector})
	// WebKit does not scroll to what stands below the edge of a frame.
	if _, err := b.evaluate(fmt.Sprintf("document.querySelector(%q).scrollIntoView({block: 'center', behavior: 'instant'})", selector)); err != nil {
		b.t.Fatal(err)
	}
	var found struct{ Value map[string]string }
	if err := json.Unmarshal(r, &found); err != nil {
		b.t.Fatal(err)
	}
	for _, id := range found.Value {
		b.call("WebDriver:ElementClick", map[string]any{"id": id})
	}
}

// leave and frame choose where scripts and clicks go: the whole page, or the frame in it. Errors show in what
// follows, because a frame may not be there yet.
func (b *remote) leave() { b.send("WebDriver:SwitchToFrame", map[string]any{"id": nil}) } //nolint:errcheck // see above

func (b *remote) frame() { b.enter("iframe") }

// enter goes into the frame that a selector finds.
func (b *remote) enter(selector string) {
	b.leave()
	r, err := b.send("WebDriver:FindElement", map[string]any{"using": "css selector", "value": selector})
	var found struct{ Value map[string]string }
	if err != nil || json.Unmarshal(r, &found) != nil {
		return
	}
	for _, id := range found.Value {
		b.send("WebDriver:SwitchToFrame", map[string]any{"element": id}) //nolint:errcheck // see above
	}
}

// window goes to the window that was opened beside the first one.
func (b *remote) window() {
	if b.first == "" {
		var first struct{ Value string }
		if err := json.Unmarshal(b.call("WebDriver:GetWindowHandle", nil), &first); err != nil {
			b.t.Fatal(err)
		}
		b.first = first.Value
	}
	r, err := b.send("WebDriver:GetWindowHandles", nil)
	var handles []string
	if err != nil || json.Unmarshal(r, &handles) != nil {
		return
	}
	for _, handle := range handles {
		if handle != b.first {
			b.send("WebDriver:SwitchToWindow", map[string]any{"handle": handle, "focus": true}) //nolint:errcheck // see above
		}
	}
}
