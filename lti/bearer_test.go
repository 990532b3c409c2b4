package lti

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// A service, and the registration endpoint, that lead elsewhere on their own host are not followed: the token would go
// along.
func TestTokenIsNotLedElsewhereByARedirect(t *testing.T) {
	var seen []string // paths that a token came to
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/mod/lti/token.php":
			_, _ = w.Write([]byte(`{"access_token":"t","token_type":"Bearer","expires_in":3600}`))
			return
		case r.Header.Get("Authorization") != "":
			seen = append(seen, r.URL.Path)
		}
		if !strings.HasPrefix(r.URL.Path, "/other/") {
			http.Redirect(w, r, "/other"+r.URL.Path, http.StatusTemporaryRedirect)
		}
	}))
	defer server.Close()
	client := NewClient(true)
	defer client.CloseIdleConnections()
	c := &clock{now: start}
	tool := New(Config{BaseURL: testBase, Now: c.Now, Client: client,
		Keys: func(context.Context) (KeyRing, error) { return KeyRing{testKey(testKID, KeyCurrent)}, nil }})
	p := moodle()
	p.Issuer, p.AuthURL, p.TokenURL = server.URL, server.URL+"/mod/lti/auth.php", server.URL+"/mod/lti/token.php"
	cfg := PlatformConfiguration{Issuer: server.URL, AuthorizationEndpoint: p.AuthURL, TokenEndpoint: p.TokenURL,
		JWKSURI: server.URL + "/mod/lti/certs.php", RegistrationEndpoint: server.URL + "/mod/lti/openid-registration.php"}

	_, err := tool.Members(t.Context(), p, server.URL+"/mod/lti/services.php/members", MembersQuery{}, func(Member) error { return nil })
	if serviceCode(err) != ServiceUnreachable {
		t.Errorf("roster: %v", err)
	}
	if err := tool.SendScore(t.Context(), p, server.URL+"/mod/lti/services.php/item", Score{Sub: "1", Time: start}); serviceCode(err) != ServiceUnreachable {
		t.Errorf("score: %v", err)
	}
	if _, err := tool.Register(t.Context(), cfg, "token", Registration{}); err == nil {
		t.Error("registered by a redirect")
	}
	update := "x." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"1","scope":"reg-update"}`)) + ".x"
	if _, err := tool.Occasion(t.Context(), cfg, update); err == nil {
		t.Error("an update told by a redirect")
	}
	if got := strings.Join(seen, " "); strings.Contains(got, "/other/") || len(seen) != 4 {
		t.Errorf("the token came to %s", got)
	}
}

// What an error about an address says goes to logs and pages.
func TestErrorsAboutAddressesTellNoSecrets(t *testing.T) {
	cause := errors.New("no such host")
	for address, want := range map[string]string{
		"https://moodle.test/a?registration_token=secret": `Get "https://moodle.test/a": no such host`,
		"https://user:secret@moodle.test/a#secret":        `Get "https://moodle.test/a": no such host`,
		"mailto:secret@moodle.test":                       `Get "": no such host`,
		"https://moodle.test/%zz?token=secret":            `Get "": no such host`,
		"https://moodle.test/a?b=%zzsecret":               `Get "https://moodle.test/a": no such host`,
	} {
		err := Redacted(&url.Error{Op: "Get", URL: address, Err: cause})
		if err.Error() != want || !errors.Is(err, cause) {
			t.Errorf("%s: %v", address, err)
		}
	}
	if err := Redacted(cause); err != cause {
		t.Errorf("another error became %v", err)
	}
	if Redacted(nil) != nil {
		t.Error("no error became one")
	}
}

// A platform may lead on to an address that nobody can read, and put a token into it.
func TestBrokenRedirectTellsNoSecret(t *testing.T) {
	for _, location := range []string{"https://moodle.test/%zz?token=secret", "https://moodle.test:x/?token=secret", "://secret"} {
		site := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", location)
			w.WriteHeader(http.StatusFound)
		}))
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, site.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := Send(site.Client(), r)
		if err == nil {
			resp.Body.Close() //nolint:errcheck // nothing is read
		}
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", location, err)
		}
		site.Close()
	}
}

// A score's line item may hold a secret, too.
func TestScoreThatFailsTellsNoSecret(t *testing.T) {
	c := &clock{now: start}
	tool := New(Config{BaseURL: testBase, Now: c.Now, Client: &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.URL.Query().Has("key") {
			return nil, errors.New("connection refused")
		}
		return &http.Response{StatusCode: 200, Header: http.Header{}, Request: r,
			Body: io.NopCloser(strings.NewReader(`{"access_token":"t","token_type":"Bearer","expires_in":3600}`))}, nil
	})}, Keys: func(context.Context) (KeyRing, error) { return KeyRing{testKey(testKID, KeyCurrent)}, nil }})
	for _, item := range []string{"services.php/2/lineitem?key=secret", "%zz?key=secret", "services.php/2/../lineitem?key=secret"} {
		err := tool.SendScore(t.Context(), moodle(), "https://moodle.localhost:8443/mod/lti/"+item, Score{Sub: "1", Time: start})
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", item, err)
		}
	}
}
