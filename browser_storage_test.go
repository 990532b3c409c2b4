package main

import (
	"crypto/rand"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"ltipolicy/lti"
	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
	"ltipolicy/store"
)

// startPlatform is the tool with one site that offers a platform storage, as no Moodle does yet.
func startPlatform(t *testing.T, storage string) demoServer {
	t.Helper()
	db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "platform.db"), store.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewUnstartedServer(nil)
	d := demoServer{db: db, port: srv.Listener.Addr().(*net.TCPAddr).Port}
	w := world{stdout: io.Discard, stderr: t.Output(), getenv: func(string) string { return "" }, now: time.Now, rand: rand.Reader}
	web, err := tool(t.Context(), w, db, logger(w, false), d.tool(""), "", lti.NewClient(true))
	if err != nil {
		t.Fatal(err)
	}
	site, err := ltitest.New(ltitest.Options{Issuer: strings.TrimSuffix(d.moodle("site"), "/"), Name: "Site", Storage: storage})
	if err != nil {
		t.Fatal(err)
	}
	d.sites = []*ltitest.Platform{site}
	course := site.AddCourse(ltitest.Course{ShortName: "C", FullName: "Course"})
	learner := site.AddPerson(ltitest.Person{Username: "ada", FirstName: "Ada", LastName: "Ene", Email: "ada@site.example"})
	site.Enrol(course.ID, learner.ID, ltitest.Student)
	site.AddActivity(ltitest.Activity{CourseID: course.ID, Name: "Policies"})
	if err := connect(t.Context(), db, "Site", d.tool(""), site); err != nil {
		t.Fatal(err)
	}
	pages, handler := http.NewServeMux(), web.Handler()
	pages.Handle(site.Prefix(), site)
	srv.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.Host, "localhost:") {
			pages.ServeHTTP(w, r)
			return
		}
		handler.ServeHTTP(w, r)
	})
	srv.Start()
	t.Cleanup(srv.Close)
	return d
}

// TestPlatformStorage: with every cookie blocked in the frame, the platform keeps the login attempt. Who has
// nothing to answer goes back; who has, needs a session, and gets it in a window.
func TestPlatformStorage(t *testing.T) {
	for _, storage := range []string{"_parent", "lti_storage"} {
		t.Run(storage, func(t *testing.T) {
			d := startPlatform(t, storage)
			ctx := browser(t, d.noCookiesFor(t))
			d.enterCourse(t, ctx, "site", 1)
			do(t, ctx, "launching with nothing to answer", script(`window.before = true; `+openActivity), waitFor(`document.querySelector('iframe#contentframe') !== null`))
			frame := d.toolFrame(t, ctx, "/lti/launch")
			do(t, frame, "going back", waitFor(`document.querySelector('h1.good') !== null`), chromedp.Click(chromedp.CSS(`a.button[target=_top]`)))
			do(t, ctx, "being back in the course", waitFor(`window.before === undefined && `+inCourse))

			all, err := d.db.Platforms(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			_, _, err = d.db.LoadPolicy(t.Context(), all[0].InstitutionID, "rules", policy.Version{
				Kind: policy.Agree, Revision: "1", Texts: []policy.Text{{Lang: "en", Name: "Rules", Summary: "<p>Be kind.</p>"}},
			}, []string{all[0].ID})
			if err != nil {
				t.Fatal(err)
			}
			do(t, ctx, "launching with something to answer", script(openActivity), waitFor(`document.querySelector('iframe#contentframe') !== null`))
			frame = d.toolFrame(t, ctx, "/pending")
			do(t, frame, "the page with the button", waitFor(`document.querySelector('main[data-error=no_session] a[target=_blank]') !== null`),
				chromedp.Click(chromedp.CSS(`a.button[target=_blank]`)))
			window := find(t, ctx, "page", func(a string) bool { return strings.HasPrefix(a, d.tool("/l/")) && strings.HasSuffix(a, "/pending") })
			do(t, window, "answering", waitFor(`document.querySelector('form button[type=submit]') !== null`),
				script(tickAll), chromedp.Click(chromedp.CSS(`form button[type=submit]`)), waitFor(inCourse))
			if n := d.accepted(t); n != 1 {
				t.Errorf("%d answers recorded, want 1", n)
			}
		})
	}
}
