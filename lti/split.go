package lti

import (
	"encoding/base64"
	"strings"
)

// MaxToken is the longest token of a launch, in bytes. Moodle puts the description of the activity into it, whose letters
// PHP writes as six bytes each if they are none of English, and base64 makes eight of each six: the token holds 130,000
// letters of Cyrillic, or 780,000 of English. Moodle itself bounds what a teacher may write by PHP's post_max_size alone.
const MaxToken = 1 << 20

const maxHeader = 4 << 10

// header is what the tool reads of a token's header. The members after kid change what is verified or with
// which key, so a token that has one is refused.
type header struct {
	alg, kid                      []byte
	crit, b64, jku, jwk, x5u, x5c []byte
}

func (h *header) slot(name []byte) *[]byte {
	switch string(name) {
	case "alg":
		return &h.alg
	case "kid":
		return &h.kid
	case "crit":
		return &h.crit
	case "b64":
		return &h.b64
	case "jku":
		return &h.jku
	case "jwk":
		return &h.jwk
	case "x5u":
		return &h.x5u
	case "x5c":
		return &h.x5c
	}
	return nil
}

// splitToken checks all of a token that can be checked without a key and returns the kid: three parts in
// canonical base64url, a header without surprises, RS256.
func splitToken(token string) (kid string, err error) {
	malformed := func(part string, err error) (string, error) {
		return "", &Error{Code: TokenMalformed, Detail: part, Err: err}
	}
	if len(token) > MaxToken {
		return "", refuse(TokenTooLong, "id_token")
	}
	if token == "" || strings.Count(token, ".") != 2 {
		return malformed("id_token", nil)
	}
	head, rest, _ := strings.Cut(token, ".")
	payload, signature, _ := strings.Cut(rest, ".")
	if head == "" || len(head) > maxHeader || !canonical(head) {
		return malformed("header", nil)
	}
	decoded, err := base64.RawURLEncoding.DecodeString(head)
	if err != nil {
		return malformed("header", err)
	}
	var h header
	if err := parseObject(decoded, h.slot); err != nil {
		return malformed("header", err)
	}
	for _, bad := range []struct {
		name  string
		value []byte
	}{{"crit", h.crit}, {"b64", h.b64}, {"jku", h.jku}, {"jwk", h.jwk}, {"x5u", h.x5u}, {"x5c", h.x5c}} {
		if bad.value != nil {
			return malformed(bad.name, nil)
		}
	}
	alg, err := text(h.alg)
	if err != nil {
		return malformed("alg", err)
	}
	if alg != "RS256" {
		return "", refuse(AlgRefused, clean(alg, 16))
	}
	if kid, err = text(h.kid); err != nil {
		return malformed("kid", err)
	}
	if kid == "" {
		return "", refuse(KidMissing, "")
	}
	if len(kid) > maxID {
		return "", refuse(KidUnknown, "")
	}
	if payload == "" || !canonical(payload) {
		return malformed("payload", nil)
	}
	if signature == "" || !canonical(signature) {
		return malformed("signature", nil)
	}
	return kid, nil
}

// canonical reports whether s is base64url without padding, without stray bits at its end and without the line
// breaks that package base64 passes over even where it is strict, so that no two texts stand for the same token.
func canonical(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c-'0' > 9 && c|0x20-'a' > 25 && c != '-' && c != '_' {
			return false
		}
	}
	tail := s[len(s)&^3:]
	if tail == "" {
		return true
	}
	var buf [3]byte
	_, err := base64.RawURLEncoding.Strict().Decode(buf[:], []byte(tail))
	return err == nil
}
