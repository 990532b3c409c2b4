package main

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"ltipolicy/lti"
	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
	"ltipolicy/templates"
)

// programArgs makes the test binary be the program itself, so that tests have real processes to run and kill.
const programArgs = "LTIPOLICY_TEST_PROGRAM"

func TestMain(m *testing.M) {
	if args := os.Getenv(programArgs); args != "" {
		ctx, _ := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		os.Exit(execute(ctx, world{
			stdout: os.Stdout, stderr: os.Stderr, getenv: func(string) string { return "" }, now: time.Now, rand: rand.Reader,
		}, strings.Split(args, "\n")))
	}
	os.Exit(m.Run())
}

const toolHost = "tool.example"

// campus is one Moodle with many learners, and the database that the tool's processes share.
type campus struct {
	t          *testing.T
	dsn        string
	db         *store.DB
	moodle     *ltitest.Platform
	activity   ltitest.Activity
	learners   []ltitest.Person
	cert, key  string
	trust      *x509.CertPool
	versionIDs []int64
}

func newCampus(t *testing.T, dsn string, learners int) *campus {
	t.Helper()
	c := &campus{t: t, dsn: dsn, db: storetest.Open(t, dsn)}
	c.certificate()
	srv := httptest.NewUnstartedServer(nil)
	var err error
	if c.moodle, err = ltitest.New(ltitest.Options{Issuer: "http://" + srv.Listener.Addr().String() + "/m", Name: "Campus"}); err != nil {
		t.Fatal(err)
	}
	srv.Config.Handler = c.moodle
	srv.Start()
	t.Cleanup(srv.Close)
	course := c.moodle.AddCourse(ltitest.Course{ShortName: "C", FullName: "Course"})
	added := c.moodle.AddTool(ltitest.ToolAt("https://" + toolHost))
	c.activity = c.moodle.AddActivity(ltitest.Activity{CourseID: course.ID, Name: "Policies", Container: ltitest.NewWindow})
	for range learners {
		x := c.moodle.AddPerson(ltitest.Person{Username: "u", FirstName: "A", LastName: "B"})
		c.moodle.Enrol(course.ID, x.ID, ltitest.Student)
		c.learners = append(c.learners, x)
	}
	p, err := c.moodle.Registration(added.TypeID)
	c.must(err)
	p.ID, err = c.db.NewID()
	c.must(err)
	p.InstitutionID, err = c.db.EnsureInstitution(t.Context(), "Campus")
	c.must(err)
	p.Status = lti.Active
	c.must(c.db.AddPlatform(t.Context(), p))
	for _, slug := range []string{"rules", "privacy"} {
		_, id, err := c.db.LoadPolicy(t.Context(), p.InstitutionID, slug, policy.Version{
			Kind: policy.Agree, Texts: []policy.Text{{Lang: "en", Name: slug, Summary: "<p>Be kind.</p>", Content: "<p>Always.</p>"}},
		}, []string{p.ID})
		c.must(err)
		c.versionIDs = append(c.versionIDs, id)
	}
	return c
}

func (c *campus) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// certificate makes one for the tool's name, because cookies of the tool need https.
func (c *campus) certificate() {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	c.must(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{toolHost}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	c.must(err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	c.must(err)
	dir := c.t.TempDir()
	c.cert, c.key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	public := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	c.must(os.WriteFile(c.cert, public, 0o600))
	c.must(os.WriteFile(c.key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600))
	c.trust = x509.NewCertPool()
	c.trust.AppendCertsFromPEM(public)
}

// program is the program in a process of its own, not started yet.
func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), programArgs+"="+strings.Join(args, "\n"))
	return cmd
}

// serving starts `serve` with a database and waits until it listens, at the address that is returned. The process
// is killed when the test ends, if not before.
func serving(t *testing.T, dsn string, args ...string) (_ *os.Process, address string) {
	t.Helper()
	cmd := program(t, append([]string{"serve", "-listen", "127.0.0.1:0", "-base-url", "https://" + toolHost, "-database", dsn}, args...)...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill() //nolint:errcheck // it may have been killed already
		cmd.Wait()         //nolint:errcheck // killed
	})
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		var line struct{ Msg, Address string }
		if json.Unmarshal(lines.Bytes(), &line) != nil || line.Msg != "serving" {
			continue
		}
		go func() {
			for lines.Scan() { // keeps the pipe empty
			}
		}()
		return cmd.Process, line.Address
	}
	t.Fatalf("the tool did not start: %v", lines.Err())
	return nil, ""
}

// start runs the tool in a process of its own and returns it with the network on which its name leads there.
func (c *campus) start() (*os.Process, http.RoundTripper) {
	c.t.Helper()
	// A machine that is slow with two hundred people at once is not one whose database is away.
	process, at := serving(c.t, c.dsn, "-tls-cert", c.cert, "-tls-key", c.key, "-allow-private-networks", "-request-timeout", "2m")
	return process, &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: c.trust, ServerName: toolHost},
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if strings.HasPrefix(address, toolHost+":") {
				address = at
			}
			return new(net.Dialer).DialContext(ctx, network, address)
		},
		MaxIdleConnsPerHost: 8,
	}
}

