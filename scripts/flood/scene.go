//go:build linux

package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"ltipolicy/lti"
	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
	"ltipolicy/seal"
	"ltipolicy/store"
)

const (
	base     = "https://policies.example"
	host     = "policies.example"
	stranger = "203.0.113.66"
	people   = 50
)

// scene is the program that is flooded, and the Moodle that its learners come from.
type scene struct {
	dir      string
	srv      *httptest.Server
	moodle   *ltitest.Platform
	tool     ltitest.Tool
	activity ltitest.Activity
	platform lti.Platform
	learners []int64
	program  *exec.Cmd
	env      []string // of the program
	at       string   // where the program listens
	roads    [2]*http.Transport
	next     atomic.Int64
}

// The stranger's connections are its own.
const (
	learnersRoad = iota
	strangersRoad
)

// Longer than anything here takes on a machine that can be measured on: what takes longer hangs.
const (
	answerTime = 30 * time.Second
	startTime  = time.Minute
	buildTime  = 10 * time.Minute
)

// newScene is the Moodle, and no program yet.
func newScene() (*scene, error) {
	dir, err := os.MkdirTemp("", "ltipolicy-flood-")
	if err != nil {
		return nil, err
	}
	s := &scene{dir: dir}
	for i := range s.roads {
		s.roads[i] = &http.Transport{MaxIdleConnsPerHost: 100, ResponseHeaderTimeout: answerTime}
	}
	if err := s.site(); err != nil {
		s.end()
		return nil, err
	}
	return s, nil
}

func (s *scene) end() {
	if s.program != nil {
		syscall.Kill(-s.program.Process.Pid, syscall.SIGKILL) //nolint:errcheck // it may have ended
		s.program.Wait()                                      //nolint:errcheck // killed
	}
	if s.srv != nil {
		s.srv.Close()
	}
	os.RemoveAll(s.dir) //nolint:errcheck // a temporary folder
}

// open builds and starts the program, on a database of its own if none is named.
func (s *scene) open(ctx context.Context, dsn string) error {
	if dsn == "" {
		dsn = "sqlite:" + filepath.Join(s.dir, "flood.db")
	}
	file, key := filepath.Join(s.dir, "ltipolicy"), filepath.Join(s.dir, "secret.key")
	secret, err := seal.Generate(rand.Reader)
	if err != nil {
		return err
	}
	if err := os.WriteFile(key, secret, 0o600); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, buildTime)
	defer cancel()
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", file, ".").CombinedOutput(); err != nil {
		return fmt.Errorf("building the tool: %w\n%s", err, out)
	}
	if s.env, err = outside(s.dir); err != nil {
		return err
	}
	migrate := exec.CommandContext(ctx, file, "migrate", "-database", dsn, "-secret-key-file", key)
	migrate.Env = s.env
	if out, err := migrate.CombinedOutput(); err != nil {
		return fmt.Errorf("migrate: %w\n%s", err, out)
	}
	if err := s.prepare(ctx, dsn); err != nil {
		return err
	}
	return s.serve(file, "-listen", "127.0.0.1:0", "-base-url", base, "-database", dsn, "-secret-key-file", key,
		"-allow-private-networks", "-trusted-proxies", "127.0.0.1/32")
}

// site is a Moodle with a course whose activity opens the tool.
func (s *scene) site() error {
	s.srv = httptest.NewUnstartedServer(nil)
	var err error
	if s.moodle, err = ltitest.New(ltitest.Options{Issuer: "http://" + s.srv.Listener.Addr().String() + "/m", Name: "Campus"}); err != nil {
		return err
	}
	s.srv.Config.Handler = s.moodle
	s.srv.Start()
	course := s.moodle.AddCourse(ltitest.Course{ShortName: "C", FullName: "Course"})
	s.tool = s.moodle.AddTool(ltitest.ToolAt(base))
	s.activity = s.moodle.AddActivity(ltitest.Activity{CourseID: course.ID, Name: "Policies", TypeID: s.tool.TypeID, Container: ltitest.NewWindow})
	for i := range people {
		x := s.moodle.AddPerson(ltitest.Person{Username: fmt.Sprint("u", i), FirstName: "Ana", LastName: "Pop"})
		s.moodle.Enrol(course.ID, x.ID, ltitest.Student)
		s.learners = append(s.learners, x.ID)
	}
	return nil
}

