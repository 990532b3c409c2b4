package lti

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func recordedLogin(t testing.TB) url.Values {
	form := url.Values{}
	for k, v := range recorded[recordedLaunch](t, "launch/learner.json").Login.Form {
		form.Set(k, v)
	}
	return form
}

func TestParseLoginReadsMoodlesForm(t *testing.T) {
	form := recordedLogin(t)
	form.Set("lti_storage_target", "_parent")
	form.Set("unknown", "ignored")
	got, err := ParseLogin(form)
	if err != nil {
		t.Fatal(err)
	}
	want := LoginRequest{
		Issuer: "https://moodle.localhost:8443", ClientID: "kvqBPVzdvMZUGdN", LoginHint: "3",
		MessageHint: `{"cmid":2,"launchid":"ltilaunch1_1060366055"}`, TargetLinkURI: testBase + "/launch",
		DeploymentID: "1", StorageTarget: "_parent",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestParseLoginRefuses(t *testing.T) {
	tests := []struct {
		name   string
		change func(url.Values)
		code   Code
		detail string
	}{
		{"no iss", func(f url.Values) { f.Del("iss") }, ClaimMissing, "iss"},
		{"empty iss", func(f url.Values) { f.Set("iss", "") }, ClaimMissing, "iss"},
		{"no login_hint", func(f url.Values) { f.Del("login_hint") }, ClaimMissing, "login_hint"},
		{"no target_link_uri", func(f url.Values) { f.Del("target_link_uri") }, ClaimMissing, "target_link_uri"},
		{"iss twice", func(f url.Values) { f.Add("iss", "https://evil.test") }, ClaimInvalid, "iss"},
		{"client_id twice", func(f url.Values) { f.Add("client_id", "x") }, ClaimInvalid, "client_id"},
		{"iss too long", func(f url.Values) { f.Set("iss", strings.Repeat("x", maxURL+1)) }, ClaimInvalid, "iss"},
		{"hint too long", func(f url.Values) { f.Set("lti_message_hint", strings.Repeat("x", maxHint+1)) }, ClaimInvalid, "lti_message_hint"},
		{"client_id too long", func(f url.Values) { f.Set("client_id", strings.Repeat("x", 256)) }, ClaimInvalid, "client_id"},
		{"deployment too long", func(f url.Values) { f.Set("lti_deployment_id", strings.Repeat("x", 256)) }, ClaimInvalid, "lti_deployment_id"},
		{"hint not UTF-8", func(f url.Values) { f.Set("login_hint", "\xff") }, ClaimInvalid, "login_hint"},
		{"target a script", func(f url.Values) { f.Set("target_link_uri", "javascript:alert(1)") }, ClaimInvalid, "target_link_uri"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			form := recordedLogin(t)
			tt.change(form)
			_, err := ParseLogin(form)
			checkRefusal(t, err, tt.code, tt.detail)
		})
	}
}

func TestBeginAsksExactlyWhatMoodleWants(t *testing.T) {
	tool, _ := newTool(t, start, nil)
	r, err := ParseLogin(recordedLogin(t))
	if err != nil {
		t.Fatal(err)
	}
	p := moodle()
	p.AuthURL += "?tenant=a%26b&scope=everything"
	a, to, err := tool.Begin(p, r, "")
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	want := url.Values{
		"scope": {"openid"}, "response_type": {"id_token"}, "response_mode": {"form_post"}, "prompt": {"none"},
		"client_id": {p.ClientID}, "redirect_uri": {testBase + "/lti/launch"}, "login_hint": {"3"},
		"lti_message_hint": {`{"cmid":2,"launchid":"ltilaunch1_1060366055"}`},
		"state":            {a.State}, "nonce": {a.Nonce}, "tenant": {"a&b"},
	}
	if d := cmp.Diff(want, u.Query()); d != "" {
		t.Error(d)
	}
	if u.Scheme+"://"+u.Host+u.Path != moodle().AuthURL {
		t.Errorf("sent to %s", to)
	}
	if a.PlatformID != "p1" || !a.Expires.Equal(start.Add(10*time.Minute)) {
		t.Errorf("attempt %+v", a)
	}
	if a.State == a.Nonce || len(a.State) < 22 || strings.Trim(a.State+a.Nonce, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
		t.Errorf("state %q, nonce %q", a.State, a.Nonce)
	}
}

func TestBeginLeavesOutAHintThatWasNotGiven(t *testing.T) {
	tool, _ := newTool(t, start, nil)
	_, to, err := tool.Begin(moodle(), LoginRequest{Issuer: moodle().Issuer, LoginHint: "3"}, "")
	if err != nil || strings.Contains(to, "lti_message_hint") {
		t.Errorf("got %s, %v", to, err)
	}
}

func TestBeginRefuses(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Platform, *LoginRequest)
		code   Code
	}{
		{"pending", func(p *Platform, _ *LoginRequest) { p.Status = Pending }, PlatformPending},
		{"disabled", func(p *Platform, _ *LoginRequest) { p.Status = Disabled }, PlatformDisabled},
		{"another issuer", func(_ *Platform, r *LoginRequest) { r.Issuer += "/" }, PlatformUnknown},
		{"another client", func(_ *Platform, r *LoginRequest) { r.ClientID = "x" }, PlatformUnknown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tool, _ := newTool(t, start, nil)
			p, r := moodle(), LoginRequest{Issuer: moodle().Issuer, LoginHint: "3"}
			tt.change(&p, &r)
			if _, _, err := tool.Begin(p, r, ""); CodeOf(err) != tt.code {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestBeginFailsWithoutRandomness(t *testing.T) {
	broken := errors.New("no entropy")
	tool := New(Config{BaseURL: testBase, Rand: iotest.ErrReader(broken)})
	if _, _, err := tool.Begin(moodle(), LoginRequest{Issuer: moodle().Issuer}, ""); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	short := New(Config{BaseURL: testBase, Rand: bytes.NewReader(make([]byte, 30))})
	if _, _, err := short.Begin(moodle(), LoginRequest{Issuer: moodle().Issuer}, ""); err == nil {
		t.Error("half of the randomness was enough")
	}
}

func TestAttemptSurvivesACookie(t *testing.T) {
	a := Attempt{State: "s", Nonce: "n", PlatformID: "p", Expires: start}
	raw, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	var back Attempt
	if err := json.Unmarshal(raw, &back); err != nil || back != a {
		t.Errorf("got %+v, %v", back, err)
	}
}

func TestMatchState(t *testing.T) {
	tool, clk := newTool(t, start, nil)
	a := Attempt{State: "abc", Expires: start.Add(AttemptLife)}
	for _, tt := range []struct {
		name  string
		a     Attempt
		state string
		code  Code
	}{
		{"same", a, "abc", ""},
		{"other", a, "abd", StateMismatch},
		{"longer", a, "abcd", StateMismatch},
		{"nothing sent back", a, "", StateMissing},
		{"no attempt in the browser", Attempt{}, "abc", StateMissing},
		{"neither", Attempt{}, "", StateMissing},
	} {
		if err := tool.MatchState(tt.a, tt.state); CodeOf(err) != tt.code || (err == nil) != (tt.code == "") {
			t.Errorf("%s: got %v", tt.name, err)
		}
	}
	clk.Advance(AttemptLife + time.Second)
	if err := tool.MatchState(a, "abc"); CodeOf(err) != StateMismatch {
		t.Errorf("expired: got %v", err)
	}
}

func TestParseResponse(t *testing.T) {
	tests := []struct {
		name    string
		form    url.Values
		want    Response
		code    Code
		refusal Code
	}{
		{"token", url.Values{"state": {"s"}, "id_token": {"a.b.c"}}, Response{State: "s", IDToken: "a.b.c"}, "", ""},
		{"error", url.Values{"state": {"s"}, "error": {"login_required"}, "error_description": {"<b>"}}, Response{State: "s", Problem: "login_required"}, "", PlatformError},
		{"error with control characters", url.Values{"state": {"s"}, "error": {"a\r\nb\x00"}}, Response{State: "s", Problem: "a  b"}, "", PlatformError},
		{"no state", url.Values{"id_token": {"a.b.c"}}, Response{}, StateMissing, ""},
		{"error without state", url.Values{"error": {"access_denied"}}, Response{}, StateMissing, ""},
		{"huge state", url.Values{"state": {strings.Repeat("s", 256)}, "id_token": {"a"}}, Response{}, StateMismatch, ""},
		{"two tokens", url.Values{"state": {"s"}, "id_token": {"a", "b"}}, Response{}, TokenMalformed, ""},
		{"two states", url.Values{"state": {"s", "t"}, "id_token": {"a"}}, Response{}, TokenMalformed, ""},
		{"neither token nor error", url.Values{"state": {"s"}}, Response{}, TokenMalformed, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseResponse(tt.form)
			if CodeOf(err) != tt.code || got != tt.want {
				t.Errorf("got %+v, %v", got, err)
			}
			if CodeOf(got.Refusal()) != tt.refusal {
				t.Errorf("refusal %v", got.Refusal())
			}
		})
	}
}

func TestBaseURLSlashIsDropped(t *testing.T) {
	tool := New(Config{BaseURL: "https://tool.test/sub/"})
	if tool.RedirectURI() != "https://tool.test/sub/lti/launch" || tool.LoginURI("p1") != "https://tool.test/sub/lti/login/p1" ||
		tool.LoginURI("") != "https://tool.test/sub/lti/login" || tool.JWKSURI() != "https://tool.test/sub/lti/jwks" {
		t.Errorf("got %s, %s, %s", tool.RedirectURI(), tool.LoginURI("p1"), tool.JWKSURI())
	}
}

func TestOrigin(t *testing.T) {
	for in, want := range map[string]string{
		"https://Moodle.Test":             "https://moodle.test",
		"https://moodle.test:443/a?b#c":   "https://moodle.test",
		"http://localhost:80/":            "http://localhost",
		"https://moodle.test:8443":        "https://moodle.test:8443",
		"https://[2001:DB8::1]:443/":      "https://[2001:db8::1]",
		"https://[2001:db8::1]:8443/":     "https://[2001:db8::1]:8443",
		"https://moodle.test:":            "https://moodle.test",
		"https://a@moodle.test":           "",
		"https:moodle.test":               "",
		"//moodle.test":                   "",
		"ftp://moodle.test":               "",
		"https://":                        "",
		"":                                "",
		`https://evil.test\@moodle.test/`: "",
	} {
		if got := originOf(in); got != want {
			t.Errorf("%q gives %q, want %q", in, got, want)
		}
	}
	if got := moodle().Origin(); got != "https://moodle.localhost:8443" {
		t.Errorf("platform's origin %q", got)
	}
}

// The codes are part of the product's interface, with these statuses.
func TestEveryCodeHasItsStatus(t *testing.T) {
	want := map[Code]int{
		StateMissing: 401, StateMismatch: 401, PlatformUnknown: 403, PlatformPending: 403, PlatformDisabled: 403,
		PlatformError: 403, TokenMalformed: 400, AlgRefused: 401, KidMissing: 401, KidUnknown: 401,
		SignatureInvalid: 401, IssuerMismatch: 401, AudienceMismatch: 401, AZPMismatch: 401, TokenExpired: 401,
		TokenFromFuture: 401, NonceMissing: 401, NonceMismatch: 401, NonceReplayed: 401, VersionUnsupported: 400,
		MessageUnsupported: 400, ClaimMissing: 400, ClaimInvalid: 400, DeploymentUnknown: 403, SubjectMissing: 401,
		JWKSUnavailable: 503, "": 500,
	}
	for code, status := range want {
		if got := code.HTTPStatus(); got != status {
			t.Errorf("%s gives %d, want %d", code, got, status)
		}
	}
}