// TestIdenticalLaunchesOnTwoProcesses sends one launch fifty times at once, to two processes that share a
// database: it is let in once (Security Framework 1.0, 5.1.3: a nonce counts once).
func TestIdenticalLaunchesOnTwoProcesses(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		c := newCampus(t, dsn, 1)
		_, one := c.start()
		_, two := c.start()
		b := ltitest.NewBrowser(one)
		c.must(b.Login(c.moodle, c.learners[0].ID))
		form, _, err := b.Authenticate(c.moodle, c.learners[0].ID, c.activity.CMID)
		c.must(err)
		cookies := b.Cookies("https://" + toolHost + "/")
		var wg sync.WaitGroup
		locations := make([]string, 50)
		for i := range locations {
			road := []http.RoundTripper{one, two}[i%2]
			wg.Go(func() {
				r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, form.Action, strings.NewReader(form.Values.Encode()))
				if err != nil {
					t.Error(err)
					return
				}
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				for _, cookie := range cookies {
					r.AddCookie(cookie)
				}
				resp, err := road.RoundTrip(r)
				if err != nil {
					t.Error(err)
					return
				}
				resp.Body.Close() //nolint:errcheck // only the head counts
				if resp.StatusCode != http.StatusSeeOther && resp.StatusCode != http.StatusUnauthorized {
					t.Errorf("status %d", resp.StatusCode)
				}
				locations[i] = resp.Header.Get("Location")
			})
		}
		wg.Wait()
		in := 0
		for _, l := range locations {
			if strings.Contains(l, "/l/") {
				in++
			}
		}
		if in != 1 {
			t.Errorf("%d of 50 identical launches were let in", in)
		}
	})
}

// TestKillInTheMiddleOfAnswers kills the tool (kill -9) while two hundred learners answer at once: every answer
// that the tool said was saved is there with its event, and none is there twice.
func TestKillInTheMiddleOfAnswers(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		const learners, enough = 200, 60
		c := newCampus(t, dsn, learners)
		process, road := c.start()
		ready, start := make(chan int), make(chan struct{})
		saved := make(chan string, learners)
		for _, x := range c.learners {
			go func() {
				form, b := c.pending(road, x)
				ready <- 1
				<-start
				if form != nil {
					if page, err := b.Submit(*form); err == nil && page.Status == http.StatusSeeOther {
						saved <- b.sub
						return
					}
				}
				saved <- ""
			}()
		}
		for range learners {
			<-ready
		}
		close(start)
		said := map[string]bool{}
		for done := range learners {
			if sub := <-saved; sub != "" {
				said[sub] = true
			}
			if done == enough {
				c.must(process.Kill())
			}
		}
		if len(said) < enough/2 {
			t.Fatalf("only %d answers were saved before the kill: the test shows nothing", len(said))
		}
		if _, err := c.db.VerifyEvidence(t.Context()); err != nil {
			t.Errorf("evidence after the kill: %v", err)
		}
		answered := 0
		// Ids have gaps: an insert that has to be tried again uses one up.
		for id := int64(1); id <= 10*learners; id++ {
			events, err := c.db.Events(t.Context(), id)
			c.must(err)
			if len(events) == 0 {
				continue
			}
			answered++
			if len(events) != len(c.versionIDs) {
				t.Errorf("person %d has %d events, want one for each of %d policies", id, len(events), len(c.versionIDs))
			}
			delete(said, events[0].Sub)
		}
		if len(said) > 0 {
			t.Errorf("%d answers were said to be saved and are not there", len(said))
		}
		t.Logf("%d people have answers after the kill", answered)
	})
}

// learner is a browser with somebody in it.
type learner struct {
	*ltitest.Browser
	sub string
}

// pending launches a learner and returns the pending page's form with everything accepted; nil if that fails.
func (c *campus) pending(road http.RoundTripper, x ltitest.Person) (*ltitest.Form, learner) {
	b := learner{ltitest.NewBrowser(road), strconv.FormatInt(x.ID, 10)}
	if err := b.Login(c.moodle, x.ID); err != nil {
		c.t.Error(err)
		return nil, b
	}
	page, err := b.Settle(b.Launch(c.moodle, x.ID, c.activity.CMID))
	if err != nil {
		c.t.Error(err)
		return nil, b
	}
	for _, f := range page.Forms() {
		if strings.HasSuffix(f.Action, "/pending") {
			for _, id := range c.versionIDs {
				f.Values.Set(templates.AnswerField(id), string(policy.Accepted))
			}
			return &f, b
		}
	}
	c.t.Errorf("no form on %s (%d)", page.URL, page.Status)
	return nil, b
}
