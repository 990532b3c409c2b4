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
)

// RegistrationCode says why a registration failed.
type RegistrationCode string

// The codes of failed registrations.
const (
	ConfigInvalid       RegistrationCode = "config_invalid"       // the platform's document is not what it must be
	HostMismatch        RegistrationCode = "host_mismatch"        // it names addresses that are not the platform's
	AddressRefused      RegistrationCode = "address_refused"      // not https, or not a public address
	PlatformUnreachable RegistrationCode = "platform_unreachable" // no answer, or one that the platform is sorry for
	RegistrationRefused RegistrationCode = "registration_refused" // the platform said no
	TokenUsed           RegistrationCode = "token_used"           // the platform has registered a tool with this token
	SiteMoved           RegistrationCode = "site_moved"           // it is known at another address
)

// RegistrationError is a failed registration. Detail names the field concerned, or is what the platform
// said, cleaned and cut; it holds no token and may be shown.
type RegistrationError struct {
	Code   RegistrationCode
	Detail string
	Err    error // cause, for the log
}

func (e *RegistrationError) Error() string {
	s := string(e.Code)
	if e.Detail != "" {
		s += " (" + e.Detail + ")"
	}
	if e.Err != nil {
		s = fmt.Sprintf("%s: %v", s, e.Err)
	}
	return s
}

// Unwrap returns the cause.
func (e *RegistrationError) Unwrap() error { return e.Err }

// PlatformConfiguration is a platform's own description (Dynamic Registration 1.0, 2.1.2), as far as the
// tool needs it. [Tool.Discover] makes one and has checked that all of its addresses are the issuer's.
type PlatformConfiguration struct {
	Issuer                string
	AuthorizationEndpoint string
	TokenEndpoint         string
	JWKSURI               string
	RegistrationEndpoint  string
	Scopes                []string // scopes_supported
	Claims                []string // claims_supported
	Messages              []string // types of messages_supported
	ProductFamily         string   // "moodle"
	Version               string
}

// Registration is what the tool says of itself to a platform, and what it will call the platform.
type Registration struct {
	PlatformID    string // id of the platform to be, part of its login address; empty: the common one
	InstitutionID string
	Name          string // name of the platform to be; empty: the issuer's host
	ClientName    string // the tool's name, required
	Description   string
	DeepLinkLabel string            // label of the deep linking message
	LogoURI       string            // empty: none
	Custom        map[string]string // custom parameters with their substitutions; nil: none
}

// Discover fetches a platform's configuration and checks it (Dynamic Registration 1.0, 3.4): the address
// must be on the host of the issuer that the document names, and so must every endpoint. Failures are
// [*RegistrationError].
func (t *Tool) Discover(ctx context.Context, configURL string) (PlatformConfiguration, error) {
	u, err := url.Parse(configURL)
	if err != nil || len(configURL) > maxURL || origin(u) == "" || u.Fragment != "" {
		return PlatformConfiguration{}, &RegistrationError{Code: AddressRefused, Detail: "openid_configuration"}
	}
	_, body, err := get(ctx, t.client, configURL)
	if err != nil {
		return PlatformConfiguration{}, unreachable("openid_configuration", err)
	}
	cfg, err := parsePlatformConfiguration(body)
	if err != nil {
		return PlatformConfiguration{}, err
	}
	if origin(u) != originOf(cfg.Issuer) {
		return PlatformConfiguration{}, &RegistrationError{Code: HostMismatch, Detail: "issuer"}
	}
	return cfg, nil
}

// unreachable tells addresses that the guarded client refused from platforms that do not answer.
func unreachable(what string, err error) *RegistrationError {
	code := PlatformUnreachable
	if _, ok := errors.AsType[*AddressError](err); ok {
		code = AddressRefused
	}
	return &RegistrationError{Code: code, Detail: what, Err: err}
}

