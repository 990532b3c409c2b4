package ltitest

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Signer signs tokens with RS256 as Moodle does: header typ, alg, kid; JSON in ASCII with unescaped slashes.
type Signer struct {
	Key *rsa.PrivateKey
	KID string
}

// Sign returns the compact form of claims. A nil header stands for [Signer.Header]. Values must be what
// encoding/json can write; otherwise it panics, because that is a mistake in the test that calls it.
func (s Signer) Sign(claims, header map[string]any) string {
	if header == nil {
		header = s.Header()
	}
	return s.SignRaw(asciiJSON(header), asciiJSON(claims))
}

// SignRaw signs header and payload byte for byte, also when they are not JSON.
func (s Signer) SignRaw(header, payload []byte) string {
	input := b64(header) + "." + b64(payload)
	sum := sha256.Sum256([]byte(input))
	sig, err := rsa.SignPKCS1v15(nil, s.Key, crypto.SHA256, sum[:])
	if err != nil {
		panic(fmt.Sprintf("signing with a key of %d bits: %v", s.Key.N.BitLen(), err))
	}
	return input + "." + b64(sig)
}

// Header returns a fresh header for the signer's key.
func (s Signer) Header() map[string]any {
	return map[string]any{"typ": "JWT", "alg": "RS256", "kid": s.KID}
}

// JWKS returns the key set document with the signer's public key, in the shape of Moodle's certs.php.
func (s Signer) JWKS() []byte {
	return asciiJSON(map[string]any{"keys": []any{map[string]any{
		"kty": "RSA", "alg": "RS256", "kid": s.KID, "use": "sig",
		"e": b64(big.NewInt(int64(s.Key.E)).Bytes()), "n": b64(s.Key.N.Bytes()),
	}}})
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// asciiJSON writes v as PHP's json_encode with unescaped slashes does: everything beyond ASCII as \uXXXX.
func asciiJSON(v any) []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(fmt.Sprintf("encoding a value of a test: %v", err))
	}
	in := bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
	out := make([]byte, 0, len(in)+16)
	for len(in) > 0 {
		r, n := utf8.DecodeRune(in)
		switch {
		case r < utf8.RuneSelf:
			out = append(out, byte(r))
		case r > 0xffff:
			hi, lo := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, hi, lo)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		in = in[n:]
	}
	return out
}

// parsedJWT is a compact token taken apart but not verified.
type parsedJWT struct {
	header  struct{ Alg, Kid string }
	payload []byte
	input   string
	sig     []byte
}

func parseJWT(token string) (parsedJWT, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return parsedJWT{}, phpError("Wrong number of segments")
	}
	var p parsedJWT
	head, err := base64.RawURLEncoding.DecodeString(parts[0])
	if err != nil || json.Unmarshal(head, &p.header) != nil {
		return parsedJWT{}, phpError("Invalid header encoding")
	}
	if p.payload, err = base64.RawURLEncoding.DecodeString(parts[1]); err != nil || !json.Valid(p.payload) {
		return parsedJWT{}, phpError("Invalid claims encoding")
	}
	if p.sig, err = base64.RawURLEncoding.DecodeString(parts[2]); err != nil {
		return parsedJWT{}, phpError("Invalid signature encoding")
	}
	p.input = parts[0] + "." + parts[1]
	return p, nil
}

func (p parsedJWT) verify(key *rsa.PublicKey) bool {
	sum := sha256.Sum256([]byte(p.input))
	return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], p.sig) == nil
}

// jwk is what Moodle reads of a key in a tool's key set.
type jwk struct{ Kty, Alg, Kid, N, E string }

func (k jwk) public() (*rsa.PublicKey, error) {
	n, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(k.N, "="))
	if err != nil {
		return nil, fmt.Errorf("decoding the modulus: %w", err)
	}
	e, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(k.E, "="))
	if err != nil {
		return nil, fmt.Errorf("decoding the exponent: %w", err)
	}
	exp := new(big.Int).SetBytes(e)
	if len(n) == 0 || !exp.IsInt64() || exp.Int64() < 3 || exp.Int64() > 1<<31-1 {
		return nil, errors.New("not an RSA key")
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(exp.Int64())}, nil
}
