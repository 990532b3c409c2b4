package lti

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// Scopes of the services that the tool uses (Names and Role Provisioning Services 2.0, Assignment and Grade
// Services 2.0).
const (
	ScopeNRPS     = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
	ScopeLineItem = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
	ScopeScore    = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
	ScopeResult   = "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly"
)

const (
	// Moodle tolerates no clock ahead of its own, not even by a second.
	assertionBackdate = 10 * time.Second
	assertionLife     = 4 * time.Minute
	tokenMargin       = time.Minute // a token is not used in its last minute
	maxTokenLife      = 24 * time.Hour
	maxTokens         = 1000
)

// TokenError is a refusal or failure of a platform's token endpoint.
type TokenError struct {
	Status int    // HTTP status, 0 if there was no answer
	Code   string // the platform's error code, cleaned, such as "invalid_scope"; or one of the Token constants
	Err    error  // cause, for the log
}

// Codes of a [TokenError] that the tool itself gives.
const (
	TokenUnreachable       = "unreachable"        // no answer
	TokenAnswerInvalid     = "answer_invalid"     // an answer that is not OAuth 2.0's
	TokenInsufficientScope = "insufficient_scope" // a token, but not for all scopes
)

func (e *TokenError) Error() string {
	s := "access token refused: " + e.Code
	if e.Status != 0 {
		s += fmt.Sprintf(" (status %d)", e.Status)
	}
	if e.Err != nil {
		s += fmt.Sprintf(": %v", e.Err)
	}
	return s
}

// Unwrap returns the cause.
func (e *TokenError) Unwrap() error { return e.Err }

// Temporary reports whether trying later may help.
func (e *TokenError) Temporary() bool {
	return e.Status == 0 || e.Status == http.StatusTooManyRequests || e.Status >= 500
}

// invalidScope is the platform's own code for a token for none of the scopes (RFC 6749, 5.2).
const invalidScope = "invalid_scope"

// tokenCache holds access tokens until their last minute. It is safe for concurrent use.
type tokenCache struct {
	flight singleflight.Group
	mu     sync.Mutex
	tokens map[string]accessToken
}

type accessToken struct {
	value   string
	expires time.Time
}

func newTokenCache() *tokenCache { return &tokenCache{tokens: map[string]accessToken{}} }

func (c *tokenCache) get(key string, now time.Time) (string, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t, ok := c.tokens[key]
	return t.value, ok && now.Before(t.expires)
}

func (c *tokenCache) put(key string, t accessToken, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.tokens) >= maxTokens {
		for k, old := range c.tokens {
			if !now.Before(old.expires) {
				delete(c.tokens, k)
			}
		}
	}
	if len(c.tokens) < maxTokens {
		c.tokens[key] = t
	}
}

func (c *tokenCache) forget(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.tokens, key)
}

// tokenKey identifies a token by everything that it depends on. The scopes are in order.
func tokenKey(p Platform, scopes []string) string {
	return strings.Join(append([]string{p.ID, p.ClientID, p.TokenURL}, scopes...), "\n")
}

func sortedScopes(scopes []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(scopes)))
}

// AccessToken returns an access token of the platform for all of the scopes: a kept one, or a new one for
// which the tool signs a client assertion (Security Framework 1.0, 4.1; RFC 7523). Concurrent calls for the
// same token make one request. Failures at the platform are [*TokenError].
//
// A service that answers 401 has lost the token: call [Tool.ForgetToken] and try once more.
func (t *Tool) AccessToken(ctx context.Context, p Platform, scopes ...string) (string, error) {
	scopes = sortedScopes(scopes)
	if len(scopes) == 0 {
		return "", errors.New("asking for an access token: no scope")
	}
	key := tokenKey(p, scopes)
	if v, ok := t.tokens.get(key, t.now()); ok {
		return v, nil
	}
	result := t.tokens.flight.DoChan(key, func() (any, error) {
		if v, ok := t.tokens.get(key, t.now()); ok {
			return v, nil // another flight landed since the caller looked
		}
		token, err := t.requestToken(context.WithoutCancel(ctx), p, scopes)
		if err != nil {
			return "", err
		}
		t.tokens.put(key, token, t.now())
		return token.value, nil
	})
	select {
	case <-ctx.Done():
		return "", &TokenError{Code: TokenUnreachable, Err: ctx.Err()}
	case r := <-result:
		if r.Err != nil {
			return "", r.Err
		}
		v, _ := r.Val.(string)
		return v, nil
	}
}

// ForgetToken drops the kept token for the scopes, in whatever order, so that the next call of
// [Tool.AccessToken] asks for a new one.
func (t *Tool) ForgetToken(p Platform, scopes ...string) {
	t.tokens.forget(tokenKey(p, sortedScopes(scopes)))
}

// assertion is the client assertion of RFC 7523, 3.
type assertion struct {
	Issuer   string `json:"iss"`
	Subject  string `json:"sub"`
	Audience string `json:"aud"`
	IssuedAt int64  `json:"iat"`
	Expires  int64  `json:"exp"`
	ID       string `json:"jti"`
}

func (t *Tool) requestToken(ctx context.Context, p Platform, scopes []string) (accessToken, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	r, err := t.tokenRequest(ctx, p, scopes)
	if err != nil {
		return accessToken{}, err
	}
	asked := t.now()
	resp, body, err := do(t.client, r)
	if err != nil {
		return accessToken{}, &TokenError{Code: TokenUnreachable, Err: err}
	}
	return parseToken(resp.StatusCode, body, scopes, asked)
}

