package main

import (
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"ltipolicy/lti"
	"ltipolicy/lti/ltitest"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

const gateURL = "https://moodle.example/local/ltipolicy/gate.php?step=auth"

// platform registers a Moodle by hand and returns what a script reads.
func (s *shell) platform(clientID string) platformJSON {
	s.t.Helper()
	const m = "https://moodle.example"
	out, _ := s.run(exitOK, "platform", "add", "-institution", "UPT", "-name", "CVUPT", "-issuer", m, "-client-id", clientID,
		"-auth-url", m+"/auth", "-token-url", m+"/token", "-jwks-url", m+"/certs", "-deployment", "1,2",
		"-base-url", "https://tool.example", "-json")
	var p platformJSON
	s.read(out, &p)
	return p
}

func TestPlatformCommands(t *testing.T) {
	s := newShell(t)
	p := s.platform("abc")
	if p.Status != "active" || p.Institution != "UPT" || len(p.Deployments) != 2 ||
		!reflect.DeepEqual(*p.Tool, toolJSON{
			ToolURL: "https://tool.example/lti/launch", InitiateLogin: "https://tool.example/lti/login/" + p.ID,
			RedirectionURI: "https://tool.example/lti/launch", PublicKeyset: "https://tool.example/lti/jwks",
			Custom: lti.AskedLines(),
		}) {
		t.Errorf("added %+v", p)
	}
	second := s.platform("def")
	var list []platformJSON
	out, _ := s.run(exitOK, "platform", "list", "-json")
	s.read(out, &list)
	if len(list) != 2 || list[0].ID != p.ID && list[1].ID != p.ID {
		t.Errorf("listed %+v", list)
	}
	out, _ = s.run(exitOK, "platform", "list")
	if strings.Count(out, "\n") != 2 || !strings.Contains(out, second.ID) {
		t.Errorf("listed %s", out)
	}
	for _, c := range []struct{ command, status string }{{"disable", "disabled"}, {"activate", "active"}} {
		out, _ = s.run(exitOK, "platform", c.command, p.ID)
		if first, _, _ := strings.Cut(out, "\n"); !strings.HasSuffix(first, " is "+c.status) {
			t.Errorf("printed %s", out)
		}
		out, _ = s.run(exitOK, "platform", "show", "-json", p.ID)
		var now platformJSON
		s.read(out, &now)
		if now.Status != c.status {
			t.Errorf("after %s it is %s", c.command, now.Status)
		}
		out, _ = s.run(exitOK, "platform", c.command, "-json", p.ID)
		s.read(out, &now)
	}
	out, _ = s.run(exitOK, "platform", "show", "-base-url", "https://tool.example", p.ID)
	for _, want := range []string{"Initiate login URL", p.Tool.InitiateLogin, "https://moodle.example/certs", "1, 2"} {
		if !strings.Contains(out, want) {
			t.Errorf("shown without %q:\n%s", want, out)
		}
	}
	for _, command := range []string{"show", "activate", "disable"} {
		s.run(exitFailed, "platform", command, "no-such-id")
	}
	if _, oops := s.run(exitFailed, "platform", "add", "-institution", "UPT", "-name", "CVUPT", "-issuer", p.Issuer, "-client-id", "abc",
		"-auth-url", p.AuthURL, "-token-url", p.TokenURL, "-jwks-url", p.JWKSURL, "-deployment", "1"); !strings.Contains(oops, "registered already") {
		t.Errorf("said %s", oops)
	}
}

func TestInvitePrintsOneAddress(t *testing.T) {
	s := newShell(t)
	seen := map[string]bool{}
	for range 2 {
		out, _ := s.run(exitOK, "platform", "invite", "-institution", "UPT", "-base-url", "https://tool.example/", "-ttl", "1h")
		u, err := url.Parse(strings.TrimSuffix(out, "\n"))
		if err != nil || strings.Count(out, "\n") != 1 || u.Scheme+"://"+u.Host+u.Path != "https://tool.example/lti/register" || len(u.Query().Get("invite")) < 40 {
			t.Errorf("printed %q", out)
		}
		seen[out] = true
	}
	if len(seen) != 2 {
		t.Error("two invitations are one")
	}
	s.env["LTIPOLICY_LISTEN"] = "127.0.0.1:8080" // where the tool listens is not where people find it
	if _, oops := s.run(exitUsage, "platform", "invite", "-institution", "UPT"); !strings.Contains(oops, "-base-url is needed") {
		t.Errorf("said %q", oops)
	}
}

func TestPlatformDoor(t *testing.T) {
	s := newShell(t)
	p := s.platform("c1")
	out, _ := s.run(exitOK, "platform", "door", "-auth-url", gateURL, "-base-url", "https://tool.example", "-json", p.ID)
	var d doorJSON
	s.read(out, &d)
	if d != (doorJSON{p.ID, gateURL, "https://tool.example/lti/login/" + p.ID + "/door"}) {
		t.Errorf("says %+v", d)
	}
	if got := s.door(p.ID); got != gateURL {
		t.Errorf("stored %q", got)
	}
	for _, args := range [][]string{
		{p.ID}, {"-remove", "-auth-url", gateURL, p.ID}, {"-auth-url", "http://moodle.example/gate.php", p.ID},
		{"-auth-url", "https://other.example/gate.php", p.ID},
	} {
		s.run(exitUsage, append([]string{"platform", "door"}, args...)...)
	}
	s.run(exitFailed, "platform", "door", "-auth-url", gateURL, "-base-url", "https://tool.example", "nobody")
	if got := s.door(p.ID); got != gateURL {
		t.Errorf("a refused command stored %q", got)
	}
	if out, _ := s.run(exitOK, "platform", "door", "-remove", p.ID); !strings.Contains(out, p.ID) || s.door(p.ID) != "" {
		t.Errorf("says %q, stored %q", out, s.door(p.ID))
	}
}

func TestPlatformAddWithADoor(t *testing.T) {
	s := newShell(t)
	const m = "https://moodle.example"
	add := func(want int, gate string) string {
		out, _ := s.run(want, "platform", "add", "-institution", "UPT", "-name", "CVUPT", "-issuer", m, "-client-id", "c2",
			"-auth-url", m+"/auth", "-token-url", m+"/token", "-jwks-url", m+"/certs", "-deployment", "1",
			"-login-auth-url", gate, "-base-url", "https://tool.example", "-json")
		return out
	}
	add(exitUsage, "https://other.example/gate.php?step=auth")
	add(exitUsage, "http://moodle.example/gate.php?step=auth")
	var p platformJSON
	s.read(add(exitOK, gateURL), &p)
	if got := s.door(p.ID); got != gateURL {
		t.Errorf("stored %q", got)
	}
}

// door is the stored authorisation endpoint of a platform's login door; empty: none.
func (s *shell) door(platformID string) string {
	s.t.Helper()
	db, err := store.Open(s.t.Context(), s.database, store.Options{Keys: storetest.Keys()})
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // nothing was written
	d, err := db.Door(s.t.Context(), platformID)
	if err != nil {
		return ""
	}
	return d.AuthURL
}

// A slip of the pen makes no institution.
func TestInstitutionIsMadeWhenItIsMeant(t *testing.T) {
	s := newShell(t)
	invite := []string{"platform", "invite", "-base-url", "https://tool.example", "-institution"}
	_, oops := s.run(exitOK, append(invite, "Universitatea Politehnica Timișoara")...)
	if !strings.Contains(oops, `made the institution "Universitatea Politehnica Timișoara"`) {
		t.Errorf("said %s", oops)
	}
	if _, oops = s.run(exitOK, append(invite, " Universitatea Politehnica Timișoara ")...); oops != "" {
		t.Errorf("said %s", oops)
	}
	s.run(exitOK, append(invite, "Kauno technologijos universitetas", "-new")...)
	for _, args := range [][]string{
		append(invite, "Universitatea Politehnica Timisoara"),
		{"policy", "load", "-institution", "Universitatea Politehnica Timisoara", t.TempDir()},
		{"platform", "add", "-institution", "Universitatea Politehnica Timisoara", "-name", "N", "-issuer", "https://m.example", "-client-id", "c",
			"-auth-url", "https://m.example/a", "-token-url", "https://m.example/t", "-jwks-url", "https://m.example/j", "-deployment", "1", "-base-url", "https://tool.example"},
	} {
		out, oops := s.run(exitFailed, args...)
		if out != "" || !strings.Contains(oops, "There is: Universitatea Politehnica Timișoara, Kauno technologijos universitetas") || !strings.Contains(oops, "-new") {
			t.Errorf("%v: %s%s", args, out, oops)
		}
	}
}

// The check prints what administrators see, and a script learns by its status whether something is wrong.
func TestPlatformCheck(t *testing.T) {
	s := newShell(t)
	db := storetest.Open(t, s.database)
	if err := db.EnsureKeys(t.Context(), func() (lti.Key, error) { return lti.GenerateKey(rand.Reader, atEight()) }); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	moodle, err := ltitest.New(ltitest.Options{Issuer: server.URL + "/moodle", Name: "CVUPT", Now: atEight})
	if err != nil {
		t.Fatal(err)
	}
	mux.HandleFunc("/moodle/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", atEight().Format(http.TimeFormat))
		moodle.ServeHTTP(w, r)
	})
	mux.HandleFunc("/lti/jwks", func(w http.ResponseWriter, r *http.Request) {
		ring, err := db.KeyRing(r.Context())
		if err != nil {
			t.Error(err)
		}
		set, err := ring.JWKS()
		if err != nil {
			t.Error(err)
		}
		w.Write(set) //nolint:errcheck // the test would see
	})
	p, err := moodle.Registration(moodle.AddTool(ltitest.ToolAt(server.URL)).TypeID)
	if err != nil {
		t.Fatal(err)
	}
	if p.InstitutionID, err = db.EnsureInstitution(t.Context(), "UPT"); err != nil {
		t.Fatal(err)
	}
	if p.ID, err = db.NewID(); err != nil {
		t.Fatal(err)
	}
	if err := db.AddPlatform(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	check := []string{"platform", "check", "-base-url", server.URL, "-allow-private-networks", p.ID}
	if out, _ := s.run(exitOK, check...); strings.Count(out, "\n") != 18 || !strings.Contains(out, "   ltipolicy_end=$CourseSection.timeFrame.end\n") || !strings.Contains(out, "Moodle has them: it accepted a signature.") || strings.Contains(out, "{{") {
		t.Errorf("printed\n%s", out)
	}
	moodle.SecureHTTP(true)
	moodle.ForgetKeySets()
	out, oops := s.run(exitFailed, check...)
	_, port, _ := strings.Cut(strings.TrimPrefix(server.URL, "http://"), ":")
	for _, want := range []string{"blocks both", "add a line " + port + " to “cURL allowed ports list”", "take the line 127.0.0.0/8 out of"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if !strings.Contains(oops, "something is wrong") {
		t.Errorf("said %s", oops)
	}
	var lines []lineJSON
	out, _ = s.run(exitFailed, append(check[:5:5], "-json", p.ID)...)
	s.read(out, &lines)
	if len(lines) != 11 || lines[2].Cause != "our_keys_both" || lines[2].State != "wrong" || lines[2].Step == "" {
		t.Errorf("printed %+v", lines)
	}
	s.run(exitFailed, "platform", "check", "-base-url", server.URL, "no-such-id")
	s.run(exitUsage, "platform", "check", "-base-url", server.URL)
}

// Scores that a platform refuses are seen and sent again by command.
func TestScoreCommands(t *testing.T) {
	s := newShell(t)
	s.answer()
	ctx := t.Context()
	db, err := store.Open(ctx, s.database, store.Options{Keys: storetest.Keys()})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // the test is over
	all, err := db.Platforms(ctx)
	if err != nil {
		t.Fatal(err)
	}
	institutions, err := db.Institutions(ctx)
	if err != nil {
		t.Fatal(err)
	}
	name := institutions[0].Name
	m := &lti.Message{Type: lti.ResourceLinkRequest, Sub: "7", Nonce: "o", Expires: time.Now().Add(time.Hour),
		Roles:   lti.ParseRoles([]string{"http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"}),
		Context: lti.Context{ID: "2"}, ResourceLink: lti.ResourceLink{ID: "3"},
		AGS: lti.AGS{LineItem: "https://moodle.example/items/3", Scopes: []string{lti.ScopeScore}}}
	if _, err := db.Admit(ctx, m, all[0]); err != nil {
		t.Fatal(err)
	}
	if out, _ := s.run(exitOK, "score", "list", "-institution", name); out != "" {
		t.Errorf("printed %q, although nothing was refused", out)
	}
	taken, err := db.TakeScores(ctx, 10, 10)
	if err != nil || len(taken) != 1 {
		t.Fatalf("%d scores, %v", len(taken), err)
	}
	if err := db.ScoreLate(ctx, taken[0], "unreachable", 0); err != nil {
		t.Fatal(err)
	}
	late, _ := s.run(exitOK, "score", "list", "-platform", all[0].ID)
	if f := strings.Fields(late); len(f) != 6 || f[0] != all[0].ID || f[3] != "7" || f[5] != "unreachable" {
		t.Errorf("printed %q", late)
	}
	if out, _ := s.run(exitOK, "score", "list", "-institution", name); out != "" {
		t.Errorf("printed %q, although nothing was refused", out)
	}
	s.run(exitFailed, "score", "list", "-platform", "nobody")
	s.run(exitUsage, "score", "list")
	if err := db.ScoreDead(ctx, taken[0], "ungradable"); err != nil {
		t.Fatal(err)
	}
	out, _ := s.run(exitOK, "score", "list", "-institution", name)
	if f := strings.Fields(out); len(f) != 6 || f[0] != all[0].ID || f[1] != "2" || f[2] != "3" || f[3] != "7" || f[5] != "ungradable" {
		t.Errorf("printed %q", out)
	}
	for _, want := range []string{"1 scores are due again\n", "0 scores are due again\n"} {
		if out, _ := s.run(exitOK, "score", "retry", "-institution", name); out != want {
			t.Errorf("printed %q, want %q", out, want)
		}
	}
	if taken, err := db.TakeScores(ctx, 10, 10); err != nil || len(taken) != 1 || !taken[0].Full {
		t.Errorf("%v is sent, %v", taken, err)
	}
	s.run(exitFailed, "score", "retry", "-institution", "nobody")
}
