package launch_test

import (
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
	"ltipolicy/spent"
	"ltipolicy/store/storetest"
)

// BenchmarkLaunchNothingPending measures the launch that happens at every opening of an activity: the POST
// with the id_token of a learner who has answered everything, over HTTP on loopback, until the redirect back
// is read. cpu-ns/op is the processor time of the whole process in user and system mode, so it counts the
// client too; server-ns/op that of a database server; queries/op and rows/op what that was asked and read.
func BenchmarkLaunchNothingPending(b *testing.B) {
	for _, e := range storetest.Engines(b) {
		b.Run(e.Name, func(b *testing.B) { benchmarkLaunch(b, e.Migrated(b)) })
	}
}

func benchmarkLaunch(b *testing.B, dsn string) {
	s := newSite(b, setup{dsn: dsn})
	for i, name := range []string{"First", "Second", "Third"} {
		s.load(strings.ToLower(name), version(policy.Agree, name, i))
	}
	browser := s.browser()
	s.settle(browser, s.enter(browser, s.learner, s.window).acceptAll())
	s.log.forget()

	h := s.server.Handler()
	requests := make([]request, b.N)
	for i := range requests {
		requests[i] = s.ready(h, s.learner, s.window)
	}
	s.measure(b, h, requests, moodleOrigin)
}

// BenchmarkFirstLaunch measures the dearest launch: the first of a person, in a course and an activity that
// nobody opened before, until the redirect to three policies. What is counted is what
// BenchmarkLaunchNothingPending counts.
func BenchmarkFirstLaunch(b *testing.B) {
	for _, e := range storetest.Engines(b) {
		b.Run(e.Name, func(b *testing.B) { benchmarkFirstLaunch(b, e.Migrated(b)) })
	}
}

func benchmarkFirstLaunch(b *testing.B, dsn string) {
	s := threePolicies(b, dsn)
	h := s.server.Handler()
	requests := make([]request, b.N)
	for i := range requests {
		x := s.newcomer(i)
		requests[i] = s.ready(h, x, s.newPlaceFor(x))
	}
	s.measure(b, h, requests, "/l/")
}

// BenchmarkForm measures the answer to a page with three policies, from its POST until the redirect back.
func BenchmarkForm(b *testing.B) {
	for _, e := range storetest.Engines(b) {
		b.Run(e.Name, func(b *testing.B) { benchmarkForm(b, e.Migrated(b)) })
	}
}

func benchmarkForm(b *testing.B, dsn string) {
	s := threePolicies(b, dsn)
	h := s.server.Handler()
	requests := make([]request, b.N)
	for i := range requests {
		launch := s.ready(h, s.newcomer(i), s.window)
		landed := do(h, launch.to(s.setup.base))
		c := landed.Result().Cookies()
		page := httptest.NewRequest(http.MethodGet, s.setup.base+landed.Header().Get("Location"), nil)
		page.Header.Set("Cookie", c[len(c)-1].Name+"="+c[len(c)-1].Value)
		shown := do(h, page)
		form := s.view(&ltitest.Page{Status: shown.Code, Header: shown.Header(), URL: page.URL, Body: shown.Body.Bytes()}).acceptAll()
		requests[i] = request{path: page.URL.Path, form: form.Values.Encode(), cookie: page.Header.Get("Cookie")}
	}
	s.measure(b, h, requests, moodleOrigin)
}

func threePolicies(b *testing.B, dsn string) *site {
	s := newSite(b, setup{dsn: dsn})
	for i, name := range []string{"First", "Second", "Third"} {
		s.load(strings.ToLower(name), version(policy.Agree, name, i))
	}
	s.enter(s.browser(), s.other, s.window)
	s.log.forget()
	return s
}

// newcomer is a learner who was never here.
func (s *site) newcomer(i int) ltitest.Person {
	x := s.moodle.AddPerson(ltitest.Person{Username: fmt.Sprint("new", i), FirstName: "New", LastName: fmt.Sprint("Comer ", i), Lang: "en"})
	s.moodle.Enrol(s.course.ID, x.ID, ltitest.Student)
	return x
}

// newPlaceFor is a course of a learner with an activity, in which nobody was yet.
func (s *site) newPlaceFor(x ltitest.Person) ltitest.Activity {
	c := s.moodle.AddCourse(ltitest.Course{ShortName: "NEW", FullName: "New course"})
	s.moodle.Enrol(c.ID, x.ID, ltitest.Student)
	return s.moodle.AddActivity(ltitest.Activity{CourseID: c.ID, Name: "New", Grades: true, Container: ltitest.NewWindow})
}

// measure posts what is ready, over HTTP on loopback, and reads each redirect to its end. What came before, such as
// logins and tokens, is Moodle's and earlier requests' work.
func (s *site) measure(b *testing.B, h http.Handler, requests []request, leadsTo string) {
	srv := httptest.NewServer(h)
	defer srv.Close()
	client := &http.Client{Transport: &http.Transport{}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	b.ReportAllocs()
	b.ResetTimer()
	before := spent.Now(b, s.onServer())
	for _, q := range requests {
		r := q.to(srv.URL)
		r.RequestURI = "" // it is a client's
		res, err := client.Do(r)
		if err != nil {
			b.Fatal(err)
		}
		io.Copy(io.Discard, res.Body) //nolint:errcheck // read to the end, so that the connection is used again
		res.Body.Close()              //nolint:errcheck // read to the end
		if res.StatusCode != http.StatusSeeOther || !strings.HasPrefix(res.Header.Get("Location"), leadsTo) {
			b.Fatalf("status %d to %s", res.StatusCode, res.Header.Get("Location"))
		}
	}
	b.StopTimer()
	spent.Report(b, before, spent.Now(b, s.onServer()), b.N)
}

// onServer is the site's database, if it is on a server.
func (s *site) onServer() *sql.DB {
	if !strings.HasPrefix(s.dsn, "mysql:") {
		return nil
	}
	return s.raw
}

// request is a form that only waits to be posted.
type request struct{ path, form, cookie string }

func (q request) to(base string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, base+q.path, strings.NewReader(q.form))
	r.Header.Set("Content-Type", formType)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if q.path == "/lti/launch" {
		r.Header.Set("Sec-Fetch-Site", "cross-site")
	}
	r.Header.Set("Cookie", q.cookie)
	return r
}

func do(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// ready goes through the tool's login and makes the answer of Moodle.
func (s *site) ready(h http.Handler, x ltitest.Person, a ltitest.Activity) request {
	s.t.Helper()
	w := do(h, httptest.NewRequest(http.MethodGet, "/lti/login?"+s.initiation(s.platform).Encode(), nil))
	u, err := url.Parse(w.Header().Get("Location"))
	s.must(err)
	q := u.Query()
	token, err := s.moodle.IDToken(ltitest.Launch{PersonID: x.ID, CMID: a.CMID, Nonce: q.Get("nonce")})
	s.must(err)
	c := w.Result().Cookies()[0]
	return request{
		path:   "/lti/launch",
		form:   url.Values{"id_token": {token}, "state": {q.Get("state")}}.Encode(),
		cookie: c.Name + "=" + c.Value,
	}
}
