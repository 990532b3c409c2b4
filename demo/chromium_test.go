package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// chromiums and firefoxes are what the two browsers are called.
var (
	chromiums = []string{"chromium", "chromium-browser", "google-chrome"}
	firefoxes = []string{"firefox-esr", "firefox"}
)

// needBrowser skips a test on a machine that has no browser at all, before anything is made for one to look at.
func needBrowser(t *testing.T) {
	t.Helper()
	if os.Getenv("LTIPOLICY_TEST_BROWSER") == "required" {
		return // it will be missed
	}
	if installed(slices.Concat(chromiums, firefoxes, []string{"WebKitWebDriver"})) == "" {
		t.Skip("no browser")
	}
}

// installed is the path of the first of these programs that is there, or empty.
func installed(names []string) string {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// TestMain ends the browser that the tests share.
func TestMain(m *testing.M) {
	status := m.Run()
	sharedBrowser.end()
	os.Exit(status)
}

// sharedBrowser is one Chromium for the tests that need no preferences of their own: starting one costs more than most
// of them do. Each test has its cookies and storage in it for itself.
var sharedBrowser shared

type shared struct {
	once  sync.Once
	ctx   context.Context //nolint:containedctx // it is the browser
	err   error
	close func()
}

func (b *shared) start(t *testing.T) (context.Context, error) {
	b.once.Do(func() { b.ctx, b.close, b.err = chromium(t, context.Background(), program(t)) })
	return b.ctx, b.err
}

func (b *shared) end() {
	if b.close != nil {
		b.close()
	}
}

// browser is a headless Chromium as a new reader has it, for one test. It is skipped where there is none, unless
// LTIPOLICY_TEST_BROWSER says that it is required.
func browser(t *testing.T) context.Context {
	t.Helper()
	program(t)
	all, err := sharedBrowser.start(t)
	if err != nil {
		t.Fatalf("starting Chromium: %v", err)
	}
	ctx, cancel := chromedp.NewContext(all, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	if err := attach(t, ctx, cancel); err != nil {
		t.Fatalf("opening a window of its own: %v", err)
	}
	return ctx
}

// browserWith is a browser whose reader chose preferences.
func browserWith(t *testing.T, preferences chromedp.ExecAllocatorOption) context.Context {
	t.Helper()
	ctx, end, err := chromium(t, t.Context(), program(t), preferences)
	if err != nil {
		t.Fatalf("starting Chromium: %v", err)
	}
	t.Cleanup(end)
	return ctx
}

// program is where Chromium is on this machine.
func program(t *testing.T) string {
	t.Helper()
	path := installed(chromiums)
	if path == "" {
		if os.Getenv("LTIPOLICY_TEST_BROWSER") == "required" {
			t.Fatal("no Chromium found, but LTIPOLICY_TEST_BROWSER=required")
		}
		t.Skip("no Chromium")
	}
	return path
}

// chromium starts one, until end is called.
func chromium(t *testing.T, ctx context.Context, path string, more ...chromedp.ExecAllocatorOption) (_ context.Context, end func(), err error) {
	t.Helper()
	ctx, kill := chromedp.NewExecAllocator(ctx, append([]chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Headless, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		// Where a page glides to what is looked for, a pointer lands beside it.
		chromedp.Flag("force-prefers-reduced-motion", true),
		chromedp.WindowSize(1100, 900),
	}, more...)...)
	ctx, quit := chromedp.NewContext(ctx)
	end = func() { quit(); kill() }
	if err := attach(t, ctx, quit); err != nil {
		end()
		return nil, nil, err
	}
	return ctx, end, nil
}

// attach begins to talk to what ctx stands for: a browser, a tab, a frame. They live as long as the context that it
// is done with, so no deadline may be on that; whatever does not answer in time is given up.
func attach(t *testing.T, ctx context.Context, cancel context.CancelFunc) error {
	t.Helper()
	late := time.AfterFunc(patience(t), cancel)
	defer late.Stop()
	return chromedp.Do(ctx)
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

// do runs steps in the page, each with patience of its own, and fails the test where one does not succeed.
func do(t *testing.T, ctx context.Context, what string, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	for _, step := range steps {
		late, cancel := context.WithTimeout(ctx, patience(t))
		err := chromedp.Do(late, step)
		cancel()
		if err != nil {
			t.Fatalf("%s: %v\n%s", what, err, picture(t, ctx))
		}
	}
}

// picture keeps a screenshot of a page that is not as it should be.
func picture(t *testing.T, ctx context.Context) string {
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience(t))
	defer cancel()
	b, err := chromedp.Run(late, chromedp.FullScreenshot(80))
	if err != nil {
		return "no picture: " + err.Error()
	}
	file := filepath.Join(t.ArtifactDir(), "failed.png")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		return "no picture: " + err.Error()
	}
	return "picture: " + file
}

