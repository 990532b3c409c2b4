package lti

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// registrar is a Moodle that answers registrations as the recorded one did, at its own address.
type registrar struct {
	*httptest.Server
	config   map[string]any
	status   int
	answer   string
	got      map[string]any
	auth     string
	registry int
}

func newRegistrar(t *testing.T) (*registrar, *Tool) {
	t.Helper()
	type exchange struct {
		Response struct {
			Status int            `json:"status"`
			Body   map[string]any `json:"body"`
		} `json:"response"`
	}
	rec := recorded[exchange](t, "registration/3-registration.json")
	answer, err := json.Marshal(rec.Response.Body)
	if err != nil {
		t.Fatal(err)
	}
	r := &registrar{
		config: recorded[exchange](t, "registration/2-openid-configuration.json").Response.Body,
		status: rec.Response.Status,
		answer: string(answer),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /mod/lti/openid-configuration.php", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		if err := json.NewEncoder(w).Encode(r.config); err != nil {
			t.Error(err)
		}
	})
	mux.HandleFunc("POST /mod/lti/openid-registration.php", func(w http.ResponseWriter, req *http.Request) {
		r.registry++
		r.auth = req.Header.Get("Authorization")
		r.got = nil
		if err := json.NewDecoder(req.Body).Decode(&r.got); err != nil {
			t.Error(err)
		}
		w.WriteHeader(r.status)
		_, _ = io.WriteString(w, r.answer)
	})
	r.Server = httptest.NewServer(mux)
	t.Cleanup(r.Close)
	for k, v := range r.config {
		if s, ok := v.(string); ok {
			r.config[k] = strings.Replace(s, "https://moodle.localhost:8443", r.URL, 1)
		}
	}
	client := NewClient(true)
	t.Cleanup(client.CloseIdleConnections)
	return r, New(Config{BaseURL: testBase, Client: client})
}

func (r *registrar) configURL() string { return r.URL + "/mod/lti/openid-configuration.php" }

func wanted() Registration {
	return Registration{
		PlatformID: "p1", InstitutionID: "i1", ClientName: "Policies", Description: "Policies to accept",
		DeepLinkLabel: "Pick policies", LogoURI: testBase + "/logo.png",
		Custom: map[string]string{"country": "$Person.address.country"},
	}
}

func TestRegistrationWithMoodle(t *testing.T) {
	m, tool := newRegistrar(t)
	cfg, err := tool.Discover(t.Context(), m.configURL())
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Issuer != m.URL || cfg.ProductFamily != "moodle" || !strings.HasPrefix(cfg.Version, "4.5.6") ||
		len(cfg.Messages) != 2 || len(cfg.Scopes) != 8 || len(cfg.Claims) != 6 {
		t.Errorf("configuration %+v", cfg)
	}
	p, err := tool.Register(t.Context(), cfg, "registration-token", wanted())
	if err != nil {
		t.Fatal(err)
	}
	host := strings.TrimPrefix(m.URL, "http://")
	wantPlatform := Platform{
		ID: "p1", InstitutionID: "i1", Name: host, Issuer: m.URL, ClientID: "kvqBPVzdvMZUGdN",
		AuthURL: m.URL + "/mod/lti/auth.php", TokenURL: m.URL + "/mod/lti/token.php", JWKSURL: m.URL + "/mod/lti/certs.php",
		Deployments: []string{"1"}, Status: Pending,
	}
	if d := cmp.Diff(wantPlatform, p); d != "" {
		t.Error(d)
	}
	if m.auth != "Bearer registration-token" {
		t.Errorf("authorization %q", m.auth)
	}
	// What the recorded tool sent and Moodle took, at this tool's addresses.
	want := recorded[struct {
		Request struct {
			Body map[string]any `json:"body"`
		} `json:"request"`
	}](t, "registration/3-registration.json").Request.Body
	want["client_name"] = "Policies"
	want["initiate_login_uri"] = testBase + "/lti/login/p1"
	want["jwks_uri"] = testBase + "/lti/jwks"
	want["redirect_uris"] = []any{testBase + "/lti/launch"}
	const configuration = "https://purl.imsglobal.org/spec/lti-tool-configuration"
	conf, ok := want[configuration].(map[string]any)
	if !ok {
		t.Fatal("recording without tool configuration")
	}
	conf["description"] = "Policies to accept"
	conf["target_link_uri"] = testBase + "/lti/launch"
	conf["custom_parameters"] = map[string]any{"country": "$Person.address.country"}
	conf["messages"] = []any{
		map[string]any{"type": ResourceLinkRequest, "target_link_uri": testBase + "/lti/launch"},
		map[string]any{"type": DeepLinkingRequest, "target_link_uri": testBase + "/lti/launch", "label": "Pick policies"},
	}
	if d := cmp.Diff(want, m.got); d != "" {
		t.Error(d)
	}
}

