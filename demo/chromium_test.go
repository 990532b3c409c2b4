package demo

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"ltipolicy/lti/ltitest"
	"ltipolicy/run"
	"ltipolicy/store"
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

// demoServer runs the demo as a person would get it.
type demoServer struct {
	db    *store.DB
	port  int
	tls   bool
	sites []*ltitest.Platform
}

func startDemo(t *testing.T) demoServer {
	t.Helper()
	return startDemoOn(t, &calendar{now: time.Now})
}

// settings are the demo's in a test, whose log holds the demo's.
func settings(t *testing.T) Settings {
	return Settings{Now: time.Now, Rand: rand.Reader, Log: logOf(t), Out: io.Discard}
}

func logOf(t *testing.T) *slog.Logger { return slog.New(slog.NewTextHandler(t.Output(), nil)) }

// startDemoOn runs the demo on the days of a calendar.
func startDemoOn(t *testing.T, days *calendar) demoServer {
	t.Helper()
	db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "demo.db"), store.Options{Now: days.Now, Create: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewUnstartedServer(nil)
	port := srv.Listener.Addr().(*net.TCPAddr).Port
	w, err := newWorld(t.Context(), settings(t), db, port)
	if err != nil {
		t.Fatal(err)
	}
	srv.Config.Handler = w.web
	srv.Start()
	t.Cleanup(srv.Close)
	working(t, w.tool)
	return demoServer{db: db, port: port, sites: w.sites}
}

// working has a tool do its work between requests until the test ends.
func working(t *testing.T, tool *run.Tool) {
	t.Helper()
	var work sync.WaitGroup
	work.Go(func() { tool.Worker.Run(t.Context()) })
	t.Cleanup(work.Wait) // before the database is closed
}

// moodle is the address of a page of a demo site.
func (d demoServer) moodle(path string) string {
	return d.address("localhost", "/"+path)
}

func (d demoServer) address(host, path string) string {
	scheme := "http"
	if d.tls {
		scheme = "https"
	}
	return fmt.Sprintf("%s://%s:%d%s", scheme, host, d.port, path)
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

// toolFrame attaches to the tool's frame once it shows the page whose address ends so. The frame is another
// site than the page, so Chromium runs it apart.
func (d demoServer) toolFrame(t *testing.T, ctx context.Context, suffix string) context.Context {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		targets, err := chromedp.Targets(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, info := range targets {
			if info.Type == "iframe" && strings.HasPrefix(info.URL, d.tool("/")) && strings.HasSuffix(info.URL, suffix) {
				frame, cancel := chromedp.NewContext(ctx, chromedp.WithTargetID(info.TargetID))
				t.Cleanup(cancel)
				return frame
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("no frame of the tool at …%s", suffix)
		}
	}
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

// TestLearnerInFrame is the main job as a person does it: sign in at a Moodle, open the activity in a frame
// from another host name, accept, be back in the course; open it again, and no page comes between.
func TestLearnerInFrame(t *testing.T) {
	for _, site := range []struct {
		name, path string
		policies   int
		phrase     string // of the first policy's text
	}{
		{"CVUPT", "cvupt", 1, "Nu vindem, distribuim sau transferăm"},
		{"open.ktu.edu", "open-ktu", 3, "Šis privatumo pranešimas"},
	} {
		t.Run(site.name, func(t *testing.T) {
			d, ctx := startDemo(t), browser(t)
			do(t, ctx, "signing in",
				chromedp.Navigate(d.moodle(site.path+"/login/index.php?role=student")),
				chromedp.Click(chromedp.CSS("tbody tr:first-child button")),
				waitFor(`document.querySelector('main a[href*="course/view.php"]') !== null`),
				chromedp.Click(chromedp.CSS(`main a[href*="course/view.php"]`)),
				waitFor(`document.querySelector('.activity a') !== null`),
				chromedp.Click(chromedp.CSS(`.activity a`)),
				waitFor(`document.querySelector('iframe') !== null`),
			)
			frame := d.toolFrame(t, ctx, "/pending")
			text, err := chromedp.Run(frame, chromedp.Text(chromedp.CSS("main")))
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(text, site.phrase) {
				t.Errorf("the page does not show %q:\n%s", site.phrase, text)
			}
			boxes, err := chromedp.Run(frame, chromedp.Evaluate[int](`document.querySelectorAll('input[type=checkbox]:not(:checked)').length`))
			if err != nil {
				t.Fatal(err)
			}
			if boxes != site.policies {
				t.Errorf("%d unticked boxes, want %d", boxes, site.policies)
			}
			do(t, frame, "ticking", chromedp.Evaluate[chromedp.Void](`document.querySelectorAll('input[type=checkbox]').forEach(b => b.click())`))
			do(t, frame, "submitting", chromedp.Click(chromedp.CSS(`button[type=submit]`)))
			do(t, ctx, "being back in the course", waitFor(`location.pathname.endsWith('/course/view.php')`))

			events := d.accepted(t)
			if events != site.policies {
				t.Errorf("%d answers recorded, want %d", events, site.policies)
			}

			// Again: the frame's launch leads straight back to the course.
			do(t, ctx, "opening the activity again",
				chromedp.Evaluate[chromedp.Void](`window.before = true`),
				chromedp.Click(chromedp.CSS(`.activity a`)),
				waitFor(`window.before === undefined && location.pathname.endsWith('/course/view.php') && document.readyState === 'complete'`),
			)
			if again := d.accepted(t); again != events {
				t.Errorf("%d answers after the second launch, want still %d", again, events)
			}
		})
	}
}

// accepted counts the recorded events of everybody, and fails unless they are all intact.
func (d demoServer) accepted(t *testing.T) int {
	t.Helper()
	n, err := d.db.VerifyEvidence(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return int(n)
}
