package ltitest

import (
	"cmp"
	"crypto/md5"
	"crypto/rand"
	"crypto/rsa"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"ltipolicy/lti"
)

// What the imitated release calls itself.
const (
	moodleVersion = "2024100706"
	moodleRelease = "4.5.6 (Build: 20250811)"
	siteHome      = 1
)

// Options of a platform. Only Issuer is needed.
type Options struct {
	Issuer     string // wwwroot, no trailing slash; its path is the prefix to mount the handler under
	Name       string // full name of the site
	ShortName  string
	Lang       string // language of accounts that name none; "en"
	Now        func() time.Time
	Rand       io.Reader
	Client     *http.Client    // for the tool's key set; a plain one with a time limit if nil
	Key        *rsa.PrivateKey // generated if nil
	LaxCookie  bool            // session cookie with SameSite=Lax, as 4.5.11 and later force
	Storage    string          // lti_storage_target: "_parent", or a name for a frame of its own; "": no platform storage
	ShortPages bool            // roster pages one shorter than the limit while a next page exists
}

// Platform is one Moodle site as an LTI 1.3 platform. It is an [http.Handler] for every path below its
// issuer and safe for concurrent use.
type Platform struct {
	o      Options
	prefix string
	signer Signer
	mux    *http.ServeMux

	randMu sync.Mutex

	mu         sync.Mutex
	people     map[int64]Person
	courses    map[int64]Course
	enrolments map[int64]map[int64]enrolment
	tools      map[int64]Tool
	activities map[int64]Activity
	items      map[int64]*gradeItem
	sessions   map[string]*session
	access     map[string]accessToken
	keysets    map[string][]jwk // per client, kept until a verification fails
	secure     bool             // HTTP security

	nextPerson, nextCourse, nextType, nextCM, nextInstance, nextItem int64
}

