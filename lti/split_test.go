package lti

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"
	"testing"
)

func TestEveryTokenRule(t *testing.T) {
	key, stranger := testKeys()[0], testKeys()[1]
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	publicPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	payload := encode(launchClaims(t))
	head := func(changes ...any) string {
		h := rs256()
		for i := 0; i < len(changes); i += 2 {
			name, _ := changes[i].(string)
			h[name] = changes[i+1]
		}
		return encode(h)
	}
	good := signRaw(key, head(), payload)
	parts := strings.Split(good, ".")
	hs := func() string {
		input := head("alg", "HS256") + "." + payload
		m := hmac.New(sha256.New, publicPEM)
		m.Write([]byte(input))
		return input + "." + base64.RawURLEncoding.EncodeToString(m.Sum(nil))
	}
	es := func() string {
		input := head("alg", "ES256") + "." + payload
		sum := sha256.Sum256([]byte(input))
		r, s, err := ecdsa.Sign(rand.Reader, ec, sum[:])
		if err != nil {
			t.Fatal(err)
		}
		var sig [64]byte
		r.FillBytes(sig[:32])
		s.FillBytes(sig[32:])
		return input + "." + base64.RawURLEncoding.EncodeToString(sig[:])
	}
	raw := func(doc string) string {
		return signRaw(key, head(), base64.RawURLEncoding.EncodeToString([]byte(doc)))
	}
	rawHead := func(doc string) string {
		return signRaw(key, base64.RawURLEncoding.EncodeToString([]byte(doc)), payload)
	}
	// A last character with other unused bits decodes to the same signature in a lenient decoder.
	stray := good[:len(good)-1] + string(good[len(good)-1]+1)
	tests := []struct {
		name, token string
		code        Code
		detail      string
	}{
		{"good", good, "", ""},
		{"empty", "", TokenMalformed, "id_token"},
		{"not a token", "abc", TokenMalformed, "id_token"},
		{"too long", strings.Repeat("a", MaxToken-1) + "..", TokenTooLong, "id_token"},
		{"JWE", "a.b.c.d.e", TokenMalformed, "id_token"},
		{"JSON serialization", `{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`, TokenMalformed, "id_token"},
		{"JSON serialization with dots", `{"a":"..","payload":""}`, TokenMalformed, "header"},
		{"header too long", strings.Repeat("A", maxHeader+1) + "." + parts[1] + "." + parts[2], TokenMalformed, "header"},
		{"no header", "." + parts[1] + "." + parts[2], TokenMalformed, "header"},
		{"no payload", parts[0] + ".." + parts[2], TokenMalformed, "payload"},
		{"no signature", parts[0] + "." + parts[1] + ".", TokenMalformed, "signature"},
		{"padded", parts[0] + "." + parts[1] + "." + parts[2] + "==", TokenMalformed, "signature"},
		{"stray bits", stray, TokenMalformed, "signature"},
		{"standard alphabet", parts[0] + "." + parts[1] + "." + "+/" + parts[2][2:], TokenMalformed, "signature"},
		{"line break in a signed header", signRaw(key, parts[0][:4]+"\n"+parts[0][4:], payload), TokenMalformed, "header"},
		{"line break", parts[0] + "." + parts[1] + "\n." + parts[2], TokenMalformed, "payload"},
		{"header not JSON", rawHead(`{"alg"`), TokenMalformed, "header"},
		{"header an array", rawHead(`["RS256"]`), TokenMalformed, "header"},
		{"header with two algs", rawHead(`{"alg":"none","alg":"RS256","kid":"test-key"}`), TokenMalformed, "header"},
		{"header in capitals", rawHead(`{"ALG":"RS256","kid":"test-key"}`), AlgRefused, ""},
		{"alg none", strings.TrimSuffix(head("alg", "none")+"."+payload+".x", "x"), AlgRefused, "none"},
		{"alg absent", rawHead(`{"kid":"test-key"}`), AlgRefused, ""},
		{"alg a number", signRaw(key, head("alg", 256), payload), TokenMalformed, "alg"},
		{"HS256 with the public key", hs(), AlgRefused, "HS256"},
		{"ES256", es(), AlgRefused, "ES256"},
		{"PS256", signRaw(key, head("alg", "PS256"), payload), AlgRefused, "PS256"},
		{"RS384", signRaw(key, head("alg", "RS384"), payload), AlgRefused, "RS384"},
		{"kid empty", signRaw(key, head("kid", ""), payload), KidMissing, ""},
		{"kid null", signRaw(key, head("kid", nil), payload), KidMissing, ""},
		{"kid a number", signRaw(key, head("kid", 1), payload), TokenMalformed, "kid"},
		{"kid too long", signRaw(key, head("kid", strings.Repeat("k", 256)), payload), KidUnknown, ""},
		{"crit", signRaw(key, head("crit", []string{"x"}), payload), TokenMalformed, "crit"},
		{"b64", signRaw(key, head("b64", false), payload), TokenMalformed, "b64"},
		{"jku", signRaw(key, head("jku", "https://evil.test/"), payload), TokenMalformed, "jku"},
		{"jwk", signRaw(key, head("jwk", map[string]any{}), payload), TokenMalformed, "jwk"},
		{"x5u", signRaw(key, head("x5u", "https://evil.test/"), payload), TokenMalformed, "x5u"},
		{"x5c", signRaw(key, head("x5c", []string{}), payload), TokenMalformed, "x5c"},
		{"signed by a stranger", signRaw(stranger, head(), payload), SignatureInvalid, ""},
		{"signature cut", good[:len(good)-2], SignatureInvalid, ""},
		{"signature of another token", strings.Join([]string{parts[0], encode(map[string]any{"iss": "x"}), parts[2]}, "."), SignatureInvalid, ""},
		{"payload not JSON", raw(`{"iss"`), TokenMalformed, "payload"},
		{"payload not UTF-8", raw("{\"iss\":\"\xff\"}"), TokenMalformed, "payload"},
		{"payload an array", raw(`["iss"]`), TokenMalformed, "payload"},
		{"payload null", raw(`null`), TokenMalformed, "payload"},
		{"payload empty array", raw(`[]`), IssuerMismatch, "iss"},
		{"duplicate claim", raw(`{"iss":"a","iss":"b"}`), ClaimInvalid, "iss"},
		{"duplicate claim by escape", raw(`{"iss":"a","\u0069ss":"b"}`), ClaimInvalid, "iss"},
		{"claim in capitals", raw(`{"ISS":"https://moodle.localhost:8443"}`), IssuerMismatch, "iss"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tool, _ := newTool(t, start, testKeySet())
			_, err := tool.Verify(t.Context(), moodle(), learnerAttempt(t), tt.token)
			if tt.code == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			checkRefusal(t, err, tt.code, tt.detail)
		})
	}
}
