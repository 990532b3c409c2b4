package launch_test

import (
	"database/sql"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
	"ltipolicy/store/storetest"
)

// BenchmarkLaunchNothingPending measures the launch that happens at every opening of an activity: the POST
// with the id_token of a learner who has answered everything, over HTTP on loopback, until the redirect back
// is read. cpu-ns/op is the processor time of the whole process in user and system mode, so it counts the
// client too, but not a database server; queries/op counts what the server was asked.
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

	// The logins and the tokens are Moodle's and earlier requests' work: they are ready before the clock runs.
	h := s.server.Handler()
	requests := make([]launchRequest, b.N)
	for i := range requests {
		requests[i] = s.ready(h)
	}
	srv := httptest.NewServer(h)
	defer srv.Close()
	client := &http.Client{Transport: &http.Transport{}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	asked, counts := questions(b, s.raw, dsn)

	b.ReportAllocs()
	b.ResetTimer()
	before := processorTime(b)
	for _, q := range requests {
		r, err := http.NewRequest(http.MethodPost, srv.URL+"/lti/launch", strings.NewReader(q.form))
		if err != nil {
			b.Fatal(err)
		}
		r.Header.Set("Content-Type", formType)
		r.Header.Set("Cookie", q.cookie)
		res, err := client.Do(r)
		if err != nil {
			b.Fatal(err)
		}
		io.Copy(io.Discard, res.Body) //nolint:errcheck // read to the end, so that the connection is used again
		res.Body.Close()              //nolint:errcheck // read to the end
		if res.StatusCode != http.StatusSeeOther || !strings.HasPrefix(res.Header.Get("Location"), moodleOrigin) {
			b.Fatalf("status %d to %s", res.StatusCode, res.Header.Get("Location"))
		}
	}
	b.StopTimer()
	b.ReportMetric(float64(processorTime(b)-before)/float64(b.N), "cpu-ns/op")
	if counts {
		after, _ := questions(b, s.raw, dsn)
		b.ReportMetric(float64(after-asked-1)/float64(b.N), "queries/op")
	}
}

// launchRequest is a launch that only waits to be posted.
type launchRequest struct{ form, cookie string }

// ready goes through the tool's login and makes the answer of Moodle.
func (s *site) ready(h http.Handler) launchRequest {
	s.t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/lti/login?"+s.initiation(s.platform).Encode(), nil))
	u, err := url.Parse(w.Header().Get("Location"))
	s.must(err)
	q := u.Query()
	token, err := s.moodle.IDToken(ltitest.Launch{PersonID: s.learner.ID, CMID: s.window.CMID, Nonce: q.Get("nonce")})
	s.must(err)
	c := w.Result().Cookies()[0]
	return launchRequest{
		form:   url.Values{"id_token": {token}, "state": {q.Get("state")}}.Encode(),
		cookie: c.Name + "=" + c.Value,
	}
}

// questions is how many statements a server has been sent; SQLite does not count.
func questions(b *testing.B, db *sql.DB, dsn string) (n int, counted bool) {
	b.Helper()
	if !strings.HasPrefix(dsn, "mysql:") {
		return 0, false
	}
	var name, value string
	if err := db.QueryRow(`SHOW GLOBAL STATUS LIKE 'Questions'`).Scan(&name, &value); err != nil {
		b.Fatal(err)
	}
	n, err := strconv.Atoi(value)
	if err != nil {
		b.Fatal(err)
	}
	return n, true
}
