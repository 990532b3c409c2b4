package lti

import (
	"crypto/subtle"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"
)

// AttemptLife is how long a login may take: long enough to type a password at the platform.
const AttemptLife = 10 * time.Minute

const (
	maxURL  = 2048
	maxHint = 8 << 10 // some platforms put a whole signed token into lti_message_hint
	maxID   = 255     // Core 1.3: opaque identifiers have at most 255 ASCII characters

	secretLen = 32 // of a state or nonce in base64url: 192 random bits
)

// LoginRequest is a third-party initiated login (Security Framework 1.0, 5.1.1.1). Nothing in it is signed.
type LoginRequest struct {
	Issuer, ClientID       string
	LoginHint, MessageHint string
	TargetLinkURI          string
	DeploymentID           string
	StorageTarget          string // lti_storage_target
}

// Attempt is one login under way. The caller keeps it in the browser, in an authenticated cookie, and hands
// it to [Tool.MatchState] and [Tool.Verify] when the platform answers.
type Attempt struct {
	State      string    `json:"state"`
	Nonce      string    `json:"nonce"`
	PlatformID string    `json:"platform"`
	Expires    time.Time `json:"expires"`
	// Purpose is the caller's: which of its login addresses the attempt began at. Empty: the ordinary one.
	Purpose string `json:"purpose,omitempty"`
}

// ParseLogin reads the parameters of a login, from a GET's query or a POST's body. It returns an [*Error]
// with claim_missing or claim_invalid that names the parameter. Unknown parameters are ignored.
func ParseLogin(form url.Values) (LoginRequest, error) {
	var r LoginRequest
	for _, f := range []struct {
		name     string
		value    *string
		required bool
		max      int
	}{
		{"iss", &r.Issuer, true, maxURL},
		{"login_hint", &r.LoginHint, true, maxHint},
		{"target_link_uri", &r.TargetLinkURI, true, maxURL},
		{"lti_message_hint", &r.MessageHint, false, maxHint},
		{"client_id", &r.ClientID, false, maxID},
		{"lti_deployment_id", &r.DeploymentID, false, maxID},
		{"lti_storage_target", &r.StorageTarget, false, maxID},
	} {
		v, err := single(form, f.name, f.max)
		if err != nil {
			return LoginRequest{}, err
		}
		if v == "" && f.required {
			return LoginRequest{}, refuse(ClaimMissing, f.name)
		}
		*f.value = v
	}
	if originOf(r.TargetLinkURI) == "" {
		return LoginRequest{}, refuse(ClaimInvalid, "target_link_uri")
	}
	return r, nil
}

// single returns a parameter that may be given once at most.
func single(form url.Values, name string, limit int) (string, error) {
	vs := form[name]
	if len(vs) == 0 {
		return "", nil
	}
	if len(vs) > 1 || len(vs[0]) > limit || !utf8.ValidString(vs[0]) {
		return "", refuse(ClaimInvalid, name)
	}
	return vs[0], nil
}