// again tries a step until it succeeds, over any number of navigations: a page that is being left, or is not all there
// yet, answers with an error.
func again[T any](step chromedp.Action[T]) chromedp.Action[T] {
	return func(ctx context.Context, t *chromedp.Target) (T, error) {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			v, err := step(ctx, t)
			if err == nil {
				return v, nil
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return v, fmt.Errorf("the last try: %w", err)
			}
		}
	}
}

// waitFor waits until a JavaScript condition holds in the page. It holds at once where it was so before a step that
// leads elsewhere: such a condition names the page that is meant.
func waitFor(condition string) chromedp.Action[chromedp.Void] {
	return again(func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		ok, err := chromedp.Evaluate[bool](condition)(ctx, t)
		if err == nil && !ok {
			err = fmt.Errorf("not so: %s", condition)
		}
		return chromedp.Void{}, err
	})
}

// see evaluates an expression in the page.
func see[T any](t *testing.T, ctx context.Context, expression string) T {
	t.Helper()
	late, cancel := context.WithTimeout(ctx, patience(t))
	defer cancel()
	v, err := chromedp.Run(late, again(chromedp.Evaluate[T](expression)))
	if err != nil {
		t.Fatalf("%s: %v\n%s", expression, err, picture(t, ctx))
	}
	return v
}

// script runs a script in the page, once what it needs is there.
func script(source string) chromedp.Action[chromedp.Void] {
	return again(func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		done, err := chromedp.Evaluate[chromedp.Void](source)(ctx, t)
		if err != nil && strings.Contains(err.Error(), "Inspected target navigated or closed") {
			err = nil // it led to another page before the answer was out
		}
		return done, err
	})
}

// find waits for a page ("page") or frame ("iframe") of the browser whose address matches, attaches to it, and waits
// until all of it is there.
func find(t *testing.T, ctx context.Context, kind string, match func(address string) bool) context.Context {
	t.Helper()
	late, cancel := context.WithTimeout(ctx, patience(t))
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		targets, err := chromedp.Targets(late)
		if err != nil {
			t.Fatal(err)
		}
		for _, info := range targets {
			if info.Type != kind || !match(info.URL) {
				continue
			}
			found, cancel := chromedp.NewContext(ctx, chromedp.WithTargetID(info.TargetID))
			t.Cleanup(cancel)
			if attach(t, found, cancel) == nil && whole(late, found, info.URL) {
				return found
			}
		}
		select {
		case <-tick.C:
		case <-late.Done():
			var all []string
			for _, info := range targets {
				all = append(all, info.Type+" "+info.URL)
			}
			t.Fatalf("no %s with that address among %v\n%s", kind, all, picture(t, ctx))
		}
	}
}

