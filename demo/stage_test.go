package demo

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"ltipolicy/courier/post"
	"ltipolicy/courier/post/posttest"
	"ltipolicy/launch/web"
	"ltipolicy/lti"
	"ltipolicy/lti/ltitest"
	"ltipolicy/run"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

// stage is what a browser plays on: Moodle-like sites and the tool, at addresses of this machine.
type stage struct {
	db     *store.DB
	port   int
	tls    bool
	sites  []*ltitest.Platform
	routes []web.Route // of the tool
	mails  *posttest.Server
}

// startDemo runs the demo as a person would get it.
func startDemo(t *testing.T) stage {
	t.Helper()
	return startDemoOn(t, &calendar{now: time.Now})
}

// startDemoOn runs the demo on the days of a calendar.
func startDemoOn(t *testing.T, days *calendar) stage {
	t.Helper()
	needBrowser(t)
	db := openDatabase(t, stageEngine(t), days.Now)
	srv := httptest.NewUnstartedServer(nil)
	port := srv.Listener.Addr().(*net.TCPAddr).Port
	set, mails := settings(t), posttest.New(t, nil)
	set.Mails.Server = post.Server{Address: mails.Address(), From: "policies@tool.example"}
	w, err := newWorld(t.Context(), set, db, port)
	if err != nil {
		t.Fatal(err)
	}
	srv.Config.Handler = w.web
	srv.Start()
	t.Cleanup(srv.Close)
	working(t, w.tool)
	return stage{db: db, port: port, sites: w.sites, routes: w.tool.Web.Routes(), mails: mails}
}

// stageEngine is the kind of database that the browsers play on: SQLite, or the one of [storetest.Databases] that
// LTIPOLICY_TEST_STAGE names.
func stageEngine(t *testing.T) storetest.Engine {
	t.Helper()
	name := cmp.Or(os.Getenv("LTIPOLICY_TEST_STAGE"), "sqlite")
	if name == "sqlite" {
		return storetest.Engine{Name: name}
	}
	engines := storetest.Engines(t)
	i := slices.IndexFunc(engines, func(e storetest.Engine) bool { return e.Name == name })
	if i < 0 {
		t.Fatalf("LTIPOLICY_TEST_STAGE=%s, which is none of %s", name, storetest.Databases)
	}
	return engines[i]
}

// openDatabase opens an empty database until the test ends, in which the tool has a key. On a server the tool has the
// account that serves.
func openDatabase(t *testing.T, e storetest.Engine, now func() time.Time) *store.DB {
	t.Helper()
	return openReplica(t, e.Migrated(t), now)
}

// openReplica opens a database that others may have open, too.
func openReplica(t *testing.T, dsn string, now func() time.Time) *store.DB {
	t.Helper()
	db := storetest.Open(t, dsn, store.Options{Now: now})
	if err := db.EnsureKeys(t.Context(), toolKey); err != nil {
		t.Fatal(err)
	}
	return db
}

// Keys are slow to make, and no test cares which one it has.
var (
	siteKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })
	toolKey = sync.OnceValues(func() (lti.Key, error) {
		return lti.GenerateKey(rand.Reader, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	})
)

// settings are the demo's in a test, whose log holds the demo's.
func settings(t *testing.T) Settings {
	t.Helper()
	key, err := siteKey()
	if err != nil {
		t.Fatal(err)
	}
	return Settings{Now: time.Now, Rand: rand.Reader, SiteKey: key, Log: logOf(t), Out: io.Discard}
}

func logOf(t *testing.T) *slog.Logger { return slog.New(slog.NewTextHandler(t.Output(), nil)) }

// working has a tool do its work between requests until the test ends.
func working(t *testing.T, tool *run.Tool) {
	t.Helper()
	var work sync.WaitGroup
	work.Go(func() { tool.Worker.Run(t.Context()) })
	t.Cleanup(work.Wait) // before the database is closed
}

// startPlatform is the tool with one site: a course with the activity in a frame and in a window, and nothing
// to answer yet. Over TLS where a browser keeps secure cookies of nothing else, whatever its address.
func startPlatform(t *testing.T, o ltitest.Options, overTLS ...bool) stage {
	t.Helper()
	needBrowser(t)
	db := openDatabase(t, stageEngine(t), time.Now)
	srv := httptest.NewUnstartedServer(nil)
	d := stage{db: db, tls: len(overTLS) > 0, port: srv.Listener.Addr().(*net.TCPAddr).Port}
	client := lti.NewClient(true)
	if d.tls {
		client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	}
	tool, err := run.New(t.Context(), run.Config{
		Store: db, BaseURL: d.tool(""), Client: client, Now: time.Now, Rand: rand.Reader, Log: logOf(t),
	})
	if err != nil {
		t.Fatal(err)
	}
	o.Issuer, o.Name = d.moodle("site"), "Site"
	if o.Key, err = siteKey(); err != nil {
		t.Fatal(err)
	}
	site, err := ltitest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	d.sites = []*ltitest.Platform{site}
	course := site.AddCourse(ltitest.Course{ShortName: "C", FullName: "Course"})
	learner := site.AddPerson(ltitest.Person{Username: "ada", FirstName: "Ada", LastName: "Ene", Email: "ada@site.example"})
	site.Enrol(course.ID, learner.ID, ltitest.Student)
	site.AddActivity(ltitest.Activity{CourseID: course.ID, Name: "Policies"})
	site.AddActivity(ltitest.Activity{CourseID: course.ID, Name: "Policies in a window", Container: ltitest.NewWindow})
	if err := connect(t.Context(), db, "Site", d.tool(""), site); err != nil {
		t.Fatal(err)
	}
	pages := http.NewServeMux()
	pages.Handle(site.Prefix(), site)
	srv.Config.Handler = apart(pages, tool.Web.Handler())
	if d.tls {
		srv.StartTLS()
	} else {
		srv.Start()
	}
	t.Cleanup(srv.Close)
	return d
}

