package lti

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
)

// Occasion is why a platform handed out a registration token, as far as that shows before anything is sent there.
type Occasion struct {
	// Update says that the tool is there already and is told anew what it is.
	Update bool
	// ClientID is the one that the tool has there or will have; empty: the platform does not say. Nothing proves it.
	ClientID string
	// PlatformID is the id in the login address of ours that the platform has; empty: there is none.
	PlatformID string
}

// What Moodle's registration tokens are for.
const (
	scopeRegister = "reg"
	scopeUpdate   = "reg-update"
)

// Occasion reads a registration token. Moodle's tell whether they are for a new tool, with the client id that it will
// have, or for one that is there: what that is now the registration endpoint says, which changes nothing. Other
// platforms' tokens are opaque, and taken for those of new tools. Failures are [*RegistrationError].
func (t *Tool) Occasion(ctx context.Context, cfg PlatformConfiguration, registrationToken string) (Occasion, error) {
	if !fitToken(registrationToken) {
		return Occasion{}, &RegistrationError{Code: RegistrationRefused, Detail: "registration_token"}
	}
	_, payload, _ := strings.Cut(registrationToken, ".")
	payload, _, _ = strings.Cut(payload, ".")
	doc, err := base64.RawURLEncoding.DecodeString(payload)
	var token struct{ Sub, Scope string }
	if err != nil || json.Unmarshal(doc, &token) != nil {
		return Occasion{}, nil
	}
	switch {
	case token.Scope == scopeRegister && token.Sub != "" && identifier(token.Sub):
		return Occasion{ClientID: token.Sub}, nil
	case token.Scope != scopeUpdate:
		return Occasion{}, nil
	}
	status, body, err := t.atRegistration(ctx, cfg, http.MethodGet, nil, registrationToken)
	if err != nil {
		return Occasion{}, err
	}
	now, err := parseRegistration(status, body)
	if err != nil {
		return Occasion{}, err
	}
	o := Occasion{Update: true, ClientID: now.clientID}
	if id, ours := strings.CutPrefix(now.loginURI, t.LoginURI("")+"/"); ours && !strings.Contains(id, "/") {
		o.PlatformID = id
	}
	return o, nil
}

// fitToken reports whether a token can stand in a header.
func fitToken(token string) bool {
	return len(token) <= maxHint && !strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' })
}

// atRegistration asks the platform's registration endpoint. A nil document sends none.
func (t *Tool) atRegistration(ctx context.Context, cfg PlatformConfiguration, method string, doc []byte, token string) (status int, body []byte, err error) {
	r, err := http.NewRequestWithContext(ctx, method, cfg.RegistrationEndpoint, bytes.NewReader(doc))
	if err != nil {
		return 0, nil, &RegistrationError{Code: ConfigInvalid, Detail: "registration_endpoint", Err: err}
	}
	if doc != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Accept", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	resp, body, err := do(t.bearer, r)
	if err != nil {
		return 0, nil, unreachable("registration_endpoint", err)
	}
	if token != "" {
		// What the platform says is shown and logged; the token is neither, even if it comes back.
		body = bytes.ReplaceAll(body, []byte(token), nil)
	}
	return resp.StatusCode, body, nil
}