// Begin answers a login: it returns the attempt, with a fresh state and nonce, and the address of the
// platform's authorisation endpoint to which the browser goes with a GET (Security Framework 1.0, 5.1.1.2).
// The query of the platform's AuthURL is kept. Refusals are [*Error]: platform_pending, platform_disabled,
// or platform_unknown if the request is not for p.
//
// The mark, in base64url or empty, becomes the end of the state, so that the caller finds it there again with
// [MarkOf] even if the browser has lost the attempt. It proves nothing about the browser.
func (t *Tool) Begin(p Platform, r LoginRequest, mark string) (Attempt, string, error) {
	if err := p.usable(); err != nil {
		return Attempt{}, "", err
	}
	if r.Issuer != p.Issuer {
		return Attempt{}, "", refuse(PlatformUnknown, "iss")
	}
	if r.ClientID != "" && r.ClientID != p.ClientID {
		return Attempt{}, "", refuse(PlatformUnknown, "client_id")
	}
	u, err := url.Parse(p.AuthURL)
	if err != nil {
		return Attempt{}, "", fmt.Errorf("parsing the authorisation endpoint of platform %s: %w", p.ID, err)
	}
	state, err := t.secret()
	if err != nil {
		return Attempt{}, "", fmt.Errorf("making a state: %w", err)
	}
	state += mark
	nonce, err := t.secret()
	if err != nil {
		return Attempt{}, "", fmt.Errorf("making a nonce: %w", err)
	}
	q := u.Query()
	q.Set("scope", "openid")
	q.Set("response_type", "id_token")
	q.Set("response_mode", "form_post")
	q.Set("prompt", "none")
	q.Set("client_id", p.ClientID)
	q.Set("redirect_uri", t.RedirectURI())
	q.Set("login_hint", r.LoginHint)
	q.Set("state", state)
	q.Set("nonce", nonce)
	// A parameter without a value counts as not given (RFC 6749, 3.1).
	if r.MessageHint != "" {
		q.Set("lti_message_hint", r.MessageHint)
	}
	u.RawQuery = q.Encode()
	return Attempt{
		State:      state,
		Nonce:      nonce,
		PlatformID: p.ID,
		Expires:    t.now().Add(AttemptLife),
	}, u.String(), nil
}

// MarkOf returns the mark that [Tool.Begin] put at the end of a state, "" if there is none.
func MarkOf(state string) string { return state[min(secretLen, len(state)):] }

// usable returns the refusal of a platform that is not active.
func (p Platform) usable() error {
	switch p.Status {
	case Active:
		return nil
	case Pending:
		return refuse(PlatformPending, "")
	default:
		return refuse(PlatformDisabled, "")
	}
}

// Response is what a platform posts to the redirect URI: a token or an error, with the state of the login.
// Nothing in it may be used before [Tool.MatchState] has found the state to be this browser's.
type Response struct {
	State   string
	IDToken string
	Problem string // the platform's error code, cleaned; empty if there is none
}

// ParseResponse reads an authentication response (Security Framework 1.0, 5.1.1.3; OpenID Connect Core
// 3.1.2.6). It returns an [*Error]: state_missing, or token_malformed if it holds neither a token nor an
// error or a parameter twice.
func ParseResponse(form url.Values) (Response, error) {
	var r Response
	for name, v := range map[string]*string{"state": &r.State, "id_token": &r.IDToken, "error": &r.Problem} {
		switch vs := form[name]; len(vs) {
		case 0:
		case 1:
			*v = vs[0]
		default:
			return Response{}, refuse(TokenMalformed, name)
		}
	}
	if r.State == "" {
		return Response{}, refuse(StateMissing, "state")
	}
	if len(r.State) > maxID {
		return Response{}, refuse(StateMismatch, "state")
	}
	r.Problem = clean(r.Problem, 64)
	if r.IDToken == "" && r.Problem == "" {
		return Response{}, refuse(TokenMalformed, "id_token")
	}
	return r, nil
}

// Refusal returns the platform's own refusal as an [*Error] with platform_error, or nil if it sent a token.
func (r Response) Refusal() error {
	if r.Problem == "" {
		return nil
	}
	return refuse(PlatformError, r.Problem)
}

// MatchState compares, in constant time, the state that the platform sent back with the browser's attempt.
// It returns an [*Error]: state_missing if the browser brought no attempt, state_mismatch if it is another
// one or has expired.
func (t *Tool) MatchState(a Attempt, state string) error {
	if a.State == "" || state == "" {
		return refuse(StateMissing, "")
	}
	if subtle.ConstantTimeCompare([]byte(a.State), []byte(state)) != 1 {
		return refuse(StateMismatch, "")
	}
	if t.now().After(a.Expires) {
		return refuse(StateMismatch, "expired")
	}
	return nil
}

// clean makes foreign text fit for a log line and a page: printable characters only, cut to a length.
func clean(s string, limit int) string {
	out := make([]rune, 0, min(len(s), limit))
	for _, r := range s {
		if len(out) == limit {
			break
		}
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			r = ' '
		}
		out = append(out, r)
	}
	return strings.TrimSpace(string(out))
}
