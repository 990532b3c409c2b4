package ltitest

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	moodleOrigin = "https://moodle.localhost:8443"
	toolOrigin   = "https://tool.localhost:9443"
	clientID     = "kvqBPVzdvMZUGdN"
)

var siteKey = sync.OnceValue(newKey)
var toolKey = sync.OnceValue(newKey)

func newKey() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
}

// fixture is the recorded site with a small tool beside it.
type fixture struct {
	*Platform
	net  *Network
	tool *fakeTool
	mu   sync.Mutex
	now  time.Time
}

func (f *fixture) clock() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

func (f *fixture) pass(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
}

// recordedSite is the site of testdata/moodle-4.5 as far as the recordings show it.
func recordedSite(t testing.TB) *fixture {
	t.Helper()
	f := &fixture{net: &Network{}, now: time.Unix(1795316391, 0)}
	p, err := New(Options{Issuer: moodleOrigin, Name: "Campus Virtual Test", ShortName: "CVT", Now: f.clock, Key: siteKey(), Client: f.net.Client()})
	if err != nil {
		t.Fatal(err)
	}
	f.Platform, f.tool = p, &fakeTool{key: Signer{Key: toolKey(), KID: "tool-1"}}
	f.net.Connect(moodleOrigin, p)
	f.net.Connect(toolOrigin, f.tool)

	add := func(id int64, username, first, last, number string) {
		p.AddPerson(Person{ID: id, Username: username, FirstName: first, LastName: last, Email: username + "@example.test",
			IDNumber: number, Admin: id == 2, SiteManager: id == 8})
	}
	course := p.AddCourse(Course{ShortName: "ALG1", FullName: "Algoritmi și structuri de date", IDNumber: "UPT-ALG1"})
	add(2, "admin", "Admin", "User", "")
	p.AddPerson(Person{ID: 2, Username: "admin", FirstName: "Admin", LastName: "User", Email: "admin@example.com", Admin: true})
	add(3, "student1", "Ștefan", "Țăran", "S-student1")
	add(4, "student2", "Žydrūnė", "Šimkutė", "S-student2")
	add(5, "student3", "Георги", "Щерев", "S-student3")
	add(6, "teacher1", "Ana", "Popescu", "S-teacher1")
	add(7, "tutor1", "Ion", "Tutor", "S-tutor1")
	add(8, "manager1", "Mara", "Manager", "S-manager1")
	for i := range 120 {
		n := i + 1
		add(int64(8+n), fmt.Sprintf("learner%d", n), "Learner", fmt.Sprintf("%03d", n), fmt.Sprintf("L%d", n))
		p.Enrol(course.ID, int64(8+n), Student)
	}
	for _, id := range []int64{3, 4, 5} {
		p.Enrol(course.ID, id, Student)
	}
	p.Enrol(course.ID, 6, EditingTeacher)
	p.Enrol(course.ID, 7, NonEditingTeacher)

	p.AddTool(Tool{ClientID: clientID, Name: "Capture tool", LoginURL: toolOrigin + "/login", TargetLinkURI: toolOrigin + "/launch",
		RedirectURIs: []string{toolOrigin + "/launch"}, JWKSURL: toolOrigin + "/jwks",
		ShareName: true, ShareEmail: true, NRPS: true, AGS: 2, DeepLinking: true,
		Custom: map[string]string{"birth": "$Person.address.country", "country": "$Moodle.Person.userGroupIds", "userlang": "$User.preferredLanguage"}})
	demo := map[string]string{"demo": "1"}
	p.AddActivity(Activity{CourseID: 2, Name: "Policies (embedded)", Intro: "Read and accept", TypeID: 1, Custom: demo, Grades: true})
	p.AddActivity(Activity{CourseID: 2, Name: "Policies (new window)", Intro: "Read and accept", TypeID: 1, Custom: demo, Grades: true, Container: NewWindow})
	return f
}

