package deploy

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"ltipolicy/lti"
	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
	"ltipolicy/templates"
)

const toolHost = "tool.example"

// campus is one Moodle with many learners, and the database that the tool's processes share.
type campus struct {
	t          *testing.T
	program    string // the file
	dsn        string
	db         *store.DB
	moodle     *ltitest.Platform
	activity   ltitest.Activity
	learners   []ltitest.Person
	cert, key  string
	args       []string // of serve, beyond what all have
	trust      *x509.CertPool
	versionIDs []int64
}

func newCampus(t *testing.T, dsn string, learners int) *campus {
	t.Helper()
	c := &campus{t: t, program: built(t), dsn: dsn, db: storetest.Open(t, dsn)}
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

// start runs the tool in a process of its own and returns it with the network on which its name leads there.
func (c *campus) start() (*os.Process, http.RoundTripper) {
	c.t.Helper()
	// A machine that is slow with two hundred people at once is not one whose database is away.
	process, at := serving(c.t, c.program, c.dsn, append([]string{"-tls-cert", c.cert, "-tls-key", c.key,
		"-allow-private-networks", "-request-timeout", "2m"}, c.args...)...)
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

// answer launches one of the learners, who is asked, and accepts everything.
func (c *campus) answer(road http.RoundTripper, n int) {
	c.t.Helper()
	form, b := c.pending(road, c.learners[n])
	if form == nil {
		c.t.FailNow()
	}
	page, err := b.Submit(*form)
	c.must(err)
	if page.Status >= 400 {
		c.t.Fatalf("answering: status %d", page.Status)
	}
}

// through launches one of the learners, who is not asked.
func (c *campus) through(road http.RoundTripper, n int) {
	c.t.Helper()
	x := c.learners[n]
	b := ltitest.NewBrowser(road)
	c.must(b.Login(c.moodle, x.ID))
	page, err := b.Settle(b.Launch(c.moodle, x.ID, c.activity.CMID))
	c.must(err)
	asked := slices.ContainsFunc(page.Forms(), func(f ltitest.Form) bool { return strings.HasSuffix(f.Action, "/pending") })
	if page.Status != http.StatusOK || asked {
		c.t.Errorf("somebody who answered before the backup: %s, status %d, asked again: %v", page.URL, page.Status, asked)
	}
}
