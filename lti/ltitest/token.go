package ltitest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

// token gives out access tokens for a client assertion. As in Moodle issuer, audience and jti of the
// assertion are not looked at, its times only if present and without leeway.
func (p *Platform) token(w http.ResponseWriter, r *http.Request) {
	content, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	get := r.PostFormValue
	if r.Method != http.MethodPost || content != "application/x-www-form-urlencoded" ||
		get("client_assertion") == "" || get("client_assertion_type") == "" || get("grant_type") == "" || get("scope") == "" {
		tokenError(w, "invalid_request")
		return
	}
	if get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" || get("grant_type") != "client_credentials" {
		tokenError(w, "unsupported_grant_type")
		return
	}
	assertion, err := parseJWT(get("client_assertion"))
	var claims struct {
		Sub           string
		Exp, Nbf, Iat *float64
	}
	if err != nil || json.Unmarshal(assertion.payload, &claims) != nil || claims.Sub == "" {
		tokenError(w, "invalid_request")
		return
	}
	p.mu.Lock()
	t, ok := p.toolByClient(claims.Sub)
	p.mu.Unlock()
	if !ok {
		tokenError(w, "invalid_client")
		return
	}
	if err := p.verifyTool(r.Context(), t, assertion); errors.Is(err, errNoKeySet) {
		exceptionPage(w)
		return
	} else if err != nil {
		tokenError(w, err.Error())
		return
	}
	now := p.o.Now()
	early := func(at *float64) bool { return at != nil && *at > float64(now.Unix()) }
	switch {
	case early(claims.Nbf):
		tokenError(w, "Cannot handle token with nbf prior to "+clock(*claims.Nbf))
		return
	case early(claims.Iat):
		tokenError(w, "Cannot handle token with iat prior to "+clock(*claims.Iat))
		return
	case claims.Exp != nil && float64(now.Unix()) >= *claims.Exp:
		tokenError(w, "Expired token")
		return
	}
	permitted := t.scopes()
	scopes := slices.DeleteFunc(strings.Split(get("scope"), " "), func(s string) bool { return !slices.Contains(permitted, s) })
	if len(scopes) == 0 {
		tokenError(w, "invalid_scope")
		return
	}
	value := p.hex(16)
	p.mu.Lock()
	p.access[value] = accessToken{typeID: t.TypeID, scopes: scopes, expires: now.Add(time.Hour)}
	p.mu.Unlock()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write(asciiJSON(struct {
		AccessToken string `json:"access_token"`
		TokenType   string `json:"token_type"`
		ExpiresIn   int    `json:"expires_in"`
		Scope       string `json:"scope"`
	}{value, "Bearer", 3600, strings.Join(scopes, " ")}))
}

func clock(at float64) string {
	return time.Unix(int64(at), 0).UTC().Format("2006-01-02T15:04:05-0700")
}

func tokenError(w http.ResponseWriter, code string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(http.StatusBadRequest)
	w.Write(asciiJSON(map[string]string{"error": code}))
}

func (p *Platform) toolByClient(clientID string) (Tool, bool) {
	for _, t := range p.tools {
		if t.ClientID == clientID {
			return t, true
		}
	}
	return Tool{}, false
}

// verifyTool checks a signature of the tool with its key set, which is kept without end and fetched again
// once when the check fails.
func (p *Platform) verifyTool(ctx context.Context, t Tool, token parsedJWT) error {
	p.mu.Lock()
	keys, cached := p.keysets[t.ClientID]
	p.mu.Unlock()
	if cached && verifyWith(keys, token) == nil {
		return nil
	}
	keys, err := p.fetchKeys(ctx, t.JWKSURL)
	if err != nil {
		return err
	}
	p.mu.Lock()
	p.keysets[t.ClientID] = keys
	p.mu.Unlock()
	return verifyWith(keys, token)
}

func verifyWith(keys []jwk, token parsedJWT) error {
	if token.header.Kid == "" {
		return phpError(`"kid" empty, unable to lookup correct key`)
	}
	at := slices.IndexFunc(keys, func(k jwk) bool { return k.Kid == token.header.Kid })
	switch {
	case at < 0:
		return phpError(`"kid" invalid, unable to lookup correct key`)
	case token.header.Alg != "RS256" || keys[at].Alg != "" && keys[at].Alg != "RS256":
		return phpError("Incorrect key for this algorithm")
	}
	key, err := keys[at].public()
	if err != nil || !token.verify(key) {
		return phpError("Signature verification failed")
	}
	return nil
}

// errNoKeySet is a key set that could not be fetched. Moodle then reads nothing as a key set, which ends in an error of
// PHP and not in an exception that token.php would catch.
var errNoKeySet = errors.New("the tool's key set could not be fetched")

// exceptionPage is how a script of Moodle ends by itself.
func exceptionPage(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(http.StatusNotFound)
	_, _ = io.WriteString(w, "<!DOCTYPE html><title>Error</title><p>Exception - mod_lti\\local\\ltiopenid\\jwks_helper::fix_jwks_alg(): "+
		"Argument #1 ($jwks) must be of type array, null given</p>")
}

func (p *Platform) fetchKeys(ctx context.Context, address string) ([]jwk, error) {
	if p.blocks(address) {
		return nil, errNoKeySet
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("fetching the tool's key set: %w", err)
	}
	res, err := p.o.Client.Do(req)
	if err != nil {
		return nil, errNoKeySet
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	var set struct{ Keys []jwk }
	if err != nil || res.StatusCode != http.StatusOK || json.Unmarshal(body, &set) != nil {
		return nil, errNoKeySet
	}
	if len(set.Keys) == 0 {
		return nil, phpError("JWK Set did not contain any keys")
	}
	return set.Keys, nil
}

// SecureHTTP switches Moodle's HTTP security on, as Moodle is delivered, or off: no private addresses, and no ports but 80
// and 443. The stand-in looks at addresses as they are written.
func (p *Platform) SecureHTTP(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.secure = on
}

func (p *Platform) blocks(address string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	u, err := url.Parse(address)
	if err != nil || !p.secure {
		return err != nil
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return err == nil && (ip.IsLoopback() || ip.IsPrivate()) || u.Hostname() == "localhost" || u.Port() != "" && u.Port() != "80" && u.Port() != "443"
}

// ForgetKeySets empties the cache in which Moodle keeps tools' key sets.
func (p *Platform) ForgetKeySets() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.keysets)
}

// phpError is the text of an exception that Moodle hands out as it is.
type phpError string

func (e phpError) Error() string { return string(e) }