// whole waits until a page is all there. It says no if it is another one by now.
func whole(late, page context.Context, address string) bool {
	ctx, cancel := context.WithCancel(page)
	defer cancel()
	defer context.AfterFunc(late, cancel)()
	state, err := chromedp.Run(ctx, again(func(ctx context.Context, t *chromedp.Target) (string, error) {
		at, err := chromedp.Evaluate[[]string](`[location.href, document.readyState]`)(ctx, t)
		switch {
		case err != nil:
			return "", err
		case at[0] != address:
			return "left", nil
		case at[1] != "complete":
			return "", errors.New("still loading")
		}
		return "whole", nil
	}))
	return err == nil && state == "whole"
}

// tab opens another tab of the browser for one test.
func tab(t *testing.T, ctx context.Context) context.Context {
	t.Helper()
	ctx, cancel := chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := attach(t, ctx, cancel); err != nil {
		t.Fatalf("opening a tab: %v", err)
	}
	return ctx
}

// reloadUntil loads the page again until a JavaScript condition holds: scores travel on their own. Each time, ready
// says when all of the page is there.
func reloadUntil(ready, condition string) chromedp.Action[chromedp.Void] {
	return again(func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		if _, err := waitFor(`window.before === undefined && `+ready)(ctx, t); err != nil {
			return chromedp.Void{}, err
		}
		once, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		_, err := waitFor(condition)(once, t)
		if err != nil {
			_, failed := script(`window.before = true; location.reload()`)(ctx, t)
			err = errors.Join(err, failed)
		}
		return chromedp.Void{}, err
	})
}

// click clicks what a selector names first, and nothing else: a click that lands beside it, because the page moved
// under the pointer, is not felt by the page and made again. Where the reader switched scripts off, nothing can look
// where it lands.
func click(css string) chromedp.Action[chromedp.Void] {
	aim := chromedp.Evaluate[bool](fmt.Sprintf(`(() => {
		const meant = document.querySelector(%q);
		if (!meant) throw 'not there yet';
		let scripts = false;
		addEventListener('scripts', () => { scripts = true; }, {once: true});
		dispatchEvent(new Event('scripts'));
		window.aim?.missed.abort();
		const aim = window.aim = {missed: new AbortController(), hit: !scripts};
		addEventListener('click', e => {
			aim.hit = meant.contains(e.target) || e.target.closest('label')?.control === meant;
			if (!aim.hit) { e.preventDefault(); e.stopImmediatePropagation(); }
		}, {capture: true, once: true, signal: aim.missed.signal});
		return true;
	})()`, css))
	return again(func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		if _, err := aim(ctx, t); err != nil {
			return chromedp.Void{}, err
		}
		if _, err := chromedp.Click(chromedp.CSS(css))(ctx, t); err != nil {
			return chromedp.Void{}, err
		}
		missed, err := chromedp.Evaluate[bool](`window.aim !== undefined && !window.aim.hit`)(ctx, t)
		if err == nil && missed {
			return chromedp.Void{}, errors.New("the click landed beside it")
		}
		return chromedp.Void{}, nil // an error here says that it led to another page
	})
}

// follow clicks something and waits for the page whose address ends so.
func follow(t *testing.T, frame context.Context, css, ending string) {
	t.Helper()
	do(t, frame, "following "+css, click(css),
		waitFor(`document.readyState === 'complete' && (location.pathname + location.search).endsWith('`+ending+`') && document.querySelector('main') !== null`))
}

// enter types into a field, in the place of what stands there. The field has the focus before the first key, wherever
// the page moved under a pointer, and holds the text after the last one.
func enter(t *testing.T, frame context.Context, css, text string) {
	t.Helper()
	field := fmt.Sprintf(`const field = document.querySelector(%q);`, css)
	do(t, frame, "typing into "+css,
		script(`(() => { `+field+` field.scrollIntoView({block: 'center'}); field.focus();
			if (!field.contains(document.activeElement)) throw 'the field has no focus';
			field.select ? field.select() : document.execCommand('selectAll'); })()`),
		chromedp.KeyEvent(text),
		waitFor(fmt.Sprintf(`(() => { %s return (field.value ?? field.innerText).includes(%q); })()`, field, text)))
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
