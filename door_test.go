package main

import (
	"strings"
	"testing"

	"ltipolicy/store"
)

const gateURL = "https://moodle.example/local/ltipolicy/gate.php?step=auth"

func TestPlatformDoor(t *testing.T) {
	s := newShell(t)
	p := s.platform("c1")
	out, _ := s.run(exitOK, "platform", "door", "-auth-url", gateURL, "-base-url", "https://tool.example", "-json", p.ID)
	var d doorJSON
	s.read(out, &d)
	if d != (doorJSON{p.ID, gateURL, "https://tool.example/lti/login/" + p.ID + "/door"}) {
		t.Errorf("says %+v", d)
	}
	if got := s.door(p.ID); got != gateURL {
		t.Errorf("stored %q", got)
	}
	for _, args := range [][]string{
		{p.ID}, {"-remove", "-auth-url", gateURL, p.ID}, {"-auth-url", "http://moodle.example/gate.php", p.ID},
		{"-auth-url", "https://other.example/gate.php", p.ID},
	} {
		s.run(exitUsage, append([]string{"platform", "door"}, args...)...)
	}
	s.run(exitFailed, "platform", "door", "-auth-url", gateURL, "nobody")
	if got := s.door(p.ID); got != gateURL {
		t.Errorf("a refused command stored %q", got)
	}
	if out, _ := s.run(exitOK, "platform", "door", "-remove", p.ID); !strings.Contains(out, p.ID) || s.door(p.ID) != "" {
		t.Errorf("says %q, stored %q", out, s.door(p.ID))
	}
}

func TestPlatformAddWithADoor(t *testing.T) {
	s := newShell(t)
	const m = "https://moodle.example"
	add := func(want int, gate string) string {
		out, _ := s.run(want, "platform", "add", "-institution", "UPT", "-name", "CVUPT", "-issuer", m, "-client-id", "c2",
			"-auth-url", m+"/auth", "-token-url", m+"/token", "-jwks-url", m+"/certs", "-deployment", "1",
			"-login-auth-url", gate, "-base-url", "https://tool.example", "-json")
		return out
	}
	add(exitUsage, "https://other.example/gate.php?step=auth")
	add(exitUsage, "http://moodle.example/gate.php?step=auth")
	var p platformJSON
	s.read(add(exitOK, gateURL), &p)
	if got := s.door(p.ID); got != gateURL {
		t.Errorf("stored %q", got)
	}
}

// door is the stored authorisation endpoint of a platform's login door; empty: none.
func (s *shell) door(platformID string) string {
	s.t.Helper()
	db, err := store.Open(s.t.Context(), s.database, store.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // nothing was written
	d, err := db.Door(s.t.Context(), platformID)
	if err != nil {
		return ""
	}
	return d.AuthURL
}
