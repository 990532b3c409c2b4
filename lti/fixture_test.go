package lti

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	testBase   = "https://tool.localhost:9443"
	testKID    = "test-key"
	recordings = "../testdata/moodle-4.5"
)

// start is the time of the recorded learner's launch.
var start = time.Unix(1795316391, 0).UTC()

// clock is a clock that tests set.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// roundTrip is an http.RoundTripper made of a function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

var testKeys = sync.OnceValue(func() [2]*rsa.PrivateKey {
	var keys [2]*rsa.PrivateKey
	for i := range keys {
		k, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		keys[i] = k
	}
	return keys
})

func recorded[T any](t testing.TB, name string) T {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(recordings, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return v
}

type recordedLaunch struct {
	Login struct {
		Form map[string]string `json:"form"`
	} `json:"login_initiation"`
	Response struct {
		Form map[string]string `json:"form"`
	} `json:"authentication_response"`
	Claims map[string]any `json:"id_token_claims"`
}

func (l recordedLaunch) issued() time.Time {
	iat, _ := l.Claims["iat"].(float64)
	return time.Unix(int64(iat), 0).UTC()
}

func (l recordedLaunch) attempt() Attempt {
	nonce, _ := l.Claims["nonce"].(string)
	return Attempt{
		State:      l.Response.Form["state"],
		Nonce:      nonce,
		PlatformID: "p1",
		Expires:    l.issued().Add(AttemptLife),
	}
}

func moodle() Platform {
	return Platform{
		ID:          "p1",
		Issuer:      "https://moodle.localhost:8443",
		ClientID:    "kvqBPVzdvMZUGdN",
		AuthURL:     "https://moodle.localhost:8443/mod/lti/auth.php",
		TokenURL:    "https://moodle.localhost:8443/mod/lti/token.php",
		JWKSURL:     "https://moodle.localhost:8443/mod/lti/certs.php",
		Deployments: []string{"1"},
		Status:      Active,
	}
}

// newTool makes a Tool at a time, with a key set already in its cache.
func newTool(t testing.TB, now time.Time, keys map[string]*rsa.PublicKey) (*Tool, *clock) {
	t.Helper()
	c := &clock{now: now}
	tool := New(Config{
		BaseURL: testBase,
		Now:     c.Now,
		Client: &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			t.Errorf("unexpected request to %s", r.URL)
			return nil, context.Canceled
		})},
	})
	tool.sets.sets[moodle().JWKSURL] = &keySet{
		keys:    keys,
		fetched: now,
		tried:   now,
		expires: now.Add(maxKeySetLife),
	}
	return tool, c
}

func recordedKeys(t testing.TB) map[string]*rsa.PublicKey {
	t.Helper()
	set := recorded[struct {
		Response struct {
			Body json.RawMessage `json:"body"`
		} `json:"response"`
	}](t, "jwks.json")
	keys, err := parseKeySet(set.Response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func testKeySet() map[string]*rsa.PublicKey {
	return map[string]*rsa.PublicKey{testKID: &testKeys()[0].PublicKey}
}

func encode(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

// signRaw signs a header and a payload as they are, whatever they are.
func signRaw(key *rsa.PrivateKey, header, payload string) string {
	input := header + "." + payload
	sum := sha256.Sum256([]byte(input))
	sig, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(sig)
}

func rs256() map[string]any { return map[string]any{"alg": "RS256", "kid": testKID, "typ": "JWT"} }

func signClaims(claims map[string]any) string {
	return signRaw(testKeys()[0], encode(rs256()), encode(claims))
}

// launchClaims returns the recorded learner's claims, to be changed.
func launchClaims(t testing.TB) map[string]any {
	return maps.Clone(recorded[recordedLaunch](t, "launch/learner.json").Claims)
}

func learnerAttempt(t testing.TB) Attempt {
	return recorded[recordedLaunch](t, "launch/learner.json").attempt()
}

// flip changes one character of a token's part so that it stays base64url.
func flip(token string, part, at int) string {
	parts := strings.Split(token, ".")
	b := []byte(parts[part])
	if at < 0 {
		at += len(b)
	}
	if b[at] == 'A' {
		b[at] = 'B'
	} else {
		b[at] = 'A'
	}
	parts[part] = string(b)
	return strings.Join(parts, ".")
}
