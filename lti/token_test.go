package lti

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// tokenServer is a token endpoint that answers as recorded, or as told.
type tokenServer struct {
	*httptest.Server
	mu       sync.Mutex
	status   int
	answer   string
	requests []url.Values
	headers  []http.Header
}

func (s *tokenServer) serve(status int, answer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status, s.answer = status, answer
}

func (s *tokenServer) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.requests)
}

func newTokenServer(t *testing.T) (*tokenServer, *Tool, Platform, *clock) {
	t.Helper()
	rec := recorded[struct {
		Response struct {
			Status int             `json:"status"`
			Body   json.RawMessage `json:"body"`
		} `json:"response"`
	}](t, "token/1-nrps.json")
	s := &tokenServer{status: rec.Response.Status, answer: string(rec.Response.Body)}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		form, err := url.ParseQuery(string(body))
		if err != nil {
			t.Error(err)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.requests = append(s.requests, form)
		s.headers = append(s.headers, r.Header.Clone())
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(s.status)
		_, _ = io.WriteString(w, s.answer)
	}))
	t.Cleanup(s.Close)
	c := &clock{now: start}
	client := NewClient(true)
	t.Cleanup(client.CloseIdleConnections)
	tool := New(Config{
		BaseURL: testBase, Now: c.Now, Client: client,
		Keys: func(context.Context) (KeyRing, error) {
			return KeyRing{testKey("next", KeyNext), testKey(testKID, KeyCurrent)}, nil
		},
	})
	p := moodle()
	p.TokenURL = s.URL + "/mod/lti/token.php"
	return s, tool, p, c
}

func TestAccessTokenIsAskedForAsMoodleWants(t *testing.T) {
	s, tool, p, _ := newTokenServer(t)
	got, err := tool.AccessToken(t.Context(), p, ScopeNRPS)
	if err != nil || got != "f74e3c1e2b4c4e58d860c47a767ea9df" {
		t.Fatalf("got %q, %v", got, err)
	}
	form, h := s.requests[0], s.headers[0]
	if ct := h.Get("Content-Type"); ct != "application/x-www-form-urlencoded" {
		t.Errorf("content type %q", ct)
	}
	if form.Get("grant_type") != "client_credentials" || form.Get("scope") != ScopeNRPS ||
		form.Get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" {
		t.Errorf("form %v", form)
	}
	assertion := form.Get("client_assertion")
	payload, err := checkSignature(assertion, &testKeys()[0].PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	iat, _ := claims["iat"].(float64)
	exp, _ := claims["exp"].(float64)
	jti, _ := claims["jti"].(string)
	if claims["iss"] != p.ClientID || claims["sub"] != p.ClientID || claims["aud"] != p.TokenURL || len(jti) < 22 {
		t.Errorf("claims %v", claims)
	}
	if now := float64(start.Unix()); iat >= now || iat < now-30 || exp <= now || exp-iat > 300 {
		t.Errorf("iat %v, exp %v at %v", iat, exp, now)
	}
	head, _, _ := strings.Cut(assertion, ".")
	raw, err := base64.RawURLEncoding.DecodeString(head)
	if err != nil {
		t.Fatal(err)
	}
	var header map[string]any
	if err := json.Unmarshal(raw, &header); err != nil || header["alg"] != "RS256" || header["kid"] != testKID {
		t.Errorf("header %s, %v", raw, err)
	}
}

func TestAccessTokenIsKeptUntilItsLastMinute(t *testing.T) {
	s, tool, p, c := newTokenServer(t)
	ask := func(p Platform, scopes ...string) {
		t.Helper()
		if _, err := tool.AccessToken(t.Context(), p, scopes...); err != nil {
			t.Fatal(err)
		}
	}
	ask(p, ScopeNRPS)
	c.Advance(59*time.Minute - time.Second)
	ask(p, ScopeNRPS, ScopeNRPS)
	if s.count() != 1 {
		t.Fatalf("%d requests", s.count())
	}
	c.Advance(time.Second)
	ask(p, ScopeNRPS)
	if s.count() != 2 {
		t.Fatalf("after its life: %d requests", s.count())
	}
	other := p
	other.ID = "p2"
	ask(other, ScopeNRPS)
	if s.count() != 3 {
		t.Fatalf("another platform: %d requests", s.count())
	}
	tool.ForgetToken(p, ScopeNRPS)
	ask(p, ScopeNRPS)
	ask(other, ScopeNRPS)
	if s.count() != 4 {
		t.Fatalf("after forgetting: %d requests", s.count())
	}
	s.serve(http.StatusOK, `{"access_token":"t","token_type":"bearer","expires_in":"3600"}`)
	ask(p, ScopeScore, ScopeLineItem)
	ask(p, ScopeLineItem, ScopeScore)
	if s.count() != 5 || s.requests[4].Get("scope") != ScopeLineItem+" "+ScopeScore {
		t.Fatalf("order of scopes: %d requests, %v", s.count(), s.requests[4])
	}
}

