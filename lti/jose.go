package lti

import (
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"
)

// This is the only file that knows jwx. It is given tokens whose shape, header and algorithm [splitToken]
// has already checked, because jwx accepts critical extensions that it does not know, unencoded payloads
// and bits of padding that are not part of the signature.

var launchVerifier = func() jws.Verifier {
	v, err := jws.NewVerifier(jwa.RS256)
	if err != nil {
		panic(err) // every build of jwx has it
	}
	return v
}()

// checkSignature verifies a compact RS256 token with exactly this key and returns its payload. [jws.Verify] would
// read the header again, at a fifth of what a launch's verification costs.
func checkSignature(token string, key *rsa.PublicKey) ([]byte, error) {
	dot := strings.LastIndexByte(token, '.')
	signature, err := base64.RawURLEncoding.DecodeString(token[dot+1:])
	if err != nil {
		return nil, fmt.Errorf("decoding the signature: %w", err)
	}
	if err := launchVerifier.Verify([]byte(token[:dot]), signature, key); err != nil {
		return nil, fmt.Errorf("checking the signature: %w", err)
	}
	_, payload, _ := strings.Cut(token[:dot], ".")
	decoded, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil {
		return nil, fmt.Errorf("decoding the payload: %w", err)
	}
	return decoded, nil
}

// parseKeySet returns the keys of a JSON Web Key Set with which launches may be signed, by kid: RSA, of a
// fit size, for verifying signatures (use and key_ops), for RS256 or no particular algorithm. Others are left out, so that a platform
// may publish keys of kinds yet unknown. Of several keys with one kid the first counts.
func parseKeySet(doc []byte) (keys map[string]*rsa.PublicKey, err error) {
	// The document is foreign and the fetch runs in a goroutine of its own, where a panic would end the
	// program.
	defer func() {
		if r := recover(); r != nil {
			keys, err = nil, fmt.Errorf("parsing the key set: panic: %v", r)
		}
	}()
	set, err := jwk.Parse(doc, jwk.WithIgnoreParseError(true))
	if err != nil {
		return nil, fmt.Errorf("parsing the key set: %w", err)
	}
	keys = make(map[string]*rsa.PublicKey, set.Len())
	for i := range set.Len() {
		k, ok := set.Key(i)
		if !ok || k.KeyType() != jwa.RSA || k.KeyID() == "" {
			continue
		}
		if use := k.KeyUsage(); use != "" && use != string(jwk.ForSignature) {
			continue
		}
		if ops := k.KeyOps(); len(ops) > 0 && !slices.Contains(ops, jwk.KeyOpVerify) {
			continue
		}
		if alg := k.Algorithm().String(); alg != "" && alg != jwa.RS256.String() {
			continue
		}
		public, err := k.PublicKey()
		if err != nil {
			continue
		}
		var raw rsa.PublicKey
		if err := public.Raw(&raw); err != nil || !fit(&raw) {
			continue
		}
		if _, taken := keys[k.KeyID()]; !taken {
			keys[k.KeyID()] = &raw
		}
	}
	return keys, nil
}

// sign returns claims as a compact RS256 token. The names of the claims come from the struct's tags only:
// jwx writes names as they are.
func sign(k Key, claims any) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("encoding the claims: %w", err)
	}
	h := jws.NewHeaders()
	if err := h.Set(jws.TypeKey, "JWT"); err != nil {
		return "", fmt.Errorf("setting typ: %w", err)
	}
	if err := h.Set(jws.KeyIDKey, k.KID); err != nil {
		return "", fmt.Errorf("setting kid: %w", err)
	}
	token, err := jws.Sign(payload, jws.WithKey(jwa.RS256, k.Private, jws.WithProtectedHeaders(h)))
	if err != nil {
		return "", fmt.Errorf("signing with key %s: %w", k.KID, err)
	}
	return string(token), nil
}
