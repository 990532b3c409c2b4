package demo

import (
	"crypto/rand"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"ltipolicy/lti"
	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
	"ltipolicy/run"
	"ltipolicy/store"
)

// startPlatform is the tool with one site: a course with the activity in a frame and in a window, and nothing
// to answer yet. Over TLS where a browser keeps secure cookies of nothing else, whatever its address.
func startPlatform(t *testing.T, o ltitest.Options, overTLS ...bool) demoServer {
	t.Helper()
	db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "platform.db"), store.Options{Now: time.Now, Create: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewUnstartedServer(nil)
	d := demoServer{db: db, tls: len(overTLS) > 0, port: srv.Listener.Addr().(*net.TCPAddr).Port}
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

// rules puts a policy on that site, or a new version of it.
func (d demoServer) rules(t *testing.T, revision string) {
	t.Helper()
	all, err := d.db.Platforms(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = d.db.LoadPolicy(t.Context(), all[0].InstitutionID, "rules", policy.Version{
		Kind: policy.Agree, Revision: revision,
		Texts: []policy.Text{{Lang: "en", Name: "Rules", Summary: policy.SafeHTML("<p>Be kind, says revision " + revision + ".</p>")}},
	}, []string{all[0].ID})
	if err != nil {
		t.Fatal(err)
	}
}