func parsePlatformConfiguration(doc []byte) (PlatformConfiguration, error) {
	var d struct {
		Issuer        string   `json:"issuer"`
		Authorization string   `json:"authorization_endpoint"`
		Token         string   `json:"token_endpoint"`
		JWKS          string   `json:"jwks_uri"`
		Registration  string   `json:"registration_endpoint"`
		Scopes        []string `json:"scopes_supported"`
		Claims        []string `json:"claims_supported"`
		Types         []string `json:"response_types_supported"`
		Methods       []string `json:"token_endpoint_auth_methods_supported"`
		Algs          []string `json:"id_token_signing_alg_values_supported"`
		LTI           struct {
			Family   string `json:"product_family_code"`
			Version  string `json:"version"`
			Messages []struct {
				Type string `json:"type"`
			} `json:"messages_supported"`
		} `json:"https://purl.imsglobal.org/spec/lti-platform-configuration"`
	}
	if err := json.Unmarshal(doc, &d); err != nil {
		return PlatformConfiguration{}, &RegistrationError{Code: ConfigInvalid, Detail: "openid_configuration", Err: err}
	}
	for _, need := range []struct {
		field, value string
		offered      []string
	}{
		{"response_types_supported", "id_token", d.Types},
		{"token_endpoint_auth_methods_supported", "private_key_jwt", d.Methods},
		{"id_token_signing_alg_values_supported", "RS256", d.Algs},
	} {
		// A platform that says nothing may still do it.
		if len(need.offered) > 0 && !slices.Contains(need.offered, need.value) {
			return PlatformConfiguration{}, &RegistrationError{Code: ConfigInvalid, Detail: need.field}
		}
	}
	cfg := PlatformConfiguration{
		Issuer:                d.Issuer,
		AuthorizationEndpoint: d.Authorization,
		TokenEndpoint:         d.Token,
		JWKSURI:               d.JWKS,
		RegistrationEndpoint:  d.Registration,
		Scopes:                d.Scopes,
		Claims:                d.Claims,
		ProductFamily:         clean(d.LTI.Family, 64),
		Version:               clean(d.LTI.Version, 64),
	}
	for _, m := range d.LTI.Messages {
		cfg.Messages = append(cfg.Messages, m.Type)
	}
	if err := cfg.check(); err != nil {
		return PlatformConfiguration{}, err
	}
	return cfg, nil
}

// check refuses a configuration whose addresses are not all of one origin.
func (c PlatformConfiguration) check() error {
	issuer, err := url.Parse(c.Issuer)
	if err != nil || len(c.Issuer) > maxID || origin(issuer) == "" ||
		issuer.RawQuery != "" || issuer.ForceQuery || issuer.Fragment != "" {
		return &RegistrationError{Code: ConfigInvalid, Detail: "issuer", Err: err}
	}
	for _, e := range []struct{ field, address string }{
		{"authorization_endpoint", c.AuthorizationEndpoint},
		{"token_endpoint", c.TokenEndpoint},
		{"jwks_uri", c.JWKSURI},
		{"registration_endpoint", c.RegistrationEndpoint},
	} {
		u, err := url.Parse(e.address)
		if err != nil || e.address == "" || len(e.address) > maxURL || origin(u) == "" || u.Fragment != "" {
			return &RegistrationError{Code: ConfigInvalid, Detail: e.field, Err: err}
		}
		if origin(u) != origin(issuer) {
			return &RegistrationError{Code: HostMismatch, Detail: e.field}
		}
	}
	return nil
}

// toolConfiguration is the tool's part of a registration (Dynamic Registration 1.0, 3.5.1 and 3.5.2).
type toolConfiguration struct {
	Domain       string            `json:"domain"`
	Target       string            `json:"target_link_uri"`
	Description  string            `json:"description,omitempty"`
	Custom       map[string]string `json:"custom_parameters,omitempty"`
	Claims       []string          `json:"claims"`
	Messages     []toolMessage     `json:"messages"`
	DeploymentID string            `json:"deployment_id,omitempty"` // in the answer
}

type toolMessage struct {
	Type   string `json:"type"`
	Target string `json:"target_link_uri"`
	Label  string `json:"label,omitempty"`
}

type clientRegistration struct {
	ApplicationType string            `json:"application_type"`
	ResponseTypes   []string          `json:"response_types"`
	GrantTypes      []string          `json:"grant_types"`
	LoginURI        string            `json:"initiate_login_uri"`
	RedirectURIs    []string          `json:"redirect_uris"`
	ClientName      string            `json:"client_name"`
	JWKSURI         string            `json:"jwks_uri"`
	LogoURI         string            `json:"logo_uri,omitempty"`
	AuthMethod      string            `json:"token_endpoint_auth_method"`
	Scope           string            `json:"scope"`
	Tool            toolConfiguration `json:"https://purl.imsglobal.org/spec/lti-tool-configuration"`
}

// registration says what the tool is and what it wants, within what the platform offers: some platforms
// refuse the rest.
func (t *Tool) registration(cfg PlatformConfiguration, want Registration) clientRegistration {
	within := func(offered []string, wanted ...string) []string {
		out := []string{}
		for _, w := range wanted {
			if slices.Contains(offered, w) {
				out = append(out, w)
			}
		}
		return out
	}
	// Moodle shares names and addresses only with tools that ask for them.
	claims := []string{"iss", "sub", "name", "given_name", "family_name", "email"}
	if len(cfg.Claims) > 0 {
		claims = within(cfg.Claims, claims...)
	}
	messages := []toolMessage{}
	for _, m := range within(cfg.Messages, ResourceLinkRequest, DeepLinkingRequest) {
		tm := toolMessage{Type: m, Target: t.RedirectURI()}
		if m == DeepLinkingRequest {
			tm.Label = want.DeepLinkLabel
		}
		messages = append(messages, tm)
	}
	_, host, _ := strings.Cut(t.origin, "://")
	return clientRegistration{
		ApplicationType: "web",
		ResponseTypes:   []string{"id_token"},
		GrantTypes:      []string{"implicit", "client_credentials"},
		LoginURI:        t.LoginURI(want.PlatformID),
		RedirectURIs:    []string{t.RedirectURI()},
		ClientName:      want.ClientName,
		JWKSURI:         t.JWKSURI(),
		LogoURI:         want.LogoURI,
		AuthMethod:      "private_key_jwt",
		Scope:           strings.Join(within(cfg.Scopes, ScopeLineItem, ScopeResult, ScopeScore, ScopeNRPS), " "),
		Tool: toolConfiguration{
			Domain:      host,
			Target:      t.RedirectURI(),
			Description: want.Description,
			Custom:      want.Custom,
			Claims:      claims,
			Messages:    messages,
		},
	}
}

