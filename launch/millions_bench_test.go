package launch_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ltipolicy/courier"
	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
	"ltipolicy/spent"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

// BenchmarkMillions measures what a publication for everybody costs those who launch meanwhile, on MySQL with two
// thousand people; with LTIPOLICY_BENCH_LARGE with two million and their ten million answers, which takes 6 GB in
// the folder for temporary files and some ten minutes to fill.
//
// Publish is the quickest of three publications of a material version that owes everybody's score. The others are
// processor time of the whole process, which counts the launching client and the Moodle that takes the scores too,
// but not the database, all of them 50 a second: Launch of somebody who has answered everything; LaunchDraining the
// same while the scores drain, without what draining them takes as long when nobody launches; FirstLaunch of a new person,
// and AnswerForm, their five answers.
func BenchmarkMillions(b *testing.B) {
	for _, e := range storetest.Servers(b) {
		if e.Name != "mysql" {
			continue
		}
		people := 2_000
		if os.Getenv("LTIPOLICY_BENCH_LARGE") != "" {
			people = 2_000_000
		}
		m := newMillions(b, e.Migrated(b))
		started := time.Now()
		vs := m.millions(people)
		b.Logf("%d people stored in %v", people, time.Since(started).Round(time.Second))
		m.measure(b, vs)
	}
}

// crowd is a site whose Moodles are behind one real socket, as far as scores go.
type crowd struct {
	*site
	scores   atomic.Int64 // that reached a Moodle
	activity ltitest.Activity
	h        http.Handler
	address  string
	client   *http.Client
}

func newMillions(b *testing.B, dsn string) *crowd {
	m := &crowd{}
	moodles := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/scores") {
			io.Copy(io.Discard, r.Body) //nolint:errcheck // nobody reads it
			m.scores.Add(1)
			return
		}
		r.URL.Scheme, r.URL.Host, r.RequestURI = "https", r.Host, ""
		res, err := m.net.Client().Do(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer res.Body.Close() //nolint:errcheck // read to the end
		w.Header().Set("Content-Type", res.Header.Get("Content-Type"))
		w.WriteHeader(res.StatusCode)
		io.Copy(w, res.Body) //nolint:errcheck // the other side notices
	}))
	b.Cleanup(moodles.Close)
	pool := x509.NewCertPool()
	pool.AddCert(moodles.Certificate())
	transport := &http.Transport{
		TLSClientConfig:     &tls.Config{RootCAs: pool, ServerName: "example.com"},
		MaxIdleConnsPerHost: 8,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, network, moodles.Listener.Addr().String())
		},
	}
	b.Cleanup(transport.CloseIdleConnections)
	m.site = newSite(b, setup{dsn: dsn, client: &http.Client{Transport: transport}})
	m.activity = m.site.moodle.AddActivity(ltitest.Activity{CourseID: m.course.ID, Name: "Agreements", Grades: true, Container: ltitest.NewWindow})
	m.h = m.server.Handler()
	srv := httptest.NewServer(m.h)
	b.Cleanup(srv.Close)
	m.address = srv.URL
	m.client = &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: 8},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return m
}

func (m *crowd) measure(b *testing.B, vs []policy.Version) {
	publish, v := m.publish(b, vs[0])
	// The people who launch are among those who were there, and have answered the new version too.
	const launching, rate = 400, 50
	var people []ltitest.Person
	for i := range launching {
		id := int64(101 + i)
		people = append(people, m.student(id))
		m.sql(`INSERT INTO tool_policy_acceptances (policyversionid, userid, status, lang, usermodified, timecreated, timemodified)
			SELECT ?, id, 1, 'en', id, 1788163200, 1788163200 FROM lti_user WHERE platformid = ? AND sub = ?`, v.ID, m.platform.ID, fmt.Sprint(id))
	}
	for _, q := range m.all(people) {
		m.post(b, "/lti/launch", q.form, q.cookie)
	}

	ctx, stop := context.WithCancel(b.Context())
	var background sync.WaitGroup
	background.Go(func() { m.clock.run(ctx) })
	var still, draining, alone phase
	for range 2 {
		still.add(m.launches(b, people, rate))
		sending, end := context.WithCancel(ctx)
		background.Go(func() { m.worker.Run(sending, courier.Scores) })
		time.Sleep(3 * time.Second) // what may be sent at once is sent
		draining.add(m.launches(b, people, rate))
		alone.add(m.during(b, 0, func() { time.Sleep(8 * time.Second) }))
		end()
	}
	draining.questions = 0 // the courier's among them
	draining.cpu -= time.Duration(float64(alone.cpu) * draining.took.Seconds() / alone.took.Seconds())
	first, form := m.newcomers(b, 200, rate)
	stop()
	background.Wait()

	report := func(name string, p phase) {
		b.Run(name, func(b *testing.B) {
			b.ReportMetric(float64(p.cpu)/float64(p.n), "ns/op")
			b.ReportMetric(float64(p.cpu)/float64(p.n), "cpu-ns/op")
			b.ReportMetric(float64(p.n)/p.took.Seconds(), "a-second")
			b.ReportMetric(float64(p.scores)/p.took.Seconds(), "scores-a-second")
			if p.questions > 0 {
				b.ReportMetric(float64(p.questions)/float64(p.n), "queries/op")
			}
		})
	}
	b.Run("Publish", func(b *testing.B) { b.ReportMetric(float64(publish), "ns/op") })
	report("Launch", still)
	report("LaunchDraining", draining)
	report("FirstLaunch", first)
	report("AnswerForm", form)
}

