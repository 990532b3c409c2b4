package lti

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

func testKey(kid string, use KeyUse) Key {
	return Key{KID: kid, Private: testKeys()[0], Use: use, Created: start}
}

func TestGenerateKey(t *testing.T) {
	k, err := GenerateKey(rand.Reader, start)
	if err != nil {
		t.Fatal(err)
	}
	if len(k.KID) < 22 || k.Private.N.BitLen() != 2048 || k.Use != KeyNext || !k.Created.Equal(start) {
		t.Errorf("got %s, %d bits, %s, %v", k.KID, k.Private.N.BitLen(), k.Use, k.Created)
	}
	broken := errors.New("no entropy")
	if _, err := GenerateKey(iotest.ErrReader(broken), start); !errors.Is(err, broken) {
		t.Errorf("without randomness: %v", err)
	}
}

func TestKeySurvivesPEM(t *testing.T) {
	k := testKey("a", KeyCurrent)
	raw, err := k.MarshalPEM()
	if err != nil {
		t.Fatal(err)
	}
	back, err := ParseKey("a", raw, KeyCurrent, start)
	if err != nil || !back.Private.Equal(k.Private) || back.KID != "a" || back.Use != KeyCurrent || !back.Created.Equal(start) {
		t.Errorf("got %+v, %v", back, err)
	}
}

func TestParseKeyRefuses(t *testing.T) {
	good, err := testKey("a", KeyCurrent).MarshalPEM()
	if err != nil {
		t.Fatal(err)
	}
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(ec)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, kid string
		pem       []byte
		use       KeyUse
	}{
		{"nothing", "a", nil, KeyCurrent},
		{"not PEM", "a", []byte("x"), KeyCurrent},
		{"another block", "a", pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), KeyCurrent},
		{"broken", "a", pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: der[1:]}), KeyCurrent},
		{"not RSA", "a", pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: der}), KeyCurrent},
		{"no kid", "", good, KeyCurrent},
		{"unknown use", "a", good, "retired"},
	} {
		if _, err := ParseKey(tt.kid, tt.pem, tt.use, start); err == nil {
			t.Errorf("%s was taken", tt.name)
		}
	}
	if _, err := (Key{KID: "a"}).MarshalPEM(); err == nil {
		t.Error("a key without private part was encoded")
	}
}

func TestRotation(t *testing.T) {
	uses := func(r KeyRing) map[string]KeyUse {
		m := map[string]KeyUse{}
		for _, k := range r {
			m[k.KID] = k.Use
		}
		return m
	}
	var ring KeyRing
	if _, err := ring.Current(); err == nil {
		t.Error("an empty ring has a current key")
	}
	steps := []map[string]KeyUse{
		{"a": KeyCurrent},
		{"a": KeyCurrent, "b": KeyNext},
		{"a": KeyPrevious, "b": KeyCurrent, "c": KeyNext},
		{"b": KeyPrevious, "c": KeyCurrent, "d": KeyNext},
	}
	for i, kid := range []string{"a", "b", "c", "d"} {
		before := slices.Clone(ring)
		next := ring.Rotate(testKey(kid, ""))
		if d := cmp.Diff(uses(before), uses(ring)); d != "" {
			t.Errorf("rotating changed its receiver: %s", d)
		}
		ring = next
		if d := cmp.Diff(steps[i], uses(ring)); d != "" {
			t.Errorf("step %d: %s", i, d)
		}
	}
	k, err := ring.Current()
	if err != nil || k.KID != "c" {
		t.Errorf("current is %s, %v", k.KID, err)
	}
}