// fakeTool does what the login of a tool does, and shows what it was posted.
type fakeTool struct {
	key     Signer
	authURL string                 // empty: the recorded site's
	change  func(query url.Values) // of the authentication request
	post    bool                   // sends the authentication request as a form
}

func (f *fakeTool) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/jwks":
		w.Write(f.key.JWKS())
	case "/login":
		q := url.Values{"scope": {"openid"}, "response_type": {"id_token"}, "response_mode": {"form_post"}, "prompt": {"none"},
			"client_id": {r.FormValue("client_id")}, "redirect_uri": {toolOrigin + "/launch"}, "login_hint": {r.FormValue("login_hint")},
			"lti_message_hint": {r.FormValue("lti_message_hint")}, "nonce": {"nonce-1"}, "state": {"state-1"}}
		if f.change != nil {
			f.change(q)
		}
		auth := f.authURL
		if auth == "" {
			auth = moodleOrigin + "/mod/lti/auth.php"
		}
		if f.post {
			var form strings.Builder
			for k := range q {
				fmt.Fprintf(&form, `<input type=hidden name="%s" value='%s'>`, k, q.Get(k))
			}
			fmt.Fprintf(w, `<form method=post action="%s">%s</form><script>document.forms[0].submit()</script>`, auth, form.String())
			return
		}
		http.Redirect(w, r, auth+"?"+q.Encode(), http.StatusFound)
	case "/launch":
		r.ParseForm()
		json.NewEncoder(w).Encode(r.PostForm)
	default:
		http.NotFound(w, r)
	}
}

// assertion is a client assertion of the tool.
func (f *fakeTool) assertion(now time.Time, edits ...Edit) string {
	c := map[string]any{"iss": clientID, "sub": clientID, "aud": moodleOrigin + "/mod/lti/token.php",
		"iat": now.Unix() - 5, "exp": now.Unix() + 60, "jti": "1"}
	h := f.key.Header()
	for _, e := range edits {
		e(c, h)
	}
	return f.key.Sign(c, h)
}

// bearer asks token.php for a token and returns its answer.
func (f *fixture) bearer(t testing.TB, assertion string, scopes ...string) (*http.Response, map[string]any) {
	t.Helper()
	res, err := f.net.Client().PostForm(f.Endpoint("token.php"), url.Values{
		"grant_type": {"client_credentials"}, "client_assertion": {assertion}, "scope": {strings.Join(scopes, " ")},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}})
	if err != nil {
		t.Fatal(err)
	}
	var body map[string]any
	if err := json.NewDecoder(res.Body).Decode(&body); err != nil {
		t.Fatal(err)
	}
	return res, body
}

// call calls a service with a fresh token of these scopes.
func (f *fixture) call(t testing.TB, method, address, kind, body string, scopes ...string) (*http.Response, any) {
	t.Helper()
	_, token := f.bearer(t, f.tool.assertion(f.clock()), scopes...)
	return f.callWith(t, method, address, kind, body, fmt.Sprint(token["access_token"]))
}

func (f *fixture) callWith(t testing.TB, method, address, kind, body, token string) (*http.Response, any) {
	t.Helper()
	r, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	if method == http.MethodGet {
		r.Header.Set("Accept", kind)
	} else {
		r.Header.Set("Content-Type", kind)
	}
	res, err := f.net.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	_ = json.NewDecoder(res.Body).Decode(&out) // an empty body is nil
	return res, out
}

// recording is one file of testdata/moodle-4.5.
func recording(t testing.TB, name string) map[string]any {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "testdata", "moodle-4.5", name))
	if err != nil {
		t.Fatal(err)
	}
	var v map[string]any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return v
}

func dig(v any, path ...string) any {
	for _, k := range path {
		m, _ := v.(map[string]any)
		v = m[k]
	}
	return v
}

// decoded brings a value of ours into the form of decoded JSON.
func decoded(v any) any {
	var out any
	if err := json.Unmarshal(asciiJSON(v), &out); err != nil {
		panic(err)
	}
	return out
}