// Register registers the tool with a platform that [Tool.Discover] described and returns the platform as it
// is to be stored: pending, with the client id and, if the platform named one, the deployment. The token
// goes to the registration endpoint and nowhere else. Failures are [*RegistrationError]; the token is used
// up by a refusal too, so that trying again needs a new one.
func (t *Tool) Register(ctx context.Context, cfg PlatformConfiguration, registrationToken string, want Registration) (Platform, error) {
	if err := cfg.check(); err != nil {
		return Platform{}, err
	}
	if !fitToken(registrationToken) {
		return Platform{}, &RegistrationError{Code: RegistrationRefused, Detail: "registration_token"}
	}
	doc, err := json.Marshal(t.registration(cfg, want))
	if err != nil {
		return Platform{}, fmt.Errorf("encoding the registration: %w", err)
	}
	status, body, err := t.atRegistration(ctx, cfg, http.MethodPost, doc, registrationToken)
	if err != nil {
		return Platform{}, err
	}
	answer, err := parseRegistration(status, body)
	if err != nil {
		return Platform{}, err
	}
	p := cfg.Platform(want, answer.clientID)
	if answer.deploymentID != "" {
		p.Deployments = []string{answer.deploymentID}
	}
	return p, nil
}

// Platform is the platform with a client id, as it is to be stored: pending, and without a deployment, which its first
// launch tells.
func (c PlatformConfiguration) Platform(want Registration, clientID string) Platform {
	p := Platform{
		ID:            want.PlatformID,
		InstitutionID: want.InstitutionID,
		Name:          want.Name,
		Issuer:        c.Issuer,
		ClientID:      clientID,
		AuthURL:       c.AuthorizationEndpoint,
		TokenURL:      c.TokenEndpoint,
		JWKSURL:       c.JWKSURI,
		Status:        Pending,
	}
	if p.Name == "" {
		_, p.Name, _ = strings.Cut(originOf(c.Issuer), "://")
	}
	return p
}

// registered is what a platform says of the tool that it has.
type registered struct{ clientID, deploymentID, loginURI string }

// parseRegistration reads a platform's answer to a registration. Moodle's refusals are bare text, those of
// others JSON with an error (RFC 7591, 3.2.2).
func parseRegistration(status int, body []byte) (registered, error) {
	switch {
	case status >= 500:
		return registered{}, &RegistrationError{Code: PlatformUnreachable, Detail: fmt.Sprintf("status %d", status)}
	case status == http.StatusUnauthorized && strings.Contains(string(body), "token_already_used"):
		return registered{}, &RegistrationError{Code: TokenUsed, Detail: reason(status, body)}
	case status != http.StatusOK && status != http.StatusCreated:
		return registered{}, &RegistrationError{Code: RegistrationRefused, Detail: reason(status, body)}
	}
	var d struct {
		ClientID string `json:"client_id"`
		LoginURI string `json:"initiate_login_uri"`
		Tool     struct {
			DeploymentID string `json:"deployment_id"`
		} `json:"https://purl.imsglobal.org/spec/lti-tool-configuration"`
	}
	if err := json.Unmarshal(body, &d); err != nil {
		return registered{}, &RegistrationError{Code: RegistrationRefused, Detail: reason(status, body), Err: err}
	}
	if d.ClientID == "" || !identifier(d.ClientID) {
		return registered{}, &RegistrationError{Code: ConfigInvalid, Detail: "client_id"}
	}
	if !identifier(d.Tool.DeploymentID) {
		return registered{}, &RegistrationError{Code: ConfigInvalid, Detail: "deployment_id"}
	}
	return registered{d.ClientID, d.Tool.DeploymentID, d.LoginURI}, nil
}

// reason makes a line of a refusal.
func reason(status int, body []byte) string {
	var d struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	said := string(body)
	if err := json.Unmarshal(body, &d); err == nil {
		said = strings.TrimSpace(d.Error + " " + d.Description)
	} else if strings.Contains(said, "<") {
		said = "" // a page for people, from which no line can be made
	}
	return strings.TrimSpace(fmt.Sprintf("status %d %s", status, clean(said, 200)))
}
