package deploy

import (
	"bufio"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
	"ltipolicy/store/storetest"
	"ltipolicy/templates"
)

// TestREADME goes the way of the README, from an empty folder to the first answer, with its lines as they stand there:
// to run it, to register it in a Moodle, to load policies. What is not written there is the proxy, a Moodle at a private
// address, and a free port.
func TestREADME(t *testing.T) {
	const host = "policies.example.edu"
	readme := filepath.Join("..", "README.md")
	running, registering := blocks(t, readme, "## Running it"), blocks(t, readme, "### Registering it in Moodle")
	if len(running) != 1 || len(registering) != 2 {
		t.Fatalf("%d and %d blocks of lines", len(running), len(registering))
	}
	o := newOperator(t, storetest.Engines(t)[0])
	o.program("make", `test "$*" = build`)
	o.write("ltipolicy", "#!/bin/sh\nLTIPOLICY_LISTEN=127.0.0.1:0 LTIPOLICY_ALLOW_PRIVATE_NETWORKS=true exec '"+built(t)+"' \"$@\"\n", 0o700)
	o.write("policies/rules/en.txt", "---\nname: House rules\ntype: site\n---\n--- summary ---\nBe kind.\n--- content ---\nAlways.\n", 0o600)

	before, serve, _ := cutLast(strings.TrimSpace(running[0]), "\n")
	o.do(before)
	tool := o.serves(serve)
	proxy := httptest.NewTLSServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "http", Host: tool})
		r.Out.Host = r.In.Host
	}})
	t.Cleanup(proxy.Close)
	road := proxy.Client().Transport.(*http.Transport).Clone()
	road.TLSClientConfig.InsecureSkipVerify = true // the proxy's certificate is of another name
	road.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		if address == host+":443" {
			address = proxy.Listener.Addr().String()
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}

	srv := httptest.NewUnstartedServer(nil)
	moodle, err := ltitest.New(ltitest.Options{Issuer: "http://" + srv.Listener.Addr().String() + "/m", Name: "Campus"})
	if err != nil {
		t.Fatal(err)
	}
	srv.Config.Handler = moodle
	srv.Start()
	t.Cleanup(srv.Close)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}

	address := strings.TrimSpace(o.do(registering[0]))
	if i := strings.Index(address, "https://"); i >= 0 {
		address, _, _ = strings.Cut(address[i:], "\n")
	}
	admin := ltitest.NewBrowser(road)
	page, err := admin.Settle(admin.Get(moodle.RegistrationURL(address)))
	must(err)
	if len(page.Forms()) != 1 {
		t.Fatalf("%s leads to %s (%d)", address, page.URL, page.Status)
	}
	page, err = admin.Settle(admin.Submit(page.Forms()[0])) // Connect
	must(err)
	tools := moodle.Tools()
	if page.Status != http.StatusOK || len(tools) != 1 {
		t.Fatalf("connected: %d, %v", page.Status, tools)
	}
	must(moodle.ActivateTool(tools[0].TypeID))
	o.do(registering[1])

	course := moodle.AddCourse(ltitest.Course{ShortName: "C", FullName: "Course"})
	activity := moodle.AddActivity(ltitest.Activity{CourseID: course.ID, Name: "Policies", TypeID: tools[0].TypeID, Container: ltitest.NewWindow})
	x := moodle.AddPerson(ltitest.Person{Username: "u", FirstName: "A", LastName: "B"})
	moodle.Enrol(course.ID, x.ID, ltitest.Student)
	b := ltitest.NewBrowser(road)
	must(b.Login(moodle, x.ID))
	page, err = b.Settle(b.Launch(moodle, x.ID, activity.CMID))
	must(err)
	for _, f := range page.Forms() {
		if strings.HasSuffix(f.Action, "/pending") {
			f.Values.Set(templates.AnswerField(1), string(policy.Accepted))
			_, err = b.Submit(f)
			must(err)
		}
	}
	if said := o.do("./ltipolicy evidence verify"); !strings.HasPrefix(said, "1 events, intact") {
		t.Errorf("after the first answer: %s\n%s (%d)", said, page.URL, page.Status)
	}
	for _, name := range []string{"ltipolicy.toml", "ltipolicy.db", "ltipolicy.db.key"} {
		if _, err := os.Stat(filepath.Join(o.dir, name)); err != nil {
			t.Error(err)
		}
	}
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return "", s, false
	}
	return s[:i], s[i+len(sep):], true
}

// serves runs a line that serves until the test ends, and waits until it listens, at the address that is returned.
func (o *operator) serves(line string) (address string) {
	o.t.Helper()
	cmd := exec.CommandContext(o.t.Context(), "sh", "-c", "exec "+line)
	cmd.Dir, cmd.Env = o.dir, []string{"PATH=" + o.path, "HOME=" + o.dir}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		o.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(func() {
		cmd.Process.Kill() //nolint:errcheck // it may have ended
		cmd.Wait()         //nolint:errcheck // killed
	})
	var said strings.Builder
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		said.WriteString(lines.Text() + "\n")
		var read struct{ Msg, Address string }
		if json.Unmarshal(lines.Bytes(), &read) == nil && read.Msg == "serving" {
			go func() {
				for lines.Scan() { // keeps the pipe empty
				}
			}()
			return read.Address
		}
	}
	o.t.Fatalf("%s does not serve:\n%s", line, &said)
	return ""
}
