//go:build rolling

package deploy

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"flag"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

var from = flag.String("from", "", "the `commit` of the program that is in use when the update begins")

// caddyVersion is of the Caddy that the update is tried with. Distributions have older ones, which cannot send a form
// again: docs/operations.md.
const caddyVersion = "v2.11.9"

// TestRollingUpdate updates a tool of two replicas behind Caddy, with the Caddyfile that is delivered, from the
// program of another commit to this one, while people launch, read and answer: nobody sees an error, and no
// answer is lost or doubled. `make rolling FROM=commit` runs it.
func TestRollingUpdate(t *testing.T) {
	if *from == "" {
		t.Fatal("-from is needed")
	}
	before, after, caddy := buildOf(t, *from), buildHere(t), buildCaddy(t)
	for _, e := range storetest.Servers(t) {
		t.Run(e.Name, func(t *testing.T) { rollingUpdate(t, e.Empty(t), before, after, caddy) })
	}
}

func rollingUpdate(t *testing.T, dsn, before, after, caddy string) {
	u := newUpdate(t, dsn, before)
	u.replicas[0].start(before)
	u.replicas[1].start(before)
	u.caddy(caddy)
	load := u.crowd(8)
	load.reach(50)
	readers := u.readers(10) // they have the form before the update, and answer after it

	watch := u.watch()
	t.Logf("migrate: %s", u.run(after, "migrate", "-database", dsn))
	load.reach(50)
	watch()
	u.replicas[1].replace(before) // a replica of the old program that ends now can start again
	load.reach(50)
	for _, r := range u.replicas {
		r.replace(after)
		load.reach(50)
	}
	readers()
	for _, r := range u.replicas { // what the new program does when it is told to stop
		r.replace(after)
		load.reach(50)
	}
	saved := load.stop()
	t.Logf("%d people launched and answered, and %d read through the update", saved, 10)
	u.check(saved + 10)
}

// buildOf builds the program of a commit.
func buildOf(t *testing.T, commit string) string {
	t.Helper()
	dir := t.TempDir()
	archive := exec.CommandContext(t.Context(), "git", "archive", "--format=tar", commit)
	archive.Dir = ".." // in a folder, it archives that
	unpack := exec.CommandContext(t.Context(), "tar", "-x", "-C", dir)
	var err error
	if unpack.Stdin, err = archive.StdoutPipe(); err != nil {
		t.Fatal(err)
	}
	if err := unpack.Start(); err != nil {
		t.Fatal(err)
	}
	if err := archive.Run(); err != nil {
		t.Fatalf("git archive %s: %v", commit, err)
	}
	if err := unpack.Wait(); err != nil {
		t.Fatal(err)
	}
	return builtIn(t, dir)
}

func buildHere(t *testing.T) string { return builtIn(t, "..") }

func builtIn(t *testing.T, dir string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "ltipolicy")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return program
}

// buildCaddy builds Caddy with nothing added.
func buildCaddy(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "go", "install", "-trimpath", "github.com/caddyserver/caddy/v2/cmd/caddy@"+caddyVersion)
	cmd.Env = append(os.Environ(), "GOBIN="+dir, "GOFLAGS=-mod=mod")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building Caddy: %v\n%s", err, out)
	}
	return filepath.Join(dir, "caddy")
}

// update is a Moodle site, a tool of two replicas and the proxy before them.
type update struct {
	t        *testing.T
	dsn      string
	moodle   *ltitest.Platform
	course   ltitest.Course
	activity ltitest.Activity
	replicas [2]*replica
	road     *http.Transport
	policies int
	person   atomic.Int64
}