// publish publishes three material versions of a policy and returns the least time that it took, and the last one.
func (m *crowd) publish(b *testing.B, v policy.Version) (least time.Duration, _ policy.Version) {
	a := store.Admin{InstitutionID: m.institution, Actor: "bench"}
	for i := range 3 {
		next := v
		next.Texts = []policy.Text{english("Policy 0", fmt.Sprint("Another text, ", i))}
		id, err := m.db.NewDraft(b.Context(), a, next)
		m.must(err)
		d, err := m.db.Version(b.Context(), m.institution, id)
		m.must(err)
		m.clock.pass(time.Hour)
		start := time.Now()
		m.must(m.db.Publish(b.Context(), a, store.Publication{VersionID: id, Edit: d.Edit}))
		if took := time.Since(start); least == 0 || took < least {
			least = took
		}
		v, err = m.db.Version(b.Context(), m.institution, id)
		m.must(err)
	}
	return least, v
}

// run lets the clock go as fast as the world's.
func (c *clock) run(ctx context.Context) {
	t := time.NewTicker(50 * time.Millisecond)
	defer t.Stop()
	last := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-t.C:
			c.pass(now.Sub(last))
			last = now
		}
	}
}

func (m *crowd) student(id int64) ltitest.Person {
	x := m.site.moodle.AddPerson(ltitest.Person{ID: id, Username: fmt.Sprint("u", id), FirstName: "Ștefan", LastName: "Țăran", Email: fmt.Sprintf("u%d@students.example", id)})
	m.site.moodle.Enrol(m.course.ID, x.ID, ltitest.Student)
	return x
}

// phase is what some launches took together.
type phase struct {
	n, questions int64
	cpu          time.Duration
	took         time.Duration
	scores       int64
}

func (p *phase) add(q phase) {
	p.n, p.questions, p.cpu, p.took, p.scores = p.n+q.n, p.questions+q.questions, p.cpu+q.cpu, p.took+q.took, p.scores+q.scores
}

// during measures f.
func (m *crowd) during(b *testing.B, n int, f func()) phase {
	scores, before, start := m.scores.Load(), spent.Now(b, m.raw), time.Now()
	f()
	after := spent.Now(b, m.raw)
	return phase{
		n: int64(n), cpu: after.Own - before.Own, took: time.Since(start), scores: m.scores.Load() - scores,
		questions: after.Sent - before.Sent - 3, // of the second look
	}
}

func (m *crowd) all(people []ltitest.Person) []request {
	requests := make([]request, len(people))
	for i, x := range people {
		requests[i] = m.ready(m.h, x, m.activity)
	}
	return requests
}

// launches lets everybody launch twice, at a fixed rate.
func (m *crowd) launches(b *testing.B, people []ltitest.Person, rate int) phase {
	requests := append(m.all(people), m.all(people)...)
	return m.paced(b, len(requests), rate, func(i int) {
		if to := m.post(b, "/lti/launch", requests[i].form, requests[i].cookie); !strings.HasPrefix(to, moodleOrigin) {
			b.Errorf("a launch leads to %q", to)
		}
	})
}

// paced measures n calls of f that begin at a fixed rate, whether those before them are done or not.
func (m *crowd) paced(b *testing.B, n, rate int, f func(i int)) phase {
	return m.during(b, n, func() {
		t := time.NewTicker(time.Second / time.Duration(rate))
		defer t.Stop()
		var wg sync.WaitGroup
		for i := range n {
			<-t.C
			wg.Go(func() { f(i) })
		}
		wg.Wait()
	})
}

// newcomers launch for the first time, and answer, at a fixed rate.
func (m *crowd) newcomers(b *testing.B, n, rate int) (first, form phase) {
	people := make([]ltitest.Person, n)
	for i := range people {
		people[i] = m.student(int64(10_000_000 + i))
	}
	requests := m.all(people)
	first = m.paced(b, n, rate, func(i int) {
		if to := m.post(b, "/lti/launch", requests[i].form, requests[i].cookie); !strings.HasSuffix(to, "/pending") {
			b.Errorf("a first launch leads to %q", to)
		}
	})
	for i, x := range people {
		browser := m.browser()
		f := m.enter(browser, x, m.activity).acceptAll()
		var cookies []string
		for _, c := range browser.Cookies(m.setup.base + "/") {
			cookies = append(cookies, c.Name+"="+c.Value)
		}
		requests[i] = request{path: strings.TrimPrefix(f.Action, m.setup.base), form: f.Values.Encode(), cookie: strings.Join(cookies, "; ")}
	}
	form = m.paced(b, n, rate, func(i int) { m.post(b, requests[i].path, requests[i].form, requests[i].cookie) })
	return first, form
}

// post sends a form to the tool over a socket and returns where it leads.
func (m *crowd) post(b *testing.B, path, form, cookie string) string {
	r, err := http.NewRequest(http.MethodPost, m.address+path, strings.NewReader(form))
	if err != nil {
		b.Error(err)
		return ""
	}
	r.Header.Set("Content-Type", formType)
	r.Header.Set("Cookie", cookie)
	r.Header.Set("Origin", m.setup.base)
	r.Host = strings.TrimPrefix(m.setup.base, "https://")
	res, err := m.client.Do(r)
	if err != nil {
		b.Error(err)
		return ""
	}
	io.Copy(io.Discard, res.Body) //nolint:errcheck // read to the end, so that the connection is used again
	res.Body.Close()              //nolint:errcheck // read to the end
	if res.StatusCode != http.StatusSeeOther {
		b.Errorf("%s: status %d", path, res.StatusCode)
	}
	return res.Header.Get("Location")
}
