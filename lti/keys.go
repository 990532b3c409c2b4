package lti

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"time"
)

const (
	minKeyBits = 2048
	maxKeyBits = 8192 // a larger one costs more than ten launches
)

// KeyUse is a key's place in the rotation.
type KeyUse string

// The next key is published before it signs and the previous one after, so that platforms which keep a copy
// of the key set always know the key in use.
const (
	KeyNext     KeyUse = "next"
	KeyCurrent  KeyUse = "current"
	KeyPrevious KeyUse = "previous"
)

// Key is one of the tool's signing keys.
type Key struct {
	KID     string
	Private *rsa.PrivateKey
	Use     KeyUse
	Created time.Time
}

// GenerateKey makes an RSA key of 2048 bits with a random kid, to be used next.
func GenerateKey(random io.Reader, now time.Time) (Key, error) {
	var id [16]byte
	if _, err := io.ReadFull(random, id[:]); err != nil {
		return Key{}, fmt.Errorf("making a key id: %w", err)
	}
	private, err := rsa.GenerateKey(random, minKeyBits)
	if err != nil {
		return Key{}, fmt.Errorf("generating an RSA key: %w", err)
	}
	return Key{
		KID:     base64.RawURLEncoding.EncodeToString(id[:]),
		Private: private,
		Use:     KeyNext,
		Created: now.UTC(),
	}, nil
}

const pemType = "PRIVATE KEY"

// MarshalPEM returns the private key as PKCS #8 in PEM.
func (k Key) MarshalPEM() ([]byte, error) {
	if k.Private == nil {
		return nil, errors.New("encoding a key: it has no private part")
	}
	der, err := x509.MarshalPKCS8PrivateKey(k.Private)
	if err != nil {
		return nil, fmt.Errorf("encoding key %s: %w", k.KID, err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: der}), nil
}

// ParseKey reads what [Key.MarshalPEM] wrote. Only RSA keys of 2048 to 8192 bits are taken.
func ParseKey(kid string, encoded []byte, use KeyUse, created time.Time) (Key, error) {
	block, _ := pem.Decode(encoded)
	if block == nil || block.Type != pemType {
		return Key{}, fmt.Errorf("decoding key %s: no PEM block %q", kid, pemType)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return Key{}, fmt.Errorf("decoding key %s: %w", kid, err)
	}
	private, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return Key{}, fmt.Errorf("decoding key %s: %T is not an RSA key", kid, parsed)
	}
	if kid == "" || !fit(&private.PublicKey) {
		return Key{}, fmt.Errorf("decoding key %q: refused by id, size or exponent", kid)
	}
	switch use {
	case KeyNext, KeyCurrent, KeyPrevious:
	default:
		return Key{}, fmt.Errorf("decoding key %s: unknown use %q", kid, use)
	}
	return Key{KID: kid, Private: private, Use: use, Created: created}, nil
}

// fit reports whether a public key is strong enough to trust and small enough to afford.
func fit(k *rsa.PublicKey) bool {
	bits := k.N.BitLen()
	return bits >= minKeyBits && bits <= maxKeyBits && k.E >= 3 && k.E&1 == 1
}

// KeyRing is the tool's keys, at most one for each use.
type KeyRing []Key

// Current returns the key that signs.
func (r KeyRing) Current() (Key, error) {
	if k, ok := r.find(KeyCurrent); ok && k.Private != nil {
		return k, nil
	}
	return Key{}, errors.New("no current signing key")
}

func (r KeyRing) find(use KeyUse) (Key, bool) {
	for _, k := range r {
		if k.Use == use {
			return k, true
		}
	}
	return Key{}, false
}

// Rotate returns the ring with fresh as the next key: the next one becomes current, the current one
// previous, the previous one goes. A ring without a next key keeps its current one, and in an empty ring
// fresh becomes current, so that rotating an empty ring twice gives a complete one. The receiver is not
// changed.
func (r KeyRing) Rotate(fresh Key) KeyRing {
	current, hasCurrent := r.find(KeyCurrent)
	next, hasNext := r.find(KeyNext)
	fresh.Use = KeyNext
	switch {
	case hasNext:
		next.Use = KeyCurrent
		ring := KeyRing{fresh, next}
		if hasCurrent {
			current.Use = KeyPrevious
			ring = append(ring, current)
		}
		return ring
	case hasCurrent:
		ring := KeyRing{fresh, current}
		if previous, ok := r.find(KeyPrevious); ok {
			ring = append(ring, previous)
		}
		return ring
	default:
		fresh.Use = KeyCurrent
		return KeyRing{fresh}
	}
}

// JWKS returns the public halves as a JSON Web Key Set (RFC 7517), all of them, because a platform may hold
// a signature of the previous key and fetch the set just before the next one signs. Every key has its alg:
// Moodle fetches the set anew for each call otherwise.
func (r KeyRing) JWKS() ([]byte, error) {
	type jwk struct {
		KTY string `json:"kty"`
		N   string `json:"n"`
		E   string `json:"e"`
		Alg string `json:"alg"`
		Use string `json:"use"`
		KID string `json:"kid"`
	}
	set := struct {
		Keys []jwk `json:"keys"`
	}{Keys: make([]jwk, 0, len(r))}
	for _, k := range r {
		if k.Private == nil {
			return nil, fmt.Errorf("publishing key %s: it has no private part", k.KID)
		}
		set.Keys = append(set.Keys, jwk{
			KTY: "RSA",
			N:   base64.RawURLEncoding.EncodeToString(k.Private.N.Bytes()),
			E:   base64.RawURLEncoding.EncodeToString(big.NewInt(int64(k.Private.E)).Bytes()),
			Alg: "RS256",
			Use: "sig",
			KID: k.KID,
		})
	}
	out, err := json.Marshal(set)
	if err != nil {
		return nil, fmt.Errorf("encoding the key set: %w", err)
	}
	return out, nil
}