// prepare lets the tool know the site, and gives it something to ask.
func (s *scene) prepare(ctx context.Context, dsn string) error {
	db, err := store.Open(ctx, dsn, store.Options{})
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // everything was committed
	p, err := s.moodle.Registration(s.tool.TypeID)
	if err != nil {
		return err
	}
	if p.ID, err = db.NewID(); err != nil {
		return err
	}
	if p.InstitutionID, err = db.EnsureInstitution(ctx, "Campus"); err != nil {
		return err
	}
	p.Status = lti.Active
	if err := db.AddPlatform(ctx, p); err != nil {
		return err
	}
	s.platform = p
	_, _, err = db.LoadPolicy(ctx, p.InstitutionID, "rules", policy.Version{
		Kind: policy.Agree, Texts: []policy.Text{{Lang: "en", Name: "Rules", Summary: "<p>Be kind.</p>", Content: "<p>Always.</p>"}},
	}, []string{p.ID})
	return err
}

// outside is the environment for the program: without the settings of whoever measures, and with a file of settings in which
// nothing stands, because the program looks for one here and in /etc otherwise.
func outside(dir string) ([]string, error) {
	file := filepath.Join(dir, "nothing.toml")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		return nil, err
	}
	env := slices.DeleteFunc(os.Environ(), func(line string) bool {
		return strings.HasPrefix(line, "LTIPOLICY_") || strings.HasPrefix(line, "CREDENTIALS_DIRECTORY=")
	})
	return append(env, "LTIPOLICY_CONFIG="+file), nil
}

var errLate = errors.New("it took too long")

// serve starts the program and waits until it says where it listens. What it logs then is thrown away, as fast as a log
// collector takes it.
func (s *scene) serve(file string, args ...string) error {
	return s.serveWithin(startTime, file, append([]string{"serve"}, args...)...)
}

func (s *scene) serveWithin(within time.Duration, file string, args ...string) error {
	s.program = exec.Command(file, args...)
	s.program.Env = s.env
	s.program.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	log, err := s.program.StderrPipe()
	if err != nil {
		return err
	}
	if err := s.program.Start(); err != nil {
		s.program = nil
		return fmt.Errorf("starting the tool: %w", err)
	}
	address, failed := make(chan string, 1), make(chan error, 1)
	go func() {
		lines := bufio.NewReader(log)
		for {
			text, err := lines.ReadBytes('\n')
			if err != nil {
				failed <- err
				return
			}
			var line struct{ Msg, Address string }
			if json.Unmarshal(text, &line) == nil && line.Msg == "serving" {
				address <- line.Address
				break
			}
		}
		io.Copy(io.Discard, lines) //nolint:errcheck // it ends with the program
	}()
	select {
	case s.at = <-address:
		return nil
	case err := <-failed:
		return fmt.Errorf("the tool did not start: %w", err)
	case <-time.After(within):
		return fmt.Errorf("starting the tool: %w", errLate)
	}
}