func TestJWKSPublishesPublicHalvesOnly(t *testing.T) {
	ring := KeyRing{testKey("n", KeyNext), testKey("c", KeyCurrent)}
	raw, err := ring.JWKS()
	if err != nil {
		t.Fatal(err)
	}
	var doc struct{ Keys []map[string]string }
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Keys) != 2 {
		t.Fatalf("got %s", raw)
	}
	for _, k := range doc.Keys {
		names := slices.Sorted(maps.Keys(k))
		if d := cmp.Diff([]string{"alg", "e", "kid", "kty", "n", "use"}, names); d != "" {
			t.Error(d)
		}
		if k["kty"] != "RSA" || k["alg"] != "RS256" || k["use"] != "sig" || k["e"] != "AQAB" {
			t.Errorf("got %v", k)
		}
	}
	keys, err := parseKeySet(raw)
	if err != nil || !keys["c"].Equal(&testKeys()[0].PublicKey) || len(keys) != 2 {
		t.Errorf("read back: %v, %v", keys, err)
	}
	if empty, err := (KeyRing{}).JWKS(); err != nil || string(empty) != `{"keys":[]}` {
		t.Errorf("empty ring gives %s, %v", empty, err)
	}
}

func TestKeySetKeepsOnlyWhatMaySignLaunches(t *testing.T) {
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := KeyRing{testKey("good", KeyCurrent)}.JWKS()
	if err != nil {
		t.Fatal(err)
	}
	var doc struct{ Keys []map[string]any }
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	good := doc.Keys[0]
	variant := func(changes ...any) map[string]any {
		m := maps.Clone(good)
		for i := 0; i < len(changes); i += 2 {
			name, _ := changes[i].(string)
			if changes[i+1] == nil {
				delete(m, name)
			} else {
				m[name] = changes[i+1]
			}
		}
		return m
	}
	other, err := KeyRing{{KID: "x", Private: small}}.JWKS()
	if err != nil {
		t.Fatal(err)
	}
	var weak struct{ Keys []map[string]any }
	if err := json.Unmarshal(other, &weak); err != nil {
		t.Fatal(err)
	}
	set := map[string]any{"keys": []any{
		good,
		variant("kid", "no-alg", "alg", nil),
		variant("kid", "no-use", "use", nil),
		variant("kid", "encryption", "use", "enc"),
		variant("kid", "encrypts", "use", nil, "key_ops", []string{"encrypt"}), // Wycheproof, JSON web signatures, 355
		variant("kid", "signs", "use", nil, "key_ops", []string{"sign"}),
		variant("kid", "contradicts", "key_ops", []string{"wrapKey", "unwrapKey"}),
		variant("kid", "encryption-verifies", "use", "enc", "key_ops", []string{"verify"}),
		variant("kid", "verifies", "use", nil, "key_ops", []string{"verify"}),
		variant("kid", "verifies-too", "key_ops", []string{"sign", "verify"}),
		variant("kid", "ops-of-no-kind", "key_ops", []string{"dance"}),
		variant("kid", "ops-empty", "key_ops", []string{}),
		variant("kid", "ops-odd", "key_ops", "verify"),
		variant("kid", "other-alg", "alg", "RS512"),
		variant("kid", "pss", "alg", "PS256"),
		variant("kid", nil),
		variant("kid", "exponent-one", "e", "AQ"),
		variant("kid", "exponent-even", "e", "BA"),
		variant("kid", "huge", "n", strings.Repeat("_", 2000)),
		variant("kid", "no-modulus", "n", nil),
		weak.Keys[0],
		map[string]any{"kty": "EC", "crv": "P-256", "kid": "ec", "x": "AA", "y": "AA"},
		map[string]any{"kty": "AKP", "kid": "post-quantum", "alg": "ML-DSA-44", "pub": "AAAA"},
		map[string]any{"kty": "oct", "kid": "symmetric", "k": "AAAA"},
		variant("n", "AAAA"), // a second "good"
	}}
	doc2, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := parseKeySet(doc2)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"good", "no-alg", "no-use", "ops-empty", "verifies", "verifies-too"}, slices.Sorted(maps.Keys(keys))); d != "" {
		t.Error(d)
	}
}

func TestKeySetThatIsNone(t *testing.T) {
	for _, doc := range []string{"", "x", "[]", "null", `{"keys":7}`, `{"keys":[7]}`, `{"keys":[]}`, `{}`, "<html>"} {
		if keys, err := parseKeySet([]byte(doc)); err == nil && len(keys) > 0 {
			t.Errorf("%s gives %v", doc, keys)
		}
	}
}
