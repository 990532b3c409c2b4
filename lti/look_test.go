package lti

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// looking is a tool whose requests end as told, and a count of them.
func looking(f func(r *http.Request, form string) (status int, body string)) (*Tool, *int) {
	n := 0
	tool := New(Config{BaseURL: testBase, Now: (&clock{now: start}).Now, Client: &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		n++
		var form []byte
		if r.Body != nil {
			form, _ = io.ReadAll(r.Body)
		}
		status, body := f(r, string(form))
		if status == 0 {
			return nil, errors.New("no answer in time")
		}
		return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
	})}, Keys: func(context.Context) (KeyRing, error) { return KeyRing{testKey(testKID, KeyCurrent)}, nil }})
	return tool, &n
}

// What a token endpoint does with the tool's own request is told apart from what it does with any.
func TestLookAtToken(t *testing.T) {
	const refusal = `{"error":"invalid_request"}`
	all := []string{ScopeNRPS, ScopeLineItem, ScopeScore, ScopeResult}
	type answer struct {
		status int
		body   string
	}
	for name, c := range map[string]struct {
		own, empty answer
		deaf       bool // nothing of the platform was heard
		want       TokenLook
		requests   int
	}{
		"given":                                  {own: answer{200, `{"access_token":"t","scope":"` + ScopeScore + `"}`}, want: TokenLook{Scopes: []string{ScopeScore}}, requests: 1},
		"given for what was asked":               {own: answer{200, `{"access_token":"t"}`}, want: TokenLook{Scopes: all}, requests: 1},
		"refused":                                {own: answer{400, refusal}, want: TokenLook{Code: "invalid_request"}, requests: 1},
		"breaks off at ours only":                {own: answer{404, "<html>"}, empty: answer{400, refusal}, want: TokenLook{Look: Look{Trouble: TroubleStatus}, Broken: true}, requests: 2},
		"is not there":                           {own: answer{404, "<html>"}, empty: answer{404, "<html>"}, want: TokenLook{Look: Look{Trouble: TroubleStatus}}, requests: 2},
		"waits at ours only":                     {empty: answer{400, refusal}, want: TokenLook{Look: Look{Trouble: TroubleSilent}, Broken: true}, requests: 2},
		"waits always":                           {want: TokenLook{Look: Look{Trouble: TroubleSilent}}, requests: 2},
		"waits, and nothing else is heard":       {empty: answer{400, refusal}, deaf: true, want: TokenLook{Look: Look{Trouble: TroubleSilent}}, requests: 1},
		"something else with the right status":   {own: answer{200, "<html>"}, want: TokenLook{Look: Look{Trouble: TroubleNonsense}}, requests: 1},
		"a token without a scope that it is for": {own: answer{200, `{"access_token":"t","scope":""}`}, want: TokenLook{Scopes: []string{}}, requests: 1},
	} {
		tool, requests := looking(func(_ *http.Request, form string) (int, string) {
			if strings.Contains(form, "client_assertion=") {
				return c.own.status, c.own.body
			}
			return c.empty.status, c.empty.body
		})
		got, err := tool.LookAtToken(t.Context(), moodle(), !c.deaf)
		if err != nil || got.Trouble != c.want.Trouble || got.Broken != c.want.Broken || got.Code != c.want.Code || !slices.Equal(got.Scopes, c.want.Scopes) || *requests != c.requests {
			t.Errorf("%s: %+v after %d requests, %v", name, got, *requests, err)
		}
	}
}

// A page of status 404 is what a Moodle ends with that could not fetch the tool's keys, and silence how one waits for them;
// the first anybody has where no token endpoint is, and the second from a Moodle that is away.
func TestKeysAreBlamedOnlyWhereTheEndpointWorks(t *testing.T) {
	for _, c := range []struct {
		own, empty int
		body       string
		want       ServiceCode
	}{
		{404, 400, `{"error":"invalid_request"}`, ServiceKeys},
		{404, 404, "<html>", ServiceUnauthorized},
		{0, 400, `{"error":"invalid_request"}`, ServiceKeys},
		{0, 503, "<html>", ServiceUnreachable},
		{0, 0, "", ServiceUnreachable},
	} {
		tool, _ := looking(func(_ *http.Request, form string) (int, string) {
			if strings.Contains(form, "client_assertion=") {
				return c.own, "<html>"
			}
			return c.empty, c.body
		})
		_, err := tool.Members(t.Context(), moodle(), membersURL, MembersQuery{}, func(Member) error { return nil })
		if serviceCode(err) != c.want {
			t.Errorf("status %d, and %d to nothing: %v", c.own, c.empty, err)
		}
	}
}

// An address at which the tool does not go is told as what it is: only some are those that a setting admits.
func TestTroubleOfAddresses(t *testing.T) {
	round := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		to := map[string]string{"/round": "/round", "/away": "https://other.example/certs.php"}[r.URL.Path]
		http.Redirect(w, r, to, http.StatusFound)
	}))
	defer round.Close()
	for _, c := range []struct {
		address string
		private bool
		want    Trouble
	}{
		{"https://10.0.0.7/certs.php", false, TroubleAddress},
		{"https://100.64.1.1/certs.php", false, TroubleAddress},
		{"https://[fd00::7]/certs.php", false, TroubleAddress},
		{"https://[::ffff:192.168.1.1]/certs.php", false, TroubleAddress},
		{"http://127.0.0.1/certs.php", false, TroubleAddress},
		{"https://169.254.169.254/certs.php", false, TroubleRefused},
		{"https://169.254.169.254/certs.php", true, TroubleRefused},
		{"https://[fd00:ec2::254]/certs.php", true, TroubleRefused},
		{"https://240.0.0.1/certs.php", false, TroubleRefused},
		{"http://moodle.example/certs.php", false, TroublePlain},
		{"http://moodle.example/certs.php", true, TroublePlain},
		{"https://user@moodle.example/certs.php", false, TroubleRefused},
		{round.URL + "/away", true, TroubleRedirect},
		{round.URL + "/round", true, TroubleRedirect},
	} {
		client := NewClient(c.private)
		tool := New(Config{BaseURL: testBase, Client: client})
		p := moodle()
		p.JWKSURL = c.address
		if got := tool.LookAtKeys(t.Context(), p); got.Trouble != c.want {
			t.Errorf("%s, private networks %v: %q, %v", c.address, c.private, got.Trouble, got.Err)
		}
		client.CloseIdleConnections()
	}
}
