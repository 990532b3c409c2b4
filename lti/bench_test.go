package lti

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"

	"ltipolicy/spent"
)

// BenchmarkVerify is a whole launch: token to message.
func BenchmarkVerify(b *testing.B) {
	l := recorded[recordedLaunch](b, "launch/learner.json")
	tool, _ := newTool(b, l.issued(), recordedKeys(b))
	p, a, token := moodle(), l.attempt(), l.Response.Form["id_token"]
	b.ReportAllocs()
	before := spent.Now(b, nil)
	for b.Loop() {
		if _, err := tool.Verify(b.Context(), p, a, token); err != nil {
			b.Fatal(err)
		}
	}
	spent.Report(b, before, spent.Now(b, nil), b.N)
}

// BenchmarkRSA is the least that any verification of the same token costs. The goal for BenchmarkVerify is
// three times this.
func BenchmarkRSA(b *testing.B) {
	l := recorded[recordedLaunch](b, "launch/learner.json")
	token := l.Response.Form["id_token"]
	dot := strings.LastIndexByte(token, '.')
	sig, err := base64.RawURLEncoding.DecodeString(token[dot+1:])
	if err != nil {
		b.Fatal(err)
	}
	var key *rsa.PublicKey
	for _, k := range recordedKeys(b) {
		key = k
	}
	sum := sha256.Sum256([]byte(token[:dot]))
	b.ReportAllocs()
	before := spent.Now(b, nil)
	for b.Loop() {
		if err := rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], sig); err != nil {
			b.Fatal(err)
		}
	}
	spent.Report(b, before, spent.Now(b, nil), b.N)
}