// newUpdate makes the database with the old program, and an institution with two policies in it.
func newUpdate(t *testing.T, dsn, before string) *update {
	u := &update{t: t, dsn: dsn, policies: 2}
	srv := httptest.NewUnstartedServer(nil)
	var err error
	if u.moodle, err = ltitest.New(ltitest.Options{Issuer: "http://" + srv.Listener.Addr().String() + "/m", Name: "Campus"}); err != nil {
		t.Fatal(err)
	}
	srv.Config.Handler = u.moodle
	srv.Start()
	t.Cleanup(srv.Close)
	course := u.moodle.AddCourse(ltitest.Course{ShortName: "C", FullName: "Course"})
	u.course = course
	added := u.moodle.AddTool(ltitest.ToolAt("https://" + toolHost))
	u.activity = u.moodle.AddActivity(ltitest.Activity{CourseID: course.ID, Name: "Policies", Container: ltitest.NewWindow})
	p, err := u.moodle.Registration(added.TypeID)
	if err != nil {
		t.Fatal(err)
	}
	u.run(before, "migrate", "-database", dsn)
	// By hand: this program's own statements need its own schema.
	raw, err := sql.Open("mysql", storetest.DriverDSN(dsn))
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close() //nolint:errcheck // only written through
	const institution, platform, when = "01900000-0000-7000-8000-000000000001", "01900000-0000-7000-8000-000000000002", "2026-01-01 08:00:00"
	for query, args := range map[string][]any{
		`INSERT INTO institution (id, name, timecreated) VALUES (?, 'Campus', ?)`: {institution, when},
		`INSERT INTO lti_platform (id, institutionid, name, issuer, clientid, authurl, tokenurl, jwksurl, anonymous, status, timecreated)
			VALUES (?, ?, 'Campus', ?, ?, ?, ?, ?, 0, 'active', ?)`: {platform, institution, p.Issuer, p.ClientID, p.AuthURL, p.TokenURL, p.JWKSURL, when},
		`INSERT INTO lti_deployment (platformid, deploymentid) VALUES (?, ?)`: {platform, p.Deployments[0]},
	} {
		if _, err := raw.ExecContext(t.Context(), query, args...); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	for _, name := range []string{"rules", "conduct"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
		text := "---\nname: " + name + "\ntype: site\nkind: agree\n---\n--- summary ---\nBe kind.\n--- content ---\nAlways.\n"
		if err := os.WriteFile(filepath.Join(dir, name, "en.txt"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	u.run(before, "policy", "load", "-institution", "Campus", "-database", dsn, dir)
	for i := range u.replicas {
		u.replicas[i] = &replica{u: u, address: freeAddress(t)}
		t.Cleanup(u.replicas[i].kill)
	}
	return u
}

// run runs a command of a program and returns what it printed.
func (u *update) run(program string, args ...string) string {
	u.t.Helper()
	cmd := exec.CommandContext(u.t.Context(), program, args...)
	cmd.Env = append(os.Environ(), "LTIPOLICY_SECRET_KEY_FILE="+keyFile())
	out, err := cmd.CombinedOutput()
	if err != nil {
		u.t.Fatalf("%s: %v\n%s", strings.Join(args[:2], " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // only its number is wanted
	return l.Addr().String()
}

// replica is one of the two: an address, and the process that listens there now.
type replica struct {
	u       *update
	address string
	cmd     *exec.Cmd
}

// start starts a program as docker-compose.yml does, and waits until Caddy sends requests to it again.
func (r *replica) start(program string) {
	r.u.t.Helper()
	r.cmd = exec.Command(program, "serve")
	r.cmd.Env = append(os.Environ(), "LTIPOLICY_LISTEN="+r.address, "LTIPOLICY_BASE_URL=https://"+toolHost, "LTIPOLICY_DATABASE="+r.u.dsn, "LTIPOLICY_SECRET_KEY_FILE="+keyFile(),
		"LTIPOLICY_ALLOW_PRIVATE_NETWORKS=true", "LTIPOLICY_TRUSTED_PROXIES=127.0.0.1", "LTIPOLICY_DRAIN="+drainOfCompose(r.u.t))
	log := &bytes.Buffer{}
	r.cmd.Stderr = log // read when the process has ended
	if err := r.cmd.Start(); err != nil {
		r.u.t.Fatal(err)
	}
	for until := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if status, _ := readyz(r.address); status == http.StatusOK {
			break
		}
		if time.Now().After(until) {
			r.kill()
			r.u.t.Fatalf("a replica does not become ready: %s", log)
		}
	}
	time.Sleep(healthOfCaddy(r.u.t))
}

// stop ends the process as docker does, and waits for its end.
func (r *replica) stop() {
	r.u.t.Helper()
	if err := r.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		r.u.t.Fatal(err)
	}
	if err := r.cmd.Wait(); err != nil {
		r.u.t.Errorf("a replica that was told to stop: %v\n%s", err, r.cmd.Stderr)
	}
	for line := range strings.Lines(fmt.Sprint(r.cmd.Stderr)) {
		if strings.Contains(line, `"level":"ERROR"`) {
			r.u.t.Logf("a replica's log: %s", line)
		}
	}
	r.cmd = nil
}

// replace ends the process and starts a program in its place.
func (r *replica) replace(program string) {
	r.u.t.Helper()
	r.stop()
	r.start(program)
}

func (r *replica) kill() {
	if r.cmd != nil {
		r.cmd.Process.Kill() //nolint:errcheck // it may have ended
		r.cmd.Wait()         //nolint:errcheck // killed
	}
}

func readyz(address string) (int, error) {
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get("http://" + address + "/readyz")
	if err != nil {
		return 0, err
	}
	resp.Body.Close() //nolint:errcheck // only the status counts
	return resp.StatusCode, nil
}

// drainOfCompose is the setting of docker-compose.yml.
func drainOfCompose(t *testing.T) string {
	t.Helper()
	return found(t, "../docker-compose.yml", `LTIPOLICY_DRAIN: "(\w+)"`)
}

// healthOfCaddy is how long Caddy may take to notice that a replica is there or not.
func healthOfCaddy(t *testing.T) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(found(t, "Caddyfile", `health_interval (\w+)`))
	if err != nil {
		t.Fatal(err)
	}
	return d + time.Second
}

func found(t *testing.T, file, pattern string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(pattern).FindSubmatch(b)
	if m == nil {
		t.Fatalf("%s has no %s", file, pattern)
	}
	return string(m[1])
}

// caddy starts Caddy with the Caddyfile that is delivered, where the replicas' names are their addresses here and
// the certificate is Caddy's own.
func (u *update) caddy(program string) {
	u.t.Helper()
	delivered, err := os.ReadFile("Caddyfile")
	if err != nil {
		u.t.Fatal(err)
	}
	dir := u.t.TempDir()
	_, https, _ := strings.Cut(freeAddress(u.t), ":")
	_, plain, _ := strings.Cut(freeAddress(u.t), ":")
	file := fmt.Sprintf("{\n\tadmin off\n\tlocal_certs\n\tskip_install_trust\n\thttp_port %s\n\thttps_port %s\n}\n", plain, https) +
		strings.Replace(string(delivered), "tool1:8080 tool2:8080", u.replicas[0].address+" "+u.replicas[1].address, 1)
	config := filepath.Join(dir, "Caddyfile")
	if err := os.WriteFile(config, []byte(file), 0o600); err != nil {
		u.t.Fatal(err)
	}
	cmd := exec.Command(program, "run", "--config", config, "--adapter", "caddyfile")
	cmd.Env = append(os.Environ(), "SITE_HOST="+toolHost, "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir, "HOME="+dir)
	log := &bytes.Buffer{}
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		u.t.Fatal(err)
	}
	u.t.Cleanup(func() {
		cmd.Process.Kill() //nolint:errcheck // it is over
		cmd.Wait()         //nolint:errcheck // killed
		if u.t.Failed() {
			u.t.Logf("Caddy: %s", log)
		}
	})
	root := filepath.Join(dir, "caddy", "pki", "authorities", "local", "root.crt")
	for until := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		trust := x509.NewCertPool()
		pem, err := os.ReadFile(root)
		if err == nil && trust.AppendCertsFromPEM(pem) {
			u.road = &http.Transport{
				TLSClientConfig: &tls.Config{RootCAs: trust, ServerName: toolHost},
				DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
					if strings.HasPrefix(address, toolHost+":") {
						address = "127.0.0.1:" + https
					}
					return new(net.Dialer).DialContext(ctx, network, address)
				},
			}
			req, err := http.NewRequestWithContext(u.t.Context(), http.MethodGet, "https://"+toolHost+"/readyz", nil)
			if err != nil {
				u.t.Fatal(err)
			}
			if resp, err := u.road.RoundTrip(req); err == nil {
				resp.Body.Close() //nolint:errcheck // only the status counts
				if resp.StatusCode == http.StatusOK {
					return
				}
			}
		}
		if time.Now().After(until) {
			u.t.Fatalf("Caddy does not start: %s", log)
		}
	}
}

// visitor launches as somebody new and returns the form with everything accepted.
func (u *update) visitor() (*ltitest.Form, *ltitest.Browser, error) {
	x := u.moodle.AddPerson(ltitest.Person{Username: "u" + strconv.FormatInt(u.person.Add(1), 10), FirstName: "A", LastName: "B"})
	u.moodle.Enrol(u.course.ID, x.ID, ltitest.Student)
	b := ltitest.NewBrowser(u.road)
	if err := b.Login(u.moodle, x.ID); err != nil {
		return nil, nil, err
	}
	page, err := b.Settle(b.Launch(u.moodle, x.ID, u.activity.CMID))
	if err != nil {
		return nil, nil, fmt.Errorf("launching: %w", err)
	}
	for _, f := range page.Forms() {
		if !strings.HasSuffix(f.Action, "/pending") {
			continue
		}
		for _, name := range page.Attr("input", "name") {
			if strings.HasPrefix(name, "answer.") {
				f.Values.Set(name, string(policy.Accepted))
			}
		}
		return &f, b, nil
	}
	return nil, nil, fmt.Errorf("launching: no form on %s (status %d, %s)", page.URL, page.Status, page.ErrorCode())
}

// answer sends the form and reads the page after it.
func answer(f *ltitest.Form, b *ltitest.Browser) error {
	page, err := b.Submit(*f)
	if err != nil {
		return fmt.Errorf("answering: %w", err)
	}
	if page.Status != http.StatusSeeOther {
		return fmt.Errorf("answering: status %d, %s", page.Status, page.ErrorCode())
	}
	if page, err = b.Settle(page, nil); err != nil {
		return fmt.Errorf("after the answer: %w", err)
	}
	if page.Status != http.StatusOK {
		return fmt.Errorf("after the answer: status %d, %s", page.Status, page.ErrorCode())
	}
	return nil
}

// crowd is people who come one after the other, all the time.
type crowd struct {
	u    *update
	done atomic.Int64
	end  func() // once
	wg   sync.WaitGroup
}

// crowd begins, and ends at the latest with the test, also one that broke off: nobody reports to a finished test.
func (u *update) crowd(people int) *crowd {
	over := make(chan struct{})
	l := &crowd{u: u}
	l.end = sync.OnceFunc(func() {
		close(over)
		l.wg.Wait()
	})
	u.t.Cleanup(l.end)
	for range people {
		l.wg.Go(func() {
			for {
				select {
				case <-over:
					return
				default:
				}
				f, b, err := u.visitor()
				if err == nil {
					err = answer(f, b)
				}
				if err != nil {
					u.t.Errorf("somebody saw: %v", err)
				}
				l.done.Add(1)
			}
		})
	}
	return l
}

// reach waits until so many more people have been there.
func (l *crowd) reach(more int64) {
	for until := l.done.Load() + more; l.done.Load() < until; {
		time.Sleep(20 * time.Millisecond)
	}
}

func (l *crowd) stop() int {
	l.end()
	return int(l.done.Load())
}

// readers launch now and answer when the returned function is called.
func (u *update) readers(n int) func() {
	var answers []func() error
	for range n {
		f, b, err := u.visitor()
		if err != nil {
			u.t.Fatal(err)
		}
		answers = append(answers, func() error { return answer(f, b) })
	}
	return func() {
		for _, a := range answers {
			if err := a(); err != nil {
				u.t.Errorf("a reader saw: %v", err)
			}
		}
	}
}

// watch asks both replicas all the time whether they are ready, until the returned function is called.
func (u *update) watch() func() {
	end := make(chan struct{})
	var wg sync.WaitGroup
	for _, r := range u.replicas {
		wg.Go(func() {
			for {
				select {
				case <-end:
					return
				case <-time.After(100 * time.Millisecond):
					if status, err := readyz(r.address); status != http.StatusOK {
						u.t.Errorf("a replica of the old program beside the new schema: %d, %v", status, err)
					}
				}
			}
		})
	}
	stop := sync.OnceFunc(func() {
		close(end)
		wg.Wait()
	})
	u.t.Cleanup(stop)
	return stop
}

// check reads what is stored: of each person one event for each policy, and the evidence is whole.
func (u *update) check(people int) {
	u.t.Helper()
	db, ctx := storetest.Open(u.t, u.dsn, store.Options{}), u.t.Context()
	raw, err := sql.Open("mysql", storetest.DriverDSN(u.dsn))
	if err != nil {
		u.t.Fatal(err)
	}
	defer raw.Close() //nolint:errcheck // only read through
	var subs, events, odd int
	if err := raw.QueryRowContext(ctx, `SELECT COUNT(DISTINCT sub), COUNT(id) FROM acceptance_event`).Scan(&subs, &events); err != nil {
		u.t.Fatal(err)
	}
	if err := raw.QueryRowContext(ctx, `SELECT COUNT(sub) FROM
		(SELECT sub FROM acceptance_event GROUP BY sub HAVING COUNT(id) <> ? OR COUNT(DISTINCT versionid) <> ?) x`, u.policies, u.policies).Scan(&odd); err != nil {
		u.t.Fatal(err)
	}
	if subs != people || events != people*u.policies || odd != 0 {
		u.t.Errorf("%d people have %d events, %d of them not one for each policy; want %d people", subs, events, odd, people)
	}
	for {
		n, err := db.AppendLog(ctx)
		if err != nil {
			u.t.Fatal(err)
		}
		if n == 0 {
			break
		}
	}
	if n, err := db.VerifyEvidence(ctx); err != nil || int(n.Events) != events {
		u.t.Errorf("evidence of %d events, %v", n, err)
	}
	if n, err := db.RebuildAcceptances(ctx); err != nil || n != 0 {
		u.t.Errorf("%d acceptances differ from their events, %v", n, err)
	}
	u.t.Logf("%d people, %d events, evidence intact", subs, events)
}