func TestRegistrationAsksOnlyForWhatIsOffered(t *testing.T) {
	tool := New(Config{BaseURL: testBase})
	got := tool.registration(PlatformConfiguration{
		Scopes: []string{"openid", ScopeNRPS}, Claims: []string{"sub", "email"}, Messages: []string{ResourceLinkRequest, "Other"},
	}, wanted())
	if got.Scope != ScopeNRPS {
		t.Errorf("scope %q", got.Scope)
	}
	if d := cmp.Diff([]string{"sub", "email"}, got.Tool.Claims); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]toolMessage{{Type: ResourceLinkRequest, Target: testBase + "/lti/launch"}}, got.Tool.Messages); d != "" {
		t.Error(d)
	}
	if got.Tool.Domain != "tool.localhost:9443" {
		t.Errorf("domain %q", got.Tool.Domain)
	}
}

func checkRegistration(t *testing.T, err error, code RegistrationCode, detail string) {
	t.Helper()
	e, ok := errors.AsType[*RegistrationError](err)
	if !ok || e.Code != code || (detail != "" && e.Detail != detail) {
		t.Errorf("got %v, want %s (%s)", err, code, detail)
	}
}

func TestDiscoverRefusesHostileDocuments(t *testing.T) {
	tests := []struct {
		name   string
		change func(map[string]any)
		code   RegistrationCode
		detail string
	}{
		{"another issuer", with("issuer", "https://evil.test"), HostMismatch, "authorization_endpoint"},
		{"no issuer", without("issuer"), ConfigInvalid, "issuer"},
		{"issuer not an address", with("issuer", "moodle"), ConfigInvalid, "issuer"},
		{"issuer with a query", with("issuer", "https://evil.test/?a"), ConfigInvalid, "issuer"},
		{"issuer with a fragment", with("issuer", "https://evil.test/#a"), ConfigInvalid, "issuer"},
		{"issuer a number", with("issuer", 7), ConfigInvalid, "openid_configuration"},
		{"issuer too long", with("issuer", "https://moodle.test/"+strings.Repeat("x", 255)), ConfigInvalid, "issuer"},
		{"foreign key set", with("jwks_uri", "https://evil.test/certs"), HostMismatch, "jwks_uri"},
		{"foreign token endpoint", with("token_endpoint", "https://169.254.169.254/token"), HostMismatch, "token_endpoint"},
		{"foreign authorisation endpoint", with("authorization_endpoint", "https://evil.test/"), HostMismatch, "authorization_endpoint"},
		{"foreign registration endpoint", with("registration_endpoint", "https://evil.test/"), HostMismatch, "registration_endpoint"},
		{"no key set", without("jwks_uri"), ConfigInvalid, "jwks_uri"},
		{"key set in a file", with("jwks_uri", "file:///etc/passwd"), ConfigInvalid, "jwks_uri"},
		{"no registration endpoint", without("registration_endpoint"), ConfigInvalid, "registration_endpoint"},
		{"no id_token", with("response_types_supported", []string{"code"}), ConfigInvalid, "response_types_supported"},
		{"no RS256", with("id_token_signing_alg_values_supported", []string{"HS256"}), ConfigInvalid, "id_token_signing_alg_values_supported"},
		{"no private_key_jwt", with("token_endpoint_auth_methods_supported", []string{"client_secret_post"}), ConfigInvalid, "token_endpoint_auth_methods_supported"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, tool := newRegistrar(t)
			tt.change(m.config)
			_, err := tool.Discover(t.Context(), m.configURL())
			checkRegistration(t, err, tt.code, tt.detail)
		})
	}
	t.Run("a whole configuration of another host", func(t *testing.T) {
		m, tool := newRegistrar(t)
		for k, v := range maps.Clone(m.config) {
			if s, ok := v.(string); ok {
				m.config[k] = strings.Replace(s, m.URL, "https://moodle.test", 1)
			}
		}
		_, err := tool.Discover(t.Context(), m.configURL())
		checkRegistration(t, err, HostMismatch, "issuer")
	})
}

func TestDiscoverRefusesAddresses(t *testing.T) {
	m, open := newRegistrar(t)
	closed := New(Config{BaseURL: testBase})
	for _, address := range []string{
		"", "moodle", "http://127.0.0.1/", "https://127.0.0.1/", "https://169.254.169.254/", "https://10.0.0.1/c",
		"file:///etc/passwd", "https://user@moodle.test/", "https://moodle.test/#x", "http://moodle.test/", m.configURL(),
		"https://moodle.test/" + strings.Repeat("x", maxURL),
	} {
		_, err := closed.Discover(t.Context(), address)
		checkRegistration(t, err, AddressRefused, "openid_configuration")
	}
	_, err := open.Discover(t.Context(), m.URL+"/nothing")
	checkRegistration(t, err, PlatformUnreachable, "openid_configuration")
	m.Close()
	_, err = open.Discover(t.Context(), m.configURL())
	checkRegistration(t, err, PlatformUnreachable, "openid_configuration")
}