func (t *Tool) tokenRequest(ctx context.Context, p Platform, scopes []string) (*http.Request, error) {
	signed, err := t.assert(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("asserting who the tool is: %w", err)
	}
	return tokenForm(ctx, p, url.Values{
		"grant_type":            {"client_credentials"},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
		"client_assertion":      {signed},
		"scope":                 {strings.Join(scopes, " ")},
	})
}

func tokenForm(ctx context.Context, p Platform, form url.Values) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.TokenURL, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, fmt.Errorf("asking for an access token: %w", err)
	}
	// Exactly this: Moodle compares the whole header.
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	return r, nil
}

// TokenLook is what came of asking for an access token for everything that the tool uses.
type TokenLook struct {
	Look
	Scopes []string // that were granted
	Code   string   // why the platform refused, in its own words; "": it did not refuse
	// Broken says that the token endpoint is there and answers, and breaks off at the tool's own request, or waits for
	// longer than anybody would. So Moodle does when it could not fetch the tool's key set.
	Broken bool
}

// LookAtToken asks for a new access token, past those that are kept, and drops it. It sends two requests at most. If the
// platform was heard otherwise, its silence here is looked into. An error is the tool's own.
func (t *Tool) LookAtToken(ctx context.Context, p Platform, heard bool) (TokenLook, error) {
	all := []string{ScopeNRPS, ScopeLineItem, ScopeScore, ScopeResult}
	r, err := t.tokenRequest(ctx, p, all)
	if err != nil {
		return TokenLook{}, err
	}
	look, body := t.look(r)
	l := TokenLook{Look: look}
	var answer struct {
		Token string  `json:"access_token"`
		Scope *string `json:"scope"`
		Error string  `json:"error"`
	}
	isJSON := json.Unmarshal(body, &answer) == nil
	switch {
	case l.Trouble == TroubleSilent && heard:
		l.Broken, err = t.refusesNothing(ctx, p)
	case l.Trouble != "":
	case isJSON && answer.Error != "":
		l.Code = clean(answer.Error, 100)
	case l.Status == http.StatusOK && isJSON && answer.Token != "":
		if l.Scopes = all; answer.Scope != nil { // without one the token is for what was asked
			l.Scopes = strings.Fields(*answer.Scope)
		}
	case l.Status == http.StatusOK:
		l.Trouble = TroubleNonsense
	default:
		l.Trouble = TroubleStatus
		l.Broken, err = t.refusesNothing(ctx, p)
	}
	return l, err
}

// refusesNothing reports whether the token endpoint refuses a request without anything in it, as the standard wants it:
// then it is there, and works as far as that.
func (t *Tool) refusesNothing(ctx context.Context, p Platform) (bool, error) {
	r, err := tokenForm(ctx, p, nil)
	if err != nil {
		return false, err
	}
	l, body := t.look(r)
	var answer struct {
		Error string `json:"error"`
	}
	return l.Trouble == "" && json.Unmarshal(body, &answer) == nil && answer.Error != "", nil
}

func (t *Tool) assert(ctx context.Context, p Platform) (string, error) {
	if t.keys == nil {
		return "", errors.New("the tool has no keys")
	}
	ring, err := t.keys(ctx)
	if err != nil {
		return "", fmt.Errorf("getting the keys: %w", err)
	}
	k, err := ring.Current()
	if err != nil {
		return "", err
	}
	id, err := t.secret()
	if err != nil {
		return "", err
	}
	issued := t.now().Add(-assertionBackdate)
	return sign(k, assertion{
		Issuer:   p.ClientID,
		Subject:  p.ClientID,
		Audience: p.TokenURL,
		IssuedAt: issued.Unix(),
		Expires:  issued.Add(assertionLife).Unix(),
		ID:       id,
	})
}

// parseToken reads the answer of a token endpoint (RFC 6749, 5.1 and 5.2). Moodle serves it as text/html.
func parseToken(status int, body []byte, scopes []string, now time.Time) (accessToken, error) {
	var answer struct {
		Token   string      `json:"access_token"`
		Type    string      `json:"token_type"`
		Expires json.Number `json:"expires_in"`
		Scope   *string     `json:"scope"`
		Error   string      `json:"error"`
	}
	err := json.Unmarshal(body, &answer)
	if status != http.StatusOK || (err == nil && answer.Error != "") {
		code := clean(answer.Error, 100)
		if err != nil || code == "" {
			code = TokenAnswerInvalid
		}
		return accessToken{}, &TokenError{Status: status, Code: code}
	}
	if err != nil {
		return accessToken{}, &TokenError{Status: status, Code: TokenAnswerInvalid, Err: err}
	}
	if answer.Token == "" || strings.ContainsFunc(answer.Token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return accessToken{}, &TokenError{Status: status, Code: TokenAnswerInvalid, Err: errors.New("no token")}
	}
	if !strings.EqualFold(answer.Type, "bearer") {
		return accessToken{}, &TokenError{Status: status, Code: TokenAnswerInvalid, Err: errors.New("not a bearer token")}
	}
	// Without a scope in the answer the token is for what was asked (RFC 6749, 5.1).
	if answer.Scope != nil {
		given := strings.Fields(*answer.Scope)
		for _, s := range scopes {
			if !slices.Contains(given, s) {
				return accessToken{}, &TokenError{Status: status, Code: TokenInsufficientScope}
			}
		}
	}
	// A token of unknown life is used once: it expires now.
	life, err := answer.Expires.Float64()
	if err != nil || life < 0 {
		life = 0
	}
	life = min(life, maxTokenLife.Seconds())
	return accessToken{
		value:   answer.Token,
		expires: now.Add(time.Duration(life)*time.Second - tokenMargin),
	}, nil
}
