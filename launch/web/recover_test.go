package web

import (
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"ltipolicy/lti"
	"ltipolicy/lti/ltitest"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
	"ltipolicy/templates"
)

// TestThePageOfAPanicKnowsTheReader: in a launch it is a page of the launch like that of any other error; in a launch
// that comes in, the language switch keeps the way back.
func TestThePageOfAPanicKnowsTheReader(t *testing.T) {
	db := storetest.Open(t, storetest.SQLite(t), store.Options{})
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	pages, err := templates.New()
	must(err)
	institution, err := db.EnsureInstitution(t.Context(), "UPT")
	must(err)
	platform := lti.Platform{
		InstitutionID: institution, Name: "CVUPT", Issuer: "https://moodle.example", ClientID: "a", Status: lti.Active,
		AuthURL: "https://moodle.example/mod/lti/auth.php", TokenURL: "https://moodle.example/mod/lti/token.php", JWKSURL: "https://moodle.example/mod/lti/certs.php",
		Deployments: []string{"1"},
	}
	platform.ID, err = db.NewID()
	must(err)
	must(db.AddPlatform(t.Context(), platform))
	f, err := New(Config{Store: db, Pages: pages, BaseURL: "https://tool.example", Key: make([]byte, 64), Now: time.Now, Rand: rand.Reader})
	must(err)

	var ses store.Session
	routes := NewRoutes()
	routes.Handle("GET /open", f.Page(func(w http.ResponseWriter, r *http.Request) (err error) {
		ses, err = f.Open(w, r, store.Session{
			PlatformID: platform.ID, InstitutionID: institution, Name: "Ioana", Sub: "7", UILang: "ro",
			Origin: platform.Origin(), ReturnURL: "https://moodle.example/mod/lti/return.php?course=2",
		})
		return err
	}))
	routes.Handle("GET /l/{launch}/pending", f.InLaunch(func(http.ResponseWriter, *http.Request, store.Session) error {
		panic("broken")
	}))
	routes.Handle(LaunchPattern, f.Page(func(_ http.ResponseWriter, r *http.Request) error {
		must(ParseForm(r))
		panic("broken")
	}).FromPlatforms())
	tool := f.Handler(routes)
	var cookies []*http.Cookie
	ask := func(method, path string, form url.Values) *ltitest.Page {
		r := httptest.NewRequestWithContext(t.Context(), method, "https://tool.example"+path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for _, c := range cookies {
			r.AddCookie(c)
		}
		w := httptest.NewRecorder()
		tool.ServeHTTP(w, r)
		cookies = append(cookies, w.Result().Cookies()...)
		return &ltitest.Page{Status: w.Code, Header: w.Header(), URL: r.URL, Body: w.Body.Bytes()}
	}

	ask(http.MethodGet, "/open", nil)
	got := ask(http.MethodGet, At(ses, "pending"), nil)
	if got.Status != http.StatusInternalServerError || got.ErrorCode() != "internal" {
		t.Fatalf("status %d, code %q", got.Status, got.ErrorCode())
	}
	if lang := got.Attr("html", "lang"); !slices.Equal(lang, []string{"ro"}) {
		t.Errorf("the page speaks %v, want the language of the launch", lang)
	}
	links := got.Attr("a", "href")
	for _, want := range []string{At(ses, "agreements"), ses.ReturnURL, "/" + platform.ID + "/policies"} {
		if !slices.Contains(links, want) {
			t.Errorf("no link to %s: %v", want, links)
		}
	}
	if csp := got.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "frame-ancestors 'self' https://moodle.example") {
		t.Errorf("framed by others than the site: %s", csp)
	}

	mark, err := f.Mark(Place{Platform: platform.ID, CMID: 3})
	must(err)
	state := strings.Repeat("x", 32) + mark // what only the browser of the login knows, then the place
	got = ask(http.MethodPost, "/lti/launch", url.Values{"state": {state}})
	if got.ErrorCode() != "internal" {
		t.Fatalf("status %d, code %q", got.Status, got.ErrorCode())
	}
	if !slices.ContainsFunc(got.Attr("a", "href"), func(link string) bool { return strings.Contains(link, "state="+state) }) {
		t.Errorf("no language of the page keeps the way back: %v", got.Attr("a", "href"))
	}
}