func TestRefusedRegistrations(t *testing.T) {
	const secret = "eyJ.secret.token"
	tests := []struct {
		name   string
		status int
		answer string
		code   RegistrationCode
		detail string
	}{
		{"token used", 401, "token_already_used", TokenUsed, "status 401 token_already_used"},
		{"bare text", 400, "missing required attribute jwks_uri\n", RegistrationRefused, "status 400 missing required attribute jwks_uri"},
		{"JSON", 400, `{"error":"invalid_client_metadata","error_description":"no\u0000"}`, RegistrationRefused, "status 400 invalid_client_metadata no"},
		{"a page", 404, "<html><script>", RegistrationRefused, "status 404"},
		{"bare text with status 200", 200, "Incorrect scope", RegistrationRefused, "status 200 Incorrect scope"},
		{"token sent back", 403, "bad " + secret + " bad", RegistrationRefused, "status 403 bad  bad"},
		{"long text", 400, strings.Repeat("x", 1000), RegistrationRefused, "status 400 " + strings.Repeat("x", 200)},
		{"server error", 500, "<html>", PlatformUnreachable, "status 500"},
		{"redirect", 307, "", RegistrationRefused, "status 307"},
		{"no client id", 200, `{}`, ConfigInvalid, "client_id"},
		{"client id a number", 200, `{"client_id":7}`, RegistrationRefused, ""},
		{"client id too long", 200, `{"client_id":"` + strings.Repeat("x", 256) + `"}`, ConfigInvalid, "client_id"},
		{"too large", 200, strings.Repeat("x", maxDocument+1), PlatformUnreachable, "registration_endpoint"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, tool := newRegistrar(t)
			cfg, err := tool.Discover(t.Context(), m.configURL())
			if err != nil {
				t.Fatal(err)
			}
			m.status, m.answer = tt.status, tt.answer
			_, err = tool.Register(t.Context(), cfg, secret, wanted())
			checkRegistration(t, err, tt.code, tt.detail)
			if err != nil && strings.Contains(err.Error(), secret) {
				t.Errorf("the error holds the token: %v", err)
			}
		})
	}
}

func TestRegistrationWithoutDeployment(t *testing.T) {
	m, tool := newRegistrar(t)
	cfg, err := tool.Discover(t.Context(), m.configURL())
	if err != nil {
		t.Fatal(err)
	}
	m.status, m.answer = http.StatusCreated, `{"client_id":"c"}`
	want := wanted()
	want.Name = "CVUPT"
	p, err := tool.Register(t.Context(), cfg, "", want)
	if err != nil || p.ClientID != "c" || p.Deployments != nil || p.Name != "CVUPT" || m.auth != "" {
		t.Errorf("got %+v, %v, authorization %q", p, err, m.auth)
	}
}

func TestTokenGoesNowhereElse(t *testing.T) {
	m, tool := newRegistrar(t)
	cfg, err := tool.Discover(t.Context(), m.configURL())
	if err != nil {
		t.Fatal(err)
	}
	moved := cfg
	moved.RegistrationEndpoint = "https://evil.test/register"
	_, err = tool.Register(t.Context(), moved, "token", wanted())
	checkRegistration(t, err, HostMismatch, "registration_endpoint")
	_, err = tool.Register(t.Context(), cfg, "to\r\nken", wanted())
	checkRegistration(t, err, RegistrationRefused, "registration_token")
	if m.registry != 0 {
		t.Errorf("%d registrations", m.registry)
	}
}

func FuzzRegistrationDocument(f *testing.F) {
	rec := recorded[struct {
		Response struct {
			Body json.RawMessage `json:"body"`
		} `json:"response"`
	}](f, "registration/2-openid-configuration.json")
	f.Add([]byte(rec.Response.Body))
	f.Add([]byte(`{"issuer":"https://a"}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		cfg, err := parsePlatformConfiguration(doc)
		if err != nil {
			if _, ok := errors.AsType[*RegistrationError](err); !ok {
				t.Errorf("got %v", err)
			}
			return
		}
		issuer, err := url.Parse(cfg.Issuer)
		if err != nil {
			t.Fatal(err)
		}
		for _, address := range []string{cfg.AuthorizationEndpoint, cfg.TokenEndpoint, cfg.JWKSURI, cfg.RegistrationEndpoint} {
			u, err := url.Parse(address)
			if err != nil || u.User != nil || u.Scheme != issuer.Scheme || !strings.EqualFold(u.Hostname(), issuer.Hostname()) {
				t.Errorf("%q for issuer %q: %v", address, cfg.Issuer, err)
			}
		}
	})
}