// moodle is the address of a page of a demo site.
func (d stage) moodle(path string) string {
	return d.address("localhost", "/"+path)
}

// tool is the address of a page of the tool.
func (d stage) tool(path string) string {
	return d.address("127.0.0.1", path)
}

func (d stage) address(host, path string) string {
	scheme := "http"
	if d.tls {
		scheme = "https"
	}
	return fmt.Sprintf("%s://%s:%d%s", scheme, host, d.port, path)
}

// noCookiesFor is a profile in which the reader blocks every cookie of the tool inside the demo's Moodle sites,
// partitioned ones too, and none at top level.
func (d stage) noCookiesFor(t *testing.T) chromedp.ExecAllocatorOption {
	t.Helper()
	rule := fmt.Sprintf("http://127.0.0.1:%d,http://localhost:%d", d.port, d.port)
	return profile(t, map[string]any{"profile": map[string]any{
		"content_settings": map[string]any{"exceptions": map[string]any{"cookies": map[string]any{rule: map[string]any{"setting": 2}}}},
	}})
}

const (
	openActivity = `document.querySelector('.activity a').click()`
	tickAll      = `document.querySelectorAll('input[type=checkbox]').forEach(b => b.click())`
	chooseAll    = `document.querySelectorAll('input[type=radio][value=accepted]').forEach(b => b.click())`
	inCourse     = `location.pathname.endsWith('/course/view.php') && document.readyState === 'complete'`
	errorCode    = `document.querySelector('main').dataset.error || ''`
)

const loaded = `document.readyState === 'complete' && document.querySelector('main') !== null`

// signIn opens a demo site's list of people in a role and enters as the first.
func (d stage) signIn(t *testing.T, ctx context.Context, site, role string) {
	t.Helper()
	do(t, ctx, "signing in",
		chromedp.Navigate(d.moodle(site+"/login/index.php?role="+role)),
		click("tbody tr:first-child button"),
		// Whoever was signed in before has that button on the page of people, too.
		waitFor(`!location.pathname.includes('/login/') && document.querySelector('header form button') !== null && document.readyState === 'complete'`))
}

// enterCourse signs in at a demo site as the student on a line of the list, and opens the first course.
func (d stage) enterCourse(t *testing.T, ctx context.Context, site string, line int) {
	t.Helper()
	do(t, ctx, "signing in",
		chromedp.Navigate(d.moodle(site+"/login/index.php?role=student")),
		click(fmt.Sprintf("tbody tr:nth-child(%d) button", line)),
		waitFor(`!location.pathname.includes('/login/') && document.querySelector('header form button') !== null && document.readyState === 'complete'`))
	d.openCourse(t, ctx, site)
}

// openCourse opens the first course of whoever is signed in.
func (d stage) openCourse(t *testing.T, ctx context.Context, site string) {
	t.Helper()
	do(t, ctx, "opening the course", chromedp.Navigate(d.moodle(site+"/")),
		click(`main a[href*="course/view.php"]`),
		// The list of courses has such links, too.
		waitFor(inCourse+` && document.querySelector('.activity a') !== null`))
}

// relaunch launches the first activity of the first course at top level and waits for a page of the tool.
func (d stage) relaunch(t *testing.T, ctx context.Context, site string) string {
	t.Helper()
	d.openCourse(t, ctx, site)
	address := strings.Replace(see[string](t, ctx, `document.querySelector('.activity a').href`), "view.php", "launch.php", 1)
	do(t, ctx, "launching", chromedp.Navigate(address), waitFor(`location.pathname.startsWith('/l/') && document.readyState === 'complete'`))
	at := see[string](t, ctx, `location.pathname`)
	return d.tool(at[:strings.LastIndexByte(at, '/')+1])
}

// toolFrame attaches to the tool's frame once it shows the page whose address ends so. The frame is another
// site than the page, so Chromium runs it apart.
func (d stage) toolFrame(t *testing.T, ctx context.Context, suffix string) context.Context {
	t.Helper()
	return find(t, ctx, "iframe", func(a string) bool { return strings.HasPrefix(a, d.tool("/")) && strings.HasSuffix(a, suffix) })
}

// accepted counts the recorded events of everybody, and fails unless they are all intact.
func (d stage) accepted(t *testing.T) int {
	t.Helper()
	n, err := d.db.VerifyEvidence(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return int(n.Events)
}
