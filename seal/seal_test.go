package seal_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"ltipolicy/seal"
)

// line is a key file's line; each letter gives another key.
func line(letter string) string {
	return base64.StdEncoding.EncodeToString([]byte(strings.Repeat(letter, 32))) + "\n"
}

func keys(t *testing.T, text string) *seal.Keys {
	t.Helper()
	k, err := seal.Parse([]byte(text), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func sealed(t *testing.T, k *seal.Keys, purpose, plain string) []byte {
	t.Helper()
	b, err := k.Seal(purpose, []byte(plain))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestWhatIsSealedOpensForItsPurposeAlone(t *testing.T) {
	k := keys(t, line("a"))
	for _, plain := range []string{"", "x", strings.Repeat("long ", 1000)} {
		b := sealed(t, k, "secret session", plain)
		if got, err := k.Open("secret session", b); err != nil || string(got) != plain {
			t.Errorf("opened %q, %v", got, err)
		}
		if len(plain) > 1 && bytes.Contains(b, []byte(plain)) {
			t.Error("the envelope holds the secret in clear")
		}
		for _, purpose := range []string{"", "secret", "secret session2", "secret evidence"} {
			if _, err := k.Open(purpose, b); !errors.Is(err, seal.ErrBroken) {
				t.Errorf("for %q: %v", purpose, err)
			}
		}
	}
	if bytes.Equal(sealed(t, k, "p", "same"), sealed(t, k, "p", "same")) {
		t.Error("the same secret gave the same envelope twice")
	}
}

// Every bit that is turned over, and every length that is cut, is noticed.
func TestEveryChangedEnvelopeIsRefused(t *testing.T) {
	k := keys(t, line("a"))
	b := sealed(t, k, "p", "the secret")
	for i := range b {
		for bit := range 8 {
			changed := bytes.Clone(b)
			changed[i] ^= 1 << bit
			if plain, err := k.Open("p", changed); err == nil {
				t.Errorf("byte %d, bit %d: opened as %q", i, bit, plain)
			}
		}
		if plain, err := k.Open("p", b[:i]); err == nil {
			t.Errorf("cut to %d bytes: opened as %q", i, plain)
		}
	}
	if _, err := k.Open("p", append(bytes.Clone(b), 0)); !errors.Is(err, seal.ErrBroken) {
		t.Errorf("a byte more: %v", err)
	}
}

func TestTheFirstKeySealsAndAllOpen(t *testing.T) {
	before, during, after := keys(t, line("a")), keys(t, "# the new one\n"+line("b")+"\n"+line("a")), keys(t, line("b"))
	old := sealed(t, before, "p", "x")
	if got, err := during.Open("p", old); err != nil || string(got) != "x" {
		t.Errorf("with the old key second: %q, %v", got, err)
	}
	if during.First(old) || !before.First(old) {
		t.Error("First does not tell which key sealed")
	}
	fresh := sealed(t, during, "p", "x")
	if !during.First(fresh) || during.ID() != after.ID() {
		t.Error("the first key does not seal")
	}
	if _, err := after.Open("p", fresh); err != nil {
		t.Errorf("sealed by the first key: %v", err)
	}
	var unknown *seal.UnknownKeyError
	if _, err := after.Open("p", old); !errors.As(err, &unknown) || unknown.ID != before.ID() {
		t.Errorf("without the old key: %v, want it to name %s", err, before.ID())
	}
}

func TestWithoutKeysNothingIsSealedOrOpened(t *testing.T) {
	var none *seal.Keys
	if _, err := none.Seal("p", []byte("x")); !errors.Is(err, seal.ErrNoKeys) {
		t.Errorf("sealed: %v", err)
	}
	if _, err := none.Open("p", []byte("x")); !errors.Is(err, seal.ErrNoKeys) {
		t.Errorf("opened: %v", err)
	}
	k, err := seal.Parse([]byte(line("a")), bytes.NewReader(make([]byte, 5)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Seal("p", []byte("x")); err == nil {
		t.Error("sealed without randomness")
	}
}

func TestKeyFilesThatAreNone(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "only remarks": "# key\n\n", "short": "c2hvcnQ=\n", "long": line("a")[:43] + "AAAA=\n", "not base64": strings.Repeat("?", 44),
		"twice": line("a") + line("a"), "one of two": line("a") + "secret-in-clear\n",
	} {
		if _, err := seal.Parse([]byte(text), rand.Reader); err == nil || strings.Contains(err.Error(), "secret-in-clear") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestGeneratedKeysAreKeyFiles(t *testing.T) {
	a, err := seal.Generate(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	b, err := seal.Generate(rand.Reader)
	if err != nil || bytes.Equal(a, b) {
		t.Fatalf("the same key twice, or %v", err)
	}
	both := keys(t, string(b)+string(a))
	if _, err := both.Open("p", sealed(t, keys(t, string(a)), "p", "x")); err != nil {
		t.Error(err)
	}
	if _, err := seal.Generate(bytes.NewReader(nil)); err == nil {
		t.Error("made a key without randomness")
	}
}