func TestAccessTokenOfUnknownLifeIsNotKept(t *testing.T) {
	for _, life := range []string{``, `,"expires_in":0`, `,"expires_in":60`, `,"expires_in":-1`} {
		s, tool, p, _ := newTokenServer(t)
		s.serve(http.StatusOK, `{"access_token":"t","token_type":"bearer"`+life+`}`)
		for range 2 {
			if v, err := tool.AccessToken(t.Context(), p, ScopeNRPS); v != "t" || err != nil {
				t.Fatalf("got %q, %v", v, err)
			}
		}
		if s.count() != 2 {
			t.Errorf("%q: %d requests", life, s.count())
		}
	}
}

func TestConcurrentCallsShareOneTokenRequest(t *testing.T) {
	s, tool, p, _ := newTokenServer(t)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := tool.AccessToken(t.Context(), p, ScopeNRPS); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if s.count() != 1 {
		t.Errorf("%d requests", s.count())
	}
}

func TestRefusedAccessTokens(t *testing.T) {
	tests := []struct {
		name      string
		status    int
		answer    string
		code      string
		temporary bool
	}{
		{"platform's code", 400, `{"error":"invalid_scope"}`, "invalid_scope", false},
		{"Moodle's bare text as code", 400, `{"error":"Expired token\n"}`, "Expired token", false},
		{"error with status 200", 200, `{"error":"invalid_client"}`, "invalid_client", false},
		{"a page", 503, "<html>", TokenAnswerInvalid, true},
		{"a page with status 200", 200, "<html>", TokenAnswerInvalid, false},
		{"no token", 200, `{"token_type":"bearer"}`, TokenAnswerInvalid, false},
		{"a token with a line break", 200, `{"access_token":"a\r\nb","token_type":"bearer"}`, TokenAnswerInvalid, false},
		{"another type", 200, `{"access_token":"a","token_type":"mac"}`, TokenAnswerInvalid, false},
		{"fewer scopes", 200, `{"access_token":"a","token_type":"Bearer","expires_in":3600,"scope":"openid"}`, TokenInsufficientScope, false},
		{"no scope", 200, `{"access_token":"a","token_type":"Bearer","expires_in":3600,"scope":""}`, TokenInsufficientScope, false},
		{"redirect", 307, `{}`, TokenAnswerInvalid, false},
		{"rate limit", 429, `{"error":"slow_down"}`, "slow_down", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, tool, p, _ := newTokenServer(t)
			s.serve(tt.status, tt.answer)
			_, err := tool.AccessToken(t.Context(), p, ScopeNRPS)
			e, ok := errors.AsType[*TokenError](err)
			if !ok || e.Code != tt.code || e.Status != tt.status || e.Temporary() != tt.temporary {
				t.Errorf("got %v", err)
			}
			if strings.Contains(err.Error(), s.requests[0].Get("client_assertion")) {
				t.Error("the error holds the assertion")
			}
		})
	}
}

func TestAccessTokenWithoutPlatformOrKeys(t *testing.T) {
	s, tool, p, _ := newTokenServer(t)
	s.Close()
	_, err := tool.AccessToken(t.Context(), p, ScopeNRPS)
	if e, ok := errors.AsType[*TokenError](err); !ok || e.Code != TokenUnreachable || !e.Temporary() {
		t.Errorf("platform down: %v", err)
	}
	if _, err := tool.AccessToken(t.Context(), p); err == nil {
		t.Error("a token for nothing")
	}
	broken := errors.New("database closed")
	for name, keys := range map[string]func(context.Context) (KeyRing, error){
		"no source": nil,
		"no keys":   func(context.Context) (KeyRing, error) { return nil, nil },
		"failure":   func(context.Context) (KeyRing, error) { return nil, broken },
	} {
		tool := New(Config{BaseURL: testBase, Keys: keys})
		_, err := tool.AccessToken(t.Context(), p, ScopeNRPS)
		if _, ok := errors.AsType[*TokenError](err); err == nil || ok || (name == "failure" && !errors.Is(err, broken)) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := tool.AccessToken(ctx, p, ScopeNRPS); !errors.Is(err, context.Canceled) {
		if e, ok := errors.AsType[*TokenError](err); !ok || e.Code != TokenUnreachable {
			t.Errorf("given up: %v", err)
		}
	}
}

func TestTokenCacheIsBounded(t *testing.T) {
	c := newTokenCache()
	for i := range 3 * maxTokens {
		now := start.Add(time.Duration(i) * time.Second)
		c.put(string(rune('a'+i)), accessToken{"t", now.Add(time.Minute)}, now)
	}
	if len(c.tokens) > maxTokens {
		t.Errorf("%d tokens kept", len(c.tokens))
	}
}