// New makes an empty site with a guest account and the site home. It fails if the issuer is not an absolute
// address or no key can be made.
func New(o Options) (*Platform, error) {
	u, err := url.Parse(o.Issuer)
	if err != nil {
		return nil, fmt.Errorf("reading the issuer: %w", err)
	}
	if u.Scheme == "" || u.Host == "" || strings.HasSuffix(o.Issuer, "/") {
		return nil, errors.New("reading the issuer: want an absolute address without trailing slash")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.Client == nil {
		o.Client = &http.Client{Timeout: 10 * time.Second}
	}
	o.Lang = cmp.Or(o.Lang, "en")
	o.Name = cmp.Or(o.Name, "Moodle")
	o.ShortName = cmp.Or(o.ShortName, o.Name)
	if o.Key == nil {
		if o.Key, err = rsa.GenerateKey(o.Rand, 2048); err != nil {
			return nil, fmt.Errorf("making the site's key: %w", err)
		}
	}
	p := &Platform{
		o: o, prefix: u.Path,
		people: map[int64]Person{}, courses: map[int64]Course{}, enrolments: map[int64]map[int64]enrolment{},
		tools: map[int64]Tool{}, activities: map[int64]Activity{}, items: map[int64]*gradeItem{},
		sessions: map[string]*session{}, access: map[string]accessToken{}, keysets: map[string][]jwk{},
		nextPerson: 2, nextCourse: 2, nextType: 1, nextCM: 2, nextInstance: 1,
	}
	p.signer = Signer{Key: o.Key, KID: p.hex(10)}
	p.people[1] = Person{ID: 1, Username: "guest", FirstName: "Guest user", LastName: " ", Email: "root@localhost", Lang: o.Lang, Guest: true}
	p.courses[siteHome] = Course{ID: siteHome, ShortName: o.ShortName, FullName: o.Name}
	p.routes()
	return p, nil
}

// Issuer is the site's address, exactly as in its tokens.
func (p *Platform) Issuer() string { return p.o.Issuer }

// Name is the full name of the site.
func (p *Platform) Name() string { return p.o.Name }

// ShortName is the short name of the site, such as "CVUPT".
func (p *Platform) ShortName() string { return p.o.ShortName }

// Prefix is the path to mount the handler under, with a slash at the end: mux.Handle(p.Prefix(), p).
func (p *Platform) Prefix() string { return p.prefix + "/" }

// Signer is the site's key, for tokens that the site itself would not send.
func (p *Platform) Signer() Signer { return p.signer }

// Endpoint is the address of a script of mod/lti, such as "auth.php".
func (p *Platform) Endpoint(script string) string { return p.o.Issuer + "/mod/lti/" + script }

// Registration is the site as package lti keeps it, for the tool with this type id. Status is Active, and ID
// and InstitutionID are left to the caller.
func (p *Platform) Registration(typeID int64) (lti.Platform, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t, ok := p.tools[typeID]
	if !ok {
		return lti.Platform{}, fmt.Errorf("describing tool %d: %w", typeID, errUnknown)
	}
	return lti.Platform{
		Name: p.o.Name, Issuer: p.o.Issuer, ClientID: t.ClientID, Status: lti.Active,
		AuthURL: p.Endpoint("auth.php"), TokenURL: p.Endpoint("token.php"), JWKSURL: p.Endpoint("certs.php"),
		Deployments: []string{t.DeploymentID()},
	}, nil
}

// ServeHTTP serves the site's pages and services.
func (p *Platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rest, ok := strings.CutPrefix(r.URL.Path, p.prefix)
	if !ok || rest != "" && rest[0] != '/' {
		http.NotFound(w, r)
		return
	}
	inner := *r
	u := *r.URL
	u.Path, u.RawPath = cmp.Or(rest, "/"), ""
	inner.URL = &u
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	inner.Body = r.Body
	w.Header().Set("X-Frame-Options", "sameorigin")
	p.mux.ServeHTTP(w, &inner)
}

func (p *Platform) routes() {
	m := http.NewServeMux()
	m.HandleFunc("GET /{$}", p.home)
	m.HandleFunc("GET /index.php", p.home)
	m.HandleFunc("GET /login/index.php", p.loginPage)
	m.HandleFunc("POST /login/index.php", p.login)
	m.HandleFunc("/login/logout.php", p.logout)
	m.HandleFunc("GET /course/view.php", p.coursePage)
	m.HandleFunc("GET /mod/page/view.php", p.pagePage)
	m.HandleFunc("GET /mod/lti/view.php", p.view)
	m.HandleFunc("GET /mod/lti/launch.php", p.launch)
	m.HandleFunc("GET /storage.html", p.storage)
	m.HandleFunc("/mod/lti/auth.php", p.auth)
	m.HandleFunc("GET /mod/lti/return.php", p.returned)
	m.HandleFunc("/mod/lti/contentitem.php", p.contentItem)
	m.HandleFunc("POST /mod/lti/contentitem_return.php", p.contentItemReturn)
	m.HandleFunc("GET /mod/lti/certs.php", p.certs)
	m.HandleFunc("/mod/lti/token.php", p.token)
	m.HandleFunc("/mod/lti/services.php/", p.services)
	m.HandleFunc("GET /mod/lti/openid-configuration.php", p.configuration)
	m.HandleFunc("/mod/lti/openid-registration.php", p.registration)
	m.HandleFunc("GET /mod/lti/startltiadvregistration.php", p.startRegistration)
	m.HandleFunc("GET /mod/lti/toolconfigure.php", p.manageTools)
	m.HandleFunc("POST /mod/lti/toolconfigure.php", p.changeTool)
	p.mux = m
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

func (p *Platform) bytes(n int) []byte {
	b := make([]byte, n)
	p.randMu.Lock()
	defer p.randMu.Unlock()
	if _, err := io.ReadFull(p.o.Rand, b); err != nil {
		panic(fmt.Sprintf("reading randomness: %v", err))
	}
	return b
}

func (p *Platform) word(n int) string {
	b := p.bytes(n)
	for i := range b {
		b[i] = letters[int(b[i])%len(letters)]
	}
	return string(b)
}

func (p *Platform) hex(n int) string { return hex.EncodeToString(p.bytes(n)) }

func (p *Platform) number() int {
	b := p.bytes(4)
	return int(b[0]&0x7f)<<24 | int(b[1])<<16 | int(b[2])<<8 | int(b[3])
}

// guid is Moodle's site identifier as the tool_platform claim carries it.
func (p *Platform) guid() string {
	sum := md5.Sum([]byte(p.o.Issuer))
	return hex.EncodeToString(sum[:])
}

func (p *Platform) certs(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Write(p.signer.JWKS())
}
