package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// browser starts a headless Chromium for one test. It is skipped where there is none, unless
// LTIPOLICY_TEST_BROWSER says that it is required.
func browser(t *testing.T, more ...chromedp.ExecAllocatorOption) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		if os.Getenv("LTIPOLICY_TEST_BROWSER") == "required" {
			t.Fatal("no Chromium found, but LTIPOLICY_TEST_BROWSER=required")
		}
		t.Skip("no Chromium")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, append([]chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Headless, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.WindowSize(1100, 900),
	}, more...)...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("starting Chromium: %v", err)
	}
	return ctx
}

// profile makes a browser profile with these preferences.
func profile(t *testing.T, preferences map[string]any) chromedp.ExecAllocatorOption {
	t.Helper()
	dir := t.TempDir()
	b, err := json.Marshal(preferences)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "Default"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "Default", "Preferences"), b, 0o600); err != nil {
		t.Fatal(err)
	}
	return chromedp.UserDataDir(dir)
}

// do runs steps in the page and fails the test where one does not succeed.
func do(t *testing.T, ctx context.Context, what string, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatalf("%s: %v\n%s", what, err, picture(t, ctx))
	}
}

// picture keeps a screenshot of a page that is not as it should be.
func picture(t *testing.T, ctx context.Context) string {
	b, err := chromedp.Run(context.WithoutCancel(ctx), chromedp.FullScreenshot(80))
	if err != nil {
		return "no picture: " + err.Error()
	}
	file := filepath.Join(t.ArtifactDir(), "failed.png")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		return "no picture: " + err.Error()
	}
	return "picture: " + file
}

// browserPatience is how long a page may take to be what it should be, on a machine that has much else to do.
const browserPatience = time.Minute

// waitFor waits until a JavaScript condition holds in the page, over any number of navigations.
func waitFor(condition string) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		late, cancel := context.WithTimeout(ctx, browserPatience)
		defer cancel()
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			// A page that is just being left answers with an error.
			if ok, err := chromedp.Evaluate[bool](condition)(ctx, t); ok && err == nil {
				return chromedp.Void{}, nil
			}
			select {
			case <-tick.C:
			case <-late.Done():
				return chromedp.Void{}, fmt.Errorf("never so: %s", condition)
			}
		}
	}
}

// see evaluates an expression in the page.
func see[T any](t *testing.T, ctx context.Context, expression string) T {
	t.Helper()
	// A page that is being left, or is not all there yet, answers with an error.
	late, cancel := context.WithTimeout(ctx, browserPatience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
		if err == nil {
			return v
		}
		select {
		case <-tick.C:
		case <-late.Done():
			t.Fatalf("%s: %v\n%s", expression, err, picture(t, ctx))
		}
	}
}

func script(source string) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		done, err := chromedp.Evaluate[chromedp.Void](source)(ctx, t)
		if err != nil && strings.Contains(err.Error(), "Inspected target navigated or closed") {
			err = nil // it led to another page before the answer was out
		}
		return done, err
	}
}

// find waits for a page ("page") or frame ("iframe") of the browser whose address matches, and attaches to it.
func find(t *testing.T, ctx context.Context, kind string, match func(address string) bool) context.Context {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		targets, err := chromedp.Targets(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, info := range targets {
			if info.Type == kind && match(info.URL) {
				found, cancel := chromedp.NewContext(ctx, chromedp.WithTargetID(info.TargetID))
				t.Cleanup(cancel)
				return found
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			var all []string
			for _, info := range targets {
				all = append(all, info.Type+" "+info.URL)
			}
			t.Fatalf("no %s with that address among %v", kind, all)
		}
	}
}

// tab opens another tab of the browser for one test.
func tab(t *testing.T, ctx context.Context) context.Context {
	t.Helper()
	ctx, cancel := chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	do(t, ctx, "opening a tab")
	return ctx
}

// reloadUntil loads the page again until a JavaScript condition holds: scores travel on their own.
func reloadUntil(condition string) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		late, cancel := context.WithTimeout(ctx, 30*time.Second)
		defer cancel()
		for {
			once, stop := context.WithTimeout(late, 2*time.Second)
			_, err := waitFor(`document.readyState === 'complete' && `+condition)(once, t)
			stop()
			if err == nil || late.Err() != nil {
				return chromedp.Void{}, err
			}
			if _, err := chromedp.Evaluate[chromedp.Void](`location.reload()`)(late, t); err != nil {
				return chromedp.Void{}, err
			}
		}
	}
}

// follow clicks something and waits for the page whose address ends so.
func follow(t *testing.T, frame context.Context, css, ending string) {
	t.Helper()
	do(t, frame, "following "+css, chromedp.Click(chromedp.CSS(css)),
		waitFor(`document.readyState === 'complete' && (location.pathname + location.search).endsWith('`+ending+`') && document.querySelector('main') !== null`))
}

// enter types into a field, in the place of what stands there.
func enter(t *testing.T, frame context.Context, css, text string) {
	t.Helper()
	do(t, frame, "typing into "+css, chromedp.Click(chromedp.CSS(css)), script(`document.activeElement.select ? document.activeElement.select() : document.execCommand('selectAll')`),
		chromedp.KeyEvent(text))
}

// says fails for each text that the page does not show.
func says(t *testing.T, ctx context.Context, what string, want ...string) {
	t.Helper()
	got := strings.Join(strings.Fields(see[string](t, ctx, `document.querySelector('main').innerText`)), " ")
	for _, s := range want {
		if !strings.Contains(got, s) {
			t.Errorf("%s does not show %q: %s", what, s, got)
		}
	}
}

// choose puts a file into the dialog's field, which no key does in a browser without windows.
func choose(file string) chromedp.Action[chromedp.Void] {
	return chromedp.SetUploadFiles(chromedp.CSS(`#image [type=file]`), []string{file})
}
