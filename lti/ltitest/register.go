package ltitest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const (
	toolConfiguration = "https://purl.imsglobal.org/spec/lti-tool-configuration"
	scopeOutcome      = "https://purl.imsglobal.org/spec/lti-bo/scope/basicoutcome"
	scopeToolSetting  = "https://purl.imsglobal.org/spec/lti-ts/scope/toolsetting"
)

// configuration is the platform's document for dynamic registration.
func (p *Platform) configuration(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Write(asciiJSON(map[string]any{
		"issuer":                                p.o.Issuer,
		"token_endpoint":                        p.Endpoint("token.php"),
		"token_endpoint_auth_methods_supported": []string{"private_key_jwt"},
		"token_endpoint_auth_signing_alg_values_supported": []string{"RS256"},
		"jwks_uri":               p.Endpoint("certs.php"),
		"authorization_endpoint": p.Endpoint("auth.php"),
		"registration_endpoint":  p.Endpoint("openid-registration.php"),
		"scopes_supported": []string{scopeOutcome, scope("lineitem.readonly"), scope("result.readonly"), scope("score"),
			scope("lineitem"), ScopeNRPS, scopeToolSetting, "openid"},
		"response_types_supported":              []string{"id_token"},
		"subject_types_supported":               []string{"public", "pairwise"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"claims_supported":                      []string{"sub", "iss", "name", "given_name", "family_name", "email"},
		"https://purl.imsglobal.org/spec/lti-platform-configuration": map[string]any{
			"product_family_code": "moodle",
			"version":             moodleRelease,
			"messages_supported": []any{
				map[string]any{"type": resourceLinkRequest},
				map[string]any{"type": deepLinkingRequest, "placements": []string{"ContentArea"}},
			},
			"variables": variables(),
		},
	}))
}

func variables() []string {
	return strings.Fields(`basic-lti-launch-request ContentItemSelectionRequest ToolProxyRegistrationRequest
		Context.id Context.title Context.label Context.id.history Context.sourcedId Context.longDescription
		Context.timeFrame.begin CourseSection.title CourseSection.label CourseSection.sourcedId
		CourseSection.longDescription CourseSection.timeFrame.begin CourseSection.timeFrame.end
		ResourceLink.id ResourceLink.title ResourceLink.description User.id User.username
		Person.name.full Person.name.given Person.name.family Person.email.primary Person.sourcedId Person.name.middle
		Person.address.street1 Person.address.locality Person.address.country Person.address.timezone
		Person.phone.primary Person.phone.mobile Person.webaddress Membership.role Result.sourcedId Result.autocreate
		BasicOutcome.sourcedId BasicOutcome.url Moodle.Person.userGroupIds`)
}

// RegistrationURL is where an admin's browser is sent when toolURL is entered as a new LTI Advantage tool:
// the tool's address with the platform's document and a token of one hour that registers one tool.
func (p *Platform) RegistrationURL(toolURL string) string {
	return p.registrationURL(toolURL, p.word(15), "reg")
}

// UpdateURL is the same for a tool that is registered already.
func (p *Platform) UpdateURL(toolURL string, typeID int64) string {
	return p.registrationURL(toolURL, strconv.FormatInt(typeID, 10), "reg-update")
}

func (p *Platform) registrationURL(toolURL, sub, scope string) string {
	now := p.o.Now().Unix()
	return withQuery(toolURL, url.Values{
		"openid_configuration": {p.Endpoint("openid-configuration.php")},
		"registration_token": {p.signer.Sign(map[string]any{
			"sub": sub, "scope": scope, "iat": now, "exp": now + 3600}, nil)},
	})
}

func (p *Platform) startRegistration(w http.ResponseWriter, r *http.Request) {
	s, ok := p.admin(w, r)
	if !ok || !p.key(w, r, s) {
		return
	}
	address := r.FormValue("url")
	if u, err := url.Parse(address); err != nil || u.Host == "" {
		p.fail(w, r, "invalidrequest", "Invalid request")
		return
	}
	next := p.RegistrationURL(address)
	if id := number(r.FormValue("type")); id != 0 {
		next = p.UpdateURL(address, id)
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
}

// bareError is the answer of the registration endpoint to a mistake of the tool: a text without any markup.
type bareError struct {
	status int
	text   string
}

func (e bareError) Error() string { return e.text }

func (p *Platform) registration(w http.ResponseWriter, r *http.Request) {
	bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		bare(w, bareError{http.StatusUnauthorized, "missing_registration_token"})
		return
	}
	token, err := parseJWT(strings.TrimSpace(bearer))
	var claims struct {
		Sub, Scope string
		Exp        int64
	}
	if err != nil || !token.verify(&p.o.Key.PublicKey) || json.Unmarshal(token.payload, &claims) != nil ||
		p.o.Now().Unix() >= claims.Exp {
		p.fail(w, r, "generalexceptionmessage", "Exception - Expired token or signature verification failed")
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	answer, err := p.register(r, claims.Sub, claims.Scope)
	if err != nil {
		bare(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Write(asciiJSON(answer))
}

func bare(w http.ResponseWriter, err error) {
	e, ok := err.(bareError)
	if !ok {
		e = bareError{http.StatusInternalServerError, err.Error()}
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(e.status)
	fmt.Fprint(w, e.text)
}

func (p *Platform) register(r *http.Request, sub, scope string) (map[string]any, error) {
	var old Tool
	switch scope {
	case "reg":
		if _, used := p.toolByClient(sub); used {
			return nil, bareError{http.StatusUnauthorized, "token_already_used"}
		}
		old.ClientID, old.Pending = sub, true
	case "reg-update":
		t, ok := p.tools[number(sub)]
		if !ok {
			return nil, bareError{http.StatusBadRequest, "Unknown client"}
		}
		old = t
	default:
		return nil, bareError{http.StatusForbidden, "Incorrect scope"}
	}
	switch {
	case r.Method == http.MethodGet && scope == "reg-update":
		return registrationAnswer(old), nil
	case r.Method != http.MethodPost:
		return nil, bareError{http.StatusBadRequest, "Unsupported operation"}
	}
	var in map[string]any
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return nil, bareError{http.StatusNotFound, "Error: Cannot read the registration"}
	}
	t, err := readRegistration(in, old)
	if err != nil {
		return nil, err
	}
	return registrationAnswer(p.addTool(t)), nil
}

// readRegistration checks and takes over what a tool sent.
func readRegistration(in map[string]any, t Tool) (Tool, error) {
	invalid := func(text string) (Tool, error) { return Tool{}, bareError{http.StatusBadRequest, text} }
	for _, k := range []string{"response_types", "initiate_login_uri", "redirect_uris", "client_name", "jwks_uri",
		"token_endpoint_auth_method", toolConfiguration} {
		if isEmpty(in[k]) {
			return invalid("missing required attribute " + k)
		}
	}
	lti, _ := in[toolConfiguration].(map[string]any)
	if isEmpty(lti["domain"]) {
		return invalid("missing_domain")
	}
	t.Domain = text(lti["domain"])
	t.TargetLinkURI = cmp.Or(text(lti["target_link_uri"]), "https://"+t.Domain)
	if u, err := url.Parse(t.TargetLinkURI); err != nil || strings.TrimPrefix(u.Host, "www.") != strings.TrimPrefix(t.Domain, "www.") {
		return invalid("domain_targetlinkuri_mismatch")
	}
	if !slices.Contains(list(in["response_types"]), "id_token") {
		return invalid("invalid_response_types")
	}
	if _, ok := in["redirect_uris"].([]any); !ok {
		return invalid("invalid_redirect_uris")
	}
	if text(in["token_endpoint_auth_method"]) != "private_key_jwt" {
		return invalid("invalid_token_endpoint_auth_method")
	}
	if kind := text(in["application_type"]); kind != "" && kind != "web" {
		return invalid("invalid_application_type")
	}
	t.LoginURL, t.RedirectURIs, t.Name = text(in["initiate_login_uri"]), list(in["redirect_uris"]), text(in["client_name"])
	t.JWKSURL, t.LogoURI, t.Description = text(in["jwks_uri"]), text(in["logo_uri"]), text(lti["description"])
	t.Custom = map[string]string{}
	if custom, ok := lti["custom_parameters"].(map[string]any); ok {
		for k, v := range custom {
			t.Custom[k] = text(v)
		}
	}
	claims := list(lti["claims"])
	t.ShareName = slices.ContainsFunc(claims, func(c string) bool { return c == "name" || c == "given_name" || c == "family_name" })
	t.ShareEmail = slices.Contains(claims, "email")
	scopes := strings.Fields(text(in["scope"]))
	t.NRPS, t.AGS = slices.Contains(scopes, ScopeNRPS), 0
	for _, s := range []string{"score", "result.readonly", "lineitem.readonly"} {
		if slices.Contains(scopes, scope(s)) {
			t.AGS = 1
		}
	}
	if slices.Contains(scopes, scope("lineitem")) {
		t.AGS = 2
	}
	t.DeepLinking, t.DeepLinkURI = false, ""
	messages, _ := lti["messages"].([]any)
	for _, m := range messages {
		if m, ok := m.(map[string]any); ok && text(m["type"]) == deepLinkingRequest {
			t.DeepLinking, t.DeepLinkURI = true, text(m["target_link_uri"])
		}
	}
	return t, nil
}

func registrationAnswer(t Tool) map[string]any {
	var scopes []string
	if t.AGS > 0 { // lineitem stands here whenever any of the service's scopes was asked for
		scopes = append(scopes, scope("score"), scope("result.readonly"), scope("lineitem.readonly"), scope("lineitem"))
	}
	if t.NRPS {
		scopes = append(scopes, ScopeNRPS)
	}
	claims := []string{"sub", "iss"}
	if t.ShareName {
		claims = append(claims, "name", "family_name", "given_name")
	}
	if t.ShareEmail {
		claims = append(claims, "email")
	}
	messages := []any{}
	if t.DeepLinking {
		m := map[string]any{"type": deepLinkingRequest}
		if t.DeepLinkURI != "" {
			m["target_link_uri"] = t.DeepLinkURI
		}
		messages = append(messages, m)
	}
	return map[string]any{
		"client_id": t.ClientID, "response_types": []string{"id_token"}, "jwks_uri": t.JWKSURL,
		"initiate_login_uri": t.LoginURL, "grant_types": []string{"client_credentials", "implicit"},
		"redirect_uris": t.RedirectURIs, "application_type": "web", "token_endpoint_auth_method": "private_key_jwt",
		"client_name": t.Name, "logo_uri": t.LogoURI, "scope": strings.Join(scopes, " "),
		toolConfiguration: map[string]any{
			"version": "1.3.0", "deployment_id": t.DeploymentID(), "target_link_uri": t.TargetLinkURI, "domain": t.Domain,
			"description": t.Description, "messages": messages, "custom_parameters": t.Custom, "claims": claims,
		},
	}
}

// isEmpty is PHP's empty for decoded JSON.
func isEmpty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == "" || v == "0"
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	case bool:
		return !v
	}
	return false
}

// text cleans a value to plain text, as Moodle does with every string of a registration.
func text(v any) string {
	s, _ := v.(string)
	return plain(s)
}

func list(v any) []string {
	var out []string
	items, _ := v.([]any)
	for _, i := range items {
		out = append(out, text(i))
	}
	return out
}