// warmUp does what happens once: connections, keys, people.
func (s *scene) warmUp(ctx context.Context) error {
	for range 20 {
		if _, err := s.launch(); err != nil {
			return fmt.Errorf("a launch before any flood: %w", err)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// road leads what is for the tool's public name to where it listens, as a proxy does for a client, and counts the time.
type road struct {
	*scene
	via     int
	address string
	took    *time.Duration
}

func (r road) RoundTrip(q *http.Request) (*http.Response, error) {
	if q.URL.Host != host {
		return r.roads[r.via].RoundTrip(q)
	}
	q = q.Clone(q.Context())
	q.Host, q.URL.Scheme, q.URL.Host = host, "http", r.at
	q.Header.Set("X-Forwarded-For", r.address)
	q.Header.Set("X-Forwarded-Proto", "https")
	began := time.Now()
	res, err := r.roads[r.via].RoundTrip(q)
	if r.took != nil {
		*r.took += time.Since(began)
	}
	return res, err
}

// launch opens the activity as the next learner, in a new browser at an address that nobody else has, and returns how long the
// tool took.
func (s *scene) launch() (time.Duration, error) {
	n := s.next.Add(1)
	took := time.Duration(0)
	b := ltitest.NewBrowser(road{s, learnersRoad, fmt.Sprintf("198.18.%d.%d", n>>8&255, n&255), &took})
	x := s.learners[n%people]
	if err := b.Login(s.moodle, x); err != nil {
		return 0, err
	}
	page, err := b.Settle(b.Launch(s.moodle, x, s.activity.CMID))
	if err != nil {
		return 0, err
	}
	if page.Status != http.StatusOK || !strings.HasSuffix(page.URL.Path, "/pending") {
		return 0, fmt.Errorf("status %d, %s at %s", page.Status, page.ErrorCode(), page.URL.Path)
	}
	return took, nil
}

// flood is what the stranger sends: begin prepares and returns what sends the nth request and answers its status, or why
// there is none; nil sends nothing.
type flood struct {
	name  string
	begin func() (func(i int) (int, error), error)
}

// chosen are the floods whose names hold a text.
func chosen(all []flood, only string) ([]flood, error) {
	var some []flood
	var names []string
	for _, f := range all {
		names = append(names, f.name)
		if strings.Contains(f.name, only) {
			some = append(some, f)
		}
	}
	if len(some) == 0 {
		return nil, fmt.Errorf("-only %q: no kind of flood is called that; there are: %s", only, strings.Join(names, ", "))
	}
	return some, nil
}

func (s *scene) floods() []flood {
	get := func(path func(i int) string) func() (func(int) (int, error), error) {
		return func() (func(int) (int, error), error) {
			return func(i int) (int, error) { return s.send(http.MethodGet, path(i), nil, nil) }, nil
		}
	}
	login := url.Values{
		"iss": {s.moodle.Issuer()}, "target_link_uri": {s.tool.TargetLinkURI}, "login_hint": {"1"}, "lti_message_hint": {"1"},
		"client_id": {s.tool.ClientID}, "lti_deployment_id": {s.tool.DeploymentID()},
	}
	return []flood{
		{"nothing", func() (func(int) (int, error), error) { return nil, nil }},
		{"bad launches with one login", func() (func(int) (int, error), error) {
			state, token, cookies, err := s.attempt()
			return func(int) (int, error) {
				return s.send(http.MethodPost, "/lti/launch", url.Values{"state": {state}, "id_token": {token}}, cookies)
			}, err
		}},
		{"bad launches with a login each", func() (func(int) (int, error), error) {
			return func(int) (int, error) {
				state, token, cookies, err := s.attempt()
				if err != nil {
					return 0, err
				}
				return s.send(http.MethodPost, "/lti/launch", url.Values{"state": {state}, "id_token": {token}}, cookies)
			}, nil
		}},
		{"bad launches without a login", func() (func(int) (int, error), error) {
			return func(i int) (int, error) {
				return s.send(http.MethodPost, "/lti/launch", url.Values{"state": {"state" + strconv.Itoa(i)}, "id_token": {"a.b.c"}}, nil)
			}, nil
		}},
		{"logins", get(func(int) string { return "/lti/login?" + login.Encode() })},
		{"registrations", get(func(i int) string {
			return "/lti/register?" + url.Values{"invite": {"guess" + strconv.Itoa(i)}, "openid_configuration": {"https://evil.example/c"}}.Encode()
		})},
		{"images", get(func(i int) string { return fmt.Sprintf("/images/sha256/%064x", i) })},
		{"public pages", get(func(int) string { return "/" + s.platform.ID + "/policies" })},
		{"door notices", func() (func(int) (int, error), error) {
			return func(i int) (int, error) {
				return s.send(http.MethodPost, "/lti/door/"+s.platform.ID+"/state", url.Values{"request": {"a.b." + strconv.Itoa(i)}}, nil)
			}, nil
		}},
	}
}

// send sends one request of the stranger's; 0 is no answer, and the error says why.
func (s *scene) send(method, path string, form url.Values, cookies []*http.Cookie) (int, error) {
	r, err := http.NewRequest(method, base+path, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, err
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, c := range cookies {
		r.AddCookie(c)
	}
	res, err := road{s, strangersRoad, stranger, nil}.RoundTrip(r)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()        //nolint:errcheck // read to the end
	io.Copy(io.Discard, res.Body) //nolint:errcheck // only the status counts
	return res.StatusCode, nil
}

var errNoLogin = errors.New("the tool began no login")

// attempt begins a login of the stranger's, and answers it with a token of the platform's whose signature is wrong.
func (s *scene) attempt() (state, token string, cookies []*http.Cookie, err error) {
	b := ltitest.NewBrowser(road{s, strangersRoad, stranger, nil})
	page, err := b.Post(s.tool.LoginURL, url.Values{
		"iss": {s.moodle.Issuer()}, "target_link_uri": {s.tool.TargetLinkURI}, "login_hint": {strconv.FormatInt(s.learners[0], 10)},
		"lti_message_hint": {fmt.Sprintf(`{"cmid":%d}`, s.activity.CMID)}, "client_id": {s.tool.ClientID},
	})
	if err != nil {
		return "", "", nil, err
	}
	to, err := url.Parse(page.Location())
	if err != nil || page.Location() == "" {
		return "", "", nil, fmt.Errorf("%w: status %d", errNoLogin, page.Status)
	}
	token, err = s.moodle.IDToken(ltitest.Launch{PersonID: s.learners[0], CMID: s.activity.CMID, Nonce: to.Query().Get("nonce")})
	if err != nil {
		return "", "", nil, err
	}
	return to.Query().Get("state"), token[:len(token)-8] + "AAAAAAAA", b.Cookies(base + "/"), nil
}
