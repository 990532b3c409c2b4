package lti

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzSplitToken(f *testing.F) {
	token := recorded[recordedLaunch](f, "launch/learner.json").Response.Form["id_token"]
	f.Add(token)
	f.Add(signRaw(testKeys()[0], encode(map[string]any{"alg": "none"}), "e30"))
	f.Add("..")
	f.Add("e30.e30.")
	f.Add(`{"payload":"","signatures":[]}`)
	f.Fuzz(func(t *testing.T, token string) {
		kid, err := splitToken(token)
		if err != nil {
			if _, ok := err.(*Error); !ok {
				t.Errorf("got %v", err)
			}
			return
		}
		parts := strings.Split(token, ".")
		if len(parts) != 3 || kid == "" || len(kid) > maxID {
			t.Fatalf("%q has kid %q", token, kid)
		}
		for _, p := range parts {
			raw, err := base64.RawURLEncoding.Strict().DecodeString(p)
			if err != nil || base64.RawURLEncoding.EncodeToString(raw) != p {
				t.Errorf("part %q: %v", p, err)
			}
		}
		raw, _ := base64.RawURLEncoding.DecodeString(parts[0])
		var header map[string]any
		if err := json.Unmarshal(raw, &header); err != nil || header["alg"] != "RS256" || header["kid"] != kid {
			t.Errorf("header %s: %v", raw, err)
		}
	})
}

// FuzzClaims holds the reader of objects against encoding/json and every rule against panics.
func FuzzClaims(f *testing.F) {
	for _, name := range []string{"launch/learner", "launch/login-door", "deep-linking/request"} {
		token := recorded[recordedLaunch](f, name+".json").Response.Form["id_token"]
		payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
		if err != nil {
			f.Fatal(err)
		}
		f.Add(payload)
	}
	f.Add([]byte(" { \"iss\" : [ { \"a\\\"\\\\\" : \"}\" } ] ,\n\"aud\":\"\\u00e9\\/\",\"exp\":-1e-1, \"iat\" : true } "))
	f.Add([]byte(`[ ]`))
	f.Add([]byte(`{"\u0069ss":"a","iss":null}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		c, err := parseClaims(payload)
		if err != nil {
			if _, ok := err.(*Error); !ok {
				t.Errorf("got %v", err)
			}
			return
		}
		checkAgainstStandard(t, payload)
		p, a := moodle(), Attempt{Nonce: "n"}
		p.Anonymous = true
		// Whatever one step finds wrong, the next ones must survive the same claims.
		var m Message
		for _, step := range []func() error{
			func() error { return c.authenticate(p, a) },
			func() error { return c.date(&m, start, defaultLeeway) },
			func() error { return c.once(&m, a) },
			func() error { return c.identify(&m, p, testBase) },
			func() error { m.Type = DeepLinkingRequest; return c.describe(&m, p) },
		} {
			if err := step(); err != nil {
				if e, ok := err.(*Error); !ok || e.Code.HTTPStatus() >= 500 || !utf8.ValidString(e.Detail) {
					t.Errorf("got %v", err)
				}
			}
		}
	})
}

func checkAgainstStandard(t *testing.T, payload []byte) {
	t.Helper()
	got := map[string]string{}
	err := members(payload, func(name, value []byte) error {
		n, err := text(name)
		if err != nil {
			return err
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, value); err != nil {
			return err
		}
		got[n] = compact.String()
		return nil
	})
	if err != nil {
		t.Fatalf("%q: %v", payload, err)
	}
	want := map[string]json.RawMessage{}
	if err := json.Unmarshal(payload, &want); err != nil {
		var mismatch *json.UnmarshalTypeError
		if errors.As(err, &mismatch) {
			return // PHP's empty object
		}
		t.Fatal(err)
	}
	compacted := map[string]string{}
	for k, v := range want {
		var compact bytes.Buffer
		if err := json.Compact(&compact, v); err != nil {
			t.Fatal(err)
		}
		compacted[k] = compact.String()
	}
	if !maps.Equal(got, compacted) {
		t.Errorf("%q: got %v, want %v", payload, got, compacted)
	}
}
